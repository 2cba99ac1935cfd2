"""Receptive fields of known networks, and the formula against the gradient's support."""

import pytest

from tests.examples.load import load

example = load("receptive_fields")

# Published values: Simonyan & Zisserman 2014 for three 3x3, Araujo et al. 2019 for the others.
KNOWN = {
    "one 7x7": (7, 1),
    "three 3x3": (7, 1),
    "dilated 1, 2, 4": (15, 1),
    "LeNet-5": (16, 4),
    "AlexNet": (195, 32),
    "VGG-16": (212, 32),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_networks(name):
    assert example.receptive_field(example.NETWORKS[name]) == KNOWN[name]


def test_every_network_is_a_known_one():
    assert set(example.NETWORKS) == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_the_gradient_shows_the_same(name):
    assert example.measured(example.NETWORKS[name]) == KNOWN[name]


@pytest.mark.parametrize("layers", [
    [],
    [(1, 1, 1)],
    [(1, 3, 1), (2, 1, 1)],
    [(2, 3, 2), (4, 2, 1), (3, 1, 3)],
])  # fmt: skip
def test_odd_networks(layers):
    if layers:
        assert example.measured(layers) == example.receptive_field(layers)
    else:
        assert example.receptive_field(layers) == (1, 1)


def test_windows_without_gaps_are_seen_completely_and_gradients_sum_to_one():
    """Weights of 1 / window: each layer takes means."""
    gradient, _ = example.gradients(example.NETWORKS["AlexNet"])
    assert (gradient > 0).sum().item() == 195
    assert gradient.sum().item() == pytest.approx(1, abs=1e-12)


def test_the_middle_counts_most_where_layers_are_many():
    """Luo et al. 2016, "Understanding the effective receptive field"."""
    gradient, _ = example.gradients(example.NETWORKS["VGG-16"])
    seen = gradient[gradient > 0]
    assert seen.argmax().item() in range(90, 122)
    assert seen[0] < seen.max() / 1000
