"""Losses of logits or log-probabilities and classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.cross_entropy import class_likelihood
from retrograd.autograd_core.ops.cross_entropy import cross_entropy as class_cross_entropy
from retrograd.autograd_core.ops.softmax import log_softmax
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.host_calls import host_check
from retrograd.nn.functional.reductions import legacy_reduction, reduced

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross-entropy of logits and classes: ``-log_softmax(input)[target]``.

    Parameters
    ----------
    input : Tensor
        Logits (C,), (N, C) or (N, C, d1, ...).
    target : Tensor
        Classes, int64 (), (N,) or (N, d1, ...), or probabilities in the shape of `input`.
    weight : Tensor, optional
        (C,): a factor for each class; the mean is over the sum of the targets' factors.
    ignore_index : int
        A class that does not count.
    reduction : str
        "none", "mean" or "sum".
    label_smoothing : float
        How much of each target is spread evenly over all classes (Szegedy et al. 2016).

    Examples
    --------
    >>> rg.nn.functional.cross_entropy(rg.zeros(1, 2), rg.tensor([1]))
    tensor(0.6931)
    """
    reduction = legacy_reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target._data.dtype.kind == "f":
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if label_smoothing == 0.0:
        return _of_classes(
            "cross_entropy", class_cross_entropy, input, target, weight, ignore_index, reduction
        )
    return _smoothed(input, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-input[target]`` of log-probabilities; parameters as in `cross_entropy`.

    Examples
    --------
    >>> rg.nn.functional.nll_loss(rg.tensor([[-1.0, -2.0]]), rg.tensor([1]))
    tensor(2.)
    """
    reduction = legacy_reduction(reduction, size_average, reduce)
    return _of_classes("nll_loss", class_likelihood, input, target, weight, ignore_index, reduction)


def _of_classes(
    name: str,
    function: Callable[..., Tensor],
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
) -> Tensor:
    """A loss of (M, C) against (M,) for all shapes that PyTorch takes."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction!r} is not a valid value for reduction: none, mean or sum")
    check_classes(name, input, target, weight)
    ndim = input._data.ndim
    shape, rows = target._data.shape, input
    if ndim == 1:
        rows = input.unsqueeze(0)
    elif ndim > 2:
        rows = input.movedim(1, -1).reshape(-1, input._data.shape[1])
    if ndim != 2:
        target = target.reshape(-1)
    losses = function(rows, target, weight, ignore_index=ignore_index, reduction=reduction)
    return losses.reshape(shape) if reduction == "none" and ndim != 2 else losses


def check_classes(name: str, input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Errors for shapes and types that do not fit."""
    shape = input._data.shape
    if not shape:
        raise ValueError(f"{name}(): expected input of at least one dimension, got a 0-d tensor")
    expected = () if len(shape) == 1 else shape[:1] + shape[2:]
    if target._data.shape != expected:
        raise ValueError(
            f"{name}(): expected target of shape {list(expected)} for input of shape "
            f"{list(shape)}, got {list(target.shape)}; classes are integers, one a sample"
        )
    if target._data.dtype.kind == "f":
        raise RuntimeError(f"{name}(): expected classes of an integer type, got {target.dtype}")
    if weight is not None and weight._data.shape != (shape[1:2] or shape):
        classes = shape[1:2] or shape
        raise RuntimeError(
            f"{name}(): weight tensor should be defined either for all {classes[0]} classes or no "
            f"classes but got weight tensor of shape: {list(weight.shape)}"
        )


@host_check
def check_numbers(name: str, target: Any, classes: int) -> None:
    """IndexError for numbers of classes that do not exist."""
    wrong = (target < 0) | (target >= classes)
    if bool(wrong.any()):
        raise IndexError(
            f"{name}(): Target {int(target[wrong].reshape(-1)[0])} is out of bounds: the input has "
            f"classes 0 to {classes - 1}"
        )


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    """The cross-entropy with probabilities of the classes as targets."""
    if target.shape != input.shape:
        raise RuntimeError(
            f"cross_entropy(): probabilities as target must have the shape of the input, "
            f"{list(input.shape)}, got {list(target.shape)}"
        )
    dim = 0 if input.ndim == 1 else 1
    if smoothing:
        target = target * (1 - smoothing) + smoothing / input.shape[dim]
    log_probs = log_softmax(input, dim)
    if weight is not None:
        log_probs = log_probs * weight.reshape([-1 if k == dim else 1 for k in range(input.ndim)])
    losses = -(log_probs * target).sum(dim)
    if reduction == "mean":
        return losses.sum() / max(1, losses.numel())
    return reduced(losses, reduction)


def _smoothed(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    """The cross-entropy with part of each target spread over all classes."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    log_probs = log_softmax(input, dim)
    hard = nll_loss(log_probs, target, weight, ignore_index=ignore_index, reduction=reduction)
    kept = target != ignore_index
    shape = [-1 if k == dim else 1 for k in range(input.ndim)]
    scaled = log_probs if weight is None else log_probs * weight.reshape(shape)
    even = where(kept, -scaled.sum(dim), 0.0)
    if reduction == "mean":
        if weight is None:
            even = even.sum() / kept.sum()
        else:
            even = even.sum() / (weight[where(kept, target, 0)] * kept).sum()
    else:
        even = reduced(even, reduction)
    return (1 - smoothing) * hard + smoothing / classes * even
