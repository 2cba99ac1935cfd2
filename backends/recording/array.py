"""Recorded: an array that computes with NumPy and has each call written down."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from retrograd.backends.host_calls import state

_METHODS = (
    "all any argmax argmin argpartition argsort astype choose clip conj conjugate copy cumprod "
    "cumsum diagonal dot flatten max mean min prod ravel repeat reshape round searchsorted squeeze "
    "std sum swapaxes take trace transpose var view"
)
_WRITING_METHODS = "fill partition put sort"
_LOOKS = "item nonzero tobytes tolist __bool__ __float__ __int__ __index__ __complex__ __contains__"
_BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide,
    "floordiv": np.floor_divide, "mod": np.remainder, "pow": operator.pow, "and": np.bitwise_and,
    "or": np.bitwise_or, "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
    "matmul": np.matmul,
}  # fmt: skip
_COMPARISONS = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal,
}  # fmt: skip
_UNARY = {
    "neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert,
}  # fmt: skip


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result of a call that the recorder at work writes down."""
    return recorder().call(function, args, kwargs)


def recorder() -> Any:
    """The recorder at work in this thread."""
    found = state.recorder
    if found is None:
        raise RuntimeError("an array of a recording was used after the recording had ended")
    return found


class Recorded:
    """An array of a recording; it does not mix with NumPy's, nor turn into one.

    Attributes
    ----------
    value : np.ndarray
        What it is in this run.
    slot : Value
        What it is in the program.
    base : Recorded or None
        The array whose memory it looks at.
    """

    # NumPy's operators leave mixed expressions to this class, which refuses them.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("value", "slot", "base", "__weakref__")

    def __init__(self, value: Any, slot: Any, base: Recorded | None = None):
        self.value, self.slot, self.base = value, slot, base

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        return _look("numpy()")

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"NumPy's {function.__name__} got an array of a recording")

    def __repr__(self) -> str:
        return f"{self.slot!r}: {self.value.dtype}{list(self.value.shape)}"

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    size = property(lambda self: self.value.size)
    ndim = property(lambda self: self.value.ndim)
    strides = property(lambda self: self.value.strides)
    itemsize = property(lambda self: self.value.itemsize)
    nbytes = property(lambda self: self.value.nbytes)
    flags = property(lambda self: self.value.flags)
    T = property(lambda self: call(np.ndarray.transpose, self))
    mT = property(lambda self: call(np.ndarray.swapaxes, self, -1, -2))
    real = property(lambda self: self)
    ctypes = property(lambda self: _look("the address"))
    data = property(lambda self: _look("the memory"))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __copy__(self) -> Recorded:
        return call(np.ndarray.copy, self)

    def __getitem__(self, index: Any) -> Any:
        _check_index(index)
        return call(operator.getitem, self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, Recorded) and value.ndim:
            _check_index(index)
        recorder().call(operator.setitem, (self, index, value), {}, self)


class RecordedScalar(Recorded):
    """What NumPy gives in the place of an array without dimensions: a number of its own."""

    __slots__ = ()


def _look(what: str, *args: Any) -> Any:
    return recorder().refuse(
        f"{what} of a tensor",
        "its value is known only when the program runs",
        "return the tensor and look at it outside, or choose by rg.where",
    )


def _check_index(index: Any) -> None:
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, Recorded) and part.dtype.kind == "b" for part in parts):
        recorder().refuse(
            "indexing with a mask",
            "the size of the result depends on values",
            "use rg.where(mask, x, 0) or masked_fill",
        )


def _binary(function: Any, of_scalars: Any) -> Any:
    def method(self: Recorded, other: Any) -> Any:
        return call(of_scalars if isinstance(self, RecordedScalar) else function, self, other)

    return method


def _reflected(function: Any, of_scalars: Any) -> Any:
    def method(self: Recorded, other: Any) -> Any:
        return call(of_scalars if isinstance(self, RecordedScalar) else function, other, self)

    return method


def _in_place(function: Any) -> Any:
    def method(self: Recorded, other: Any) -> Any:
        if isinstance(self, RecordedScalar):
            return call(function, self, other)
        return call(function, self, other, out=self)

    return method


def _method(name: str) -> Any:
    function = getattr(np.ndarray, name)

    def method(self: Recorded, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, RecordedScalar):
            return call(getattr(np.generic, name), self, *args, **kwargs)
        return call(function, self, *args, **kwargs)

    return method


def _writing_method(name: str) -> Any:
    function = getattr(np.ndarray, name)
    return lambda self, *args, **kwargs: recorder().call(function, (self, *args), kwargs, self)


def _looking_method(name: str) -> Any:
    shown = f"{name.strip('_')}()"
    return lambda self, *args: _look(shown)


for _name, _function in _BINARY.items():
    _operator = getattr(operator, f"__{_name}__")
    setattr(Recorded, f"__{_name}__", _binary(_function, _operator))
    setattr(Recorded, f"__r{_name}__", _reflected(_function, _operator))
    setattr(Recorded, f"__i{_name}__", _in_place(np.power if _name == "pow" else _function))
for _name, _function in _COMPARISONS.items():
    setattr(Recorded, f"__{_name}__", _binary(_function, _function))
for _name, _function in _UNARY.items():
    setattr(Recorded, f"__{_name}__", lambda self, _function=_function: call(_function, self))
for _name in _METHODS.split():
    setattr(Recorded, _name, _method(_name))
for _name in _WRITING_METHODS.split():
    setattr(Recorded, _name, _writing_method(_name))
for _name in _LOOKS.split():
    setattr(Recorded, _name, _looking_method(_name))
