"""Losses between numbers, and of probabilities or logits of two classes."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.ops import binary_cross_entropy as two_classes
from retrograd.autograd_core.ops.activations import logsigmoid
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.elementwise import abs, exp, log, square
from retrograd.autograd_core.ops.residuals import huber, mean_squared_error
from retrograd.autograd_core.ops.rounding import clamp
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.host_calls import host_check
from retrograd.nn.functional.reductions import (
    check_equal_shapes,
    check_shapes,
    legacy_reduction,
    reduced,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multilabel_soft_margin_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``(input - target)^2``.

    Raises
    ------
    ValueError
        If broadcasting would make the loss larger than both inputs, as (N,) against (N, 1).

    Examples
    --------
    >>> rg.nn.functional.mse_loss(rg.tensor([1.0, 2.0]), rg.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_shapes("mse_loss", input, target)
    reduction = legacy_reduction(reduction, size_average, reduce)
    if reduction == "mean" and weight is None and _are_alike(input._data, target._data):
        return mean_squared_error(input, target)
    return _weighted(square(input - target), weight, reduction)


def _are_alike(input: Any, target: Any) -> bool:
    """Whether two arrays have one shape and one type, with fractions."""
    kind = input.dtype
    return input.shape == target.shape and kind is target.dtype and kind.kind == "f"


def _weighted(losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """The losses times weights; their mean is over the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else reduced(losses, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``|input - target|``.

    Examples
    --------
    >>> rg.nn.functional.l1_loss(rg.tensor([1.0, 2.0]), rg.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check_shapes("l1_loss", input, target)
    return _weighted(abs(input - target), weight, legacy_reduction(reduction, size_average, reduce))


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``(input - target)^2 / (2 beta)`` within `beta`, ``|input - target| - beta / 2`` beyond.

    Examples
    --------
    >>> rg.nn.functional.smooth_l1_loss(rg.tensor([1.0]), rg.tensor([4.0]))
    tensor(2.5000)
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    reduction = legacy_reduction(reduction, size_average, reduce)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    check_shapes("smooth_l1_loss", input, target)
    return reduced(huber(input, target, delta=float(beta), scale=1.0 / beta), reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """``(input - target)^2 / 2`` within `delta`, ``delta (|input - target| - delta / 2)`` beyond.

    Huber 1964.

    Examples
    --------
    >>> rg.nn.functional.huber_loss(rg.tensor([1.0]), rg.tensor([4.0]))
    tensor(2.5000)
    """
    if delta <= 0:
        raise RuntimeError(
            f"huber_loss does not support non-positive values for delta, got {delta}"
        )
    check_shapes("huber_loss", input, target)
    losses = huber(input, target, delta=float(delta), scale=1.0)
    return _weighted(losses, weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``target * (log(target) - input)``, for log-probabilities `input` (Kullback & Leibler 1951).

    Parameters
    ----------
    reduction : str
        "batchmean" is the divergence itself: the sum over the batch size.
    log_target : bool
        Whether `target` is log-probabilities too.

    Examples
    --------
    >>> rg.nn.functional.kl_div(rg.zeros(1, 2), rg.ones(1, 2), reduction="batchmean")
    tensor(0.)
    """
    check_shapes("kl_div", input, target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        positive = target > 0
        safe = where(positive, target, 1.0)
        losses = where(positive, target * log(safe), 0.0) - target * input
    reduction = legacy_reduction(reduction, size_average, reduce)
    if reduction == "batchmean":
        return losses.sum() / (input.shape[0] if input.ndim else 1)
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``exp(input) - target * input``: the negative log-likelihood of counts.

    Parameters
    ----------
    log_input : bool
        Whether `input` is the logarithm of the rate.
    full : bool
        Add Stirling's approximation of ``log(target!)`` where target > 1.
    eps : float
        Keeps the logarithm of a rate finite.

    Examples
    --------
    >>> rg.nn.functional.poisson_nll_loss(rg.zeros(1), rg.ones(1))
    tensor(1.)
    """
    check_shapes("poisson_nll_loss", input, target)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        safe = where(target > 1, target, 1.0)
        stirling = target * log(safe) - target + 0.5 * log(2 * math.pi * safe)
        losses = losses + where(target > 1, stirling, 0.0)
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """``(log(var) + (input - target)^2 / var) / 2``: the negative log-likelihood of a normal.

    Parameters
    ----------
    var : Tensor or float
        Variances, of the shape of `input`, or with 1 or nothing in the last dimension.
    full : bool
        Add the constant ``log(2 pi) / 2``.
    eps : float
        The least variance.

    Examples
    --------
    >>> rg.nn.functional.gaussian_nll_loss(rg.zeros(1), rg.ones(1), rg.ones(1))
    tensor(0.5000)
    """
    check_shapes("gaussian_nll_loss", input, target)
    spread = var if isinstance(var, Tensor) else input.new_full(input.shape, float(var))
    if spread.shape != input.shape and tuple(spread.shape) == tuple(input.shape[:-1]):
        spread = spread.unsqueeze(-1)
    _check_not_negative(spread._data)
    # The floor has no part in the gradient.
    spread = spread + (clamp(spread, min=eps) - spread).detach()
    losses = 0.5 * (log(spread) + square(input - target) / spread)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


@host_check
def _check_not_negative(var: Any) -> None:
    if bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")


# --- of two classes -------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-(target log(input) + (1 - target) log(1 - input))``; logarithms are at least -100.

    Examples
    --------
    >>> rg.nn.functional.binary_cross_entropy(rg.tensor([0.5]), rg.tensor([1.0]))
    tensor(0.6931)
    """
    check_equal_shapes("binary_cross_entropy", input, target)
    if target.dtype != input.dtype:
        raise RuntimeError(
            f"binary_cross_entropy(): Found dtype {target.dtype} but expected {input.dtype}: "
            "convert the target with target.to(input.dtype)"
        )
    if input.is_cpu and input.numel():
        _check_probabilities(input._data)
    losses = two_classes.of_probabilities(input, target)
    if weight is not None:
        losses = losses * weight
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


@host_check
def _check_probabilities(input: Any) -> None:
    if not (input.min() >= 0 and input.max() <= 1):  # NaN neither
        raise RuntimeError(
            "binary_cross_entropy(): all elements of input should be between 0 and 1; for logits "
            "use binary_cross_entropy_with_logits"
        )


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)``, computed without overflow.

    Parameters
    ----------
    pos_weight : Tensor, optional
        A factor of the term with the target.

    Examples
    --------
    >>> rg.nn.functional.binary_cross_entropy_with_logits(rg.zeros(1), rg.ones(1))
    tensor(0.6931)
    """
    check_equal_shapes("binary_cross_entropy_with_logits", input, target)
    if pos_weight is not None:
        factor = (pos_weight - 1) * target + 1
        losses = (1 - target) * input - factor * logsigmoid(input)
    elif _are_alike(input._data, target._data):
        losses = two_classes.of_logits(input, target)
    else:
        losses = (1 - target) * input - logsigmoid(input)
    if weight is not None:
        losses = losses * weight
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))``, targets being 1 or -1.

    Examples
    --------
    >>> rg.nn.functional.soft_margin_loss(rg.zeros(1), rg.ones(1))
    tensor(0.6931)
    """
    check_shapes("soft_margin_loss", input, target)
    losses = -logsigmoid(target * input)
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The binary cross-entropy of logits (..., C), averaged over the classes.

    Examples
    --------
    >>> rg.nn.functional.multilabel_soft_margin_loss(rg.zeros(1, 2), rg.ones(1, 2))
    tensor(0.6931)
    """
    check_shapes("multilabel_soft_margin_loss", input, target)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.mean(-1), legacy_reduction(reduction, size_average, reduce))
