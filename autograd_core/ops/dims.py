"""Dimension arguments: negative numbers, ranges and defaults, as PyTorch reads them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


def one_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front; IndexError if there is no such dimension.

    A 0-d array passes for one of one dimension.
    """
    limit = ndim or 1
    if not -limit <= dim < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
            f"but got {dim})"
        )
    return dim + limit if dim < 0 else dim


def some_dims(dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """`dim` as a tuple counted from the front: all dimensions for None and for an empty sequence.

    Axes of a 0-d array vanish, so that reductions over them leave it as it is.
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, int):
        axis = one_dim(dim, ndim)
        return (axis,) if ndim else ()
    found = tuple([one_dim(d, ndim) for d in dim]) or tuple(range(ndim))
    if len(set(found)) != len(found):
        raise RuntimeError(f"dim appears multiple times in the list of dims: {list(dim)}")
    return found if ndim else ()


def count(shape: Sequence[int], dim: tuple[int, ...]) -> int:
    """How many elements a reduction of an array of `shape` over `dim` puts into one."""
    return prod([shape[k] for k in dim])


def kept_shape(shape: Sequence[int], dim: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with length 1 along each of `dim`."""
    return tuple([1 if k in dim else n for k, n in enumerate(shape)])
