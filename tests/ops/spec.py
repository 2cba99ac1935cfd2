"""The row of the table of op specifications: what the generic tests need to know of one op."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# An input is a function of a random generator that gives a float64 (or integer, or bool) array, a
# Python number, None, or a list of such for an op of many inputs. The makers below serve nearly all.
Maker = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Spec:
    """One op, or a composed public function, with its inputs.

    Attributes
    ----------
    op : str
        The name of the Op class whose rules this row proves (`Op.registry`), or "" for a composition.
    call : callable
        The public function, called as ``call(*inputs, **attributes)`` on Tensors.
    inputs : tuple of makers
    attributes : dict
        Keyword arguments of the call.
    reference : callable, optional
        The same on NumPy arrays, ``reference(*arrays, **attributes)``.
    torch : str or callable, optional
        The same in PyTorch: a dotted name below ``torch``, or a function of (torch, *tensors).
    order : int
        How often it can be differentiated: 0, 1 or 2 (2 stands for any).
    smooth : bool
        False where finite differences do not apply (the gradient is compared with PyTorch's only).
    label : str
        Tells rows of one op apart.
    """

    op: str
    call: Callable[..., Any]
    inputs: tuple[Maker, ...]
    attributes: dict[str, Any] | None = None
    reference: Callable[..., Any] | None = None
    torch: Any = None
    order: int = 2
    smooth: bool = True
    label: str = ""

    def __str__(self) -> str:
        name = self.op or getattr(self.call, "__name__", "composition")
        return f"{name}-{self.label}" if self.label else name


def real(*shape: int) -> Maker:
    """Normal numbers, none closer to zero than 0.1, all different: no kinks, no ties."""

    def make(rng: np.random.Generator) -> np.ndarray:
        x = rng.normal(size=shape)
        return x + 0.1 * np.sign(x)

    return make


def between(low: float, high: float, *shape: int) -> Maker:
    """Numbers in (low, high), kept away from both ends."""

    def make(rng: np.random.Generator) -> np.ndarray:
        margin = 0.05 * (high - low)
        return rng.uniform(low + margin, high - margin, shape)

    return make


def positive(*shape: int) -> Maker:
    """Numbers in (0.3, 3)."""
    return between(0.3, 3.0, *shape)


def integers(low: int, high: int, *shape: int) -> Maker:
    """int64 numbers in [low, high)."""
    return lambda rng: rng.integers(low, high, shape)


def booleans(*shape: int) -> Maker:
    """True or False."""
    return lambda rng: rng.random(shape) < 0.5


def value(x: Any) -> Maker:
    """Always `x`."""
    return lambda rng: x


def many(*makers: Maker) -> Maker:
    """A list of inputs for an op that takes a sequence of tensors."""
    return lambda rng: [make(rng) for make in makers]


def constant(maker: Maker) -> Maker:
    """The same input, but one that has no derivative, such as the weights of a loss."""

    def make(rng: np.random.Generator) -> Any:
        return maker(rng)

    make.is_constant = True  # type: ignore[attr-defined]
    return make
