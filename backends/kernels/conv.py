"""Convolution and its two gradients for any number of spatial dimensions, as im2col and GEMM.

The three kernels are linear in each argument and adjoint to each other:
<conv(x, w), g> = <x, conv_input_grad(g, w)> = <w, conv_weight_grad(g, x)>.
All of them rest on `ConvKernels._columns`. Inside, arrays have the channels first and the samples
second, (C, N, *spatial): going there from N C *spatial moves whole planes, and one GEMM then
serves many samples and, batched, all groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from retrograd.backends.kernels.windows import (
    Padding,
    Sizes,
    as_pairs,
    exact_pads,
    output_sizes,
    pad,
    spans,
    window_view,
)


class ConvKernels:
    """The convolution entries of the kernel table.

    `x` is (N, C, *spatial), `w` (O, C / groups, *kernel), `g` (N, O, *output). `stride`,
    `padding` and `dilation` hold one entry for each spatial dimension; a padding is an int or a
    (before, after) pair. Float16 is computed in float32. The caller has checked the shapes.
    """

    xp: Any

    # Columns made at a time: they should stay in the second-level cache until the GEMM reads
    # them. Measured on 32x16x32x32, 3x3: 3.2 ms with 1 MiB, 4.3 ms with all columns at once.
    # (Keeping this memory from call to call gains nothing that can be measured.)
    column_bytes = 1 << 20
    # A GEMM of fewer columns spends its time packing the weights (32x256x8x8, 3x3: 33 ms with
    # 64 columns a GEMM, 21 ms with 256).
    min_columns = 256

    def conv(
        self, x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
    ) -> Any:
        """Cross-correlation of `x` with `w`, as torch.nn.functional.conv1d, conv2d and conv3d."""
        pads = as_pairs(padding)
        outputs = output_sizes(x.shape[2:], w.shape[2:], stride, pads, dilation)
        before = [b for b, _ in pads]
        return self._in_float32(
            lambda x, w: self._correlate(x, w, stride, before, dilation, groups, outputs), x, w
        )

    def conv_input_grad(
        self,
        g: Any,
        w: Any,
        x_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """The adjoint of `conv` in `x`, of shape `x_shape`; also the transposed convolution."""
        before = [b for b, _ in as_pairs(padding)]
        # Either way one GEMM and its columns: those of `g` for all of x, or those of x for all of
        # `g`, which are written and then added up: twice the cost. A 1x1 kernel needs neither.
        flipped_cost = w.shape[0] * prod(x_shape[2:])
        column_cost = 2 * x_shape[1] * prod(g.shape[2:])
        cheap = flipped_cost <= column_cost or prod(w.shape[2:]) == 1
        flip = max(stride) == 1 and cheap
        method = self._by_flipped_kernel if flip else self._by_columns
        return self._in_float32(
            lambda g, w: method(g, w, x_shape, stride, before, dilation, groups), g, w
        )

    def conv_weight_grad(
        self,
        g: Any,
        x: Any,
        w_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """The adjoint of `conv` in `w`, of shape `w_shape`."""
        before = [b for b, _ in as_pairs(padding)]
        return self._in_float32(
            lambda g, x: self._weight_grad(g, x, w_shape, stride, before, dilation, groups), g, x
        )

    def _in_float32(self, compute: Any, a: Any, b: Any) -> Any:
        """Float16 has no GEMM on a CPU and too few digits for the sums."""
        xp = self.xp
        if a.dtype != xp.float16:
            return compute(a, b)
        return compute(a.astype(xp.float32), b.astype(xp.float32)).astype(xp.float16)

    def _correlate(
        self,
        x: Any,
        w: Any,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
        groups: int,
        outputs: Sizes,
    ) -> Any:
        """Correlate with `before` zeros in front and as many behind as `outputs` windows need."""
        xp = self.xp
        samples, out_channels, kernel = x.shape[0], w.shape[0], w.shape[2:]
        weights = w.reshape(groups, out_channels // groups, prod(w.shape[1:]))
        if self._is_pointwise(x, w, stride, before, outputs):
            planes = x.reshape(samples, groups, x.shape[1] // groups, prod(outputs))
            return xp.matmul(weights, planes).reshape(samples, out_channels, *outputs)
        y = xp.empty((samples, out_channels, *outputs), dtype=x.dtype)
        for block, columns in self._column_blocks(
            x, kernel, stride, before, dilation, groups, outputs
        ):
            target = y[block].swapaxes(0, 1)
            target[...] = xp.matmul(weights, columns).reshape(target.shape)
        return y

    def _is_pointwise(self, x: Any, w: Any, stride: Sizes, before: Sizes, outputs: Sizes) -> bool:
        """Whether the planes of `x` are the columns already and long enough for a GEMM each.

        Measured: 32x64x16x16 to 128 channels 1.1 ms, 1.6 ms through columns; but 32x512x7x7 to
        512 channels 7.6 ms against 5.7 ms.
        """
        return (
            prod(w.shape[2:]) == 1
            and max(stride) == 1
            and not any(before)
            and x.shape[2:] == tuple(outputs)
            and (prod(outputs) >= 64 or w.size <= 64 * 64)
        )

    def _by_flipped_kernel(
        self,
        g: Any,
        w: Any,
        x_shape: Sizes,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """Input gradient for stride 1: the correlation of `g` with the flipped kernel."""
        out_channels, channels, *kernel = w.shape
        flips = (slice(None, None, -1),) * len(kernel)
        flipped = w.reshape(groups, out_channels // groups, channels, *kernel)[
            (..., *flips)
        ].swapaxes(1, 2)
        flipped = self.xp.ascontiguousarray(flipped)  # BLAS takes no negative strides
        flipped = flipped.reshape(groups * channels, out_channels // groups, *kernel)
        before = [d * (k - 1) - b for k, b, d in zip(kernel, before, dilation)]
        return self._correlate(g, flipped, stride, before, dilation, groups, x_shape[2:])

    def _by_columns(
        self,
        g: Any,
        w: Any,
        x_shape: Sizes,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """Input gradient as the gradients of the columns, folded back (col2im)."""
        xp = self.xp
        per_group, outputs, kernel = w.shape[0] // groups, g.shape[2:], w.shape[2:]
        pads = exact_pads(x_shape[2:], outputs, kernel, stride, before, dilation)
        inverse = [(-b, -a) for b, a in pads]
        weights = w.reshape(groups, per_group, prod(w.shape[1:])).swapaxes(1, 2)
        dx = xp.empty(x_shape, dtype=g.dtype)
        sample_bytes = x_shape[1] * prod(kernel) * prod(outputs) * g.dtype.itemsize
        for n0, n1 in spans(x_shape[0], max(self.column_bytes // max(sample_bytes, 1), 1)):
            positions = (n1 - n0) * prod(outputs)
            rows = g[n0:n1].swapaxes(0, 1).reshape(groups, per_group, positions)
            columns = xp.matmul(weights, rows)
            columns = columns.reshape(x_shape[1], *kernel, n1 - n0, *outputs)
            padded = self._fold(columns, kernel, stride, dilation)
            dx[n0:n1] = pad(xp, padded, inverse).swapaxes(0, 1)
        return dx

    def _weight_grad(
        self,
        g: Any,
        x: Any,
        w_shape: Sizes,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        xp = self.xp
        out_channels, kernel, outputs = w_shape[0], w_shape[2:], g.shape[2:]
        per_group = out_channels // groups
        total = xp.zeros((groups, prod(w_shape[1:]), per_group), dtype=g.dtype)
        for block, columns in self._column_blocks(
            x, kernel, stride, before, dilation, groups, outputs
        ):
            rows = g[block].swapaxes(0, 1).reshape(groups, per_group, columns.shape[2])
            # columns @ rows.T, not its transpose: OpenBLAS is up to 1.6 times faster when the
            # longer side of the result comes first.
            total += xp.matmul(columns, rows.swapaxes(1, 2))
        return xp.ascontiguousarray(total.swapaxes(1, 2)).reshape(w_shape)

    def _column_blocks(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
        groups: int,
        outputs: Sizes,
    ) -> Iterator[tuple[tuple, Any]]:
        """Yield blocks of the output, as an index, and their columns.

        The columns are (groups, C / groups * prod(kernel), positions of the block).
        """
        samples, channels, *sizes = x.shape
        rows, rest = outputs[0], prod(outputs[1:])
        bytes_each = max(channels * prod(kernel) * x.dtype.itemsize, 1)
        columns = max(self.column_bytes // bytes_each, self.min_columns)
        block_samples = max(columns // (rows * rest), 1)
        block_rows = max(min(columns // rest, rows), 1)
        for n0, n1 in spans(samples, block_samples):
            for r0, r1 in spans(rows, block_rows):
                starts = [before[0] - r0 * stride[0], *before[1:]]
                counts = [r1 - r0, *outputs[1:]]
                pads = exact_pads(sizes, counts, kernel, stride, starts, dilation)
                padded = pad(self.xp, x[n0:n1].swapaxes(0, 1), pads)
                block = self._columns(padded, kernel, stride, dilation)
                index = (slice(n0, n1), slice(None), slice(r0, r1))
                positions = (n1 - n0) * (r1 - r0) * rest
                yield index, block.reshape(groups, channels // groups * prod(kernel), positions)

    def _columns(self, x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
        """Unfold a padded (C, N, *spatial) array to (C, *kernel, N, *outputs), C-contiguous."""
        xp, rank = self.xp, len(kernel)
        for axis in reversed(range(rank)):
            at = x.ndim - rank + axis
            x = window_view(xp, x, at, kernel[axis], stride[axis], dilation[axis])
            # One copy of short rows is slow; unfolded one axis at a time, the later copies move
            # whole runs of rows. 32x6x14x14, 5x5: 0.51 ms, 0.66 ms in one copy.
            if stride[axis] == 1 and kernel[axis] > 1 and x.shape[-1] <= 16:
                x = xp.ascontiguousarray(x)
        return xp.ascontiguousarray(x)

    def _fold(self, columns: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
        """The adjoint of `_columns`: add every tap back to the position it was read from."""
        xp, rank = self.xp, len(kernel)
        for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation)):
            at = columns.ndim - rank + axis
            count = columns.shape[at]
            shape = [columns.shape[0], *columns.shape[2:]]
            shape[at - 1] = (count - 1) * s + d * (k - 1) + 1
            folded = xp.zeros(shape, dtype=columns.dtype)
            if d * (k - 1) < s:
                window_view(xp, folded, at - 1, k, s, d)[...] = columns
            else:
                index: list[slice] = [slice(None)] * folded.ndim
                for tap in range(k):
                    index[at - 1] = slice(tap * d, tap * d + (count - 1) * s + 1, s)
                    folded[tuple(index)] += columns[:, tap]
            columns = folded
        return columns
