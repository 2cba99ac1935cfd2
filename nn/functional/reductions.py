"""What all losses share: reductions, PyTorch's older arguments for them, and shapes."""

from __future__ import annotations

from retrograd.autograd_core.ops.reduction import mean_, sum_, want_float
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
        want_float("mean", losses)
        return mean_(losses, dim=tuple(range(losses._data.ndim)))
    if reduction == "sum":
        return sum_(losses, dim=tuple(range(losses._data.ndim)))
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction!r} is not a valid value for reduction: none, mean or sum")


def check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    """ValueError where broadcasting would make the loss larger than both `input` and `target`."""
    shapes = (input._data.shape, target._data.shape)
    if shapes[0] == shapes[1]:
        return
    try:
        together = tuple(broadcast_shapes(*shapes))
    except (RuntimeError, ValueError):
        raise ValueError(_what_came(name, *shapes) + "they do not broadcast") from None
    if together not in shapes:
        raise ValueError(
            _what_came(name, *shapes) + "broadcast against each other they would give "
            f"{list(together)}, larger than both. {_usual_fixes(*shapes)}"
        )


def check_equal_shapes(name: str, input: Tensor, target: Tensor) -> None:
    """ValueError unless `input` and `target` have the same shape."""
    shapes = (input._data.shape, target._data.shape)
    if shapes[0] != shapes[1]:
        raise ValueError(
            _what_came(name, *shapes) + "target size and input size must be the same. "
            f"{_usual_fixes(*shapes)}"
        )


def _what_came(name: str, input: tuple[int, ...], target: tuple[int, ...]) -> str:
    return f"{name}(): input has shape {list(input)} and target has shape {list(target)}; "


def _usual_fixes(input: tuple[int, ...], target: tuple[int, ...]) -> str:
    short, long = ("input", "target") if len(input) < len(target) else ("target", "input")
    return (
        f"Make them equal: add the missing dimension with {short}.unsqueeze(-1), or drop it with "
        f"{long}.squeeze(-1)"
    )
