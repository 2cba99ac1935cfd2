"""What all losses share: reductions, PyTorch's older arguments for them, and shapes."""

from __future__ import annotations

from retrograd.autograd_core.ops.shape import broadcast_shapes
from retrograd.autograd_core.tensor import Tensor

__all__: list[str] = []


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction that PyTorch's older arguments mean, where they are given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses themselves, their mean or their sum."""
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
            f"broadcast against each other they would give {list(together) or 'nothing'}, larger "
            "than both. Make them equal: add the missing dimension with target.unsqueeze(-1), or "
            "drop it with input.squeeze(-1)"
        )
