"""A stand-in for CuPy's arrays: NumPy underneath, as strict as a GPU about what may meet what."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.standin.api import METHODS, UFUNCS, check
from tests.standin.counts import total

# Their results are of NumPy's type longlong: equal to int64, but another object.
POSITIONS = {"argmax", "argmin"}

# The memory that arrays own, as the pool of a GPU counts it.
live = {"bytes": 0}


class Flags(NamedTuple):
    """What CuPy tells of an array's memory."""

    c_contiguous: bool
    f_contiguous: bool
    owndata: bool


class Place:
    """The device that an array is on."""

    id = 0


class Memory(NamedTuple):
    """Where an array lies in the device's memory."""

    ptr: int


class ndarray:
    """An array "on the device": it does not mix with NumPy's, nor turn into one unasked.

    As CuPy's, results without dimensions stay arrays.
    """

    # NumPy's operators leave mixed expressions to this class, which refuses them.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("_host", "base", "__weakref__")

    def __init__(self, host: np.ndarray, base: ndarray | None = None):
        self._host = host
        self.base = base
        if base is None:
            live["bytes"] += host.nbytes

    def __del__(self) -> None:
        if self.base is None:
            live["bytes"] -= self._host.nbytes

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct "
            "a NumPy array explicitly."
        )

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"NumPy's {function.__name__} got an array of the device")

    def __repr__(self) -> str:
        return f"standin.{self._host!r}"

    # --- what it is -----------------------------------------------------------------------------

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    size = property(lambda self: self._host.size)
    ndim = property(lambda self: self._host.ndim)
    strides = property(lambda self: self._host.strides)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    device = property(lambda self: Place())
    data = property(lambda self: Memory(self._host.ctypes.data))
    T = property(lambda self: wrap(self._host.T, self))
    mT = property(lambda self: wrap(self._host.mT, self))
    real = property(lambda self: wrap(self._host.real, self))
    imag = property(lambda self: wrap(self._host.imag, self))

    @property
    def flags(self) -> Flags:
        found = self._host.flags
        return Flags(found.c_contiguous, found.f_contiguous, self.base is None)

    def __len__(self) -> int:
        return len(self._host)

    # --- to the host: waits for the device ------------------------------------------------------

    def get(self, stream: Any = None, order: str = "C", out: Any = None) -> np.ndarray:
        total.synchronisations += 1
        return self._host.copy()

    def item(self) -> Any:
        return self.get().item()

    def tolist(self) -> Any:
        return self.get().tolist()

    def __bool__(self) -> bool:
        return bool(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __reduce__(self) -> Any:
        return ndarray, (self.get(),)

    # --- parts ----------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> ndarray:
        result = self._host[read_index(index)]
        if is_advanced(index) and np.may_share_memory(result, self._host):
            # NumPy takes an array without dimensions for a number, CuPy for an array.
            result = result.copy()
        return wrap(result, self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, ndarray) and not is_advanced(index):
            target, source = self._host[read_index(index)], value._host
            where = target.__array_interface__["data"], target.shape, target.strides
            if where == (source.__array_interface__["data"], source.shape, source.strides):
                return  # the end of ``x[i] += y``
        self._host[read_index(index)] = unwrap(value)
        total.launches += 1

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __copy__(self) -> ndarray:
        return wrap(self._host.copy())

    def __deepcopy__(self, memo: Any) -> ndarray:
        return wrap(self._host.copy())


def wrap(value: Any, source: ndarray | None = None) -> Any:
    """NumPy's result as the device's: arrays and scalars become arrays that know their owner."""
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        if source is not None and np.may_share_memory(value, source._host):
            return ndarray(value, source if source.base is None else source.base)
        total.launches += 1
        return ndarray(value)
    if isinstance(value, tuple):
        parts = [wrap(v, source) for v in value]
        return type(value)._make(parts) if hasattr(value, "_make") else tuple(parts)
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
        parts = [unwrap(v) for v in value]
        return type(value)._make(parts) if hasattr(value, "_make") else tuple(parts)
    if isinstance(value, list):
        return [unwrap(v) for v in value]
    if isinstance(value, dict):
        return {k: unwrap(v) for k, v in value.items()}
    return value


def read_index(index: Any) -> Any:
    """An index for NumPy; lists in it are sent to the device, masks make the host wait."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, list):
            total.uploads += 1
        if isinstance(part, ndarray) and part.dtype.kind == "b":
            total.synchronisations += 1
    return unwrap(index)


def is_advanced(index: Any) -> bool:
    """Whether an index holds arrays or lists."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, (ndarray, list)) for part in parts)


# --- operators ----------------------------------------------------------------------------------


def quiet() -> Any:
    """A GPU says nothing of infinities and NaN."""
    return np.errstate(all="ignore")


def find_loop(name: str, operands: Any) -> tuple[str, str]:
    """The types that CuPy's ufunc computes in; TypeError if it has no loop for the operands."""
    kinds = [x.dtype if isinstance(x, (ndarray, np.generic)) else type(x) for x in operands]
    for loop in UFUNCS[name]:
        if all(_fits(kind, np.dtype(t)) for kind, t in zip(kinds, loop[0], strict=True)):
            return loop
    raise TypeError(f"Wrong type ({kinds}) of arguments for CuPy's {name}")


def _fits(kind: Any, target: np.dtype) -> bool:
    """Whether an array of type `kind`, or a Python number of that class, can go into a loop."""
    if isinstance(kind, np.dtype):
        return np.can_cast(kind, target)
    if kind is bool:
        return True
    return np.result_type(kind(0), target) == target


@quiet()
def compute(name: str, *operands: Any, out: Any = None, **options: Any) -> Any:
    """A ufunc on arrays of the device and numbers, with CuPy's types."""
    strange = [x for x in operands if not isinstance(x, (ndarray, np.generic, bool, int, float))]
    if strange:
        raise TypeError(f"Unsupported type {type(strange[0])}")
    if set(options) - {"dtype", "casting"}:
        raise TypeError(f"Wrong arguments {options}")
    kinds = np.dtype(options["dtype"]).char if "dtype" in options else find_loop(name, operands)[1]
    if out is not None:
        getattr(np, name)(*unwrap(operands), out=unwrap(out), **options)
        total.launches += 1
        return out
    result = getattr(np, name)(*unwrap(operands), **options)
    if isinstance(result, tuple):
        return tuple(wrap(np.asarray(r, kind)) for r, kind in zip(result, kinds, strict=True))
    return wrap(np.asarray(result, kinds))


_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def _unary(ufunc: str) -> Callable[..., Any]:
    return lambda self: compute(ufunc, self)


def _binary(ufunc: str) -> Callable[..., Any]:
    return lambda self, other: compute(ufunc, self, other)


def _reflected(ufunc: str) -> Callable[..., Any]:
    return lambda self, other: compute(ufunc, other, self)


def _in_place(ufunc: str) -> Callable[..., Any]:
    return lambda self, other: compute(ufunc, self, other, out=self)


for _name, _ufunc in _OPERATORS.items():
    setattr(ndarray, f"__{_name}__", _binary(_ufunc))
    setattr(ndarray, f"__r{_name}__", _reflected(_ufunc))
    setattr(ndarray, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in _COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _binary(_ufunc))
for _name, _ufunc in _UNARY.items():
    setattr(ndarray, f"__{_name}__", _unary(_ufunc))


@quiet()
def _matmul(self: ndarray, other: Any) -> Any:
    if not isinstance(other, ndarray):
        raise TypeError(f"Unsupported type {type(other)}")
    return wrap(operator.matmul(self._host, other._host))


ndarray.__matmul__ = _matmul  # type: ignore[attr-defined]


# --- methods ------------------------------------------------------------------------------------


def _method(name: str, signature: inspect.Signature) -> Callable[..., Any]:
    function = getattr(np.ndarray, name)

    @quiet()
    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        check(signature, f"ndarray.{name}", (self, *args), kwargs)
        out = kwargs.get("out")
        result = function(self._host, *unwrap(args), **unwrap(kwargs))
        if out is not None or result is None:  # written to: `out`, or the array itself
            total.launches += 1
            return out
        if name in POSITIONS:
            result = np.asarray(result, "q")
        return self if result is self._host else wrap(result, self)

    method.__name__ = name
    return method


for _name, _signature in METHODS.items():
    if _name not in vars(ndarray) and hasattr(np.ndarray, _name):
        setattr(ndarray, _name, _method(_name, _signature))


def _nonzero(self: ndarray) -> Any:
    total.synchronisations += 1
    return wrap(self._host.nonzero())


ndarray.nonzero = _nonzero  # type: ignore[attr-defined]
