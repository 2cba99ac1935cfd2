"""Convolution and its gradients: against explicit loops, PyTorch and each other."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrograd.backends import onednn
from retrograd.backends.kernels.conv_columns import Windows
from retrograd.backends.kernels.scratch import KEPT_BYTES, KEPT_THINGS, Scratch
from retrograd.backends.kernels.windows import as_pairs, output_sizes
from retrograd.backends.registry import get_backend


@pytest.fixture(autouse=True, scope="module")
def without_onednn():
    with onednn.flags(enabled=False):
        yield


def slow_conv(x, w, stride, padding, dilation, groups):
    """The definition, one output element at a time."""
    pads = as_pairs(padding)
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    outputs = output_sizes(x.shape[2:], w.shape[2:], stride, [(0, 0)] * len(pads), dilation)
    y = np.zeros((x.shape[0], w.shape[0], *outputs))
    channels, per_group = w.shape[1], w.shape[0] // groups
    for o, position in product(range(w.shape[0]), product(*map(range, outputs))):
        first = o // per_group * channels
        window = x[:, first : first + channels]
        for axis, (p, s, d, k) in enumerate(zip(position, stride, dilation, w.shape[2:])):
            window = window.take(range(p * s, p * s + d * (k - 1) + 1, d), axis=axis + 2)
        y[(slice(None), o, *position)] = (window * w[o]).sum(axis=tuple(range(1, x.ndim)))
    return y


def random(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


@st.composite
def problems(draw):
    """Shapes and geometry of a convolution that has at least one output."""
    rank = draw(st.integers(1, 3))
    small = st.integers(1, 3)

    def per_axis(values):
        return tuple(draw(st.lists(values, min_size=rank, max_size=rank)))

    groups = draw(small)
    kernel, stride, dilation = per_axis(st.integers(1, 4)), per_axis(small), per_axis(small)
    side = st.integers(0, 4)
    padding = per_axis(st.one_of(side, st.tuples(side, side)))
    sizes = tuple(
        draw(st.integers(max(d * (k - 1) + 1 - a - b, 1), d * (k - 1) + 7))
        for k, d, (a, b) in zip(kernel, dilation, as_pairs(padding))
    )
    x_shape = (draw(st.integers(0, 3)), groups * draw(small), *sizes)
    w_shape = (groups * draw(small), x_shape[1] // groups, *kernel)
    return x_shape, w_shape, (stride, padding, dilation, groups)


# Stride, padding (asymmetric, larger than the kernel), dilation, groups, and input sizes that
# the stride does not cover.
CASES = {
    "1d": ((2, 3, 11), (4, 3, 3), ((1,), (1,), (1,), 1)),
    "1d strided dilated": ((2, 4, 20), (6, 2, 3), ((3,), ((2, 5),), (4,), 2)),
    "2d": ((3, 4, 7, 9), (5, 4, 3, 2), ((1, 1), (1, 0), (1, 1), 1)),
    "2d strided": ((2, 4, 8, 11), (6, 4, 3, 3), ((2, 3), (1, 1), (1, 1), 1)),
    "2d dilated": ((2, 2, 12, 13), (3, 2, 3, 3), ((2, 1), (2, 3), (2, 3), 1)),
    "2d large padding": ((2, 3, 4, 5), (2, 3, 2, 2), ((1, 2), (5, (0, 6)), (1, 1), 1)),
    "2d many outputs": ((1, 8, 6, 6), (2, 8, 5, 5), ((1, 1), (0, 0), (1, 1), 1)),
    "2d few channels": ((3, 1, 6, 7), (9, 1, 3, 4), ((1, 1), (1, 2), (1, 1), 1)),
    "2d few channels strided": ((3, 2, 9, 8), (32, 1, 4, 3), ((2, 3), (1, (0, 2)), (1, 2), 2)),
    "3d few channels": ((2, 1, 5, 6, 7), (8, 1, 2, 3, 2), ((1, 2, 1), (1, 1, 0), (1, 1, 2), 1)),
    "2d few outputs": ((1, 2, 6, 6), (12, 2, 5, 5), ((1, 1), (0, 0), (1, 1), 1)),
    "pointwise": ((2, 4, 8, 9), (6, 4, 1, 1), ((1, 1), (0, 0), (1, 1), 1)),
    "pointwise groups": ((2, 4, 8, 9), (6, 2, 1, 1), ((1, 1), (0, 0), (1, 1), 2)),
    "pointwise strided": ((2, 4, 8, 9), (6, 4, 1, 1), ((2, 2), (0, 0), (1, 1), 1)),
    "pointwise wide": ((2, 70, 3, 3), (60, 70, 1, 1), ((1, 1), (0, 0), (1, 1), 1)),
    "pointwise padded": ((2, 4, 8, 9), (6, 4, 1, 1), ((1, 1), (1, (0, 2)), (1, 1), 1)),
    "pointwise as many": ((2, 4, 8, 9), (6, 4, 1, 1), ((2, 2), ((0, 8), (0, 9)), (1, 1), 1)),
    "patches": ((2, 3, 8, 12), (5, 3, 4, 4), ((4, 4), (0, 0), (1, 1), 1)),
    "patches with gaps": ((2, 3, 9, 14), (5, 3, 2, 2), ((4, 5), (1, 0), (2, 3), 1)),
    "depthwise": ((2, 6, 7, 7), (6, 1, 3, 3), ((1, 1), (1, 1), (1, 1), 6)),
    "depthwise multiplier": ((2, 3, 7, 7), (6, 1, 3, 3), ((2, 2), (1, 1), (1, 1), 3)),
    "3d": ((2, 3, 5, 6, 7), (4, 3, 2, 3, 2), ((1, 2, 1), (1, 1, 0), (1, 1, 2), 1)),
    "3d groups": ((1, 4, 5, 6, 7), (4, 2, 3, 2, 1), ((2, 1, 3), (1, (2, 0), 0), (1, 2, 1), 2)),
    "no samples": ((0, 3, 5, 5), (4, 3, 3, 3), ((1, 1), (1, 1), (1, 1), 1)),
}
conv_cases = pytest.mark.parametrize(
    ("x_shape", "w_shape", "settings_"), CASES.values(), ids=CASES.keys()
)


def assert_adjoint(kernels, x, w, settings_):
    y = kernels.conv(x, w, *settings_)
    g = random(*y.shape, seed=3)
    dx = kernels.conv_input_grad(g, w, x.shape, *settings_)
    dw = kernels.conv_weight_grad(g, x, w.shape, *settings_)
    assert dx.shape == x.shape
    assert dw.shape == w.shape
    product_ = np.vdot(y, g)
    scale = np.linalg.norm(y) * np.linalg.norm(g) + 1
    assert abs(np.vdot(x, dx) - product_) <= 1e-13 * scale
    assert abs(np.vdot(w, dw) - product_) <= 1e-13 * scale


@conv_cases
def test_definition_and_adjoints(kernels, x_shape, w_shape, settings_):
    x, w = random(*x_shape), random(*w_shape, seed=1)
    expected = slow_conv(x, w, *settings_)
    np.testing.assert_allclose(kernels.conv(x, w, *settings_), expected, rtol=1e-12, atol=1e-12)
    assert_adjoint(kernels, x, w, settings_)


@pytest.mark.parametrize("few", [0, 16, 1 << 30], ids=["shared rows", "chosen", "full columns"])
@settings(max_examples=100, deadline=None)
@given(problems())
def test_any_geometry(kernels, few, problem):
    x_shape, w_shape, settings_ = problem
    x, w = random(*x_shape), random(*w_shape, seed=1)
    expected = slow_conv(x, w, *settings_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels.table, "few_columns", few, raising=False)
        patch.setattr(kernels.table, "min_columns", 16 * few, raising=False)
        np.testing.assert_allclose(kernels.conv(x, w, *settings_), expected, rtol=1e-12, atol=1e-12)
        assert_adjoint(kernels, x, w, settings_)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@conv_cases
def test_against_pytorch(kernels, x_shape, w_shape, settings_, dtype):
    torch = pytest.importorskip("torch")
    stride, padding, dilation, groups = settings_
    if x_shape[0] == 0 or any(isinstance(p, tuple) for p in padding):
        pytest.skip("PyTorch pads alike on both sides, and has no gradient of an empty batch")
    x, w = random(*x_shape, dtype=dtype), random(*w_shape, dtype=dtype, seed=1)
    tx, tw = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    function = getattr(torch.nn.functional, f"conv{len(stride)}d")
    ty = function(tx, tw, None, stride, padding, dilation, groups)
    g = random(*ty.shape, dtype=dtype, seed=2)
    ty.backward(torch.tensor(g))
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for ours, theirs in (
        (kernels.conv(x, w, *settings_), ty.detach()),
        (kernels.conv_input_grad(g, w, x_shape, *settings_), tx.grad),
        (kernels.conv_weight_grad(g, x, w_shape, *settings_), tw.grad),
    ):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("column_bytes", [1, 4000, 1 << 30])
@pytest.mark.parametrize("case", ["1d strided dilated", "2d", "2d dilated", "3d", "3d groups"])
def test_any_block_size(kernels, monkeypatch, case, column_bytes):
    """Blocks of single rows, of some rows or samples with a shorter last one, and one block."""
    x_shape, w_shape, settings_ = CASES[case]
    monkeypatch.setattr(kernels.table, "column_bytes", column_bytes, raising=False)
    monkeypatch.setattr(kernels.table, "min_columns", 1, raising=False)
    x, w = random(*x_shape), random(*w_shape, seed=1)
    expected = slow_conv(x, w, *settings_)
    np.testing.assert_allclose(kernels.conv(x, w, *settings_), expected, rtol=1e-12, atol=1e-12)
    assert_adjoint(kernels, x, w, settings_)


@pytest.mark.parametrize("case", ["2d", "2d strided", "pointwise", "patches", "depthwise"])
def test_any_memory_layout(kernels, case):
    x_shape, w_shape, settings_ = CASES[case]
    x, w = random(*x_shape), random(*w_shape, seed=1)
    y = kernels.conv(x, w, *settings_)
    g = random(*y.shape, seed=2)
    dx = kernels.conv_input_grad(g, w, x_shape, *settings_)
    dw = kernels.conv_weight_grad(g, x, w_shape, *settings_)
    for layout in (spread_out, np.asfortranarray, reversed_memory, channels_last):
        x2, w2, g2 = layout(x), layout(w), layout(g)
        close = {"rtol": 1e-12, "atol": 1e-12}
        np.testing.assert_allclose(kernels.conv(x2, w2, *settings_), y, **close)
        np.testing.assert_allclose(
            kernels.conv_input_grad(g2, w2, x_shape, *settings_), dx, **close
        )
        np.testing.assert_allclose(
            kernels.conv_weight_grad(g2, x2, w_shape, *settings_), dw, **close
        )


def spread_out(a):
    wide = np.full([2 * n for n in a.shape], np.nan)
    view = wide[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    return view


def reversed_memory(a):
    flips = (slice(None, None, -1),) * a.ndim
    return a[flips].copy()[flips]


def channels_last(a):
    return np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1)


@pytest.mark.parametrize("case", ["2d", "2d strided", "pointwise"])
def test_float16_is_summed_in_float32(kernels, case):
    x_shape, w_shape, settings_ = CASES[case]
    x, w = random(*x_shape, dtype=np.float16), random(*w_shape, dtype=np.float16, seed=1)
    y = kernels.conv(x, w, *settings_)
    g = random(*y.shape, dtype=np.float16, seed=2)
    results = (
        (y, kernels.conv(x.astype("f"), w.astype("f"), *settings_)),
        (
            kernels.conv_input_grad(g, w, x_shape, *settings_),
            kernels.conv_input_grad(g.astype("f"), w.astype("f"), x_shape, *settings_),
        ),
        (
            kernels.conv_weight_grad(g, x, w_shape, *settings_),
            kernels.conv_weight_grad(g.astype("f"), x.astype("f"), w_shape, *settings_),
        ),
    )
    for half, single in results:
        assert half.dtype == np.float16
        np.testing.assert_array_equal(half, single.astype(np.float16))


@pytest.mark.parametrize(("out_channels", "stride"), [(1, 1), (8, 1), (4, 2)])
def test_outputs_shorter_than_the_input_allows(kernels, out_channels, stride):
    """A transposed convolution may leave out outputs (output_padding >= stride, dilated)."""
    x, w = random(2, 3, 9), random(out_channels, 3, 3, seed=1)
    settings_ = ((stride,), (1,), (2,), 1)
    y = kernels.conv(x, w, *settings_)[..., :-1]
    g = random(*y.shape, seed=2)
    dx = kernels.conv_input_grad(g, w, x.shape, *settings_)
    dw = kernels.conv_weight_grad(g, x, w.shape, *settings_)
    np.testing.assert_allclose(np.vdot(x, dx), np.vdot(y, g), rtol=1e-12)
    np.testing.assert_allclose(np.vdot(w, dw), np.vdot(y, g), rtol=1e-12)


def test_negative_padding_crops(kernels):
    x, w = random(2, 3, 9), random(4, 3, 1, seed=1)
    settings_ = ((1,), ((1, -1),), (1,), 1)
    expected = slow_conv(x[..., :-1], w, (1,), ((1, 0),), (1,), 1)
    np.testing.assert_allclose(kernels.conv(x, w, *settings_), expected, rtol=1e-12)
    assert_adjoint(kernels, x, w, settings_)


@pytest.mark.parametrize(
    ("x_shape", "w_shape"), [((2, 0, 5, 5), (3, 0, 3, 3)), ((2, 3, 5, 5), (0, 3, 3, 3))]
)
def test_no_channels(kernels, x_shape, w_shape):
    settings_ = ((1, 1), (1, 1), (1, 1), 1)
    x, w = random(*x_shape), random(*w_shape)
    y = kernels.conv(x, w, *settings_)
    np.testing.assert_array_equal(y, np.zeros((2, w_shape[0], 5, 5)))
    dx = kernels.conv_input_grad(y, w, x_shape, *settings_)
    np.testing.assert_array_equal(dx, np.zeros(x_shape))
    dw = kernels.conv_weight_grad(y, x, w_shape, *settings_)
    np.testing.assert_array_equal(dw, np.zeros(w_shape))


def test_nonfinite_inputs_stay_in_their_windows(kernels):
    x, w = np.zeros((1, 1, 9, 9)), np.ones((1, 1, 3, 3))
    x[0, 0, 4, 4], x[0, 0, 0, 8] = np.inf, np.nan
    y = kernels.conv(x, w, (1, 1), (1, 1), (1, 1), 1)
    expected = np.zeros((1, 1, 9, 9))
    expected[0, 0, 3:6, 3:6] = np.inf
    expected[0, 0, :2, 7:] = np.nan
    np.testing.assert_array_equal(y, expected)


# Shapes for which Winograd tiles are taken: whole tiles, parts of tiles, more or less than one block
# of samples or rows, padding of other widths than one.
WINOGRAD = {
    "whole tiles": ((6, 32, 16, 16), 64, (1, 1)),
    "parts of tiles": ((4, 33, 19, 22), 35, (1, 1)),
    "no padding": ((2, 40, 30, 27), 32, (0, 0)),
    "asymmetric padding": ((2, 32, 23, 26), 33, ((0, 2), (2, 1))),
    "wide padding": ((2, 32, 21, 20), 32, (4, 5)),
    "blocks of rows": ((1, 130, 66, 64), 32, (1, 1)),
    "blocks of samples": ((12, 128, 12, 12), 34, (1, 1)),
}
winograd_cases = pytest.mark.parametrize(
    ("x_shape", "out_channels", "padding"), WINOGRAD.values(), ids=WINOGRAD.keys()
)


def methods(monkeypatch, kernels, *names):
    """Ways that the kernels may choose from, besides columns."""
    monkeypatch.setattr(kernels.table, "methods", names, raising=False)


def all_three(kernels, x, w, g, settings_):
    return (
        kernels.conv(x, w, *settings_),
        kernels.conv_input_grad(g, w, x.shape, *settings_),
        kernels.conv_weight_grad(g, x, w.shape, *settings_),
    )


@pytest.mark.parametrize("kernel", [3, 5])
@winograd_cases
def test_winograd_is_as_exact_as_rounding_allows(
    kernels, monkeypatch, x_shape, out_channels, padding, kernel
):
    settings_ = ((1, 1), padding, (1, 1), 1)
    x = random(*x_shape, dtype=np.float32)
    w = random(out_channels, x_shape[1], kernel, kernel, dtype=np.float32, seed=1)
    methods(monkeypatch, kernels, "winograd")
    monkeypatch.setattr(kernels.table, "winograd_channels", 32, raising=False)
    windows = []
    original = type(kernels.table)._winograd_correlate
    monkeypatch.setattr(
        type(kernels.table),
        "_winograd_correlate",
        lambda self, *args: windows.append(args[2]) or original(self, *args),
    )
    y = kernels.conv(x, w, *settings_)
    assert len(windows) == 1
    g = random(*y.shape, dtype=np.float32, seed=2)
    results = all_three(kernels, x, w, g, settings_)
    methods(monkeypatch, kernels)
    exact = all_three(kernels, x.astype("d"), w.astype("d"), g.astype("d"), settings_)
    for ours, expected in zip(results, exact):
        assert ours.dtype == np.float32
        error = np.abs(ours - expected)
        scale = np.sqrt((expected**2).mean())
        assert np.sqrt((error**2).mean()) < 4e-6 * scale
        assert error.max() < 4e-5 * scale


@pytest.mark.parametrize("kernel", [3, 5])
def test_winograd_adjoints_in_double(kernels, kernel):
    """The tables of numbers are exact: in double precision nothing is left of their errors."""
    x, w = random(2, 3, 6 + kernel, 14), random(5, 3, kernel, kernel, seed=1)
    table = kernels.table
    windows = Windows((kernel, kernel), (1, 1), (1, 0), (1, 1), (9, 15 - kernel))
    to, back = kernels.to_device, kernels.to_host
    y = table.xp.empty((2, 5, *windows.counts))
    table._winograd_correlate(to(x), to(w), windows, 1, y)
    y = back(y)
    expected = slow_conv(x, w, (1, 1), (1, 0), (1, 1), 1)
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-12)
    g = random(*y.shape, seed=2)
    dw = back(table._winograd_weight_grad(to(g), to(x), w.shape, windows, 1))
    np.testing.assert_allclose(np.vdot(w, dw), np.vdot(y, g), rtol=1e-11)
    exact = kernels.conv_weight_grad(g, x, w.shape, (1, 1), (1, 0), (1, 1), 1)
    np.testing.assert_allclose(dw, exact, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_nonfinite_inputs_do_not_spread_over_winograd_tiles(kernels, monkeypatch, bad):
    x = random(2, 48, 24, 24, dtype=np.float32)
    w = random(48, 48, 3, 3, dtype=np.float32, seed=1)
    x[1, 3, 10, 12] = bad
    settings_ = ((1, 1), (1, 1), (1, 1), 1)
    results = []
    for names in (("winograd",), ()):
        methods(monkeypatch, kernels, *names)
        y = kernels.conv(x, w, *settings_)
        g = np.where(np.isfinite(y), y, 0)
        results.append((y, kernels.conv_weight_grad(g, x, w.shape, *settings_)))
    assert np.isfinite(results[1][0]).sum() == results[1][0].size - 48 * 9
    for ours, expected in zip(*results):
        np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(expected))


@conv_cases
def test_every_way_agrees_with_columns(kernels, monkeypatch, x_shape, w_shape, settings_):
    x, w = random(*x_shape), random(*w_shape, seed=1)
    g = random(*kernels.conv(x, w, *settings_).shape, seed=2)
    chosen = all_three(kernels, x, w, g, settings_)
    methods(monkeypatch, kernels)
    for ours, expected in zip(chosen, all_three(kernels, x, w, g, settings_)):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


def test_results_own_their_memory(kernels):
    """Memory that is used again must not show through: earlier results stay as they were."""
    settings_ = ((1, 1), (1, 1), (1, 1), 1)
    for channels in (3, 40):
        x, w = (
            random(*shape, dtype=np.float32)
            for shape in ((4, channels, 20, 20), (36, channels, 3, 3))
        )
        y = kernels.conv(x, w, *settings_)
        first = all_three(kernels, x, w, y, settings_)
        before = [a.copy() for a in first]
        all_three(kernels, 2 * x, w, -y, settings_)
        for a, b in zip(first, before):
            np.testing.assert_array_equal(a, b)


def test_threads_do_not_share_memory(kernels):
    if kernels.table.xp is not np:
        pytest.skip("the stand-in has one device stream")
    settings_ = ((1, 1), (1, 1), (1, 1), 1)
    xs = [random(8, 40, 16, 16, dtype=np.float32, seed=i) for i in range(4)]
    w = random(40, 40, 3, 3, dtype=np.float32)
    expected = [kernels.conv(x, w, *settings_) for x in xs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = pool.map(lambda x: kernels.conv(x, w, *settings_), xs)
            for ours, right in zip(found, expected):
                np.testing.assert_array_equal(ours, right)


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "stride", "groups", "expected"),
    [
        ((16, 64, 32, 32), (64, 64, 3, 3), 1, 1, "winograd"),
        ((16, 64, 32, 32), (64, 64, 3, 3), 2, 1, "column"),
        ((16, 64, 32, 32), (64, 16, 3, 3), 1, 4, "column"),
        ((1, 64, 8, 8), (64, 64, 3, 3), 1, 1, "column"),
        ((16, 3, 32, 32), (64, 3, 3, 3), 1, 1, "column"),
        ((16, 64, 32, 32), (64, 64, 1, 1), 1, 1, "pointwise"),
        ((16, 64, 32, 32), (64, 64, 5, 5), 1, 1, "winograd"),
        ((16, 64, 32, 32), (64, 64, 7, 7), 1, 1, "column"),
        ((16, 64, 5, 5), (64, 64, 3, 3), 1, 1, "column"),
        ((16, 32, 32, 32), (64, 32, 3, 3), 1, 1, "column"),
        ((16, 64, 32, 32), (64, 1, 3, 3), 1, 64, "column"),
        ((16, 512, 7, 7), (512, 512, 1, 1), 1, 1, "column"),
    ],
)
def test_plan(x_shape, w_shape, stride, groups, expected):
    kernels = get_backend("cpu").kernels
    x = np.zeros(x_shape, np.float32)
    kernel = w_shape[2:]
    pads = [(k // 2, k // 2) for k in kernel]
    counts = output_sizes(x_shape[2:], kernel, (stride, stride), pads, (1, 1))
    windows = Windows(kernel, (stride, stride), tuple(b for b, _ in pads), (1, 1), counts)
    assert kernels.plan(x, w_shape, windows, groups) == expected


def test_scratch_keeps_little():
    scratch = Scratch(np)
    small = scratch.take("a", (3, 4), np.float32)
    assert np.shares_memory(small, scratch.take("a", (5,), np.float32))
    assert not np.shares_memory(small, scratch.take("b", (5,), np.float32))
    assert not np.shares_memory(small, scratch.take("a", (5,), np.float64))
    assert not np.shares_memory(small, scratch.take("a", (13,), np.float32))
    large = scratch.take("a", (KEPT_BYTES,), np.float32)
    assert not np.shares_memory(large, scratch.take("a", (KEPT_BYTES,), np.float32))
    made = [scratch.once(i, lambda i=i: [i]) for i in range(KEPT_THINGS + 1)]
    assert scratch.once(KEPT_THINGS, lambda: None) is made[-1]
    assert scratch.once(0, lambda: "new") == "new"
    assert len(scratch.prepared) == KEPT_THINGS
