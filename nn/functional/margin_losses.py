"""Losses with a margin: hinges, rankings, triplets."""

from __future__ import annotations

import math
from collections.abc import Callable

from retrograd.autograd_core.ops.activations import relu
from retrograd.autograd_core.ops.arithmetic import pow
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.elementwise import abs, sqrt, square
from retrograd.autograd_core.ops.rounding import clamp
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.functional.class_losses import check_classes, check_numbers
from retrograd.nn.functional.reductions import check_shapes, legacy_reduction, reduced

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


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
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


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
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


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
    check_classes("multi_margin_loss", input, target, weight)
    if target.is_cpu:
        check_numbers("multi_margin_loss", target._data, input.shape[-1])
    rows = input.unsqueeze(0) if input.ndim == 1 else input
    column = target.reshape(-1, 1)
    gaps = relu(margin - rows.gather(1, column) + rows)
    if p == 2:
        gaps = square(gaps)
    if weight is not None:
        gaps = gaps * weight[column]
    losses = gaps.scatter(1, column, 0.0).sum(1) / rows.shape[1]
    if input.ndim == 1:
        losses = losses.squeeze(0)
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


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
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


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
    if target.ndim > 1:
        raise RuntimeError(
            "cosine_embedding_loss(): 0D or 1D target tensor expected, multi-target not supported, "
            f"got a target of shape {list(target.shape)}"
        )
    if {input1.ndim, input2.ndim} != {target.ndim + 1}:
        raise RuntimeError(
            f"cosine_embedding_loss(): {target.ndim}D target tensor expects {target.ndim + 1}D "
            f"input tensors, but found inputs with sizes {list(input1.shape)} and "
            f"{list(input2.shape)}."
        )
    eps = 1e-12
    dots = (input1 * input2).sum(-1)
    lengths = (square(input1).sum(-1) + eps) * (square(input2).sum(-1) + eps)
    cosine = dots / sqrt(lengths)
    losses = where(target == 1, 1 - cosine, 0.0) + where(
        target == -1, clamp(cosine - margin, min=0), 0.0
    )
    return reduced(losses, legacy_reduction(reduction, size_average, reduce))


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
        Use the distance of negative and positive where that is smaller (Balntas et al. 2016).

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

    reduction = legacy_reduction(reduction, size_average, reduce)
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
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got shapes {list(anchor.shape)}, {list(positive.shape)} and "
            f"{list(negative.shape)}"
        )
    near, far = distance_function(anchor, positive), distance_function(anchor, negative)
    if swap:
        other = distance_function(positive, negative)
        far = where(far < other, far, other)
    return reduced(clamp(near - far + margin, min=0), reduction)
