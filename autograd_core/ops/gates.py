"""Activation functions that weigh the input by a gate made of it: silu, mish, gelu, glu."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.modes import state
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.activations import apply, softplus
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.elementwise import Sigmoid, exp, sigmoid
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.special import ndtr
from retrograd.autograd_core.ops.trigonometry import tanh
from retrograd.backends.kernels.pointwise import FEW

__all__ = ["gelu", "glu", "mish", "silu"]

_ROOT = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


class Silu(Op, keeps=("gate",)):
    """``input * sigmoid(input)``."""

    def forward(kernels, input):
        if input.size < FEW:
            gate = Sigmoid.forward(kernels, input)
            return input * gate, gate
        return kernels.silu(input, state.grad)

    def vjp_input(g, input):
        gate = sigmoid(input)
        return g * (gate * (input * (1.0 - gate) + 1.0))

    def fused(kernels, g, needs, input, gate):
        return (kernels.silu_grad(g, input, gate),)


class Mish(Op, keeps=("factor",)):
    """``input * tanh(log(1 + exp(input)))``."""

    def forward(kernels, input):
        return kernels.blocked(_mish, input, count=2)

    def vjp_input(g, input):
        factor = tanh(softplus(input))
        return g * (factor + input * sigmoid(input) * (1.0 - factor * factor))

    def fused(kernels, g, needs, input, factor):
        return (kernels.blocked(_mish_slope, input, factor, g),)


def _mish(xp, x, out, factor):
    # tanh(log(1 + w)) is n / (n + 2) with n = w (w + 2), which is 1 to rounding from 20 on.
    xp.minimum(x, 20.0, out=factor)
    xp.exp(factor, out=factor)
    xp.add(factor, 2.0, out=out)
    factor *= out
    xp.add(factor, 2.0, out=out)
    factor /= out
    xp.multiply(x, factor, out=out)


def _mish_slope(xp, x, factor, g, out):
    gated = xp.negative(x)
    gated = xp.exp(gated)
    gated += 1.0
    gated = x / gated
    xp.multiply(factor, factor, out=out)
    xp.subtract(1.0, out, out=out)
    out *= gated
    out += factor
    out *= g


class Gelu(Op, keeps=("share",)):
    """``input * ndtr(input)``."""

    def forward(kernels, input):
        return kernels.gelu(input, state.grad)

    def vjp_input(g, input):
        density = exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))
        return g * (ndtr(input) + input * density)

    def fused(kernels, g, needs, input, share):
        return (kernels.gelu_grad(g, input, share),)


class GeluTanh(Op, keeps=("curve",)):
    """``input * (1 + tanh(sqrt(2 / pi) (input + 0.044715 input**3))) / 2``."""

    def forward(kernels, input):
        return kernels.gelu_tanh(input)

    def vjp_input(g, input):
        square = input * input
        curve = tanh(input * (square * (_CUBIC * _ROOT) + _ROOT))
        inner = square * (3 * _CUBIC * _ROOT) + _ROOT
        return g * (0.5 * (curve + 1.0) + 0.5 * input * (1.0 - curve * curve) * inner)

    def fused(kernels, g, needs, input, curve):
        return (kernels.gelu_tanh_grad(g, input, curve),)


def silu(input: Any, inplace: bool = False) -> Any:
    """``input * sigmoid(input)``, also called swish.

    Examples
    --------
    >>> rg.nn.functional.silu(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    return apply(Silu, input, inplace)


def mish(input: Any, inplace: bool = False) -> Any:
    """``input * tanh(softplus(input))`` (Misra, 2019).

    Examples
    --------
    >>> rg.nn.functional.mish(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """
    return apply(Mish, input, inplace)


def gelu(input: Any, approximate: str = "none") -> Any:
    """``input`` times the probability that a normal variable is below it (Hendrycks, Gimpel, 2016).

    Parameters
    ----------
    approximate : {"none", "tanh"}
        Whether to use the authors' approximation by a tanh.

    Examples
    --------
    >>> rg.nn.functional.gelu(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate == "none":
        return Gelu.function(input)
    if approximate == "tanh":
        return GeluTanh.function(input)
    raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")


def glu(input: Any, dim: int = -1) -> Any:
    """The first half along `dim` times the sigmoid of the second (Dauphin et al., 2016).

    Examples
    --------
    >>> rg.nn.functional.glu(rg.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    if input.ndim == 0:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    axis = one_dim(dim, input.ndim)
    size = input.shape[axis]
    if size % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {axis} is size {size}, in an input of "
            f"shape {list(input.shape)}"
        )
    before = (slice(None),) * axis
    values = slice_of(input, (*before, slice(0, size // 2)))
    gates = slice_of(input, (*before, slice(size // 2, size)))
    return values * sigmoid(gates)
