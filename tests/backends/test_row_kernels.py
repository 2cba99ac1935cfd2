"""What is computed a few rows or samples at a time: as the generic kernels do in one piece."""

import numpy as np
import pytest

from retrograd.backends.kernels import Kernels, rows
from retrograd.backends.kernels.host import HostKernels

GENERIC, HOST = Kernels(np), HostKernels(np)
# Rows for one block, for many, short and long, turned to columns and not; no rows, no columns.
SHAPES = [
    (3, 7),
    (5000, 3),
    (700, 95),
    (90, 96),
    (1200, 130),
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


@pytest.mark.parametrize("wrong", [-2, 3])
@pytest.mark.parametrize("classes", [[0, 1], [0, -100]])
@pytest.mark.parametrize("weight", [None, np.ones(3, "float32")])
def test_classes_that_do_not_exist(wrong, classes, weight):
    target = np.array([*classes, wrong])
    with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds: .* classes 0 to 2"):
        HOST.class_loss(numbers((3, 3), "float32"), target, weight, -100, "mean")


# Shape, dimensions of the statistics, shape of the weight: layer, group, instance and batch norm.
NORMS = [
    ((70, 11), (1,), (1, 11)),
    ((5, 400), (1,), (1, 400)),
    ((9, 2, 3, 25), (2, 3), (1, 2, 3, 1)),
    ((9, 3, 120), (2,), (1, 3, 1)),
    ((6, 4, 100), (0, 2), (1, 4, 1)),
    ((50, 7, 1), (0, 2), (1, 7, 1)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize(("shape", "dims", "affine"), NORMS, ids=str)
def test_norms(shape, dims, affine, few, weighted, dtype, monkeypatch):
    monkeypatch.setattr(rows, "_FEW", few)
    monkeypatch.setattr(rows, "_PLANES", 130)
    monkeypatch.setattr("retrograd.backends.onednn.enabled", False)
    x, g = numbers(shape, dtype), numbers(shape, dtype, 1)
    weight, bias = (numbers(affine, dtype, k) if weighted else None for k in (2, 3))
    found = []
    for table in (GENERIC, HOST):
        out, mean, var, rstd = table.normalize(x, weight, bias, dims, 1e-5)
        needs = (True, True, True)
        grads = table.normalize_grad(g, x, mean, rstd, weight, dims, affine, needs)
        found.append((out, mean, var, rstd, *grads))
    bound = {"float16": 2e-2}.get(dtype) or 20 * EPS[dtype]
    for a, b in zip(*found, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=bound, atol=bound)
