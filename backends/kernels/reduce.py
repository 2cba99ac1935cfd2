"""Sums over dimensions, and running sums."""

from __future__ import annotations

from typing import Any


class ReductionKernels:
    """The sums of the kernel table."""

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
