"""Who wrote to which memory, and when: how an in-place change to a saved value is noticed.

One clock orders everything. A node takes its time when it is made, a write to memory takes its time
when it is done; a saved array written to after its node was made no longer holds what the
derivative needs. Memory is known by the array that owns it, so views and detached tensors share
their history, and a tensor carries no counter.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable
from typing import Any

from retrograd.backends.base import owner

tick = itertools.count(1).__next__


class Write:
    """The history of one piece of memory: how often written, when and by what last."""

    __slots__ = ("count", "time", "by", "memory")

    def __init__(self, memory: weakref.ref[Any]):
        self.count, self.time, self.by, self.memory = 0, 0, "", memory


class _Changes:
    """All writes so far; `latest` lets the backward pass skip the look-up when nothing changed."""

    def __init__(self) -> None:
        self.latest = 0
        self._writes: dict[int, Write] = {}

    def note(self, array: Any, by: str) -> None:
        """Remember that the op named `by` wrote to the memory of `array`."""
        memory = owner(array)
        write = self._writes.get(id(memory)) or self._first(memory)
        write.count += 1
        write.by = by
        write.time = self.latest = tick()

    def note_all(self, arrays: Iterable[Any], by: str) -> None:
        """Remember that the op named `by` wrote to the memory of each array, at one time."""
        writes = self._writes
        now = self.latest = tick()
        for array in arrays:
            memory = owner(array)
            write = writes.get(id(memory)) or self._first(memory)
            write.count += 1
            write.by = by
            write.time = now

    def _first(self, memory: Any) -> Write:
        key, forget = id(memory), self._writes.pop
        write = Write(weakref.ref(memory, lambda _: forget(key, None)))
        self._writes[key] = write
        return write

    def of(self, array: Any) -> Write | None:
        """The history of the memory of `array`, or None if it was never written to."""
        return self._writes.get(id(owner(array)))


changes = _Changes()
