"""Sums and what is made of them: means, products, counts, norms; all and any."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.dims import count, kept_shape, some_dims
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import expand_to, reshape_to
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import to_numpy

__all__ = ["all", "any", "count_nonzero", "mean", "nanmean", "nansum", "sum"]


class Sum(Op):
    """The sum over the dimensions `dim`, a tuple counted from the front; integers as int64."""

    def forward(kernels, input, *, dim, keepdim=False):
        if input.dtype.kind == "f":
            return kernels.sum(input, dim, keepdim)
        return input.sum(axis=dim, keepdims=keepdim, dtype="int64")

    def vjp_input(g, input_shape, dim, keepdim):
        return restore(g, input_shape, dim, keepdim)

    def fused(xp, g, needs, input_shape, dim, keepdim):
        return (_spread(xp, g, input_shape, dim),)


class Mean(Op):
    """The mean over the dimensions `dim`, a tuple counted from the front."""

    def forward(kernels, input, *, dim, keepdim=False):
        total = kernels.sum(input, dim, keepdim)
        total /= count(input.shape, dim)
        return total

    def vjp_input(g, input_shape, dim, keepdim):
        return restore(g / count(input_shape, dim), input_shape, dim, keepdim)

    def fused(xp, g, needs, input_shape, dim, keepdim):
        return (_spread(xp, g / count(input_shape, dim), input_shape, dim),)


def _spread(xp: Any, g: Any, shape: tuple[int, ...], dim: tuple[int, ...]) -> Any:
    """`restore` for a raw array: copied out where that costs less than a view."""
    if len(dim) < len(shape):
        g = g.reshape(kept_shape(shape, dim))
    if prod(shape) > 4000:
        return xp.broadcast_to(g, shape)
    out = xp.empty(shape, g.dtype)
    out[...] = g
    return out


def restore(reduced: Any, shape: tuple[int, ...], dim: tuple[int, ...], keepdim: bool) -> Any:
    """What a reduction over `dim` gave (or its cotangent), repeated to the input's `shape`."""
    if not keepdim and 0 < len(dim) < len(shape):
        reduced = reshape_to(reduced, kept_shape(shape, dim))
    return expand_to(reduced, shape)


sum_ = Sum.function
mean_ = Mean.function


@public
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of all elements, or over the given dimensions; integers and bools give int64.

    Parameters
    ----------
    dim : int or tuple of int, optional
        What to sum over, all by default.
    keepdim : bool
        Keep the dimensions that were summed over, with length 1.
    dtype : dtype, optional
        Convert to this type first.

    Examples
    --------
    >>> rg.sum(rg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    if dtype is not None:
        input = converted(input, dtype)
    total = sum_(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)
    return total if dtype is None else converted(total, dtype)


@public
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of all elements, or over the given dimensions; NaN of none.

    Parameters
    ----------
    dim : int or tuple of int, optional
        What to average over, all by default.
    keepdim : bool
        Keep the dimensions that were averaged over, with length 1.
    dtype : dtype, optional
        Convert to this type first; integers need one.

    Examples
    --------
    >>> rg.mean(rg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    if dtype is not None:
        input = converted(input, dtype)
    want_float("mean", input)
    return mean_(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)


def converted(input: Any, dtype: Any) -> Any:
    """`input` in the type `dtype`, itself if it has that already."""
    kind = to_numpy(dtype)
    return input if to_numpy(input.dtype) is kind else cast(input, dtype=kind)


def kind_of(input: Any) -> str:
    """What kind of numbers a tensor or array has: "b", "u", "i" or "f"."""
    return (input._data if isinstance(input, Tensor) else input).dtype.kind


def want_float(name: str, input: Any) -> None:
    """RuntimeError if `input` is not of a floating point type."""
    if kind_of(input) != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be a floating point dtype. "
            f"Got: {input.dtype}; convert it first, e.g. x.float(), or pass dtype="
        )


class All(Op):
    """Whether all elements over the dimensions `dim` are true or not zero."""

    def forward(xp, input, *, dim, keepdim=False):
        return _as_bytes(input, input.all(axis=dim, keepdims=keepdim))


class Any_(Op, name="any"):
    """Whether any element over the dimensions `dim` is true or not zero."""

    def forward(xp, input, *, dim, keepdim=False):
        return _as_bytes(input, input.any(axis=dim, keepdims=keepdim))


def _as_bytes(input: Any, result: Any) -> Any:
    """A truth as uint8 where that is what came, as in PyTorch from before it had bools."""
    return result.astype(input.dtype) if input.dtype.kind == "u" else result


@public
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements, or all along the given dimensions, are true or not zero.

    Examples
    --------
    >>> rg.all(rg.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return All.function(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)


@public
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether any element, or any along the given dimensions, is true or not zero.

    Examples
    --------
    >>> rg.any(rg.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return Any_.function(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)


class CountNonzero(Op):
    """How many elements over the dimensions `dim` are not zero."""

    def forward(xp, input, *, dim):
        return (input != 0).sum(axis=dim, dtype="int64")


@public
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements are not zero, of all or over the given dimensions.

    Examples
    --------
    >>> rg.count_nonzero(rg.tensor([[0, 1], [2, 3]]), dim=1)
    tensor([1, 2])
    """
    return CountNonzero.function(input, dim=some_dims(dim, input.ndim))


@public
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum with NaN counted as 0; arguments as in `sum`.

    Examples
    --------
    >>> rg.nansum(rg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    return sum(masked(input, input == input), dim, keepdim, dtype=dtype)


@public
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of the elements that are not NaN; arguments as in `mean`.

    Examples
    --------
    >>> rg.nanmean(rg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    want_float("nanmean", input)
    if dtype is not None:
        input = converted(input, dtype)
        want_float("nanmean", input)
    return nansum(input, dim, keepdim) / sum(input == input, dim, keepdim)
