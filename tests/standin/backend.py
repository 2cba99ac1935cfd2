"""The device "cuda" without a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from retrograd.backends.base import Backend
from retrograd.backends.kernels import Kernels
from retrograd.backends.registry import register, unregister
from tests.standin.array import live, ndarray
from tests.standin.counts import total
from tests.standin.module import xp


class StandinBackend(Backend):
    """The stand-in's arrays and the generic kernels, as the backend of CuPy has CuPy's."""

    device_type = "cuda"
    xp = xp
    array_type = ndarray

    def __init__(self) -> None:
        self.kernels = Kernels(xp)

    def from_host(self, array: np.ndarray, index: int | None) -> ndarray:
        if not isinstance(array, (np.ndarray, np.generic)):
            raise TypeError(f"from_host: expected a NumPy array, got {type(array).__name__}")
        total.uploads += 1
        return ndarray(np.array(array))

    def to_host(self, array: ndarray) -> np.ndarray:
        return array.get()

    def device_index(self, array: ndarray) -> int:
        return array.device.id

    def device_count(self) -> int:
        return 1

    def memory_allocated(self) -> int:
        return live["bytes"]


@contextmanager
def standin() -> Iterator[StandinBackend]:
    """A block in which the device "cuda" is the stand-in."""
    backend = StandinBackend()
    register(backend)
    try:
        yield backend
    finally:
        unregister(backend)
