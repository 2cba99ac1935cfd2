"""Overfitting, and three ways against it: L2, dropout and early stopping.

A network with hundreds of weights learns twenty noisy points by heart: the error on them goes to
nothing, that on new ones does not. What helps is to let it do less.

    L2               loss + lambda |w|^2              large weights, which bends need, cost (Hinton 1987)
    dropout          a <- a m / (1 - p)               m = 0 with probability p, else 1, anew in every
                                                      step: no unit can rely on another (Srivastava
                                                      et al. 2014)
    early stopping   the weights of the step with the smallest error on points put aside for that
                     (Prechelt 1998)

The points are y = sin(pi x) + noise; the test is against sin(pi x) itself.
"""

from copy import deepcopy
from math import pi

import retrograd as rg
from retrograd import nn

POINTS, NOISE, STEPS = 20, 0.3, 3000


def points(seed, n=POINTS):
    """Noisy points of the curve."""
    generator = rg.Generator().manual_seed(seed)
    x = rg.rand(n, 1, generator=generator) * 2 - 1
    return x, rg.sin(pi * x) + NOISE * rg.randn(n, 1, generator=generator)


def network(dropout):
    rg.manual_seed(0)
    return nn.Sequential(
        nn.Linear(1, 64), nn.Tanh(), nn.Dropout(dropout),
        nn.Linear(64, 64), nn.Tanh(), nn.Dropout(dropout), nn.Linear(64, 1),
    )  # fmt: skip


def error(model, x, y):
    """The mean squared error, with dropout switched off."""
    model.eval()
    with rg.no_grad():
        return nn.functional.mse_loss(model(x), y).item()


def error_on_new_ones(model):
    x = rg.linspace(-1, 1, 201)[:, None]
    return error(model, x, rg.sin(pi * x))


def train(penalty=0.0, dropout=0.0, stop_early=False):
    """Train on the points and return the model and the step that its weights are from."""
    (x, y), aside = points(seed=1), points(seed=2)
    model = network(dropout)
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    optimizer = rg.optim.Adam(model.parameters(), lr=0.01)
    best, best_step, smallest = None, STEPS, rg.inf
    for step in range(1, STEPS + 1):
        model.train()
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        if penalty:
            loss = loss + penalty * sum((w**2).sum() for w in weights)
        loss.backward()
        optimizer.step()
        if stop_early and (now := error(model, *aside)) < smallest:
            best, best_step, smallest = deepcopy(model.state_dict()), step, now
    if best:
        model.load_state_dict(best)
    return model, best_step


WAYS = {
    "nothing": {},
    "L2": {"penalty": 1e-3},
    "dropout": {"dropout": 0.2},
    "early stopping": {"stop_early": True},
}


def main():
    print(f"{'':15} training error  test error  sum of W^2  step")
    for name, settings in WAYS.items():
        model, step = train(**settings)
        size = sum((p**2).sum().item() for p in model.parameters())
        known, new = error(model, *points(seed=1)), error_on_new_ones(model)
        print(f"{name:15} {known:14.4f} {new:11.4f} {size:11.0f} {step:5}")


if __name__ == "__main__":
    main()
