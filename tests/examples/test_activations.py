"""Maxout as given and learned functions, ELU at its bend, SELU through many layers."""

import math

import numpy as np
import pytest

import retrograd as rg
from tests.examples.load import load

example = load("activations")
X = rg.linspace(-2, 2, 41)


def test_maxout_can_be_relu_and_the_absolute_value():
    assert rg.allclose(example.maxout_of([0.0, 1.0], [0.0, 0.0])(X), rg.relu(X))
    assert rg.allclose(example.maxout_of([-1.0, 1.0], [0.0, 0.0])(X), rg.abs(X))


def test_maxout_is_the_maximum_over_the_pieces_of_each_output():
    layer = example.Maxout(3, 4, pieces=5)
    x = rg.randn(6, 3)
    w, b = layer.linear.weight.reshape(4, 5, 3), layer.linear.bias.reshape(4, 5)
    assert layer(x).shape == (6, 4)
    assert rg.allclose(layer(x), (rg.einsum("ni,opi->nop", x, w) + b).amax(-1), atol=1e-6)


def test_its_gradient_goes_to_the_largest_piece_alone():
    layer = example.Maxout(3, 1, pieces=4)
    x = rg.randn(1, 3)
    layer(x).sum().backward()
    winner = layer.linear(x).argmax(-1).item()
    expected = rg.zeros(4, 3)
    expected[winner] = x[0]
    assert rg.equal(layer.linear.weight.grad, expected)


@pytest.mark.parametrize("pieces", [1, 2, 4, 16])
def test_tangents_are_short_of_the_parabola_by_what_the_formula_says(pieces):
    x = rg.linspace(-1, 1, 1025)
    short = x**2 - example.tangents(pieces)(x)
    assert short.max().item() == pytest.approx(1 / pieces**2, abs=1e-6)
    assert short.min().item() > -1e-6


def test_learning_comes_nearer_with_more_pieces():
    two, four = example.learned(rg.square, 2), example.learned(rg.square, 4)
    assert four < 0.1 < two < 0.25


def test_elu_bends_smoothly_to_minus_alpha():
    x = rg.tensor([-50.0, -1.0, 0.0, 2.0], dtype=rg.float64, requires_grad=True)
    y = rg.nn.functional.elu(x, alpha=1.5)
    assert y.tolist() == pytest.approx([-1.5, 1.5 * (math.exp(-1) - 1), 0, 2])
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([0, 1.5 * math.exp(-1), 1.5, 1])


def test_the_constants_of_selu_are_those_of_the_paper_and_of_the_library():
    alpha, scale = example.selu_constants()
    assert alpha == pytest.approx(1.6732632423543772, rel=1e-14)
    assert scale == pytest.approx(1.0507009873554805, rel=1e-14)
    expected = scale * rg.nn.functional.elu(X.double(), alpha)
    assert rg.allclose(rg.selu(X.double()), expected, rtol=1e-14, atol=0)


def test_selu_keeps_mean_0_and_variance_1_of_a_normal_distribution():
    z = np.linspace(-12, 12, 200_001)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    y = rg.selu(rg.from_numpy(z)).numpy()
    assert (y * density).sum() == pytest.approx(0, abs=1e-8)
    assert (y**2 * density).sum() == pytest.approx(1, abs=1e-8)


def test_it_does_so_through_thirty_layers_and_the_others_do_not():
    mean, variance = example.through_layers(rg.selu)
    assert abs(mean) < 0.1
    assert 0.8 < variance < 1.25
    assert example.through_layers(rg.nn.functional.elu)[1] < 0.02
    assert example.through_layers(rg.relu)[1] < 1e-8  # halved in every layer: 2^-30 = 9e-10
