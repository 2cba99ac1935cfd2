"""Data types: the `dtype` objects users see, and PyTorch's rules for mixing them."""

from __future__ import annotations

from typing import Any

import numpy as np


class dtype:
    """A number type of a tensor, such as ``retrograd.float32``.

    Examples
    --------
    >>> rg.float32.is_floating_point, rg.float32.itemsize
    (True, 4)
    >>> np.dtype(rg.float32)
    dtype('float32')
    """

    __slots__ = ("name", "dtype")

    def __init__(self, name: str):
        self.name = name
        # NumPy looks for an attribute of this name, so that `np.zeros(3, rg.float32)` works.
        self.dtype = np.dtype(name)

    @property
    def is_floating_point(self) -> bool:
        """Whether values are real floating point numbers."""
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Always False: there are no complex tensors here."""
        return False

    @property
    def is_signed(self) -> bool:
        """Whether negative values can be represented."""
        return self.dtype.kind in "fi"

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def __repr__(self) -> str:
        return f"retrograd.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (to_dtype, (self.name,))


bool_ = dtype("bool")
uint8 = dtype("uint8")
int8 = dtype("int8")
int16 = dtype("int16")
int32 = dtype("int32")
int64 = dtype("int64")
float16 = dtype("float16")
float32 = dtype("float32")
float64 = dtype("float64")

ALL = (bool_, uint8, int8, int16, int32, int64, float16, float32, float64)
_BY_NUMPY = {d.dtype: d for d in ALL}
_BY_PYTHON = {bool: bool_, int: int64, float: float64}
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}

_default = float32


def get_default_dtype() -> dtype:
    """The floating point type of new tensors made from Python numbers.

    Examples
    --------
    >>> rg.get_default_dtype()
    retrograd.float32
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d`, a floating point type, the type of new tensors made from Python floats.

    Examples
    --------
    >>> rg.set_default_dtype(rg.float64)
    >>> rg.tensor(1.0).dtype
    retrograd.float64
    >>> rg.set_default_dtype(rg.float32)
    """
    global _default
    found = to_dtype(d)
    if not found.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    _default = found


def to_dtype(spec: Any) -> dtype:
    """The dtype named by `spec`: one of ours, NumPy's, a name, or Python's float, int, bool."""
    if type(spec) is dtype:
        return spec
    if type(spec).__module__ == "numpy.dtypes" and spec in _BY_NUMPY:
        return _BY_NUMPY[spec]
    if spec in _BY_PYTHON:
        return _BY_PYTHON[spec]
    try:
        return _BY_NUMPY[np.dtype(spec)]
    except (TypeError, KeyError):
        names = ", ".join(d.name for d in ALL)
        raise TypeError(
            f"{spec!r} is not a data type that tensors can have; expected one of {names}"
        ) from None


def to_numpy(spec: Any) -> np.dtype:
    """The np.dtype that `spec` names."""
    return to_dtype(spec).dtype


def default_float() -> np.dtype:
    """The default floating point type as an np.dtype."""
    return _default.dtype


def promote(a: np.dtype, b: np.dtype) -> np.dtype:
    """The common type of two arrays of at least one dimension, as in PyTorch.

    A float and an integer give the float (NumPy widens int64 and float32 to float64).
    """
    rank_a, rank_b = _RANK[a.kind], _RANK[b.kind]
    if rank_a != rank_b and max(rank_a, rank_b) == 2:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def result_dtype(*operands: Any) -> np.dtype:
    """PyTorch's type of a result: `operands` are arrays or Python scalars.

    Arrays with dimensions count first; 0-d arrays, then Python scalars, raise the category (bool,
    integer, float) but never the width within one.
    """
    groups: list[np.dtype | None] = [None, None, None]
    for x in operands:
        if isinstance(x, (bool, int, float)):
            group, kind = (
                2,
                (default_float() if isinstance(x, float) else _BY_PYTHON[type(x)].dtype),
            )
        else:
            group, kind = (0 if x.ndim else 1), x.dtype
        found = groups[group]
        groups[group] = kind if found is None else promote(found, kind)
    result: np.dtype | None = None
    for kind in groups:  # type: ignore[assignment]
        if kind is None:
            continue
        if result is None:
            result = kind
        elif _RANK[kind.kind] > _RANK[result.kind]:
            result = promote(result, kind)
    if result is None:
        raise TypeError("a result type needs at least one operand")
    # A dtype that came out of a pickle is equal to NumPy's own, but not the same object.
    return _BY_NUMPY[result].dtype


def fitted(number: Any, kind: np.dtype) -> Any:
    """A Python number for the type `kind`: negative ints wrap round in uint8, as in PyTorch.

    RuntimeError for those that do not fit.
    """
    if kind.kind not in "iu":
        return number
    limits = np.iinfo(kind)
    if kind.kind == "u" and -limits.max <= number < 0:
        return number + limits.max + 1
    if not limits.min <= number <= limits.max:
        raise RuntimeError(f"value {number} cannot be converted to type {kind} without overflow")
    return number


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that both can be converted to, as in PyTorch.

    Examples
    --------
    >>> rg.promote_types(rg.int64, rg.float32)
    retrograd.float32
    """
    return to_dtype(promote(to_numpy(type1), to_numpy(type2)))


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a conversion keeps the category: bool to integer to float, never back.

    Examples
    --------
    >>> rg.can_cast(rg.int64, rg.float32), rg.can_cast(rg.float32, rg.int64)
    (True, False)
    """
    a, b = to_dtype(from_), to_dtype(to)
    return _RANK[a.dtype.kind] <= _RANK[b.dtype.kind]
