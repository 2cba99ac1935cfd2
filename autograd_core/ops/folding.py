"""Windows as columns, and the adjoint, which adds columns up to images."""

from __future__ import annotations

from math import prod

from retrograd.autograd_core.op import Op
from retrograd.backends.kernels.windows import output_sizes

__all__: list[str] = []


class Unfold(Op):
    """The windows of (N, C, H, W) as columns, (N, C * kernel height * kernel width, windows)."""

    def forward(kernels, input, *, kernel, stride, padding, dilation):
        columns = kernels.unfold(input, kernel, stride, padding, dilation)
        samples, channels = input.shape[:2]
        count = prod(columns.shape[2 + len(kernel) :])
        return columns.reshape(samples, channels * prod(kernel), count)

    def vjp_input(g, input_shape, kernel, stride, padding, dilation):
        return fold_columns(
            g,
            size=input_shape[2:],
            kernel=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
        )


class Fold(Op):
    """The adjoint of `Unfold`: columns added up to images of spatial shape `size`."""

    def forward(kernels, input, *, size, kernel, stride, padding, dilation):
        pads = [(p, p) for p in padding]
        counts = output_sizes(size, kernel, stride, pads, dilation)
        channels = input.shape[1] // prod(kernel)
        columns = input.reshape(input.shape[0], channels, *kernel, *counts)
        return kernels.fold(columns, size, stride, padding, dilation)

    def vjp_input(g, kernel, stride, padding, dilation):
        return unfold_columns(g, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


unfold_columns = Unfold.function
fold_columns = Fold.function
