"""Which backend serves which device, and which array type belongs to which backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from retrograd.backends.base import Backend
from retrograd.backends.numpy_backend import NumpyBackend


class _Kernels(dict[type, Any]):
    """The kernels of each type of array, made when they are first asked for."""

    def __missing__(self, kind: type) -> Any:
        self[kind] = BACKENDS[kind].kernels
        return self[kind]


# By the type of an array: its array module, its kernels, its backend. Ops look here on every call.
XP: dict[type, Any] = {}
KERNELS = _Kernels()
BACKENDS: dict[type, Backend] = {}

_by_device: dict[str, Backend] = {}


def register(backend: Backend) -> Backend:
    """Make `backend` the one for its device type and its type of array."""
    _by_device[backend.device_type] = backend
    types = [backend.array_type]
    if backend.xp is np:
        # What NumPy returns in the place of a 0-d array.
        types += [np.float16, np.float32, np.float64, np.bool_, np.uint8]
        types += [np.int8, np.int16, np.int32, np.int64]
    for kind in types:
        XP[kind], BACKENDS[kind] = backend.xp, backend
    return backend


@contextmanager
def forgotten(device_type: str) -> Iterator[None]:
    """A block in which the backend of `device_type` is looked for anew, and after which it is again.

    For tests with another backend in its place.
    """
    before = _by_device.pop(device_type, None)
    try:
        yield
    finally:
        inside = _by_device.pop(device_type, None)
        if inside is not None:
            for table in (XP, KERNELS, BACKENDS):
                table.pop(inside.array_type, None)  # type: ignore[attr-defined]
        if before is not None:
            register(before)


def _load_cuda() -> Backend:
    from retrograd.backends.cupy_backend import CupyBackend

    return CupyBackend()


_loaders: dict[str, Callable[[], Backend]] = {"cuda": _load_cuda}


def get_backend(device_type: str) -> Backend:
    """The backend of "cpu" or "cuda"; RuntimeError if the device cannot be used."""
    if device_type not in _by_device:
        register(_loaders[device_type]())
    return _by_device[device_type]


def backend_of(array: Any) -> Backend:
    """The backend that an array belongs to."""
    return BACKENDS[type(array)]


register(NumpyBackend())
