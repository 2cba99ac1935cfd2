"""Rounding and limiting: floor, ceil, trunc, round, clamp, nan_to_num, frexp."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import exp2, zero
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import fitted, to_numpy

__all__ = [
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "fix",
    "floor",
    "frac",
    "frexp",
    "nan_to_num",
    "round",
    "trunc",
]


class Floor(Op):
    """The largest whole number that is not above the element.

    Examples
    --------
    >>> rg.floor(rg.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """

    def forward(xp, input):
        return xp.floor(input) if input.dtype.kind == "f" else input.copy()

    def vjp_input(g):
        return zero(g)


class Ceil(Op):
    """The smallest whole number that is not below the element.

    Examples
    --------
    >>> rg.ceil(rg.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """

    def forward(xp, input):
        return xp.ceil(input) if input.dtype.kind == "f" else input.copy()

    def vjp_input(g):
        return zero(g)


class Trunc(Op):
    """The whole part of each element, toward zero.

    Examples
    --------
    >>> rg.trunc(rg.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """

    def forward(xp, input):
        return xp.trunc(input) if input.dtype.kind == "f" else input.copy()

    def vjp_input(g):
        return zero(g)


class Frac(Op):
    """What `trunc` takes away, with the sign of the element.

    Examples
    --------
    >>> rg.frac(rg.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """

    def forward(xp, input):
        return input - xp.trunc(input)

    def vjp_input(g):
        return g


class Round(Op):
    """The nearest number with `decimals` digits after the point; halves go to the even one."""

    def forward(xp, input, *, decimals=0):
        if input.dtype.kind != "f":
            return input.copy()
        if decimals == 0:
            return xp.rint(input)
        # Negative digits divide, as in PyTorch: a power of ten below one would not be exact.
        scale = 10.0 ** abs(decimals)
        if decimals > 0:
            return xp.rint(input * scale) / scale
        return xp.rint(input / scale) * scale

    def vjp_input(g):
        return zero(g)


floor = Floor.function
ceil = Ceil.function
trunc = fix = Trunc.function
frac = Frac.function


@public
def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest number with `decimals` digits after the point; halves go to the even one.

    Examples
    --------
    >>> rg.round(rg.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    >>> rg.round(rg.tensor(12.345), decimals=1)
    tensor(12.3000)
    """
    return Round.function(input, decimals=decimals)


class Clip(Op):
    """The elements moved into [min, max], two numbers or None."""

    def forward(xp, input, *, min, max):
        if max is None:
            return xp.maximum(input, min)
        return xp.minimum(input, max) if min is None else input.clip(min, max)

    def vjp_input(g, input, min, max):
        return masked(g, _inside(input, min, max))


class Clamp(Op, broadcasts=True):
    """The elements moved into [min, max], of which one or both are arrays."""

    def forward(xp, input, min, max):
        if min is not None:
            input = xp.maximum(input, min)
        return input if max is None else xp.minimum(input, max)

    def vjp_input(g, input, min, max):
        return masked(g, _inside(input, min, max))

    def vjp_min(g, input, min, max):
        return masked(g, input < min if max is None else (input < min) & (min < max))

    def vjp_max(g, input, min, max):
        return masked(g, input > max if min is None else (input > max) | (max < min))


clip_ = Clip.function


def _inside(input: Any, min: Any, max: Any) -> Any:
    """Where the input is within the bounds, themselves included."""
    if max is None:
        return input >= min
    return input <= max if min is None else (input >= min) & (input <= max)


@public
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Each element moved into [min, max]; where the bounds cross, `max` wins.

    The gradient is that of the element where it is within the bounds, ends included, else that of
    the bound.

    Parameters
    ----------
    min, max : number or Tensor, optional
        The bounds; at least one.

    Examples
    --------
    >>> rg.clamp(rg.tensor([-1.0, 0.5, 2.0]), min=0, max=1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp(): At least one of 'min' or 'max' must not be None")
    kind = (input._data if isinstance(input, Tensor) else input).dtype
    for bound in (min, max):
        if bound is not None and (
            not isinstance(bound, (int, float)) or (kind.kind != "f" and isinstance(bound, float))
        ):
            return Clamp.function(input, min, max)
    if kind.kind in "iu":
        min, max = (bound if bound is None else fitted(bound, kind) for bound in (min, max))
    return clip_(input, min=min, max=max)


clip = clamp


@public
def clamp_min(input: Any, min: Any) -> Any:
    """Each element, or `min` if that is larger.

    Examples
    --------
    >>> rg.clamp_min(rg.tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


@public
def clamp_max(input: Any, max: Any) -> Any:
    """Each element, or `max` if that is smaller.

    Examples
    --------
    >>> rg.clamp_max(rg.tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    return clamp(input, max=max)


class NanToNum(Op):
    """The elements with NaN and the infinities replaced."""

    def forward(xp, input, *, nan, posinf, neginf):
        if input.dtype.kind != "f":
            return input.copy()
        return xp.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)

    def vjp_input(g, input):
        return masked(g, input - input == 0)


@public
def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """The elements with NaN and infinities replaced, by default by the largest finite numbers.

    Examples
    --------
    >>> rg.nan_to_num(rg.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    nan = 0.0 if nan is None else nan
    return NanToNum.function(input, nan=nan, posinf=posinf, neginf=neginf)


class Frexp(Op, outputs=("mantissa", "exponent")):
    """``input = mantissa * 2**exponent`` with a mantissa in (-1, -0.5] or [0.5, 1), or 0."""

    def forward(xp, input):
        return xp.frexp(input)

    def vjp_input(g_mantissa, exponent, input_dtype):
        return g_mantissa / exp2(cast(exponent, dtype=input_dtype))


@public
def frexp(input: Any) -> Any:
    """Mantissa and exponent: ``input = mantissa * 2**exponent``, as a named tuple.

    Examples
    --------
    >>> mantissa, exponent = rg.frexp(rg.tensor([3.0, 0.25]))
    >>> mantissa, exponent
    (tensor([0.7500, 0.5000]), tensor([ 2, -1], dtype=retrograd.int32))
    """
    if to_numpy(input.dtype).kind != "f":
        raise RuntimeError(f"frexp() only supports floating point types, got {input.dtype}")
    return return_types.frexp(*Frexp.function(input))
