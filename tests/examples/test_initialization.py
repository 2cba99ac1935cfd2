"""Initial weights that keep the variance through 30 layers, and those that fail as they should."""

import pytest

import retrograd as rg
from retrograd import nn
from tests.examples.load import load

example = load("initialization")
FILLS = {name: (fill, activation) for name, fill, activation in example.SETTINGS}


# The variance expected in all layers from the second on. Xavier and tanh: the solution of
# q = E[tanh(5/3 sqrt(q) u)^2] for a normal u. He and ReLU: E[a^2] stays 1, of which the square of
# the mean, 1 / pi, is not variance. LeCun and SELU: its constants were chosen for 1.
# The widths of the bands: with 256 units the logarithm of He's variance walks by sqrt(5 / 256) in a
# layer, which is a factor of two in 30; the others have a fixed point that draws them back.
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "expected", "band"),
    [("Xavier, tanh", 0.4243, 1.1), ("He, ReLU", 0.6817, 3.0), ("LeCun, SELU", 1.0, 1.25)],
)
def test_variance_is_kept(name, expected, band, seed):
    layers = example.activations(*FILLS[name], seed=seed)
    assert len(layers) == 30
    for number in (5, 10, 20, 30):
        assert expected / band < layers[number - 1].var().item() < expected * band


def test_xavier_with_he_s_activation_loses_half_in_each_layer():
    """Why ReLU wants the factor 2."""
    layers = example.activations(nn.init.xavier_normal_, rg.relu)
    assert layers[29].var() / layers[0].var() == pytest.approx(2**-29, rel=2.0, abs=0)
    assert layers[29].var() < 1e-8


def test_small_weights_let_nothing_through():
    layers = example.activations(*FILLS["small (0.01), tanh"])
    factor = 256 * 0.01**2
    assert layers[0].var().item() == pytest.approx(factor, rel=0.05)
    assert layers[29].var().item() == pytest.approx(factor**30, rel=0.5, abs=0)


def test_large_weights_saturate_tanh():
    large = example.activations(*FILLS["large (1.0), tanh"])
    right = example.activations(*FILLS["Xavier, tanh"])
    assert example.saturated(large[29]) > 0.8
    assert example.saturated(right[29]) < 0.02


def test_saturated_counts_the_share_beyond_99_percent():
    assert example.saturated(rg.tensor([0.995, -0.995, 0.985, 0.0])) == 0.5


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_constant_weights_stay_symmetric(value):
    assert example.distinct_units_after_training(lambda p: nn.init.constant_(p, value)) == 1


def test_random_weights_do_not():
    assert example.distinct_units_after_training(nn.init.normal_) == 8
