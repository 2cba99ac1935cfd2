"""Entries by vectors of positions, by masks, and by positions in the flattened tensor."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core.ops.arithmetic import scaled
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.gathering import check_index, check_same_dtype, scatter_reduce
from retrograd.autograd_core.ops.indexing import IndexPut, index_of, slice_of, unindex, write_part
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import expand_to, reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.host_calls import host_check
from retrograd.backends.registry import XP

__all__ = [
    "argwhere", "index_add", "index_copy", "index_fill", "index_put", "index_reduce",
    "index_select", "masked_scatter", "masked_select", "nonzero", "put", "select_scatter",
    "slice_scatter", "take", "unravel_index",
]  # fmt: skip


# --- along one dimension ----------------------------------------------------------------------------


def _along(input: Tensor, dim: int, index: Tensor, name: str) -> tuple[Any, ...]:
    """The advanced index that picks `index` along `dim`."""
    check_index(name, index)
    if index._data.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, got {list(index.shape)}")
    dim = one_dim(dim, input._data.ndim)
    return (*[slice(None)] * dim, index._data.reshape(-1))


def _check_source(
    name: str, input: Tensor, dim: int, index: Tensor, source: Tensor, kind: type[Exception]
) -> None:
    """An error of class `kind` unless `source` has one entry of `input` along `dim` per index."""
    dim, shape = one_dim(dim, input._data.ndim), source._data.shape
    length = shape[dim] if len(shape) > dim else 1
    if length != index._data.size:
        raise kind(
            f"{name}(): Number of indices ({index._data.size}) should be equal to source.size(dim): "
            f"({length}), for dim: {dim}"
        )
    whole = input._data.shape
    # A 0-d source passes for a vector of one element.
    number = not shape and len(whole) == 1
    if not number and shape[:dim] + shape[dim + 1 :] != whole[:dim] + whole[dim + 1 :]:
        raise RuntimeError(
            f"{name}(): source tensor shape must match self tensor shape, excluding the specified "
            f"dimension {dim}. Got self.shape = {list(whole)} source.shape = {list(shape)}"
        )


def _as_vector(input: Tensor, function: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """`function` of a 0-d tensor, which passes for a vector of one element."""
    return reshape_to(function(reshape_to(input, (1,)), *args, **kwargs), ())


@public
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The entries of `input` at a vector of positions along `dim`.

    Examples
    --------
    >>> rg.index_select(rg.tensor([[1, 2], [3, 4]]), 0, rg.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    if not input._data.ndim:
        return _as_vector(input, index_select, dim, index)
    at = _along(input, dim, index, "index_select")
    if input._data.size:
        _check_not_negative(index._data)
    return index_of(input, at)


@host_check
def _check_not_negative(index: Any) -> None:
    if bool((index < 0).any()):
        raise IndexError(f"index_select(): index out of range: got negative positions, {index}")


@public
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """A copy of `input` with ``alpha * source`` added at a vector of positions along `dim`.

    Examples
    --------
    >>> rg.index_add(rg.zeros(2), 0, rg.tensor([1, 1]), rg.tensor([5.0, 6.0]))
    tensor([ 0., 11.])
    """
    if not input._data.ndim:
        return _as_vector(input, index_add, dim, index, source, alpha=alpha)
    at = _along(input, dim, index, "index_add")
    _check_source("index_add", input, dim, index, source, RuntimeError)
    check_same_dtype("index_add", input, source)
    if source._data.ndim < input._data.ndim:
        source = reshape_to(source, (1,))
    added = source if alpha == 1 else scaled(input, source, alpha)
    return input + unindex(added, at, input._data.shape)


@public
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with its entries at a vector of positions along `dim` replaced.

    Examples
    --------
    >>> rg.index_copy(rg.zeros(2), 0, rg.tensor([1]), rg.tensor([5.0]))
    tensor([0., 5.])
    """
    if not input._data.ndim:
        return _as_vector(input, index_copy, dim, index, source)
    at = _along(input, dim, index, "index_copy")
    _check_source("index_copy", input, dim, index, source, IndexError)
    check_same_dtype("index_copy", input, source)
    return IndexPut.function(input, source, index=at)


@public
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with one value at a vector of positions along `dim`.

    Examples
    --------
    >>> rg.index_fill(rg.zeros(2), 0, rg.tensor([1]), 7.0)
    tensor([0., 7.])
    """
    if not input._data.ndim:
        return _as_vector(input, index_fill, dim, index, value)
    filling = value if isinstance(value, Tensor) else input.new_tensor(value)
    if filling._data.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{filling._data.ndim} dimension(s)."
        )
    filling = cast(filling, dtype=input._data.dtype)
    return IndexPut.function(input, filling, index=_along(input, dim, index, "index_fill"))


@public
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """Like `index_add`, with "prod", "mean", "amax" or "amin".

    Examples
    --------
    >>> rg.index_reduce(rg.ones(2), 0, rg.tensor([1, 1]), rg.tensor([5.0, 6.0]), "prod")
    tensor([ 1., 30.])
    """
    if not input._data.ndim:
        return _as_vector(
            input, index_reduce, dim, index, source, reduce, include_self=include_self
        )
    check_index("index_reduce", index)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}"
        )
    dim = one_dim(dim, input._data.ndim)
    shape = [-1 if k == dim else 1 for k in range(source._data.ndim)]
    wide = expand_to(index.reshape(shape), source._data.shape)
    return scatter_reduce(input, dim, wide, source, reduce, include_self=include_self)


@public
def index_put(
    input: Tensor, indices: tuple[Tensor, ...], values: Tensor, accumulate: bool = False
) -> Tensor:
    """A copy of `input` with ``out[indices] = values``, or ``+=`` if `accumulate`.

    Examples
    --------
    >>> rg.index_put(rg.zeros(2), (rg.tensor([1, 1]),), rg.tensor(5.0), accumulate=True)
    tensor([ 0., 10.])
    """
    check_same_dtype("index_put", input, values)
    at = tuple(slice(None) if i is None else i._data for i in indices)
    if not accumulate:
        return IndexPut.function(input, values, index=at)
    region = index_of(input.detach(), at)
    return input + unindex(expand_to(values, region._data.shape), at, input._data.shape)


# --- masks and flat positions -----------------------------------------------------------------------


@public
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` is True, as a vector.

    Examples
    --------
    >>> x = rg.tensor([1.0, 2.0, 3.0])
    >>> rg.masked_select(x, x > 1)
    tensor([2., 3.])
    """
    input, mask = _broadcast_pair(input, mask, "masked_select")
    return index_of(input, (mask._data,))


def _broadcast_pair(input: Tensor, mask: Tensor, name: str) -> tuple[Tensor, Tensor]:
    if mask._data.dtype.kind != "b":
        raise RuntimeError(f"{name}: expected BoolTensor for mask, got {mask.dtype}")
    xp = XP[type(input._data)]
    shape = xp.broadcast(input._data, mask._data).shape
    return (
        input if input._data.shape == shape else expand_to(input, shape),
        mask if mask._data.shape == shape else expand_to(mask, shape),
    )


@public
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the elements where `mask` is True taken from `source`, in order.

    Examples
    --------
    >>> mask = rg.tensor([False, True, True])
    >>> rg.masked_scatter(rg.zeros(3), mask, rg.tensor([5.0, 6.0]))
    tensor([0., 5., 6.])
    """
    input, mask = _broadcast_pair(input, mask, "masked_scatter")
    check_same_dtype("masked_scatter", input, source)
    wanted = int(mask._data.sum())
    if wanted > source._data.size:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes and source at least "
            f"{wanted} elements, got {source._data.size}"
        )
    taken = slice_of(reshape_to(source, (-1,)), slice(wanted))
    return IndexPut.function(input, taken, index=(mask._data,))


@public
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at positions in the flattened input.

    Examples
    --------
    >>> rg.take(rg.tensor([[4, 3], [2, 1]]), rg.tensor([0, 3]))
    tensor([4, 1])
    """
    check_index("take", index, ("i8",))
    return index_of(reshape_to(input, (-1,)), (index._data,))


@public
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `source` at positions of the flattened input.

    Examples
    --------
    >>> rg.put(rg.zeros(2, 2), rg.tensor([3]), rg.tensor([9.0]))
    tensor([[0., 0.],
            [0., 9.]])
    """
    check_index("put", index, ("i8",))
    check_same_dtype("put", input, source)
    flat = reshape_to(input, (-1,))
    values = reshape_to(source, index._data.shape)
    return reshape_to(index_put(flat, (index,), values, accumulate), input._data.shape)


@public
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with the slice at `index` of `dim` replaced by `src`.

    Examples
    --------
    >>> rg.select_scatter(rg.zeros(2, 2), rg.ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    dim = one_dim(dim, input._data.ndim)
    return write_part(input, src, _view_at((*[slice(None)] * dim, index)))


@public
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """A copy of `input` with ``input[start:end:step]`` along `dim` replaced by `src`.

    Examples
    --------
    >>> rg.slice_scatter(rg.zeros(3), rg.ones(2), start=1)
    tensor([0., 1., 1.])
    """
    dim = one_dim(dim, input._data.ndim)
    return write_part(input, src, _view_at((*[slice(None)] * dim, slice(start, end, step))))


def _view_at(index: tuple[Any, ...]) -> Any:
    return functools.partial(slice_of, index=index)


@public
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of elements that are not zero: (count, ndim), or a tuple of vectors.

    Examples
    --------
    >>> rg.nonzero(rg.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    data = input._data
    xp = XP[type(data)]
    if data.ndim == 0:
        found: Any = (xp.arange(int(bool(data))),) if as_tuple else ()
        return (
            tuple(wrap(f) for f in found)
            if as_tuple
            else wrap(xp.zeros((int(bool(data)), 0), xp.int64))
        )
    parts = data.nonzero()
    if as_tuple:
        return tuple(wrap(p) for p in parts)
    return wrap(xp.stack(parts, axis=1))


def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Positions in a flattened array of some `shape` as one tensor of positions per dimension.

    Examples
    --------
    >>> rg.unravel_index(rg.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    if indices._data.dtype.kind not in "iu":
        raise ValueError(
            f"expected 'indices' to be integer dtype, but got {indices.dtype}: use x.long()"
        )
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    rest: Any = indices._data.astype("int64")
    found = []
    for size in reversed(sizes):
        found.append(wrap(rest % size))
        rest = rest // size
    return tuple(reversed(found))


@public
def argwhere(input: Tensor) -> Tensor:
    """The positions of elements that are not zero, as rows.

    Examples
    --------
    >>> rg.argwhere(rg.tensor([0, 3]))
    tensor([[1]])
    """
    return nonzero(input)
