"""608, 1168 and 544, by the formula, in the modules and in the summary."""

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("parameter_counts")
COUNTS = [608, 1168, 544]


def test_the_formula():
    assert [example.count(*layer) for layer in example.LAYERS] == COUNTS


def test_the_modules():
    layers = [m for m in example.network() if isinstance(m, rg.nn.Conv2d)]
    assert [example.parameters_of(layer) for layer in layers] == COUNTS
    assert example.parameters_of(example.network()) == 2320


def test_the_summary():
    summary = rg.viz.summary(example.network(), input_size=(1, 3, 32, 32))
    assert [row.parameters for row in summary.rows if row.type == "Conv2d"] == COUNTS
    assert summary.parameters == 2320
    assert "parameters: 2,320" in str(summary)


def test_sizes_of_results_are_those_of_the_modules():
    x, size = rg.zeros(1, 3, 32, 32), 32
    for f, c_in, c_out in example.LAYERS:
        x, size = rg.nn.Conv2d(c_in, c_out, f)(x), example.size_after(size, f)
        assert x.shape == (1, c_out, size, size)


@pytest.mark.parametrize("size", [7, 8, 32])
@pytest.mark.parametrize(("f", "stride", "padding"), [(3, 2, 0), (5, 1, 2), (1, 3, 0), (7, 2, 3)])
def test_sizes_with_stride_and_padding(size, f, stride, padding):
    y = rg.nn.Conv2d(1, 1, f, stride, padding)(rg.zeros(1, 1, size, size))
    assert y.shape[-1] == example.size_after(size, f, stride, padding)


def test_the_image_may_be_of_any_size():
    assert example.network()(rg.zeros(2, 3, 50, 40)).shape == (2, 32, 44, 34)
