"""Losses: how far an output is from its target, with every reduction."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from retrograd.autograd_core.ops.arithmetic import pow
from retrograd.autograd_core.ops.activations import logsigmoid, relu
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.cross_entropy import class_likelihood
from retrograd.autograd_core.ops.cross_entropy import cross_entropy as class_cross_entropy
from retrograd.autograd_core.ops import abs, exp, log, sqrt, square
from retrograd.autograd_core.ops.rounding import clamp
from retrograd.autograd_core.ops.shape import broadcast_shapes
from retrograd.autograd_core.ops.softmax import log_softmax
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cross_entropy", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss",
    "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "poisson_nll_loss", "smooth_l1_loss",
    "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def _reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction that PyTorch's older arguments mean, where they are given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction!r} is not a valid value for reduction: none, mean or sum")


def check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    """ValueError where broadcasting would make the loss larger than both `input` and `target`."""
    shapes = (tuple(input.shape), tuple(target.shape))
    if shapes[0] == shapes[1]:
        return
    try:
        together = tuple(broadcast_shapes(*shapes))
    except (RuntimeError, ValueError):
        together = ()
    if together not in shapes:
        raise ValueError(
            f"{name}(): input has shape {list(shapes[0])} and target has shape {list(shapes[1])}; "
            f"broadcast against each other they would give {list(together) or 'nothing'}, larger than "
            "both. Make them equal: add the missing dimension with target.unsqueeze(-1), or drop it "
            "with input.squeeze(-1)"
        )


# --- between numbers --------------------------------------------------------------------------------


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
    losses = square(input - target)
    return _weighted(losses, weight, _reduction(reduction, size_average, reduce))


def _weighted(losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """The losses times weights; their mean is over the sum of the weights."""
    if weight is None:
        return _reduced(losses, reduction)
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else _reduced(losses, reduction)


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
    return _weighted(abs(input - target), weight, _reduction(reduction, size_average, reduce))


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
    reduction = _reduction(reduction, size_average, reduce)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    check_shapes("smooth_l1_loss", input, target)
    distance = input - target
    far = abs(distance)
    near = square(distance) * (0.5 / beta)
    return _reduced(where(far < beta, near, far - 0.5 * beta), reduction)


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
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}")
    check_shapes("huber_loss", input, target)
    distance = input - target
    far = abs(distance)
    near = square(distance) * 0.5
    return _weighted(where(far <= delta, near, (far - 0.5 * delta) * delta), weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``target * (log(target) - input)``, `input` being log-probabilities (Kullback & Leibler 1951).

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
    reduction = _reduction(reduction, size_average, reduce)
    if reduction == "batchmean":
        return losses.sum() / (input.shape[0] if input.ndim else 1)
    return _reduced(losses, reduction)


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
    return _reduced(losses, _reduction(reduction, size_average, reduce))


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
    if not isinstance(var, Tensor):
        var = input.new_full(tuple(input.shape), float(var))
    if var.shape != input.shape and tuple(var.shape) == tuple(input.shape[:-1]):
        var = var.unsqueeze(-1)
    if bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    # The floor has no part in the gradient.
    var = var + (clamp(var, min=eps) - var).detach()
    losses = 0.5 * (log(var) + square(input - target) / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduced(losses, reduction)


# --- between classes and logits ---------------------------------------------------------------------


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
    reduction = _reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target.dtype.is_floating_point:
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
    reduction = _reduction(reduction, size_average, reduce)
    return _of_classes(
        "nll_loss", class_likelihood, input, target, weight, ignore_index, reduction
    )


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
    _check_classes(name, input, target, weight, ignore_index)
    if input.ndim == 1:
        losses = function(
            input.unsqueeze(0),
            target.reshape(1),
            weight,
            ignore_index=ignore_index,
            reduction=reduction,
        )
        return losses.squeeze(0) if reduction == "none" else losses
    rows, shape = input, target.shape
    if input.ndim > 2:
        rows = input.movedim(1, -1).reshape(-1, input.shape[1])
    losses = function(
        rows, target.reshape(-1), weight, ignore_index=ignore_index, reduction=reduction
    )
    return losses.reshape(shape) if reduction == "none" else losses


def _check_classes(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int
) -> None:
    """Errors for shapes that do not fit, and for classes that do not exist."""
    if input.ndim == 0:
        raise ValueError(f"{name}(): expected input of at least one dimension, got a 0-d tensor")
    classes = input.shape[0 if input.ndim == 1 else 1]
    expected = () if input.ndim == 1 else (input.shape[0], *input.shape[2:])
    if tuple(target.shape) != tuple(expected):
        raise ValueError(
            f"{name}(): expected target of shape {list(expected)} for input of shape "
            f"{list(input.shape)}, got {list(target.shape)}; classes are integers, one a sample"
        )
    if target.dtype.is_floating_point:
        raise RuntimeError(f"{name}(): expected classes of an integer type, got {target.dtype}")
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"{name}(): weight tensor should be defined either for all {classes} classes or no "
            f"classes but got weight tensor of shape: {list(weight.shape)}"
        )
    if not target.is_cpu:
        return
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if bool(wrong.any()):
        raise IndexError(
            f"{name}(): Target {int(target[wrong].reshape(-1)[0])} is out of bounds: the input of "
            f"shape {list(input.shape)} has classes 0 to {classes - 1}"
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
    return _reduced(losses, reduction)


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
        even = _reduced(even, reduction)
    return (1 - smoothing) * hard + smoothing / classes * even


# --- between probabilities and logits of one class --------------------------------------------------


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
    if input.shape != target.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if input.is_cpu and bool(((input < 0) | (input > 1)).any()):
        raise RuntimeError(
            "binary_cross_entropy(): all elements of input should be between 0 and 1; for logits use "
            "binary_cross_entropy_with_logits"
        )
    losses = -(target * clamp(log(input), min=-100) + (1 - target) * clamp(log(1 - input), min=-100))
    if weight is not None:
        losses = losses * weight
    return _reduced(losses, _reduction(reduction, size_average, reduce))


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
    if input.shape != target.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    log_likely = logsigmoid(input)
    if pos_weight is None:
        losses = (1 - target) * input - log_likely
    else:
        factor = (pos_weight - 1) * target + 1
        losses = (1 - target) * input - factor * log_likely
    if weight is not None:
        losses = losses * weight
    return _reduced(losses, _reduction(reduction, size_average, reduce))


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
    return _reduced(losses, _reduction(reduction, size_average, reduce))


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
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return _reduced(losses.mean(-1), _reduction(reduction, size_average, reduce))


# --- margins ----------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`input` where the target is 1, ``max(0, margin - input)`` where it is -1.

    Examples
    --------
    >>> rg.nn.functional.hinge_embedding_loss(rg.tensor([0.2]), rg.tensor([-1.0]))
    tensor(0.8000)
    """
    check_shapes("hinge_embedding_loss", input, target)
    losses = where(target != 1, relu(margin - input), 0.0) + where(target != -1, input, 0.0)
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``.

    Examples
    --------
    >>> rg.nn.functional.margin_ranking_loss(rg.zeros(1), rg.ones(1), rg.ones(1))
    tensor(1.)
    """
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape}"
        )
    losses = clamp(-target * (input1 - input2) + margin, min=0)
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum_{j != y} max(0, margin - x_y + x_j)^p / C`` (Weston & Watkins 1999).

    Parameters
    ----------
    input : Tensor
        (N, C) or (C,).
    target : Tensor
        Classes, (N,) or ().

    Examples
    --------
    >>> rg.nn.functional.multi_margin_loss(rg.tensor([[0.0, 1.0]]), rg.tensor([1]))
    tensor(0.)
    """
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, got {p}")
    _check_classes("multi_margin_loss", input, target, weight, -(2**62))
    rows = input.unsqueeze(0) if input.ndim == 1 else input
    column = target.reshape(-1, 1)
    gaps = clamp(margin - rows.gather(1, column) + rows, min=0)
    if p == 2:
        gaps = square(gaps)
    if weight is not None:
        gaps = gaps * weight[column]
    losses = gaps.scatter(1, column, 0.0).sum(1) / rows.shape[1]
    if input.ndim == 1:
        losses = losses.squeeze(0)
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum max(0, 1 - x_i + x_j) / C`` over the right classes i and the wrong ones j.

    Parameters
    ----------
    target : Tensor
        Right classes in the shape of `input`, ended by the first -1.

    Examples
    --------
    >>> x, y = rg.tensor([[0.0, 1.0]]), rg.tensor([[1, -1]])
    >>> rg.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.)
    """
    if input.shape != target.shape:
        raise RuntimeError(
            f"multilabel_margin_loss(): inconsistent target size {list(target.shape)} for input of "
            f"size {list(input.shape)}"
        )
    rows, classes = (input, target) if input.ndim == 2 else (input[None], target[None])
    valid = (classes < 0).cumsum(1) == 0
    named = where(valid, classes, 0)
    right = (rows.detach() * 0).scatter_add(1, named, valid.to(rows.dtype)) > 0
    gaps = relu(1 - rows.gather(1, named).unsqueeze(2) + rows.unsqueeze(1))
    counted = valid.unsqueeze(2) & right.logical_not().unsqueeze(1)
    losses = (gaps * counted).sum((1, 2)) / rows.shape[1]
    if input.ndim == 1:
        losses = losses.squeeze(0)
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos(x1, x2)`` where the target is 1, ``max(0, cos(x1, x2) - margin)`` where -1.

    Examples
    --------
    >>> x = rg.ones(1, 2)
    >>> rg.nn.functional.cosine_embedding_loss(x, x, -rg.ones(1))
    tensor(1.)
    """
    eps = 1e-12
    dots = (input1 * input2).sum(-1)
    lengths = (square(input1).sum(-1) + eps) * (square(input2).sum(-1) + eps)
    cosine = dots / sqrt(lengths)
    losses = where(target == 1, 1 - cosine, 0.0) + where(
        target == -1, clamp(cosine - margin, min=0), 0.0
    )
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with the p-norm as d.

    Parameters
    ----------
    swap : bool
        Use the distance of the negative to the positive where that is smaller (Balntas et al. 2016).

    Examples
    --------
    >>> a, n = rg.zeros(1, 2), rg.ones(1, 2)
    >>> rg.nn.functional.triplet_margin_loss(a, a, n)
    tensor(0.)
    """

    def distance(a: Tensor, b: Tensor) -> Tensor:
        apart = abs(a - b + eps)
        if p == math.inf:
            return apart.amax(-1)
        return pow(pow(apart, p).sum(-1), 1 / p)

    reduction = _reduction(reduction, size_average, reduce)
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=distance,
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of one's own; the Euclidean one by default.

    Examples
    --------
    >>> a, n = rg.zeros(1, 2), rg.ones(1, 2)
    >>> rg.nn.functional.triplet_margin_with_distance_loss(a, a, n)
    tensor(0.)
    """
    if distance_function is None:
        return triplet_margin_loss(
            anchor, positive, negative, margin=margin, swap=swap, reduction=reduction
        )
    near, far = distance_function(anchor, positive), distance_function(anchor, negative)
    if swap:
        other = distance_function(positive, negative)
        far = where(far < other, far, other)
    return _reduced(clamp(near - far + margin, min=0), reduction)


