"""Windows laid out as columns, and columns added up to an image: im2col and its adjoint."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from retrograd.backends.kernels.windows import Sizes, output_sizes, pad


class ColumnKernels:
    """The unfold entries of the kernel table; images are (N, C, *spatial)."""

    xp: Any

    def unfold(self, x: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
        """The elements of the windows, (N, C, *kernel, *windows)."""
        pads = [(p, p) for p in padding]
        counts = output_sizes(x.shape[2:], kernel, stride, pads, dilation)
        padded = pad(self.xp, x, pads)
        out = self.xp.empty((*x.shape[:2], *kernel, *counts), dtype=x.dtype)
        for tap, where in self._taps(kernel, counts, stride, dilation):
            out[(slice(None), slice(None), *tap)] = padded[where]
        return out

    def fold(
        self, columns: Any, sizes: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
    ) -> Any:
        """Add up the windows that `unfold` gives to an image of spatial `sizes`."""
        count = len(sizes)
        kernel, counts = columns.shape[2 : 2 + count], columns.shape[2 + count :]
        whole = [n + 2 * p for n, p in zip(sizes, padding, strict=True)]
        total = self.xp.zeros((*columns.shape[:2], *whole), dtype=columns.dtype)
        for tap, where in self._taps(kernel, counts, stride, dilation):
            total[where] += columns[(slice(None), slice(None), *tap)]
        inside = [slice(p, p + n) for n, p in zip(sizes, padding, strict=True)]
        return self.xp.ascontiguousarray(total[(..., *inside)])

    def _taps(
        self, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes
    ) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
        """Each position in a window, and where all windows read it in the padded image."""
        for tap in product(*map(range, kernel)):
            where = [
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, n, s, d in zip(tap, counts, stride, dilation, strict=True)
            ]
            yield tap, (..., *where)
