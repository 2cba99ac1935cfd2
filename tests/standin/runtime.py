"""The stand-in's `cupy.cuda`: one device that is always there, and its memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.standin.array import live
from tests.standin.counts import total

COUNT = 1
PROPERTIES = {"name": b"stand-in for a GPU"}


class CUDARuntimeError(RuntimeError):
    """What CuPy raises for a device that does not exist."""


class Device:
    """A device, or a block in which it is the current one."""

    def __init__(self, device: int | None = None):
        self.id = 0 if device is None else device
        if not 0 <= self.id < COUNT:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def use(self) -> Device:
        return self


class Stream:
    """The queue of what the device has been told to do."""

    def synchronize(self) -> None:
        total.synchronisations += 1


class MemoryPool:
    """Counts what arrays use; keeps nothing."""

    def used_bytes(self) -> int:
        return live["bytes"]

    def total_bytes(self) -> int:
        return live["bytes"]

    def free_all_blocks(self, stream: Any = None) -> None:
        pass


def properties(device: int) -> dict[str, Any]:
    """What is known of a device."""
    return PROPERTIES


cuda = SimpleNamespace(
    Device=Device,
    get_current_stream=Stream,
    runtime=SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        getDeviceCount=lambda: COUNT,
        getDevice=lambda: 0,
        getDeviceProperties=properties,
    ),
)
