"""Connectionist temporal classification: a loss of sequences that are not aligned."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import arange, as_tensor
from retrograd.autograd_core.ops.binary import logaddexp
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.gathering import gather
from retrograd.autograd_core.ops.padding import pad_by_value
from retrograd.autograd_core.tensor import Tensor

__all__ = ["ctc_loss"]

# Stands for log(0): the difference of two of them is 0, not NaN.
_NEVER = -1e30


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log-probability of the targets over all alignments (Graves et al., 2006).

    Parameters
    ----------
    log_probs : Tensor
        (T, N, C) or (T, C): log-probabilities of the classes at each time, as of `log_softmax`.
    targets : Tensor
        (N, S), or all targets one after the other: classes without blanks.
    input_lengths, target_lengths : Tensor or sequence of int
        (N,): how much of each sequence counts.
    blank : int
        The class that stands for no label.
    reduction : str
        "none", "sum", or "mean": of the losses over their target lengths.
    zero_infinity : bool
        Count targets that are too long for their input as 0 instead of infinity.

    Notes
    -----
    The gradient is that of this function of `log_probs`. PyTorch returns one that agrees with it
    behind `log_softmax` only.

    Examples
    --------
    >>> log_probs = rg.zeros(2, 1, 2).log_softmax(-1)
    >>> rg.nn.functional.ctc_loss(log_probs, rg.tensor([[1]]), [2], [1])
    tensor(0.2877)
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction!r} is not a valid value for reduction: none, mean or sum")
    batched = log_probs.ndim == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
    times, samples, classes = log_probs.shape
    where_from = log_probs.device
    inputs = as_tensor(input_lengths, device=where_from).reshape(-1)
    lengths = as_tensor(target_lengths, device=where_from).reshape(-1)
    _check(inputs, lengths, times, samples, classes, blank)
    losses = _losses(log_probs, _table(targets, lengths, samples, blank), inputs, lengths, blank)
    impossible = losses.detach() > -0.5 * _NEVER
    losses = where(impossible, 0.0 if zero_infinity else float("inf"), losses)
    if reduction == "mean":
        return (losses / lengths.clamp(min=1)).mean()
    if reduction == "sum":
        return losses.sum()
    return losses if batched else losses.squeeze(0)


def _check(
    inputs: Tensor, lengths: Tensor, times: int, samples: int, classes: int, blank: int
) -> None:
    if not 0 <= blank < classes:
        raise RuntimeError(f"ctc_loss(): blank must be in label range 0 to {classes - 1}")
    for name, found in (("input_lengths", inputs), ("target_lengths", lengths)):
        if found.numel() != samples:
            raise RuntimeError(
                f"ctc_loss(): {name} must be of size batch_size: expected {samples} entries, got "
                f"{found.numel()}"
            )
    if int(inputs.max()) > times or int(inputs.min()) < 0:
        raise RuntimeError(
            f"ctc_loss(): Expected input_lengths to have values from 0 to {times} (the length of "
            f"log_probs), but got {inputs.tolist()}"
        )


def _table(targets: Tensor, lengths: Tensor, samples: int, blank: int) -> Tensor:
    """The targets as (N, S), blanks behind their ends."""
    longest = max(int(lengths.max()), 0)
    places = arange(longest, device=targets.device)
    inside = places < lengths.reshape(-1, 1)
    if targets.ndim == 1:
        total = int(lengths.sum())
        if targets.numel() != total:
            raise RuntimeError(
                f"ctc_loss(): Expected targets to have as many entries as target_lengths sum to, "
                f"{total}, got {targets.numel()}"
            )
        starts = (lengths.cumsum(0) - lengths).reshape(-1, 1)
        table = targets[(starts + places).clamp(max=max(total - 1, 0))] if total else None
    else:
        if targets.shape[0] != samples or targets.shape[1] < longest:
            raise RuntimeError(
                f"ctc_loss(): Expected targets (N, S) with N={samples} and S at least {longest}, "
                f"got shape {list(targets.shape)}"
            )
        table = targets[:, :longest]
    if table is None:
        return lengths.new_zeros(samples, 0)
    return where(inside, table.long(), blank)


def _losses(
    log_probs: Tensor, table: Tensor, inputs: Tensor, lengths: Tensor, blank: int
) -> Tensor:
    """The forward algorithm over blank, label, blank, label, ..., blank; all sequences at once."""
    times, samples, _ = log_probs.shape
    states = table.new_full((samples, 2 * table.shape[1] + 1), blank)
    states[:, 1::2] = table
    seen = gather(log_probs, 2, states.unsqueeze(0).expand(times, -1, -1))
    # A label may follow another directly if the two differ.
    before_last = pad_by_value(states, pads=((2, -2),), value=blank)
    skips = (states != blank) & (states != before_last)
    number = arange(states.shape[1], device=log_probs.device)
    total = where(number == 0, 0.0, log_probs.new_full(states.shape, _NEVER))
    for time in range(times):
        entered = logaddexp(total, _shifted(total, 1))
        entered = logaddexp(entered, where(skips, _shifted(total, 2), _NEVER))
        total = where((inputs > time).reshape(-1, 1), entered + seen[time], total)
    ends = 2 * lengths.reshape(-1, 1)
    last = gather(total, 1, ends)
    before = where(ends > 0, gather(total, 1, (ends - 1).clamp(min=0)), _NEVER)
    return -logaddexp(last, before).squeeze(1)


def _shifted(total: Tensor, steps: int) -> Tensor:
    """The states moved on by `steps`."""
    return pad_by_value(total, pads=((steps, -steps),), value=_NEVER)
