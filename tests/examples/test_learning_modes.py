"""Online, mini-batch and batch learning: one sum of gradients, spent in different portions."""

from itertools import pairwise
from statistics import mean

import numpy as np
import pytest

import retrograd as rg
from retrograd.nn import functional as F
from tests.examples.load import load

example = load("learning_modes")
X, Y = example.line_with_noise()
LEAST = example.least_error(X, Y)


@pytest.fixture(scope="module")
def excess():
    """The errors above the least, after each of 100 epochs, for each mode."""
    return {
        name: [error - LEAST for error in example.learn(X, Y, batch_size, epochs=100)]
        for name, batch_size in example.MODES.items()
    }


def test_least_error_is_that_of_numpys_least_squares():
    design = np.concatenate([X.numpy(), np.ones_like(X.numpy())], axis=1)
    residuals = np.linalg.lstsq(design, Y.numpy())[1]
    assert pytest.approx(residuals.item() / len(X), rel=1e-12) == LEAST


@pytest.mark.parametrize("size", example.MODES.values())
def test_the_gradient_of_all_is_the_mean_of_the_portions(size):
    """Where the weights stay put, portions of any size point the same way in the mean."""
    w = rg.tensor([[0.5]], dtype=rg.float64, requires_grad=True)

    def gradient(x, y):
        return rg.autograd.grad(F.mse_loss(x @ w, y), w)[0].item()

    portions = [gradient(x, y) for x, y in zip(X.split(size), Y.split(size), strict=True)]
    assert mean(portions) == pytest.approx(gradient(X, Y), abs=1e-12)


def test_batch_learning_is_gradient_descent_by_the_formula():
    w, b, errors = 0.0, 0.0, []
    x, y = X.numpy(), Y.numpy()
    for _ in range(20):
        wrong = w * x + b - y
        w, b = w - 0.05 * 2 * (wrong * x).mean(), b - 0.05 * 2 * wrong.mean()
        errors.append(((w * x + b - y) ** 2).mean())
    assert example.learn(X, Y, batch_size=len(X), epochs=20) == pytest.approx(errors, rel=1e-12)


def test_smaller_portions_come_down_sooner(excess):
    assert excess["online"][0] < 0.1 < excess["mini-batch"][0] < 1 < excess["batch"][0]


def test_batch_learning_never_goes_up_and_arrives(excess):
    assert all(later < earlier for earlier, later in pairwise(excess["batch"]))
    assert 0 <= excess["batch"][-1] < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_the_others_rattle_about_the_minimum_the_smaller_the_more(seed):
    late = {}
    for name in ("online", "mini-batch"):
        errors = example.learn(X, Y, example.MODES[name], epochs=60, seed=seed)
        late[name] = mean(errors[30:]) - LEAST
        assert any(later > earlier for earlier, later in pairwise(errors[30:]))
    assert late["online"] > 10 * late["mini-batch"] > 1e-5
