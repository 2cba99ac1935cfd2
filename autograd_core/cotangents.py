"""The cotangents of an op that has several outputs."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP


class Cotangents:
    """The cotangents of several outputs, as they come in; adds itself up as an array does."""

    __slots__ = ("parts",)

    def __init__(self, parts: dict[int, Any]):
        self.parts = parts

    def __add__(self, other: Cotangents) -> Cotangents:
        parts = dict(self.parts)
        for k, g in other.parts.items():
            parts[k] = parts[k] + g if k in parts else g
        return Cotangents(parts)


def split(g: Cotangents, specs: list[tuple[Any, Any]], zeros: bool) -> list[Any]:
    """The cotangent of each output; zeros, or None if not `zeros`, where none came."""
    like = next(iter(g.parts.values()))
    return [
        g.parts[k] if k in g.parts else _zeros(like, shape, dtype) if zeros else None
        for k, (shape, dtype) in enumerate(specs)
    ]


def _zeros(like: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    if isinstance(like, Tensor):
        data = like._data
        return wrap(XP[type(data)].zeros(shape, dtype))
    return XP[type(like)].zeros(shape, dtype)
