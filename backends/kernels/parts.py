"""Large operations as parts that do not depend on each other, for as many threads as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class PartKernels:
    """The entries of the kernel table for that; here one part after the other."""

    def each(self, work: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
        """``[work(part) for part in parts]``; no part minds what is done to the others."""
        return [work(part) for part in parts]

    def shares(self, count: int, products: int) -> list[slice]:
        """``range(count)`` cut for the threads that pay for so many multiplications in all."""
        return [slice(0, count)]
