"""Users' Python data (numbers, nested sequences, NumPy arrays) read into NumPy arrays."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from retrograd.backends.dtypes import default_float, promote, to_dtype
from retrograd.backends.host_calls import state

_NESTED = (list, tuple, range)
# What NumPy makes numbers of if asked for a type: "1", None as NaN.
_NO_NUMBERS = (str, bytes, type(None))


def read(data: Any, dtype: np.dtype | None = None, *, share: bool = False) -> np.ndarray:
    """`data` as a NumPy array of a type that tensors can have.

    Without `dtype`, Python floats become the default floating point type and ints int64; NumPy's
    numbers and arrays keep theirs. An array is copied unless `share` is set.
    """
    if isinstance(data, np.ndarray):
        if state.recorder is not None:
            state.recorder.refuse(
                f"a NumPy array of shape {list(data.shape)} that becomes a tensor",
                "its values would be frozen",
                "make it a tensor outside, and pass that as an argument",
            )
        return _read_array(data, dtype, share)
    if dtype is not None and not leaf_types(data).isdisjoint(_NO_NUMBERS):
        raise _explain(data, dtype, None)
    try:
        with np.errstate(over="ignore"):
            array = np.array(_wrapped(data) if dtype == np.uint8 else data, dtype=dtype)
    except (OverflowError, ValueError, TypeError) as error:
        raise _explain(data, dtype, error) from error
    if dtype is not None:
        return array
    if array.dtype.kind not in "fiub" or array.dtype == np.uint64:
        raise _explain(data, None, None)
    kinds = leaf_types(data)
    if float in kinds or array.dtype.kind == "f" or not array.size:
        # NumPy takes Python's floats for float64, and float32 with ints; here neither is so.
        return array.astype(_common_type(kinds, array.dtype), copy=False)
    return array.astype(to_dtype(array.dtype).dtype, copy=False)


def _wrapped(data: Any) -> Any:
    """`data` for uint8, with negative ints wrapped round as PyTorch does; others stay to be refused."""
    if isinstance(data, _NESTED):
        return [_wrapped(part) for part in data]
    return data + 256 if type(data) is int and -256 < data < 0 else data


def leaf_types(data: Any) -> set[type]:
    """The classes of what nested sequences hold."""
    if not isinstance(data, _NESTED):
        return {type(data)}
    kinds = set(map(type, data))
    if not kinds.isdisjoint(_NESTED):
        kinds = set().union(*map(leaf_types, data))
    return kinds


def _read_array(array: np.ndarray, dtype: np.dtype | None, share: bool) -> np.ndarray:
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"can't convert np.ndarray of type {array.dtype}: tensors hold floating point numbers, "
            "integers and bools; convert it first, e.g. array.astype(np.float32)"
        )
    target = dtype or to_dtype(array.dtype.newbyteorder("=")).dtype
    return array.astype(target, order="K" if share else "C", copy=not share)


def _common_type(kinds: set[type], found: np.dtype) -> np.dtype:
    """The type of numbers of several classes, where Python's floats are the default type."""
    known = {float: default_float(), int: np.dtype(np.int64), bool: np.dtype(np.bool_)}
    types = [known.get(k) or np.dtype(k) for k in kinds if k in known or issubclass(k, np.generic)]
    if not types:
        return default_float() if not kinds or kinds <= set(_NESTED) else found
    return reduce(promote, types) if len(types) == len(kinds) else found


def _explain(data: Any, dtype: np.dtype | None, error: Exception | None) -> Exception:
    """The exception for data that cannot be read."""
    kinds = leaf_types(data)
    odd = next((k for k in kinds if not issubclass(k, (int, float, np.generic, np.ndarray))), None)
    if odd is str:
        kind = TypeError if isinstance(data, str) else ValueError
        return kind(f"cannot make a tensor of strings, got {data!s:.60}")
    if odd is not None:
        return RuntimeError(
            f"Could not infer dtype of {odd.__name__}: expected numbers, (nested) sequences of "
            "numbers or a NumPy array"
        )
    if dtype is not None and not (error and "inhomogeneous" in str(error)):
        return RuntimeError(f"value cannot be converted to type {dtype} without overflow: {error}")
    if error is None:
        return ValueError("Overflow: an int is too large for int64")
    return ValueError(
        "expected sequences of equal length along each dimension, got a ragged nested sequence; "
        f"pad it first ({error})"
    )
