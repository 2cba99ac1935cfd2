"""Properties of x[...] and x[...] = v for indices of every form, drawn at random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg


@st.composite
def shapes_and_indices(draw):
    """A shape, and an index for it that is not out of bounds."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    length = draw(st.integers(1, 3))
    kinds = ["int", "slice", "array", "mask", "list"]
    index, dim = [], 0
    while dim < len(shape) and draw(st.integers(0, 4)):
        n = shape[dim]
        kind = draw(st.sampled_from(kinds))
        dim += 1
        if kind == "int":
            index.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            ends = st.none() | st.integers(-n - 1, n + 1)
            index.append(slice(draw(ends), draw(ends), draw(st.none() | st.integers(1, 3))))
        elif kind == "mask":
            # As many places as the index arrays beside it have, so that they broadcast.
            chosen = np.zeros(n, bool)
            chosen[draw(st.permutations(range(n)))[: min(n, 1)]] = True
            index.append(rg.tensor(chosen))
        else:
            places = draw(st.lists(st.integers(-n, n - 1), min_size=length, max_size=length))
            index.append(places if kind == "list" else rg.tensor(places))
        if not draw(st.integers(0, 3)):
            index.append(None)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(index)))
        # An ellipsis before an entry moves it to the last dimensions, where it must fit too.
        if at == len(index):
            index.append(Ellipsis)
    return shape, tuple(index)


def places(shape, index):
    """The flat position of each element that an index gives."""
    count = int(np.prod(shape))
    return rg.arange(count).reshape(shape)[index].numpy()


@given(shapes_and_indices())
@settings(max_examples=300, deadline=None)
def test_gradient_adds_up_where_the_elements_came_from(case):
    shape, index = case
    x = rg.randn(*shape, dtype=rg.float64, requires_grad=True)
    y = x[index]
    found = places(shape, index)
    np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy().ravel()[found])
    weight = np.random.default_rng(0).normal(size=found.shape)
    (y * rg.tensor(weight)).sum().backward()
    expected = np.bincount(found.ravel(), np.ravel(weight), x.numel()).reshape(shape)
    np.testing.assert_allclose(x.grad.numpy(), expected, atol=1e-12)


@given(shapes_and_indices())
@settings(max_examples=300, deadline=None)
def test_writing_reaches_those_elements_only_and_so_does_its_gradient(case):
    shape, index = case
    x = rg.randn(*shape, dtype=rg.float64, requires_grad=True)
    value = rg.tensor(3.0, dtype=rg.float64, requires_grad=True)
    y = x * 1.0
    y[index] = value
    written = np.zeros(x.numel(), bool)
    written[places(shape, index).ravel()] = True
    expected = np.where(written, 3.0, x.detach().numpy().ravel())
    np.testing.assert_array_equal(y.detach().numpy().ravel(), expected)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy().ravel(), ~written)
    assert value.grad.item() == places(shape, index).size


@pytest.mark.oracle
@given(shapes_and_indices())
@settings(max_examples=300, deadline=None)
def test_elements_are_pytorchs(case):
    torch = pytest.importorskip("torch")
    shape, index = case
    theirs = tuple(torch.tensor(i.numpy()) if isinstance(i, rg.Tensor) else i for i in index)
    count = int(np.prod(shape))
    expected = torch.arange(count).reshape(shape)[theirs]
    got = places(shape, index)
    assert got.shape == tuple(expected.shape)
    np.testing.assert_array_equal(got, expected.numpy())


@given(shapes_and_indices())
@settings(max_examples=100, deadline=None)
def test_basic_indices_give_views(case):
    shape, index = case
    if any(isinstance(i, (list, rg.Tensor)) for i in index):
        return
    x = rg.zeros(*shape)
    y = x[index]
    y += 1
    assert x.sum().item() == y.numel()
