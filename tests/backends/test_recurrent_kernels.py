"""Recurrent layers on the host: as the generic kernels give them, with rows in blocks or not."""

import numpy as np
import pytest

from retrograd.backends import onednn
from retrograd.backends.kernels import Kernels, products
from retrograd.backends.kernels.host import HostKernels
from retrograd.backends.kernels.recurrent import Steps

GENERIC, HOST = Kernels(np), HostKernels(np)
INPUTS, UNITS = 3, 4
# How many sequences each step has.
SIZES = {"alike": [5] * 7, "shorter": [6, 6, 4, 4, 4, 1, 1], "one": [1] * 9, "short": [2]}


@pytest.fixture(autouse=True)
def in_blocks(monkeypatch):
    """Blocks of four rows, whatever BLAS there is, and no oneDNN."""
    monkeypatch.setattr(onednn, "enabled", False)
    monkeypatch.setattr(products, "_has_small_kernels", lambda: True)
    monkeypatch.setattr(products, "_thread_count", 1)
    monkeypatch.setattr(products, "_BLOCK", 4)


def layer(kernels, kind, sizes, backwards, biased):
    """The outputs of a layer, and the gradients of all that enters it."""
    rng = np.random.default_rng(0)
    gates, states = {"lstm": (4, 2), "gru": (3, 1)}[kind]
    x, *begin = (rng.normal(size=s) for s in [(sum(sizes), INPUTS), *[(sizes[0], UNITS)] * states])
    weights = [rng.normal(size=(gates * UNITS, n)) for n in (INPUTS, UNITS)]
    biases = [rng.normal(size=gates * UNITS) if biased else None for _ in range(3 - states)]
    steps = Steps(sizes, backwards)
    rest = [None] if kind == "lstm" else []
    results = getattr(kernels, f"{kind}_layer")(x, *begin, *weights, *biases, *rest, steps)
    outputs, kept = results[: 1 + states], results[1 + states :]
    saved = (x, *begin, *weights, *rest, outputs, *kept)
    cotangents = [rng.normal(size=a.shape) for a in outputs]
    needs = (True,) * (4 + states)
    return outputs, getattr(kernels, f"{kind}_layer_grad")(*cotangents, saved, steps, needs)


@pytest.mark.parametrize("biased", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_as_the_generic_kernels(kind, sizes, backwards, biased):
    settings = (kind, sizes, backwards, biased)
    for expected, got in zip(layer(GENERIC, *settings), layer(HOST, *settings), strict=True):
        for a, b in zip(expected, got, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(b, a, rtol=0, atol=1e-12)


def test_rows_are_taken_in_blocks_where_that_pays(monkeypatch):
    small, large = np.zeros((4, 65, 128), np.float32), np.zeros((4, 300, 128), np.float32)
    assert HOST.row_block(small) == 4
    assert HOST.row_block(large) == HOST.row_block(small.astype(np.float16)) == 0
    assert GENERIC.row_block(small) == 0
    monkeypatch.setattr(products, "_thread_count", 2)
    assert HOST.row_block(small) == 0
