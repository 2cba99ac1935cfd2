"""The generic kernels where CuPy, or a GPU, wants another way."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.backends.kernels import Kernels
from retrograd.backends.kernels.windows import (
    Padding,
    Sizes,
    as_pairs,
    exact_pads,
    pad,
    pooled_sizes,
    window_view,
)

# What CuPy can add at an index with atomic operations, and take the larger or smaller one with.
_ADDABLE = {"int32", "uint32", "uint64", "float16", "float32", "float64"}
_COMPARABLE = _ADDABLE - {"float16"}


class CudaKernels(Kernels):
    """The kernel table of NVIDIA GPUs."""

    # A GPU has no cache to stay within: few large launches are better than many small ones.
    column_bytes = 1 << 28
    methods = ("pointwise",)
    block = special_block = 1 << 62

    def __init__(self, xp: Any):
        super().__init__(xp)
        self._made: dict[Any, Any] = {}

    def sum_of_products(self, a: Any, b: Any, dims: tuple[int, ...]) -> Any:
        """``(a * b).sum(dims, keepdims=True)``: two launches, where `einsum` takes more."""
        return (a * b).sum(axis=dims, keepdims=True)

    # --- pooling: a launch for all elements of the windows instead of several for each ------------

    def max_pool_values(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        ceil_mode: bool,
    ) -> Any:
        """Maxima of the windows alone."""
        windows = self._windows(x, kernel, stride, padding, dilation, ceil_mode)
        return windows.max(axis=tuple(range(1, len(kernel) + 1)))

    def max_pool(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        ceil_mode: bool,
    ) -> tuple[Any, Any]:
        """Maxima of the windows and where they are: the first of equal ones, the last NaN."""
        xp, taps = self.xp, prod(kernel)
        windows = self._windows(x, kernel, stride, padding, dilation, ceil_mode)
        counts = windows.shape[len(kernel) + 2 :]
        windows = windows.reshape(x.shape[0], taps, x.shape[1], *counts)
        first, step, inside = self._geometry(
            x.shape[2:], counts, kernel, stride, padding, dilation, ceil_mode
        )
        y = windows.max(axis=1)
        found = windows == y[:, None]
        found &= inside
        tap = found.argmax(axis=1)
        if x.dtype.kind == "f":
            # Whether there is a NaN is not known here: looking would wait for the result.
            last = taps - 1 - xp.isnan(windows)[:, ::-1].argmax(axis=1)
            tap = xp.where(xp.isnan(y), last, tap)
        return y, xp.take(step, tap) + first

    def _windows(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        ceil_mode: bool,
    ) -> Any:
        """The elements of the windows as (N, *kernel, C, *counts): a view of the padded input."""
        sizes, pads = x.shape[2:], as_pairs(padding)
        counts = pooled_sizes(sizes, kernel, stride, pads, dilation, ceil_mode)
        pads = exact_pads(sizes, counts, kernel, stride, [b for b, _ in pads], dilation)
        windows = pad(self.xp, x, pads, self._lowest(x.dtype))
        for axis in reversed(range(len(kernel))):
            at = windows.ndim - len(kernel) + axis
            windows = window_view(self.xp, windows, at, kernel[axis], stride[axis], dilation[axis])
        return windows

    def _geometry(
        self,
        sizes: Sizes,
        counts: Sizes,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        ceil_mode: bool,
    ) -> tuple[Any, Any, Any]:
        """What `_tap_positions` gives, and which taps are not in the padding: made once each."""
        settings = (counts, sizes, kernel, stride, padding, dilation)
        key = (self.xp.cuda.Device().id, ceil_mode, *map(tuple, settings))
        if key not in self._made:
            within = self.xp.ones((1, 1, *sizes), dtype=bool)
            within = self._windows(within, kernel, stride, padding, dilation, ceil_mode)
            within = within.reshape(1, prod(kernel), 1, *counts)
            self._made[key] = (*self._tap_positions(*settings), within)
        return self._made[key]

    # --- adding at an index -----------------------------------------------------------------------

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
