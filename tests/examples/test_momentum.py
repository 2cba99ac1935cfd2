"""Momentum as v = mu v - alpha g: where it equals optim.SGD, and what it is good for."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("momentum")


def largest_difference(alphas, mu, nesterov):
    """Between the parameters of optim.SGD and what they should be, over all steps."""
    ours = example.momentum(alphas, mu, nesterov)
    expected = [w + mu * v if nesterov else w for w, v in ours]
    found = list(example.sgd(alphas, mu, nesterov))
    assert len(found) == len(alphas)
    return max((p - q).abs().max().item() for p, q in zip(found, expected, strict=True))


CASES = [(0.0, False), (0.5, False), (0.9, False), (0.5, True), (0.9, True)]


@pytest.mark.parametrize(("mu", "nesterov"), CASES)
def test_equals_sgd_while_the_step_size_is_constant(mu, nesterov):
    assert largest_difference([0.005] * 100, mu, nesterov) < 1e-12


@pytest.mark.parametrize(("mu", "nesterov"), CASES[1:])
def test_parts_from_sgd_when_the_step_size_changes(mu, nesterov):
    assert largest_difference([0.005] * 3 + [0.001] * 3, mu, nesterov) > 1e-3


@pytest.mark.parametrize("nesterov", [False, True])
def test_first_steps_by_hand(nesterov):
    """In the direction of curvature 1, where g = w."""
    w1 = 1 - 0.01
    v2 = 0.9 * -0.01 - 0.01 * (w1 + (0.9 * -0.01 if nesterov else 0.0))
    steps = [w[0].item() for w, _ in example.momentum([0.01] * 2, 0.9, nesterov)]
    assert steps == pytest.approx([w1, w1 + v2], abs=1e-15)


def test_under_a_constant_gradient_steps_add_up(monkeypatch):
    monkeypatch.setattr(example, "gradient", rg.ones_like)
    *_, (_, v) = example.momentum([0.01] * 500, 0.9)
    assert v.tolist() == pytest.approx([-0.01 / (1 - 0.9)] * 2, rel=1e-12)


def test_gradient_is_that_of_the_valley():
    w = rg.tensor([3.0, -0.5], dtype=rg.float64)
    assert example.gradient(w).tolist() == [3.0, -50.0]


# The factor by which a step shrinks the distance in the long run; for momentum a double root, which
# adds a factor of the step's number: the count is then a little above.
RATES = {
    "gradient descent": 99 / 101,
    "momentum": 9 / 11,
    "Nesterov": 1 - 2 / math.sqrt(301),
}


@pytest.mark.parametrize(("name", "alpha", "mu", "nesterov"), example.SETTINGS)
def test_steps_needed_are_those_of_theory(name, alpha, mu, nesterov):
    at_this_rate = math.log(1e-6) / math.log(RATES[name])
    steps = example.steps_needed(alpha, mu, nesterov)
    assert at_this_rate <= steps <= 1.45 * at_this_rate


def test_gradient_descent_needs_several_times_the_steps():
    plain, momentum, nesterov = (example.steps_needed(*rest) for _, *rest in example.SETTINGS)
    assert plain > 7 * momentum
    assert plain > 5 * nesterov


def test_steps_too_large_do_not_arrive():
    with pytest.raises(RuntimeError, match="not within"):
        example.steps_needed(2.1 / 100, 0.0, nesterov=False, limit=100)
