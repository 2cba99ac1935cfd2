"""Activations that draw random numbers or guess their dimension, and in-place spellings."""

from __future__ import annotations

import warnings
from typing import Any

from retrograd.autograd_core import ops
from retrograd.autograd_core.drawing import rand_like
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import in_place, write

__all__ = [
    "celu_", "elu_", "gumbel_softmax", "hardtanh_", "leaky_relu_", "log_softmax", "relu_", "rrelu",
    "rrelu_", "selu_", "sigmoid", "softmax", "softmin", "tanh", "threshold_",
]  # fmt: skip

celu_ = in_place(ops.celu, "celu_")
elu_ = in_place(ops.elu, "elu_")
hardtanh_ = in_place(ops.hardtanh, "hardtanh_")
leaky_relu_ = in_place(ops.leaky_relu, "leaky_relu_")
relu_ = in_place(ops.relu, "relu_")
selu_ = in_place(ops.selu, "selu_")
threshold_ = in_place(ops.threshold, "threshold_")


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-input))``.

    Examples
    --------
    >>> rg.nn.functional.sigmoid(rg.zeros(1))
    tensor([0.5000])
    """
    return ops.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    Examples
    --------
    >>> rg.nn.functional.tanh(rg.zeros(1))
    tensor([0.])
    """
    return ops.tanh(input)


def _dim(name: str, dim: int | None, ndim: int) -> int:
    """The dimension, or the one that PyTorch has always guessed."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``exp(x_i) / sum_j exp(x_j)`` along `dim`.

    Examples
    --------
    >>> rg.nn.functional.softmax(rg.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(input, _dim("softmax", dim, input.ndim), dtype=dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``softmax(-input)`` along `dim`.

    Examples
    --------
    >>> rg.nn.functional.softmin(rg.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(-input, _dim("softmin", dim, input.ndim), dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``log(softmax(input))`` along `dim`, computed without overflow.

    Examples
    --------
    >>> rg.nn.functional.log_softmax(rg.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return ops.log_softmax(input, _dim("log_softmax", dim, input.ndim), dtype=dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A sample of the classes that can be differentiated (Jang et al. 2017; Maddison et al. 2017).

    Parameters
    ----------
    tau : float
        Temperature.
    hard : bool
        Give one-hot vectors, with the gradient of the soft ones.

    Examples
    --------
    >>> y = rg.nn.functional.gumbel_softmax(rg.zeros(2, 3), hard=True)
    >>> y.sum(1).detach()
    tensor([1., 1.])
    """
    gumbels = -logits.detach().clone().exponential_().log()
    soft = ops.softmax((logits + gumbels) / tau, dim)
    if not hard:
        return soft
    index = soft.argmax(dim, keepdim=True)
    one_hot = (soft.detach() * 0).scatter(dim, index, 1.0)
    return one_hot - soft.detach() + soft


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """A leaky ReLU with slopes drawn from [lower, upper) in training, their mean otherwise.

    Xu et al. 2015.

    Examples
    --------
    >>> rg.nn.functional.rrelu(rg.tensor([-1.0, 1.0]), 0.1, 0.3)
    tensor([-0.2000,  1.0000])
    """
    if lower > upper:
        raise ValueError(f"lower bound should be less than or equal to upper, got {lower}, {upper}")
    slope: Any = (lower + upper) / 2
    if training:
        slope = rand_like(input) * (upper - lower) + lower
    result = where(input > 0, input, input * slope)
    return write(input, result, "rrelu_()") if inplace else result


rrelu_ = in_place(rrelu, "rrelu_")
