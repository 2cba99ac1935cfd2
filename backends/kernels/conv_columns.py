"""Convolution as matrix products with columns (im2col), made block by block in memory used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any, NamedTuple

from retrograd.backends.kernels.windows import (
    Sizes,
    chunks,
    exact_pads,
    pad,
    placement,
    window_view,
)


class Windows(NamedTuple):
    """Windows over the spatial dimensions, one entry for each; in front are `before` zeros."""

    kernel: Sizes
    stride: Sizes
    before: Sizes
    dilation: Sizes
    counts: Sizes

    @property
    def reach(self) -> tuple[int, ...]:
        """How many elements all windows together span."""
        return tuple(
            (o - 1) * s + d * (k - 1) + 1
            for k, s, d, o in zip(self.kernel, self.stride, self.dilation, self.counts)
        )

    def pads(self, sizes: Sizes) -> list[tuple[int, int]]:
        """The pads with which an input of `sizes` is as long as `reach`."""
        return exact_pads(sizes, self.counts, self.kernel, self.stride, self.before, self.dilation)

    def rows(self, part: slice) -> Windows:
        """Those whose position in the first dimension is in `part`."""
        before = (self.before[0] - part.start * self.stride[0], *self.before[1:])
        return self._replace(before=before, counts=(part.stop - part.start, *self.counts[1:]))


class ColumnConv:
    """A column holds the elements of a window: its rows (along the first dimension) one after another.

    The columns of the windows in a row of the output are a matrix, and that row its product with the
    weights. If the input is unfolded in all dimensions but the first, and stored as (row, tap,
    channel, position), then the matrix for windows of k rows is k rows of that, one below the other.
    Matrices of neighbouring rows of the output overlap, and nothing is copied k times ("rows").

    The gradient of the weights is a sum over positions, which therefore go last, row after row: the
    second row of the windows is the same matrix, read from the second row on ("planes").

    Everything is copied where that would leave too small matrices ("full").
    """

    xp: Any
    each: Any  # from `PartKernels`

    # Bytes of the columns made at a time: they should stay in the second-level cache.
    column_bytes = 1 << 19
    # BLAS has a faster way for products of less than a million multiplications, if their columns fit
    # into the first-level cache: 32x16x32x32, 3x3, takes 1.7 ms with 64, 2.2 ms with 128 columns.
    # If the weights are too many for that, it wants many columns, so as not to pack them too often.
    product_size, product_elements, product_columns = 1_000_000, 10_000, 72
    few_columns, min_columns = 8, 256

    def scratch(self, name: str, shape: Sizes, dtype: Any) -> Any:
        """Memory for a value that is dead when the next of this `name` is asked for."""
        return self.xp.empty(shape, dtype=dtype)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, which depends on `key` alone."""
        return make()

    def _column_correlate(self, x: Any, w: Any, windows: Windows, groups: int, y: Any) -> None:
        """Correlate `x` with `w` at the `windows`, to `y`."""
        xp, samples = self.xp, x.shape[0]
        outputs, size = w.shape[0] // groups, prod(w.shape[1:])
        rows, in_row = windows.counts[0], prod(windows.counts[1:])
        weights = w.reshape(groups, outputs, w.shape[1], prod(windows.kernel)).swapaxes(2, 3)
        weights = weights.reshape(groups, 1, outputs, size)
        y = y.reshape(samples, groups, outputs, rows, in_row)
        most = self._samples_of_product(samples, in_row, outputs, size)
        if not most or windows.dilation[0] > 1 or len(windows.kernel) == 1:
            blocks = self._column_blocks(x, windows, groups, "full", samples, rows)
        else:
            blocks = self._column_blocks(x, windows, groups, "rows", most, rows)
        for some, part, columns in blocks:
            target = y[some, :, :, part]
            n, count, length = target.shape[0], columns.shape[1], columns.shape[3]
            if n == 1:
                out = target.reshape(groups, outputs, count, length).swapaxes(1, 2)
                xp.matmul(weights, columns, out=out)
                continue
            out = self.scratch("products", (groups, count, outputs, length), x.dtype)
            xp.matmul(weights, columns, out=out)
            out = out.reshape(groups, count, outputs, n, target.shape[3] // count, in_row)
            target[...] = out.transpose(3, 0, 2, 1, 4, 5).reshape(target.shape)

    def _column_weight_grad(
        self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """The adjoint of `_column_correlate` in `w`."""
        xp, samples, outputs = self.xp, x.shape[0], w_shape[0] // groups
        rows, in_row = windows.counts[0], prod(windows.counts[1:])
        size = w_shape[1] * prod(windows.kernel[1:])
        total = xp.zeros((groups, windows.kernel[0], size, outputs), dtype=g.dtype)
        g = g.reshape(samples, groups, outputs, rows, in_row)
        few = rows * in_row < self.min_columns // 4
        # Rows of a window that are few, and short beside the outputs, are better taken together.
        short = size < 32 <= outputs and size * windows.kernel[0] >= 128
        form = "full" if few or short or windows.dilation[0] > 1 else "planes"
        most = self.product_size // max(size * outputs, 1)
        most = most // max(in_row, 1) if form == "planes" and most >= 512 else rows
        for some, part, columns in self._column_blocks(x, windows, groups, form, samples, most):
            block = g[some, :, :, part]
            block = block.reshape(*block.shape[:3], block.shape[3] * in_row)
            if form == "planes":
                block = block.swapaxes(2, 3)
                if min(size, outputs) >= 32:  # the product of a copy is up to 1.7 times as fast
                    block = self._in_scratch("cotangents", block)
                for first, matrices in enumerate(columns):
                    products = xp.matmul(matrices, block[:, :, None])
                    total[:, first :: windows.stride[0]] += products.sum(axis=0)
            else:
                block = self._in_scratch("cotangents", block.transpose(1, 0, 3, 2))
                block = block.reshape(groups, columns.shape[3], outputs)
                total += xp.matmul(columns[:, 0], block).reshape(total.shape)
        total = total.reshape(groups, prod(windows.kernel), w_shape[1], outputs)
        return xp.ascontiguousarray(total.transpose(0, 3, 2, 1)).reshape(w_shape)

    def _column_input_grad(
        self, g: Any, w: Any, x_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """The adjoint of `_column_correlate` in `x`: the gradients of the columns, added up."""
        xp, positions = self.xp, prod(windows.counts)
        weights = w.reshape(groups, w.shape[0] // groups, prod(w.shape[1:])).swapaxes(1, 2)
        g = g.reshape(g.shape[0], groups, w.shape[0] // groups, positions)
        dx = xp.empty(x_shape, dtype=g.dtype)
        inverse = [(-before, -after) for before, after in windows.pads(x_shape[2:])]
        bytes_each = groups * weights.shape[1] * positions * g.dtype.itemsize

        def fold(some: slice) -> None:
            block = g[some]
            shape = (len(block), groups, weights.shape[1], positions)
            columns = xp.matmul(weights, block, out=self.scratch("columns", shape, g.dtype))
            columns = columns.reshape(len(block), x_shape[1], *windows.kernel, *windows.counts)
            dx[some] = pad(xp, self._folded(columns, windows), inverse)

        self.each(fold, chunks(x_shape[0], max(self.column_bytes // max(bytes_each, 1), 1)))
        return dx

    def _folded(self, columns: Any, windows: Windows) -> Any:
        """Columns (N, C, *kernel, *counts) as an image: every tap added to where it was read.

        First all rows at once for each tap of the first dimensions, then short rows for the last.
        """
        n, c = columns.shape[:2]
        (*above, width), stride, _, dilation, counts = windows
        reach = windows.reach
        rows = self.scratch("rows", (n, c, width, *reach[:-1], counts[-1]), columns.dtype)
        rows[...] = 0
        every = slice(None)
        for tap in product(*map(range, above)):
            places = [
                slice(t * d, t * d + (o - 1) * s + 1, s)
                for t, d, o, s in zip(tap, dilation, counts, stride)
            ]
            rows[(every, every, every, *places)] += columns[(every, every, *tap)]
        padded = self.scratch("padded", (n, c, *reach), columns.dtype)
        padded[...] = 0
        length = (counts[-1] - 1) * stride[-1] + 1
        for j in range(width):
            start = j * dilation[-1]
            padded[..., start : start + length : stride[-1]] += rows[:, :, j]
        return padded

    def _in_scratch(self, name: str, a: Any) -> Any:
        """`a`, C-contiguous, in memory that is used again."""
        copy = self.scratch(name, a.shape, a.dtype)
        copy[...] = a
        return copy

    def _samples_of_product(self, samples: int, in_row: int, outputs: int, size: int) -> int:
        """How many samples a product of "rows" serves; 0 if it would have too few columns."""
        columns = max(self.product_columns, min(self.product_elements // max(size, 1), 256))
        columns = min(columns, self.product_size // max(outputs * size, 1))
        if min(columns, samples * in_row) < self.few_columns:
            return 0
        # A product for one sample is written to its place, which is worth more than more columns.
        return 1 if in_row >= 32 and size < 100 else max(columns // in_row, 1)

    def _column_blocks(
        self, x: Any, windows: Windows, groups: int, form: str, *most: int
    ) -> Iterator[tuple[slice, slice, Any]]:
        """Yield blocks of the output, as samples and rows (at `most` so many), with their columns."""
        made: Any = None
        for samples, rows in self._blocks(x, windows, form, *most):
            block = x[samples]
            key = (block.shape[0], rows)
            if key != made:
                made, unfold = key, self._unfolder(block, windows, rows, groups, form)
            yield samples, rows, unfold(block)

    def _blocks(
        self, x: Any, windows: Windows, form: str, most_samples: int, most_rows: int
    ) -> Iterator[tuple[slice, slice]]:
        """Cut the samples, and of large ones the rows, in parts."""
        samples, rows, in_row = x.shape[0], windows.counts[0], max(prod(windows.counts[1:]), 1)
        copies = windows.kernel[0] if form == "full" else windows.stride[0]
        bytes_each = copies * x.shape[1] * prod(windows.kernel[1:]) * x.dtype.itemsize
        columns = max(self.column_bytes // max(bytes_each, 1), self.min_columns)
        if samples <= most_samples and rows <= most_rows and samples * rows * in_row <= columns:
            yield slice(0, samples), slice(0, rows)  # so small that computing blocks takes time
            return
        for some_rows in chunks(rows, max(min(columns // in_row, most_rows), 1)):
            for some in chunks(samples, max(min(columns // (rows * in_row), most_samples), 1)):
                yield some, some_rows

    def _unfolder(
        self, x: Any, windows: Windows, rows: slice, groups: int, form: str
    ) -> Callable[[Any], Any]:
        """What makes the columns of those `rows` of the output, for arrays like `x`."""
        if rows.stop - rows.start < windows.counts[0]:
            return self._new_unfolder(x.shape, x.dtype, windows.rows(rows), groups, form)
        key = (x.shape, x.dtype, windows, groups, form)
        return self.once(key, lambda: self._new_unfolder(*key))

    def _new_unfolder(
        self, shape: Sizes, dtype: Any, windows: Windows, groups: int, form: str
    ) -> Callable[[Any], Any]:
        xp, (n, c, *sizes) = self.xp, shape
        reach, stride = windows.reach, windows.stride[0]
        if form == "planes":
            reach = (-(-reach[0] // stride) * stride, *reach[1:])
        padded = xp.zeros((n, c, *reach), dtype=dtype)
        source, target = placement(sizes, windows.pads(sizes))
        inside, taps, copies = padded[(..., *target)], padded, []
        axes = list(zip(windows.kernel, windows.stride, windows.dilation))
        at = len(shape) - 1  # of each dimension in turn, as taps are put in front of them
        for axis in reversed(axes[1:]):
            taps = window_view(xp, taps, at, *axis)
        if form == "full" and len(axes) > 1:
            # First each of these short rows, then all rows at once for each tap of the first dimension.
            rows = self.scratch("rows", taps.shape, dtype)
            copies.append((rows, taps))
            taps = rows
        if form == "full":
            taps = window_view(xp, taps, at, *axes[0])
        taps = _in_order(taps, windows, groups, form)
        columns = self.scratch("columns", taps.shape, dtype)
        copies.append((columns, taps))
        matrices = _as_matrices(xp, columns, windows, form)

        def unfold(x: Any) -> Any:
            inside[...] = x[(..., *source)]
            for to, what in copies:
                to[...] = what
            return matrices

        return unfold


def _in_order(taps: Any, windows: Windows, groups: int, form: str) -> Any:
    """A view of (N, *taps, C, rows, *positions) in the order of the columns.

    "full": (groups, *taps, channels, N, rows, *positions); "rows": (groups, rows, *taps, channels, N,
    *positions); "planes": (N, groups, *taps, channels, stride, rows / stride, *positions).
    """
    rank, stride = len(windows.kernel), windows.stride[0]
    count = rank if form == "full" else rank - 1
    n, *kernel, c, rows = taps.shape[: count + 3]
    rest = taps.shape[count + 3 :]
    taps_, group, channel, row = range(1, count + 1), count + 1, count + 2, count + 3
    if form == "planes":
        taps = taps.reshape(n, *kernel, groups, c // groups, rows // stride, stride, *rest)
        return taps.transpose(0, group, *taps_, channel, row + 1, row, *range(row + 2, taps.ndim))
    taps = taps.reshape(n, *kernel, groups, c // groups, rows, *rest)
    if form == "full":
        return taps.transpose(group, *taps_, channel, 0, *range(row, taps.ndim))
    return taps.transpose(group, row, *taps_, channel, 0, *range(row + 1, taps.ndim))


def _as_matrices(xp: Any, columns: Any, windows: Windows, form: str) -> Any:
    """Columns in that order as matrices.

    "full": (groups, 1, size, columns); "rows": (groups, rows, size, columns), which overlap; "planes":
    for every row of the windows, (N, groups, 1, size / rows of a window, columns), in a list of those
    that begin in the same row modulo the stride, together.
    """
    rank, rows, in_row = len(windows.kernel), windows.counts[0], prod(windows.counts[1:])
    as_strided, each = xp.lib.stride_tricks.as_strided, columns.itemsize
    if form == "planes":
        n, groups, *taps = columns.shape[: rank + 2]
        size, (stride, length) = prod(taps), columns.shape[rank + 2 : rank + 4]
        flat = columns.reshape(n, groups, size, stride, length * in_row)
        sample, group, tap, *_ = flat.strides
        steps = (sample, group, in_row * each, tap, each)
        kernel, starts = windows.kernel[0], range(min(stride, windows.kernel[0]))
        shapes = [
            (n, groups, len(range(first, kernel, stride)), size, rows * in_row) for first in starts
        ]
        return [
            as_strided(flat[:, :, :, first], shape=shape, strides=steps)
            for first, shape in zip(starts, shapes)
        ]
    if form == "full":
        groups, *taps = columns.shape[: rank + 2]
        return columns.reshape(groups, 1, prod(taps), columns.shape[rank + 2] * rows * in_row)
    groups, _, *taps = columns.shape[: rank + 2]
    length = columns.shape[rank + 2] * in_row
    strides = (columns.strides[0], columns.strides[1] * windows.stride[0], length * each, each)
    shape = (groups, rows, windows.kernel[0] * prod(taps), length)
    return as_strided(columns, shape=shape, strides=strides)
