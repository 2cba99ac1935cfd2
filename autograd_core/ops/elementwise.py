"""Functions of one element at a time: exponentials, logarithms, powers, signs, the sigmoid."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.comparison import masked, where
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.kernels.pointwise import FEW

__all__ = [
    "abs",
    "absolute",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "logit",
    "positive",
    "reciprocal",
    "rsqrt",
    "sgn",
    "sigmoid",
    "sign",
    "sqrt",
    "square",
]

_LN2 = math.log(2)
_LN10 = math.log(10)


# --- exponentials and logarithms ------------------------------------------------------------------


class Exp(Op, floats=True):
    """e to the power of each element.

    Examples
    --------
    >>> rg.exp(rg.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """

    def forward(xp, input):
        return xp.exp(input)

    def vjp_input(g, out):
        return g * out


class Exp2(Op, floats=True):
    """2 to the power of each element.

    Examples
    --------
    >>> rg.exp2(rg.tensor([0.0, 0.5]))
    tensor([1.0000, 1.4142])
    """

    def forward(xp, input):
        return xp.exp2(input)

    def vjp_input(g, out):
        return g * (out * _LN2)


class Expm1(Op, floats=True):
    """``exp(input) - 1``, exact for small elements too.

    Examples
    --------
    >>> rg.expm1(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """

    def forward(xp, input):
        return xp.expm1(input)

    def vjp_input(g, out):
        return g * (out + 1.0)


class Log(Op, floats=True):
    """The natural logarithm.

    Examples
    --------
    >>> rg.log(rg.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """

    def forward(xp, input):
        return xp.log(input)

    def vjp_input(g, input):
        return g / input


class Log2(Op, floats=True):
    """The logarithm to base 2.

    Examples
    --------
    >>> rg.log2(rg.tensor([1.0, 5.0]))
    tensor([0.0000, 2.3219])
    """

    def forward(xp, input):
        return xp.log2(input)

    def vjp_input(g, input):
        return g / (input * _LN2)


class Log10(Op, floats=True):
    """The logarithm to base 10.

    Examples
    --------
    >>> rg.log10(rg.tensor([1.0, 5.0]))
    tensor([0.0000, 0.6990])
    """

    def forward(xp, input):
        return xp.log10(input)

    def vjp_input(g, input):
        return g / (input * _LN10)


class Log1p(Op, floats=True):
    """``log(1 + input)``, exact for small elements too.

    Examples
    --------
    >>> rg.log1p(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """

    def forward(xp, input):
        return xp.log1p(input)

    def vjp_input(g, input):
        return g / (input + 1.0)


exp = Exp.function
exp2 = Exp2.function
expm1 = Expm1.function
log = Log.function
log2 = Log2.function
log10 = Log10.function
log1p = Log1p.function


# --- powers ---------------------------------------------------------------------------------------


class Sqrt(Op, floats=True):
    """The square root; NaN for negative elements.

    Examples
    --------
    >>> rg.sqrt(rg.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """

    def forward(xp, input):
        return xp.sqrt(input)

    def vjp_input(g, out):
        return g / (out * 2.0)


class Rsqrt(Op, floats=True):
    """One over the square root.

    Examples
    --------
    >>> rg.rsqrt(rg.tensor([4.0, 16.0]))
    tensor([0.5000, 0.2500])
    """

    def forward(xp, input):
        return 1.0 / xp.sqrt(input)

    def vjp_input(g, out):
        return g * (out * out * out * -0.5)


class Square(Op):
    """Each element times itself.

    Examples
    --------
    >>> rg.square(rg.tensor([1.0, -3.0]))
    tensor([1., 9.])
    """

    def forward(xp, input):
        return input * input if input.dtype.kind != "b" else input.astype("int64")

    def vjp_input(g, input):
        return g * (input * 2.0)


class Reciprocal(Op, floats=True):
    """One over each element.

    Examples
    --------
    >>> rg.reciprocal(rg.tensor([1.0, 4.0]))
    tensor([1.0000, 0.2500])
    """

    def forward(xp, input):
        return 1.0 / input

    def vjp_input(g, out):
        return -g * (out * out)


sqrt = Sqrt.function
rsqrt = Rsqrt.function
square = Square.function
reciprocal = Reciprocal.function


# --- signs and sizes ------------------------------------------------------------------------------


class Zero(Op):
    """Zeros in the place of each element: the cotangent of what does not move."""

    def forward(xp, input):
        return xp.zeros_like(input)

    def vjp_input(g):
        return zero(g)


class Abs(Op):
    """The absolute value; its gradient at 0 is 0.

    Examples
    --------
    >>> rg.abs(rg.tensor([1.0, -2.0]))
    tensor([1., 2.])
    """

    def forward(xp, input):
        return xp.abs(input)

    def vjp_input(g, input):
        return g * sign(input)


class Sign(Op):
    """-1, 0 or 1 with the sign of each element.

    Examples
    --------
    >>> rg.sign(rg.tensor([0.5, -2.0, 0.0]))
    tensor([ 1., -1.,  0.])
    """

    def forward(xp, input):
        if input.dtype.kind == "b":
            return input.copy()
        # Faster than xp.sign, and 0 for NaN as in PyTorch.
        above, below = (input > 0).view("int8"), (input < 0).view("int8")
        return (above - below).astype(input.dtype)

    def vjp_input(g):
        return zero(g)


@public
def positive(input: Tensor) -> Tensor:
    """The tensor itself: ``+x``.

    Examples
    --------
    >>> rg.positive(rg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    if input._data.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


zero = Zero.function
abs = absolute = Abs.function
sign = sgn = Sign.function


# --- the sigmoid and its inverse ------------------------------------------------------------------


class Sigmoid(Op, floats=True):
    """``1 / (1 + exp(-input))``.

    Examples
    --------
    >>> rg.sigmoid(rg.tensor([0.0, 1.0]))
    tensor([0.5000, 0.7311])
    """

    def forward(kernels, input):
        if input.size < FEW:
            return kernels.xp.reciprocal(kernels.xp.exp(-input) + 1.0)
        return kernels.sigmoid(input)

    def vjp_input(g, out):
        return g * (out * (1.0 - out))

    def fused(kernels, g, needs, out):
        if out.size < FEW:
            return (Sigmoid.vjp_input(g, out),)
        return (kernels.sigmoid_grad(g, out),)


class Logit(Op, floats=True):
    """``log(input / (1 - input))`` of `input` moved into [eps, 1 - eps]."""

    def forward(xp, input, *, eps=None):
        if eps is not None:
            input = xp.minimum(xp.maximum(input, eps), 1.0 - eps)
        return xp.log(input / (1.0 - input))

    def vjp_input(g, input, eps):
        slope = g / (input * (1.0 - input))
        if eps is None:
            return where((input >= 0.0) & (input <= 1.0), slope, math.nan)
        return masked(slope, (input >= eps) & (input <= 1.0 - eps))


sigmoid = Sigmoid.function


@public
def logit(input: Any, eps: float | None = None) -> Any:
    """``log(input / (1 - input))``, the inverse of the sigmoid.

    Parameters
    ----------
    eps : float, optional
        Move the elements into [eps, 1 - eps] first; without, those outside [0, 1] give NaN.

    Examples
    --------
    >>> rg.logit(rg.tensor([0.5, 0.0]), eps=0.1)
    tensor([ 0.0000, -2.1972])
    """
    return Logit.function(input, eps=eps)
