"""What the weights and the bias of a neuron do."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("neuron")


def tensor(values):
    return rg.tensor(values, dtype=rg.float64)


def test_answer_is_the_logistic_function_of_the_weighted_sum():
    x, w, b = tensor([[1.0, 2.0], [-3.0, 0.5]]), tensor([0.4, -1.0]), tensor(0.3)
    expected = [1 / (1 + math.exp(1.3)), 1 / (1 + math.exp(1.4))]
    assert example.neuron(x, w, b).tolist() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("w", [[3.0], [-0.5, 2.0], [1.0, 2.0, -4.0]])
@pytest.mark.parametrize("b", [-2.0, 0.0, 0.7])
def test_middle_lies_where_the_bias_puts_it(w, b):
    w, b = tensor(w), tensor(b)
    point = example.middle(w, b)
    assert example.neuron(point, w, b).item() == pytest.approx(0.5, abs=1e-15)
    assert point.norm().item() == pytest.approx(abs(b.item()) / w.norm().item())
    assert (point @ w).item() == pytest.approx(-b.item(), abs=1e-15)  # along w, not across


@pytest.mark.parametrize("w", [[3.0], [-0.5, 2.0]])
def test_steepness_is_the_weights_times_the_slope_of_sigma(w):
    w, b = tensor(w), tensor(0.4)
    x = tensor([[0.3] * len(w), [-1.0] * len(w)])
    a = example.neuron(x, w, b).unsqueeze(1)
    assert rg.allclose(example.steepness(x, w, b), a * (1 - a) * w, rtol=0, atol=1e-15)
    steepest = example.steepness(example.middle(w, b).unsqueeze(0), w, b)
    assert rg.allclose(steepest[0], w / 4, rtol=0, atol=1e-15)


def test_long_weights_make_a_step():
    x, w = tensor([[0.4], [0.6]]), tensor([1.0])
    gentle, sharp = (example.neuron(x, k * w, tensor(-0.5 * k)).tolist() for k in (1, 100))
    assert gentle == pytest.approx([0.475, 0.525], abs=1e-3)
    assert sharp == pytest.approx([0.0, 1.0], abs=1e-4)
