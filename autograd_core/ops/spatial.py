"""Arguments of spatial layers: one int for all dimensions or one each, a batch or none."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.ops.shape import reshape_to

Sizes = int | tuple[int, ...]


def hashable(value: Any) -> Any:
    """A setting such as `sizes` takes, with which a result can be found again."""
    if value is None or isinstance(value, (int, str)):
        return value
    return tuple([int(v) for v in value])


def sizes(n: int, value: Any, what: str, name: str) -> tuple[int, ...]:
    """One int for each of `n` dimensions from an int or a sequence of 1 or `n` ints."""
    found = (value,) * n if isinstance(value, int) else tuple([int(v) for v in value])
    if len(found) == 1:
        found *= n
    if len(found) != n:
        raise RuntimeError(
            f"{name}(): expected {what} to be a single integer value or {n} of them, got {value}"
        )
    if min(found) < (0 if "padding" in what else 1):
        least = "not be negative" if "padding" in what else "be positive"
        raise RuntimeError(f"{name}(): {what} must {least}, got {value}")
    return found


def with_batch(n: int, input: Any, name: str) -> tuple[Any, bool]:
    """The input as (N, C, *spatial), and whether it had a batch dimension."""
    if input.ndim == n + 2:
        return input, True
    if input.ndim == n + 1:
        return reshape_to(input, (1, *input.shape)), False
    raise RuntimeError(
        f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of "
        f"size: {list(input.shape)}"
    )


def like_input(output: Any, batched: bool) -> Any:
    """The output without its batch dimension of 1, if the input had none."""
    return output if batched else reshape_to(output, output.shape[1:])
