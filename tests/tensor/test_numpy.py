"""NumPy's functions on Tensors give Tensors on the tape, or fail by name; arrays and DLPack."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core import creation, numpy_interop
from retrograd.autograd_core.ops import FAMILY

X = np.random.default_rng(0).uniform(0.2, 0.9, (3, 4))


def leaf():
    return rg.tensor(X, requires_grad=True)


@pytest.mark.parametrize("name", numpy_interop.UFUNCS + list(numpy_interop.RENAMED))
def test_names_of_the_table_exist_on_both_sides(name):
    ours = numpy_interop.RENAMED.get(name, name)
    assert hasattr(np, name)
    adapted = ours in numpy_interop.ADAPTED or ours == "linalg_vecdot"
    assert adapted or {"equal": "eq"}.get(ours, ours) in FAMILY or hasattr(creation, ours)


@pytest.mark.parametrize(
    "name", "sin exp sqrt tanh absolute arctanh log1p square negative rint floor".split()
)
def test_unary_ufunc_keeps_the_gradient(name):
    x = leaf()
    y = getattr(np, name)(x)
    assert isinstance(y, rg.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), getattr(np, name)(X), rtol=1e-12)


@pytest.mark.parametrize("other", [X, 2.0, np.float64(2.0), np.float32(2.0)], ids=repr)
@pytest.mark.parametrize("name", "add subtract multiply divide power maximum arctan2".split())
def test_binary_ufunc_takes_arrays_on_either_side(name, other):
    ufunc = getattr(np, name)
    for tensors, arrays in [((leaf(), other), (X, other)), ((other, leaf()), (other, X))]:
        result = ufunc(*tensors)
        assert result.requires_grad
        assert result.dtype is rg.float64
        np.testing.assert_allclose(result.detach().numpy(), ufunc(*arrays), rtol=1e-7)


def test_operators_with_an_array_on_the_left():
    x = leaf()
    (X * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), X)
    assert isinstance(X - x, rg.Tensor)
    assert isinstance(X @ x.T, rg.Tensor)
    assert isinstance(x > X, rg.Tensor)


def test_numpy_scalars_are_weak():
    x = rg.ones(2)
    assert (np.float64(2) * x).dtype is rg.float32
    assert (x * np.float64(2)).dtype is rg.float32


FUNCTIONS = [
    (np.sum, {}), (np.sum, {"axis": 0}), (np.mean, {"axis": 1, "keepdims": True}), (np.prod, {}),
    (np.std, {}), (np.var, {"axis": 0, "ddof": 1}), (np.max, {"axis": 0}), (np.amin, {}),
    (np.argmax, {"axis": 1}), (np.cumsum, {"axis": 1}), (np.transpose, {}), (np.ravel, {}),
    (np.transpose, {"axes": (1, 0)}), (np.reshape, {"shape": (2, 6)}), (np.squeeze, {}),
    (np.expand_dims, {"axis": 1}), (np.swapaxes, {"axis1": 0, "axis2": 1}), (np.flip, {}),
    (np.flip, {"axis": 1}), (np.roll, {"shift": 1}), (np.sort, {"axis": 0}), (np.tril, {}),
    (np.repeat, {"repeats": 2, "axis": 0}), (np.tile, {"reps": (2, 1)}), (np.trace, {}),
    (np.clip, {"a_min": 0.3, "a_max": 0.5}), (np.diagonal, {}), (np.all, {}), (np.zeros_like, {}),
    (np.moveaxis, {"source": 0, "destination": 1}), (np.nan_to_num, {}), (np.ndim, {}),
    (np.shape, {}), (np.size, {}), (np.rot90, {}), (np.broadcast_to, {"shape": (2, 3, 4)}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments"), FUNCTIONS)
def test_function_gives_what_numpy_gives(function, arguments):
    result, expected = function(leaf(), **arguments), function(X, **arguments)
    if not isinstance(result, rg.Tensor):
        assert result == expected
        return
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-12)
    if function not in (np.argmax, np.all, np.zeros_like):
        assert result.requires_grad


def test_functions_of_several_arrays():
    x, y = leaf(), rg.ones(3, 4, dtype=rg.float64)
    for result in (
        np.concatenate([x, X]),
        np.stack((x, y)),
        np.vstack([x, y]),
        np.where(X > 0.5, x, y),
    ):
        assert result.requires_grad
    assert np.concatenate([x, y], axis=1).shape == (3, 8)
    np.testing.assert_allclose(np.dot(x[0], y[0]).item(), X[0].sum())
    np.testing.assert_allclose(np.einsum("ij,kj->ik", x, y).detach(), np.einsum("ij,kj->ik", X, y))
    assert [part.shape for part in np.split(x, 2, axis=1)] == [(3, 2), (3, 2)]


def test_what_has_no_counterpart_fails_by_name_or_is_computed_by_numpy():
    with pytest.raises(TypeError, match=r"np\.cbrt"):
        np.cbrt(leaf())
    with pytest.raises(TypeError, match=r"np\.histogram"):
        np.histogram(leaf())
    with pytest.raises(TypeError, match=r"np\.add\.reduce"):
        np.add.reduce(leaf())
    cubes = np.cbrt(rg.tensor([8.0]))
    assert isinstance(cubes, rg.Tensor)
    assert cubes.item() == 2
    counts, edges = np.histogram(rg.tensor([0.0, 1.0, 1.0]), bins=2)
    assert counts.tolist() == [1, 2]
    assert edges.shape == (3,)


def test_asarray_refuses_to_lose_a_gradient():
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(leaf())
    assert np.asarray(leaf().detach()).dtype == np.float64
    x = rg.zeros(2)
    np.asarray(x)[0] = 5
    assert x.tolist() == [5, 0]


def test_writing_into_an_array_keeps_it_an_array():
    a = np.ones(3, np.float32)
    a += rg.ones(3)
    assert isinstance(a, np.ndarray)
    assert a.tolist() == [2, 2, 2]
    with pytest.raises(TypeError, match=r"np\.add"):
        a += rg.ones(3, requires_grad=True)


def test_dlpack_shares_memory_both_ways():
    x = rg.arange(3)
    a = np.from_dlpack(x)
    assert np.shares_memory(a, x.numpy())
    source = np.arange(3.0)
    y = rg.from_dlpack(source)
    source[0] = 9
    assert y.tolist() == [9, 1, 2]
    with pytest.raises(BufferError, match="gradient"):
        np.from_dlpack(leaf())
