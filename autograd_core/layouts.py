"""The order of dimensions in memory, and PyTorch's names for layouts; every tensor here is strided."""

from __future__ import annotations

from typing import Any

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format",
    "preserve_format", "strided",
]  # fmt: skip


class _Name:
    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"retrograd.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class layout(_Name):
    """How the elements of a tensor are stored.

    Examples
    --------
    >>> rg.zeros(2).layout
    retrograd.strided
    """


class memory_format(_Name):
    """An order of dimensions in memory; accepted, and ignored, wherever PyTorch takes one.

    Examples
    --------
    >>> rg.zeros(1, 1, 2, 2).to(memory_format=rg.channels_last).shape
    retrograd.Size([1, 1, 2, 2])
    """


def outermost_first(array: Any) -> list[int]:
    """The dimensions in the order that a new array like `array` has them in memory.

    By stride, as NumPy orders them; but where elements are repeated, the stride of 0 says nothing,
    and such a dimension stays where it is, as in PyTorch.
    """
    shape, strides = array.shape, array.strides
    order = list(range(array.ndim))
    for start in range(array.ndim - 2, -1, -1):
        here = start
        for there in range(start + 1, array.ndim):
            a, b = order[here], order[there]
            if strides[a] == 0 or strides[b] == 0:
                continue
            if strides[a] > strides[b]:
                break
            if strides[a] < strides[b] or shape[a] < shape[b]:
                order[here], order[there] = b, a
                here = there
    return order


def inverse(order: list[int]) -> list[int]:
    """The permutation that undoes `order`."""
    back = [0] * len(order)
    for place, dim in enumerate(order):
        back[dim] = place
    return back


def unrepeated(array: Any, dtype: Any) -> Any:
    """A copy in the type `dtype` of an array that repeats elements, each in a place of its own."""
    order = outermost_first(array)
    return array.transpose(order).astype(dtype, order="C").transpose(inverse(order))


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
