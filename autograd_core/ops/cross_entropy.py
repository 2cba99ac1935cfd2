"""The cross-entropy of logits or log-probabilities and classes: one node for the whole loss."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.gathering import GatherAdjoint
from retrograd.autograd_core.ops.shape import expand_to, reshape_to, shape_of
from retrograd.autograd_core.ops.softmax import Softmax


class CrossEntropy(Op, keeps=("log_probs", "scale", "safe")):
    """``-sum_i scale_i * log_softmax(input)[i, target_i]`` of logits (M, C) and classes (M,).

    `scale` is the class's weight, 0 where the class is `ignore_index`, over their sum for the mean.
    """

    def forward(xp, input, target, weight=None, *, ignore_index, reduction):
        log_probs = input - input.max(axis=1, keepdims=True)
        log_probs -= xp.log(xp.exp(log_probs).sum(axis=1, keepdims=True))
        loss, scale, safe = _loss(xp, log_probs, target, weight, ignore_index, reduction)
        return loss, log_probs, scale, safe

    def vjp_input(g, input, input_shape, scale, safe):
        column = _column(g, scale)
        likely = Softmax.function(input, dim=(1,)) * column
        return likely - GatherAdjoint.function(column, safe, dim=1, shape=input_shape)

    def fused(xp, g, needs, log_probs, scale, safe):
        result = xp.exp(log_probs)
        result[xp.arange(len(result)), safe[:, 0]] -= 1
        result *= (g * scale).reshape(-1, 1)
        return (result, None, None)


class ClassLikelihood(Op, keeps=("scale", "safe")):
    """``-sum_i scale_i * input[i, target_i]`` of log-probabilities (M, C); see `CrossEntropy`."""

    def forward(xp, input, target, weight=None, *, ignore_index, reduction):
        return _loss(xp, input, target, weight, ignore_index, reduction)

    def vjp_input(g, input_shape, scale, safe):
        return -GatherAdjoint.function(_column(g, scale), safe, dim=1, shape=input_shape)


def _loss(
    xp: Any, log_probs: Any, target: Any, weight: Any, ignore_index: int, reduction: str
) -> tuple[Any, Any, Any]:
    """The loss, the factor of each sample, and the classes as a column, ignored ones harmless.

    Where all are ignored the mean is NaN, 0 / 0, but no NaN goes back: an ignored sample's factor
    is 0, and its log-probability, -inf maybe, is not looked at.
    """
    kept = target != ignore_index
    safe = xp.where(kept, target, 0)
    scale = kept.astype(log_probs.dtype)
    if weight is not None:
        scale *= weight[safe]
    losses = xp.where(kept, -(scale * log_probs[xp.arange(len(safe)), safe]), 0.0)
    loss = losses if reduction == "none" else losses.sum()
    if reduction == "mean":
        total = scale.sum()
        loss = loss / total
        scale = xp.where(kept, scale / total, 0.0)
    return loss.astype(log_probs.dtype), scale.astype(log_probs.dtype), safe.reshape(-1, 1)


def _column(g: Any, scale: Any) -> Any:
    """The cotangent of each sample's log-probability as a column, without the sign."""
    weighted = g * scale
    return reshape_to(expand_to(weighted, shape_of(scale)), (shape_of(scale)[0], 1))


cross_entropy = CrossEntropy.function
class_likelihood = ClassLikelihood.function

__all__: list[str] = []
