"""The lecture's 6x6 image and its 3x3 filter, number by number."""

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("edge_convolution")


def test_the_result_is_the_lectures():
    result = example.convolve(example.IMAGE, example.VERTICAL)
    assert result.tolist() == [
        [-5, -4, 0, 8],
        [-10, -2, 2, 3],
        [0, -2, -4, -7],
        [-3, -2, -3, -16],
    ]


def test_by_hand_it_is_the_same():
    for image in (example.IMAGE, example.STEP):
        by_hand = example.convolve_by_hand(image, example.VERTICAL)
        assert rg.equal(by_hand, example.convolve(image, example.VERTICAL))


def test_an_edge_is_found_with_its_direction():
    edge = [[0.0, 30.0, 30.0, 0.0]] * 4
    assert example.convolve(example.STEP, example.VERTICAL).tolist() == edge
    turned = example.convolve(example.STEP.flip(1), example.VERTICAL)
    assert rg.equal(turned, -rg.tensor(edge))


def test_the_other_filter_finds_the_other_edges():
    horizontal = example.VERTICAL.T
    assert not example.convolve(example.STEP, horizontal).any()
    found = example.convolve(example.STEP.T, horizontal)
    assert rg.equal(found, example.convolve(example.STEP, example.VERTICAL).T)


@pytest.mark.parametrize(("options", "shape"), [({}, 4), ({"padding": 1}, 6), ({"stride": 2}, 2)])
def test_sizes(options, shape):
    assert example.convolve(example.IMAGE, example.VERTICAL, **options).shape == (shape, shape)


def test_the_filter_can_be_learned_from_its_result():
    """The lecture's next step: the nine numbers as parameters."""
    weight = rg.zeros(3, 3, requires_grad=True)
    target = example.convolve(example.IMAGE, example.VERTICAL)
    optimizer = rg.optim.LBFGS([weight], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = ((example.convolve(example.IMAGE, weight) - target) ** 2).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert (weight - example.VERTICAL).abs().max() < 1e-2
