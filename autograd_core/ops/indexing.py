"""Parts of arrays: slices, gathers, and the writes that are their adjoints."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.shape import sum_to


class Slice(Op, view=True):
    """Basic indexing: integers, slices, None and Ellipsis; a view."""

    def forward(xp, input, *, index):
        return input[index]

    def vjp_input(g, index, input_shape):
        return unslice(g, index, input_shape)


class Unslice(Op):
    """The adjoint of `Slice`: the values put into zeros of the whole shape."""

    def forward(xp, input, *, index, shape):
        whole = xp.zeros(shape, input.dtype)
        whole[index] = input
        return whole

    def vjp_input(g, index):
        return slice_of(g, index)


class ViewWrite(Op):
    """`input` with the part that the view function `view` looks at replaced by `values`."""

    def forward(xp, input, values, *, view):
        whole = input.copy()
        view(whole)[...] = values
        return whole

    def vjp_input(g, view):
        return view_write(g, view(g) * 0.0, view=view)

    def vjp_values(g, view, values_shape):
        return sum_to(view(g), values_shape)


view_write = ViewWrite.function


def slice_of(input: Any, index: Any) -> Any:
    """``input[index]`` for a basic index, tensor or array."""
    return Slice.function(input, index=index)


def unslice(input: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with ``zeros[index] = input``, tensor or array."""
    return Unslice.function(input, index=index, shape=shape)
