"""Differences of neighbours and integrals by the trapezoidal rule."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.ops.comparison import ne
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.scans import cumsum
from retrograd.backends.dtypes import to_numpy

__all__ = ["cumulative_trapezoid", "diff", "trapezoid", "trapz"]


def _neighbours(input: Any, dim: int) -> tuple[Any, Any]:
    """All elements but the first along `dim`, and all but the last."""
    before = (slice(None),) * dim
    return slice_of(input, (*before, slice(1, None))), slice_of(input, (*before, slice(None, -1)))


@public
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The difference of each element and the one before along `dim`, taken `n` times.

    Parameters
    ----------
    prepend, append : Tensor, optional
        Put before and behind `input` along `dim` first.

    Examples
    --------
    >>> rg.diff(rg.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    axis = one_dim(dim, input.ndim)
    if n == 0:
        return slice_of(input, ())
    parts = [part for part in (prepend, input, append) if part is not None]
    if len(parts) > 1:
        input = cat(parts, axis)
    for _ in range(n):
        later, earlier = _neighbours(input, axis)
        input = ne(later, earlier) if to_numpy(input.dtype).kind == "b" else later - earlier
    return input


def _areas(y: Any, x: Any, dx: Any, dim: int) -> Any:
    """The area of each trapezoid between neighbours."""
    if x is not None and dx is not None:
        raise TypeError("trapezoid(): give either x or dx, not both")
    right, left = _neighbours(y, dim)
    if x is None:
        return (right + left) * ((1.0 if dx is None else dx) / 2.0)
    if x.ndim == 1 and y.ndim > 1:
        x = x.reshape([-1 if k == dim else 1 for k in range(y.ndim)])
        end, begin = _neighbours(x, dim)
    else:
        end, begin = _neighbours(x, x.ndim - (y.ndim - dim))
    return (right + left) * ((end - begin) / 2.0)


@public
def trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The integral of `y` along `dim` by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        Values at the points.
    x : Tensor, optional
        The points, of one dimension or of the shape of `y`.
    dx : float, optional
        Their distance, 1 by default, where there is no `x`.

    Examples
    --------
    >>> rg.trapezoid(rg.tensor([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    axis = one_dim(dim, y.ndim)
    return _areas(y, x, dx, axis).sum(axis)


trapz = trapezoid


@public
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The integrals of `y` from the first point to each later one; arguments as in `trapezoid`.

    Examples
    --------
    >>> rg.cumulative_trapezoid(rg.tensor([1.0, 2.0, 3.0]))
    tensor([1.5000, 4.0000])
    """
    axis = one_dim(dim, y.ndim)
    return cumsum(_areas(y, x, dx, axis), axis)
