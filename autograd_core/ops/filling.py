"""Values in the place of those of a tensor: one for all elements, or drawn at random."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import convert
from retrograd.autograd_core.ops.comparison import Where
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import sum_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.dtypes import fitted
from retrograd.backends.registry import XP

__all__ = ["fill", "masked_fill"]

_where = Where.function


class Fill(Op):
    """`value`, broadcast to the shape of `input`, whose own values do not matter."""

    def forward(xp, input, value):
        result = xp.empty_like(input)
        result[...] = value
        return result

    def vjp_input(g):
        return Fill.function(g, 0.0)

    def vjp_value(g, value_shape):
        return sum_to(g, value_shape)


class Drawn(Op):
    """Random `values` in the place of what `input` describes, which gets a zero gradient."""

    def forward(xp, input, *, values):
        return values

    def vjp_input(g):
        return Fill.function(g, 0.0)


drawn = Drawn.function


@public
def fill(input: Tensor, value: Any) -> Tensor:
    """`input` with every element replaced by `value`, a number or a 0-d tensor.

    Examples
    --------
    >>> rg.fill(rg.zeros(2), 3.0)
    tensor([3., 3.])
    """
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                "fill only supports 0-dimension value tensor but got tensor with "
                f"{value.ndim} dimensions."
            )
        value = convert(value, dtype=input.dtype, device=input.device)
    elif type(value) is int:
        value = fitted(value, input._data.dtype)
    return Fill.function(input, value)


@public
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """`input` with `value`, a number or a 0-d tensor, where `mask` is True.

    Examples
    --------
    >>> rg.masked_fill(rg.ones(3), rg.tensor([True, False, True]), 0.0)
    tensor([0., 1., 0.])
    """
    if mask._data.dtype.kind != "b":
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}"
        )
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.ndim} dimension(s)."
            )
        value = convert(value, dtype=input.dtype, device=input.device)
    else:
        data = input._data
        value = wrap(XP[type(data)].asarray(fitted(value, data.dtype), data.dtype))
    return _where(mask, value, input)
