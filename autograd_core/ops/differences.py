"""Differences of neighbours and integrals by the trapezoidal rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrograd.autograd_core.ops.casting import clone
from retrograd.autograd_core.ops.comparison import ne
from retrograd.autograd_core.ops.dims import one_dim, some_dims
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.scans import cumsum
from retrograd.backends.dtypes import to_numpy

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


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
        return clone(input)
    parts = [part for part in (prepend, input, append) if part is not None]
    if len(parts) > 1:
        input = cat(parts, axis)
    for _ in range(n):
        later, earlier = _neighbours(input, axis)
        input = ne(later, earlier) if to_numpy(input.dtype).kind == "b" else later - earlier
    return input


def _areas(y: Any, x: Any, dx: Any, dim: int) -> Any:
    """The area of each trapezoid between neighbours."""
    for name, given in (("y", y), ("x", x)):
        if given is not None and to_numpy(given.dtype).kind == "b":
            raise RuntimeError(f"trapezoid: bool is not supported, but `{name}` is: use x.float()")
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


@public
def gradient(
    input: Any, *, spacing: Any = 1, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple[Any, ...]:
    """The slope along each dimension, estimated from the neighbours of each element.

    Inside by central differences of second order, at the ends one-sided, as `numpy.gradient`.

    Parameters
    ----------
    spacing : number, sequence of numbers or sequence of Tensors
        The distance of elements, for all dimensions or for each; or the coordinates along each.
    dim : int or sequence of int, optional
        The dimensions, all by default.
    edge_order : {1, 2}
        The order of the estimate at the ends.

    Examples
    --------
    >>> rg.gradient(rg.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    """
    dims = some_dims(dim, input.ndim)
    if dims and to_numpy(input.dtype).kind in "bu":
        raise RuntimeError(f"gradient does not support {input.dtype} input: use x.float()")
    spacings = list(spacing) if isinstance(spacing, (tuple, list)) else [spacing] * len(dims)
    if len(spacings) != len(dims):
        raise RuntimeError(
            f"torch.gradient expected spacing to be a number or one for each of {len(dims)} "
            f"dimensions, got {len(spacings)}"
        )
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and 2, got {edge_order}")
    for axis in dims:
        if input.shape[axis] <= edge_order:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1, got "
                f"{input.shape[axis]} along dimension {axis}"
            )
    return tuple(_slope(input, h, axis, edge_order) for h, axis in zip(spacings, dims, strict=True))


def _slope(input: Any, spacing: Any, dim: int, edge_order: int) -> Any:
    """The estimated slope along one dimension."""
    before = (slice(None),) * dim

    def part(x: Any, start: int | None, stop: int | None) -> Any:
        return slice_of(x, (*before, slice(start, stop)))

    step = spacing
    if getattr(spacing, "ndim", 0):
        step = diff(spacing.reshape([-1 if k == dim else 1 for k in range(input.ndim)]), 1, dim)
    even = step is spacing
    slopes = diff(input, 1, dim) / step
    first, last = part(slopes, 0, 1), part(slopes, -1, None)
    if input.shape[dim] == 2:
        return cat([first, last], dim)
    ahead, behind = part(slopes, 1, None), part(slopes, None, -1)
    # The slope of the parabola through three points: each side weighs with the other's distance.
    share = 0.5 if even else part(step, None, -1) / (part(step, None, -1) + part(step, 1, None))
    inside = behind + (ahead - behind) * share
    if edge_order == 2:
        first = first * 2 - part(inside, 0, 1)
        last = last * 2 - part(inside, -1, None)
    return cat([first, inside, last], dim)
