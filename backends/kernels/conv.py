"""Convolution and its two gradients for any number of spatial dimensions, by the fastest way."""

from __future__ import annotations

from math import isfinite, prod
from typing import Any

from retrograd.backends.kernels.conv_columns import ColumnConv, Windows
from retrograd.backends.kernels.conv_depthwise import DepthwiseConv
from retrograd.backends.kernels.conv_winograd import SIZE, WinogradConv
from retrograd.backends.kernels.windows import Padding, Pairs, Sizes, as_pairs, output_sizes


class ConvKernels(ColumnConv, DepthwiseConv, WinogradConv):
    """The convolution entries of the kernel table.

    `x` is (N, C, *spatial), `w` (O, C / groups, *kernel), `g` (N, O, *output). `stride`,
    `padding` and `dilation` hold one entry for each spatial dimension; a padding is an int or a
    (before, after) pair. Float16 is computed in float32. The caller has checked the shapes.

    The three kernels are linear in each argument and adjoint to each other:
    <conv(x, w), g> = <x, conv_input_grad(g, w)> = <w, conv_weight_grad(g, x)>.
    """

    xp: Any

    # Ways besides columns, which can do everything. Each may be left out, to compare.
    methods: tuple[str, ...] = ("pointwise", "depthwise", "winograd")

    def conv(
        self, x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
    ) -> Any:
        """Cross-correlation of `x` with `w`, as torch.nn.functional.conv1d, conv2d and conv3d."""
        pads = as_pairs(padding)
        counts = output_sizes(x.shape[2:], w.shape[2:], stride, pads, dilation)
        windows = _windows(w.shape, stride, pads, dilation, counts)
        return self._in_float32(lambda x, w: self._correlate(x, w, windows, groups), x, w)

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
        windows = _windows(w.shape, stride, as_pairs(padding), dilation, g.shape[2:])
        return self._in_float32(lambda g, w: self._input_grad(g, w, x_shape, windows, groups), g, w)

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
        windows = _windows(w_shape, stride, as_pairs(padding), dilation, g.shape[2:])
        return self._in_float32(
            lambda g, x: self._weight_grad(g, x, w_shape, windows, groups), g, x
        )

    def plan(self, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> str:
        """The way to correlate `x` with weights of a shape, and to find their gradient."""
        for method in self.methods:
            if getattr(self, f"_suits_{method}")(x, w_shape, windows, groups):
                return method
        return "column"

    def _suits_pointwise(self, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> bool:
        """Whether some elements of `x` are the columns already, and long enough for a product each.

        Measured: 32x64x16x16 to 128 channels 1.1 ms, 1.6 ms through columns; but 32x512x7x7 to
        512 channels 7.6 ms against 5.7 ms.
        """
        return _is_pointwise(windows, x.shape) and not self._is_joint(w_shape, windows)

    def _suits_depthwise(self, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> bool:
        """Whether every channel has one kernel to itself."""
        return groups > 1 and tuple(w_shape[:2]) == (groups, 1)

    def _suits_winograd(self, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> bool:
        """Whether the multiplications saved outweigh the transformations.

        These cost as much as some 25 channels do, and of the weights as much as some 100 positions.
        """
        kernel, stride, _, dilation, counts = windows
        if kernel not in ((3, 3), (5, 5)) or groups > 1 or x.dtype != self.xp.float32:
            return False
        tile = SIZE + 1 - kernel[0]
        tiled = prod(-(-n // tile) * tile for n in counts)
        return (
            max(stride) == max(dilation) == 1
            and min(w_shape[:2]) >= 32
            and x.shape[0] * prod(counts) >= 1024
            and tiled <= 1.5 * prod(counts)
        )

    def _correlate(self, x: Any, w: Any, windows: Windows, groups: int) -> Any:
        method = self.plan(x, w.shape, windows, groups)
        if method == "pointwise":
            return self._pointwise_correlate(x, w, windows, groups)
        if method == "depthwise":
            return self._depthwise_correlate(x, w, windows)
        if method == "winograd":
            y = self._winograd_correlate(x, w, windows)
            if isfinite(y.sum()):
                return y
        return self._column_correlate(x, w, windows, groups)

    def _weight_grad(self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> Any:
        method = self.plan(x, w_shape, windows, groups)
        if method == "pointwise":
            return self._pointwise_weight_grad(g, x, w_shape, windows, groups)
        if method == "depthwise":
            return self._depthwise_weight_grad(g, x, w_shape, windows)
        if method == "winograd":
            dw = self._winograd_weight_grad(g, x, w_shape, windows)
            if isfinite(dw.sum()):
                return dw
        return self._column_weight_grad(g, x, w_shape, windows, groups)

    def _input_grad(self, g: Any, w: Any, x_shape: Sizes, windows: Windows, groups: int) -> Any:
        """By the flipped kernel, where the stride is 1 and that is cheaper, else by columns."""
        # Either way one GEMM and its columns: those of `g` for all of x, or those of x for all of
        # `g`, which are written and then added up: twice the cost. A 1x1 kernel needs neither.
        flipped_cost = w.shape[0] * prod(x_shape[2:])
        column_cost = 2 * x_shape[1] * prod(windows.counts)
        cheap = flipped_cost <= column_cost or prod(windows.kernel) == 1
        strided = max(windows.stride) > 1
        if strided and "pointwise" in self.methods and _is_pointwise(windows, x_shape):
            return self._strided_pointwise_input_grad(g, w, x_shape, windows, groups)
        if strided or not cheap:
            if "depthwise" in self.methods and self._suits_depthwise(g, w.shape, windows, groups):
                return self._depthwise_input_grad(g, w, x_shape, windows)
            return self._column_input_grad(g, w, x_shape, windows, groups)
        geometry = zip(windows.kernel, windows.before, windows.dilation)
        before = tuple([d * (k - 1) - b for k, b, d in geometry])
        flipped = windows._replace(before=before, counts=tuple(x_shape[2:]))
        return self._correlate(g, self._flipped(w, groups), flipped, groups)

    def _flipped(self, w: Any, groups: int) -> Any:
        """(O, C / groups, *kernel) as (C, O / groups, *kernel), all taps in the opposite order."""
        out_channels, channels, *kernel = w.shape
        flips = (slice(None, None, -1),) * len(kernel)
        flipped = w.reshape(groups, out_channels // groups, channels, *kernel)
        flipped = flipped[(..., *flips)].swapaxes(1, 2)
        flipped = self.xp.ascontiguousarray(flipped)  # BLAS takes no negative strides
        return flipped.reshape(groups * channels, out_channels // groups, *kernel)

    def _pointwise_correlate(self, x: Any, w: Any, windows: Windows, groups: int) -> Any:
        x = x[_places(windows)]
        samples, positions = x.shape[0], prod(windows.counts)
        weights = w.reshape(groups, w.shape[0] // groups, w.shape[1])
        planes = x.reshape(samples, groups, w.shape[1], positions)
        return self.xp.matmul(weights, planes).reshape(samples, w.shape[0], *windows.counts)

    def _pointwise_weight_grad(
        self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        x = x[_places(windows)]
        samples, positions = x.shape[0], prod(windows.counts)
        planes = x.reshape(samples, groups, w_shape[1], positions)
        rows = g.reshape(samples, groups, w_shape[0] // groups, positions)
        products = self.xp.matmul(rows, planes.swapaxes(2, 3)).sum(axis=0)
        return products.reshape(w_shape)

    def _strided_pointwise_input_grad(
        self, g: Any, w: Any, x_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        """Zeros where nothing was read, between the gradients of what was."""
        dx = self.xp.zeros(x_shape, dtype=g.dtype)
        dense = windows._replace(stride=(1,) * len(windows.stride))
        read = (*x_shape[:2], *windows.counts)
        dx[_places(windows)] = self._input_grad(g, w, read, dense, groups)
        return dx

    def _in_float32(self, compute: Any, a: Any, b: Any) -> Any:
        """Float16 has no GEMM on a CPU and too few digits for the sums."""
        xp = self.xp
        if a.dtype != xp.float16:
            return compute(a, b)
        return compute(a.astype(xp.float32), b.astype(xp.float32)).astype(xp.float16)


def _is_pointwise(windows: Windows, x_shape: Sizes) -> bool:
    """Whether each output depends on one position of an input that has no padding."""
    return (
        prod(windows.kernel) == 1
        and not any(windows.before)
        and all(reach <= n for reach, n in zip(windows.reach, x_shape[2:]))
    )


def _places(windows: Windows) -> tuple[Any, ...]:
    """Where windows of one element are, as an index."""
    return (..., *[slice(0, (o - 1) * s + 1, s) for o, s in zip(windows.counts, windows.stride)])


def _windows(w_shape: Sizes, stride: Sizes, pads: Pairs, dilation: Sizes, counts: Sizes) -> Windows:
    before = tuple([b for b, _ in pads])
    return Windows(tuple(w_shape[2:]), tuple(stride), before, tuple(dilation), tuple(counts))
