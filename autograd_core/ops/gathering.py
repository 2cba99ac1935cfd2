"""Elements by index tensors along one dimension: gather, scatter and their adjoints."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import expand_to, reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = ["gather", "scatter", "scatter_add", "scatter_reduce", "take_along_dim"]


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
        return Scatter.function(g, 0.0, index, dim=dim)

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


def check_index(name: str, index: Any, types: tuple[str, ...] = ("i8", "i4")) -> None:
    if not isinstance(index, Tensor) or index._data.dtype.str[1:] not in types:
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
    check_index("gather", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("gather", index, input, dim)
    return Gather.function(input, index, dim=dim)


def _check_fits(name: str, index: Tensor, target: Tensor, dim: int) -> None:
    """RuntimeError if an index is longer than what it points into, but along `dim`."""
    if index._data.shape == target._data.shape:
        return
    _check_dims(name, index, target)
    for k, (i, n) in enumerate(zip(index._data.shape, target._data.shape)):
        if i > n and k != dim:
            raise RuntimeError(
                f"{name}(): Size does not match: expected index {list(index.shape)} to be no larger "
                f"than {list(target.shape)} apart from dimension {dim}"
            )


def _check_dims(name: str, index: Tensor, target: Tensor) -> None:
    """RuntimeError unless both have as many dimensions; 0-d counts as one of one element."""
    if (index._data.ndim or 1) != (target._data.ndim or 1):
        raise RuntimeError(
            f"{name}(): Index tensor must have the same number of dimensions as the tensors that it "
            f"points into: got {list(index.shape)} and {list(target.shape)}"
        )


def check_same_dtype(name: str, input: Tensor, src: Tensor) -> None:
    """RuntimeError unless what is written is of the type of what it is written to."""
    if src._data.dtype != input._data.dtype:
        raise RuntimeError(
            f"{name}(): Expected self.dtype to be equal to src.dtype, got {input.dtype} and "
            f"{src.dtype}; convert one of them, e.g. src.to(x.dtype)"
        )


def _source(name: str, src: Any, index: Tensor, like: Tensor) -> Tensor:
    """The part of `src` that belongs to `index`; a number repeated."""
    if not isinstance(src, Tensor):
        return expand_to(like.new_tensor(src), index._data.shape)
    check_same_dtype(name, like, src)
    if src._data.shape == index._data.shape:
        return src
    _check_dims(name, index, src)
    if src._data.size == index._data.size == 1:
        return reshape_to(src, index._data.shape)
    if any(i > n for i, n in zip(index._data.shape, src._data.shape)):
        raise RuntimeError(
            f"{name}(): Expected index {list(index.shape)} to be no larger than src "
            f"{list(src.shape)}"
        )
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
    check_index("scatter", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter", index, input, dim)
    source = _source("scatter", value if src is None else src, index, input)
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
    check_index("scatter_add", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter_add", index, input, dim)
    source = _source("scatter_add", src, index, input)
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
    check_index("scatter_reduce", index)
    dim = one_dim(dim, input._data.ndim)
    _check_fits("scatter_reduce", index, input, dim)
    source = _source("scatter_reduce", src, index, input)
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
    if not src.dtype.is_floating_point or not zeros.any():
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
    elif dtype.kind == "b":
        start = reduce == "amin"
    else:
        limits = xp.iinfo(dtype)
        start = limits.min if reduce == "amax" else limits.max
    return wrap(xp.full(source._data.shape, start, dtype))


@public
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with broadcasting of `indices`; over the flattened input if `dim` is None.

    Examples
    --------
    >>> x = rg.tensor([[10, 30, 20]])
    >>> rg.take_along_dim(x, rg.tensor([[1]]), dim=1)
    tensor([[30]])
    """
    check_index("take_along_dim", indices)
    if dim is None:
        return Gather.function(reshape_to(input, (-1,)), reshape_to(indices, (-1,)), dim=0)
    dim = one_dim(dim, input._data.ndim)
    longest = [
        n if k == dim else max(n, m) if 0 not in (n, m) else 0
        for k, (n, m) in enumerate(zip(indices._data.shape, input._data.shape, strict=True))
    ]
    source = [m if k == dim else n for k, (n, m) in enumerate(zip(longest, input._data.shape))]
    return Gather.function(
        expand_to(input, tuple(source)), expand_to(indices, tuple(longest)), dim=dim
    )
