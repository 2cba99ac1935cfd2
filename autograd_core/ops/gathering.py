"""Elements by index tensors: gather, scatter and their kin, masks, take and put."""

from __future__ import annotations

import functools
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import (
    IndexPut,
    index_of,
    slice_of,
    unindex,
    write_part,
)
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import expand_to, reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP


class Gather(Op):
    """The elements at `index` along one dimension."""

    def forward(kernels, input, index, *, dim):
        return kernels.gather(input, index, dim)

    def vjp_input(g, index, dim, input_shape):
        return GatherAdjoint.function(g, index, dim=dim, shape=input_shape)


class GatherAdjoint(Op):
    """The adjoint of `Gather`: values added up at `index` in zeros of the whole shape."""

    def forward(kernels, input, index, *, dim, shape):
        return kernels.gather_adjoint(input, index, shape, dim)

    def vjp_input(g, index, dim):
        return Gather.function(g, index, dim=dim)


class Scatter(Op):
    """`input` with the elements at `index` along one dimension replaced by `src`."""

    def forward(kernels, input, src, index, *, dim):
        return kernels.scatter_with(input, index, src, dim, None)

    def vjp_input(g, index, dim):
        return Scatter.function(g, Gather.function(g, index, dim=dim) * 0.0, index, dim=dim)

    def vjp_src(g, index, dim):
        return Gather.function(g, index, dim=dim)


class ScatterExtreme(Op):
    """The largest (`ufunc` "maximum") or smallest of `input` and the `src` put at its places."""

    def forward(kernels, input, src, index, *, dim, ufunc):
        return kernels.scatter_with(input, index, src, dim, ufunc)

    def vjp_input(g, input, src, index, out, dim):
        share = _share_of_ties(g, input, src, index, out, dim)
        return share * (input == out)

    def vjp_src(g, input, src, index, out, dim):
        share = _share_of_ties(g, input, src, index, out, dim)
        chosen = src == Gather.function(out, index, dim=dim)
        return Gather.function(share, index, dim=dim) * chosen


def _share_of_ties(g: Any, input: Any, src: Any, index: Any, out: Any, dim: int) -> Any:
    """The cotangent divided by how many values are equal to the result."""
    chosen = cast(src == Gather.function(out, index, dim=dim), dtype=_numpy_dtype(g))
    ties = GatherAdjoint.function(chosen, index, dim=dim, shape=tuple(g.shape))
    return g / (ties + (input == out))


class ScatterProduct(Op):
    """The product of `input` and the `src` put at its places, where no `src` is zero."""

    def forward(kernels, input, src, index, *, dim):
        return kernels.scatter_with(input, index, src, dim, "multiply")

    def vjp_input(g, input, src, index, dim):
        return g * ScatterProduct.function(input * 0.0 + 1.0, src, index, dim=dim)

    def vjp_src(g, input, src, index, out, dim):
        return Gather.function(g * out, index, dim=dim) / src


def _numpy_dtype(x: Any) -> Any:
    return x._data.dtype if isinstance(x, Tensor) else x.dtype


# --- gather and scatter -----------------------------------------------------------------------------


def _check_index(name: str, index: Any) -> None:
    if not isinstance(index, Tensor) or index._data.dtype.name not in ("int64", "int32"):
        got = index.dtype if isinstance(index, Tensor) else type(index).__name__
        raise RuntimeError(f"{name}(): Expected dtype int64 for index, got {got}")


@public
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, and so on.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        int64, of as many dimensions as `input` and no longer than it but along `dim`.

    Examples
    --------
    >>> rg.gather(rg.tensor([[1, 2], [3, 4]]), 1, rg.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    if not isinstance(input, Tensor):
        return Gather.function(input, index, dim=dim)
    _check_index("gather", index)
    if input._data.ndim != index._data.ndim and input._data.ndim and index._data.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor: got "
            f"{list(index.shape)} and {list(input.shape)}"
        )
    dim = one_dim(dim, input._data.ndim)
    _check_fits("gather", index, input, dim)
    return Gather.function(input, index, dim=dim)


def _check_fits(name: str, index: Tensor, target: Tensor, dim: int) -> None:
    """RuntimeError if an index is longer than what it points into, but along `dim`."""
    shapes = zip(index._data.shape, target._data.shape)
    if any(k != dim and i > n for k, (i, n) in enumerate(shapes)):
        raise RuntimeError(
            f"{name}(): Size does not match: expected index {list(index.shape)} to be no larger than "
            f"{list(target.shape)} apart from dimension {dim}"
        )


def _source(src: Any, index: Tensor, like: Tensor) -> Tensor:
    """The part of `src` that belongs to `index`; a number repeated."""
    if not isinstance(src, Tensor):
        return expand_to(like.new_tensor(src), index._data.shape)
    if src._data.shape == index._data.shape:
        return src
    return slice_of(src, tuple(slice(n) for n in index._data.shape))


@public
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] = src[i][j]`` for dim 0, and so on.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        int64.
    src : Tensor or number
        May also be given as `value`.
    reduce : str, optional
        "add" or "multiply" instead of replacing.

    Examples
    --------
    >>> rg.scatter(rg.zeros(3), 0, rg.tensor([2, 0]), rg.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """
    _check_index("scatter", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter", index, input, dim)
    source = _source(value if src is None else src, index, input)
    if reduce is None:
        return Scatter.function(input, source, index, dim=dim)
    if reduce == "add":
        return scatter_add(input, dim, index, source)
    if reduce == "multiply":
        return _scatter_product(input, source, index, dim)
    raise RuntimeError(f"reduce argument must be either add or multiply, got {reduce!r}")


@public
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] += src[i][j]`` for dim 0, and so on.

    Examples
    --------
    >>> rg.scatter_add(rg.zeros(2), 0, rg.tensor([1, 1]), rg.tensor([5.0, 6.0]))
    tensor([ 0., 11.])
    """
    _check_index("scatter_add", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter_add", index, input, dim)
    source = _source(src, index, input)
    return input + GatherAdjoint.function(source, index, dim=dim, shape=input._data.shape)


@public
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Like `scatter_add`, with "sum", "prod", "mean", "amax" or "amin".

    Parameters
    ----------
    include_self : bool
        Whether the values of `input` at those places take part.

    Examples
    --------
    >>> x = rg.tensor([1.0, 2.0])
    >>> rg.scatter_reduce(x, 0, rg.tensor([0, 0]), rg.tensor([5.0, 3.0]), reduce="amax")
    tensor([5., 2.])
    """
    _check_index("scatter_reduce", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter_reduce", index, input, dim)
    source = _source(src, index, input)
    if not include_self:
        input = Scatter.function(input, _neutral(reduce, source), index, dim=dim)
    if reduce == "sum":
        return scatter_add(input, dim, index, source)
    if reduce == "prod":
        return _scatter_product(input, source, index, dim)
    if reduce in ("amax", "amin"):
        ufunc = "maximum" if reduce == "amax" else "minimum"
        return ScatterExtreme.function(input, source, index, dim=dim, ufunc=ufunc)
    if reduce == "mean":
        total = scatter_add(input, dim, index, source)
        start = input.detach() * 0 + 1
        if not include_self:
            start = Scatter.function(start, source.detach() * 0, index, dim=dim)
        counts = scatter_add(start, dim, index, source.detach() * 0 + 1)
        counts = counts + (counts == 0)
        if input.dtype.is_floating_point:
            return total / counts
        return wrap(total._data // counts._data)
    raise RuntimeError(
        f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
    )


def _scatter_product(input: Tensor, src: Tensor, index: Tensor, dim: int) -> Tensor:
    """The product, differentiable also where some factors are zero.

    A lone zero factor is left out of the product and multiplied afterwards, which gives it the
    product of the others as its derivative; of several zeros all derivatives are zero.
    """
    zeros = src == 0
    if not zeros.any():
        return ScatterProduct.function(input, src, index, dim=dim)
    others = ScatterProduct.function(input, where(zeros, 1.0, src), index, dim=dim)
    shape = input._data.shape
    count = GatherAdjoint.function(cast(zeros, dtype=src._data.dtype), index, dim=dim, shape=shape)
    lone = GatherAdjoint.function(where(zeros, src, 0.0), index, dim=dim, shape=shape)
    return others * where(count == 0, 1.0, where(count == 1, lone, 0.0))


def _neutral(reduce: str, source: Tensor) -> Tensor:
    """What a place starts from when the values of the input do not take part."""
    xp = XP[type(source._data)]
    dtype = source._data.dtype
    if reduce in ("sum", "mean", "prod"):
        start: Any = 1 if reduce == "prod" else 0
    elif dtype.kind == "f":
        start = float("-inf") if reduce == "amax" else float("inf")
    else:
        limits = xp.iinfo(dtype)
        start = limits.min if reduce == "amax" else limits.max
    return wrap(xp.full(source._data.shape, start, dtype))


# --- along one dimension ----------------------------------------------------------------------------


def _along(input: Tensor, dim: int, index: Tensor, name: str) -> tuple[Any, ...]:
    """The advanced index that picks `index` along `dim`."""
    _check_index(name, index)
    if index._data.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, got {list(index.shape)}")
    dim = one_dim(dim, input._data.ndim)
    return (*[slice(None)] * dim, index._data.reshape(-1))


def _check_source(name: str, dim: int, index: Tensor, source: Tensor, kind: Any) -> None:
    """An error of class `kind` unless `source` has one entry along `dim` for each index."""
    length = source._data.shape[one_dim(dim, source._data.ndim)] if source._data.ndim else 1
    if length != index._data.size:
        raise kind(
            f"{name}(): Number of indices ({index._data.size}) should be equal to source.size(dim): "
            f"({length}), for dim: {dim}"
        )


@public
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The entries of `input` at a vector of positions along `dim`.

    Examples
    --------
    >>> rg.index_select(rg.tensor([[1, 2], [3, 4]]), 0, rg.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    if input._data.ndim == 0:
        return reshape_to(index_select(reshape_to(input, (1,)), 0, index), ())
    return index_of(input, _along(input, dim, index, "index_select"))


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
    at = _along(input, dim, index, "index_add")
    _check_source("index_add", dim, index, source, RuntimeError)
    scaled = source if alpha == 1 else source * alpha
    return input + unindex(scaled, at, input._data.shape)


@public
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with its entries at a vector of positions along `dim` replaced.

    Examples
    --------
    >>> rg.index_copy(rg.zeros(2), 0, rg.tensor([1]), rg.tensor([5.0]))
    tensor([0., 5.])
    """
    at = _along(input, dim, index, "index_copy")
    _check_source("index_copy", dim, index, source, IndexError)
    return IndexPut.function(input, source, index=at)


@public
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with one value at a vector of positions along `dim`.

    Examples
    --------
    >>> rg.index_fill(rg.zeros(2), 0, rg.tensor([1]), 7.0)
    tensor([0., 7.])
    """
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
    _check_index("index_reduce", index)
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
    _check_index("take", index)
    return index_of(reshape_to(input, (-1,)), (index._data,))


@public
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with broadcasting of `indices`; over the flattened input if `dim` is None.

    Examples
    --------
    >>> x = rg.tensor([[10, 30, 20]])
    >>> rg.take_along_dim(x, rg.tensor([[1]]), dim=1)
    tensor([[30]])
    """
    _check_index("take_along_dim", indices)
    if dim is None:
        return Gather.function(reshape_to(input, (-1,)), reshape_to(indices, (-1,)), dim=0)
    dim = one_dim(dim, input._data.ndim)
    longest = [
        n if k == dim else max(n, m) if 0 not in (n, m) else 0
        for k, (n, m) in enumerate(zip(indices._data.shape, input._data.shape, strict=True))
    ]
    source = [m if k == dim else n for k, (n, m) in enumerate(zip(longest, input._data.shape))]
    return Gather.function(expand_to(input, source), expand_to(indices, longest), dim=dim)


@public
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `source` at positions of the flattened input.

    Examples
    --------
    >>> rg.put(rg.zeros(2, 2), rg.tensor([3]), rg.tensor([9.0]))
    tensor([[0., 0.],
            [0., 9.]])
    """
    _check_index("put", index)
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
        return tuple(wrap(f) for f in found) if as_tuple else wrap(xp.zeros((int(bool(data)), 0), xp.int64))
    parts = data.nonzero()
    if as_tuple:
        return tuple(wrap(p) for p in parts)
    return wrap(xp.stack(parts, axis=1))


def argwhere(input: Tensor) -> Tensor:
    """The positions of elements that are not zero, as rows.

    Examples
    --------
    >>> rg.argwhere(rg.tensor([0, 3]))
    tensor([[1]])
    """
    return nonzero(input)


__all__ = [
    "argwhere",
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "index_select",
    "masked_scatter",
    "masked_select",
    "nonzero",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
    "take",
    "take_along_dim",
]
