"""What is computed a few rows or samples at a time: as the generic kernels do in one piece."""

import math

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends.kernels import Kernels
from retrograd.backends.kernels.host import HostKernels

GENERIC, HOST = Kernels(np), HostKernels(np)
# Few elements; rows for one block, for many, short and long, turned to columns and not; no rows, no
# columns.
SHAPES = [
    (3, 7),
    (4, 40),
    (2, 3, 5),
    (2, 3, 50),
    (30,),
    (5000, 3),
    (700, 20),
    (5000, 47),
    (700, 95),
    (1200, 130),
    (300, 512),
    (3, 40_000),
    (2, 50, 300),
    (0, 9),
    (9, 0),
    (50_000,),
]
EPS = {"float32": 2e-6, "float64": 1e-13}


def numbers(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def awkward(x):
    """The same with its dimensions the other way round in memory, or gaps between its elements."""
    return x.T.copy().T if x.ndim > 1 else np.repeat(x, 2)[::2]


def wild(x):
    """Numbers whose exponentials overflow, masked ones, rows of nothing else, infinite, NaN."""
    x = 60 * x
    rows = x.reshape(-1, x.shape[-1]) if x.size else x
    for k, value in enumerate((-np.inf, np.inf, np.nan)):
        if x.size and len(rows) > 2 * k + 1:
            rows[2 * k, 0] = value
            rows[2 * k + 1] = value
    return x


KINDS = {"tame": lambda x: x, "wild": wild, "awkward": awkward}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, shape, kind, dtype):
    x, g = KINDS[kind](numbers(shape, dtype)), numbers(shape, dtype, 1)
    dim = (len(shape) - 1,)
    with np.errstate(all="ignore"):
        expected, got = getattr(GENERIC, name)(x, dim), getattr(HOST, name)(x, dim)
        results = [(expected, got)]
        results.append([getattr(k, name + "_grad")(g, expected, dim) for k in (GENERIC, HOST)])
    for a, b in results:
        assert a.shape == b.shape == shape
        assert a.dtype == b.dtype == dtype
        # The sums of the generic kernels have errors of their own.
        bound = {"float16": 2e-2}.get(dtype) or EPS[dtype] * max(10, shape[-1] ** 0.5)
        np.testing.assert_allclose(b, a, rtol=bound, atol=bound)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_logsumexp(shape, kind, dtype):
    x, g = KINDS[kind](numbers(shape, dtype)), numbers(shape[:-1], dtype, 1)
    dim = (len(shape) - 1,)
    found = []
    for table in (GENERIC, HOST):
        with np.errstate(all="ignore"):
            out = table.logsumexp(x, dim)
            kept = table.logsumexp(x, dim, True)
            found.append((out, kept, table.logsumexp_grad(g, x, np.asarray(out), dim)))
    for a, b, of in zip(*found, (shape[:-1], (*shape[:-1], 1), shape), strict=True):
        assert a.shape == b.shape == of
        assert a.dtype == b.dtype == dtype
        bound = {"float16": 2e-2}.get(dtype) or EPS[dtype] * max(10, shape[-1] ** 0.5)
        np.testing.assert_allclose(b, a, rtol=bound, atol=bound)


def tied(x):
    """Equally large elements, also beside a row with NaN."""
    x = x.round(1)
    rows = x.reshape(-1, x.shape[-1])
    if len(rows) > 3:
        rows[1, 0], rows[3] = np.nan, 0
    return x


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("kind", ["tame", "wild", "awkward", "tied"])
@pytest.mark.parametrize("shape", [s for s in SHAPES if s[-1]], ids=str)
@pytest.mark.parametrize("name", ["largest", "smallest"])
def test_extremes(name, shape, kind, dtype):
    x = {**KINDS, "tied": tied}[kind](numbers(shape, dtype))
    for dim in (len(shape) - 1,), tuple(range(len(shape))):
        if 0 in shape and len(dim) == len(shape):
            continue
        found = []
        for table in (GENERIC, HOST):
            extreme = getattr(table, name)
            out, kept = np.asarray(extreme(x, dim)), extreme(x, dim, True)
            assert out.dtype == kept.dtype == dtype
            g = numbers(out.shape, dtype, 1) if out.shape else np.array(2.0, dtype)
            with np.errstate(all="ignore"):
                found.append((out, kept, table.extreme_grad(g, x, out, dim)))
        for a, b in zip(*found, strict=True):
            assert a.shape == b.shape
            np.testing.assert_array_equal(b, a)


def test_extreme_grad_of_a_tie_beside_nan():
    """As many elements are extreme as there are rows, and yet not one in each."""
    x = numbers((2000, 8), "float32")
    x[5], x[7, :2] = np.nan, 9.0
    out = x.max(axis=1)
    g = numbers((2000,), "float32", 1)
    expected = GENERIC.extreme_grad(g, x, out, (1,))
    np.testing.assert_array_equal(HOST.extreme_grad(g, x, out, (1,)), expected)
    assert expected[7, 0] == expected[7, 1] == g[7] / 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", [*SHAPES, (40_000, 3)], ids=str)
def test_sum_of_all(shape, keepdims, dtype):
    for x in (numbers(shape, dtype), awkward(numbers(shape, dtype))):
        got = HOST.sum(x, tuple(range(len(shape))), keepdims)
        assert got.dtype == dtype
        assert got.shape == ((1,) * len(shape) if keepdims else ())
        bound = EPS[dtype] * x.size**0.5
        np.testing.assert_allclose(got, x.sum(dtype="float64"), rtol=bound, atol=10 * bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sum_of_rows(shape, keepdims, dtype):
    for x in (numbers(shape, dtype), awkward(numbers(shape, dtype))):
        expected = x.sum(axis=-1, keepdims=keepdims, dtype="float64")
        got = HOST.sum(x, (len(shape) - 1,), keepdims)
        assert got.dtype == dtype
        bound = EPS[dtype] * shape[-1] ** 0.5
        np.testing.assert_allclose(got, expected, rtol=bound, atol=10 * bound)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "bool"])
@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize(("shape", "dim"), [(s, d) for s in SHAPES for d in range(len(s))], ids=str)
def test_running_sum(shape, dim, step, dtype):
    for x in (numbers(shape, dtype), awkward(numbers(shape, dtype)), numbers(shape, dtype)[::-1]):
        expected, got = (table.running_sum(x, dim, step) for table in (GENERIC, HOST))
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("shape", [(5000, 3), (700, 95), (3, 40_000)], ids=str)
def test_running_sum_of_what_is_not_finite(shape, step):
    x = numbers(shape, "float32")
    x[0, shape[1] // 2], x[1, 1], x[2, 0] = np.inf, np.nan, -np.inf
    with np.errstate(all="ignore"):
        expected, got = (table.running_sum(x, 1, step) for table in (GENERIC, HOST))
    np.testing.assert_array_equal(got, expected)


# Classes, and the one that is ignored: none of them, some, all, one that is no negative number.
CLASSES = {
    "all count": ([2, 0, 1, 2], -100),
    "some ignored": ([2, -100, 1, -100], -100),
    "all ignored": ([-1, -1, -1, -1], -1),
    "one of the classes ignored": ([2, 0, 1, 2], 2),
    "one beyond the classes ignored": ([7, 0, 1, 2], 7),
}


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_class_loss(dtype, case, weighted, reduction):
    log_probs, weight = numbers((4, 3), dtype), np.arange(1, 4).astype(dtype) if weighted else None
    classes, ignored = CLASSES[case]
    found = []
    for table in (GENERIC, HOST):
        with np.errstate(all="ignore"):
            args = log_probs, np.array(classes), weight, ignored, reduction
            loss, scale, safe = table.class_loss(*args)
        assert loss.dtype == scale.dtype == dtype
        found.append((loss, np.broadcast_to(scale, (4,)), safe * (scale != 0)))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol={"float16": 2e-3}.get(dtype) or EPS[dtype])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("far", [1, 100])
@pytest.mark.parametrize("columns", [3, 40])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_cross_entropy(dtype, columns, far, case, weighted, reduction):
    """The loss, and the gradient of each sample's term."""
    logits = far * numbers((4, columns), dtype)
    weight = np.arange(1, columns + 1).astype(dtype) if weighted else None
    classes, ignored = CLASSES[case]
    found = []
    for table in (GENERIC, HOST):
        with np.errstate(all="ignore"):
            args = logits, np.array(classes), weight, ignored, reduction
            loss, slopes, scale, safe = table.cross_entropy(*args)
        assert loss.dtype == slopes.dtype == dtype
        scale = np.broadcast_to(scale, (4,))
        found.append((loss, slopes * (scale[:, None] != 0), scale, safe * (scale != 0)))
    bound = {"float16": 2e-3}.get(dtype) or 10 * EPS[dtype]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=bound, atol=bound)


@pytest.mark.parametrize("wrong", [-2, 3])
@pytest.mark.parametrize("classes", [[0, 1], [0, -100]])
@pytest.mark.parametrize("weight", [None, np.ones(3, "float32")])
def test_classes_that_do_not_exist(wrong, classes, weight):
    target = np.array([*classes, wrong])
    for loss in (HOST.class_loss, HOST.cross_entropy):
        with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds: .* classes 0 to 2"):
            loss(numbers((3, 3), "float32"), target, weight, -100, "mean")


@pytest.mark.parametrize("columns", [30, 3000])
def test_large_numbers_without_a_warning(columns):
    """Exponentials overflow before a row is shifted, and sums do; of neither there is a word."""
    x = rg.full((100, columns), 300.0)
    out = rg.nn.functional.log_softmax(x, 1)
    assert rg.allclose(out, rg.tensor(-math.log(columns)))
    assert rg.allclose(rg.softmax(x, 1), rg.tensor(1 / columns))
    assert rg.logsumexp(x, 1).isfinite().all()
    assert rg.full((columns, 100), 3e38).t().sum(1).isinf().all()
