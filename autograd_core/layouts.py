"""Layouts and memory formats: names that PyTorch scripts pass; every tensor here is strided."""

from __future__ import annotations

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


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
