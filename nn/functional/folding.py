"""Windows of images as columns and back, and images with pixels and channels rearranged."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.autograd_core.ops.casting import unshared
from retrograd.autograd_core.ops.folding import fold_columns, unfold_columns
from retrograd.autograd_core.ops.shape import permute_to, reshape_to
from retrograd.autograd_core.ops.spatial import Sizes, like_input, sizes, with_batch
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.kernels.windows import output_sizes

__all__ = ["channel_shuffle", "fold", "pixel_shuffle", "pixel_unshuffle", "unfold"]


def unfold(
    input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """The windows of images as columns (im2col).

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (C, H, W).
    kernel_size, dilation, padding, stride : int or tuple of int
        As in `conv2d`.

    Returns
    -------
    Tensor
        (N, C * kernel height * kernel width, number of windows).

    Examples
    --------
    >>> rg.nn.functional.unfold(rg.arange(4.0).reshape(1, 2, 2), (1, 2))
    tensor([[0., 2.],
            [1., 3.]])
    """
    kernel, spacing, pads, step = _settings("unfold", kernel_size, dilation, padding, stride)
    x, batched = with_batch(2, input, "unfold")
    counts = output_sizes(x.shape[2:], kernel, step, [(p, p) for p in pads], spacing)
    if min(counts) < 1:
        raise RuntimeError(
            f"unfold(): Given input with spatial size {tuple(x.shape[2:])}, kernel_size={kernel}, "
            f"dilation={spacing}, padding={pads}, calculated shape of the array of sliding blocks "
            f"as {counts}, but its components must be at least one"
        )
    columns = unfold_columns(x, kernel=kernel, stride=step, padding=pads, dilation=spacing)
    return like_input(columns, batched)


def fold(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Columns added up to images: the adjoint of `unfold` (col2im).

    Parameters
    ----------
    input : Tensor
        (N, C * kernel height * kernel width, number of windows), or without N.
    output_size : int or tuple of int
        (H, W) of the images.
    kernel_size, dilation, padding, stride : int or tuple of int
        As given to `unfold`.

    Examples
    --------
    >>> columns = rg.nn.functional.unfold(rg.ones(1, 1, 2, 3), (1, 2))
    >>> rg.nn.functional.fold(columns, (2, 3), (1, 2))
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    kernel, spacing, pads, step = _settings("fold", kernel_size, dilation, padding, stride)
    size = sizes(2, output_size, "output_size", "fold")
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"fold(): Input Error: Only unbatched (2D) or batched (3D) input Tensors are "
            f"supported (got {input.ndim}D)"
        )
    batched = input.ndim == 3
    columns = input if batched else reshape_to(input, (1, *input.shape))
    if columns.shape[1] % prod(kernel):
        raise RuntimeError(
            f"fold(): Expected size of input's dimension 1 to be divisible by the product of "
            f"kernel_size, but got input.size(1)={columns.shape[1]} and kernel_size={kernel}"
        )
    counts = output_sizes(size, kernel, step, [(p, p) for p in pads], spacing)
    if min(counts) < 1 or prod(counts) != columns.shape[2]:
        raise RuntimeError(
            f"fold(): Given output_size={size}, kernel_size={kernel}, dilation={spacing}, "
            f"padding={pads}, stride={step}, expected size of input's last dimension to match the "
            f"calculated number of sliding blocks {' * '.join(map(str, counts))} = {prod(counts)}, "
            f"but got {columns.shape[2]}"
        )
    image = fold_columns(
        columns, size=size, kernel=kernel, stride=step, padding=pads, dilation=spacing
    )
    return like_input(image, batched)


def _settings(
    name: str, kernel: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes
) -> tuple[tuple[int, ...], ...]:
    return (
        sizes(2, kernel, "kernel_size", name),
        sizes(2, dilation, "dilation", name),
        sizes(2, padding, "padding", name),
        sizes(2, stride, "stride", name),
    )


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels moved into space: (..., C r r, H, W) to (..., C, H r, W r) (Shi et al., 2016).

    Examples
    --------
    >>> rg.nn.functional.pixel_shuffle(rg.arange(4.0).reshape(1, 4, 1, 1), 2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    *lead, channels, height, width = _image("pixel_shuffle", input)
    r = upscale_factor
    if r < 1 or channels % (r * r):
        raise RuntimeError(
            f"pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    new = channels // (r * r)
    apart = reshape_to(input, (*lead, new, r, r, height, width))
    k = len(lead)
    moved = permute_to(apart, (*range(k), k, k + 3, k + 1, k + 4, k + 2))
    return unshared(reshape_to(moved, (*lead, new, height * r, width * r)))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Space moved into channels: the inverse of `pixel_shuffle`.

    Examples
    --------
    >>> rg.nn.functional.pixel_unshuffle(rg.ones(1, 1, 2, 2), 2).shape
    retrograd.Size([1, 4, 1, 1])
    """
    *lead, channels, height, width = _image("pixel_unshuffle", input)
    r = downscale_factor
    if r < 1 or height % r or width % r:
        raise RuntimeError(
            f"pixel_unshuffle expects height and width to be divisible by downscale_factor, but "
            f"got input of shape {list(input.shape)} and downscale_factor={r}"
        )
    apart = reshape_to(input, (*lead, channels, height // r, r, width // r, r))
    k = len(lead)
    moved = permute_to(apart, (*range(k), k, k + 2, k + 4, k + 1, k + 3))
    return unshared(reshape_to(moved, (*lead, channels * r * r, height // r, width // r)))


def _image(name: str, input: Tensor) -> Any:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with "
            f"{input.ndim} dimension(s)"
        )
    return input.shape


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of (N, C, ...) dealt out: first of each group, then second, and so on.

    Zhang et al., "ShuffleNet", 2018.

    Examples
    --------
    >>> rg.nn.functional.channel_shuffle(rg.arange(4.0).reshape(1, 4, 1), 2).reshape(4)
    tensor([0., 2., 1., 3.])
    """
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    samples, channels, *rest = input.shape
    if groups < 1 or channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and "
            f"{groups} groups."
        )
    apart = reshape_to(input, (samples, groups, channels // groups, prod(rest)))
    return unshared(reshape_to(permute_to(apart, (0, 2, 1, 3)), input.shape))
