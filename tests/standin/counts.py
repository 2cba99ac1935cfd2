"""What a program makes a GPU do: kernels launched, waits for the GPU, copies from the host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass
class Counts:
    """How often each thing was done.

    Attributes
    ----------
    launches : int
        Kernels: each costs some microseconds, however small the array.
    synchronisations : int
        Values that the host asked for: it waits until the GPU has done all it was told.
    uploads : int
        Arrays copied from the host to the GPU.
    """

    launches: int = 0
    synchronisations: int = 0
    uploads: int = 0


total = Counts()


@contextmanager
def counted() -> Iterator[Counts]:
    """Count what is done inside the block; the figures are there when it ends."""
    before, inside = replace(total), Counts()
    yield inside
    for name, start in vars(before).items():
        setattr(inside, name, getattr(total, name) - start)
