"""A stand-in for CuPy's arrays: NumPy underneath, as strict as a GPU about what may meet what."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np


class ndarray:
    """An array "on the device": it does not mix with NumPy's, nor turn into one unasked.

    As CuPy's, results without dimensions stay arrays.
    """

    # NumPy's operators leave mixed expressions to this class, which refuses them.
    __array_ufunc__ = None
    __slots__ = ("_host", "base", "__weakref__")

    def __init__(self, host: Any, base: ndarray | None = None):
        self._host = np.asarray(host)
        self.base = base

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_function__(self, *args: Any) -> Any:
        raise TypeError("a NumPy function got an array of the device")

    @property
    def flags(self) -> Any:
        return self._host.flags

    @property
    def device(self) -> Any:
        return _Device()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._host, name)
        if not callable(found):
            return wrap(found, self)
        return lambda *args, **kwargs: wrap(found(*unwrap(args), **unwrap(kwargs)), self)

    def item(self) -> Any:
        return self._host.item()

    def tolist(self) -> Any:
        return self._host.tolist()

    def get(self) -> np.ndarray:
        return self._host.copy()

    def __len__(self) -> int:
        return len(self._host)

    def __bool__(self) -> bool:
        return bool(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __index__(self) -> int:
        return operator.index(self._host)

    def __getitem__(self, index: Any) -> Any:
        return wrap(self._host[unwrap(index)], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._host[unwrap(index)] = unwrap(value)

    def __repr__(self) -> str:
        return f"standin.{self._host!r}"


class _Device:
    id = 0


def wrap(value: Any, source: ndarray | None = None) -> Any:
    """NumPy's result as the device's: arrays and scalars become arrays that know their owner."""
    if isinstance(value, np.ndarray):
        root = source if source is None or source.base is None else source.base
        shares = root is not None and np.may_share_memory(value, root._host)
        if root is not None and value is root._host:
            return root
        return ndarray(value, root if shares else None)
    if isinstance(value, np.generic):
        return ndarray(np.asarray(value))
    if isinstance(value, tuple) and any(isinstance(v, (np.ndarray, np.generic)) for v in value):
        parts = [wrap(v, source) for v in value]
        make = getattr(type(value), "_make", tuple)
        return make(parts)
    if isinstance(value, list):
        return [wrap(v, source) for v in value]
    return value


def unwrap(value: Any) -> Any:
    """The device's arguments as NumPy's; TypeError for an array of the host."""
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, tuple):
        make = getattr(type(value), "_make", tuple)
        return make([unwrap(v) for v in value])
    if isinstance(value, list):
        return [unwrap(v) for v in value]
    if isinstance(value, dict):
        return {k: unwrap(v) for k, v in value.items()}
    return value


def _binary(name: str) -> Callable[..., Any]:
    compute = getattr(operator, name)

    def forward(self: ndarray, other: Any) -> Any:
        if isinstance(other, ndarray) or np.isscalar(other) or isinstance(other, (int, float)):
            return wrap(np.asarray(compute(self._host, unwrap(other))))
        if isinstance(other, np.ndarray):
            raise TypeError(f"Unsupported type {type(other)}")
        return NotImplemented

    return forward


def _reflected(name: str) -> Callable[..., Any]:
    compute = getattr(operator, name)

    def backward(self: ndarray, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            raise TypeError(f"Unsupported type {type(other)}")
        if np.isscalar(other) or isinstance(other, (int, float)):
            return wrap(np.asarray(compute(other, self._host)))
        return NotImplemented

    return backward


def _in_place(name: str) -> Callable[..., Any]:
    compute = getattr(operator, name)

    def update(self: ndarray, other: Any) -> ndarray:
        # Through a view of at least one dimension: NumPy has no in-place results without.
        target = self._host.reshape(1) if self._host.ndim == 0 else self._host
        compute(target, unwrap(other))
        return self

    return update


_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
_BITS = ("and_", "or_", "xor", "lshift", "rshift")
for _name in (*_ARITHMETIC, *_BITS):
    _stem = _name.rstrip("_")
    setattr(ndarray, f"__{_stem}__", _binary(_name))
    setattr(ndarray, f"__r{_stem}__", _reflected(_name))
    setattr(ndarray, f"__i{_stem}__", _in_place("i" + _stem))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(ndarray, f"__{_name}__", _binary(_name))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(
        ndarray,
        f"__{_name}__",
        lambda self, _compute=getattr(operator, _name): wrap(np.asarray(_compute(self._host))),
    )
ndarray.__hash__ = None  # type: ignore[assignment]
