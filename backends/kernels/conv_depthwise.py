"""Convolution of each channel by itself, as products of strips of rows with a band matrix.

A channel's kernel is too small for a matrix product. But q neighbouring outputs along the last
dimension depend on a strip of (q - 1) stride + reach inputs (of each row of the kernel) through a
band matrix of the kernel's elements, and all strips of a channel have it in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

from retrograd.backends.kernels.conv_columns import Windows
from retrograd.backends.kernels.windows import Sizes, chunks, pad, placement


class DepthwiseConv:
    """Correlations of (N, C, *spatial) with (C, 1, *kernel).

    Strips are (N, C, *counts but the last, pieces, *kernel but the last, span).
    """

    xp: Any
    scratch: Callable[..., Any]

    # Outputs of a strip at most: the shorter, the fewer products with zeros; the longer, the less
    # neighbouring strips overlap. And the bytes of a block of strips.
    strip_outputs = 16
    strip_bytes = 1 << 20

    def _depthwise_correlate(self, x: Any, w: Any, windows: Windows) -> Any:
        """Correlate `x` with `w` at the `windows`."""
        xp, width = self.xp, windows.counts[-1]
        whole, pieces = self._in_pieces(windows)
        band = self._band(w, whole, pieces)
        y = xp.empty((*x.shape[:2], *whole.counts), dtype=x.dtype)
        for samples, strips in self._strips(x, whole, pieces):
            out = y[samples].reshape(*strips.shape[:3], band.shape[2])
            xp.matmul(strips, band, out=out)
        return y if whole.counts[-1] == width else xp.ascontiguousarray(y[..., :width])

    def _depthwise_weight_grad(self, g: Any, x: Any, w_shape: Sizes, windows: Windows) -> Any:
        """The adjoint of `_depthwise_correlate` in `w`."""
        xp = self.xp
        whole, pieces = self._in_pieces(windows)
        g = self._lengthened(g, whole)
        band = xp.zeros(self._band_shape(w_shape[0], whole, pieces), dtype=g.dtype)
        for samples, strips in self._strips(x, whole, pieces):
            rows = g[samples].reshape(*strips.shape[:3], band.shape[2])
            band += xp.matmul(strips.swapaxes(2, 3), rows).sum(axis=0)
        return self._diagonals(band, whole, pieces).sum(axis=-1).reshape(w_shape)

    def _depthwise_input_grad(self, g: Any, w: Any, x_shape: Sizes, windows: Windows) -> Any:
        """The adjoint of `_depthwise_correlate` in `x`."""
        xp = self.xp
        whole, pieces = self._in_pieces(windows)
        g = self._lengthened(g, whole)
        band = self._band(w, whole, pieces).swapaxes(1, 2)
        inverse = [(-before, -after) for before, after in whole.pads(x_shape[2:])]
        dx = xp.empty(x_shape, dtype=g.dtype)
        for samples in self._samples(x_shape, whole, pieces, g.dtype):
            part = g[samples]
            shape = self._strip_shape(part.shape[:2], whole, pieces)
            strip_count = prod(whole.counts[:-1]) * pieces
            rows = part.reshape(*shape[:2], strip_count, band.shape[1])
            out = self.scratch("columns", (*rows.shape[:3], band.shape[2]), g.dtype)
            strips = xp.matmul(rows, band, out=out).reshape(shape)
            dx[samples] = pad(xp, self._join(strips, whole, pieces), inverse)
        return dx

    def _in_pieces(self, windows: Windows) -> tuple[Windows, int]:
        """The windows, with as many more in the last dimension as make equal pieces, and these."""
        width = windows.counts[-1]
        pieces = -(-width // self.strip_outputs)
        counts = (*windows.counts[:-1], pieces * -(-width // pieces))
        return windows._replace(counts=counts), pieces

    def _lengthened(self, g: Any, whole: Windows) -> Any:
        """A cotangent with zeros for the windows that were added."""
        more = whole.counts[-1] - g.shape[-1]
        return self.xp.ascontiguousarray(pad(self.xp, g, [(0, more)]))

    def _strip_shape(self, lead: Sizes, whole: Windows, pieces: int) -> tuple[int, ...]:
        """The shape of the strips of (N, C) channels."""
        *above, width = whole.counts
        span = _span(width // pieces, whole)
        return (*lead, *above, pieces, *whole.kernel[:-1], span)

    def _samples(self, x_shape: Sizes, whole: Windows, pieces: int, dtype: Any) -> Iterator[slice]:
        """Cut the samples into blocks."""
        each = prod(self._strip_shape((1, x_shape[1]), whole, pieces)) * dtype.itemsize
        return chunks(x_shape[0], max(self.strip_bytes // max(each, 1), 1))

    def _strips(self, x: Any, whole: Windows, pieces: int) -> Iterator[tuple[slice, Any]]:
        """Yield blocks of samples and their strips as matrices (N, C, strips, elements)."""
        xp = self.xp
        source, target = placement(x.shape[2:], whole.pads(x.shape[2:]))
        for samples in self._samples(x.shape, whole, pieces, x.dtype):
            block = x[samples]
            padded = self.scratch("padded", (*block.shape[:2], *whole.reach), x.dtype)
            padded[...] = 0
            padded[(..., *target)] = block[(..., *source)]
            shape = self._strip_shape(block.shape[:2], whole, pieces)
            n, c, *above, last = padded.strides
            step = whole.counts[-1] // pieces * whole.stride[-1] * last
            down = [stride * s for stride, s in zip(above, whole.stride)]
            taps = [stride * d for stride, d in zip(above, whole.dilation)]
            strides = (n, c, *down, step, *taps, last)
            strips = self.scratch("columns", shape, x.dtype)
            strips[...] = xp.lib.stride_tricks.as_strided(padded, shape=shape, strides=strides)
            rows = prod(shape[2 : len(above) + 3])
            yield samples, strips.reshape(*shape[:2], rows, prod(shape[len(above) + 3 :]))

    def _join(self, strips: Any, whole: Windows, pieces: int) -> Any:
        """The adjoint of cutting a padded array into strips: add them up where they came from."""
        above = whole.kernel[:-1]
        step = whole.counts[-1] // pieces * whole.stride[-1]
        padded = self.scratch("padded", (*strips.shape[:2], *whole.reach), strips.dtype)
        padded[...] = 0
        for *tap, piece in product(*map(range, above), range(pieces)):
            places = [
                slice(t * d, t * d + (o - 1) * s + 1, s)
                for t, d, o, s in zip(tap, whole.dilation, whole.counts, whole.stride)
            ]
            where = (..., *places, slice(piece * step, piece * step + strips.shape[-1]))
            every = (slice(None),) * (2 + len(above))
            padded[where] += strips[(*every, piece, *tap)]
        return padded

    def _band(self, w: Any, whole: Windows, pieces: int) -> Any:
        """The band matrices of all channels, (C, elements of a strip, outputs of a strip)."""
        band = self.xp.zeros(self._band_shape(w.shape[0], whole, pieces), dtype=w.dtype)
        taps = w.reshape(w.shape[0], prod(whole.kernel[:-1]), whole.kernel[-1], 1)
        self._diagonals(band, whole, pieces)[...] = taps
        return band

    def _band_shape(self, channels: int, whole: Windows, pieces: int) -> tuple[int, int, int]:
        outputs = whole.counts[-1] // pieces
        return channels, prod(whole.kernel[:-1]) * _span(outputs, whole), outputs

    def _diagonals(self, band: Any, whole: Windows, pieces: int) -> Any:
        """Where the kernel's elements are in the band matrices: a view (C, above, last, outputs)."""
        outputs = whole.counts[-1] // pieces
        above, element = prod(whole.kernel[:-1]), band.strides[-1]
        shape = (band.shape[0], above, whole.kernel[-1], outputs)
        strides = (
            band.strides[0],
            _span(outputs, whole) * outputs * element,
            whole.dilation[-1] * outputs * element,
            (whole.stride[-1] * outputs + 1) * element,
        )
        return self.xp.lib.stride_tricks.as_strided(band, shape=shape, strides=strides)


def _span(outputs: int, windows: Windows) -> int:
    """How many inputs along the last dimension so many outputs depend on."""
    reach = windows.dilation[-1] * (windows.kernel[-1] - 1)
    return (outputs - 1) * windows.stride[-1] + reach + 1
