"""Losses of the difference of two arrays, one node each: the mean square, and Huber's."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.rounding import clamp


class MeanSquaredError(Op):
    """``mean((input - target)**2)`` of two arrays of one shape."""

    def forward(kernels, input, target):
        difference = input - target
        total = kernels.sum(difference * difference, tuple(range(difference.ndim)))
        return total / difference.size

    def vjp_input(g, input, target, input_shape):
        return (input - target) * (g * _slope(input_shape))

    def vjp_target(g, input, target, input_shape):
        return (target - input) * (g * _slope(input_shape))


def _slope(shape: tuple[int, ...]) -> float:
    return 2.0 / max(prod(shape), 1)


class Huber(Op, broadcasts=True, floats=True):
    """With d = ``|input - target|``: ``d^2 / 2`` up to `delta`, ``delta (d - delta / 2)`` beyond.

    All of it times `scale`.
    """

    def forward(xp, input, target, *, delta, scale):
        distance = xp.abs(input - target)
        near = xp.minimum(distance, delta)
        loss = near * (distance - near * 0.5)
        return loss if scale == 1 else loss * scale

    def vjp_input(g, input, target, delta, scale):
        return _limited(input - target, delta, scale) * g

    def vjp_target(g, input, target, delta, scale):
        return _limited(target - input, delta, scale) * g


def _limited(difference: Any, delta: float, scale: float) -> Any:
    limited = clamp(difference, -delta, delta)
    return limited if scale == 1 else limited * scale


mean_squared_error = MeanSquaredError.function
huber = Huber.function

__all__: list[str] = []
