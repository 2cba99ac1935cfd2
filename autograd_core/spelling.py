"""Arguments under other names that PyTorch knows: ``axis`` for ``dim``, ``x`` for ``input``."""

from __future__ import annotations

from typing import Any

SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "x2": "other"}
SPELLINGS |= dict.fromkeys(("x", "x1", "a", "A"), "input")


class _Missing:
    """Stands for an argument that has no default and was not given under its own name."""

    def __repr__(self) -> str:
        return "<required>"


MISSING: Any = _Missing()


def own_names(function: str, given: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """The arguments `given` and those of `others`, all under their own names.

    TypeError if one was given twice, under both of its names.
    """
    arguments = {name: value for name, value in given.items() if value is not MISSING}
    for name, value in others.items():
        own = SPELLINGS.get(name, name)
        if own in arguments:
            raise TypeError(f"{function}() got both {own!r} and its other name {name!r}")
        arguments[own] = value
    return arguments
