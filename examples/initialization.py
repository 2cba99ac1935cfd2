"""Initial weights that keep the variance of the activations, and some that do not.

A unit sums fan_in products of a weight (mean 0, variance s^2) and an activation a, so that

    Var z = fan_in s^2 E[a^2]

and over many layers the variance grows or dies out as the power of a factor, unless that factor is
1. Which s^2 makes it so depends on the activation:

    LeCun   s^2 = 1 / fan_in                   linear, and SELU, made for it (LeCun et al. 1998;
                                               Klambauer et al. 2017)
    Xavier  s^2 = gain^2 2 / (fan_in+fan_out)  tanh, with gain 5/3 for its flattening; fan_out for
                                               the gradients, which come from behind (Glorot &
                                               Bengio 2010)
    He      s^2 = 2 / fan_in                   ReLU, which zeroes half of its inputs (He et al. 2015)

What fails: small weights, and nothing arrives; large ones, and tanh saturates at -1 and 1, where it
has no slope left to learn by; constant ones, and all units of a layer are the same and stay so,
since their gradients are the same (training does not break the symmetry).
"""

from functools import partial

import retrograd as rg
from retrograd import nn

WIDTH = 256


def tanh_xavier(weight):
    return nn.init.xavier_normal_(weight, gain=nn.init.calculate_gain("tanh"))


# Name, how to fill the weights, the activation that follows.
SETTINGS = [
    ("Xavier, tanh", tanh_xavier, rg.tanh),
    ("He, ReLU", partial(nn.init.kaiming_normal_, nonlinearity="relu"), rg.relu),
    ("LeCun, SELU", nn.init.lecun_normal_, rg.selu),
    ("small (0.01), tanh", partial(nn.init.normal_, std=0.01), rg.tanh),
    ("large (1.0), tanh", partial(nn.init.normal_, std=1.0), rg.tanh),
]


def activations(fill, activation, depth=30, seed=0):
    """The activations of each of so many layers, for random inputs: tensors (256, WIDTH)."""
    rg.manual_seed(seed)
    a = rg.randn(256, WIDTH, dtype=rg.float64)
    layers = []
    for _ in range(depth):
        weight = fill(rg.empty(WIDTH, WIDTH, dtype=rg.float64))
        a = activation(a @ weight.T)
        layers.append(a)
    return layers


def saturated(a):
    """The share of tanh's values beyond 0.99, where its slope 1 - a^2 is below 0.02."""
    return (a.abs() > 0.99).double().mean().item()


def distinct_units_after_training(fill, steps=50):
    """How many different units a trained layer of 8 has: learn x1 x2 on 4 points."""
    rg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    for parameter in model.parameters():
        fill(parameter)
    optimizer = rg.optim.SGD(model.parameters(), lr=0.1)
    x = rg.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 0.5]], dtype=rg.float64)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x)[:, 0], x.prod(dim=1)).backward()
        optimizer.step()
    return len(rg.unique(model[0].weight.detach().round(decimals=9), dim=0))


def main():
    shown = [1, 2, 5, 10, 20, 30]
    print(f"{'variance in layer':20}" + "".join(f"{layer:9}" for layer in shown))
    for name, fill, activation in SETTINGS:
        layers = activations(fill, activation)
        row = "".join(f"{layers[layer - 1].var().item():9.1e}" for layer in shown)
        note = f"   {saturated(layers[-1]):.0%} saturated" if activation is rg.tanh else ""
        print(f"{name:20}{row}{note}")
    for name, fill in [("constant", nn.init.ones_), ("random", nn.init.normal_)]:
        units = distinct_units_after_training(fill)
        print(f"{name + ' weights':20}{units:9} of 8 hidden units are different after training")


if __name__ == "__main__":
    main()
