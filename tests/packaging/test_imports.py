"""What importing retrograd brings in, and which way the arrows between its parts go."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from tests.packaging.project import sources

# Each part may import itself and what stands on lines above it.
LAYERS = [
    {"backends"},
    {"autograd_core"},
    {"nn", "optim", "data"},
    {"models", "interop", "viz", "distributed"},
]
ANYWHERE = {"_files", "_version"}
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
# Namespaces without code of their own re-export from anywhere; only the command line uses them.
TOP = len(LAYERS)

NEW_MODULES = """
import sys, numpy
before = set(sys.modules)
import retrograd
print("\\n".join({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def part(module: str) -> str:
    """``retrograd.nn.init`` belongs to ``nn``; ``retrograd`` itself to the top."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(path):
    """Names of the modules that a file imports, inside functions too, with their lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            if node.module == "retrograd":
                yield from ((f"retrograd.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def test_import_brings_in_only_the_standard_library_and_numpy():
    run = subprocess.run(
        [sys.executable, "-c", NEW_MODULES], capture_output=True, text=True, check=True
    )
    others = set(run.stdout.split()) - sys.stdlib_module_names - {"numpy", "retrograd"}
    assert not others


@pytest.mark.parametrize("module", [name for name in sources() if part(name) in RANK])
def test_arrows_go_down(module):
    own = part(module)
    upward = [
        f"line {line}: {target}"
        for target, line in imported(sources()[module])
        if target.partition(".")[0] == "retrograd"
        and part(target) not in {own, *ANYWHERE}
        and RANK.get(part(target), TOP) >= RANK[own]
    ]
    assert not upward, f"{module} imports from its own level or above: {upward}"


# At the border, where users' host arrays and files come in and go out: the module, and what it may
# use besides types. No entry for a function that computes on a tensor's array.
BORDER = {
    "retrograd.autograd_core.calls": {"ndim"},  # a NumPy operand beside a tensor
    "retrograd.autograd_core.tensor": {"array", "asarray"},  # numpy(), __array__, tensor(data)
    "retrograd.data.idx": {"asarray", "frombuffer"},  # bytes of a file
    "retrograd.interop.checkpoint": {"frombuffer"},  # bytes of a file
    "retrograd.training.sources": {"asarray", "float32", "load"},  # the user's .npz file
    "retrograd.data.worker": {"random"},  # seeds NumPy's own state in a worker process
}


def is_type(name: str) -> bool:
    return isinstance(getattr(np, name, None), type)


def uses_of_array_modules(path):
    """What a file computes with numpy and cupy, with lines.

    Naming a type is no use, in an annotation or with isinstance; calling one is, ``dtype`` aside.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aliases, called = set(), {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "numpy":
                    aliases.add(alias.asname or alias.name)
                if alias.name.partition(".")[0] in ("cupy", "cupyx"):
                    yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in (
            "numpy", "cupy", "cupyx",
        ):  # fmt: skip
            yield from ((f"from {node.module}: {a.name}", node.lineno) for a in node.names)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
            and (not is_type(node.attr) or (id(node) in called and node.attr != "dtype"))
        ):
            yield node.attr, node.lineno


@pytest.mark.parametrize("module", [name for name in sources() if part(name) != "backends"])
def test_only_backends_compute_with_numpy(module):
    allowed = BORDER.get(module, set())
    uses = [
        f"line {line}: {name}"
        for name, line in uses_of_array_modules(sources()[module])
        if name not in allowed
    ]
    assert not uses, f"{module} names numpy or cupy: {uses}; arrays are reached by the backend"


EXAMPLE = """
import numpy as np
from retrograd.nn import Linear
def f(x: np.ndarray) -> np.dtype:
    import cupy
    from numpy import sin
    return isinstance(x, np.generic) and np.float32(1) + np.exp(x).astype(np.dtype("f4"))
"""


def test_the_checks_see_what_they_look_for(tmp_path):
    path = tmp_path / "example.py"
    path.write_text(EXAMPLE)
    uses = {name for name, _ in uses_of_array_modules(path)}
    assert uses == {"cupy", "from numpy: sin", "float32", "exp"}
    assert {name for name, _ in imported(path)} == {"numpy", "retrograd.nn", "cupy"}


def test_border_lists_nothing_that_is_not_used():
    """The list does not outlive its reasons."""
    for module, allowed in BORDER.items():
        assert allowed == {name for name, _ in uses_of_array_modules(sources()[module])}, module
