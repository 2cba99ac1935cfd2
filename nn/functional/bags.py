"""Embeddings in bags: the sum, mean or maximum of rows of a table."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.creation import arange
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.functional.sparse import embedding, scaled_by_frequency

__all__ = ["embedding_bag"]


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight` in each bag; of an empty bag 0.

    Parameters
    ----------
    input : Tensor
        Integers: bags (B, M), or all bags one after the other.
    weight : Tensor
        (V, D).
    offsets : Tensor, optional
        Where each bag begins in an input of one dimension; with `include_last_offset` also where
        the last one ends.
    max_norm : float, optional
        Rows that are used are first scaled down to this norm, in place.
    mode : str
        "sum", "mean" or "max".
    per_sample_weights : Tensor, optional
        In the shape of `input`: a factor for each row, for mode "sum".
    padding_idx : int, optional
        A row that does not count.

    Returns
    -------
    Tensor
        (B, D).

    Examples
    --------
    >>> table = rg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> rg.nn.functional.embedding_bag(rg.tensor([0, 1, 1]), table, rg.tensor([0, 2]))
    tensor([[2., 3.],
            [3., 4.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, got {mode!r}")
    if per_sample_weights is not None:
        _check_weights(per_sample_weights, input, mode)
    inside: Any = None
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError("if input is 2D, then offsets has to be None, as it holds the bags")
        bags = input
    elif input.ndim == 1:
        place, inside = _places(input, offsets, include_last_offset)
        bags = input[place] if input.numel() else place
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[place] if input.numel() else None
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}"
        )
    if padding_idx is not None:
        counted = bags != padding_idx % weight.shape[0]
        inside = counted if inside is None else inside & counted
    rows = embedding(bags, weight, padding_idx, max_norm, norm_type)
    if scale_grad_by_freq:
        rows = scaled_by_frequency(rows, bags, input, weight)
    return _reduced(rows, inside, mode, per_sample_weights)


def _check_weights(weights: Tensor, input: Tensor, mode: str) -> None:
    if mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}')"
        )
    if weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(weights.shape)}) is not None, then it "
            f"must have the same shape as the input ({list(input.shape)})"
        )


def _places(input: Tensor, offsets: Tensor | None, last: bool) -> tuple[Tensor, Tensor]:
    """Where the elements of each bag are in the input, (B, M), and which of these are real."""
    if offsets is None or offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor for an input of one dimension")
    if offsets.numel() and int(offsets[0]) != 0:
        raise ValueError(f"offsets[0] has to be 0, i.e., the first sequence, got {int(offsets[0])}")
    if offsets.numel() and int(offsets[-1]) > input.numel():
        raise ValueError(
            f"offsets[-1] can not be greater than input's length ({input.numel()}), got "
            f"offsets[-1] of {int(offsets[-1])}"
        )
    starts = offsets[:-1] if last else offsets
    ends = offsets.new_full((starts.numel(),), input.numel())
    ends[: offsets.numel() - 1] = offsets[1:]
    lengths = ends - starts
    longest = int(lengths.max()) if lengths.numel() else 0
    steps = arange(longest, device=input.device)
    place = (starts.reshape(-1, 1) + steps).clamp(max=max(input.numel() - 1, 0))
    return place, steps < lengths.reshape(-1, 1)


def _reduced(rows: Tensor, inside: Any, mode: str, weights: Tensor | None) -> Tensor:
    """Rows (B, M, D) as (B, D)."""
    if mode == "max":
        if not rows.shape[1]:
            return rows.sum(1)
        if inside is None:
            return rows.max(1).values
        largest = where(inside.unsqueeze(-1), rows, -math.inf).max(1).values
        return where(inside.any(1, keepdim=True), largest, 0.0)
    if weights is not None:
        rows = rows * weights.unsqueeze(-1)
    if inside is None:
        return rows.sum(1) if mode == "sum" else rows.sum(1) / max(rows.shape[1], 1)
    total = where(inside.unsqueeze(-1), rows, 0.0).sum(1)
    return total if mode == "sum" else total / inside.sum(1, keepdim=True).clamp(min=1)
