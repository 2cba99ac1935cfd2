"""Memory for intermediate results, and what is prepared in it, kept from call to call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import prod
from typing import Any

from retrograd.backends.kernels.windows import Sizes

# A larger buffer is not kept, and no more prepared things than this.
KEPT_BYTES = 16 << 20
KEPT_THINGS = 64
# Bytes of a cache line.
_LINE = 64


class Scratch(threading.local):
    """Buffers by name and type, for each thread its own.

    Fresh memory costs more than what is done in it: the first touch of a page takes up to 2 us.
    """

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self.buffers: dict[tuple[str, Any], Any] = {}
        self.prepared: dict[Any, Any] = {}

    def take(self, name: str, shape: Sizes, dtype: Any) -> Any:
        """An array to be written to, valid until the next of this `name` is taken."""
        size, key = prod(shape), (name, dtype)
        buffer = self.buffers.get(key)
        if buffer is None or buffer.size < size:
            buffer = self._aligned(size, dtype)
            if buffer.nbytes <= KEPT_BYTES:
                self.buffers[key] = buffer
        return buffer[:size].reshape(shape)

    def _aligned(self, size: int, dtype: Any) -> Any:
        """Memory at the start of a cache line: stores that straddle two take twice as long."""
        width = self.xp.dtype(dtype).itemsize
        memory = self.xp.empty(size * width + _LINE, "uint8")
        start = -memory.__array_interface__["data"][0] % _LINE
        return memory[start : start + size * width].view(dtype)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` made when it was first called with this `key`; the oldest are forgotten."""
        found = self.prepared.get(key)
        if found is None:
            if len(self.prepared) >= KEPT_THINGS:
                del self.prepared[next(iter(self.prepared))]
            found = self.prepared[key] = make()
        return found
