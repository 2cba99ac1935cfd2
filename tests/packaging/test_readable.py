"""Modules say what they are for, stay short, and public things are documented with an example."""

import ast
import inspect

import pytest

from tests.packaging.api import NAMESPACES, exists, is_ours, public_names
from tests.packaging.project import sources

FILE_LINES, FUNCTION_LINES = 600, 60
# Longer on purpose: the module or function, and why.
LONG: dict[str, str] = {
    "retrograd": "the list of public names",
    "retrograd.autograd_core.ops": "the list of public names",
    "retrograd.autograd_core.ops.activations": "one short class and its function for each activation",
    "retrograd.autograd_core.calls._binary": "the hot path of every operator, in one piece for speed",
    "retrograd.autograd_core.calls.call": "the inner function of the same",
    "retrograd.autograd_core.engine._run": "the backward loop, which is to be read at one go",
}


def tree(module: str) -> ast.Module:
    return ast.parse(sources()[module].read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", sources())
def test_module_says_what_it_is_for(module):
    docstring = ast.get_docstring(tree(module)) or ""
    assert docstring.partition("\n")[0].rstrip().endswith((".", ":")), repr(docstring[:100])


@pytest.mark.parametrize("module", sources())
def test_file_is_short(module):
    lines = sources()[module].read_text(encoding="utf-8").count("\n")
    assert lines < FILE_LINES or module in LONG


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    start = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = start.end_lineno - start.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


@pytest.mark.parametrize("module", sources())
def test_functions_are_short(module):
    long = [
        f"{node.name}: {code_lines(node)} lines"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and code_lines(node) >= FUNCTION_LINES
        and f"{module}.{node.name}" not in LONG
    ]
    assert not long


def is_exception(thing) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseException)


# Documented by a sentence alone, and why.
NEED_A_GPU = {"current_device", "device", "get_device_name", "set_device", "synchronize"}
NO_EXAMPLE = {
    "retrograd.backends.cuda": NEED_A_GPU,
    "retrograd.cuda": NEED_A_GPU,
    "retrograd.accelerator": {"current_device_index", "set_device_index", "synchronize"},
    "retrograd.nn.functional": {
        "upsample", "upsample_bilinear", "upsample_nearest",  # deprecated, and warn
        "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices",
    },
    "retrograd.nn": {"RNNBase", "RNNCellBase"},  # what layers with examples have in common
    "retrograd.nn.utils.rnn": {"PackedSequence"},  # made by functions that have one
    "retrograd.viz": {  # what `make_graph`, `layout` and `summary` return
        "Box", "Edge", "Graph", "GraphNode", "Group", "Layout", "Summary", "layout", "watch",
    },
}  # fmt: skip


def is_in_place(name: str) -> bool:
    """The form that writes into its input is documented by the one that does not."""
    return name.endswith("_") and not name.startswith("_")


def has_example(thing) -> bool:
    """An example in the docstring, or for a class in that of a method."""
    methods = vars(thing).values() if inspect.isclass(thing) else ()
    return any(">>>" in (getattr(item, "__doc__", None) or "") for item in (thing, *methods))


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_public_names_are_documented_with_an_example(namespace):
    if not exists(namespace):
        pytest.skip(f"{namespace} does not exist")
    lacking = [
        name
        for name, thing in public_names(namespace).items()
        if is_ours(thing)
        and not (is_exception(thing) or has_example(thing) or is_in_place(name))
        and name not in NO_EXAMPLE.get(namespace, ())
    ]
    assert not lacking, f"without a docstring that has an example (>>>): {lacking}"
