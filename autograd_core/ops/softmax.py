"""Softmax and its relatives, along one dimension, without overflow."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.dims import one_dim, some_dims
from retrograd.autograd_core.ops.elementwise import exp
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import converted, restore, sum_

__all__ = ["log_softmax", "logsumexp", "softmax", "softmin"]


class Softmax(Op, floats=True):
    """``exp(input) / sum(exp(input))`` along `dim`, a tuple of one (of none for 0-d inputs)."""

    def forward(kernels, input, *, dim):
        return kernels.softmax(input, dim)

    def vjp_input(g, out, dim):
        weighted = g * out
        return weighted - out * sum_(weighted, dim=dim, keepdim=True)

    def fused(kernels, g, needs, out, dim):
        return (kernels.softmax_grad(g, out, dim),)


class LogSoftmax(Op, floats=True):
    """The logarithm of `Softmax`, exact where that would round to 0."""

    def forward(kernels, input, *, dim):
        return kernels.log_softmax(input, dim)

    def vjp_input(g, out, dim):
        return g - exp(out) * sum_(g, dim=dim, keepdim=True)

    def fused(kernels, g, needs, out, dim):
        return (kernels.log_softmax_grad(g, out, dim),)


class Logsumexp(Op, floats=True):
    """``log(sum(exp(input)))`` over the dimensions `dim`."""

    def forward(kernels, input, *, dim, keepdim=False):
        return kernels.logsumexp(input, dim, keepdim)

    def vjp_input(g, input, out, input_shape, dim, keepdim):
        spread = restore(out, input_shape, dim, keepdim)
        return restore(g, input_shape, dim, keepdim) * exp(input - spread)

    def fused(kernels, g, needs, input, out, dim):
        return (kernels.logsumexp_grad(g, input, out, dim),)


softmax_ = Softmax.function
log_softmax_ = LogSoftmax.function


def dim_of(input: Any, dim: int | None) -> tuple[int, ...]:
    """The dimension as a tuple; PyTorch's old default for None."""
    ndim = input.ndim
    if dim is None:
        dim = 0 if ndim in (0, 1, 3) else 1
    axis = one_dim(dim, ndim)
    return (axis,) if ndim else ()


@public
def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """``exp(input) / sum(exp(input))`` along `dim`: numbers in [0, 1] that add up to 1.

    Parameters
    ----------
    dim : int
        The dimension that sums to 1.
    dtype : dtype, optional
        Convert to this type first.

    Examples
    --------
    >>> rg.softmax(rg.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([0.2119, 0.2119, 0.5761])
    """
    if dtype is not None:
        input = converted(input, dtype)
    return softmax_(input, dim=dim_of(input, dim))


@public
def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """``log(softmax(input, dim))``, computed without rounding small probabilities to 0.

    Examples
    --------
    >>> rg.log_softmax(rg.tensor([0.0, 0.0, 1000.0]), dim=0)
    tensor([-1000., -1000.,     0.])
    """
    if dtype is not None:
        input = converted(input, dtype)
    return log_softmax_(input, dim=dim_of(input, dim))


def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """``softmax(-input, dim)``: the smallest element gets the most.

    Examples
    --------
    >>> rg.nn.functional.softmin(rg.tensor([0.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    return softmax(-input, dim, dtype)


@public
def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """``log(sum(exp(input)))`` over the given dimensions, without overflow.

    Examples
    --------
    >>> rg.logsumexp(rg.tensor([[1000.0, 1000.0]]), dim=1)
    tensor([1000.6932])
    """
    return Logsumexp.function(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)
