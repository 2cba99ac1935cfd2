"""Softmax and its logarithm, and the backward pass of both, along one dimension."""

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


def largest(x: Any, dim: tuple[int, ...]) -> Any:
    """The largest element along `dim`, kept; of nothing -inf."""
    if x.size:
        return x.max(axis=dim, keepdims=True)
    return x.sum(axis=dim, keepdims=True) - float("inf")
