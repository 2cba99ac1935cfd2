"""Pooling and its adjoints: against the definition, PyTorch and each other."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrograd.backends.kernels.windows import as_pairs, pooled_sizes


def windows(sizes, counts, kernel, stride, padding, dilation):
    """For each output position: the input positions of its window that are not padding."""
    for position in product(*map(range, counts)):
        axes = [
            [i for j in range(k) if 0 <= (i := p * s - b + j * d) < n]
            for p, n, k, s, (b, _), d in zip(
                position, sizes, kernel, stride, as_pairs(padding), dilation
            )
        ]
        yield position, list(product(*axes))


def adaptive_windows(sizes, counts):
    for position in product(*map(range, counts)):
        axes = [
            range(p * n // out, -((p + 1) * n // -out))
            for p, n, out in zip(position, sizes, counts)
        ]
        yield position, list(product(*axes))


def slow_max(x, counts, windows_):
    """First of equal maxima, last NaN, scanning each window in order."""
    y = np.empty((*x.shape[:2], *counts), dtype=x.dtype)
    indices = np.empty(y.shape, dtype=np.int64)
    for position, inputs in windows_:
        for n, c in np.ndindex(x.shape[:2]):
            best = inputs[0]
            for i in inputs[1:]:
                value = x[(n, c, *i)]
                if value > x[(n, c, *best)] or np.isnan(value):
                    best = i
            y[(n, c, *position)] = x[(n, c, *best)]
            indices[(n, c, *position)] = np.ravel_multi_index(best, x.shape[2:])
    return y, indices


def random(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def tied(*shape, special=None, seed=0):
    """Few different values, so that windows hold equal ones; some of them `special`."""
    rng = np.random.default_rng([seed, *shape])
    x = rng.integers(-2, 3, shape).astype(np.float64)
    if special is not None:
        x[rng.random(shape) < 0.4] = special
    return x


@st.composite
def problems(draw, max_dilation):
    """Shape and geometry of a pooling, paddings at most half a kernel as in PyTorch."""
    rank = draw(st.integers(1, 3))
    kernel = [draw(st.integers(1, 4)) for _ in range(rank)]
    stride = [draw(st.integers(1, 4)) for _ in range(rank)]
    dilation = [draw(st.integers(1, max_dilation)) for _ in range(rank)]
    padding = [draw(st.integers(0, k // 2)) for k in kernel]
    sizes = [draw(st.integers(d * (k - 1) + 1, 9 + k)) for k, d in zip(kernel, dilation)]
    batch = draw(st.integers(0, 2))
    return (batch, 2, *sizes), kernel, stride, padding, dilation, draw(st.booleans())


@settings(max_examples=100, deadline=None)
@given(problems(max_dilation=2), st.sampled_from([None, np.nan, -np.inf, np.inf, -0.0]))
def test_max_pool(kernels, problem, special):
    shape, kernel, stride, padding, dilation, ceil_mode = problem
    x = tied(*shape, special=special)
    pads = as_pairs(padding)
    counts = pooled_sizes(shape[2:], kernel, stride, pads, dilation, ceil_mode)
    y, indices = kernels.max_pool(x, kernel, stride, padding, dilation, ceil_mode)
    expected, places = slow_max(
        x, counts, windows(shape[2:], counts, kernel, stride, padding, dilation)
    )
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(indices, places)
    assert indices.dtype == np.int64
    values = kernels.max_pool_values(x, kernel, stride, padding, dilation, ceil_mode)
    np.testing.assert_array_equal(values, y)


@settings(max_examples=60, deadline=None)
@given(problems(max_dilation=2))
def test_gather_and_scatter_are_adjoint(kernels, problem):
    shape, kernel, stride, padding, dilation, ceil_mode = problem
    x = random(*shape)
    y, indices = kernels.max_pool(x, kernel, stride, padding, dilation, ceil_mode)
    np.testing.assert_array_equal(kernels.pool_gather(x, indices), y)
    g = random(*y.shape, seed=1)
    dx = kernels.pool_scatter(g, indices, shape)
    assert dx.shape == shape
    np.testing.assert_allclose(np.vdot(dx, x), np.vdot(g, y), rtol=1e-12, atol=1e-12)


def test_scatter_adds_where_windows_overlap(kernels):
    g = np.array([[[1.0, 2.0, 4.0]]])
    indices = np.array([[[2, 2, 0]]])
    np.testing.assert_array_equal(
        kernels.pool_scatter(g, indices, (1, 1, 4)), [[[4.0, 0.0, 3.0, 0.0]]]
    )


@settings(max_examples=100, deadline=None)
@given(problems(max_dilation=1), st.booleans(), st.sampled_from([None, 3]))
def test_avg_pool(kernels, problem, count_include_pad, divisor_override):
    shape, kernel, stride, padding, dilation, ceil_mode = problem
    x, pads = random(*shape), as_pairs(padding)
    counts = pooled_sizes(shape[2:], kernel, stride, pads, dilation, ceil_mode)
    expected = np.empty((*shape[:2], *counts))
    for position, inputs in windows(shape[2:], counts, kernel, stride, padding, dilation):
        divisor = len(inputs)
        if count_include_pad:
            divisor = 1
            for p, n, k, s, (b, a) in zip(position, shape[2:], kernel, stride, pads):
                divisor *= min(p * s - b + k, n + a) - (p * s - b)
        total = sum(x[(..., *i)] for i in inputs)
        expected[(..., *position)] = total / (divisor_override or divisor)
    options = (kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)
    y = kernels.avg_pool(x, *options)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-13)
    g = random(*y.shape, seed=1)
    dx = kernels.avg_pool_grad(g, shape, *options)
    assert dx.shape == shape
    np.testing.assert_allclose(np.vdot(dx, x), np.vdot(g, y), rtol=1e-12, atol=1e-12)


@st.composite
def adaptive_problems(draw):
    rank = draw(st.integers(1, 3))
    sizes = [draw(st.integers(1, 9)) for _ in range(rank)]
    return (draw(st.integers(0, 2)), 2, *sizes), [draw(st.integers(1, 9)) for _ in range(rank)]


@settings(max_examples=100, deadline=None)
@given(adaptive_problems(), st.sampled_from([None, np.nan, -np.inf]))
def test_adaptive_pooling(kernels, problem, special):
    shape, out_size = problem
    x = tied(*shape, special=special)
    y, indices = kernels.adaptive_max_pool(x, out_size)
    expected, places = slow_max(x, out_size, adaptive_windows(shape[2:], out_size))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(indices, places)

    x = random(*shape)
    y = kernels.adaptive_avg_pool(x, out_size)
    for position, inputs in adaptive_windows(shape[2:], out_size):
        mean = sum(x[(..., *i)] for i in inputs) / len(inputs)
        np.testing.assert_allclose(y[(..., *position)], mean, rtol=1e-12, atol=1e-13)
    g = random(*y.shape, seed=1)
    dx = kernels.adaptive_avg_pool_grad(g, shape)
    assert dx.shape == shape
    np.testing.assert_allclose(np.vdot(dx, x), np.vdot(g, y), rtol=1e-12, atol=1e-12)


def test_a_window_keeps_infinities_to_itself(kernels):
    x = np.zeros((1, 1, 7))
    x[0, 0, 6] = np.inf
    np.testing.assert_array_equal(kernels.adaptive_avg_pool(x, (3,)), [[[0, 0, np.inf]]])
    np.testing.assert_array_equal(
        kernels.avg_pool(x, (3,), (2,), (0,), False, True, None), [[[0, 0, np.inf]]]
    )


@pytest.mark.parametrize("global_", [True, False])
def test_many_taps(kernels, global_):
    """More taps than a byte can number."""
    x = random(2, 2, 20, 18)
    kernel = (20, 18) if global_ else (17, 16)
    y, indices = kernels.max_pool(x, kernel, (1, 2), (0, 3), (1, 1), False)
    np.testing.assert_array_equal(y, kernels.pool_gather(x, indices))
    expected, places = slow_max(
        x, y.shape[2:], windows(x.shape[2:], y.shape[2:], kernel, (1, 2), (0, 3), (1, 1))
    )
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(indices, places)


def test_asymmetric_padding(kernels):
    x = random(2, 3, 7, 6)
    pads, kernel, stride = ((0, 2), (1, 0)), (3, 2), (2, 2)
    padded = np.pad(x, [(0, 0), (0, 0), *pads])
    np.testing.assert_allclose(
        kernels.avg_pool(x, kernel, stride, pads, False, True, None),
        kernels.avg_pool(padded, kernel, stride, (0, 0), False, True, None),
        rtol=1e-14,
    )
    lowest = np.pad(x, [(0, 0), (0, 0), *pads], constant_values=-np.inf)
    np.testing.assert_array_equal(
        kernels.max_pool(x, kernel, stride, pads, (1, 1), False)[0],
        kernels.max_pool(lowest, kernel, stride, (0, 0), (1, 1), False)[0],
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes(kernels, dtype):
    x = random(2, 3, 9, 8, dtype=dtype)
    precise = x.astype(np.float64)
    tolerance = 4 * np.finfo(dtype).eps
    y, indices = kernels.max_pool(x, (3, 2), (2, 2), (1, 1), (1, 1), True)
    assert y.dtype == dtype
    assert kernels.pool_scatter(y, indices, x.shape).dtype == dtype
    assert kernels.pool_gather(x, indices).dtype == dtype
    options = ((3, 2), (2, 2), (1, 1), True, False, None)
    calls = [
        ("avg_pool", options),
        ("adaptive_avg_pool", ((4, 3),)),
        ("adaptive_avg_pool", ((3, 4),)),
        ("adaptive_avg_pool", ((1, 1),)),
        ("avg_pool_grad", ((2, 3, 17, 15), *options)),
        ("adaptive_avg_pool_grad", ((2, 3, 18, 16),)),
        ("adaptive_avg_pool_grad", ((2, 3, 17, 15),)),
    ]
    for name, arguments in calls:
        result = getattr(kernels, name)(x, *arguments)
        assert result.dtype == dtype
        exact = getattr(kernels, name)(precise, *arguments)
        np.testing.assert_allclose(result, exact, rtol=tolerance, atol=tolerance)


def test_integers_have_maxima(kernels):
    x = np.arange(-24, 0, dtype=np.int64).reshape(1, 1, 4, 6)
    y, indices = kernels.max_pool(x, (2, 2), (2, 2), (1, 1), (1, 1), False)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, kernels.pool_gather(x, indices))
    np.testing.assert_array_equal(y[0, 0, 0], [-24, -22, -20, -19])


def test_any_memory_layout(kernels):
    x = random(2, 3, 8, 9)
    wide = np.full((2, 3, 16, 18), np.nan)
    wide[..., ::2, ::2] = x
    for other in (
        wide[..., ::2, ::2],
        np.asfortranarray(x),
        x[::-1, :, ::-1].copy()[::-1, :, ::-1],
    ):
        calls = [
            ("max_pool", ((3, 3), (2, 2), (1, 1), (1, 1), False)),
            ("avg_pool", ((3, 3), (2, 2), (1, 1), False, False, None)),
            ("avg_pool_grad", ((2, 3, 16, 18), (2, 2), (2, 2), (0, 0), False, False, None)),
            ("adaptive_avg_pool", ((3, 4),)),
            ("adaptive_avg_pool", ((1, 1),)),
            ("adaptive_max_pool", ((3, 4),)),
        ]
        for name, arguments in calls:
            ours, expected = (getattr(kernels, name)(a, *arguments) for a in (other, x))
            for a, b in zip(ours, expected) if isinstance(ours, tuple) else [(ours, expected)]:
                np.testing.assert_array_equal(a, b)
        indices = kernels.max_pool(x, (2, 2), (2, 2), (0, 0), (1, 1), False)[1]
        np.testing.assert_array_equal(
            kernels.pool_gather(other, indices), kernels.pool_gather(x, indices)
        )


@pytest.mark.oracle
@settings(max_examples=60, deadline=None)
@given(problems(max_dilation=2), st.booleans(), st.sampled_from([None, np.nan, -np.inf]))
def test_against_pytorch(kernels, problem, count_include_pad, special):
    torch = pytest.importorskip("torch")
    shape, kernel, stride, padding, dilation, ceil_mode = problem
    shape = (2, *shape[1:])
    rank = len(kernel)
    x = tied(*shape, special=special)
    functions = torch.nn.functional
    max_pool = getattr(functions, f"max_pool{rank}d")
    expected = max_pool(
        torch.tensor(x), kernel, stride, padding, dilation, ceil_mode, return_indices=True
    )
    results = kernels.max_pool(x, kernel, stride, padding, dilation, ceil_mode)
    for ours, theirs in zip(results, expected):
        np.testing.assert_array_equal(ours, theirs.numpy())

    x = random(*shape)
    tx = torch.tensor(x, requires_grad=True)
    ty = getattr(functions, f"avg_pool{rank}d")(
        tx, kernel, stride, padding, ceil_mode, count_include_pad
    )
    g = random(*ty.shape, seed=1)
    ty.backward(torch.tensor(g))
    options = (kernel, stride, padding, ceil_mode, count_include_pad, None)
    close = {"rtol": 1e-12, "atol": 1e-13}
    np.testing.assert_allclose(kernels.avg_pool(x, *options), ty.detach().numpy(), **close)
    np.testing.assert_allclose(kernels.avg_pool_grad(g, shape, *options), tx.grad.numpy(), **close)


@pytest.mark.oracle
@settings(max_examples=60, deadline=None)
@given(adaptive_problems(), st.sampled_from([None, np.nan, -np.inf]))
def test_adaptive_against_pytorch(kernels, problem, special):
    torch = pytest.importorskip("torch")
    shape, out_size = problem
    shape = (2, *shape[1:])
    functions, rank = torch.nn.functional, len(out_size)
    x = tied(*shape, special=special)
    expected = getattr(functions, f"adaptive_max_pool{rank}d")(
        torch.tensor(x), out_size, return_indices=True
    )
    for ours, theirs in zip(kernels.adaptive_max_pool(x, out_size), expected):
        np.testing.assert_array_equal(ours, theirs.numpy())
    x = random(*shape)
    tx = torch.tensor(x, requires_grad=True)
    ty = getattr(functions, f"adaptive_avg_pool{rank}d")(tx, out_size)
    g = random(*ty.shape, seed=1)
    ty.backward(torch.tensor(g))
    close = {"rtol": 1e-12, "atol": 1e-13}
    np.testing.assert_allclose(kernels.adaptive_avg_pool(x, out_size), ty.detach().numpy(), **close)
    np.testing.assert_allclose(kernels.adaptive_avg_pool_grad(g, shape), tx.grad.numpy(), **close)
