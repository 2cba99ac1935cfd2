"""The backend of recorded arrays, and its table of kernels."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from retrograd.backends.base import Backend
from retrograd.backends.kernels import Kernels
from retrograd.backends.recording.array import Recorded, RecordedScalar, recorder
from retrograd.backends.recording.module import array_module
from retrograd.backends.registry import BACKENDS, KERNELS, XP, get_backend

# Two keep arrays from call to call, which a program must not share, one calls a function: the generic
# ones do what has to be recorded.
_FRESH = {"scratch", "once", "each"}
# What they do, or whether they raise an error, depends on values.
_WHOLE = {"_hurwitz", "_winning_taps", "check_bounds"}


class RecordingKernels(Kernels):
    """The generic kernels, call by call; those that NumPy's own table has instead, as one call each.

    So a recording computes by the very functions that NumPy's arrays are computed with.
    """

    def __init__(self, xp: Any):
        super().__init__(xp)
        host = get_backend("cpu").kernels
        for name in dir(host):
            own = getattr(type(host), name, None)
            if name.startswith("__") or name in _FRESH or not callable(own):
                continue
            if own is not getattr(Kernels, name, None) or name in _WHOLE:
                setattr(self, name, _whole(getattr(host, name)))


def _whole(function: Any) -> Any:
    return lambda *args, **kwargs: recorder().kernel(function, args, kwargs)


class RecordingBackend(Backend):
    """Arrays in main memory whose computations are written down."""

    device_type = "cpu"
    array_type = Recorded

    def __init__(self) -> None:
        self.xp = array_module()
        self.kernels = RecordingKernels(self.xp)

    def from_host(self, array: Any, index: int | None) -> Any:
        return array

    def to_host(self, array: Any) -> Any:
        return array.item()

    def device_index(self, array: Any) -> Any:
        return None

    def address(self, array: Any) -> Any:
        return array.ctypes

    def device_count(self) -> int:
        return 1

    def checked_linalg(self) -> AbstractContextManager[Any]:
        return get_backend("cpu").checked_linalg()


_backend = RecordingBackend()
for _kind in (Recorded, RecordedScalar):
    XP[_kind], KERNELS[_kind], BACKENDS[_kind] = _backend.xp, _backend.kernels, _backend
