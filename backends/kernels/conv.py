"""Convolution and its two gradients for any number of spatial dimensions, by the fastest way."""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import product
from math import gcd, isfinite, prod
from operator import iadd
from typing import Any

from retrograd.backends.kernels.conv_columns import ColumnConv, Windows
from retrograd.backends.kernels.conv_winograd import SIZE, WinogradConv
from retrograd.backends.kernels.windows import Padding, Sizes, as_pairs, output_sizes


class ConvKernels(ColumnConv, WinogradConv):
    """The convolution entries of the kernel table.

    `x` is (N, C, *spatial), `w` (O, C / groups, *kernel), `g` (N, O, *output). `stride`,
    `padding` and `dilation` hold one entry for each spatial dimension; a padding is an int or a
    (before, after) pair. Float16 is computed in float32. The caller has checked the shapes.

    The three kernels are linear in each argument and adjoint to each other:
    <conv(x, w), g> = <x, conv_input_grad(g, w)> = <w, conv_weight_grad(g, x)>.
    """

    xp: Any
    each: Any  # from `PartKernels`
    shares: Any

    # Ways besides columns, which can do everything. Each may be left out, to compare.
    methods: tuple[str, ...] = ("pointwise", "winograd")
    # Of fewer input channels (and eight times as many output channels) gradients are folded.
    few_channels = 8

    def conv(
        self, x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
    ) -> Any:
        """Cross-correlation of `x` with `w`, as torch.nn.functional.conv1d, conv2d and conv3d."""
        windows = _windows(w.shape, *map(tuple, (stride, padding, dilation)), sizes=x.shape[2:])
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
        windows = _windows(w.shape, *map(tuple, (stride, padding, dilation)), counts=g.shape[2:])
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
        w_shape = tuple(w_shape)
        windows = _windows(w_shape, *map(tuple, (stride, padding, dilation)), counts=g.shape[2:])
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
        short = prod(windows.counts) < 64 and prod(w_shape) > 64 * 64
        return _is_pointwise(windows, x.shape) and not short

    def _suits_winograd(self, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> bool:
        """Whether the multiplications saved outweigh the transformations."""
        kernel, stride, _, dilation, counts = windows
        if kernel not in ((3, 3), (5, 5)) or groups > 1 or x.dtype != self.xp.float32:
            return False
        if min(w_shape[:2]) < self.winograd_channels or max(*stride, *dilation) > 1:
            return False
        tile, outputs = SIZE + 1 - kernel[0], prod(counts)
        tiled = prod(-(-n // tile) * tile for n in counts)
        return x.shape[0] * outputs >= 1024 and tiled <= 1.5 * outputs

    def _correlate(self, x: Any, w: Any, windows: Windows, groups: int) -> Any:
        method = getattr(self, f"_{self.plan(x, w.shape, windows, groups)}_correlate")
        y = self.xp.empty((x.shape[0], w.shape[0], *windows.counts), dtype=x.dtype)

        def some(part: slice) -> None:
            method(x[part], w, windows, groups, y[part])
            if method == self._winograd_correlate and not isfinite(y[part].sum()):
                self._column_correlate(x[part], w, windows, groups, y[part])

        self.each(some, self.shares(len(x), y.size * prod(w.shape[1:])))
        return y

    def _weight_grad(self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int) -> Any:
        method = getattr(self, f"_{self.plan(x, w_shape, windows, groups)}_weight_grad")

        def some(part: slice) -> Any:
            dw = method(g[part], x[part], w_shape, windows, groups)
            if method == self._winograd_weight_grad and not isfinite(dw.sum()):
                return self._column_weight_grad(g[part], x[part], w_shape, windows, groups)
            return dw

        shares = self.shares(len(x), g.size * prod(w_shape[1:]))
        return reduce(iadd, self.each(some, shares))

    def _input_grad(self, g: Any, w: Any, x_shape: Sizes, windows: Windows, groups: int) -> Any:
        """By correlations of `g`: one for the positions of `x` in each phase of the stride.

        For a few channels these would be products of a few rows: they are left to the columns. Measured
        for 4x3x96x96 to 64 channels, 7x7, stride 2: 2.7 instead of 6.4 ms.
        """
        strides, channels = windows.stride, w.shape[1]
        if channels < self.few_channels and channels * 8 <= w.shape[0] // groups:
            return self._column_input_grad(g, w, x_shape, windows, groups)
        if max(strides) == 1:
            return self._phase_grad(g, w, x_shape, windows, (0,) * len(strides), groups)
        dx = self.xp.zeros(x_shape, dtype=g.dtype)
        for starts in product(*map(range, strides)):
            part = self._phase_grad(g, w, x_shape, windows, starts, groups)
            if part is not None:
                dx[(..., *[slice(p, None, s) for p, s in zip(starts, strides)])] = part
        return dx

    def _phase_grad(
        self, g: Any, w: Any, x_shape: Sizes, windows: Windows, starts: Sizes, groups: int
    ) -> Any:
        """The gradient at x[..., start::stride]; None where no window reads."""
        axes = [_phase(*axis) for axis in zip(starts, x_shape[2:], *windows)]
        if None in axes:
            return None
        taps, before, dilation, counts = zip(*axes)
        out_channels, channels = w.shape[:2]
        kernel = [len(range(k)[tap]) for k, tap in zip(windows.kernel, taps)]
        weights = w[(..., *taps)].reshape(groups, out_channels // groups, channels, prod(kernel))
        # BLAS takes no negative strides.
        weights = self.xp.ascontiguousarray(weights.swapaxes(1, 2))
        weights = weights.reshape(groups * channels, out_channels // groups, *kernel)
        part = Windows(tuple(kernel), (1,) * len(kernel), before, dilation, counts)
        return self._correlate(g, weights, part, groups)

    def _pointwise_correlate(self, x: Any, w: Any, windows: Windows, groups: int, y: Any) -> None:
        x = x[_places(windows)]
        samples, positions = x.shape[0], prod(windows.counts)
        weights = w.reshape(groups, w.shape[0] // groups, w.shape[1])
        planes = x.reshape(samples, groups, w.shape[1], positions)
        out = y.reshape(samples, groups, weights.shape[1], positions)
        self.xp.matmul(weights, planes, out=out)

    def _pointwise_weight_grad(
        self, g: Any, x: Any, w_shape: Sizes, windows: Windows, groups: int
    ) -> Any:
        x = x[_places(windows)]
        samples, positions = x.shape[0], prod(windows.counts)
        planes = x.reshape(samples, groups, w_shape[1], positions)
        rows = g.reshape(samples, groups, w_shape[0] // groups, positions)
        products = self.xp.matmul(rows, planes.swapaxes(2, 3)).sum(axis=0)
        return products.reshape(w_shape)

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


@lru_cache(maxsize=1024)
def _phase(
    start: int, size: int, kernel: int, stride: int, before: int, dilation: int, count: int
) -> tuple[slice, int, int, int] | None:
    """How, along one axis, x[start::stride] was read: by which taps, the last one first.

    Then the zeros before the cotangents, and the distance of those that belong to neighbouring taps,
    and the number of positions. None if nothing was read.
    """
    positions = len(range(start, size, stride))
    every = stride // gcd(stride, dilation)
    for first in range(min(every, kernel)):
        output, rest = divmod(start + before - first * dilation, stride)
        if not rest and positions and count:
            last = (kernel - 1 - first) // every
            step = every * dilation // stride
            taps = slice(first + last * every, None, -every)
            return taps, last * step - output, step, positions
    return None


def _places(windows: Windows) -> tuple[Any, ...]:
    """Where windows of one element are, as an index."""
    return (..., *[slice(0, (o - 1) * s + 1, s) for o, s in zip(windows.counts, windows.stride)])


@lru_cache(maxsize=1024)
def _windows(
    w_shape: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    *,
    sizes: Sizes = (),
    counts: Sizes = (),
) -> Windows:
    """The windows over an input of these spatial `sizes`, or for an output of these `counts`."""
    pads = as_pairs(padding)
    counts = counts or output_sizes(sizes, w_shape[2:], stride, pads, dilation)
    return Windows(w_shape[2:], stride, tuple([b for b, _ in pads]), dilation, counts)
