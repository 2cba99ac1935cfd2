"""Convolution in 1, 2 and 3 dimensions, and its transpose: three ops, each other's derivatives."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.reduction import sum_
from retrograd.autograd_core.ops.shape import reshape_to
from retrograd.autograd_core.ops.spatial import Sizes, hashable, like_input, sizes, with_batch


class Convolution(Op):
    """Cross-correlation of (N, C, *spatial) with (O, C / groups, *kernel), plus a bias (O,)."""

    def forward(kernels, input, weight, bias=None, *, stride, padding, dilation, groups):
        y = kernels.conv(input, weight, stride, padding, dilation, groups)
        if bias is not None:
            y += bias.reshape(-1, *[1] * (y.ndim - 2))
        return y

    def vjp_input(g, weight, input_shape, stride, padding, dilation, groups):
        return input_grad(
            g,
            weight,
            shape=input_shape,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )

    def vjp_weight(g, input, weight_shape, stride, padding, dilation, groups):
        return weight_grad(
            g,
            input,
            shape=weight_shape,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )

    def vjp_bias(g):
        return bias_grad(g)


class ConvolutionInputGrad(Op):
    """The adjoint of `Convolution` in its input, of shape `shape`; the transposed convolution."""

    def forward(kernels, input, weight, *, shape, stride, padding, dilation, groups):
        return kernels.conv_input_grad(input, weight, shape, stride, padding, dilation, groups)

    def vjp_input(g, weight, input_shape, stride, padding, dilation, groups):
        y = convolution(
            g, weight, None, stride=stride, padding=padding, dilation=dilation, groups=groups
        )
        return _leading(y, input_shape)

    def vjp_weight(g, input, weight_shape, stride, padding, dilation, groups):
        return weight_grad(
            input,
            g,
            shape=weight_shape,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )


class ConvolutionWeightGrad(Op):
    """The adjoint of `Convolution` in its weight: of a cotangent `input` and the conv's `other`."""

    def forward(kernels, input, other, *, shape, stride, padding, dilation, groups):
        return kernels.conv_weight_grad(input, other, shape, stride, padding, dilation, groups)

    def vjp_input(g, other, input_shape, stride, padding, dilation, groups):
        y = convolution(
            other, g, None, stride=stride, padding=padding, dilation=dilation, groups=groups
        )
        return _leading(y, input_shape)

    def vjp_other(g, input, other_shape, stride, padding, dilation, groups):
        return input_grad(
            input,
            g,
            shape=other_shape,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )


convolution = Convolution.function
input_grad = ConvolutionInputGrad.function
weight_grad = ConvolutionWeightGrad.function


def _leading(y: Any, shape: tuple[int, ...]) -> Any:
    """The first positions of an output: a transposed convolution may start from fewer.

    So it does where `output_padding` is as large as `stride`, which a larger dilation allows.
    """
    fits = tuple(y.shape) == tuple(shape)
    return y if fits else slice_of(y, tuple(slice(n) for n in shape))


def bias_grad(g: Any) -> Any:
    """The cotangent of a bias per channel: the sum over all other dimensions."""
    return sum_(g, dim=(0, *range(2, len(g.shape))))


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """One-dimensional convolution (cross-correlation) of (N, C, L) or (C, L).

    Parameters are those of `conv2d`.

    Examples
    --------
    >>> rg.conv1d(rg.ones(1, 1, 5), rg.ones(1, 1, 3))
    tensor([[[3., 3., 3.]]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """Two-dimensional convolution (cross-correlation, as in PyTorch).

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (C, H, W).
    weight : Tensor
        (O, C / groups, kernel height, kernel width).
    bias : Tensor, optional
        (O,).
    stride, dilation : int or tuple of int
        Step between windows, and between the elements of one.
    padding : int, tuple of int, "valid" or "same"
        Zeros on both sides of each dimension; "same" keeps the size and wants stride 1.
    groups : int
        Blocks of channels that are convolved separately.

    Returns
    -------
    Tensor
        (N, O, H', W') with ``H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.

    Examples
    --------
    >>> rg.conv2d(rg.ones(1, 1, 3, 3), rg.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """Three-dimensional convolution (cross-correlation) of (N, C, D, H, W) or (C, D, H, W).

    Parameters are those of `conv2d`.

    Examples
    --------
    >>> rg.conv3d(rg.ones(1, 1, 2, 2, 2), rg.ones(1, 1, 2, 2, 2))
    tensor([[[[[8.]]]]])
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of a one-dimensional convolution; parameters as in `conv_transpose2d`.

    Examples
    --------
    >>> rg.conv_transpose1d(rg.ones(1, 1, 2), rg.ones(1, 1, 3))
    tensor([[[1., 2., 2., 1.]]])
    """
    return _conv_transpose(
        1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of a two-dimensional convolution: `conv2d`'s gradient as a layer.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (C, H, W).
    weight : Tensor
        (C, O / groups, kernel height, kernel width).
    bias : Tensor, optional
        (O,).
    stride, padding, dilation : int or tuple of int
        Those of the convolution that it transposes.
    output_padding : int or tuple of int
        Added to one side of the output, to choose among the sizes that the convolution maps to this.
    groups : int
        Blocks of channels that are convolved separately.

    Returns
    -------
    Tensor
        (N, O, H', W') with ``H' = (H - 1) stride - 2 padding + dilation (kernel - 1) +
        output_padding + 1``.

    Examples
    --------
    >>> rg.conv_transpose2d(rg.ones(1, 1, 1, 1), rg.ones(1, 1, 2, 2))
    tensor([[[[1., 1.],
              [1., 1.]]]])
    """
    return _conv_transpose(
        2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of a three-dimensional convolution; parameters as in `conv_transpose2d`.

    Examples
    --------
    >>> rg.conv_transpose3d(rg.ones(1, 1, 1, 1, 1), rg.ones(1, 1, 1, 1, 2))
    tensor([[[[[1., 1.]]]]])
    """
    return _conv_transpose(
        3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def _conv(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Any:
    x, batched = with_batch(n, input, f"conv{n}d")
    settings = map(hashable, (stride, padding, dilation))
    stride, padding, dilation = _settings(n, x.shape, weight.shape, groups, *settings)
    y = convolution(
        x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    return like_input(y, batched)


@lru_cache(maxsize=1024)
def _settings(
    n: int, x_shape: Any, w_shape: Any, groups: int, stride: Any, padding: Any, dilation: Any
) -> tuple[tuple[Any, ...], ...]:
    """Stride, padding and dilation with an entry for each dimension; RuntimeError if they do not fit."""
    name = f"conv{n}d"
    stride, dilation = sizes(n, stride, "stride", name), sizes(n, dilation, "dilation", name)
    _check_weight(n, x_shape, w_shape, groups, name)
    if isinstance(padding, str):
        pads = _named_padding(padding, w_shape[2:], stride, dilation)
    else:
        pads = sizes(n, padding, "padding", name)
    padded = [
        size + (sum(p) if isinstance(p, tuple) else 2 * p)
        for size, p in zip(x_shape[2:], pads, strict=True)
    ]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w_shape[2:], strict=True)]
    if any(r > size for r, size in zip(reach, padded, strict=True)):
        raise RuntimeError(
            f"{name}(): Calculated padded input size per channel: ({' x '.join(map(str, padded))}). "
            f"Kernel size: ({' x '.join(map(str, reach))}). Kernel size can't be greater than "
            "actual input size"
        )
    return stride, pads, dilation


def _conv_transpose(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Any:
    name = f"conv_transpose{n}d"
    stride, padding = sizes(n, stride, "stride", name), sizes(n, padding, "padding", name)
    dilation = sizes(n, dilation, "dilation", name)
    extra = sizes(n, output_padding, "output_padding", name)
    x, batched = with_batch(n, input, name)
    if weight.ndim != n + 2 or x.shape[1] != weight.shape[0] or x.shape[1] % groups:
        raise RuntimeError(
            f"{name}(): Given transposed=1, weight of size {list(weight.shape)} and groups={groups}, "
            f"expected input{list(input.shape)} to have {weight.shape[0]} channels, but got "
            f"{x.shape[1]} channels instead"
        )
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            f"{name}(): output padding must be smaller than either stride or dilation, but got "
            f"output_padding={extra}, stride={stride}, dilation={dilation}"
        )
    spatial = [
        (size - 1) * s - 2 * p + d * (k - 1) + e + 1
        for size, s, p, d, k, e in zip(
            x.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True
        )
    ]
    if min(spatial) < 1:
        raise RuntimeError(
            f"{name}(): Given input size per channel: {list(x.shape[2:])}. Calculated output size "
            f"per channel: {spatial}. Output size is too small"
        )
    y = input_grad(
        x,
        weight,
        shape=(x.shape[0], weight.shape[1] * groups, *spatial),
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    if bias is not None:
        y = y + reshape_to(bias, (-1, *[1] * n))
    return like_input(y, batched)


def _check_weight(n: int, x_shape: Any, w_shape: Any, groups: int, name: str) -> None:
    if len(w_shape) != n + 2:
        raise RuntimeError(
            f"{name}(): expected a {n + 2}-dimensional weight (out_channels, in_channels / groups, "
            f"*kernel), got shape {list(w_shape)}"
        )
    if groups < 1 or w_shape[0] % groups:
        raise RuntimeError(
            f"{name}(): Given groups={groups}, expected weight to be at least {groups} at dimension "
            f"0, and divisible by it, but got weight of size {list(w_shape)} instead"
        )
    if x_shape[1] != w_shape[1] * groups:
        raise RuntimeError(
            f"{name}(): Given groups={groups}, weight of size {list(w_shape)}, expected "
            f"input{list(x_shape)} to have {w_shape[1] * groups} channels, but got "
            f"{x_shape[1]} channels instead"
        )


def _named_padding(padding: str, kernel: Any, stride: Any, dilation: Any) -> tuple[Any, ...]:
    if padding == "valid":
        return (0,) * len(kernel)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}; expected 'valid' or 'same'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]
