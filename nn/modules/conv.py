"""Convolution layers and their transposes."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.creation import empty
from retrograd.autograd_core.ops.conv import sizes  # type: ignore[attr-defined]
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.modules.lazy import LazyModule
from retrograd.nn.parameter import Parameter, UninitializedParameter

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolution layers share: sizes, parameters, their text."""

    ndim: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ):
        super().__init__()
        name = type(self).__name__
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of same, valid")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {_PADDING_MODES}, got {padding_mode!r}")
        if self.transposed and padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {name}')
        n = self.ndim
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = sizes(n, kernel_size, "kernel_size", name)
        self.stride = sizes(n, stride, "stride", name)
        self.padding = padding if isinstance(padding, str) else sizes(n, padding, "padding", name)
        self.dilation = sizes(n, dilation, "dilation", name)
        self.output_padding = sizes(n, output_padding, "output_padding", name)
        if padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        self.padding_mode = padding_mode
        self._make_parameters(bias, device, dtype)
        self.reset_parameters()

    def _make_parameters(self, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = Parameter(empty(*self._weight_shape(), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(self.out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)

    def _weight_shape(self) -> tuple[int, ...]:
        pair = (self.out_channels, self.in_channels // self.groups)
        if self.transposed:
            pair = (self.in_channels, self.out_channels // self.groups)
        return (*pair, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw new values, uniform in +-1/sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def _pad_pairs(self) -> list[int]:
        """The padding as `F.pad` wants it: last dimension first, both sides."""
        if self.padding == "valid":
            return [0] * (2 * self.ndim)
        pairs: list[int] = []
        for k in reversed(range(self.ndim)):
            if self.padding == "same":
                total = self.dilation[k] * (self.kernel_size[k] - 1)
                pairs += [total // 2, total - total // 2]
            else:
                pairs += [self.padding[k]] * 2  # type: ignore[list-item]
        return pairs

    def extra_repr(self) -> str:
        n = self.ndim
        parts = [f"{self.in_channels}, {self.out_channels}", f"kernel_size={self.kernel_size}"]
        parts.append(f"stride={self.stride}")
        if self.padding != (0,) * n:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * n:
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * n:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Conv(_ConvNd):
    """A convolution layer; its subclasses say in how many dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._pad_pairs(), mode=self.padding_mode), 0  # type: ignore[assignment]
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.ndim - 1]
        return convolve(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    """Convolution (cross-correlation) of (N, C, L).

    Parameters are those of `Conv2d`.

    Examples
    --------
    >>> rg.nn.Conv1d(16, 33, 3, stride=2)(rg.ones(20, 16, 50)).shape
    retrograd.Size([20, 33, 24])
    """

    ndim = 1


class Conv2d(_Conv):
    """Convolution (cross-correlation) of (N, C, H, W).

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or tuple of int
    padding : int, tuple of int, "valid" or "same"
    groups : int
        Blocks of channels that are convolved separately.
    bias : bool
    padding_mode : str
        "zeros", "reflect", "replicate" or "circular".

    Attributes
    ----------
    weight : Parameter
        (out_channels, in_channels / groups, kernel height, kernel width).
    bias : Parameter or None
        (out_channels,).

    Examples
    --------
    >>> rg.nn.Conv2d(3, 6, 5)(rg.ones(2, 3, 28, 28)).shape
    retrograd.Size([2, 6, 24, 24])
    """

    ndim = 2


class Conv3d(_Conv):
    """Convolution (cross-correlation) of (N, C, D, H, W).

    Parameters are those of `Conv2d`.

    Examples
    --------
    >>> rg.nn.Conv3d(2, 3, 3)(rg.ones(1, 2, 4, 5, 6)).shape
    retrograd.Size([1, 3, 2, 3, 4])
    """

    ndim = 3


class _ConvTranspose(_ConvNd):
    """A transposed convolution layer; its subclasses say in how many dimensions."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.ndim - 1]
        return convolve(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,  # type: ignore[arg-type]
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )

    def _output_padding(self, input: Tensor, output_size: Any) -> Any:
        """The output padding that gives `output_size`."""
        if output_size is None:
            return self.output_padding
        n = self.ndim
        wanted = list(output_size)[-n:]
        smallest = [
            (size - 1) * s - 2 * p + d * (k - 1) + 1  # type: ignore[operator]
            for size, s, p, d, k in zip(
                input.shape[-n:], self.stride, self.padding, self.dilation, self.kernel_size
            )
        ]
        extra = [w - low for w, low in zip(wanted, smallest)]
        if len(wanted) != n or any(not 0 <= e < s for e, s in zip(extra, self.stride)):
            largest = [low + s - 1 for low, s in zip(smallest, self.stride)]
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {smallest} to "
                f"{largest} (for an input of {list(input.shape[-n:])})"
            )
        return tuple(extra)


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of (N, C, L); parameters as in `ConvTranspose2d`.

    Examples
    --------
    >>> rg.nn.ConvTranspose1d(4, 2, 3, stride=2)(rg.ones(1, 4, 5)).shape
    retrograd.Size([1, 2, 11])
    """

    ndim = 1


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of (N, C, H, W).

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, dilation : int or tuple of int
        Those of the convolution that it transposes.
    output_padding : int or tuple of int
        Added to one side of the output.
    groups : int
    bias : bool

    Attributes
    ----------
    weight : Parameter
        (in_channels, out_channels / groups, kernel height, kernel width).
    bias : Parameter or None
        (out_channels,).

    Examples
    --------
    >>> rg.nn.ConvTranspose2d(4, 2, 2, stride=2)(rg.ones(1, 4, 5, 5)).shape
    retrograd.Size([1, 2, 10, 10])
    """

    ndim = 2


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of (N, C, D, H, W); parameters as in `ConvTranspose2d`.

    Examples
    --------
    >>> rg.nn.ConvTranspose3d(2, 1, 2)(rg.ones(1, 2, 2, 2, 2)).shape
    retrograd.Size([1, 1, 3, 3, 3])
    """

    ndim = 3


class _LazyParameters(LazyModule, _ConvNd):
    """Parameters that get their shapes when the first input tells the number of channels."""

    def _make_parameters(self, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(empty(0, device=device, dtype=dtype))
        if bias:
            self.bias = UninitializedParameter(empty(0, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)

    def infer(self, input: Tensor, *args: Any) -> None:
        batched = input.ndim == self.ndim + 2
        self.in_channels = input.shape[1 if batched else 0]
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        self.materialize(("weight", self._weight_shape()), ("bias", (self.out_channels,)))


class _LazyConv(_LazyParameters, _Conv):
    """A convolution layer that takes `in_channels` from its first input."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            0,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class _LazyConvTranspose(_LazyParameters, _ConvTranspose):
    """A transposed convolution layer that takes `in_channels` from its first input."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            0,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            bias,
            dilation,
            padding_mode,
            device,
            dtype,
        )


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConv1d(3, 2)(rg.ones(1, 5, 4)).shape
    retrograd.Size([1, 3, 3])
    """

    becomes = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConv2d(3, 2)(rg.ones(1, 5, 4, 4)).shape
    retrograd.Size([1, 3, 3, 3])
    """

    becomes = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConv3d(3, 2)(rg.ones(1, 5, 2, 2, 2)).shape
    retrograd.Size([1, 3, 1, 1, 1])
    """

    becomes = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConvTranspose1d(3, 2)(rg.ones(1, 5, 4)).shape
    retrograd.Size([1, 3, 5])
    """

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConvTranspose2d(3, 2)(rg.ones(1, 5, 2, 2)).shape
    retrograd.Size([1, 3, 3, 3])
    """

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` that takes `in_channels` from its first input.

    Examples
    --------
    >>> rg.nn.LazyConvTranspose3d(3, 2)(rg.ones(1, 5, 1, 1, 1)).shape
    retrograd.Size([1, 3, 2, 2, 2])
    """

    becomes = ConvTranspose3d
