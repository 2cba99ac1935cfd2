"""A module's loss and flat gradient, minimized by SciPy.

SciPy's minimizers want a function of one vector of float64 that gives the loss and its gradient, and
some the product of the Hessian with a vector. `interop.minimize` makes these from a loss and its
parameters: the gradient by one backward pass, the product by another one through the first
(Pearlmutter, "Fast exact multiplication by the Hessian", 1994):

    H p = d/dw (g(w)' p)

so no Hessian is ever stored. The model is logistic regression on two clouds of points,

    loss = mean of log(1 + exp(-t (w' x + b))) + lambda |w|^2 / 2        t = -1 or 1

which is convex: every method has to find the same minimum.
"""

import retrograd as rg
from retrograd import nn

# Each method with its tolerance: of the gradient, but of the loss for L-BFGS-B, of steps for Newton-CG.
METHODS = {
    "BFGS": 1e-7,
    "L-BFGS-B": 1e-11,
    "Newton-CG": 1e-7,
    "trust-ncg": 1e-7,
    "trust-exact": 1e-7,
}
PENALTY = 0.01


def clouds(n=100):
    """Points about (1, 1) and (-1, -1), and their labels 1 and -1."""
    rg.manual_seed(0)
    t = rg.where(rg.arange(n) % 2 == 0, 1.0, -1.0).double()
    return rg.randn(n, 2, dtype=rg.float64) * 1.5 + t[:, None], t


def problem():
    """A model with its weights at zero, and its loss as a function without arguments."""
    x, t = clouds()
    model = nn.Linear(2, 1, dtype=rg.float64)
    for p in model.parameters():
        nn.init.zeros_(p)

    def loss():
        margins = t * model(x).squeeze(1)
        return nn.functional.softplus(-margins).mean() + PENALTY / 2 * (model.weight**2).sum()

    return model, loss


def fit(method):
    """The model at its minimum, and what SciPy says of the way there."""
    model, loss = problem()
    result = rg.interop.minimize(loss, model.parameters(), method, tol=METHODS[method])
    return model, result


def main():
    for method in METHODS:
        model, result = fit(method)
        w = [f"{value:.6f}" for p in model.parameters() for value in p.flatten().tolist()]
        print(f"{method:12} {result.nit:3} steps, loss {result.fun:.10f} at {', '.join(w)}")


if __name__ == "__main__":
    main()
