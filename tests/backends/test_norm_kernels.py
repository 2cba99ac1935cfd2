"""Normalization by NumPy's own kernels, in few calls or in blocks: as the generic ones do it."""

import numpy as np
import pytest

from retrograd.backends.kernels import Kernels, norm_host
from retrograd.backends.kernels.host import HostKernels
from retrograd.backends.kernels.norm import Layout

GENERIC, HOST = Kernels(np), HostKernels(np)
# Shape, dimensions of the statistics, shape of the weight.
LAYOUTS = {
    "layer": ((70, 11), (1,), (11,)),
    "layer of long rows": ((5, 400), (1,), (400,)),
    "layer of one column": ((40, 1), (1,), (1,)),
    "group": ((9, 2, 3, 25), (2, 3), (2, 3, 1)),
    "group of one channel": ((9, 3, 1, 20), (2, 3), (3, 1, 1)),
    "instance": ((9, 3, 120), (2,), (3, 1)),
    "batch": ((6, 4, 100), (0, 2), (4, 1)),
    "batch of one channel": ((6, 1, 100), (0, 2), (1, 1)),
    "batch without positions": ((50, 7), (0,), (7,)),
    "small batch without positions": ((8, 70), (0,), (70,)),
    "no rows": ((0, 9), (1,), (9,)),
    "no columns": ((9, 0), (1,), (0,)),
    "no samples": ((0, 9), (0,), (9,)),
}
EPS = {"float32": 2e-6, "float64": 1e-13, "float16": 1e-3}


def numbers(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def awkward(x):
    """The same with its dimensions the other way round in memory."""
    return x.T.copy().T


def everything(table, layout, dtype, affine=True, turned=False):
    """Output, statistics and gradients."""
    x, g = (numbers(layout.shape, dtype, k) for k in (0, 1))
    if turned:
        x, g = awkward(x), awkward(g)
    weight, bias = (numbers(layout.affine, dtype, k) if affine else None for k in (2, 3))
    before = [a if a is None else a.copy() for a in (x, g, weight, bias)]
    with np.errstate(all="ignore"):
        out, mean, var, std = table.normalize(x, weight, bias, layout, 1e-5)
        grads = table.normalize_grad(g, x, mean, std, weight, layout, (True, True, True))
    for a, b in zip(before, (x, g, weight, bias), strict=True):
        np.testing.assert_array_equal(a, b)
    assert out.dtype == grads[0].dtype == dtype
    statistics = [np.broadcast_to(a, layout.shape) for a in (mean, var, std)]
    return out, *statistics, grads[0], *[a.reshape(layout.affine) for a in grads[1:]]


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_norms(layout, few, turned, affine, dtype, monkeypatch):
    monkeypatch.setattr(norm_host, "_FEW", few)
    monkeypatch.setattr(norm_host, "_BLOCK", 130)
    monkeypatch.setattr("retrograd.backends.onednn.enabled", False)
    expected = everything(GENERIC, Layout(layout[0], *layout), "float64", affine, turned)
    found = everything(HOST, Layout(layout[0], *layout), dtype, affine, turned)
    for right, ours in zip(expected, found, strict=True):
        assert ours.shape == right.shape
        bound = 10 * EPS[dtype]
        np.testing.assert_allclose(
            ours, right, rtol=bound, atol=bound * max(1, abs(right).max(initial=0))
        )


@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("name", ["layer", "group", "instance", "batch", "batch without positions"])
def test_norms_far_from_zero(name, few, monkeypatch):
    """Numbers around 1000 with a deviation of 1: off by what sums of them are rounded by, not more."""
    monkeypatch.setattr(norm_host, "_FEW", few)
    monkeypatch.setattr(norm_host, "_BLOCK", 130)
    monkeypatch.setattr("retrograd.backends.onednn.enabled", False)
    layout = Layout(LAYOUTS[name][0], *LAYOUTS[name])
    x = numbers(layout.shape, "float32") + np.float32(1000)
    out, _, _, std = HOST.normalize(x, None, None, layout, 1e-5)
    right, _, _, wanted = GENERIC.normalize(x.astype("float64"), None, None, layout, 1e-5)
    rounding = 1000 * 2.0**-24
    np.testing.assert_allclose(out * wanted, right * wanted, atol=8 * rounding)
    np.testing.assert_allclose(*np.broadcast_arrays(std, wanted), rtol=1e-5)


def test_the_size_of_numpys_buffers_is_set_back(monkeypatch):
    monkeypatch.setattr(norm_host, "_FEW", 0)
    monkeypatch.setattr(norm_host, "_BLOCK", 130)
    monkeypatch.setattr("retrograd.backends.onednn.enabled", False)
    before = np.getbufsize()
    for layout in LAYOUTS.values():
        everything(HOST, Layout(layout[0], *layout), "float32")
        assert np.getbufsize() == before
