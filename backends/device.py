"""Devices: the objects that name them and the default one."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from retrograd.backends.registry import backend_of, get_backend

_TYPES = ("cpu", "cuda")


class device:
    """A place where tensors live: ``device("cpu")``, ``device("cuda:1")``, ``device("cuda", 1)``.

    As a context manager it makes new tensors live there.

    Examples
    --------
    >>> rg.device("cuda:1").index
    1
    >>> with rg.device("cpu"):
    ...     rg.zeros(2).device
    device(type='cpu')
    """

    __slots__ = ("type", "index", "_outer")
    type: str
    index: int | None

    def __init__(self, type: str | device | int, index: int | None = None):
        if isinstance(type, device):
            type, index = type.type, type.index  # type: ignore[assignment]
        elif isinstance(type, int):
            type, index = "cuda", type  # type: ignore[assignment]
        elif ":" in type:
            type, _, number = type.partition(":")
            if not number.isdigit():
                raise RuntimeError(f"invalid device string: '{type}:{number}'; e.g. 'cuda:0'")
            index = int(number)
        if type not in _TYPES:
            raise RuntimeError(f"unknown device {type!r}: expected one of {', '.join(_TYPES)}")
        self.type, self.index = type, index
        self._outer: list[device | None] = []

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, device):
            return NotImplemented
        return (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type, self.index))

    def __enter__(self) -> device:
        get_backend(self.type)
        self._outer.append(_state.device)
        _state.device = self
        return self

    def __exit__(self, *exc: object) -> None:
        _state.device = self._outer.pop()


class _State(threading.local):
    device: device | None = None


_state = _State()
_default: device = device("cpu")


def set_default_device(where: str | device | None) -> None:
    """Make new tensors live on `where`; RuntimeError if that device cannot be used.

    Examples
    --------
    >>> rg.set_default_device("cpu")
    """
    global _default
    found = to_device("cpu" if where is None else where)
    _default = found


def get_default_device() -> device:
    """Where new tensors live.

    Examples
    --------
    >>> rg.get_default_device()
    device(type='cpu')
    """
    return _state.device or _default


def to_device(spec: Any) -> device:
    """A usable device from `spec` (None means the default one), or RuntimeError."""
    if spec is None:
        return _state.device or _default
    found = spec if isinstance(spec, device) else device(spec)
    if found.type != "cpu":
        count = get_backend(found.type).device_count()
        if (found.index or 0) >= count:
            raise RuntimeError(f"device {found} does not exist: this machine has {count}")
    return found


def device_of(array: Any) -> device:
    """The device an array lives on."""
    if type(array) is np.ndarray:
        return _CPU
    backend = backend_of(array)
    return device(backend.device_type, backend.device_index(array))


def address(array: Any) -> int:
    """Where the first element of an array lies in its device's memory."""
    return backend_of(array).address(array)


def place(where: device) -> tuple[str, int]:
    """The type and number of a device; "cuda" without a number is the current one."""
    index = where.index
    return where.type, get_backend(where.type).current_device() if index is None else index


def from_host(array: np.ndarray, where: device) -> Any:
    """The values of a NumPy array as an array on `where`."""
    return get_backend(where.type).from_host(array, where.index)


def to_host(array: Any) -> np.ndarray:
    """The values of an array as a NumPy array."""
    return backend_of(array).to_host(array)


_CPU = device("cpu")
