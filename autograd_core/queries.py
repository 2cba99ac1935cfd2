"""Questions about tensors and types, as functions of the package."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import dtype as DType
from retrograd.backends.dtypes import result_dtype, to_dtype

__all__ = [
    "is_complex", "is_floating_point", "is_nonzero", "is_same_size", "is_tensor", "numel",
    "result_type", "zero_",
]  # fmt: skip


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor.

    Examples
    --------
    >>> rg.is_tensor(rg.zeros(1)), rg.is_tensor(1.0)
    (True, False)
    """
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements.

    Examples
    --------
    >>> rg.numel(rg.zeros(2, 3))
    6
    """
    return input._data.size


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating point numbers.

    Examples
    --------
    >>> rg.is_floating_point(rg.zeros(1))
    True
    """
    return input._data.dtype.kind == "f"


def is_complex(input: Tensor) -> bool:
    """False: there are no complex tensors here.

    Examples
    --------
    >>> rg.is_complex(rg.zeros(1))
    False
    """
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero.

    Examples
    --------
    >>> rg.is_nonzero(rg.tensor([2.0]))
    True
    """
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape.

    Examples
    --------
    >>> rg.is_same_size(rg.zeros(2), rg.ones(2))
    True
    """
    return input._data.shape == other._data.shape


def result_type(tensor: Tensor | float, other: Tensor | float) -> DType:
    """The type of what an arithmetic operation on two tensors or numbers gives.

    Examples
    --------
    >>> rg.result_type(rg.tensor([1, 2]), 1.0)
    retrograd.float32
    """
    return to_dtype(result_dtype(*[getattr(x, "_data", x) for x in (tensor, other)]))


def zero_(input: Tensor) -> Tensor:
    """Set every element to zero, in place.

    Examples
    --------
    >>> rg.zero_(rg.ones(2))
    tensor([0., 0.])
    """
    return input.zero_()
