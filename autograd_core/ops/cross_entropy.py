"""The cross-entropy of logits or log-probabilities and classes: one node for the whole loss."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.gathering import GatherAdjoint
from retrograd.autograd_core.ops.shape import expand_to, reshape_to
from retrograd.autograd_core.ops.softmax import Softmax


class CrossEntropy(Op, keeps=("slopes", "scale", "safe")):
    """``-sum_i scale_i * log_softmax(input)[i, target_i]`` of logits (M, C) and classes (M,).

    `scale` is the class's weight, 0 where the class is `ignore_index`, over their sum for the mean.
    """

    def forward(kernels, input, target, weight=None, *, ignore_index, reduction):
        return kernels.cross_entropy(input, target, weight, ignore_index, reduction)

    def vjp_input(g, input, input_shape, scale, safe):
        column = _column(g, scale, input_shape[0])
        likely = Softmax.function(input, dim=(1,)) * column
        return likely - _at_classes(column, safe, input_shape)

    def fused(xp, g, needs, slopes, scale):
        factor = g * scale
        return (slopes * (factor.reshape(-1, 1) if factor.ndim else factor), None, None)


class ClassLikelihood(Op, name="nll_loss", keeps=("scale", "safe")):
    """``-sum_i scale_i * input[i, target_i]`` of log-probabilities (M, C); see `CrossEntropy`."""

    def forward(kernels, input, target, weight=None, *, ignore_index, reduction):
        return kernels.class_loss(input, target, weight, ignore_index, reduction)

    def vjp_input(g, input_shape, scale, safe):
        return -_at_classes(_column(g, scale, input_shape[0]), safe, input_shape)

    def fused(xp, g, needs, input_shape, scale, safe):
        result = xp.zeros(input_shape, g.dtype)
        result[xp.arange(len(result)), safe] = -(g * scale)
        return (result, None, None)


def _column(g: Any, scale: Any, count: int) -> Any:
    """The cotangent of each sample's log-probability as a column, without the sign."""
    return reshape_to(expand_to(g * scale, (count,)), (count, 1))


def _at_classes(column: Any, classes: Any, shape: tuple[int, ...]) -> Any:
    """Zeros with each sample's number at its class."""
    return GatherAdjoint.function(column, reshape_to(classes, (-1, 1)), dim=1, shape=shape)


cross_entropy = CrossEntropy.function
class_likelihood = ClassLikelihood.function

__all__: list[str] = []
