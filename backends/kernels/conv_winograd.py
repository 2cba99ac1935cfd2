"""Convolution of tiles by the Winograd (Toom-Cook) algorithm: fewer multiplications.

A tile of m x m outputs of a k x k kernel reads 6 x 6 inputs, m = 7 - k. Seen along one axis it is a
product of polynomials, taken from their values at six points, one of them infinity:
y = A ((G w) * (B x)). So there are 36 products for a tile, where the definition has m^2 k^2: 144 for
k = 3, 100 for k = 5. Over all channels they are 36 matrix products.
[Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from retrograd.backends.kernels.conv_columns import Windows
from retrograd.backends.kernels.windows import Sizes, chunks, placement

SIZE = 6
# Besides infinity. Of the sets of small numbers the one with the smallest rounding error, half of
# that of 0, 1, -1, 2, -2. Measured in float32 on 256 channels, k = 3: root mean square 2e-6 of the
# outputs', where sums of all products have 4e-7.
POINTS = (0.0, 1.0, -1.0, 2.0, -0.5)
# One over the product of the distances to the other points.
SCALES = (1.0, -1 / 3, 1 / 3, 1 / 15, -16 / 15)
# B: the coefficients of the product of (t - other points), for infinity of all points.
INPUTS = (
    (1, 3 / 2, -2, -3 / 2, 1, 0),
    (0, -1, -5 / 2, -1 / 2, 1, 0),
    (0, 1, 1 / 2, -5 / 2, 1, 0),
    (0, -1 / 2, -1, 1 / 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 1, 3 / 2, -2, -3 / 2, 1),
)


def _outputs(tile: int) -> tuple:
    """A: powers of the points."""
    return tuple((*(p**i for p in POINTS), float(i == tile - 1)) for i in range(tile))


def _weights(kernel: int) -> tuple:
    """G: the values of a kernel at the points."""
    finite = (tuple(s * p**j for j in range(kernel)) for p, s in zip(POINTS, SCALES))
    return (*finite, tuple(float(j == kernel - 1) for j in range(kernel)))


class WinogradConv:
    """Correlations of (N, C, H, W) with (O, C, k, k), stride 1. Values are (6, 6, tiles, channels).

    Each matrix is applied to both axes of a tile in turn, which exchanges them; the second matrix of
    a computation exchanges them back. An infinity or NaN would spread over its tile, so such results
    are left to the columns, which keep them in their windows.
    """

    xp: Any
    scratch: Callable[..., Any]

    # Bytes of the values of a block of tiles, which should stay in the second-level cache, and tiles
    # that a matrix product should have. Measured on 16x64x32x32: 7.5 ms with 0.6 MB, 10 with 2.4.
    winograd_bytes = 1 << 19
    winograd_tiles = 64
    # Of fewer channels products with columns take less time: of 32 in 16x32x32x32, 5x5, 6.4 ms, not 9.
    winograd_channels = 48

    def _winograd_correlate(self, x: Any, w: Any, windows: Windows, groups: int, y: Any) -> None:
        """Correlate `x` with `w` at the `windows`, to `y`."""
        xp, kernel = self.xp, w.shape[2]
        tile = SIZE + 1 - kernel
        taps = self.scratch("taps", (kernel, kernel, w.shape[1], w.shape[0]), w.dtype)
        taps[...] = w.transpose(2, 3, 1, 0)
        values_of_w = self._transform("values of w", _weights(kernel), taps)
        for block, values in self._input_values(x, windows, tile):
            out = self.scratch("tiles", (*values.shape[:3], w.shape[0]), x.dtype)
            products = xp.matmul(values, values_of_w, out=out)
            tiles = self._transform("values of x", _outputs(tile), products)
            self._put_tiles(tiles, y[block])

    def _winograd_weight_grad(
        self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """The adjoint of `_winograd_correlate` in `w`."""
        xp, kernel = self.xp, w_shape[2]
        tile = SIZE + 1 - kernel
        total = self.scratch("values of w", (SIZE, SIZE, w_shape[1], w_shape[0]), g.dtype)
        first = True
        for block, values in self._input_values(x, windows, tile):
            counts = [-(-n // tile) for n in g[block].shape[2:]]
            tiles = self._tiles(g[block], (0, 0), counts, tile, tile)
            values_of_g = self._transform("values of g", _adjoint(_outputs(tile)), tiles)
            out = total if first else self.scratch("products", total.shape, g.dtype)
            products = xp.matmul(values.swapaxes(2, 3), values_of_g, out=out)
            if not first:
                total += products
            first = False
        taps = self._transform("taps", _adjoint(_weights(kernel)), total)
        return xp.ascontiguousarray(taps.transpose(3, 2, 0, 1))

    def _input_values(
        self, x: Any, windows: Windows, tile: int
    ) -> Iterator[tuple[tuple[slice, slice, slice], Any]]:
        """Yield blocks of the output, as an index, and the values of their inputs."""
        samples, channels = x.shape[:2]
        before, outputs = windows.before, windows.counts
        rows, columns = (-(-n // tile) for n in outputs)
        tiles = self.winograd_bytes // (channels * SIZE * SIZE * x.dtype.itemsize)
        tiles = max(tiles, self.winograd_tiles)
        for some_rows in chunks(rows, max(tiles // columns, 1)):
            starts = (before[0] - some_rows.start * tile, before[1])
            counts = (some_rows.stop - some_rows.start, columns)
            lines = slice(some_rows.start * tile, min(some_rows.stop * tile, outputs[0]))
            for some in chunks(samples, max(tiles // (rows * columns), 1)):
                tiles_of_x = self._tiles(x[some], starts, counts, SIZE, tile)
                values = self._transform("values of x", INPUTS, tiles_of_x)
                yield (some, slice(None), lines), values

    def _tiles(self, x: Any, before: Sizes, counts: Sizes, size: int, step: int) -> Any:
        """Tiles of `size` x `size` at distances of `step` as (size, size, tiles, channels)."""
        xp, (n, c, *sizes) = self.xp, x.shape
        windows = Windows((size, size), (step, step), before, (1, 1), counts)
        source, target = placement(sizes, windows.pads(sizes))
        image = self.scratch("image", (n, *windows.reach, c), x.dtype)
        image[...] = 0
        image[:, *target] = x[:, :, *source].transpose(0, 2, 3, 1)
        s, h, w, e = image.strides
        shape, strides = (size, size, n, *counts, c), (h, w, s, step * h, step * w, e)
        tiles = self.scratch("tiles", shape, x.dtype)
        tiles[...] = xp.lib.stride_tricks.as_strided(image, shape=shape, strides=strides)
        return tiles.reshape(size, size, n * prod(counts), c)

    def _put_tiles(self, tiles: Any, y: Any) -> None:
        """Lay (tile, tile, tiles, channels) side by side and copy them, cropped, to `y`."""
        tile = tiles.shape[0]
        samples, channels, height, width = y.shape
        rows, columns = -(-height // tile), -(-width // tile)
        image = self.scratch("image", (samples, rows, tile, columns, tile, channels), y.dtype)
        image.transpose(2, 4, 0, 1, 3, 5)[...] = tiles.reshape(
            tile, tile, samples, rows, columns, channels
        )
        image = image.reshape(samples, rows * tile, columns * tile, channels)[:, :, :width]
        # Some rows at a time: what is read of all channels stays in the cache until all of it is.
        # 1x64x32x32: 0.4 ns an element, 1.0 ns in one copy.
        step = max(64 // width, 1)
        for start in range(0, height, step):
            part = slice(start, min(start + step, height))
            y[:, :, part] = image[:, part].transpose(0, 3, 1, 2)

    def _transform(self, name: str, matrix: tuple, x: Any) -> Any:
        """Apply `matrix` to both leading axes of `x`, and exchange them."""
        xp, count = self.xp, len(matrix)
        matrix = xp.asarray(matrix, dtype=x.dtype)
        lines = x.reshape(*x.shape[:2], prod(x.shape[2:]))
        out = self.scratch(name, (count, count, lines.shape[2]), x.dtype)
        # BLAS has a faster way for products of less than a million multiplications.
        for part in chunks(lines.shape[2], 1 << 14):
            half = xp.matmul(matrix, lines[:, :, part])
            xp.matmul(matrix, half.swapaxes(0, 1), out=out[:, :, part])
        return out.reshape(count, count, *x.shape[2:])


def _adjoint(matrix: tuple) -> tuple:
    return tuple(zip(*matrix))
