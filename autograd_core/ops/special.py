"""Special functions: the error function, the normal distribution, the gamma function."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.binary import both_tensors
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import exp, log, log1p
from retrograd.autograd_core.ops.public import public

__all__ = [
    "beta",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "lgamma",
    "log_ndtr",
    "mvlgamma",
    "ndtr",
    "ndtri",
    "polygamma",
    "xlog1py",
]

_SQRT_PI = math.sqrt(math.pi)
_SQRT_2PI = math.sqrt(2 * math.pi)


# --- the error function and the normal distribution -----------------------------------------------


class Erf(Op, floats=True):
    """``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `input`.

    Examples
    --------
    >>> rg.erf(rg.tensor([0.0, 1.0, -1.0]))
    tensor([ 0.0000,  0.8427, -0.8427])
    """

    def forward(kernels, input):
        return kernels.erf(input)

    def vjp_input(g, input):
        return g * (exp(-(input * input)) * (2 / _SQRT_PI))


class Erfc(Op, floats=True):
    """``1 - erf(input)``, exact where that is small too.

    Examples
    --------
    >>> rg.erfc(rg.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """

    def forward(kernels, input):
        return kernels.erfc(input)

    def vjp_input(g, input):
        return g * (exp(-(input * input)) * (-2 / _SQRT_PI))


class Erfcx(Op, floats=True):
    """``exp(input**2) * erfc(input)``, which for large elements is about ``1 / (input sqrt(pi))``.

    Examples
    --------
    >>> rg.special.erfcx(rg.tensor([0.0, 100.0]))
    tensor([1.0000, 0.0056])
    """

    def forward(kernels, input):
        return kernels.erfcx(input)

    def vjp_input(g, input, out):
        return g * (input * out * 2.0 - 2 / _SQRT_PI)


class Erfinv(Op, floats=True):
    """The inverse of `erf`: infinite at -1 and 1, NaN beyond.

    Examples
    --------
    >>> rg.erfinv(rg.tensor([0.0, 0.5, -1.0]))
    tensor([0.0000, 0.4769,   -inf])
    """

    def forward(kernels, input):
        return kernels.erfinv(input)

    def vjp_input(g, out):
        return g * (exp(out * out) * (_SQRT_PI / 2))


class Ndtr(Op, floats=True):
    """The probability that a standard normal variable is below the element.

    Examples
    --------
    >>> rg.special.ndtr(rg.tensor([0.0, 1.96]))
    tensor([0.5000, 0.9750])
    """

    def forward(kernels, input):
        return kernels.ndtr(input)

    def vjp_input(g, input):
        return g * (exp(input * input * -0.5) * (1 / _SQRT_2PI))


class LogNdtr(Op, floats=True):
    """The logarithm of `ndtr`, exact in both tails.

    Examples
    --------
    >>> rg.special.log_ndtr(rg.tensor([0.0, -4.0]))
    tensor([ -0.6931, -10.3601])
    """

    def forward(kernels, input):
        return kernels.log_ndtr(input)

    def vjp_input(g, input):
        return g * (math.sqrt(2 / math.pi) / erfcx(input * -math.sqrt(0.5)))


class Entr(Op, floats=True):
    """``-input * log(input)``: 0 at 0, minus infinity for negative elements.

    Examples
    --------
    >>> rg.special.entr(rg.tensor([0.0, 0.5]))
    tensor([0.0000, 0.3466])
    """

    def forward(xp, input):
        value = 0.0 - input * xp.log(xp.where(input == 0, 1.0, input))
        return xp.where(input < 0, -math.inf, value)

    def vjp_input(g, input):
        return -g * (log(input) + 1.0)


class Xlog1py(Op, broadcasts=True, floats=True):
    """``input * log1p(other)``, which is 0 where `input` is 0, unless `other` is NaN."""

    def forward(xp, input, other):
        product = input * xp.log1p(other)
        return xp.where((input == 0) & (other == other), xp.zeros_like(product), product)

    def vjp_input(g, input, other):
        return masked(g * log1p(other), (input != 0) | (other > -1) | (other != other))

    def vjp_other(g, input, other):
        return g * (input / (other + 1.0))


erf = Erf.function
erfc = Erfc.function
erfcx = Erfcx.function
erfinv = Erfinv.function
ndtr = Ndtr.function
log_ndtr = LogNdtr.function
entr = Entr.function


@public
def xlog1py(input: Any, other: Any) -> Any:
    """``input * log1p(other)``, which is 0 where `input` is 0, unless `other` is NaN.

    Examples
    --------
    >>> rg.special.xlog1py(rg.tensor([0.0, 2.0]), rg.tensor([-1.0, 0.0]))
    tensor([0., 0.])
    """
    return Xlog1py.function(*both_tensors(input, other))


@public
def ndtri(input: Any) -> Any:
    """The inverse of `ndtr`: the quantile of the standard normal distribution.

    Examples
    --------
    >>> rg.special.ndtri(rg.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    return erfinv(input * 2.0 - 1.0) * math.sqrt(2)


# --- the gamma function ---------------------------------------------------------------------------


class Lgamma(Op, floats=True):
    """The logarithm of the absolute value of the gamma function.

    Examples
    --------
    >>> rg.lgamma(rg.tensor([1.0, 5.0]))
    tensor([0.0000, 3.1781])
    """

    def forward(kernels, input):
        return kernels.lgamma(input)

    def vjp_input(g, input):
        return g * digamma(input)


class Digamma(Op, floats=True):
    """The derivative of `lgamma`.

    Examples
    --------
    >>> rg.digamma(rg.tensor([1.0, 0.5]))
    tensor([-0.5772, -1.9635])
    """

    def forward(kernels, input):
        return kernels.digamma(input)

    def vjp_input(g, input):
        return g * polygamma(1, input)


class Polygamma(Op, floats=True):
    """The derivative number `n`, at least 1, of `digamma`."""

    def forward(kernels, input, *, n):
        return kernels.polygamma(n, input)

    def vjp_input(g, input, n):
        return g * polygamma(n + 1, input)


lgamma = Lgamma.function
digamma = Digamma.function


@public
def polygamma(n: int, input: Any) -> Any:
    """The derivative number `n` of `digamma`.

    Examples
    --------
    >>> rg.polygamma(1, rg.tensor([1.0]))
    tensor([1.6449])
    """
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, got {n}")
    return Polygamma.function(input, n=n) if n else digamma(input)


@public
def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the gamma function of `p` dimensions.

    ``sum(lgamma(input - k / 2) for k < p) + p (p - 1) / 4 log(pi)``, for ``input > (p - 1) / 2``.

    Examples
    --------
    >>> rg.mvlgamma(rg.tensor([2.0]), 2)
    tensor([0.4516])
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    total = lgamma(input)
    for k in range(1, p):
        total = total + lgamma(input - k / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


class Betaln(Op, broadcasts=True, floats=True):
    """The logarithm of the absolute value of the beta function."""

    def forward(kernels, input, other):
        return kernels.betaln(input, other)

    def vjp_input(g, input, other):
        return g * (digamma(input) - digamma(input + other))

    def vjp_other(g, input, other):
        return g * (digamma(other) - digamma(input + other))


@public
def betaln(input: Any, other: Any) -> Any:
    """``lgamma(input) + lgamma(other) - lgamma(input + other)``, exact where these are large too.

    Examples
    --------
    >>> rg.special.betaln(rg.tensor([1.0, 1e6]), rg.tensor([2.0, 1.0]))
    tensor([ -0.6931, -13.8155])
    """
    return Betaln.function(*both_tensors(input, other))


@public
def beta(input: Any, other: Any) -> Any:
    """The beta function, ``gamma(input) gamma(other) / gamma(input + other)``, of positive elements.

    Examples
    --------
    >>> rg.special.beta(rg.tensor([1.0, 0.5]), rg.tensor([2.0, 0.5]))
    tensor([0.5000, 3.1416])
    """
    return exp(betaln(input, other))
