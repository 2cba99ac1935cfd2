"""Newton's method with the exact Hessian, against L-BFGS and gradient descent.

Near w the loss is nearly the parabola f + g' p + p' H p / 2 with the gradient g and the Hessian H;
its lowest point is the step

    p = -H^-1 g        w <- w + t p

with t = 1, halved until the loss falls enough (Armijo 1966). Where the parabola fits, the number of
correct digits doubles in every step. It costs a Hessian and a linear system; L-BFGS guesses H^-1 p
from the last steps, gradient descent takes the steps -alpha g. (Nocedal & Wright, "Numerical
Optimization", chapters 3 and 7; the valley is Rosenbrock's of 1960.)
"""

import retrograd as rg

TOLERANCE = 1e-8


def rosenbrock(w):
    """A curved valley with its minimum, 0, at (1, 1)."""
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def logistic(w):
    """Logistic regression with a penalty on six points: strictly convex."""
    x = rg.tensor([[0.5, 2], [1, 3], [2, 1], [3, 0.5], [-1, 0.2], [0.3, -2]], dtype=rg.float64)
    t = rg.tensor([1.0, 1, 1, -1, -1, -1], dtype=rg.float64)
    return rg.nn.functional.softplus(-t * (x @ w)).mean() + 0.01 * (w**2).sum()


# Loss, where to begin, the step of gradient descent: about as long as it can be.
PROBLEMS = [(logistic, (0.0, 0.0), 1.0), (rosenbrock, (-1.2, 1.0), 0.0012)]


def newton(loss, w, limit=100):
    """Yield the points of Newton's method."""
    for _ in range(limit):
        g, value = rg.func.grad_and_value(loss)(w)
        p = rg.linalg.solve(rg.func.hessian(loss)(w), -g)
        t = 1.0
        while t > 1e-10 and loss(w + t * p) > value + 1e-4 * t * (g @ p):
            t /= 2
        w = w + t * p
        yield w


def lbfgs(loss, w, limit=1000):
    """Yield the points of optim.LBFGS."""
    w = w.clone().requires_grad_()
    options = {"max_iter": 1, "max_eval": 25, "tolerance_grad": 0.0, "tolerance_change": 0.0}
    optimizer = rg.optim.LBFGS([w], line_search_fn="strong_wolfe", **options)

    def closure():
        optimizer.zero_grad()
        value = loss(w)
        value.backward()
        return value

    for _ in range(limit):
        optimizer.step(closure)
        yield w.detach().clone()


def gradient_descent(loss, w, alpha, limit=10_000):
    """Yield the points of gradient descent."""
    gradient = rg.func.grad(loss)
    for _ in range(limit):
        w = w - alpha * gradient(w)
        yield w


def follow(loss, points):
    """The norms of the gradient after each step, until they are below TOLERANCE; the last point."""
    norms = []
    for w in points:
        norms.append(rg.func.grad(loss)(w).norm().item())
        if norms[-1] < TOLERANCE:
            break
    return norms, w


def methods(loss, start, alpha):
    """The three methods by name, each ready to run."""
    w = rg.tensor(start, dtype=rg.float64)
    return {
        "Newton": newton(loss, w),
        "L-BFGS": lbfgs(loss, w),
        "gradient descent": gradient_descent(loss, w, alpha),
    }


def main():
    for loss, start, alpha in PROBLEMS:
        print(f"{loss.__name__} from {start}")
        for name, points in methods(loss, start, alpha).items():
            norms, w = follow(loss, points)
            at = ", ".join(f"{x:.10f}" for x in w.tolist())
            print(f"  {name:17} {len(norms):6} steps, gradient {norms[-1]:.1e} at {at}")
            if name == "Newton":
                print("    gradients at its last steps:", *[f"{n:.0e}" for n in norms[-5:]])


if __name__ == "__main__":
    main()
