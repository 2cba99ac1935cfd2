"""Where the elements of new tensors lie in memory: as PyTorch lays them out, repeated elements too."""

import itertools
import warnings

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

# How the dimensions are ordered in memory, and which of them repeat their elements.
LAYOUTS = [
    (order, repeated)
    for n in (2, 3)
    for order in itertools.permutations(range(n))
    for size in range(n + 1)
    for repeated in itertools.combinations(range(n), size)
]
NEW = {
    "zeros_like": lambda T, x: T.zeros_like(x),
    "full_like": lambda T, x: T.full_like(x, 2),
    "clone": lambda T, x: x.clone(),
    "to": lambda T, x: x.to(T.float64),
    "rand_like": lambda T, x: T.rand_like(x),
    "randint_like": lambda T, x: T.randint_like(x, 1000),
    "dropout": lambda T, x: T.nn.functional.dropout(x),
}


def laid_out(T, order, repeated):
    """A tensor of 2 x 3 (x 4) elements, all different but for the repeated ones."""
    sizes = (2, 3, 4)[: len(order)]
    stored = [1 if k in repeated else sizes[k] for k in order]
    numbers = T.arange(1.0, float(np.prod(stored)) + 1).reshape(stored)
    return numbers.permute([order.index(k) for k in range(len(order))]).expand(*sizes)


@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize(("order", "repeated"), LAYOUTS)
def test_new_tensor(order, repeated, new):
    found = []
    for T in (torch, rg):
        T.manual_seed(0)
        found.append(NEW[new](T, laid_out(T, order, repeated)))
    expected, got = found
    np.testing.assert_array_equal(got.numpy(), expected.numpy())
    assert got.stride() == expected.stride()


def test_repeated_rows_can_be_flattened_once_copied():
    x = rg.arange(2.0).expand(3, 2)
    for copy in (x.clone(), x.double(), x + 1, rg.zeros_like(x)):
        assert copy.view(6).shape == (6,)


SHAPES = [(), (0,), (1,), (2,), (3, 3), (5,)]


def put_into(T, shape, view):
    """What a function gives into an `out` of that shape, and what is said about it."""
    out = T.zeros(shape)
    if view and shape:
        out = T.zeros(shape[0] * 2, *shape[1:])[::2]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = T.mul(T.tensor([1.0, 2.0]), 3, out=out)
    return result is out, out.tolist(), [w.category for w in said]


@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_out_of_another_shape_is_resized(shape, view):
    assert put_into(rg, shape, view) == put_into(torch, shape, view)
