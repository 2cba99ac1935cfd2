"""The stand-in's array module and backend: CuPy's names only, its arrays only."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from retrograd.backends.base import Backend
from retrograd.backends.kernels import Kernels
from tests.standin.array import ndarray, unwrap, wrap

HERE = Path(__file__).parent
NAMES = frozenset((HERE / "cupy_names.txt").read_text().split())
LINALG = frozenset((HERE / "cupy_linalg_names.txt").read_text().split())


class _Function:
    """A function or ufunc of NumPy on arrays of the device."""

    def __init__(self, function: Any):
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        source = next((a for a in args if isinstance(a, ndarray)), None)
        out = kwargs.get("out")
        result = self._function(*unwrap(args), **unwrap(kwargs))
        return out if isinstance(out, ndarray) else wrap(result, source)

    def __getattr__(self, name: str) -> Any:
        return _Function(getattr(self._function, name))


class _Namespace(ModuleType):
    """A module with the names that CuPy has, computed by NumPy's."""

    def __init__(self, name: str, source: Any, names: frozenset[str]):
        super().__init__(name)
        self._source, self._names = source, names
        self.ndarray = ndarray

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise AttributeError(f"CuPy has no {self.__name__}.{name}")
        found = getattr(self._source, name)
        if name in ("linalg",):
            return linalg
        if isinstance(found, type) or not callable(found):
            return found
        return _Function(found)

    def asarray(self, value: Any, dtype: Any = None) -> ndarray:
        if isinstance(value, ndarray):
            same = dtype is None or value.dtype == dtype
            return value if same else ndarray(value._host.astype(dtype))
        return ndarray(np.array(value, dtype=dtype))

    def asnumpy(self, value: ndarray) -> np.ndarray:
        return value.get()

    def ascontiguousarray(self, value: ndarray) -> ndarray:
        return wrap(np.ascontiguousarray(unwrap(value)), value)


linalg = _Namespace("linalg", np.linalg, LINALG)
xp = _Namespace("standin", np, NAMES)


class StandinBackend(Backend):
    """The device "cuda" without a GPU."""

    device_type = "cuda"
    xp = xp
    array_type = ndarray

    def __init__(self) -> None:
        self.kernels = Kernels(xp)

    def from_host(self, array: np.ndarray, index: int) -> ndarray:
        if type(array) is not np.ndarray:
            raise TypeError(f"from_host: expected a NumPy array, got {type(array).__name__}")
        return ndarray(array.copy())

    def to_host(self, array: ndarray) -> np.ndarray:
        return array.get()

    def device_index(self, array: ndarray) -> int:
        return 0

    def device_count(self) -> int:
        return 1
