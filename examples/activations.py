"""Maxout, ELU and SELU: activations that learn their shape, keep a mean of 0, and normalize.

Maxout takes the largest of k linear functions of its input and learns all of them (Goodfellow et al.
2013): relu, |x| and every convex function are such maxima, or come as near as one likes.

    maxout(x) = max over j of (w_j' x + b_j)

ELU does not cut off below 0 but bends to -alpha, so that its mean is nearer to 0 (Clevert,
Unterthiner & Hochreiter 2015):

    elu(z) = z if z > 0, else alpha (exp(z) - 1)

SELU is lambda elu(z) with the alpha and lambda for which mean 0 and variance 1 stay what they are,
layer after layer (Klambauer et al. 2017), if weights have mean 0 and variance 1 / fan_in:

    E[selu(z)] = 0 and E[selu(z)^2] = 1 for z ~ N(0, 1)
"""

from math import erfc, exp, pi, sqrt

import retrograd as rg
from retrograd import nn


class Maxout(nn.Module):
    """The largest of `pieces` linear functions, for each output."""

    def __init__(self, fan_in, fan_out, pieces):
        super().__init__()
        self.linear = nn.Linear(fan_in, fan_out * pieces)
        self.pieces = pieces

    def forward(self, x):
        return self.linear(x).unflatten(-1, (-1, self.pieces)).amax(-1)


def maxout_of(slopes, offsets):
    """A function of one variable as the largest of lines that are given."""
    layer = Maxout(1, 1, len(slopes))
    with rg.no_grad():
        layer.linear.weight.copy_(rg.tensor(slopes)[:, None])
        layer.linear.bias.copy_(rg.tensor(offsets))
    return lambda x: layer(x[:, None]).squeeze(1)


def tangents(pieces):
    """Tangents of x^2 in the middle of equal parts of [-1, 1]: the largest is short by 1 / pieces^2."""
    middles = [(2 * j + 1) / pieces - 1 for j in range(pieces)]
    return maxout_of([2 * a for a in middles], [-a * a for a in middles])


def learned(function, pieces, steps=1000):
    """The largest error of a Maxout unit that has learned `function` on [-1, 1]."""
    rg.manual_seed(0)
    x = rg.linspace(-1, 1, 101)[:, None]
    layer = Maxout(1, 1, pieces)
    optimizer = rg.optim.Adam(layer.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(layer(x), function(x)).backward()
        optimizer.step()
    return (layer(x) - function(x)).abs().max().item()


def selu_constants():
    """The alpha and lambda that keep mean 0 and variance 1, from integrals over the normal density."""
    # E[exp(z) - 1; z < 0] and E[(exp(z) - 1)^2; z < 0].
    first = exp(0.5) * erfc(1 / sqrt(2)) / 2 - 0.5
    second = exp(2) * erfc(sqrt(2)) / 2 - exp(0.5) * erfc(1 / sqrt(2)) + 0.5
    alpha = -1 / (sqrt(2 * pi) * first)  # E[z; z > 0] = 1 / sqrt(2 pi)
    return alpha, 1 / sqrt(0.5 + alpha**2 * second)  # E[z^2; z > 0] = 1/2


def through_layers(activation, depth=30, width=512):
    """Mean and variance of activations after `depth` layers with weights of variance 1 / width."""
    rg.manual_seed(0)
    x = rg.randn(256, width)
    for _ in range(depth):
        x = activation(x @ (rg.randn(width, width) / sqrt(width)))
    return x.mean().item(), x.var().item()


def main():
    x = rg.linspace(-2, 2, 5)
    print(f"x = {x.tolist()}")
    print(f"relu as max(0, x)  {maxout_of([0.0, 1.0], [0.0, 0.0])(x).tolist()}")
    print(f"|x| as max(-x, x)  {maxout_of([-1.0, 1.0], [0.0, 0.0])(x).tolist()}")
    fine = rg.linspace(-1, 1, 1025)
    for pieces in (2, 4, 8, 16):
        short = (fine**2 - tangents(pieces)(fine)).max().item()
        print(f"x^2 as {pieces:2} of its tangents: at most {short:.6f} off")
    print(f"x^2 learned with 4 pieces: at most {learned(rg.square, 4):.6f} off")
    print("alpha = {:.10f}, lambda = {:.10f}".format(*selu_constants()))
    for activation in (rg.relu, nn.functional.elu, rg.selu):
        mean, variance = through_layers(activation)
        print(f"{activation.__name__} after 30 layers: mean {mean:.4f}, variance {variance:.2e}")


if __name__ == "__main__":
    main()
