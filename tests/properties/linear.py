"""The row of the table of linear functions, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.properties.draws import Draw

# The functions of the table, in the order in which they are written down.
ROWS: list[Row] = []


@dataclass(frozen=True)
class Row:
    """A family of functions linear in all the tensors that they are given.

    Attributes
    ----------
    name : str
    proves : frozenset of str
        The inputs of ops that the row is about, such as "MatMul.other"; together they are linear
        (an op may be linear in each of two inputs and not in both). None for a composition.
    problem : callable
        From a `Draw`, a function and the shape of each of its tensors.
    """

    name: str
    proves: frozenset[str]
    problem: Callable[[Draw], tuple[Any, ...]]


def linear(*proves: str, label: str = "") -> Callable[[Any], Any]:
    """Put a problem into the table, under its own name (`label` tells those of a loop apart)."""

    def put(problem: Any) -> Any:
        name = problem.__name__.strip("_") + (label and "-" + label)
        ROWS.append(Row(name, frozenset(proves), problem))
        return problem

    return put
