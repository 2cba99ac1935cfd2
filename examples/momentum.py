"""Momentum and Nesterov's momentum: steps that remember the ones before.

    v <- mu v - alpha g        w <- w + v

where g is the gradient of the error, for plain momentum at w (Polyak 1964), for Nesterov's at
w + mu v, where the memory alone would take us (Nesterov 1983; Sutskever et al. 2013). With mu = 0
both are gradient descent. Along a valley the steps add up to alpha / (1 - mu); across it, where the
gradient changes sign at every step, they cancel.

optim.SGD writes it with alpha outside: u <- mu u + g, w <- w - alpha u. While alpha is constant,
v = -alpha u and the two are the same. When alpha changes they part: here the memory keeps the old
alpha, there the new one multiplies all of it. With Nesterov, SGD's parameter is the point looked
ahead to, p = w + mu v, which saves moving there and back.
"""

from math import sqrt

import retrograd as rg

CURVATURES = rg.tensor([1.0, 100.0], dtype=rg.float64)
START = rg.tensor([1.0, 1.0], dtype=rg.float64)


def valley(w):
    """An ill-conditioned quadratic, 1/2 (w1^2 + 100 w2^2), with its minimum at 0."""
    return 0.5 * (CURVATURES * w**2).sum()


def gradient(w):
    w = w.detach().requires_grad_()
    return rg.autograd.grad(valley(w), w)[0]


def momentum(alphas, mu, nesterov=False):
    """Yield w and v after each step, one step for each alpha."""
    w, v = START, rg.zeros_like(START)
    for alpha in alphas:
        g = gradient(w + mu * v if nesterov else w)
        v = mu * v - alpha * g
        w = w + v
        yield w, v


def sgd(alphas, mu, nesterov=False):
    """Yield the parameter of optim.SGD after each step."""
    p = START.clone().requires_grad_()
    optimizer = rg.optim.SGD([p], momentum=mu, nesterov=nesterov)
    for alpha in alphas:
        optimizer.param_groups[0]["lr"] = alpha
        optimizer.zero_grad()
        valley(p).backward()
        optimizer.step()
        yield p.detach().clone()


# Name, alpha, mu, nesterov: what converges fastest on a quadratic with curvatures from 1 to L (Polyak
# 1964; Lessard, Recht & Packard 2016, table 1).
L = 100.0
SETTINGS = [
    ("gradient descent", 2 / (L + 1), 0.0, False),
    ("momentum", 4 / (sqrt(L) + 1) ** 2, ((sqrt(L) - 1) / (sqrt(L) + 1)) ** 2, False),
    ("Nesterov", 4 / (3 * L + 1), (sqrt(3 * L + 1) - 2) / (sqrt(3 * L + 1) + 2), True),
]


def steps_needed(alpha, mu, nesterov, distance=1e-6, limit=10_000):
    """The number of steps until w is nearer to the minimum than that."""
    for step, (w, _) in enumerate(momentum([alpha] * limit, mu, nesterov), start=1):
        if w.norm() < distance:
            return step
    raise RuntimeError(f"not within {distance} of the minimum after {limit} steps")


def main():
    for name, alpha, mu, nesterov in SETTINGS:
        steps = steps_needed(alpha, mu, nesterov)
        print(f"{name:17} alpha = {alpha:.4f}, mu = {mu:.4f}: {steps:4} steps to 1e-6")
    alphas, mu = [0.005] * 20, 0.9
    *_, (w, v) = momentum(alphas, mu, nesterov=True)
    *_, p = sgd(alphas, mu, nesterov=True)
    print(f"Nesterov after 20 steps: w + mu v      = {(w + mu * v).tolist()}")
    print(f"                         optim.SGD's p = {p.tolist()}")


if __name__ == "__main__":
    main()
