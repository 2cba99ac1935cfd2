"""Functions of two elements: the larger and smaller one, angles, lengths, log-sums."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import mul, pow
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import log, sigmoid, zero
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import result_dtype, to_dtype

__all__ = [
    "arctan2",
    "atan2",
    "copysign",
    "fmax",
    "fmin",
    "hypot",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "nextafter",
    "xlogy",
]


class Maximum(Op, broadcasts=True):
    """The larger of two elements, NaN if either is; equal ones get half the gradient each.

    Examples
    --------
    >>> rg.maximum(rg.tensor([1.0, 5.0]), rg.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """

    def forward(xp, input, other):
        return xp.maximum(input, other)

    def vjp_input(g, input, other):
        return masked(g, ~(input < other)) - masked(g * 0.5, input == other)

    def vjp_other(g, input, other):
        return masked(g, ~(other < input)) - masked(g * 0.5, input == other)


class Minimum(Op, broadcasts=True):
    """The smaller of two elements, NaN if either is; equal ones get half the gradient each.

    Examples
    --------
    >>> rg.minimum(rg.tensor([1.0, 5.0]), rg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """

    def forward(xp, input, other):
        return xp.minimum(input, other)

    def vjp_input(g, input, other):
        return masked(g, ~(input > other)) - masked(g * 0.5, input == other)

    def vjp_other(g, input, other):
        return masked(g, ~(other > input)) - masked(g * 0.5, input == other)


class Fmax(Op, broadcasts=True):
    """The larger of two elements, a number before NaN; of equal ones the first gets the gradient.

    Examples
    --------
    >>> rg.fmax(rg.tensor([1.0, float("nan")]), rg.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """

    def forward(xp, input, other):
        return xp.fmax(input, other)

    def vjp_input(g, input, other):
        return masked(g, (input >= other) | (other != other))

    def vjp_other(g, input, other):
        return masked(g, ~((input >= other) | (other != other)))


class Fmin(Op, broadcasts=True):
    """The smaller of two elements, a number before NaN; of equal ones the first gets the gradient.

    Examples
    --------
    >>> rg.fmin(rg.tensor([1.0, float("nan")]), rg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """

    def forward(xp, input, other):
        return xp.fmin(input, other)

    def vjp_input(g, input, other):
        return masked(g, (input <= other) | (other != other))

    def vjp_other(g, input, other):
        return masked(g, ~((input <= other) | (other != other)))


maximum = Maximum.function
minimum = Minimum.function
fmax = Fmax.function
fmin = Fmin.function


class Copysign(Op, broadcasts=True, floats=True):
    """The size of `input` with the sign of `other`."""

    def forward(xp, input, other):
        return xp.copysign(input, other)

    def vjp_input(g, input, out):
        return masked(g * (out / input), input != 0)

    def vjp_other(g):
        return zero(g)


class Hypot(Op, broadcasts=True):
    """The length of the hypotenuse: ``sqrt(input**2 + other**2)`` without overflow.

    Examples
    --------
    >>> rg.hypot(rg.tensor([3.0]), rg.tensor([4.0]))
    tensor([5.])
    """

    def forward(xp, input, other):
        return xp.hypot(input, other)

    def vjp_input(g, input, out):
        return g * (input / out)

    def vjp_other(g, other, out):
        return g * (other / out)


class Nextafter(Op, broadcasts=True):
    """The next number that the type can hold after `input` in the direction of `other`.

    Examples
    --------
    >>> rg.nextafter(rg.tensor(1.0), rg.tensor(2.0)) > 1
    tensor(True)
    """

    def forward(xp, input, other):
        return xp.nextafter(input, other)

    def vjp_input(g, input, other):
        return masked(g, input != other)

    def vjp_other(g):
        return zero(g)


@public
def copysign(input: Any, other: Any) -> Any:
    """The size of `input` with the sign of `other`.

    Examples
    --------
    >>> rg.copysign(rg.tensor([1.0, -2.0]), rg.tensor([-0.0, 1.0]))
    tensor([-1.,  2.])
    """
    return Copysign.function(*both_tensors(input, other))


hypot = Hypot.function
nextafter = Nextafter.function


class Atan2(Op, broadcasts=True, floats=True):
    """The angle of the point (other, input) from the first axis, in [-pi, pi].

    Its gradient at the origin is 0.

    Examples
    --------
    >>> rg.atan2(rg.tensor([1.0, 1.0]), rg.tensor([0.0, 1.0]))
    tensor([1.5708, 0.7854])
    """

    def forward(xp, input, other):
        return xp.arctan2(input, other)

    def vjp_input(g, input, other):
        square = input * input + other * other
        return masked(g * (other / square), square != 0)

    def vjp_other(g, input, other):
        square = input * input + other * other
        return masked(-g * (input / square), square != 0)


class Logaddexp(Op, broadcasts=True, floats=True):
    """``log(exp(input) + exp(other))`` without overflow.

    Examples
    --------
    >>> rg.logaddexp(rg.tensor([1000.0]), rg.tensor([1000.0]))
    tensor([1000.6932])
    """

    def forward(xp, input, other):
        largest = xp.maximum(input, other)
        # Two equal infinities leave no gap, though their difference is NaN.
        gap = xp.where(input == other, xp.zeros_like(largest), -xp.abs(input - other))
        return largest + xp.log1p(xp.exp(gap))

    def vjp_input(g, input, other):
        return g * sigmoid(input - other)

    def vjp_other(g, input, other):
        return g * sigmoid(other - input)


class Logaddexp2(Op, broadcasts=True, floats=True):
    """``log2(2**input + 2**other)`` without overflow.

    Examples
    --------
    >>> rg.logaddexp2(rg.tensor([3.0]), rg.tensor([3.0]))
    tensor([4.])
    """

    def forward(xp, input, other):
        largest = xp.maximum(input, other)
        gap = xp.where(input == other, xp.zeros_like(largest), -xp.abs(input - other))
        return largest + xp.log1p(xp.exp2(gap)) * (1.0 / math.log(2))

    def vjp_input(g, input, other):
        return g * sigmoid((input - other) * math.log(2))

    def vjp_other(g, input, other):
        return g * sigmoid((other - input) * math.log(2))


class Xlogy(Op, broadcasts=True, floats=True):
    """``input * log(other)``, which is 0 where `input` is 0, unless `other` is NaN."""

    def forward(xp, input, other):
        product = input * xp.log(other)
        return xp.where((input == 0) & (other == other), xp.zeros_like(product), product)

    def vjp_input(g, input, other):
        return masked(g * log(other), (input != 0) | (other > 0) | (other != other))

    def vjp_other(g, input, other):
        return g * (input / other)


atan2 = arctan2 = Atan2.function
logaddexp = Logaddexp.function
logaddexp2 = Logaddexp2.function


@public
def xlogy(input: Any, other: Any) -> Any:
    """``input * log(other)``, which is 0 where `input` is 0, unless `other` is NaN.

    Examples
    --------
    >>> rg.xlogy(rg.tensor([0.0, 2.0]), rg.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return Xlogy.function(*both_tensors(input, other))


def both_tensors(input: Any, other: Any) -> tuple[Any, Any]:
    """The operands with a number beside a Tensor as a 0-d Tensor, for rules that need arrays."""
    if isinstance(input, Tensor) and isinstance(other, (int, float)):
        return input, _number_beside(input, other)
    if isinstance(other, Tensor) and isinstance(input, (int, float)):
        return _number_beside(other, input), other
    return input, other


def _number_beside(tensor: Tensor, number: float) -> Tensor:
    """A number as a 0-d tensor, in the type that the two have together."""
    return tensor.new_tensor(number, dtype=to_dtype(result_dtype(tensor._data, number)))


@public
def ldexp(input: Any, other: Any) -> Any:
    """``input * 2**other``.

    Examples
    --------
    >>> rg.ldexp(rg.tensor([1.0, 3.0]), rg.tensor([4, -1]))
    tensor([16.0000,  1.5000])
    """
    return mul(input, pow(2.0, other))
