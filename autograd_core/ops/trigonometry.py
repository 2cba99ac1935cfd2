"""Angles: trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import rsqrt
from retrograd.autograd_core.ops.public import public
from retrograd.backends.kernels.pointwise import FEW

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


# --- trigonometry ---------------------------------------------------------------------------------


class Sin(Op, floats=True):
    """The sine.

    Examples
    --------
    >>> rg.sin(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """

    def forward(xp, input):
        return xp.sin(input)

    def vjp_input(g, input):
        return g * cos(input)


class Cos(Op, floats=True):
    """The cosine.

    Examples
    --------
    >>> rg.cos(rg.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """

    def forward(xp, input):
        return xp.cos(input)

    def vjp_input(g, input):
        return -g * sin(input)


class Tan(Op, floats=True):
    """The tangent.

    Examples
    --------
    >>> rg.tan(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """

    def forward(xp, input):
        return xp.tan(input)

    def vjp_input(g, out):
        return g * (out * out + 1.0)


class Asin(Op, floats=True):
    """The angle in [-pi/2, pi/2] whose sine is the element.

    Examples
    --------
    >>> rg.asin(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """

    def forward(xp, input):
        return xp.arcsin(input)

    def vjp_input(g, input):
        return g * rsqrt(1.0 - input * input)


class Acos(Op, floats=True):
    """The angle in [0, pi] whose cosine is the element.

    Examples
    --------
    >>> rg.acos(rg.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """

    def forward(xp, input):
        return xp.arccos(input)

    def vjp_input(g, input):
        return -g * rsqrt(1.0 - input * input)


class Atan(Op, floats=True):
    """The angle in (-pi/2, pi/2) whose tangent is the element.

    Examples
    --------
    >>> rg.atan(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """

    def forward(xp, input):
        return xp.arctan(input)

    def vjp_input(g, input):
        return g / (input * input + 1.0)


sin = Sin.function
cos = Cos.function
tan = Tan.function
asin = arcsin = Asin.function
acos = arccos = Acos.function
atan = arctan = Atan.function


# --- hyperbolic functions -------------------------------------------------------------------------


class Sinh(Op, floats=True):
    """The hyperbolic sine.

    Examples
    --------
    >>> rg.sinh(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """

    def forward(xp, input):
        return xp.sinh(input)

    def vjp_input(g, input):
        return g * cosh(input)


class Cosh(Op, floats=True):
    """The hyperbolic cosine.

    Examples
    --------
    >>> rg.cosh(rg.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """

    def forward(xp, input):
        return xp.cosh(input)

    def vjp_input(g, input):
        return g * sinh(input)


class Tanh(Op, floats=True):
    """The hyperbolic tangent.

    Examples
    --------
    >>> rg.tanh(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """

    def forward(xp, input):
        return xp.tanh(input)

    def vjp_input(g, out):
        return g * (1.0 - out * out)

    def fused(kernels, g, needs, out):
        if out.size < FEW:
            return (Tanh.vjp_input(g, out),)
        return (kernels.tanh_grad(g, out),)


class Asinh(Op, floats=True):
    """The inverse of the hyperbolic sine.

    Examples
    --------
    >>> rg.asinh(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """

    def forward(xp, input):
        return xp.arcsinh(input)

    def vjp_input(g, input):
        return g * rsqrt(input * input + 1.0)


class Acosh(Op, floats=True):
    """The inverse of the hyperbolic cosine, for elements of at least 1.

    Examples
    --------
    >>> rg.acosh(rg.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """

    def forward(xp, input):
        return xp.arccosh(input)

    def vjp_input(g, input):
        return g * rsqrt(input * input - 1.0)


class Atanh(Op, floats=True):
    """The inverse of the hyperbolic tangent, for elements in [-1, 1].

    Examples
    --------
    >>> rg.atanh(rg.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """

    def forward(xp, input):
        return xp.arctanh(input)

    def vjp_input(g, input):
        return g / (1.0 - input * input)


sinh = Sinh.function
cosh = Cosh.function
tanh = Tanh.function
asinh = arcsinh = Asinh.function
acosh = arccosh = Acosh.function
atanh = arctanh = Atanh.function


class Sinc(Op, floats=True):
    """``sin(pi * input) / (pi * input)``, which is 1 at 0.

    Examples
    --------
    >>> rg.sinc(rg.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """

    def forward(xp, input):
        angle = input * math.pi
        zero = angle == 0
        return xp.where(zero, 1.0, xp.sin(angle) / xp.where(zero, 1.0, angle))

    def vjp_input(g, input):
        angle = input * math.pi
        slope = (cos(angle) * angle - sin(angle)) / (angle * input)
        return masked(g * slope, input != 0)


sinc = Sinc.function


@public
def deg2rad(input: Any) -> Any:
    """Degrees as radians.

    Examples
    --------
    >>> rg.deg2rad(rg.tensor([180.0]))
    tensor([3.1416])
    """
    return input * (math.pi / 180.0)


@public
def rad2deg(input: Any) -> Any:
    """Radians as degrees.

    Examples
    --------
    >>> rg.rad2deg(rg.tensor([rg.pi]))
    tensor([180.])
    """
    return input * (180.0 / math.pi)
