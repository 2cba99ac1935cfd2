"""The array module of a recording: NumPy's functions, each call written down."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from retrograd.backends.recording.array import call, recorder

# The size of their results depends on values, or they give numbers of Python.
_LOOKING = {
    "allclose", "argwhere", "array_equal", "array_equiv", "bincount", "compress", "count_nonzero",
    "digitize", "extract", "flatnonzero", "histogram", "iterable", "nonzero", "setdiff1d",
    "trim_zeros", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
}  # fmt: skip
# They write to their first argument.
_WRITING = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}


class Ufunc:
    """One of NumPy's ufuncs."""

    def __init__(self, ufunc: np.ufunc):
        self._ufunc, self.__name__, self.types = ufunc, ufunc.__name__, ufunc.types

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        count = self._ufunc.nin
        if len(args) > count:
            args, kwargs["out"] = args[:count], args[count:]
        return call(self._ufunc, *args, **kwargs)

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, **kwargs: Any) -> Any:
        """As NumPy's."""
        return call(self._ufunc.reduce, array, axis, dtype, **kwargs)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, **kwargs: Any) -> Any:
        """As NumPy's."""
        return call(self._ufunc.accumulate, array, axis, dtype, **kwargs)

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        """As NumPy's."""
        return call(self._ufunc.outer, a, b, **kwargs)

    def at(self, a: Any, *args: Any) -> None:
        """As NumPy's; writes to `a`."""
        recorder().call(self._ufunc.at, (a, *args), {}, a)


class Function:
    """One of NumPy's functions."""

    def __init__(self, name: str, function: Any):
        self.__name__, self._function = name, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = self.__name__
        if name in _LOOKING or (name == "where" and len(args) == 1):
            instead = "compute it outside of the recorded function"
            recorder().refuse(f"{name}()", "its result depends on values", instead)
        if name in _WRITING:
            return recorder().call(self._function, args, kwargs, args[0])
        return call(self._function, *args, **kwargs)


class Shape:
    """The shape that arrays have together, in the place of `np.broadcast`."""

    def __init__(self, *arrays: Any):
        self.shape = np.broadcast_shapes(*[getattr(a, "shape", ()) for a in arrays])


class Module(ModuleType):
    """A module with the names of one of NumPy's."""

    def __init__(self, source: Any):
        super().__init__(source.__name__)
        self._source = source

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if isinstance(found, np.ufunc):
            return Ufunc(found)
        if isinstance(found, type) or not callable(found):
            return found
        return Function(name, found)


def array_module() -> Any:
    """The module that stands in the place of NumPy."""
    module = Module(np)
    module.broadcast = Shape  # type: ignore[attr-defined]
    module.linalg = Module(np.linalg)  # type: ignore[attr-defined]
    tricks = Module(np.lib.stride_tricks)
    module.lib = SimpleNamespace(stride_tricks=tricks)  # type: ignore[attr-defined]
    return module
