"""Write down what CuPy offers: ``python tests/standin/record.py`` with CuPy (no GPU is needed)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("cupy_api.txt")
# The first line of a compiled method's documentation, with C types before some of the names.
DOCUMENTED = re.compile(r"\w+\.(?P<name>\w+)\((?P<parameters>.*?)\)(?: ->.*)?$")


def lines() -> Iterator[str]:
    """One line for each name of the array module that NumPy has too, of `linalg`, of the arrays."""
    import cupy
    import numpy as np

    yield f"# CuPy {cupy.__version__}: names, signatures (all defaults written 0), types"
    for name in sorted(dir(cupy)):
        if not name.startswith("_") and hasattr(np, name):
            yield line("function", name, getattr(cupy, name))
    for name in sorted(dir(cupy.linalg)):
        if not name.startswith("_") and inspect.isfunction(getattr(cupy.linalg, name)):
            yield line("linalg", name, getattr(cupy.linalg, name))
    for name in sorted(dir(cupy.ndarray)):
        if not name.startswith("_") and callable(getattr(cupy.ndarray, name)):
            yield f"method {name}({parameters(getattr(cupy.ndarray, name))})"
        elif not name.startswith("_"):
            yield f"property {name}"


def line(kind: str, name: str, thing: Any) -> str:
    """How one name of a module is written down."""
    if isinstance(thing, type) or not callable(thing):
        return f"value {name}"
    if hasattr(thing, "types"):
        # Two more types, bfloat16 among them, have no character.
        loops = [loop for loop in thing.types if re.fullmatch(r"[?\w]+->[?\w]+", loop)]
        return f"ufunc {name} {' '.join(loops)}"
    return f"{kind} {name}({parameters(thing)})"


def parameters(function: Any) -> str:
    """The parameters as in a lambda, every default a 0."""
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        first = (function.__doc__ or "").partition("\n")[0]
        match = DOCUMENTED.match(first)
        if match is None:
            return "*args, **kwargs"
        names = [re.sub(r"^\w+ (?=\w)", "", p.strip()) for p in match["parameters"].split(",")]
        return ", ".join(re.sub(r"=.*", "=0", name) for name in names)
    bare = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else 0) for p in found
    ]
    return str(inspect.Signature(bare))[1:-1]


if __name__ == "__main__":
    TABLE.write_text("\n".join(lines()) + "\n", encoding="utf-8")
