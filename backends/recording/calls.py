"""What a recording consists of: calls, the values they give, the memory that values lie in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np


class Memory:
    """A piece of memory that one or several values look at.

    Attributes
    ----------
    origin : str
        "computed" by a call; "outside": there before; "loaded": each replay asks for it.
    written, leaves : bool
        Whether a call writes to it, and whether it is handed to somebody outside.
    arrays : dict
        The arrays themselves of values from outside, by number.
    owner : object
        Keeps memory of outside alive.
    """

    __slots__ = ("origin", "written", "leaves", "arrays", "owner")

    def __init__(self, origin: str):
        self.origin, self.written, self.leaves = origin, False, False
        self.arrays: dict[int, Any] = {}
        self.owner: Any = None


class Value:
    """What one call gives: its memory, and how it lies there."""

    __slots__ = ("number", "memory", "shape", "strides", "dtype", "scalar")

    def __init__(self, number: int, memory: Memory, array: Any):
        self.number, self.memory = number, memory
        self.shape, self.strides, self.dtype = array.shape, array.strides, array.dtype
        self.scalar = isinstance(array, np.generic)

    def __repr__(self) -> str:
        return f"v{self.number}"


class Call(NamedTuple):
    """A function and its arguments, with a `Value` for each array.

    Attributes
    ----------
    results : tuple of Value
        None for calls that only write.
    writes : tuple of Memory
        What it writes to.
    keep : bool
        Whether it is made even if nobody wants its results.
    several : bool
        Whether the function returns a sequence.
    place : str
        File and line of the user's program.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: tuple[Value, ...]
    writes: tuple[Memory, ...]
    keep: bool
    several: bool
    place: str

    def operands(self) -> Iterator[Value]:
        """The values among its arguments."""
        return (x for x in leaves((self.args, self.kwargs)) if type(x) is Value)


def leaves(values: Any) -> Iterator[Any]:
    """What nested tuples, lists and dicts hold."""
    if isinstance(values, (tuple, list)):
        for value in values:
            yield from leaves(value)
    elif isinstance(values, dict):
        for value in values.values():
            yield from leaves(value)
    else:
        yield values


def replaced(values: Any, replace: Callable[[Any], Any]) -> Any:
    """The same nesting with `replace` of each leaf."""
    if isinstance(values, (tuple, list)):
        parts = [replaced(value, replace) for value in values]
        return values._make(parts) if hasattr(values, "_make") else type(values)(parts)
    if isinstance(values, dict):
        return {name: replaced(value, replace) for name, value in values.items()}
    if isinstance(values, slice):
        return slice(replace(values.start), replace(values.stop), replace(values.step))
    return replace(values)
