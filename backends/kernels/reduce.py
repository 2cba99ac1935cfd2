"""Sums and extremes over dimensions, and running sums."""

from __future__ import annotations

from typing import Any


class ReductionKernels:
    """The reductions of the kernel table."""

    xp: Any

    def sum(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """The sum of a floating point array over the dimensions `dim`, counted from the front."""
        return x.sum(axis=dim, keepdims=keepdims)

    def running_sum(self, x: Any, dim: int, step: int) -> Any:
        """The sums of all elements up to each one along `dim`, from the end for a `step` of -1.

        Added up in the widest type of their kind: the rounding errors of a running sum add up too.
        """
        floats = x.dtype.kind == "f"
        total = self.xp.flip(x, dim) if step < 0 else x
        total = total.cumsum(axis=dim, dtype="float64" if floats else "int64")
        total = self.xp.flip(total, dim) if step < 0 else total
        return total.astype(x.dtype) if floats else total

    def largest(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """The largest element over the dimensions `dim`."""
        return x.max(axis=dim, keepdims=keepdims)

    def smallest(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """The smallest element over the dimensions `dim`."""
        return x.min(axis=dim, keepdims=keepdims)

    def extreme_grad(self, g: Any, x: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """The gradient of `largest` or `smallest`, which gave `out`: equal elements share it."""
        kept = [1 if k in dim else n for k, n in enumerate(x.shape)]
        extreme = out.reshape(kept)
        chosen = x == extreme
        chosen |= (x != x) & (extreme != extreme)
        parts = g.reshape(kept) / chosen.sum(axis=dim, keepdims=True, dtype=g.dtype)
        return self.xp.where(chosen, parts, self.xp.zeros_like(parts))
