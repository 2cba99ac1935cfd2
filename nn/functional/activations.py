"""Activations that draw random numbers or guess their dimension, and in-place spellings."""

from __future__ import annotations

import warnings
from typing import Any

from retrograd.autograd_core.creation import empty, ones_like
from retrograd.autograd_core.ops import activations, elementwise, trigonometry
from retrograd.autograd_core.ops import softmax as softmaxes
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.reduction import converted
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import write
from retrograd.backends.dtypes import float64

__all__ = [
    "celu_", "elu_", "gumbel_softmax", "hardtanh_", "leaky_relu_", "log_softmax", "relu_", "rrelu",
    "rrelu_", "selu_", "sigmoid", "softmax", "softmin", "tanh", "threshold_",
]  # fmt: skip


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place version of `celu`.

    Examples
    --------
    >>> rg.nn.functional.celu_(rg.tensor([-50.0, 2.0]))
    tensor([-1.,  2.])
    """
    return activations.celu(input, alpha, inplace=True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place version of `elu`.

    Examples
    --------
    >>> rg.nn.functional.elu_(rg.tensor([-50.0, 2.0]))
    tensor([-1.,  2.])
    """
    return activations.elu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place version of `hardtanh`.

    Examples
    --------
    >>> rg.nn.functional.hardtanh_(rg.tensor([-5.0, 2.0]))
    tensor([-1.,  1.])
    """
    return activations.hardtanh(input, min_val, max_val, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place version of `leaky_relu`.

    Examples
    --------
    >>> rg.nn.functional.leaky_relu_(rg.tensor([-2.0, 2.0]), 0.5)
    tensor([-1.,  2.])
    """
    return activations.leaky_relu(input, negative_slope, inplace=True)


def relu_(input: Tensor) -> Tensor:
    """In-place version of `relu`.

    Examples
    --------
    >>> rg.nn.functional.relu_(rg.tensor([-2.0, 2.0]))
    tensor([0., 2.])
    """
    return activations.relu(input, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """In-place version of `selu`.

    Examples
    --------
    >>> rg.nn.functional.selu_(rg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.0507])
    """
    return activations.selu(input, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place version of `threshold`.

    Examples
    --------
    >>> rg.nn.functional.threshold_(rg.tensor([-2.0, 2.0]), 0.0, 7.0)
    tensor([7., 2.])
    """
    return activations.threshold(input, threshold, value, inplace=True)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-input))``.

    Examples
    --------
    >>> rg.nn.functional.sigmoid(rg.zeros(1))
    tensor([0.5000])
    """
    return elementwise.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    Examples
    --------
    >>> rg.nn.functional.tanh(rg.zeros(1))
    tensor([0.])
    """
    return trigonometry.tanh(input)


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
    if dim is None:
        dim = _dim("softmax", dim, input.ndim)
    if dtype is not None:
        input = converted(input, dtype)
    return softmaxes.softmax_(input, dim=softmaxes.dim_of(input, dim))


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``softmax(-input)`` along `dim`.

    Examples
    --------
    >>> rg.nn.functional.softmin(rg.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmaxes.softmax(-input, _dim("softmin", dim, input.ndim), dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``log(softmax(input))`` along `dim`, computed without overflow.

    Examples
    --------
    >>> rg.nn.functional.log_softmax(rg.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _dim("log_softmax", dim, input.ndim)
    if dtype is not None:
        input = converted(input, dtype)
    return softmaxes.log_softmax_(input, dim=softmaxes.dim_of(input, dim))


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
    gumbels = -empty(logits.shape, dtype=logits.dtype, device=logits.device).exponential_().log()
    soft = softmaxes.softmax((logits + gumbels) / tau, dim)
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

    Xu et al. 2015. The slopes are PyTorch's for the same seed.

    Examples
    --------
    >>> rg.nn.functional.rrelu(rg.tensor([-1.0, 1.0]), 0.1, 0.3)
    tensor([-0.2000,  1.0000])
    """
    if lower > upper:
        raise ValueError(f"lower bound should be less than or equal to upper, got {lower}, {upper}")
    if training:
        result = input * _slopes(input, lower, upper)
    else:
        result = where(input > 0, input, input * ((lower + upper) / 2))
    return write(input, result, "rrelu_()") if inplace else result


def _slopes(input: Tensor, lower: float, upper: float) -> Tensor:
    """One where `input` is positive; elsewhere drawn, in float64, in the order of the elements."""
    slopes = ones_like(input, requires_grad=False)
    drawn = (input <= 0).detach()
    count = int(drawn.sum())
    values = empty(count, dtype=float64).uniform_(lower, upper)
    slopes[drawn] = values.to(device=input.device, dtype=input.dtype)
    return slopes


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """In-place version of `rrelu`.

    Examples
    --------
    >>> rg.nn.functional.rrelu_(rg.tensor([-1.0, 1.0]), 0.1, 0.3)
    tensor([-0.2000,  1.0000])
    """
    return rrelu(input, lower, upper, training, inplace=True)
