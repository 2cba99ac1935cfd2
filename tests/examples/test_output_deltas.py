"""delta = a - y where activation and loss belong together, and only there."""

import pytest

import retrograd as rg
from retrograd.nn import functional as F
from tests.examples.load import load

example = load("output_deltas")
Z = rg.tensor([[2.0, -1.0, 0.5], [-3.0, 0.0, 4.0]], dtype=rg.float64)

# The library's losses that take z itself, summed over outputs and examples.
OF_Z = {
    "squared_error": lambda z, y: F.mse_loss(z, y, reduction="sum") / 2,
    "binary_cross_entropy": lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="sum"),
    "cross_entropy": lambda z, y: F.cross_entropy(z, y, reduction="sum"),
}


@pytest.fixture(params=example.PAIRS, ids=lambda pair: pair[1].__name__)
def pair(request):
    activation, loss, target = request.param
    return activation, loss, rg.tensor([target, target], dtype=rg.float64)


def test_delta_is_a_minus_y(pair):
    activation, loss, y = pair
    difference = example.delta(activation, loss, Z, y) - (activation(Z) - y)
    assert difference.abs().max().item() < 1e-12


def test_the_library_has_the_same_losses_of_z(pair):
    activation, loss, y = pair
    of_z = OF_Z[loss.__name__]
    assert of_z(Z, y).item() == pytest.approx(loss(activation(Z), y).item(), rel=1e-12)
    delta = example.delta(example.linear, of_z, Z, y)
    assert (delta - (activation(Z) - y)).abs().max().item() < 1e-12


@pytest.mark.parametrize(("activation", "loss", "target"), example.PAIRS[1:])
def test_in_one_piece_nothing_overflows(activation, loss, target):
    z = rg.tensor([-1000.0, 1000.0, 0.0], dtype=rg.float64)
    y = rg.tensor([1.0, 0.0, 0.0], dtype=rg.float64)
    assert not rg.isfinite(loss(activation(z), y))
    of_z = OF_Z[loss.__name__]
    assert rg.isfinite(of_z(z, y))
    assert rg.equal(example.delta(example.linear, of_z, z, y), activation(z) - y)


def test_logistic_with_squared_error_hardly_learns_where_it_is_surely_wrong():
    z, y = rg.tensor([-8.0], dtype=rg.float64), rg.ones(1, dtype=rg.float64)
    a = example.logistic(z)
    delta = example.delta(example.logistic, example.squared_error, z, y)
    assert delta.item() == pytest.approx(((a - y) * a * (1 - a)).item(), rel=1e-12)
    assert abs(delta.item()) < 4e-4
    matched = example.delta(example.logistic, example.binary_cross_entropy, z, y)
    assert abs(matched.item()) > 0.999
