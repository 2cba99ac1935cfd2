"""The stand-in's array module: CuPy's names, arguments and types only, on its own arrays only."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from tests.standin.api import FUNCTIONS, LINALG, UFUNCS, VALUES, check
from tests.standin.array import POSITIONS, compute, ndarray, quiet, unwrap, wrap
from tests.standin.counts import total
from tests.standin.runtime import MemoryPool, cuda

# The size of their results depends on values, which the host has to wait for.
WAITING = {
    "argwhere", "bincount", "compress", "extract", "flatnonzero", "histogram", "nonzero", "unique",
}  # fmt: skip
# What NumPy gives in main memory is read there by these, and nothing is computed.
ON_TYPES = {
    "can_cast", "common_type", "isdtype", "isscalar", "issubdtype", "min_scalar_type",
    "promote_types", "result_type",
}  # fmt: skip
# What of NumPy's needs no array.
CONSTANTS = {"bool", "dtype", "e", "euler_gamma", "finfo", "iinfo", "inf", "nan", "newaxis", "pi"}
SCATTERS = {
    "add": "iIfdeLQ",
    "maximum": "iIfdLQ",
    "minimum": "iIfdLQ",
}


class Ufunc:
    """A ufunc of CuPy, with as much of `reduce`, `accumulate` and `at` as CuPy has."""

    def __init__(self, name: str):
        self.__name__ = name
        self.types = ["->".join(loop) for loop in UFUNCS[name]]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        count = len(UFUNCS[self.__name__][0][0])
        if len(args) > count:
            args, kwargs["out"] = args[:count], args[count]
        if not any(isinstance(x, ndarray) for x in args):
            raise TypeError(f"CuPy's {self.__name__} got no array of the device: {args}")
        return compute(self.__name__, *args, **kwargs)

    def reduce(
        self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False
    ) -> Any:
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.__name__}.reduce` is not supported yet")
        reduced = array.sum if self.__name__ == "add" else array.prod
        return reduced(axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        if self.__name__ not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.__name__}.accumulate` is not supported yet")
        accumulated = array.cumsum if self.__name__ == "add" else array.cumprod
        return accumulated(axis=axis, dtype=dtype, out=out)

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        return self(a.reshape(a.shape + (1,) * b.ndim), b, **kwargs)

    def at(self, a: Any, indices: Any, b: Any) -> None:
        if self.__name__ not in SCATTERS:
            raise NotImplementedError(f"`cupy_{self.__name__}.at` is not supported yet")
        if a.dtype.char not in SCATTERS[self.__name__] or a.dtype == np.int64:
            raise TypeError(f"scatter_{self.__name__} does not support {a.dtype} as data type")
        with quiet():
            getattr(np, self.__name__).at(unwrap(a), unwrap(indices), unwrap(b))
        total.launches += 1


class Function:
    """A function of CuPy, computed by NumPy's of that name."""

    def __init__(self, name: str, signature: Any, function: Any):
        self.__name__, self._signature, self._function = name, signature, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check(self._signature, self.__name__, args, kwargs)
        host = [a for a in _flat(args) if isinstance(a, np.ndarray)]
        if host:
            raise TypeError(f"CuPy's {self.__name__}: Unsupported type {type(host[0])}")
        if self.__name__ in WAITING or (self.__name__ == "where" and len(args) == 1):
            total.synchronisations += 1
        out = kwargs.get("out")
        with quiet():
            result = self._function(*unwrap(args), **unwrap(kwargs))
        if self.__name__ in ON_TYPES:
            return result
        if self.__name__ in POSITIONS:
            result = np.asarray(result, "q")
        if out is not None or result is None:
            total.launches += 1
            return out
        if self.__name__ in ("empty", "empty_like"):
            return ndarray(result)
        source = next((a for a in _flat(args) if isinstance(a, ndarray)), None)
        return wrap(result, source)


class Decomposition(Function):
    """A function of `cupy.linalg`, which reports a failure only if that was asked for."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            result = super().__call__(*args, **kwargs)
        except np.linalg.LinAlgError:
            if cupyx.linalg == "raise":
                raise np.linalg.LinAlgError(
                    "Error reported by a routine in cuSOLVER. devInfo = 1."
                ) from None
            return xp.full_like(args[0], np.nan)
        if cupyx.linalg == "raise":
            total.synchronisations += 1
        return result


class Cupyx:
    """The one setting of `cupyx` that matters here."""

    linalg = "ignore"

    @contextmanager
    def errstate(self, *, linalg: str) -> Iterator[None]:
        before, self.linalg = self.linalg, linalg
        try:
            yield
        finally:
            self.linalg = before


cupyx = Cupyx()


def _flat(values: Any) -> Any:
    """The leaves of nested sequences."""
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _flat(value)
        else:
            yield value


class Namespace(ModuleType):
    """A module with the names of one of CuPy's."""

    def __init__(
        self, name: str, source: Any, functions: dict[str, Any], kind: type[Function] = Function
    ):
        super().__init__(name)
        self._source, self._functions, self._kind = source, functions, kind

    def __getattr__(self, name: str) -> Any:
        if name not in self._functions:
            raise AttributeError(f"CuPy has no {self.__name__}.{name}")
        return self._kind(name, self._functions[name], getattr(self._source, name))


def array(obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", **options: Any) -> Any:
    """An array of the device from one, or from numbers and lists of the host."""
    check(FUNCTIONS["array"], "array", (obj, dtype, copy, order), options)
    if isinstance(obj, ndarray):
        return wrap(np.array(obj._host, dtype, copy=copy or None, order=order), obj)
    total.uploads += 1
    if any(isinstance(x, ndarray) for x in _flat([obj])):
        raise TypeError("an array of arrays: stack() them")
    return ndarray(np.array(obj, dtype, order=order, **options))


def asarray(a: Any, dtype: Any = None, order: Any = None, **options: Any) -> Any:
    """`a` itself if it is an array of the device of that type, else a new one."""
    check(FUNCTIONS["asarray"], "asarray", (a, dtype, order), options)
    if isinstance(a, ndarray) and (dtype is None or a.dtype == dtype) and order in (None, "K"):
        return a
    return array(a, dtype, copy=False, order=order or "K")


def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """The array itself if its elements lie in row-major order, else a copy in that order."""
    if not isinstance(a, ndarray):
        raise TypeError(f"Unsupported type {type(a)}")
    same = dtype is None or a.dtype == dtype
    return a if same and a.flags.c_contiguous else wrap(np.array(a._host, dtype, order="C"))


class broadcast:
    """The shape that arrays have together."""

    def __init__(self, *arrays: ndarray):
        self.shape = np.broadcast_shapes(*[a.shape for a in arrays])


class Module(Namespace):
    """The array module, in the place of `numpy` or `cupy`."""

    def __init__(self) -> None:
        super().__init__("cupy", np, FUNCTIONS)
        self.__version__ = "(stand-in)"
        self.ndarray, self.cuda, self.get_default_memory_pool = ndarray, cuda, MemoryPool
        self.array, self.asarray, self.ascontiguousarray = array, asarray, ascontiguousarray
        self.asnumpy, self.broadcast = lambda a: a.get(), broadcast
        self.linalg = Namespace("cupy.linalg", np.linalg, LINALG, Decomposition)
        signature = inspect.signature(lambda x, shape=0, strides=0: None)
        as_strided = Function("as_strided", signature, np.lib.stride_tricks.as_strided)
        self.lib = SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=as_strided))

    def __getattr__(self, name: str) -> Any:
        if name in UFUNCS:
            return Ufunc(name)
        if name in VALUES:
            found = getattr(np, name)
            if name in CONSTANTS or (isinstance(found, type) and issubclass(found, np.generic)):
                return found
        return super().__getattr__(name)


xp = Module()
