"""Softmax by oneDNN: held to the generic kernels, with NaN and infinities in some rows."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends import onednn
from retrograd.backends.kernels import onednn as kernels_onednn
from retrograd.backends.registry import get_backend
from tests.backends.test_conv_kernels import random
from tests.backends.test_onednn import record

pytestmark = pytest.mark.skipif(
    not onednn.is_available(), reason="needs oneDNN: pip install 'retrograd[onednn]'"
)

KERNELS = get_backend("cpu").kernels
SHAPES = [(1, 32), (5, 33), (2, 3, 100), (300, 64)]


@pytest.fixture(autouse=True)
def used(monkeypatch):
    """What oneDNN computed, of any size, by name."""
    monkeypatch.setattr(onednn, "enabled", True)
    monkeypatch.setattr(kernels_onednn, "_FEWEST", 1)
    calls = []
    module = onednn.load("softmax")
    record(monkeypatch, module, "forward", lambda args: args[0], calls)
    record(monkeypatch, module, "backward", lambda args: f"slope of {args[0]}", calls)
    return calls


def computed(x, g):
    """The softmax, and its gradient and that of log_softmax."""
    dim = (x.ndim - 1,)
    with np.errstate(all="ignore"):
        out, log_out = KERNELS.softmax(x, dim), KERNELS.log_softmax(x, dim)
        return [
            out,
            KERNELS.softmax_grad(g, out, dim),
            KERNELS.log_softmax_grad(g, log_out, dim),
        ]


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1, 30])
def test_equals_the_generic_kernels(used, shape, scale):
    x, g = scale * random(*shape, dtype="f"), random(*shape, dtype="f", seed=1)
    before = x.copy(), g.copy()
    ours = computed(x, g)
    assert used == ["softmax", "slope of softmax", "slope of log_softmax"]
    for one, right in zip(ours, computed(x.astype("d"), g.astype("d"))):
        assert one.dtype == np.float32
        assert one.flags.c_contiguous
        np.testing.assert_allclose(one, right, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal((x, g), before)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 3e38, -3e38])
@pytest.mark.parametrize("whole", [False, True], ids=["an element", "a row"])
def test_odd_rows_give_what_the_generic_kernels_give(odd, whole):
    x, g = random(6, 40, dtype="f"), random(6, 40, dtype="f", seed=1)
    x[2, slice(None) if whole else 7] = odd
    ours = computed(x, g)
    with onednn.flags(enabled=False):
        generic = computed(x, g)
    for one, other in zip(ours, generic):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_odd_cotangents_stay_in_their_row(odd):
    x, g = random(6, 40, dtype="f"), random(6, 40, dtype="f", seed=1)
    g[4, 3] = odd
    for slope in computed(x, g)[1:]:
        assert np.isfinite(slope).all(axis=1).tolist() == [True] * 4 + [False, True]


@pytest.mark.parametrize(
    ("shape", "dim", "dtype"),
    [((40, 40), 0, "f"), ((40, 40), 1, "d"), ((40, 31), 1, "f"), ((0, 40), 1, "f")],
)
def test_others_go_another_way(used, shape, dim, dtype):
    x = random(*shape, dtype=dtype)
    out = KERNELS.softmax(x, (dim,))
    assert out.dtype == dtype
    np.testing.assert_allclose(out.sum(axis=dim), 1.0, rtol=1e-5)
    assert used == []


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda a: a.repeat(2, axis=-1)[..., ::2]])
def test_any_memory_layout(used, layout):
    x, g = random(5, 40, dtype="f"), random(5, 40, dtype="f", seed=1)
    for one, right in zip(computed(layout(x), layout(g)), computed(x, g)):
        np.testing.assert_allclose(one, right, rtol=1e-5, atol=2e-6)
    assert used == ["softmax", "slope of softmax", "slope of log_softmax"] * 2


def test_second_gradients_go_through():
    seconds = []
    for enabled in (True, False):
        with onednn.flags(enabled=enabled):
            x = rg.tensor(random(9, 40, dtype="f"), requires_grad=True)
            (first,) = rg.autograd.grad(rg.softmax(x, 1).square().sum(), x, create_graph=True)
            seconds.append(rg.autograd.grad((first * first).sum(), x)[0].numpy())
    np.testing.assert_allclose(*seconds, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("function", [rg.softmax, rg.log_softmax])
def test_odd_rows_without_a_warning(used, function):
    x = rg.tensor(random(8, 40, dtype="f"))
    x[2], x[5, 3], g = rg.nan, rg.inf, rg.full((8, 40), 3e38)
    g[1::2] = -3e38
    x.requires_grad_()
    function(x, 1).backward(g)
    assert not x.grad[2].isfinite().any()
    assert used
