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
            buffer = self.xp.empty(size, dtype=dtype)
            if buffer.nbytes <= KEPT_BYTES:
                self.buffers[key] = buffer
        return buffer[:size].reshape(shape)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` made when it was first called with this `key`; the oldest are forgotten."""
        found = self.prepared.get(key)
        if found is None:
            if len(self.prepared) >= KEPT_THINGS:
                del self.prepared[next(iter(self.prepared))]
            found = self.prepared[key] = make()
        return found
