"""Layers between images and the columns of their windows."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class Unfold(Module):
    """The windows of (N, C, H, W) as columns: (N, C k k, windows).

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or tuple of int

    Examples
    --------
    >>> rg.nn.Unfold(2)(rg.ones(1, 3, 4, 5)).shape
    retrograd.Size([1, 12, 12])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """The sum of windows given as columns: `Unfold`'s adjoint, from (N, C k k, windows).

    Parameters
    ----------
    output_size : int or tuple of int
        (H, W) of the result.
    kernel_size, dilation, padding, stride : int or tuple of int

    Examples
    --------
    >>> rg.nn.Fold((2, 3), 2)(rg.ones(1, 4, 2))
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ):
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
