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
    window_views,
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
    """Columns are (N, C, *kernel, *counts): those of a sample are a matrix, and so is its output.

    They are unfolded in two steps: the taps of the last dimension are read in short rows, then those
    of the others in long runs. Folding, the adjoint, goes the other way.
    """

    xp: Any

    # Columns made at a time: they should stay in the second-level cache until the GEMM reads
    # them. Measured on 32x16x32x32, 3x3: 3.2 ms with 1 MiB, 4.3 ms with all columns at once.
    column_bytes = 1 << 20
    # With few columns in a sample, and many weights, a product serves several samples: else it would
    # spend its time on packing the weights (32x256x8x8, 3x3: 33 ms with 64, 21 ms with 256 columns).
    min_columns = 256
    short_sample, few_weights = 64, 64 * 64

    def scratch(self, name: str, shape: Sizes, dtype: Any) -> Any:
        """Memory for a value that is dead when the next of this `name` is asked for."""
        return self.xp.empty(shape, dtype=dtype)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, which depends on `key` alone."""
        return make()

    def _column_correlate(self, x: Any, w: Any, windows: Windows, groups: int) -> Any:
        """Correlate `x` with `w` at the `windows`."""
        xp = self.xp
        weights = w.reshape(groups, w.shape[0] // groups, prod(w.shape[1:]))
        y = xp.empty((x.shape[0], w.shape[0], *windows.counts), dtype=x.dtype)
        joint = self._is_joint(w.shape, windows)
        for samples, rows, columns in self._column_blocks(x, windows, joint):
            matrices = _by_group(columns, groups)
            target = y[samples, :, rows]
            if joint:
                target = target.swapaxes(0, 1)
                target[...] = xp.matmul(weights, matrices).reshape(target.shape)
            else:
                out = target.reshape(*matrices.shape[:2], weights.shape[1], matrices.shape[3])
                xp.matmul(weights, matrices, out=out)
        return y

    def _column_weight_grad(
        self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """The adjoint of `_column_correlate` in `w`."""
        xp = self.xp
        total = xp.zeros((groups, prod(w_shape[1:]), w_shape[0] // groups), dtype=g.dtype)
        joint = self._is_joint(w_shape, windows)
        for samples, rows, columns in self._column_blocks(x, windows, joint):
            planes = _by_group(_as_matrices(g[samples, :, rows], joint), groups)
            # columns @ planes.T, not its transpose: OpenBLAS is up to 1.6 times faster when the
            # longer side of the result comes first.
            products = xp.matmul(_by_group(columns, groups), planes.swapaxes(2, 3))
            total += products[0] if len(products) == 1 else products.sum(axis=0)
        return xp.ascontiguousarray(total.swapaxes(1, 2)).reshape(w_shape)

    def _column_input_grad(
        self, g: Any, w: Any, x_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """The adjoint of `_column_correlate` in `x`: the gradients of the columns, folded."""
        xp = self.xp
        weights = w.reshape(groups, w.shape[0] // groups, prod(w.shape[1:])).swapaxes(1, 2)
        dx = xp.empty(x_shape, dtype=g.dtype)
        inverse = [(-before, -after) for before, after in windows.pads(x_shape[2:])]
        joint = self._is_joint(w.shape, windows)
        for samples, _ in self._blocks(dx, windows, joint, whole=True):
            planes = _by_group(_as_matrices(g[samples], joint), groups)
            shape = (*planes.shape[:2], weights.shape[1], planes.shape[3])
            columns = xp.matmul(weights, planes, out=self.scratch("columns", shape, g.dtype))
            lead = (samples.stop - samples.start, x_shape[1])
            folded = self._fold(_as_tensor(columns, lead, windows, joint), windows)
            dx[samples] = pad(xp, folded, inverse)
        return dx

    def _is_joint(self, w_shape: Sizes, windows: Windows) -> bool:
        """Whether one product serves several samples."""
        return prod(windows.counts) < self.short_sample and prod(w_shape) > self.few_weights

    def _column_blocks(
        self, x: Any, windows: Windows, joint: bool
    ) -> Iterator[tuple[slice, slice, Any]]:
        """Yield blocks of the output, as samples and rows, with their columns."""
        made: Any = None
        for samples, rows in self._blocks(x, windows, joint):
            block = x[samples]
            key = (block.shape[0], rows)
            if key != made:
                made, unfold = key, self._unfolder(block, windows, rows, joint)
            yield samples, rows, unfold(block)

    def _blocks(
        self, x: Any, windows: Windows, joint: bool, whole: bool = False
    ) -> Iterator[tuple[slice, slice]]:
        """Cut the samples, and of large ones (if they need not stay `whole`) the rows, in parts."""
        samples, rows = x.shape[0], windows.counts[0]
        in_row = max(prod(windows.counts[1:]), 1)
        bytes_each = max(x.shape[1] * prod(windows.kernel) * x.dtype.itemsize, 1)
        columns = max(self.column_bytes // bytes_each, self.min_columns if joint else 1)
        block_rows = rows if whole else max(min(columns // in_row, rows), 1)
        for some_rows in chunks(rows, block_rows):
            for some in chunks(samples, max(columns // (rows * in_row), 1)):
                yield some, some_rows

    def _unfolder(self, x: Any, windows: Windows, rows: slice, joint: bool) -> Callable[[Any], Any]:
        """What makes the columns of those `rows` of the output, for arrays like `x`.

        It gives matrices (N, C * taps, positions), or `joint` one of all samples.
        """
        columns = x.shape[0] * x.shape[1] * prod(windows.kernel) * prod(windows.counts)
        part = rows.stop - rows.start < windows.counts[0]
        if part or columns * x.dtype.itemsize > 2 * self.column_bytes:
            return self._new_unfolder(x.shape, x.dtype, windows.rows(rows), joint)
        key = (x.shape, x.dtype, windows, joint)
        return self.once(key, lambda: self._new_unfolder(x.shape, x.dtype, windows, joint))

    def _new_unfolder(
        self, shape: Sizes, dtype: Any, windows: Windows, joint: bool
    ) -> Callable[[Any], Any]:
        xp, (n, c, *sizes) = self.xp, shape
        kernel, stride, _, dilation, counts = windows
        reach = windows.reach
        source, target = placement(sizes, windows.pads(sizes))
        padded = xp.zeros((n, c, *reach), dtype=dtype)
        copies = []
        if len(kernel) > 1 and kernel[-1] > 1 and padded.size * prod(kernel) > 10_000:
            rows = self.scratch("rows", (n, c, kernel[-1], *reach[:-1], counts[-1]), dtype)
            last = kernel[-1:], stride[-1:], dilation[-1:], counts[-1:]
            copies.append((rows, window_views(xp, padded, len(shape) - 1, *last)))
            rest = kernel[:-1], stride[:-1], dilation[:-1], counts[:-1]
            taps = window_views(xp, rows, 3, *rest)
        else:
            taps = window_views(xp, padded, 2, kernel, stride, dilation, counts)
        columns = self.scratch("columns", (prod(taps.shape),), dtype)
        copies.append((_as_tensor(columns, (n, c), windows, joint), taps))
        count = 1 if joint else n
        matrices = columns.reshape(count, c * prod(kernel), n // count * prod(counts))
        inside = padded[(..., *target)]

        def unfold(x: Any) -> Any:
            inside[...] = x[(..., *source)]
            for to, what in copies:
                to[...] = what
            return matrices

        return unfold

    def _fold(self, columns: Any, windows: Windows) -> Any:
        """The adjoint of the unfolding: add every tap to the position that it was read from."""
        n, c = columns.shape[:2]
        kernel, stride, _, dilation, counts = windows
        *above, width = kernel
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


def _by_group(matrices: Any, groups: int) -> Any:
    """(M, channels, positions) as (M, groups, channels of a group, positions)."""
    m, channels, positions = matrices.shape
    return matrices.reshape(m, groups, channels // groups, positions)


def _as_matrices(g: Any, joint: bool) -> Any:
    """(N, O, *counts) as (N, O, positions), or `joint` as (1, O, N * positions)."""
    if joint:
        g = g.swapaxes(0, 1)[None]
        return g.reshape(1, g.shape[1], prod(g.shape[2:]))
    return g.reshape(*g.shape[:2], prod(g.shape[2:]))


def _as_tensor(columns: Any, lead: Sizes, windows: Windows, joint: bool) -> Any:
    """The memory of columns as a view (N, C, *kernel, *counts)."""
    (n, c), kernel, counts = lead, windows.kernel, windows.counts
    if not joint:
        return columns.reshape(n, c, *kernel, *counts)
    rank = len(kernel)
    order = (rank + 1, *range(rank + 1), *range(rank + 2, 2 * rank + 2))
    return columns.reshape(c, *kernel, n, *counts).transpose(order)
