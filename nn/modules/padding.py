"""Layers that pad their input on both sides of the last dimensions."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class _Pad(Module):
    """What all padding layers share; subclasses say of how many dimensions and with what.

    `padding` is one width for all sides, or a pair for each dimension, the last one first.
    """

    ndim: int
    mode: str

    def __init__(self, padding: Any):
        super().__init__()
        self.padding = (padding,) * (2 * self.ndim) if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != 2 * self.ndim:
            raise ValueError(
                f"padding of {type(self).__name__} must be an int or {2 * self.ndim} of them, got "
                f"{padding}"
            )

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.ndim + 1, self.ndim + 2):
            raise ValueError(
                f"expected {self.ndim + 1}D or {self.ndim + 2}D input (got {input.ndim}D input)"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """What the layers that pad with one value share."""

    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """What the layers that pad with zeros share."""

    def __init__(self, padding: Any):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """Pads (N, C, L) with a value.

    Examples
    --------
    >>> rg.nn.ConstantPad1d(1, 7.0)(rg.arange(3.0).reshape(1, 1, 3))
    tensor([[[7., 0., 1., 2., 7.]]])
    """

    ndim = 1


class ConstantPad2d(_ConstantPad):
    """Pads (N, C, H, W) with a value.

    Examples
    --------
    >>> rg.nn.ConstantPad2d(1, 7.0)(rg.ones(1, 1, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5])
    """

    ndim = 2


class ConstantPad3d(_ConstantPad):
    """Pads (N, C, D, H, W) with a value.

    Examples
    --------
    >>> rg.nn.ConstantPad3d(1, 7.0)(rg.ones(1, 1, 3, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5, 5])
    """

    ndim = 3


class ZeroPad1d(_ZeroPad):
    """Pads (N, C, L) with zeros.

    Examples
    --------
    >>> rg.nn.ZeroPad1d(1)(rg.arange(3.0).reshape(1, 1, 3))
    tensor([[[0., 0., 1., 2., 0.]]])
    """

    ndim = 1


class ZeroPad2d(_ZeroPad):
    """Pads (N, C, H, W) with zeros.

    Examples
    --------
    >>> rg.nn.ZeroPad2d(1)(rg.ones(1, 1, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5])
    """

    ndim = 2


class ZeroPad3d(_ZeroPad):
    """Pads (N, C, D, H, W) with zeros.

    Examples
    --------
    >>> rg.nn.ZeroPad3d(1)(rg.ones(1, 1, 3, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5, 5])
    """

    ndim = 3


class ReflectionPad1d(_Pad):
    """Pads (N, C, L) with its mirror image, the border itself left out.

    Examples
    --------
    >>> rg.nn.ReflectionPad1d(1)(rg.arange(3.0).reshape(1, 1, 3))
    tensor([[[1., 0., 1., 2., 1.]]])
    """

    ndim = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads (N, C, H, W) with its mirror image, the border itself left out.

    Examples
    --------
    >>> rg.nn.ReflectionPad2d(1)(rg.ones(1, 1, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5])
    """

    ndim = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads (N, C, D, H, W) with its mirror image, the border itself left out.

    Examples
    --------
    >>> rg.nn.ReflectionPad3d(1)(rg.ones(1, 1, 3, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5, 5])
    """

    ndim = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads (N, C, L) with copies of its border.

    Examples
    --------
    >>> rg.nn.ReplicationPad1d(1)(rg.arange(3.0).reshape(1, 1, 3))
    tensor([[[0., 0., 1., 2., 2.]]])
    """

    ndim = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads (N, C, H, W) with copies of its border.

    Examples
    --------
    >>> rg.nn.ReplicationPad2d(1)(rg.ones(1, 1, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5])
    """

    ndim = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads (N, C, D, H, W) with copies of its border.

    Examples
    --------
    >>> rg.nn.ReplicationPad3d(1)(rg.ones(1, 1, 3, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5, 5])
    """

    ndim = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Pads (N, C, L) with its other end.

    Examples
    --------
    >>> rg.nn.CircularPad1d(1)(rg.arange(3.0).reshape(1, 1, 3))
    tensor([[[2., 0., 1., 2., 0.]]])
    """

    ndim = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Pads (N, C, H, W) with its other end.

    Examples
    --------
    >>> rg.nn.CircularPad2d(1)(rg.ones(1, 1, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5])
    """

    ndim = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Pads (N, C, D, H, W) with its other end.

    Examples
    --------
    >>> rg.nn.CircularPad3d(1)(rg.ones(1, 1, 3, 3, 3)).shape
    retrograd.Size([1, 1, 5, 5, 5])
    """

    ndim = 3
    mode = "circular"
