"""Sums over dimensions."""

from __future__ import annotations

from typing import Any


class ReductionKernels:
    """The sums of the kernel table."""

    xp: Any

    def sum(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """The sum of a floating point array over the dimensions `dim`, counted from the front."""
        return x.sum(axis=dim, keepdims=keepdims)
