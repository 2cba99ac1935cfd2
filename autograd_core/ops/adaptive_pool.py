"""Pooling with windows of near-equal lengths, chosen so that the output has a given size."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.pool import pool_scatter, refuse_integers
from retrograd.autograd_core.ops.spatial import like_input, with_batch
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]


class AdaptiveMaxPool(Op, outputs=("values", "indices")):
    """Maxima of `size` windows of near-equal lengths, and where they are."""

    def forward(kernels, input, *, size):
        return kernels.adaptive_max_pool(input, size)

    def vjp_input(g_values, indices, input_shape):
        return pool_scatter(g_values, indices, shape=input_shape)


class AdaptiveAvgPool(Op):
    """Means of `size` windows of near-equal lengths."""

    def forward(kernels, input, *, size):
        return kernels.adaptive_avg_pool(input, size)

    def vjp_input(g, input_shape):
        return adaptive_avg_pool_grad(g, shape=input_shape)


class AdaptiveAvgPoolGrad(Op):
    """The adjoint of `AdaptiveAvgPool`, of shape `shape`."""

    def forward(kernels, input, *, shape):
        return kernels.adaptive_avg_pool_grad(input, shape)

    def vjp_input(g, input_shape):
        return adaptive_avg_pool(g, size=input_shape[2:])


adaptive_avg_pool = AdaptiveAvgPool.function
adaptive_avg_pool_grad = AdaptiveAvgPoolGrad.function


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima of `output_size` windows of (N, C, L) or (C, L), near-equal in length.

    Examples
    --------
    >>> rg.nn.functional.adaptive_max_pool1d(rg.arange(5.0).reshape(1, 5), 2)
    tensor([[2., 4.]])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima of `output_size` (an int, or one for each of H and W; None keeps it) windows.

    Examples
    --------
    >>> rg.nn.functional.adaptive_max_pool2d(rg.arange(16.0).reshape(1, 4, 4), (1, 2))
    tensor([[[13., 15.]]])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Maxima of `output_size` windows of (N, C, D, H, W) or (C, D, H, W).

    Examples
    --------
    >>> rg.nn.functional.adaptive_max_pool3d(rg.arange(8.0).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


def _adaptive_max_pool(n: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    x, size, batched = _adaptive(n, input, output_size, f"adaptive_max_pool{n}d")
    values, indices = AdaptiveMaxPool.function(x, size=size)
    values = like_input(values, batched)
    return (values, like_input(indices, batched)) if return_indices else values


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means of `output_size` windows of (N, C, L) or (C, L), near-equal in length.

    Examples
    --------
    >>> rg.nn.functional.adaptive_avg_pool1d(rg.arange(5.0).reshape(1, 5), 2)
    tensor([[1., 3.]])
    """
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means of `output_size` (an int, or one for each of H and W; None keeps it) windows.

    Examples
    --------
    >>> rg.nn.functional.adaptive_avg_pool2d(rg.arange(16.0).reshape(1, 4, 4), 1)
    tensor([[[7.5000]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Means of `output_size` windows of (N, C, D, H, W) or (C, D, H, W).

    Examples
    --------
    >>> rg.nn.functional.adaptive_avg_pool3d(rg.arange(8.0).reshape(1, 2, 2, 2), 1)
    tensor([[[[3.5000]]]])
    """
    return _adaptive_avg_pool(3, input, output_size)


def _adaptive_avg_pool(n: int, input: Tensor, output_size: Any) -> Tensor:
    name = f"adaptive_avg_pool{n}d"
    x, size, batched = _adaptive(n, input, output_size, name)
    refuse_integers(name, x)
    return like_input(adaptive_avg_pool(x, size=size), batched)


def _adaptive(
    n: int, input: Tensor, output_size: Any, name: str
) -> tuple[Any, tuple[int, ...], bool]:
    """The input with a batch dimension, one output size for each dimension, and if it had one."""
    x, batched = with_batch(n, input, name)
    given = (
        (output_size,) * n if output_size is None or isinstance(output_size, int) else output_size
    )
    given = tuple(given) * n if len(given) == 1 else tuple(given)
    if len(given) != n:
        raise RuntimeError(f"{name}(): output_size must have {n} entries, got {output_size}")
    size = tuple([m if s is None else int(s) for s, m in zip(given, x.shape[2:], strict=True)])
    if min(size) < 0:
        raise RuntimeError(f"{name}(): output_size must not be negative, got {output_size}")
    if 0 in x.shape[1:]:
        raise RuntimeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
            f"has sizes {list(x.shape)}"
        )
    return x, size, batched
