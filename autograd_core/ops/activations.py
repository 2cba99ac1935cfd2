"""Activation functions, with the signatures of `torch.nn.functional`."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.comparison import masked, where
from retrograd.autograd_core.ops.elementwise import abs, exp, sigmoid
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import reshape_to
from retrograd.autograd_core.ops.trigonometry import tanh
from retrograd.autograd_core.views import in_place
from retrograd.backends.kernels.activations import hardsigmoid as hardsigmoid_of
from retrograd.backends.kernels.pointwise import FEW, keep_where

__all__ = [
    "celu",
    "elu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "logsigmoid",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "softplus",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
]


def apply(op: type[Op], input: Any, inplace: bool, **attributes: Any) -> Any:
    """The result of `op`, written over `input` if asked for."""
    if inplace:
        return in_place(op.function, f"{op.name}_")(input, **attributes)
    return op.function(input, **attributes)


# --- linear in pieces -----------------------------------------------------------------------------


class Relu(Op):
    """The positive part of each element; its gradient at 0 is 0."""

    def forward(xp, input):
        return xp.maximum(input, 0)

    def vjp_input(g, out):
        # Other than 0 are the positive ones and, as in PyTorch, NaN.
        return masked(g, out != 0)

    def fused(kernels, g, needs, out):
        if out.size < FEW:
            return (Relu.vjp_input(g, out),)
        return (kernels.blocked(_where_not_zero, out, g),)


def _where_not_zero(xp, x, g, out):
    keep_where(xp, g, x != 0, out)


class LeakyRelu(Op):
    """``input`` where positive, else ``input * slope``."""

    def forward(kernels, input, *, slope):
        if 0 < slope <= 1 and input.dtype.kind == "f":
            if input.size < FEW:
                return kernels.xp.maximum(input, input * slope)
            return kernels.leaky_relu(input, slope)
        return kernels.xp.where(input > 0, input, input * slope)

    def vjp_input(g, input, slope):
        return where(input > 0, g, g * slope)

    def fused(kernels, g, needs, input, slope):
        if not 0 <= slope <= 1:
            return (LeakyRelu.vjp_input(g, input, slope),)
        return (kernels.leaky_relu_grad(g, input, slope),)


class Prelu(Op, broadcasts=True):
    """``input`` where positive, else ``input * weight``."""

    def forward(xp, input, weight):
        return xp.where(input > 0, input, input * weight)

    def vjp_input(g, input, weight):
        return where(input > 0, g, g * weight)

    def vjp_weight(g, input):
        return masked(g * input, input <= 0)


class Hardtanh(Op):
    """The elements moved into [low, high]; no gradient at the ends, unlike `clamp`."""

    def forward(xp, input, *, low, high):
        return input.clip(low, high)

    def vjp_input(g, input, low, high):
        return masked(g, (input > low) & (input < high))

    def fused(kernels, g, needs, input, low, high):
        def inside(xp, x, g, out):
            keep_where(xp, g, (x > low) & (x < high), out)

        return (kernels.blocked(inside, input, g),)


class Hardsigmoid(Op):
    """``input / 6 + 1 / 2`` moved into [0, 1]."""

    def forward(kernels, input):
        return kernels.blocked(hardsigmoid_of, input)

    def vjp_input(g, input):
        return masked(g / 6.0, (input > -3.0) & (input < 3.0))

    def fused(kernels, g, needs, input):
        def inside(xp, x, g, out):
            keep_where(xp, g, (x > -3.0) & (x < 3.0), out)
            out *= 1 / 6

        return (kernels.blocked(inside, input, g),)


class Hardswish(Op):
    """``input * hardsigmoid(input)``."""

    def forward(kernels, input):
        return kernels.hardswish(input)

    def vjp_input(g, input):
        slope = where(input >= 3.0, 1.0, input / 3.0 + 0.5)
        return masked(g * slope, ~(input <= -3.0))

    def fused(kernels, g, needs, input):
        return (kernels.hardswish_grad(g, input),)


class Hardshrink(Op):
    """The elements with those in [-lambd, lambd] set to 0."""

    def forward(xp, input, *, lambd):
        return xp.where(xp.abs(input) <= lambd, xp.zeros_like(input), input)

    def vjp_input(g, input, lambd):
        return masked(g, ~(abs(input) <= lambd))


class Softshrink(Op):
    """The elements moved toward 0 by `lambd`, and no further than 0."""

    def forward(xp, input, *, lambd):
        return input - xp.minimum(xp.maximum(input, -lambd), lambd)

    def vjp_input(g, input, lambd):
        return masked(g, abs(input) > lambd)


class Threshold(Op):
    """The elements with those not above `threshold` replaced by `value`."""

    def forward(xp, input, *, threshold, value):
        return xp.where(input <= threshold, xp.asarray(value, input.dtype), input)

    def vjp_input(g, input, threshold):
        return masked(g, input > threshold)


_relu = Relu.function
_prelu = Prelu.function
_hardtanh = Hardtanh.function


def relu(input: Any, inplace: bool = False) -> Any:
    """The positive part of each element, ``max(input, 0)``; its gradient at 0 is 0.

    Parameters
    ----------
    inplace : bool
        Write the result over `input`.

    Examples
    --------
    >>> rg.relu(rg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return apply(Relu, input, True) if inplace else _relu(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``input`` where positive, else ``input * negative_slope``.

    Examples
    --------
    >>> rg.nn.functional.leaky_relu(rg.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    return apply(LeakyRelu, input, inplace, slope=negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """``input`` where positive, else ``input * weight``.

    Parameters
    ----------
    input : Tensor, (N, C, *) or any
    weight : Tensor, (C,) or of one element
        The slope of the negative part, for each channel or for all.

    Examples
    --------
    >>> rg.nn.functional.prelu(rg.tensor([[-1.0, -2.0]]), rg.tensor([0.5, 0.1]))
    tensor([[-0.5000, -0.2000]])
    """
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    size = weight.shape[0] if weight.ndim else 1
    if size == 1:
        return _prelu(input, reshape_to(weight, ()))
    channels = input.shape[1] if input.ndim > 1 else 1
    if input.ndim == 0 or channels != size:
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{size} and channel size = {channels}; input has shape {list(input.shape)}"
        )
    return _prelu(input, reshape_to(weight, (size,) + (1,) * (input.ndim - 2)))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Each element moved into [min_val, max_val], with no gradient at the ends and beyond.

    Examples
    --------
    >>> rg.nn.functional.hardtanh(rg.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    return apply(Hardtanh, input, inplace, low=min_val, high=max_val)


def relu6(input: Any, inplace: bool = False) -> Any:
    """Each element moved into [0, 6].

    Examples
    --------
    >>> rg.nn.functional.relu6(rg.tensor([-1.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return apply(Hardtanh, input, inplace, low=0, high=6)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """``input / 6 + 1 / 2`` moved into [0, 1]: a sigmoid of three straight lines.

    Examples
    --------
    >>> rg.nn.functional.hardsigmoid(rg.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return apply(Hardsigmoid, input, inplace)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """``input * hardsigmoid(input)`` (Howard et al., 2019).

    Examples
    --------
    >>> rg.nn.functional.hardswish(rg.tensor([-4.0, 0.0, 4.0]))
    tensor([-0., 0., 4.])
    """
    return apply(Hardswish, input, inplace)


@public
def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """The elements with those in [-lambd, lambd] set to 0.

    Examples
    --------
    >>> rg.nn.functional.hardshrink(rg.tensor([-1.0, 0.3, 0.7]))
    tensor([-1.0000,  0.0000,  0.7000])
    """
    return Hardshrink.function(input, lambd=lambd)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """Each element moved toward 0 by `lambd`, and no further than 0.

    Examples
    --------
    >>> rg.nn.functional.softshrink(rg.tensor([-1.0, 0.25, 0.75]))
    tensor([-0.5000,  0.0000,  0.2500])
    """
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}")
    return Softshrink.function(input, lambd=lambd)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """``input`` where above `threshold`, else `value`.

    Examples
    --------
    >>> rg.nn.functional.threshold(rg.tensor([0.0, 2.0]), 1.0, -5.0)
    tensor([-5.,  2.])
    """
    return apply(Threshold, input, inplace, threshold=threshold, value=value)


# --- with exponentials ----------------------------------------------------------------------------


class Elu(Op):
    """``input * scale`` where positive, else ``scale * alpha * (exp(input * rate) - 1)``."""

    def forward(kernels, input, *, alpha, scale, rate):
        def elu(xp, x, out):
            xp.minimum(x, 0.0, out=out)
            if rate != 1:
                out *= rate
            xp.expm1(out, out=out)
            if alpha * scale != 1:
                out *= alpha * scale
            high = xp.maximum(x, 0.0)
            out += high if scale == 1 else high * scale

        return kernels.blocked(elu, input)

    def vjp_input(g, input, alpha, scale, rate):
        low = exp(_hardtanh(input, low=-math.inf, high=0.0) * rate) * (alpha * scale * rate)
        return g * where(input > 0.0, scale, low)

    def fused(kernels, g, needs, input, alpha, scale, rate):
        def slope(xp, x, g, out):
            xp.minimum(x, 0.0, out=out)
            if rate != 1:
                out *= rate
            xp.exp(out, out=out)
            if alpha * rate != 1.0:
                out *= xp.where(x > 0.0, 1.0, xp.asarray(alpha * rate, out.dtype))
            if scale != 1:
                out *= scale
            out *= g

        return (kernels.blocked(slope, input, g),)


class Softplus(Op):
    """``log(1 + exp(input * beta)) / beta``, and `input` itself where ``input * beta`` is large."""

    def forward(kernels, input, *, beta, threshold):
        xp = kernels.xp
        if _is_straight(xp, input, beta, threshold):
            return kernels.blocked(lambda xp, x, out: _softplus(xp, x, beta, out), input)
        scaled = input * beta
        curve = xp.log1p(xp.exp(xp.minimum(scaled, threshold))) / beta
        return xp.where(scaled > threshold, input, curve)

    def vjp_input(g, input, beta, threshold):
        scaled = input * beta
        return g * where(scaled > threshold, 1.0, sigmoid(scaled))

    def fused(kernels, g, needs, input, beta, threshold):
        if not _is_straight(kernels.xp, input, beta, threshold):
            return (Softplus.vjp_input(g, input, beta, threshold),)
        return (kernels.softplus_grad(g, input, beta),)


def _is_straight(xp, x, beta, threshold):
    """Whether to rounding the curve of softplus is a straight line above the threshold."""
    return beta > 0 and threshold > 0 and math.exp(-threshold) < xp.finfo(x.dtype).eps / 8


def _softplus(xp, x, beta, out):
    """``(max(z, 0) + log(1 + exp(-|z|))) / beta`` with ``z = beta x``."""
    xp.abs(x, out=out)
    out *= -beta
    xp.exp(out, out=out)
    xp.log1p(out, out=out)
    if beta != 1:
        out *= 1 / beta
    out += x.clip(0.0, math.inf)


class Logsigmoid(Op):
    """``log(sigmoid(input))`` without overflow.

    Examples
    --------
    >>> rg.nn.functional.logsigmoid(rg.tensor([0.0, -1000.0]))
    tensor([-6.9315e-01, -1.0000e+03])
    """

    def forward(kernels, input):
        return kernels.blocked(_logsigmoid, input)

    def vjp_input(g, input):
        return g * sigmoid(-input)

    def fused(kernels, g, needs, input):
        return (kernels.softplus_grad(g, input, -1.0),)


def _logsigmoid(xp, x, out):
    xp.abs(x, out=out)
    xp.negative(out, out=out)
    xp.exp(out, out=out)
    xp.log1p(out, out=out)
    xp.subtract(xp.minimum(x, 0.0), out, out=out)


class Softsign(Op):
    """``input / (1 + |input|)``.

    Examples
    --------
    >>> rg.nn.functional.softsign(rg.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """

    def forward(xp, input):
        return input / (xp.abs(input) + 1.0)

    def vjp_input(g, input):
        size = abs(input) + 1.0
        return g / (size * size)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946

logsigmoid = Logsigmoid.function
softsign = Softsign.function


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``input`` where positive, else ``alpha * (exp(input) - 1)`` (Clevert et al., 2015).

    Examples
    --------
    >>> rg.nn.functional.elu(rg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return apply(Elu, input, inplace, alpha=alpha, scale=1.0, rate=1.0)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``input`` where positive, else ``alpha * (exp(input / alpha) - 1)`` (Barron, 2017).

    Examples
    --------
    >>> rg.nn.functional.celu(rg.tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return apply(Elu, input, inplace, alpha=alpha, scale=1.0, rate=1.0 / alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """A scaled `elu` that keeps mean 0 and variance 1 through layers (Klambauer et al., 2017).

    Examples
    --------
    >>> rg.nn.functional.selu(rg.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return apply(Elu, input, inplace, alpha=_SELU_ALPHA, scale=_SELU_SCALE, rate=1.0)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta * input)) / beta``: a smooth relu.

    Parameters
    ----------
    beta : float
        How sharp the bend is.
    threshold : float
        Where ``beta * input`` is above it the result is `input`.

    Examples
    --------
    >>> rg.nn.functional.softplus(rg.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    return Softplus.function(input, beta=beta, threshold=threshold)


def tanhshrink(input: Any) -> Any:
    """``input - tanh(input)``.

    Examples
    --------
    >>> rg.nn.functional.tanhshrink(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - tanh(input)
