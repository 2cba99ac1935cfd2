"""Back-propagation by hand gives the engine's gradients, which are the right ones."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("backpropagation")
NAMES = ["W1", "b1", "W2", "b2"]


def network(seed):
    """The example's weights, or others of the same shapes; an input, a target."""
    if seed is None:
        return rg.tensor([1.0, 2.0]).double(), rg.tensor([1.0]).double(), example.network()
    generator = rg.Generator().manual_seed(seed)
    shapes = [(2,), (1,), (2, 2), (2,), (1, 2), (1,)]
    x, y, *params = (rg.randn(s, generator=generator, dtype=rg.float64) for s in shapes)
    return x, y, params


def error(x, y, params):
    """The whole computation in plain numbers, one unit after the other."""

    def sigma(z):
        return 1 / (1 + math.exp(-z))

    W1, b1, W2, b2 = (p.tolist() for p in params)
    x1, x2 = x.tolist()
    h1 = sigma(W1[0][0] * x1 + W1[0][1] * x2 + b1[0])
    h2 = sigma(W1[1][0] * x1 + W1[1][1] * x2 + b1[1])
    return 0.5 * (sigma(W2[0][0] * h1 + W2[0][1] * h2 + b2[0]) - y.item()) ** 2


@pytest.mark.parametrize("seed", [None, *range(5)])
def test_by_hand_equals_the_engine(seed):
    x, y, params = network(seed)
    by_hand = example.gradients_by_hand(x, y, *params)
    by_engine = example.gradients_by_engine(x, y, *params)
    for name, param, hand, engine in zip(NAMES, params, by_hand, by_engine, strict=True):
        assert hand.shape == engine.shape == param.shape
        assert (hand - engine).abs().max().item() < 1e-12, name
        assert hand.abs().max().item() > 1e-5, name


@pytest.mark.parametrize("seed", [None, *range(5)])
def test_by_hand_equals_differences_of_the_error(seed):
    x, y, params = network(seed)
    step = 1e-5
    for param, gradient in zip(params, example.gradients_by_hand(x, y, *params), strict=True):
        values = param.view(-1)
        for i, expected in enumerate(gradient.flatten().tolist()):
            kept = values[i].item()
            sides = []
            for value in (kept + step, kept - step):
                values[i] = value
                sides.append(error(x, y, params))
            values[i] = kept
            assert (sides[0] - sides[1]) / (2 * step) == pytest.approx(expected, abs=1e-9)
