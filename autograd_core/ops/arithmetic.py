"""Sums, products, quotients and powers, element by element, with broadcasting."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from retrograd.autograd_core import errors
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import log, zero
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.spelling import MISSING, own_names
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import float64, result_dtype, to_numpy
from retrograd.backends.host_calls import host_check

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "float_power",
    "floor_divide",
    "fmod",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "pow",
    "remainder",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
]


class Add(Op, broadcasts=True):
    """Elementwise sum, with broadcasting."""

    def forward(xp, input, other):
        return input + other

    def vjp_input(g):
        return g

    def vjp_other(g):
        return g


class Sub(Op, broadcasts=True):
    """Elementwise difference, with broadcasting."""

    bools = False

    def forward(xp, input, other):
        return xp.subtract(input, other)

    def vjp_input(g):
        return g

    def vjp_other(g):
        return -g


class Mul(Op, broadcasts=True):
    """Elementwise product, with broadcasting.

    Examples
    --------
    >>> rg.mul(rg.tensor([1.0, 2.0]), rg.tensor([[3.0], [4.0]]))
    tensor([[3., 6.],
            [4., 8.]])
    """

    def forward(xp, input, other):
        return input * other

    def vjp_input(g, other):
        return g * other

    def vjp_other(g, input):
        return g * input


class Div(Op, broadcasts=True, floats=True):
    """Elementwise quotient, with broadcasting; integers give a floating point result.

    Examples
    --------
    >>> rg.true_divide(rg.tensor([1, 3]), 2)
    tensor([0.5000, 1.5000])
    """

    def forward(xp, input, other):
        return input / other

    def vjp_input(g, other):
        return g / other

    def vjp_other(g, input, other):
        return -g * (input / other) / other


class Neg(Op):
    """Each element with its sign changed.

    Examples
    --------
    >>> rg.neg(rg.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """

    def forward(xp, input):
        return -input

    def vjp_input(g):
        return -g


add_ = Add.function
sub_ = Sub.function
mul = multiply = Mul.function
neg = negative = Neg.function
true_divide = Div.function

# The factor of a plain sum: the default itself, which is quicker to know again than any 1.
_ONE = 1


def add(input: Any = MISSING, other: Any = MISSING, *, alpha: float = _ONE, **options: Any) -> Any:
    """``input + alpha * other``, with broadcasting.

    Examples
    --------
    >>> rg.add(rg.tensor([1.0, 2.0]), 10.0, alpha=2)
    tensor([21., 22.])
    """
    if options or alpha is not _ONE:
        return _with_options(add_, input, other, alpha, options)
    return add_(input, other)


def sub(input: Any = MISSING, other: Any = MISSING, *, alpha: float = _ONE, **options: Any) -> Any:
    """``input - alpha * other``, with broadcasting.

    Examples
    --------
    >>> rg.sub(rg.tensor([1.0, 2.0]), rg.tensor([0.5, 0.5]), alpha=2)
    tensor([0., 1.])
    """
    if options or alpha is not _ONE:
        return _with_options(sub_, input, other, alpha, options)
    return sub_(input, other)


subtract = sub


def _with_options(
    function: Callable[..., Any], input: Any, other: Any, alpha: Any, options: dict[str, Any]
) -> Any:
    """A sum or a difference with a factor, or with arguments by other names, or with ``out=``."""
    given = own_names(function.__name__, {"input": input, "other": other}, options)
    if (alpha != 1 or alpha is True) and given.keys() >= {"input", "other"}:
        if function is sub_:
            _refuse_bools(given["input"], given["other"])
        given["other"] = scaled(given["input"], given["other"], alpha)
    return function(**given)


def _refuse_bools(*operands: Any) -> None:
    """RuntimeError if a tensor of bools is to be subtracted, or subtracted from."""
    if any(isinstance(x, Tensor) and x._data.dtype.kind == "b" for x in operands):
        raise RuntimeError(errors.no_bools(Sub))


def scaled(input: Any, other: Any, factor: Any, name: str = "alpha") -> Any:
    """``factor * other``, to be added to `input`, in the type of the sum.

    RuntimeError for a factor that such a sum has no use for: a fraction among integers, True among
    numbers.
    """
    kind = result_dtype(*(getattr(x, "_data", x) for x in (input, other)))
    if isinstance(factor, float) and kind.kind != "f":
        raise RuntimeError(
            f"For integral input tensors, argument {name} must not be a floating point number: got "
            f"{factor}; convert a tensor first, e.g. x.float()"
        )
    if isinstance(factor, bool) and kind.kind != "b":
        raise RuntimeError(f"Boolean {name} only supported for Boolean results: got {factor}")
    if kind.kind == "b":
        factor = bool(factor)
    if isinstance(other, (int, float)):
        return other * factor
    return mul(other if to_numpy(other.dtype) is kind else cast(other, dtype=kind), factor)


@public
def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """``other - alpha * input``, with broadcasting.

    Examples
    --------
    >>> rg.rsub(rg.tensor([1.0, 2.0]), 1)
    tensor([ 0., -1.])
    """
    if alpha != 1 or alpha is True:
        _refuse_bools(input, other)
        input = scaled(other, input, alpha)
    return sub_(other, input)


class FloorDivide(Op, broadcasts=True):
    """The quotient rounded down, of integers or floats; its gradient is zero.

    Examples
    --------
    >>> rg.floor_divide(rg.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """

    def forward(xp, input, other):
        _refuse_integer_zero(input, other)
        return xp.floor_divide(input, other)

    def vjp_input(g):
        return zero(g)

    def vjp_other(g):
        return zero(g)


class TruncDivide(Op, broadcasts=True):
    """The quotient rounded toward zero, of integers or floats; its gradient is zero."""

    def forward(xp, input, other):
        _refuse_integer_zero(input, other)
        if xp.result_type(input, other).kind == "f":
            return xp.trunc(input / other)
        quotient = xp.floor_divide(input, other)
        inexact = (quotient < 0) & (quotient * other != input)
        return quotient + inexact.astype(quotient.dtype)

    def vjp_input(g):
        return zero(g)

    def vjp_other(g):
        return zero(g)


class Remainder(Op, broadcasts=True):
    """What the division that rounds down leaves: it has the sign of the divisor, as in Python.

    Examples
    --------
    >>> rg.remainder(rg.tensor([-3.0, 3.0]), 2)
    tensor([1., 1.])
    """

    def forward(xp, input, other):
        _refuse_integer_zero(input, other)
        return xp.remainder(input, other)

    def vjp_input(g):
        return g

    def vjp_other(g, input, other):
        return -g * floor_divide(input, other)


class Fmod(Op, broadcasts=True):
    """What the division that rounds toward zero leaves: it has the sign of the dividend, as in C.

    Examples
    --------
    >>> rg.fmod(rg.tensor([-3.0, 3.0]), 2)
    tensor([-1.,  1.])
    """

    def forward(xp, input, other):
        _refuse_integer_zero(input, other)
        return xp.fmod(input, other)

    def vjp_input(g):
        return g

    def vjp_other(g, input, other):
        return -g * trunc_divide(input, other)


def _refuse_integer_zero(input: Any, other: Any) -> None:
    """RuntimeError for a division of integers by zero, which has no value."""
    scalar = isinstance(other, (int, float))
    if (input if scalar else other).dtype.kind == "f":
        return
    if not scalar:
        _check_no_zero(other)
    elif other == 0:
        raise RuntimeError("ZeroDivisionError: integer division by zero")


@host_check
def _check_no_zero(divisor: Any) -> None:
    if not divisor.all():
        raise RuntimeError("ZeroDivisionError: integer division by zero")


floor_divide = FloorDivide.function
trunc_divide = TruncDivide.function
remainder = Remainder.function
fmod = Fmod.function


@public
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """The quotient, exact or rounded, with broadcasting.

    Parameters
    ----------
    rounding_mode : {None, "trunc", "floor"}
        Not rounded, rounded toward zero, or rounded down. Without rounding integers give a
        floating point result; a rounded quotient has gradients of zero.

    Examples
    --------
    >>> rg.div(rg.tensor([7.0, -7.0]), 2, rounding_mode="trunc")
    tensor([ 3., -3.])
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"{rounding_mode!r}"
        )
    return (trunc_divide if rounding_mode == "trunc" else floor_divide)(input, other)


divide = div


def is_floating(*operands: Any) -> bool:
    """Whether any of the operands, tensors or numbers, is of a floating point type."""
    return any(
        x.dtype.is_floating_point if isinstance(x, Tensor) else isinstance(x, float)
        for x in operands
    )


class Pow(Op, broadcasts=True):
    """``input ** exponent``, with broadcasting.

    Examples
    --------
    >>> rg.pow(rg.tensor([1.0, -2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """

    def forward(xp, input, exponent):
        number = isinstance(exponent, (int, float))
        if number and input.dtype.kind == "f" and exponent not in _QUICK:
            if exponent == -0.5:
                return 1.0 / xp.sqrt(input)
            if exponent == 3:
                return input * input * input
            if float(exponent).is_integer():
                # Of a negative base the array module takes a whole power 40 times as slowly.
                size = xp.abs(input) ** exponent
                return xp.copysign(size, input) if exponent % 2 else size
        try:
            return input**exponent
        except (ValueError, OverflowError):
            if isinstance(exponent, int) and exponent >= 0:
                raise
            return _whole_power(xp, input, exponent)

    def vjp_input(g, input, exponent):
        if isinstance(exponent, (int, float)):
            if exponent == 2:
                return g * (input * 2.0)
            return g * (pow(input, exponent - 1) * exponent) if exponent else zero(g)
        return masked(g * (pow(input, exponent - 1.0) * exponent), exponent != 0)

    def vjp_exponent(g, input, exponent, out):
        if isinstance(input, (int, float)):
            slope = g * (out * _log(input))
            return masked(slope, exponent < 0) if input == 0 else slope
        return masked(g * (out * log(input)), (input != 0) | (exponent < 0))


def _whole_power(xp: Any, input: Any, exponent: Any) -> Any:
    """A power of integers with some exponents below 0: what is between -1 and 1 becomes 0."""
    if isinstance(exponent, int):
        raise RuntimeError("Integers to negative integer powers are not allowed: use x.float()")
    size = input ** xp.maximum(exponent, 0)
    odd = (exponent & 1).astype(bool)
    unit = xp.where((input == 1) | ((input == -1) & ~odd), 1, xp.where(input == -1, -1, 0))
    return xp.where(exponent < 0, unit, size).astype(size.dtype)


# Exponents for which `**` itself takes a short way.
_QUICK = (-1, 0, 0.5, 1, 2)


def _log(x: float) -> float:
    """The logarithm of a Python number, which may be zero or negative."""
    if x > 0:
        return math.log(x)
    return -math.inf if x == 0 else math.nan


pow = Pow.function


@public
def float_power(input: Any, exponent: Any) -> Any:
    """``input ** exponent`` computed in float64.

    Examples
    --------
    >>> rg.float_power(rg.tensor([2, 4]), -1)
    tensor([0.5000, 0.2500], dtype=retrograd.float64)
    """
    double = to_numpy(float64)
    base, power = (
        cast(x, dtype=double) if isinstance(x, Tensor) else float(x) for x in (input, exponent)
    )
    return pow(base, power)


class Lerp(Op, broadcasts=True):
    """``input + weight * (end - input)``."""

    def forward(xp, input, end, weight):
        way = end - input
        if isinstance(weight, (int, float)):
            return input + weight * way if abs(weight) < 0.5 else end - way * (1.0 - weight)
        near, far = input + weight * way, end - way * (1.0 - weight)
        return xp.where(xp.abs(weight) < 0.5, near, far)

    def vjp_input(g, weight):
        return g * (1.0 - weight)

    def vjp_end(g, weight):
        return g * weight

    def vjp_weight(g, input, end):
        return g * (end - input)


@public
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """``input + weight * (end - input)``: from `input` to `end`, exact at both ends.

    Examples
    --------
    >>> rg.lerp(rg.tensor([1.0, 2.0]), rg.tensor([3.0, 6.0]), 0.5)
    tensor([2., 4.])
    """
    if input.dtype != end.dtype:
        raise RuntimeError(f"expected dtype {input.dtype} for `end` but got dtype {end.dtype}")
    return Lerp.function(input, end, weight)


@public
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """``input + value * tensor1 * tensor2``.

    Examples
    --------
    >>> rg.addcmul(rg.tensor([1.0]), rg.tensor([2.0]), rg.tensor([3.0]), value=0.5)
    tensor([4.])
    """
    return _plus(input, mul(tensor1, tensor2), value)


def _plus(input: Any, product: Any, value: Any) -> Any:
    """``input + value * product``."""
    return add_(input, product if value == 1 else scaled(input, product, value, "value"))


@public
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """``input + value * tensor1 / tensor2``, of floating point tensors.

    Examples
    --------
    >>> rg.addcdiv(rg.tensor([1.0]), rg.tensor([2.0]), rg.tensor([4.0]), value=3)
    tensor([2.5000])
    """
    if not is_floating(tensor1, tensor2):
        raise RuntimeError(
            "Integer division with addcdiv is not supported: use "
            "input + value * trunc(tensor1 / tensor2), or convert the tensors first, e.g. x.float()"
        )
    return _plus(input, true_divide(tensor1, tensor2), value)
