"""Max, average and adaptive pooling, and their adjoints, for any number of spatial dimensions.

Sums and maxima over windows are taken one dimension at a time, over strided slices: a k x k window
costs 2k passes, not k*k. Adaptive windows, which are uneven, are gathered instead of sliced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

from retrograd.backends.kernels.windows import (
    Padding,
    Sizes,
    Tap,
    adaptive_bounds,
    adaptive_taps,
    along,
    as_pairs,
    pooled_sizes,
    window_taps,
)

Taps = Sequence[Tap]


class PoolKernels:
    """The pooling entries of the kernel table.

    `x` is (N, C, *spatial). `kernel`, `stride`, `padding` and `dilation` hold one entry for each
    spatial dimension; a padding is an int or a (before, after) pair. An index is a position in
    the flattened spatial dimensions of the input without padding, int64, as in PyTorch. The
    caller has checked the shapes.
    """

    xp: Any

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
        y = self.max_pool_values(x, kernel, stride, padding, dilation, ceil_mode)
        return y, self.max_pool_indices(x, y, kernel, stride, padding, dilation)

    def max_pool_values(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        ceil_mode: bool,
    ) -> Any:
        """Maxima of the windows alone, three times as fast as with the indices. NaN wins."""
        pads = as_pairs(padding)
        counts = pooled_sizes(x.shape[2:], kernel, stride, pads, dilation, ceil_mode)
        taps = _taps(x.shape[2:], counts, kernel, stride, pads, dilation)
        return self._reduce(self.xp.maximum, self._lowest(x.dtype), x, taps, counts)

    def max_pool_indices(
        self, x: Any, y: Any, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
    ) -> Any:
        """Indices of the maxima `y` that `max_pool_values` found in `x`."""
        xp = self.xp
        sizes, counts, pads = x.shape[2:], y.shape[2:], as_pairs(padding)
        tap_of = self._winning_taps(x, y, _taps(sizes, counts, kernel, stride, pads, dilation))
        before = [b for b, _ in pads]
        first, step = self._tap_positions(sizes, counts, kernel, stride, before, dilation)
        indices = xp.take(step, tap_of)
        indices += first
        return indices

    def _tap_positions(
        self,
        sizes: Sizes,
        counts: Sizes,
        kernel: Sizes,
        stride: Sizes,
        before: Sizes,
        dilation: Sizes,
    ) -> tuple[Any, Any]:
        """The position of each window's first tap, and how far each tap is from the first."""
        xp = self.xp
        first, step = xp.zeros(1, dtype=xp.int64), xp.zeros(1, dtype=xp.int64)
        for n, count, k, s, b, d in zip(sizes, counts, kernel, stride, before, dilation):
            first = first[..., None] * n + (xp.arange(count) * s - b)
            step = (step[:, None] * n + xp.arange(k) * d).reshape(-1)
        return first[0], step

    def adaptive_max_pool(self, x: Any, out_size: Sizes) -> tuple[Any, Any]:
        """Maxima of `out_size` near-equal windows and their indices, as in `max_pool`."""
        xp = self.xp
        sizes = x.shape[2:]
        if all(n % out == 0 for n, out in zip(sizes, out_size)):
            kernel = [n // out for n, out in zip(sizes, out_size)]
            none, ones = [0] * len(kernel), [1] * len(kernel)
            return self.max_pool(x, kernel, kernel, none, ones, False)
        taps = [adaptive_taps(xp, n, out) for n, out in zip(sizes, out_size)]
        y = self._reduce(xp.maximum, self._lowest(x.dtype), x, taps, out_size)
        tap_of = self._winning_taps(x, y, taps)
        indices = xp.zeros(y.shape, dtype=xp.int64)
        period = prod(len(axis) for axis in taps)
        for axis, (n, out) in enumerate(zip(sizes, out_size)):
            period //= len(taps[axis])
            start, stop = adaptive_bounds(xp, n, out)
            column = (-1,) + (1,) * (len(sizes) - axis - 1)
            offset = tap_of // period % len(taps[axis])
            position = xp.minimum(start.reshape(column) + offset, stop.reshape(column) - 1)
            indices = indices * n + position
        return y, indices

    def pool_gather(self, x: Any, indices: Any) -> Any:
        """Pick x[n, c].ravel()[indices[n, c]]: the adjoint of `pool_scatter`."""
        return self.xp.take(x.reshape(-1), self._flat(indices, prod(x.shape[2:])))

    def pool_scatter(self, g: Any, indices: Any, x_shape: Sizes) -> Any:
        """Add `g` at `indices` into zeros of `x_shape`, the adjoint of `pool_gather`."""
        xp = self.xp
        total = xp.zeros(prod(x_shape), dtype=g.dtype)
        # With one flat index add.at has a fast loop in NumPy: 0.17 ms for 64x6x14x14, where
        # bincount needs 0.45 ms and put, which cannot add, 0.15 ms.
        flat = self._flat(indices, prod(x_shape[2:]))
        xp.add.at(total, flat.reshape(-1), g.reshape(-1))
        return total.reshape(x_shape)

    def pool_put(self, x: Any, indices: Any, shape: Sizes) -> Any:
        """Put `x` at `indices` into zeros of `shape`; of several at one place one stays."""
        total = self.xp.zeros(prod(shape), dtype=x.dtype)
        total[self._flat(indices, prod(shape[2:]))] = x
        return total.reshape(shape)

    def avg_pool(
        self,
        x: Any,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: int | None,
    ) -> Any:
        """Means of the windows; with `divisor_override`, their sums divided by it."""
        pads, ones = as_pairs(padding), [1] * len(kernel)
        counts = pooled_sizes(x.shape[2:], kernel, stride, pads, ones, ceil_mode)
        taps = _taps(x.shape[2:], counts, kernel, stride, pads, ones)
        total = self._reduce(self.xp.add, 0.0, self._widened(x), taps, counts)
        divisor = divisor_override or self._divisor(
            x.shape[2:], counts, kernel, stride, pads, count_include_pad
        )
        return self._divide(total, divisor, x.dtype)

    def avg_pool_grad(
        self,
        g: Any,
        x_shape: Sizes,
        kernel: Sizes,
        stride: Sizes,
        padding: Padding,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: int | None,
    ) -> Any:
        """The adjoint of `avg_pool`, of shape `x_shape`; `g` already tells the ceil_mode."""
        xp, ones = self.xp, [1] * len(kernel)
        sizes, counts, pads = x_shape[2:], g.shape[2:], as_pairs(padding)
        divisor = divisor_override or self._divisor(
            sizes, counts, kernel, stride, pads, count_include_pad
        )
        taps = _taps(sizes, counts, kernel, stride, pads, ones)
        dx = self._widened(g)
        dx = self._divide(dx, divisor, dx.dtype)
        if tuple(kernel) == tuple(sizes) and prod(counts) == 1 and not any(map(any, pads)):
            return xp.array(xp.broadcast_to(dx, x_shape), dtype=g.dtype, order="C")
        for axis in reversed(range(len(sizes))):
            dx = self._spread(dx, taps[axis], axis + 2, sizes[axis])
        return dx.astype(g.dtype, copy=False)

    def adaptive_avg_pool(self, x: Any, out_size: Sizes) -> Any:
        """Means of `out_size` near-equal windows, which overlap where sizes do not divide."""
        sizes = x.shape[2:]
        if prod(out_size) > 1 and all(n % out == 0 for n, out in zip(sizes, out_size)):
            kernel = [n // out for n, out in zip(sizes, out_size)]
            return self.avg_pool(x, kernel, kernel, [0] * len(kernel), False, True, None)
        total = self._adaptive_sum(self._widened(x), out_size)
        return self._divide(total, self._adaptive_counts(x.shape[2:], out_size), x.dtype)

    def adaptive_avg_pool_grad(self, g: Any, x_shape: Sizes) -> Any:
        """The adjoint of `adaptive_avg_pool`, of shape `x_shape`.

        Window i of `out` over n positions holds position h just when window h of n over `out`
        positions holds i. So spreading is summing, with the two sizes exchanged.
        """
        sizes, counts = x_shape[2:], g.shape[2:]
        if all(n % count == 0 for n, count in zip(sizes, counts)):
            kernel = [n // count for n, count in zip(sizes, counts)]
            none = [0] * len(kernel)
            return self.avg_pool_grad(g, x_shape, kernel, kernel, none, False, True, None)
        share = self._widened(g)
        share = self._divide(share, self._adaptive_counts(sizes, counts), share.dtype)
        return self._adaptive_sum(share, sizes).astype(g.dtype, copy=False)

    def _reduce(
        self,
        combine: Callable[..., Any],
        neutral: float,
        x: Any,
        taps: Sequence[Taps],
        counts: Sizes,
    ) -> Any:
        """Combine every window's elements, one dimension at a time."""
        for axis, (line, count) in enumerate(zip(taps, counts), start=2):
            x = self._reduce_axis(combine, neutral, x, line, axis, count)
        return x

    def _reduce_axis(
        self,
        combine: Callable[..., Any],
        neutral: float,
        x: Any,
        taps: Taps,
        axis: int,
        count: int,
    ) -> Any:
        """Combine the taps of one axis, beginning with two that all windows have, if there are."""
        xp = self.xp
        whole = [tap for tap in taps if tap.outputs == slice(0, count)][:2]
        if len(whole) == 2:
            total = combine(whole[0].read(xp, x, axis), whole[1].read(xp, x, axis))
        else:
            whole = []
            shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
            total = xp.full(shape, neutral, dtype=x.dtype)
        for tap in taps:
            if not any(tap is done for done in whole):
                target = along(total, axis, tap.outputs)
                combine(target, tap.read(xp, x, axis), out=target)
        return total

    def _spread(self, g: Any, taps: Taps, axis: int, size: int) -> Any:
        """The adjoint of `_reduce_axis` with addition."""
        xp = self.xp
        total = xp.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), dtype=g.dtype)
        for tap in taps:
            target = tap.read(xp, total, axis)
            target += along(g, axis, tap.outputs)
        return total

    def _winning_taps(self, x: Any, y: Any, taps: Sequence[Taps]) -> Any:
        """For each window, the number of the tap (last dimension fastest) that gave `y`."""
        xp = self.xp
        total = prod(len(axis) for axis in taps)
        dtype = xp.uint8 if total < 256 else xp.int32
        rank = xp.zeros(y.shape, dtype=dtype)
        for number, combination in enumerate(product(*taps)):
            at, value = self._tap_values(x, combination)
            # An earlier tap ranks higher, so the first of equal maxima stays.
            xp.maximum(rank[at], (value == y[at]) * dtype(total - number), out=rank[at])
        winner = total - rank.astype(xp.int64)
        if self._may_hold_nan(y):
            last = xp.zeros(y.shape, dtype=xp.int64)
            for number, combination in enumerate(product(*taps)):
                at, value = self._tap_values(x, combination)
                xp.maximum(last[at], xp.isnan(value) * xp.int64(number), out=last[at])
            winner = xp.where(xp.isnan(y), last, winner)
        return winner

    def _tap_values(self, x: Any, combination: Sequence[Tap]) -> tuple[tuple, Any]:
        """The outputs that have this tap, as an index, and what it reads for them."""
        for axis, tap in enumerate(combination, start=2):
            x = tap.read(self.xp, x, axis)
        return (..., *(tap.outputs for tap in combination)), x

    def _may_hold_nan(self, y: Any) -> bool:
        """Whether NaN has to be reckoned with."""
        return y.dtype.kind == "f" and bool(self.xp.isnan(y).any())

    def _flat(self, indices: Any, plane: int) -> Any:
        """Indices into planes as indices into the flattened array."""
        samples, channels = indices.shape[:2]
        starts = self.xp.arange(samples * channels) * plane
        return indices + starts.reshape(samples, channels, *(1,) * (indices.ndim - 2))

    def _divisor(
        self,
        sizes: Sizes,
        counts: Sizes,
        kernel: Sizes,
        stride: Sizes,
        pads: Sequence[tuple[int, int]],
        count_include_pad: bool,
    ) -> Any:
        """Elements per window: a number if all windows are whole, else an array of the counts."""
        xp = self.xp
        lows = [-before if count_include_pad else 0 for before, _ in pads]
        highs = [n + after if count_include_pad else n for n, (_, after) in zip(sizes, pads)]
        axes = list(zip(counts, kernel, stride, pads, lows, highs))
        if all(-b >= lo and (o - 1) * s - b + k <= hi for o, k, s, (b, _), lo, hi in axes):
            return prod(kernel)
        divisor = xp.ones((), dtype=xp.int64)
        for o, k, s, (before, _), lo, hi in axes:
            start = xp.arange(o) * s - before
            divisor = divisor[..., None] * (xp.minimum(start + k, hi) - xp.maximum(start, lo))
        return divisor

    def _adaptive_counts(self, sizes: Sizes, out_size: Sizes) -> Any:
        """Elements per adaptive window, as `_divisor` gives them."""
        xp = self.xp
        if all(n % out == 0 for n, out in zip(sizes, out_size)):
            return prod(sizes) // prod(out_size)
        divisor = xp.ones((), dtype=xp.int64)
        for n, out in zip(sizes, out_size):
            start, stop = adaptive_bounds(xp, n, out)
            divisor = divisor[..., None] * (stop - start)
        return divisor

    def _adaptive_sum(self, x: Any, out_size: Sizes) -> Any:
        """Sums over adaptive windows. A window's elements count once: nothing is read again."""
        xp = self.xp
        if prod(out_size) == 1:
            return (
                x.reshape(*x.shape[:2], prod(x.shape[2:]))
                .sum(axis=2)
                .reshape(*x.shape[:2], *out_size)
            )
        for axis, count in enumerate(out_size, start=2):
            size = x.shape[axis]
            start, stop = adaptive_bounds(xp, size, count)
            total = 0.0
            for t, tap in enumerate(adaptive_taps(xp, size, count)):
                part = tap.read(xp, x, axis)
                if t > size // count:  # the shorter windows end here
                    inside = (start + t < stop).reshape(-1, *(1,) * (x.ndim - axis - 1))
                    part = xp.where(inside, part, part.dtype.type(0))
                total = total + part
            x = total
        return x

    def _divide(self, total: Any, divisor: Any, dtype: Any) -> Any:
        """Divide in the type of `total`, then go back to `dtype`."""
        if not isinstance(divisor, int):
            divisor = divisor.astype(total.dtype)
        return (total / divisor).astype(dtype, copy=False)

    def _lowest(self, dtype: Any) -> float:
        """What a maximum begins with."""
        if dtype.kind == "b":
            return False
        return -float("inf") if dtype.kind == "f" else int(self.xp.iinfo(dtype).min)

    def _widened(self, x: Any) -> Any:
        """Sums of float16 are taken in float32."""
        return x.astype(self.xp.float32) if x.dtype == self.xp.float16 else x


def _taps(
    sizes: Sizes,
    counts: Sizes,
    kernel: Sizes,
    stride: Sizes,
    pads: Sequence[tuple[int, int]],
    dilation: Sizes,
) -> list[list[Tap]]:
    """The taps of every dimension."""
    return [
        window_taps(n, count, k, s, before, d)
        for n, count, k, s, (before, _), d in zip(sizes, counts, kernel, stride, pads, dilation)
    ]
