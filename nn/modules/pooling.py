"""Pooling layers: maxima and means of windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from retrograd.autograd_core.ops.conv import sizes  # type: ignore[attr-defined]
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class _MaxPool(Module):
    """What the max pooling layers share; subclasses say which function it is."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class _MaxUnpool(Module):
    """What the max unpooling layers share."""

    ndim: int
    function: ClassVar[Callable[..., Any]]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        super().__init__()
        n, name = self.ndim, type(self).__name__
        self.kernel_size = sizes(n, kernel_size, "kernel_size", name)
        self.stride = sizes(n, kernel_size if stride is None else stride, "stride", name)
        self.padding = sizes(n, padding, "padding", name)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return type(self).function(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _LPPool(Module):
    """What the power-average pooling layers share."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ):
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class _AdaptivePool(Module):
    """What the adaptive average pooling layers share."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: Any):
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptivePool):
    """What the adaptive max pooling layers share."""

    def __init__(self, output_size: Any, return_indices: bool = False):
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size, self.return_indices)


class _AvgPool(Module):
    """What the average pooling layers share."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad = count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Means of windows of (N, C, L).

    Parameters
    ----------
    kernel_size, stride, padding : int
        The stride is the kernel size by default.
    ceil_mode : bool
        Whether a window that sticks out at the end counts.
    count_include_pad : bool
        Whether the zeros of the padding count.

    Examples
    --------
    >>> rg.nn.AvgPool1d(2)(rg.tensor([[[1.0, 3.0, 5.0, 7.0]]]))
    tensor([[[2., 6.]]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, sizes(1, getattr(self, name), name, "AvgPool1d"))

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class _AvgPoolNd(_AvgPool):
    """An average pool whose divisor can be given."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2d(_AvgPoolNd):
    """Means of windows of (N, C, H, W); parameters as in `AvgPool1d`, and `divisor_override`.

    Examples
    --------
    >>> rg.nn.AvgPool2d(2)(rg.arange(4.0).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    function = F.avg_pool2d


class AvgPool3d(_AvgPoolNd):
    """Means of windows of (N, C, D, H, W); parameters as in `AvgPool2d`.

    Examples
    --------
    >>> rg.nn.AvgPool3d(2)(rg.arange(8.0).reshape(1, 1, 2, 2, 2))
    tensor([[[[[3.5000]]]]])
    """

    function = F.avg_pool3d


class MaxPool1d(_MaxPool):
    """Maxima of windows of (N, C, L); `return_indices` gives where they were too.

    Examples
    --------
    >>> rg.nn.MaxPool1d(2)(rg.ones(1, 1, 4)).shape
    retrograd.Size([1, 1, 2])
    """

    function = F.max_pool1d


class MaxPool2d(_MaxPool):
    """Maxima of windows of (N, C, H, W); `return_indices` gives where they were too.

    Examples
    --------
    >>> rg.nn.MaxPool2d(2)(rg.ones(1, 1, 4, 4)).shape
    retrograd.Size([1, 1, 2, 2])
    """

    function = F.max_pool2d


class MaxPool3d(_MaxPool):
    """Maxima of windows of (N, C, D, H, W); `return_indices` gives where they were too.

    Examples
    --------
    >>> rg.nn.MaxPool3d(2)(rg.ones(1, 1, 4, 4, 4)).shape
    retrograd.Size([1, 1, 2, 2, 2])
    """

    function = F.max_pool3d


class MaxUnpool1d(_MaxUnpool):
    """Puts the maxima of a `MaxPool1d` back where they were, zeros elsewhere.

    Examples
    --------
    >>> y, where = rg.nn.MaxPool1d(2, return_indices=True)(rg.ones(1, 1, 4))
    >>> rg.nn.MaxUnpool1d(2)(y, where).shape
    retrograd.Size([1, 1, 4])
    """

    ndim = 1
    function = F.max_unpool1d


class MaxUnpool2d(_MaxUnpool):
    """Puts the maxima of a `MaxPool2d` back where they were, zeros elsewhere.

    Examples
    --------
    >>> y, where = rg.nn.MaxPool2d(2, return_indices=True)(rg.ones(1, 1, 4, 4))
    >>> rg.nn.MaxUnpool2d(2)(y, where).shape
    retrograd.Size([1, 1, 4, 4])
    """

    ndim = 2
    function = F.max_unpool2d


class MaxUnpool3d(_MaxUnpool):
    """Puts the maxima of a `MaxPool3d` back where they were, zeros elsewhere.

    Examples
    --------
    >>> y, where = rg.nn.MaxPool3d(2, return_indices=True)(rg.ones(1, 1, 4, 4, 4))
    >>> rg.nn.MaxUnpool3d(2)(y, where).shape
    retrograd.Size([1, 1, 4, 4, 4])
    """

    ndim = 3
    function = F.max_unpool3d


class LPPool1d(_LPPool):
    """The p-norm of windows of (N, C, L): ``(sum x^p)^(1/p)``.

    Examples
    --------
    >>> rg.nn.LPPool1d(2, 2)(rg.ones(1, 1, 4)).shape
    retrograd.Size([1, 1, 2])
    """

    function = F.lp_pool1d


class LPPool2d(_LPPool):
    """The p-norm of windows of (N, C, H, W): ``(sum x^p)^(1/p)``.

    Examples
    --------
    >>> rg.nn.LPPool2d(2, 2)(rg.ones(1, 1, 4, 4)).shape
    retrograd.Size([1, 1, 2, 2])
    """

    function = F.lp_pool2d


class LPPool3d(_LPPool):
    """The p-norm of windows of (N, C, D, H, W): ``(sum x^p)^(1/p)``.

    Examples
    --------
    >>> rg.nn.LPPool3d(2, 2)(rg.ones(1, 1, 4, 4, 4)).shape
    retrograd.Size([1, 1, 2, 2, 2])
    """

    function = F.lp_pool3d


class AdaptiveAvgPool1d(_AdaptivePool):
    """Means of near-equal windows of (N, C, L), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveAvgPool1d(2)(rg.ones(1, 1, 5)).shape
    retrograd.Size([1, 1, 2])
    """

    function = F.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptivePool):
    """Means of near-equal windows of (N, C, H, W), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveAvgPool2d(2)(rg.ones(1, 1, 5, 5)).shape
    retrograd.Size([1, 1, 2, 2])
    """

    function = F.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptivePool):
    """Means of near-equal windows of (N, C, D, H, W), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveAvgPool3d(2)(rg.ones(1, 1, 5, 5, 5)).shape
    retrograd.Size([1, 1, 2, 2, 2])
    """

    function = F.adaptive_avg_pool3d


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima of near-equal windows of (N, C, L), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveMaxPool1d(2)(rg.ones(1, 1, 5)).shape
    retrograd.Size([1, 1, 2])
    """

    function = F.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima of near-equal windows of (N, C, H, W), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveMaxPool2d(2)(rg.ones(1, 1, 5, 5)).shape
    retrograd.Size([1, 1, 2, 2])
    """

    function = F.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima of near-equal windows of (N, C, D, H, W), as many as `output_size` says.

    Examples
    --------
    >>> rg.nn.AdaptiveMaxPool3d(2)(rg.ones(1, 1, 5, 5, 5)).shape
    retrograd.Size([1, 1, 2, 2, 2])
    """

    function = F.adaptive_max_pool3d
