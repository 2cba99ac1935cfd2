"""The generic kernels where CuPy, or a GPU, wants another way."""

from __future__ import annotations

from typing import Any

from retrograd.backends.kernels import Kernels

# What CuPy can add at an index with atomic operations, and take the larger or smaller one with.
_ADDABLE = {"int32", "uint32", "uint64", "float16", "float32", "float64"}
_COMPARABLE = _ADDABLE - {"float16"}


class CudaKernels(Kernels):
    """The kernel table of NVIDIA GPUs."""

    # A GPU has no cache to stay within: few large launches are better than many small ones.
    column_bytes = 1 << 28
    special_block = 1 << 62

    def _may_hold_nan(self, y: Any) -> bool:
        """Looking would wait for the result: better to be ready for NaN."""
        return y.dtype.kind == "f"

    def add_at(self, total: Any, positions: Any, values: Any) -> None:
        """Add atomically, int64 as uint64: in two's complement the sums are the same."""
        xp = self.xp
        if total.dtype.name in _ADDABLE:
            xp.add.at(total, positions, values)
        elif total.dtype.name == "int64":
            xp.add.at(total.view("uint64"), positions, values.view("uint64"))
        else:
            wide = total.astype("int32")
            xp.add.at(wide, positions, values.astype("int32"))
            total[...] = wide

    def combine_at(self, ufunc: str, total: Any, positions: Any, values: Any) -> None:
        """Take the larger or smaller one atomically; multiply in rounds."""
        if ufunc == "multiply":
            self._multiply_at(total, positions, values)
        elif total.dtype.name in _COMPARABLE:
            getattr(self.xp, ufunc).at(total, positions, values)
        elif total.dtype.name == "int64":
            # With the sign bit flipped they are in the order of unsigned numbers.
            sign = self.xp.uint64(1 << 63)
            wide = total.view("uint64") ^ sign
            getattr(self.xp, ufunc).at(wide, positions, values.view("uint64") ^ sign)
            total[...] = (wide ^ sign).view("int64")
        else:
            kind = "float32" if total.dtype.kind == "f" else "int32"
            wide = total.astype(kind)
            getattr(self.xp, ufunc).at(wide, positions, values.astype(kind))
            total[...] = wide

    def _multiply_at(self, total: Any, positions: Any, values: Any) -> None:
        """Multiply by the first value for each position, then by the second, and so on."""
        xp = self.xp
        order = xp.argsort(positions)
        positions, values = positions[order], values[order]
        number = xp.arange(positions.size)
        # How many values for the same position stand before each.
        rank = number - xp.searchsorted(positions, positions)
        while positions.size:
            first = rank == 0
            total[positions[first]] *= values[first]
            later = ~first
            positions, values, rank = positions[later], values[later], rank[later] - 1
