"""Padding by a constant, or by elements of the input itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrograd.autograd_core.ops.indexing import index_of
from retrograd.autograd_core.ops.padding import pad_by_value
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.registry import XP

__all__ = ["pad"]

Pairs = tuple[tuple[int, int], ...]


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Pad the last dimensions.

    Parameters
    ----------
    input : Tensor
        Of any number of dimensions; (N, C, ...) or (C, ...) if not `mode` "constant".
    pad : sequence of int
        Lengths before and after along the last dimension, then the one before it, and so on;
        negative ones crop.
    mode : str
        "constant", "reflect" (without the edge), "replicate" (the edge) or "circular".
    value : float, optional
        What "constant" puts there, 0 by default.

    Examples
    --------
    >>> x = rg.tensor([[1.0, 2.0, 3.0]])
    >>> rg.nn.functional.pad(x, (1, 2))
    tensor([[0., 1., 2., 3., 0., 0.]])
    >>> rg.nn.functional.pad(x, (2, 0), mode="reflect")
    tensor([[3., 2., 1., 2., 3.]])
    """
    lengths = [int(n) for n in pad]
    if len(lengths) % 2:
        raise RuntimeError(f"pad(): Padding length must be divisible by 2, got {list(pad)}")
    pairs = tuple(zip(lengths[-2::-2], lengths[::-2], strict=True))
    if len(pairs) > input.ndim:
        raise RuntimeError(
            f"pad(): Padding length should be at most twice the number of dimensions of the input, "
            f"{input.ndim}, but got {list(pad)}"
        )
    sizes = input.shape[input.ndim - len(pairs) :]
    if any(n + before + after < 0 for n, (before, after) in zip(sizes, pairs, strict=True)):
        raise RuntimeError(
            f"pad(): The input of shape {list(input.shape)}, plus padding {list(pad)}, resulted in "
            "a negative output size"
        )
    if mode == "constant":
        if not any(lengths):
            return input.clone()
        return pad_by_value(input, pads=pairs, value=0.0 if value is None else value)
    if mode not in _SOURCE:
        raise NotImplementedError(
            f"Unrecognised padding mode {mode!r}: constant, reflect, replicate or circular"
        )
    if value is not None and value != 0:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if input.ndim not in (len(pairs) + 1, len(pairs) + 2):
        raise NotImplementedError(
            f"pad(): mode {mode!r} pads the last {len(pairs)} dimension(s) of inputs with "
            f"{len(pairs) + 1} or {len(pairs) + 2} dimensions, got shape {list(input.shape)}"
        )
    return _pad_from_inside(input, pairs, mode)


def _pad_from_inside(input: Tensor, pairs: Pairs, mode: str) -> Tensor:
    """Pad by elements of the input: one look-up for each dimension."""
    xp = XP[type(input._data)]
    lead = input.ndim - len(pairs)
    for axis, (before, after) in enumerate(pairs, start=lead):
        size = input.shape[axis]
        longest = {"reflect": size - 1, "circular": size}.get(mode)
        if (longest is not None and max(before, after) > longest) or not size:
            raise RuntimeError(
                f"pad(): Padding size should be at most {longest} for mode {mode!r} along a "
                f"dimension of length {size}, but got {(before, after)} at dimension {axis} of "
                f"input {list(input.shape)}"
            )
        if before or after:
            # Going around passes by what is cropped; the other modes still see it.
            first, last = (
                (max(-before, 0), size - max(-after, 0)) if mode == "circular" else (0, size)
            )
            position = xp.arange(-before, size + after) - first
            source = _SOURCE[mode](xp, position, last - first) + first
            whole = [slice(None)] * input.ndim
            whole[axis] = source
            input = index_of(input, tuple(whole))
    return input


def _reflected(xp: Any, position: Any, size: int) -> Any:
    return size - 1 - xp.abs(size - 1 - xp.abs(position))


def _replicated(xp: Any, position: Any, size: int) -> Any:
    return xp.clip(position, 0, size - 1)


def _wrapped(xp: Any, position: Any, size: int) -> Any:
    return position % size


_SOURCE = {"reflect": _reflected, "replicate": _replicated, "circular": _wrapped}
