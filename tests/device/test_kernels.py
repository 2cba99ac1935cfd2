"""What CuPy cannot do at an index in every type."""

import numpy as np
import pytest

TYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"]
POSITIONS = np.array([3, 0, 3, 5, 3, 0])


def filled(dtype, *values):
    """Small numbers, negative ones and the extremes of the type among them."""
    array = np.array(values).astype(dtype)
    if array.dtype.kind == "i":
        array[0], array[-1] = np.iinfo(dtype).min, np.iinfo(dtype).max
    return array


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("ufunc", ["add", "maximum", "minimum", "multiply"])
def test_combining_at_an_index_is_numpys(backend, ufunc, dtype):
    start, values = filled(dtype, 1, 2, 3, 4, 5, 6, 1), filled(dtype, 2, 7, 3, 0, 2, 1)
    expected = start.copy()
    with np.errstate(over="ignore"):
        getattr(np, ufunc).at(expected, POSITIONS, values)
    total, positions, values = (backend.from_host(x, 0) for x in (start, POSITIONS, values))
    if ufunc == "add":
        backend.kernels.add_at(total, positions, values)
    else:
        backend.kernels.combine_at(ufunc, total, positions, values)
    assert total.dtype == dtype
    np.testing.assert_array_equal(backend.to_host(total), expected)


def test_bools_are_combined_too(backend):
    total = backend.from_host(np.array([False, True, False]), 0)
    at, values = (backend.from_host(np.array(x), 0) for x in ([0, 0, 2], [False, True, False]))
    backend.kernels.combine_at("maximum", total, at, values)
    assert backend.to_host(total).tolist() == [True, True, False]


def test_nothing_is_combined_with_nothing(backend):
    for ufunc in ("maximum", "multiply"):
        total = backend.from_host(np.ones(3), 0)
        at, values = backend.from_host(np.zeros(0, int), 0), backend.from_host(np.zeros(0), 0)
        backend.kernels.combine_at(ufunc, total, at, values)
        assert backend.to_host(total).tolist() == [1, 1, 1]
