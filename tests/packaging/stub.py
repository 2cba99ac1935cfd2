"""`__init__.pyi`, for type checkers and editors; renew with ``python -m tests.packaging.stub``."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import retrograd as rg
from retrograd.autograd_core.ops import FAMILY

ROOT = Path(__file__).parents[2]
STUB = ROOT / "__init__.pyi"


def eager() -> dict[str, list[str]]:
    """What the root imports at once: by module, as ``name`` or ``name as other``."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    homes: dict[str, list[str]] = {}
    for node in imports:
        names = [f"{a.name} as {a.asname or a.name}" for a in node.names]
        homes.setdefault(node.module, []).extend(n for n in names if not n.endswith(" as _ops"))
    return homes


def place_of(module: ModuleType) -> tuple[str, str]:
    """The package that a module lies in by its file, and its name there."""
    path = Path(module.__file__).relative_to(Path(rg.__file__).parent).with_suffix("")
    *parents, own = path.parts[:-1] if path.name == "__init__" else path.parts
    return ".".join(["retrograd", *parents]), own


def text() -> str:
    """The whole file."""
    homes = eager()
    del homes["importlib"], homes["typing"]
    known = {line.partition(" as ")[2] for lines in homes.values() for line in lines}
    others = {"half": "float16", "double": "float64", "short": "int16", "long": "int64"}
    others["newaxis"] = "None"
    modules = []
    for name in sorted({*rg.__all__} - known):
        value = getattr(rg, name)
        if inspect.ismodule(value):
            parent, own = place_of(value)
            modules.append(f"from {parent} import {own} as {name}")
        elif name in rg._HOME:
            homes.setdefault(f"retrograd.{rg._HOME[name]}", []).append(f"{name} as {name}")
        elif name in FAMILY:
            home = f"retrograd.autograd_core.ops.{FAMILY[name]}"
            homes.setdefault(home, []).append(f"{name} as {name}")
        elif name not in ("float", "int"):
            modules.append(f"{name} = {others[name]}")
    lines = [
        '"""Where each name of `retrograd` comes from; `__init__.py` loads them when they are used."""',
        "",
        *(f"from {module} import {name}" for module in sorted(homes) for name in homes[module]),
        *sorted(modules),
        "float = float32",
        "int = int32",
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in rg.__all__),
        "]",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    STUB.write_text(text(), encoding="utf-8")
