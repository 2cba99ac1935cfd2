"""CuPy's names, signatures and types, as `record` has written them down."""

from __future__ import annotations

import inspect
from typing import Any

from tests.standin.record import TABLE

FUNCTIONS: dict[str, inspect.Signature] = {}
LINALG: dict[str, inspect.Signature] = {}
METHODS: dict[str, inspect.Signature] = {}
PROPERTIES: set[str] = set()
# The loops of a ufunc as (types of the inputs, types of the results), in order.
UFUNCS: dict[str, list[tuple[str, str]]] = {}
VALUES: set[str] = set()


def _read(line: str) -> None:
    kind, name, *rest = line.split(" ", 2)
    if kind == "ufunc":
        UFUNCS[name] = [tuple(loop.split("->")) for loop in rest[0].split()]  # type: ignore[misc]
    elif kind == "value":
        VALUES.add(name)
    elif kind == "property":
        PROPERTIES.add(name)
    else:
        name, _, parameters = line.removeprefix(f"{kind} ").partition("(")
        signature = inspect.signature(eval(f"lambda {parameters[:-1]}: None"))
        {"function": FUNCTIONS, "linalg": LINALG, "method": METHODS}[kind][name] = signature


for _line in TABLE.read_text(encoding="utf-8").splitlines():
    if not _line.startswith("#"):
        _read(_line)


def check(signature: inspect.Signature, name: str, args: Any, kwargs: Any) -> None:
    """TypeError if CuPy's function of that name does not take these arguments."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"CuPy's {name}{signature} (defaults written 0): {error}") from None
