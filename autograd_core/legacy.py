"""PyTorch's older constructors: ``Tensor(...)``, ``FloatTensor(...)`` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrograd.autograd_core.creation import Where, tensor, zeros
from retrograd.autograd_core.ops.casting import convert
from retrograd.autograd_core.tensor import Size, Tensor
from retrograd.backends import host
from retrograd.backends.dtypes import (
    bool_,
    default_float,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    to_dtype,
    uint8,
)
from retrograd.backends.dtypes import dtype as DType

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor",
]  # fmt: skip


def legacy_tensor(*args: Any, dtype: DType | None = None, device: Where = None) -> Tensor:
    """What ``Tensor(...)`` makes: zeros of sizes given as ints, else a copy of data.

    Memory is not left uninitialised as PyTorch leaves it.
    """
    kind = dtype or to_dtype(default_float())
    if not args:
        return zeros(0, dtype=kind, device=device)
    data = args[0]
    if isinstance(data, Size) or all(_is_size(n) for n in args):
        return zeros(*args, dtype=kind, device=device)
    if len(args) > 1 or isinstance(data, float):
        raise TypeError(f"new(): data must be sizes or one sequence, got {args!r}")
    if isinstance(data, Tensor):
        return convert(data.detach(), dtype=kind, device=device)
    return tensor(host.read(data), dtype=kind, device=device)


def _is_size(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) or (isinstance(n, Tensor) and n.ndim == 0)


class _TypedTensor(type):
    """The class of `FloatTensor` and its kin: calling one makes a Tensor of its type and place."""

    dtype: DType
    place = "cpu"

    def __call__(cls, *args: Any, device: Where = None) -> Tensor:
        return legacy_tensor(*args, dtype=cls.dtype, device=device or cls.place)

    def __instancecheck__(cls, instance: Any) -> bool:
        if not isinstance(instance, Tensor):
            return False
        return instance.dtype is cls.dtype and instance.device.type == cls.place


def on_gpu(kind: Any) -> Any:
    """`kind` for tensors on a GPU, which has the same name in `retrograd.cuda`."""
    told = f"{kind.__doc__.partition(',')[0]} on a GPU, by PyTorch's older spelling."
    return _TypedTensor(
        kind.__name__,
        (),
        {"dtype": kind.dtype, "place": "cuda", "__doc__": told, "__module__": "retrograd.cuda"},
    )


class HalfTensor(metaclass=_TypedTensor):
    """A float16 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.HalfTensor([1.0])
    tensor([1.], dtype=retrograd.float16)
    """

    dtype = float16


class FloatTensor(metaclass=_TypedTensor):
    """A float32 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.FloatTensor([1, 2])
    tensor([1., 2.])
    """

    dtype = float32


class DoubleTensor(metaclass=_TypedTensor):
    """A float64 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.DoubleTensor([1.0])
    tensor([1.], dtype=retrograd.float64)
    """

    dtype = float64


class LongTensor(metaclass=_TypedTensor):
    """An int64 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.LongTensor([1, 2])
    tensor([1, 2])
    >>> isinstance(rg.tensor([1, 2]), rg.LongTensor)
    True
    """

    dtype = int64


class IntTensor(metaclass=_TypedTensor):
    """An int32 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.IntTensor([1])
    tensor([1], dtype=retrograd.int32)
    """

    dtype = int32


class ShortTensor(metaclass=_TypedTensor):
    """An int16 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.ShortTensor([1])
    tensor([1], dtype=retrograd.int16)
    """

    dtype = int16


class CharTensor(metaclass=_TypedTensor):
    """An int8 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.CharTensor([1])
    tensor([1], dtype=retrograd.int8)
    """

    dtype = int8


class ByteTensor(metaclass=_TypedTensor):
    """A uint8 tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.ByteTensor([1])
    tensor([1], dtype=retrograd.uint8)
    """

    dtype = uint8


class BoolTensor(metaclass=_TypedTensor):
    """A bool tensor, by PyTorch's older spelling.

    Examples
    --------
    >>> rg.BoolTensor([1, 0])
    tensor([ True, False])
    """

    dtype = bool_


class _VariableType(type):
    def __call__(cls, data: Tensor, requires_grad: bool = False) -> Tensor:
        return data.detach().requires_grad_(requires_grad)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableType):
    """A tensor on the memory of `data`, by the name it had before tensors knew gradients.

    Examples
    --------
    >>> rg.autograd.Variable(rg.ones(1), requires_grad=True)
    tensor([1.], requires_grad=True)
    """
