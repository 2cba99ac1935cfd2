"""Largest and smallest elements: max, min, amax, amin, aminmax, argmax, argmin."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.binary import maximum, minimum
from retrograd.autograd_core.ops.casting import cast, clone
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.dims import kept_shape, one_dim, some_dims
from retrograd.autograd_core.ops.gathering import Gather, GatherAdjoint
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import kind_of, restore, sum_
from retrograd.autograd_core.ops.shape import reshape_to, shape_of
from retrograd.autograd_core.tensor import Tensor

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]


class Amax(Op):
    """The largest element over the dimensions `dim`; equal ones share the gradient."""

    def forward(kernels, input, *, dim, keepdim=False):
        return kernels.largest(input, dim, keepdim)

    def vjp_input(g, input, out, input_shape, input_dtype, dim, keepdim):
        return share(g, input, out, input_shape, input_dtype, dim, keepdim)

    def fused(kernels, g, needs, input, out, dim):
        return (kernels.extreme_grad(g, input, out, dim),)


class Amin(Op):
    """The smallest element over the dimensions `dim`; equal ones share the gradient."""

    def forward(kernels, input, *, dim, keepdim=False):
        return kernels.smallest(input, dim, keepdim)

    def vjp_input(g, input, out, input_shape, input_dtype, dim, keepdim):
        return share(g, input, out, input_shape, input_dtype, dim, keepdim)

    def fused(kernels, g, needs, input, out, dim):
        return (kernels.extreme_grad(g, input, out, dim),)


def share(g: Any, input: Any, out: Any, shape: Any, dtype: Any, dim: Any, keepdim: bool) -> Any:
    """The cotangent of an extreme value in equal parts to all elements that have it."""
    extreme = restore(out, shape, dim, keepdim)
    chosen = (input == extreme) | ((input != input) & (extreme != extreme))
    parts = sum_(cast(chosen, dtype=dtype), dim=dim, keepdim=keepdim)
    return masked(restore(g / parts, shape, dim, keepdim), chosen)


class Argmax(Op):
    """The index of the largest element along `dim`, of all for None: the first of equal ones."""

    def forward(xp, input, *, dim, keepdim=False):
        return input.argmax(axis=dim, keepdims=keepdim)


class Argmin(Op):
    """The index of the smallest element along `dim`, of all for None: the first of equal ones."""

    def forward(xp, input, *, dim, keepdim=False):
        return input.argmin(axis=dim, keepdims=keepdim)


@public
def amax(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The largest element over the given dimensions, all by default.

    Elements that are equally large share the gradient; `max` gives it to the one it points at.

    Examples
    --------
    >>> rg.amax(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([5., 3.])
    """
    return _extreme(Amax, input, dim, keepdim)


@public
def amin(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The smallest element over the given dimensions, all by default.

    Elements that are equally small share the gradient; `min` gives it to the one it points at.

    Examples
    --------
    >>> rg.amin(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1., 2.])
    """
    return _extreme(Amin, input, dim, keepdim)


@public
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element, of all or along `dim`, as a named tuple (min, max).

    Examples
    --------
    >>> rg.aminmax(rg.tensor([1.0, -3.0, 5.0])).min
    tensor(-3.)
    """
    return return_types.aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def _extreme(op: type[Op], input: Any, dim: Any, keepdim: bool) -> Any:
    shape = shape_of(input)
    dims = some_dims(dim, len(shape))
    if 0 in shape:
        refuse_empty(op.name, input, dims)
    return op.function(input, dim=dims, keepdim=keepdim)


def refuse_empty(name: str, input: Any, dims: tuple[int, ...]) -> None:
    """IndexError if there is no element to choose along one of `dims`."""
    for dim in dims:
        if input.shape[dim] == 0:
            raise IndexError(
                f"{name}(): Expected reduction dim {dim} to have non-zero size, got an input of "
                f"shape {list(input.shape)}"
            )


@public
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the largest element along `dim`, or of all elements laid out flat.

    Examples
    --------
    >>> rg.argmax(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _index(Argmax, input, dim, keepdim)


@public
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the smallest element along `dim`, or of all elements laid out flat.

    Examples
    --------
    >>> rg.argmin(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _index(Argmin, input, dim, keepdim)


def _index(op: type[Op], input: Any, dim: int | None, keepdim: bool) -> Any:
    if kind_of(input) == "b":
        raise RuntimeError(f"{op.name}(): does not support bool input: use x.int()")
    shape = shape_of(input)
    axis = one_dim(dim, len(shape)) if dim is not None and shape else None
    if 0 in shape:
        refuse_empty(op.name, input, tuple(range(len(shape))) if axis is None else (axis,))
    return op.function(input, dim=axis, keepdim=keepdim)


@public
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; along `dim` with its index; or the larger of two tensors' elements.

    ``max(input)`` is one number, and equal elements share its gradient. ``max(input, dim)`` is a
    named tuple (values, indices), and the element at the index gets the gradient.
    ``max(input, other)`` is `maximum`.

    Examples
    --------
    >>> values, indices = rg.max(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    >>> values, indices
    (tensor([5., 3.]), tensor([1, 0]))
    """
    if isinstance(dim, Tensor) or other is not None:
        return maximum(input, dim if other is None else other)
    if dim is None:
        return _extreme(Amax, input, None, False)
    return return_types.max(*_with_index("max", input, dim, keepdim, True))


@public
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; along `dim` with its index; or the smaller of two tensors' elements.

    ``min(input)`` is one number, and equal elements share its gradient. ``min(input, dim)`` is a
    named tuple (values, indices), and the element at the index gets the gradient.
    ``min(input, other)`` is `minimum`.

    Examples
    --------
    >>> rg.min(rg.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1).values
    tensor([1., 2.])
    """
    if isinstance(dim, Tensor) or other is not None:
        return minimum(input, dim if other is None else other)
    if dim is None:
        return _extreme(Amin, input, None, False)
    return return_types.min(*_with_index("min", input, dim, keepdim, False))


class ExtremeAlong(Op, outputs=("values", "indices")):
    """The largest (or smallest) elements along `dim` and their indices."""

    def forward(kernels, input, *, dim, keepdim, largest):
        find = input.argmax if largest else input.argmin
        indices = find(axis=dim, keepdims=True)
        values = input[kernels.grid(indices, dim)]
        return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))

    def vjp_input(g_values, indices, input_shape, dim):
        kept = kept_shape(input_shape, (dim,))
        g, indices = reshape_to(g_values, kept), reshape_to(indices, kept)
        return GatherAdjoint.function(g, indices, dim=dim, shape=input_shape)

    def fused(kernels, g, needs, indices, input_shape, dim):
        values, kept = g[0], kept_shape(input_shape, (dim,))
        result = kernels.xp.zeros(input_shape, values.dtype)
        # Each place is named once.
        result[kernels.grid(indices.reshape(kept), dim)] = values.reshape(kept)
        return (result,)


def _with_index(name: str, input: Any, dim: int, keepdim: bool, largest: bool) -> Any:
    """The extreme elements along `dim` and their indices."""
    shape = shape_of(input)
    axis = one_dim(dim, len(shape))
    if not shape:
        return clone(input), Argmax.function(input, dim=None)
    if not shape[axis]:
        refuse_empty(name, input, (axis,))
    return ExtremeAlong.function(input, dim=axis, keepdim=keepdim, largest=largest)


def chosen(input: Any, indices: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    """The elements at `indices`, which has length 1 along `dim`, with or without that dimension."""
    if input.ndim == 0:
        return clone(input), indices
    values = Gather.function(input, indices, dim=dim)
    if keepdim:
        return values, indices
    first = (slice(None),) * dim + (0,)
    return slice_of(values, first), slice_of(indices, first)
