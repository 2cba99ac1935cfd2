"""Activation functions with exponentials, and their gradients, in few passes over blocks.

A gradient is that of the input from the cotangent `g`, the input `x` or the output `out`, and
what the forward kernel gave besides its output: what it can use again, or None.
"""

from __future__ import annotations

import math
from typing import Any

from retrograd.backends.kernels.special import normal_share

_ROOT = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


class ActivationKernels:
    """The activation functions of the kernel table that pay to be computed in one go."""

    blocked: Any  # from `PointwiseKernels`
    normal_share: Any  # from `SpecialKernels`

    def sigmoid(self, x: Any) -> Any:
        """``1 / (1 + exp(-x))``."""
        return self.blocked(_sigmoid, x)

    def sigmoid_grad(self, g: Any, out: Any) -> Any:
        """``g out (1 - out)``."""
        return self.blocked(_sigmoid_slope, out, g)

    def tanh_grad(self, g: Any, out: Any) -> Any:
        """``g (1 - out^2)``."""
        return self.blocked(_tanh_slope, out, g)

    def softplus_grad(self, g: Any, x: Any, beta: float) -> Any:
        """``g sigmoid(beta x)``."""

        def slope(xp: Any, x: Any, g: Any, out: Any) -> None:
            xp.multiply(x, -beta, out=out)
            xp.exp(out, out=out)
            out += 1.0
            xp.divide(g, out, out=out)

        return self.blocked(slope, x, g)

    def silu(self, x: Any, keep: bool = True) -> tuple[Any, Any]:
        """``x sigmoid(x)``, and the sigmoid if it is to be kept, which a table may not need."""
        return self.blocked(_silu, x, count=2) if keep else (self.blocked(_silu_alone, x), None)

    def silu_grad(self, g: Any, x: Any, gate: Any) -> Any:
        """``g s (1 + x (1 - s))`` with the sigmoid s of x."""
        gate = self.sigmoid(x) if gate is None else gate
        return self.blocked(_silu_slope, x, gate, g)

    def gelu(self, x: Any, keep: bool = True) -> tuple[Any, Any]:
        """``x ndtr(x)``, and the ndtr if it is to be kept, which a table may not need."""
        if x.dtype.itemsize != 4:
            share = self.normal_share(x)
            return x * share, share
        return self.blocked(_gelu, x, count=2) if keep else (self.blocked(_gelu_alone, x), None)

    def gelu_grad(self, g: Any, x: Any, share: Any) -> Any:
        """``g (ndtr(x) + x density(x))`` of the normal distribution."""
        share = self.normal_share(x) if share is None else share
        return self.blocked(_gelu_slope, x, share, g)

    def leaky_relu(self, x: Any, slope: float) -> Any:
        """``x`` where positive, else ``x slope``, for slopes from 0 to 1."""

        def larger(xp: Any, x: Any, out: Any) -> None:
            xp.multiply(x, slope, out=out)
            xp.maximum(x, out, out=out)

        return self.blocked(larger, x)

    def leaky_relu_grad(self, g: Any, x: Any, slope: float) -> Any:
        """``g`` where x is positive, else ``g slope``."""

        def scaled(xp: Any, x: Any, g: Any, out: Any) -> None:
            out[...] = x > 0
            # The larger of both; `maximum` with a number does not use the CPU's vectors.
            out.clip(slope, 1.0, out=out)
            out *= g

        return self.blocked(scaled, x, g)

    def hardswish(self, x: Any) -> Any:
        """``x clip(x + 3, 0, 6) / 6``."""
        return self.blocked(_hardswish, x)

    def hardswish_grad(self, g: Any, x: Any) -> Any:
        """``g`` times 0 up to -3, 1 from 3 on, ``x / 3 + 1 / 2`` in between."""
        return self.blocked(_hardswish_slope, x, g)

    def gelu_tanh(self, x: Any) -> tuple[Any, Any]:
        """``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, and the tanh or None."""
        return self.blocked(_gelu_tanh, x, count=2)

    def gelu_tanh_grad(self, g: Any, x: Any, curve: Any) -> Any:
        """The gradient of that."""
        curve = self.blocked(_gelu_curve, x) if curve is None else curve
        return self.blocked(_gelu_tanh_slope, x, curve, g)


def _sigmoid(xp: Any, x: Any, out: Any) -> None:
    _below_one(xp, x, out)
    xp.divide(1.0, out, out=out)


def _below_one(xp: Any, x: Any, out: Any) -> None:
    """``1 + exp(-x)``, what the sigmoid has below its fraction bar."""
    xp.negative(x, out=out)
    xp.exp(out, out=out)
    out += 1.0


def _sigmoid_slope(xp: Any, x: Any, g: Any, out: Any) -> None:
    xp.subtract(1.0, x, out=out)
    out *= x
    out *= g


def _tanh_slope(xp: Any, x: Any, g: Any, out: Any) -> None:
    xp.square(x, out=out)
    xp.subtract(1.0, out, out=out)
    out *= g


def _silu(xp: Any, x: Any, out: Any, gate: Any) -> None:
    _below_one(xp, x, gate)
    xp.divide(x, gate, out=out)
    xp.divide(1.0, gate, out=gate)


def _silu_alone(xp: Any, x: Any, out: Any) -> None:
    _below_one(xp, x, out)
    xp.divide(x, out, out=out)


def _silu_slope(xp: Any, x: Any, gate: Any, g: Any, out: Any) -> None:
    xp.subtract(1.0, gate, out=out)
    out *= x
    out += 1.0
    out *= gate
    out *= g


def hardsigmoid(xp: Any, x: Any, out: Any) -> None:
    """``clip(x + 3, 0, 6) / 6``."""
    xp.add(x, 3.0, out=out)
    out.clip(0.0, 6.0, out=out)
    out *= 1 / 6


def _hardswish(xp: Any, x: Any, out: Any) -> None:
    hardsigmoid(xp, x, out)
    out *= x


def _hardswish_slope(xp: Any, x: Any, g: Any, out: Any) -> None:
    # x / 3 + 1 / 2 between -3 and 3, else 0 or 1: x / 6 in those limits, twice or once, + 1 / 2.
    sixth = x * (1 / 6)
    sixth.clip(-0.5, 0.5, out=sixth)
    inside = (x > -3.0) & (x < 3.0)
    out[...] = inside.view("int8") + 1
    out *= sixth
    out += 0.5
    out *= g


def _gelu(xp: Any, x: Any, out: Any, share: Any) -> None:
    normal_share(xp, x, share)
    xp.multiply(x, share, out=out)


def _gelu_alone(xp: Any, x: Any, out: Any) -> None:
    normal_share(xp, x, out)
    out *= x


def _gelu_slope(xp: Any, x: Any, share: Any, g: Any, out: Any) -> None:
    xp.square(x, out=out)
    out *= -0.5
    xp.exp(out, out=out)
    out *= 1 / math.sqrt(2 * math.pi)
    out *= x
    out += share
    out *= g


def _gelu_curve(xp: Any, x: Any, out: Any) -> None:
    xp.square(x, out=out)
    out *= _CUBIC * _ROOT
    out += _ROOT
    out *= x
    xp.tanh(out, out=out)


def _gelu_tanh(xp: Any, x: Any, out: Any, curve: Any) -> None:
    _gelu_curve(xp, x, curve)
    half = x * 0.5
    xp.multiply(half, curve, out=out)
    out += half


def _gelu_tanh_slope(xp: Any, x: Any, curve: Any, g: Any, out: Any) -> None:
    xp.square(x, out=out)
    out *= 3 * _CUBIC * _ROOT
    out += _ROOT
    out *= x
    rest = xp.square(curve)
    xp.subtract(1.0, rest, out=rest)
    out *= rest
    out += curve
    out += 1.0
    out *= 0.5
    out *= g
