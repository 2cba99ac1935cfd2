"""Pooling: maxima, means and norms of regular windows, and the inverse of the maxima."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from retrograd.autograd_core.modes import state
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.spatial import Sizes, hashable, like_input, sizes, with_batch
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


class MaxWindow(NamedTuple):
    """The windows of max pooling, in the order that the kernels take their settings."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool


class MeanWindow(NamedTuple):
    """The windows of average pooling, in the order that the kernels take their settings."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Any, ...]
    ceil_mode: bool
    count_include_pad: bool
    divisor_override: int | None


# --- the ops ------------------------------------------------------------------------------------


class MaxPool(Op, keeps=("indices",)):
    """Maxima of windows of (N, C, *spatial); where they are is found out only if `track` is on."""

    def forward(kernels, input, *, window, track):
        if track:
            return kernels.max_pool(input, *window)
        return kernels.max_pool_values(input, *window), None

    def vjp_input(g, indices, input_shape):
        return pool_scatter(g, indices, shape=input_shape)


class MaxPoolWithIndices(Op, outputs=("values", "indices")):
    """Maxima of windows of (N, C, *spatial) and where in the flattened spatial dimensions."""

    def forward(kernels, input, *, window):
        return kernels.max_pool(input, *window)

    def vjp_input(g_values, indices, input_shape):
        return pool_scatter(g_values, indices, shape=input_shape)


class PoolScatter(Op):
    """Values of (N, C, *windows) added at their `indices` into zeros of `shape`."""

    def forward(kernels, input, indices, *, shape):
        return kernels.pool_scatter(input, indices, shape)

    def vjp_input(g, indices):
        return pool_gather(g, indices)


class PoolGather(Op):
    """The adjoint of `PoolScatter`: the values at `indices`."""

    def forward(kernels, input, indices):
        return kernels.pool_gather(input, indices)

    def vjp_input(g, indices, input_shape):
        return pool_scatter(g, indices, shape=input_shape)


class MaxUnpool(Op):
    """Zeros of `shape` with the values of `input` put at `indices`."""

    def forward(kernels, input, indices, *, shape):
        return kernels.pool_put(input, indices, shape)

    def vjp_input(g, indices):
        return pool_gather(g, indices)


class AvgPool(Op):
    """Means of windows of (N, C, *spatial)."""

    def forward(kernels, input, *, window):
        return kernels.avg_pool(input, *window)

    def vjp_input(g, input_shape, window):
        return avg_pool_grad(g, shape=input_shape, window=window)


class AvgPoolGrad(Op):
    """The adjoint of `AvgPool`, of shape `shape`."""

    def forward(kernels, input, *, shape, window):
        return kernels.avg_pool_grad(input, shape, *window)

    def vjp_input(g, window):
        return avg_pool(g, window=window)


pool_scatter = PoolScatter.function
pool_gather = PoolGather.function
avg_pool = AvgPool.function
avg_pool_grad = AvgPoolGrad.function


# --- max pooling --------------------------------------------------------------------------------


def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima of windows of (N, C, L) or (C, L); parameters as in `max_pool2d`.

    Examples
    --------
    >>> rg.nn.functional.max_pool1d(rg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima of windows; the gradient goes to the first of equal ones, NaN wins.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (C, H, W).
    kernel_size, stride : int or tuple of int
        Size of a window, and the step between windows, by default the same.
    padding : int or tuple of int
        Minus infinity on both sides, at most half a window.
    dilation : int or tuple of int
        Step between the elements of a window.
    ceil_mode : bool
        Let the last window reach past the end, if it starts before it.
    return_indices : bool
        Return the positions of the maxima too, in the flattened H W, for `max_unpool2d`.

    Examples
    --------
    >>> rg.nn.functional.max_pool2d(rg.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Maxima of windows of (N, C, D, H, W) or (C, D, H, W); parameters as in `max_pool2d`.

    Examples
    --------
    >>> rg.nn.functional.max_pool3d(rg.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _with_indices(n: int) -> Any:
    def pool(
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return _max_pool(n, input, kernel_size, stride, padding, dilation, ceil_mode, True)

    pool.__name__ = pool.__qualname__ = f"max_pool{n}d_with_indices"
    pool.__doc__ = f"`max_pool{n}d` with ``return_indices=True``."
    return pool


max_pool1d_with_indices = _with_indices(1)
max_pool2d_with_indices = _with_indices(2)
max_pool3d_with_indices = _with_indices(3)


def _max_pool(
    n: int,
    input: Tensor,
    kernel_size: Sizes,
    stride: Any,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x, batched = with_batch(n, input, f"max_pool{n}d")
    settings = map(hashable, (kernel_size, stride, padding, dilation))
    window = _max_window(n, x.shape, *settings, bool(ceil_mode))
    if return_indices:
        values, indices = MaxPoolWithIndices.function(x, window=window)
        return like_input(values, batched), like_input(indices, batched)
    track = bool(state.grad and x.requires_grad)
    return like_input(MaxPool.function(x, window=window, track=track), batched)


@lru_cache(maxsize=1024)
def _max_window(
    n: int, shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> MaxWindow:
    name = f"max_pool{n}d"
    reach = sizes(n, dilation, "dilation", name)
    window = MaxWindow(*_window(n, name, kernel, stride, padding, dilation), reach, ceil_mode)
    _check_output(name, shape, window, reach)
    return window


def _window(
    n: int, name: str, kernel_size: Any, stride: Any, padding: Any, dilation: Any = 1
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, stride and padding, one entry for each of `n` dimensions."""
    kernel = sizes(n, kernel_size, "kernel_size", name)
    step = kernel if stride is None or stride == () else sizes(n, stride, "stride", name)
    pads = sizes(n, padding, "padding", name)
    reach = sizes(n, dilation, "dilation", name)
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(pads, kernel, reach, strict=True)):
        raise RuntimeError(
            f"{name}(): pad should be at most half of effective kernel size, but got padding="
            f"{padding}, kernel_size={kernel_size} and dilation={dilation}"
        )
    return kernel, step, pads


def _check_output(name: str, shape: Any, window: Any, dilation: tuple[int, ...]) -> None:
    """RuntimeError if not even one window fits."""
    if 0 in shape[1:]:
        raise RuntimeError(
            f"Expected input of {name}() to have non-zero size for all but the batch dimension, "
            f"got shape {list(shape)}"
        )
    reach = [d * (k - 1) + 1 for k, d in zip(window.kernel, dilation, strict=True)]
    short = any(
        size + 2 * p < r - (s - 1 if window.ceil_mode else 0)
        for size, p, r, s in zip(shape[2:], window.padding, reach, window.stride, strict=True)
    )
    if short:
        raise RuntimeError(
            f"{name}(): input size {tuple(shape[1:])} with padding {window.padding} is smaller "
            f"than a window of {tuple(reach)}. Output size is too small"
        )


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """The partial inverse of `max_pool1d`; parameters as in `max_unpool2d`.

    Examples
    --------
    >>> values, indices = rg.nn.functional.max_pool1d(rg.tensor([[1.0, 3.0]]), 2, return_indices=True)
    >>> rg.nn.functional.max_unpool1d(values, indices, 2)
    tensor([[0., 3.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """The partial inverse of `max_pool2d`: maxima put back where they came from, zeros elsewhere.

    Parameters
    ----------
    input, indices : Tensor
        What `max_pool2d` returned with ``return_indices=True``.
    kernel_size, stride, padding : int or tuple of int
        As given to `max_pool2d`.
    output_size : sequence of int, optional
        The shape that was pooled (or its spatial part), where the windows do not tell it.

    Examples
    --------
    >>> x = rg.arange(4.0).reshape(1, 2, 2)
    >>> values, indices = rg.nn.functional.max_pool2d(x, 2, return_indices=True)
    >>> rg.nn.functional.max_unpool2d(values, indices, 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """The partial inverse of `max_pool3d`; parameters as in `max_unpool2d`.

    Examples
    --------
    >>> x = rg.arange(8.0).reshape(1, 2, 2, 2)
    >>> values, indices = rg.nn.functional.max_pool3d(x, 2, return_indices=True)
    >>> rg.nn.functional.max_unpool3d(values, indices, 2).shape
    retrograd.Size([1, 2, 2, 2])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    n: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, given: Any
) -> Tensor:
    name = f"max_unpool{n}d"
    if input.shape != indices.shape:
        raise RuntimeError(
            f"{name}(): expected shape of indices to be the same as that of the input tensor "
            f"({list(input.shape)}), but got indices tensor with shape {list(indices.shape)}"
        )
    if indices.dtype.name != "int64":
        raise RuntimeError(
            f"{name}(): elements in indices should be type int64 but got: {indices.dtype.name}"
        )
    kernel, step, pads = _window(n, name, kernel_size, stride, padding)
    x, batched = with_batch(n, input, name)
    default = [
        (size - 1) * s - 2 * p + k
        for size, s, p, k in zip(x.shape[2:], step, pads, kernel, strict=True)
    ]
    spatial = default if given is None else [int(m) for m in given][-n:]
    for size, expected, s in zip(spatial, default, step, strict=True):
        if not expected - s < size < expected + s:
            raise ValueError(
                f"{name}(): invalid output_size {spatial} (each of {default} may differ by less "
                f"than its stride {list(step)})"
            )
    index = like_batch(indices, batched)
    return like_input(MaxUnpool.function(x, index, shape=(*x.shape[:2], *spatial)), batched)


def like_batch(indices: Tensor, batched: bool) -> Tensor:
    """Indices with a batch dimension in front where there was none."""
    return indices if batched else indices.reshape(1, *indices.shape)


# --- average and norm ---------------------------------------------------------------------------


def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Means of windows of (N, C, L) or (C, L); parameters as in `avg_pool2d`.

    Examples
    --------
    >>> rg.nn.functional.avg_pool1d(rg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Means of windows.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (C, H, W).
    kernel_size, stride : int or tuple of int
        Size of a window, and the step between windows, by default the same.
    padding : int or tuple of int
        Zeros on both sides, at most half a window.
    ceil_mode : bool
        Let the last window reach past the end, if it starts before it.
    count_include_pad : bool
        Count the zeros of the padding.
    divisor_override : int, optional
        Divide the sums by this instead of by the number of elements.

    Examples
    --------
    >>> rg.nn.functional.avg_pool2d(rg.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Means of windows of (N, C, D, H, W) or (C, D, H, W); parameters as in `avg_pool2d`.

    Examples
    --------
    >>> rg.nn.functional.avg_pool3d(rg.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _avg_pool(
    n: int,
    input: Tensor,
    kernel_size: Sizes,
    stride: Any,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    name = f"avg_pool{n}d"
    if divisor == 0:
        raise RuntimeError(f"{name}(): divisor must be not zero")
    x, batched = with_batch(n, input, name)
    refuse_integers(name, x)
    settings = map(hashable, (kernel_size, stride, padding))
    options = bool(ceil_mode), bool(count_include_pad), divisor
    window = _mean_window(n, x.shape, *settings, *options)
    return like_input(avg_pool(x, window=window), batched)


@lru_cache(maxsize=1024)
def _mean_window(
    n: int, shape: Any, kernel: Any, stride: Any, padding: Any, *options: Any
) -> MeanWindow:
    name = f"avg_pool{n}d"
    window = MeanWindow(*_window(n, name, kernel, stride, padding), *options)
    _check_output(name, shape, window, (1,) * n)
    return window


def refuse_integers(name: str, x: Any) -> None:
    if not x.dtype.is_floating_point:
        raise RuntimeError(
            f"{name}() is not implemented for {x.dtype.name} input: convert it, e.g. x.float()"
        )


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `norm_type`-norms of windows of (N, C, L) or (C, L).

    Examples
    --------
    >>> rg.nn.functional.lp_pool1d(rg.tensor([[3.0, 4.0]]), 2, 2)
    tensor([[5.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `norm_type`-norms of windows of (N, C, H, W) or (C, H, W): ``(sum x**p) ** (1 / p)``.

    Examples
    --------
    >>> rg.nn.functional.lp_pool2d(rg.ones(1, 2, 2), 2, 2)
    tensor([[[2.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The `norm_type`-norms of windows of (N, C, D, H, W) or (C, D, H, W).

    Examples
    --------
    >>> rg.nn.functional.lp_pool3d(rg.ones(1, 2, 2, 1), 2, (2, 2, 1))
    tensor([[[[2.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    n: int, input: Tensor, p: float, kernel_size: Sizes, stride: Any, ceil_mode: bool
) -> Tensor:
    count = 1
    for k in sizes(n, kernel_size, "kernel_size", f"lp_pool{n}d"):
        count *= k
    means = _avg_pool(n, input**p, kernel_size, stride, 0, ceil_mode, True, None)
    # An odd p gives signed sums, whose roots are those of the positive ones alone, as in PyTorch.
    return (means.sign() * means.abs().relu() * count) ** (1.0 / p)
