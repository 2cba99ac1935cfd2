"""Cotangents that are not one array: of several outputs, or of a part of an array."""

from __future__ import annotations

from typing import Any

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

    def __iadd__(self, other: Cotangents) -> Cotangents:
        for k, g in other.parts.items():
            self.parts[k] = self.parts[k] + g if k in self.parts else g
        return self


def split(g: Cotangents, specs: list[tuple[Any, Any]], zeros: bool) -> list[Any]:
    """The cotangent of each output; zeros, or None if not `zeros`, where none came."""
    like = next(iter(g.parts.values()))
    return [
        g.parts[k] if k in g.parts else _zeros(like, shape, dtype) if zeros else None
        for k, (shape, dtype) in enumerate(specs)
    ]


def _zeros(like: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    data = getattr(like, "_data", like)
    zeros = XP[type(data)].zeros(shape, dtype)
    if data is like:
        return zeros
    from retrograd.autograd_core.tensor import wrap

    return wrap(zeros)


class Part:
    """A cotangent that is zero but for `values` at a basic `index`; many are added up in one array.

    So the gradient of all slices of an array takes time linear in its size.
    """

    __slots__ = ("values", "index", "shape")

    def __init__(self, values: Any, index: Any, shape: tuple[int, ...]):
        self.values, self.index, self.shape = values, index, shape

    def whole(self) -> Any:
        """The cotangent as one array."""
        whole = XP[type(self.values)].zeros(self.shape, self.values.dtype)
        whole[self.index] = self.values
        return whole

    def added_to(self, other: Any, owned: bool) -> Any:
        """The sum with another cotangent, in its memory if that is `owned`."""
        if type(other) is Part:
            total = other.whole()
        else:
            # NumPy's 0-d sums are scalars, which cannot be written to.
            total = other if owned and other.ndim else XP[type(other)].array(other)
        total[self.index] += self.values
        return total
