"""Softmax and its logarithm along one dimension, the backward pass of both, and losses of classes."""

from __future__ import annotations

from typing import Any


class SoftmaxKernels:
    """The softmax entries of the kernel table; `dim` is a tuple of one, or of none for 0-d arrays."""

    xp: Any

    def softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """``exp(x) / sum(exp(x))``, without overflow."""
        out = self.xp.asarray(x - largest(x, dim))
        self.xp.exp(out, out=out)
        out /= out.sum(axis=dim, keepdims=True)
        return out

    def softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """The gradient of `softmax` from its result."""
        result = self.xp.asarray(g * out)
        total = result.sum(axis=dim, keepdims=True)
        self.xp.subtract(g, total, out=result)
        result *= out
        return result

    def log_softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """The logarithm of `softmax`, exact where that would round to 0."""
        out = x - largest(x, dim)
        out -= self.xp.log(self.xp.exp(out).sum(axis=dim, keepdims=True))
        return out

    def log_softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """The gradient of `log_softmax` from its result."""
        result = self.xp.exp(out)
        result *= g.sum(axis=dim, keepdims=True)
        return g - result

    def logsumexp(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """``log(sum(exp(x)))`` over the dimensions `dim`, without overflow."""
        xp, top = self.xp, largest(x, dim)
        # inf - inf would be NaN; the sum of what is left is right without the shift.
        shift = xp.where(xp.isfinite(top), top, 0.0)
        out = xp.log(xp.exp(x - shift).sum(axis=dim, keepdims=True))
        out = xp.asarray(out + shift)
        return out if keepdims else out.reshape([n for k, n in enumerate(x.shape) if k not in dim])

    def logsumexp_grad(self, g: Any, x: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """The gradient of `logsumexp`, which gave `out`."""
        kept = [1 if k in dim else n for k, n in enumerate(x.shape)]
        result = self.xp.asarray(x - out.reshape(kept))
        self.xp.exp(result, out=result)
        result *= g.reshape(kept)
        return result

    def cross_entropy(
        self, x: Any, target: Any, weight: Any, ignore_index: int, reduction: str
    ) -> tuple[Any, Any, Any, Any]:
        """`class_loss` of the `log_softmax` of logits (M, C); and each sample's gradient by them.

        That is the gradient of its term without the factor `scale`, which comes behind it.
        """
        log_probs = self.log_softmax(x, (1,))
        loss, scale, safe = self.class_loss(log_probs, target, weight, ignore_index, reduction)
        slopes = self.xp.exp(log_probs, out=log_probs)
        slopes[self.xp.arange(len(slopes)), safe] -= 1
        return loss, slopes, scale, safe

    def class_loss(
        self, log_probs: Any, target: Any, weight: Any, ignore_index: int, reduction: str
    ) -> tuple[Any, Any, Any]:
        """``-sum_i scale_i * log_probs[i, target_i]``, or each term; `scale`, and harmless classes.

        `scale` is the factor of each sample, or one for all: the weight of its class, 0 where that is
        `ignore_index`, over their sum for the mean. Where all are ignored the mean is NaN, 0 / 0, but
        no NaN goes back: their factor is 0, and their log-probability, -inf maybe, is not looked at.
        """
        xp, dtype = self.xp, log_probs.dtype
        kept = target != ignore_index
        safe = xp.where(kept, target, 0)
        scale = kept.astype(dtype)
        if weight is not None:
            scale *= weight[safe]
        losses = xp.where(kept, -(scale * log_probs[xp.arange(len(safe)), safe]), 0.0)
        loss = losses if reduction == "none" else losses.sum()
        if reduction == "mean":
            total = scale.sum()
            loss = loss / total
            scale = xp.where(kept, scale / total, 0.0)
        return loss.astype(dtype), scale.astype(dtype), safe


def largest(x: Any, dim: tuple[int, ...]) -> Any:
    """The largest element along `dim`, kept; of nothing -inf."""
    if x.size:
        return x.max(axis=dim, keepdims=True)
    return x.sum(axis=dim, keepdims=True) - float("inf")
