"""Geometry shared by convolution and pooling: padding, output sizes, windows as strided views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Sizes = Sequence[int]
Pairs = Sequence[tuple[int, int]]
Padding = Sequence[int] | Pairs


def as_pairs(padding: Padding) -> list[tuple[int, int]]:
    """One (before, after) pair for each spatial dimension; an int stands for both sides."""
    return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in padding]


def output_sizes(
    sizes: Sizes, kernel: Sizes, stride: Sizes, pads: Pairs, dilation: Sizes
) -> tuple[int, ...]:
    """How many windows fit along each dimension."""
    return tuple(
        (n + before + after - d * (k - 1) - 1) // s + 1
        for n, k, s, (before, after), d in zip(sizes, kernel, stride, pads, dilation)
    )


def exact_pads(
    sizes: Sizes, outputs: Sizes, kernel: Sizes, stride: Sizes, before: Sizes, dilation: Sizes
) -> list[tuple[int, int]]:
    """The pads with which `outputs` windows cover a padded input to its last element.

    A negative pad crops: the last elements, where the stride leaves some over.
    """
    return [
        (b, (o - 1) * s + d * (k - 1) + 1 - b - n)
        for n, o, k, s, b, d in zip(sizes, outputs, kernel, stride, before, dilation)
    ]


def placement(sizes: Sizes, pads: Pairs) -> tuple[list[slice], list[slice]]:
    """What a padded (or, where a pad is negative, cropped) array keeps, and where it is there."""
    source, target = [], []
    for n, (before, after) in zip(sizes, pads):
        start = min(max(-before, 0), n)
        stop = max(n - max(-after, 0), start)
        offset = max(before, 0)
        source.append(slice(start, stop))
        target.append(slice(offset, offset + stop - start))
    return source, target


def pad(xp: Any, x: Any, pads: Pairs, value: float = 0.0) -> Any:
    """Pad the last dimensions of `x`, or crop where a pad is negative.

    Returns a view of `x` where nothing has to be added, else a new C-contiguous array.
    """
    lead = x.ndim - len(pads)
    source, target = placement(x.shape[lead:], pads)
    shape = (*x.shape[:lead], *[n + b + a for n, (b, a) in zip(x.shape[lead:], pads)])
    kept = x[(..., *source)]
    if kept.shape == shape:
        return kept
    padded = xp.full(shape, value, dtype=x.dtype) if value else xp.zeros(shape, dtype=x.dtype)
    padded[(..., *target)] = kept
    return padded


def window_view(xp: Any, x: Any, axis: int, kernel: int, stride: int, dilation: int) -> Any:
    """Replace `axis` by its windows: their count stays at `axis`, their taps become axis 1.

    The result is a view of `x`: it may be written to where the windows do not overlap.
    """
    step = x.strides[axis]
    count = (x.shape[axis] - dilation * (kernel - 1) - 1) // stride + 1
    shape, strides = list(x.shape), list(x.strides)
    shape[axis], strides[axis] = count, step * stride
    shape.insert(1, kernel)
    strides.insert(1, step * dilation)
    return xp.lib.stride_tricks.as_strided(x, shape=tuple(shape), strides=tuple(strides))


class Tap(NamedTuple):
    """One position inside a window, along one axis: `outputs` read it at `inputs`."""

    outputs: slice
    inputs: Any  # a slice, or an index array of the backend

    def read(self, xp: Any, x: Any, axis: int) -> Any:
        """What this tap reads along `axis`: a view of `x` where the windows are regular."""
        if isinstance(self.inputs, slice):
            return along(x, axis, self.inputs)
        return xp.take(x, self.inputs, axis=axis)


def along(x: Any, axis: int, index: slice) -> Any:
    """The view x[:, ..., index] with `index` at `axis`."""
    return x[(*(slice(None),) * axis, index)]


def window_taps(
    size: int, count: int, kernel: int, stride: int, before: int, dilation: int
) -> list[Tap]:
    """The taps of regular windows. A tap that falls into the padding is not read there."""
    taps = []
    for j in range(kernel):
        offset = j * dilation - before
        start = max(-(offset // stride), 0)
        stop = min((size - 1 - offset) // stride + 1, count)
        if start < stop:
            inputs = slice(start * stride + offset, (stop - 1) * stride + offset + 1, stride)
            taps.append(Tap(slice(start, stop), inputs))
        else:
            taps.append(Tap(slice(0, 0), slice(0, 0)))
    return taps


def adaptive_bounds(xp: Any, size: int, count: int) -> tuple[Any, Any]:
    """Start and stop of `count` near-equal windows over `size` positions, as in PyTorch."""
    i = xp.arange(count)
    return i * size // count, ((i + 1) * size + count - 1) // count


def adaptive_length(size: int, count: int) -> int:
    """A length that no adaptive window exceeds."""
    return size // count if size % count == 0 else size // count + 2


def adaptive_taps(xp: Any, size: int, count: int) -> list[Tap]:
    """The taps of adaptive windows. Past the end of a window its last element is read again."""
    start, stop = adaptive_bounds(xp, size, count)
    every = slice(0, count)
    return [
        Tap(every, xp.minimum(start + t, stop - 1)) for t in range(adaptive_length(size, count))
    ]


def pooled_sizes(
    sizes: Sizes, kernel: Sizes, stride: Sizes, pads: Pairs, dilation: Sizes, ceil_mode: bool
) -> tuple[int, ...]:
    """How many pooling windows there are; with `ceil_mode` the last may reach past the end.

    But, as in PyTorch, none starts in the padding after the end.
    """
    if not ceil_mode:
        return output_sizes(sizes, kernel, stride, pads, dilation)
    longer = [(before, after + s - 1) for (before, after), s in zip(pads, stride)]
    counts = output_sizes(sizes, kernel, stride, longer, dilation)
    return tuple(
        o - ((o - 1) * s >= n + before) for o, n, s, (before, _) in zip(counts, sizes, stride, pads)
    )


def chunks(total: int, size: int) -> Iterator[slice]:
    """Cut range(total) into as few slices of at most `size` as will do: all equal but the last."""
    parts = -(-total // size)
    size = -(-total // max(parts, 1))
    for start in range(0, total, max(size, 1)):
        yield slice(start, min(start + size, total))
