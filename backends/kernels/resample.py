"""Resampling along one dimension: which elements each output reads, with which weights."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Taps(NamedTuple):
    """Along a dimension of length `size` output i is the sum of ``weights[k, i] * x[index[k, i]]``.

    Both are (taps, outputs); `weights` is None for one tap of weight 1.
    """

    size: int
    index: Any
    weights: Any


class ResampleKernels:
    """The resampling entries of the kernel table.

    Positions are computed in float32 for float32 inputs, as PyTorch does. `scale` is the number of
    input elements per output element.
    """

    xp: Any

    def nearest_taps(self, size: int, outputs: int, scale: float, exact: bool) -> Taps:
        """The element whose span holds the output's left end, or with `exact` its centre."""
        xp = self.xp
        position = xp.arange(outputs, dtype=xp.float32)
        if exact:
            position = position + xp.float32(0.5)
        index = xp.floor(position * xp.float32(scale)).astype(xp.int64)
        return Taps(size, xp.minimum(index, size - 1)[None], None)

    def linear_taps(self, size: int, outputs: int, scale: float, align: bool, dtype: Any) -> Taps:
        """The two elements around the output's place."""
        xp = self.xp
        place = xp.maximum(self._places(outputs, scale, align, dtype), dtype.type(0))
        first = xp.minimum(xp.floor(place).astype(xp.int64), size - 1)
        second = xp.minimum(first + 1, size - 1)
        share = xp.clip(place - first.astype(dtype), 0, 1)
        return Taps(size, xp.stack([first, second]), xp.stack([1 - share, share]))

    def cubic_taps(self, size: int, outputs: int, scale: float, align: bool, dtype: Any) -> Taps:
        """Cubic convolution of four elements with a = -0.75 (Keys, 1981); the edges go on."""
        xp = self.xp
        place = self._places(outputs, scale, align, dtype)
        first = xp.floor(place)
        share = place - first
        index = first.astype(xp.int64) + xp.arange(-1, 3)[:, None]
        weights = xp.stack([_cubic(xp, xp.abs(share - k), -0.75) for k in (-1, 0, 1, 2)])
        return Taps(size, xp.clip(index, 0, size - 1), weights)

    def smooth_taps(self, size: int, outputs: int, scale: float, cubic: bool, dtype: Any) -> Taps:
        """A triangle, or a cubic with a = -0.5, widened by `scale` where that shrinks the input."""
        xp = self.xp
        widened = max(scale, 1.0)
        support = (2.0 if cubic else 1.0) * widened
        centre = (xp.arange(outputs) + 0.5) * scale
        first = xp.maximum((centre - support + 0.5).astype(xp.int64), 0)
        last = xp.minimum((centre + support + 0.5).astype(xp.int64), size)
        index = first + xp.arange(2 * math.ceil(support) + 1)[:, None]
        distance = xp.abs((index - centre + 0.5) / widened)
        weights = _cubic(xp, distance, -0.5) if cubic else xp.maximum(1.0 - distance, 0.0)
        weights = xp.where(index < last, weights, 0.0)
        weights /= weights.sum(axis=0)
        return Taps(size, xp.minimum(index, size - 1), weights.astype(dtype))

    def resample(self, x: Any, axis: int, taps: Taps) -> Any:
        """Read `x` along `axis` as the taps say."""
        xp = self.xp
        if taps.weights is None:
            return xp.take(x, taps.index[0], axis=axis)
        shape = (-1, *[1] * (x.ndim - axis - 1))
        total = xp.take(x, taps.index[0], axis=axis)
        total *= taps.weights[0].reshape(shape)
        for index, weight in zip(taps.index[1:], taps.weights[1:], strict=True):
            part = xp.take(x, index, axis=axis)
            part *= weight.reshape(shape)
            total += part
        return total

    def resample_adjoint(self, g: Any, axis: int, taps: Taps) -> Any:
        """The adjoint of `resample`, as a product with the matrix of the weights."""
        xp = self.xp
        outputs = g.shape[axis]
        weights = taps.weights
        if weights is None:
            weights = xp.ones((1, outputs), dtype=g.dtype)
        matrix = xp.zeros((outputs, taps.size), dtype=g.dtype)
        rows = xp.arange(outputs)
        for index, weight in zip(taps.index, weights, strict=True):
            matrix[rows, index] += weight.astype(g.dtype, copy=False)
        return xp.ascontiguousarray(xp.matmul(g.swapaxes(axis, -1), matrix).swapaxes(axis, -1))

    def _places(self, outputs: int, scale: float, align: bool, dtype: Any) -> Any:
        """Where the centres of the outputs lie among the input's elements."""
        numbers = self.xp.arange(outputs, dtype=dtype)
        factor = dtype.type(scale)
        return numbers * factor if align else (numbers + dtype.type(0.5)) * factor - dtype.type(0.5)


def _cubic(xp: Any, distance: Any, a: float) -> Any:
    """The kernel of cubic convolution at a `distance` that is not negative."""
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = (((distance - 5) * distance + 8) * distance - 4) * a
    return xp.where(distance <= 1, near, xp.where(distance < 2, far, distance.dtype.type(0)))
