"""Reductions where finite differences do not reach: ties, NaN, empty arrays, types, errors."""

import math
import warnings

import numpy as np
import pytest

import retrograd as rg

NAN, INF = math.nan, math.inf

TIES = [[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 2.0, -1.0, 2.0]]
HOLES = [[1.0, NAN, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0], [NAN, NAN, NAN, NAN]]

CALLS = {
    "max": lambda m, x: m.max(x),
    "min": lambda m, x: m.min(x),
    "amax": lambda m, x: m.amax(x, 1),
    "amin": lambda m, x: m.amin(x, (0, 1)),
    "max-dim": lambda m, x: m.max(x, 1).values,
    "min-dim": lambda m, x: m.min(x, 0, keepdim=True).values,
    "median": lambda m, x: m.median(x),
    "nanmedian": lambda m, x: m.nanmedian(x),
    "cummax": lambda m, x: m.cummax(x, 1).values,
    "cummin": lambda m, x: m.cummin(x, 1).values,
    "sort": lambda m, x: m.sort(x, dim=1, stable=True).values,
    "sort-descending": lambda m, x: m.sort(x, dim=0, descending=True, stable=True).values,
    "norm-1": lambda m, x: m.norm(x, 1, dim=1),
    "norm-2": lambda m, x: m.norm(x, 2, dim=1),
    "norm-3": lambda m, x: m.norm(x, 3, dim=1),
    "norm-half": lambda m, x: m.norm(x, 0.5, dim=1),
    "norm-inf": lambda m, x: m.norm(x, INF, dim=1),
    "norm-minus-inf": lambda m, x: m.norm(x, -INF, dim=1),
    "std": lambda m, x: m.std(x, 1),
    "prod": lambda m, x: m.prod(x, 1),
    "cumprod": lambda m, x: m.cumprod(x, 1),
    "logsumexp": lambda m, x: m.logsumexp(x, 1),
}
INDICES = {
    "argmax": lambda m, x: m.argmax(x, 1),
    "argmin": lambda m, x: m.argmin(x),
    "max": lambda m, x: m.max(x, 1).indices,
    "cummax": lambda m, x: m.cummax(x, 1).indices,
    "cummin": lambda m, x: m.cummin(x, 1).indices,
    "argsort": lambda m, x: m.argsort(x, dim=1, stable=True),
    "argsort-descending": lambda m, x: m.argsort(x, dim=1, descending=True, stable=True),
}


def value_and_gradient(library, call, x):
    x = library.tensor(x, dtype=library.float64, requires_grad=True)
    out = call(library, x)
    out.backward(library.arange(1, out.numel() + 1, dtype=out.dtype).reshape(out.shape))
    return out.detach().numpy(), x.grad.numpy()


@pytest.mark.oracle
@pytest.mark.parametrize("name", CALLS)
def test_ties_share_or_pick_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    got = value_and_gradient(rg, CALLS[name], TIES)
    for a, b in zip(got, value_and_gradient(torch, CALLS[name], TIES), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("x", [TIES, HOLES], ids=["ties", "nan"])
def test_indices_are_pytorchs(name, x):
    torch = pytest.importorskip("torch")
    got, expected = INDICES[name](rg, rg.tensor(x)), INDICES[name](torch, torch.tensor(x))
    assert got.dtype is rg.int64
    np.testing.assert_array_equal(got.numpy(), expected.numpy())


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", ["max", "amax", "median", "nanmedian", "sort", "cummax", "logsumexp"]
)
def test_nan_spreads_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    got, expected = CALLS[name](rg, rg.tensor(HOLES)), CALLS[name](torch, torch.tensor(HOLES))
    np.testing.assert_array_equal(got.numpy(), expected.numpy())


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "all", "any", "logsumexp"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_reductions_of_nothing_are_pytorchs(name, shape):
    torch = pytest.importorskip("torch")
    for dim in (0, 1):
        got = getattr(rg, name)(rg.zeros(shape), dim)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(torch, name)(torch.zeros(shape), dim)
        np.testing.assert_array_equal(got.numpy(), expected.numpy())


@pytest.mark.parametrize("name", ["max", "amin", "argmax", "median", "mode"])
def test_choosing_from_nothing_is_an_error(name):
    with pytest.raises(IndexError, match="non-zero size"):
        getattr(rg, name)(rg.zeros(2, 0), dim=1)


@pytest.mark.parametrize("name", ["sum", "amax", "softmax", "cumsum", "sort", "argmax", "var"])
def test_a_dimension_out_of_range_is_an_index_error(name):
    with pytest.raises(IndexError, match=r"range of \[-2, 1\], but got 2"):
        getattr(rg, name)(rg.ones(2, 3), dim=2)


def test_a_dimension_given_twice_is_an_error():
    with pytest.raises(RuntimeError, match="multiple times"):
        rg.sum(rg.ones(2, 3), dim=(0, -2))


def test_means_of_integers_want_a_type():
    with pytest.raises(RuntimeError, match=r"floating point dtype.*int64"):
        rg.mean(rg.tensor([1, 2]))
    assert rg.mean(rg.tensor([1, 2]), dtype=rg.float64).item() == 1.5


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64"])
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod", "amax", "all", "any", "sort"])
def test_integers_give_pytorchs_types(name, dtype):
    torch = pytest.importorskip("torch")
    x = [[1, 0, 2], [3, 1, 1]]
    got = getattr(rg, name)(rg.tensor(x, dtype=getattr(rg, dtype)), dim=1)
    expected = getattr(torch, name)(torch.tensor(x, dtype=getattr(torch, dtype)), dim=1)
    if name == "sort":
        got, expected = got.values, expected.values
    assert got.dtype.name == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_results_have_names():
    result = rg.max(rg.tensor([1.0, 3.0, 2.0]), dim=0)
    assert (result.values.item(), result.indices.item()) == (3.0, 1)
    assert repr(result).startswith("retrograd.return_types.max(\nvalues=")
    values, indices = rg.empty(()), rg.empty((), dtype=rg.int64)
    again = rg.max(rg.tensor([1.0, 3.0, 2.0]), dim=0, out=(values, indices))
    assert again.values is values
    assert indices.item() == 1


def test_the_numpy_names_of_arguments_work():
    x = rg.ones(2, 3)
    assert rg.sum(x, axis=0, keepdims=True).shape == (1, 3)
    assert x.sum(axis=1).shape == (2,)


def test_softmax_does_not_overflow():
    x = rg.tensor([1000.0, 0.0, -INF], dtype=rg.float64)
    np.testing.assert_array_equal(rg.softmax(x, 0).numpy(), [1, 0, 0])
    np.testing.assert_array_equal(rg.log_softmax(x, 0).numpy(), [0, -1000, -INF])
    assert rg.logsumexp(rg.tensor([-INF, -INF]), 0).item() == -INF
    assert rg.logsumexp(rg.tensor([INF, 0.0]), 0).item() == INF


def test_gradient_of_logcumsumexp_survives_zeros_in_front():
    x = rg.tensor([-INF, -INF, 0.0, 1.0], dtype=rg.float64, requires_grad=True)
    rg.logcumsumexp(x, 0)[-1].backward()
    np.testing.assert_allclose(x.grad.numpy()[:2], [0, 0])
    np.testing.assert_allclose(x.grad.numpy()[2:], rg.softmax(x[2:], 0).detach().numpy())


def test_second_derivative_of_a_product_with_a_zero():
    x = rg.tensor([0.0, 2.0, 5.0], dtype=rg.float64, requires_grad=True)
    (g,) = rg.autograd.grad(x.prod(), x, create_graph=True)
    (h,) = rg.autograd.grad(g[0], x)
    np.testing.assert_array_equal(h.numpy(), [0, 5, 2])


def test_a_running_sum_keeps_its_digits():
    x = np.full(1_000_000, 0.1, "float32")
    assert abs(rg.cumsum(rg.from_numpy(x), 0)[-1].item() - 100_000) < 0.01


@pytest.mark.parametrize("shape", [(1_000_000, 3), (100, 3000, 2), (2, 100_000, 5)])
def test_a_sum_of_many_rows_keeps_its_digits(shape):
    x = np.full(shape, 0.1, "float32")
    for dim in {0, 1} - {len(shape) - 1}:
        exact = x.astype("float64").sum(dim)
        np.testing.assert_allclose(rg.sum(rg.from_numpy(x), dim).numpy(), exact, rtol=5e-6)
    mean = rg.mean(rg.from_numpy(x), tuple(range(len(shape) - 1)), keepdim=True)
    assert mean.shape == (1,) * (len(shape) - 1) + shape[-1:]
    np.testing.assert_allclose(mean.numpy(), 0.1, rtol=5e-6)


@pytest.mark.parametrize("dim", [0, 1, 2, (0, 1), (1, 2), (0, 2), (1, 0), (0, 1, 2)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
def test_large_sums_are_numpys(dim, dtype):
    x = np.random.default_rng(0).integers(-3, 4, (20, 30, 10)).astype(dtype)
    for array in (x, x.transpose(2, 0, 1), x[:, ::2]):
        for keepdim in (False, True):
            got = rg.sum(rg.from_numpy(array), dim, keepdim).numpy()
            np.testing.assert_array_equal(got, array.sum(dim, keepdims=keepdim))


def test_unique_in_all_its_forms():
    x = rg.tensor([[2, 1, 2], [2, 1, 3], [2, 1, 2]])
    values, inverse, counts = rg.unique(x, return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 3], [3, 5, 1])
    assert rg.equal(values[inverse], x)
    rows, inverse = rg.unique(x, dim=0, return_inverse=True)
    assert rows.tolist() == [[2, 1, 2], [2, 1, 3]]
    assert inverse.tolist() == [0, 1, 0]
    assert rg.unique(rg.zeros(0)).shape == (0,)
    assert rg.unique(rg.tensor([NAN, NAN])).shape == (2,)
    assert rg.unique_consecutive(x, dim=0).shape == (3, 3)


@pytest.mark.oracle
@pytest.mark.parametrize("range_", [(0, 0), (-1, 1), (0.5, 3)])
def test_histc_is_pytorchs(range_):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=200).round(1)
    got = rg.histc(rg.from_numpy(x), 7, *range_).numpy()
    np.testing.assert_array_equal(got, torch.histc(torch.from_numpy(x), 7, *range_).numpy())


def test_bad_arguments_are_named():
    with pytest.raises(RuntimeError, match="k is 5, but dimension 0 has size 3"):
        rg.topk(rg.ones(3), 5)
    with pytest.raises(RuntimeError, match="out of range"):
        rg.kthvalue(rg.ones(3), 0)
    with pytest.raises(RuntimeError, match="range"):
        rg.quantile(rg.ones(3), 1.5)
    with pytest.raises(RuntimeError, match="interpolation"):
        rg.quantile(rg.ones(3), 0.5, interpolation="cubic")
    with pytest.raises(RuntimeError, match="non-negative"):
        rg.bincount(rg.tensor([-1]))
    with pytest.raises(RuntimeError, match="boundaries"):
        rg.searchsorted(rg.ones(2, 3), rg.ones(3, 3))
    with pytest.raises(TypeError, match="either x or dx"):
        rg.trapezoid(rg.ones(3), rg.ones(3), dx=1.0)
