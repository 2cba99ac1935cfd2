"""The public API as text, one line a name; renew with ``python -m tests.packaging.api``."""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).with_name("api_snapshot.txt")
NAMESPACES = [
    "retrograd",
    *(
        f"retrograd.{name}"
        for name in (
            "accelerator", "amp", "autograd", "autograd.functional", "autograd.graph", "backends",
            "backends.cuda", "backends.mps", "cuda", "cuda.amp", "data",
            "distributed", "func", "interop", "linalg", "models", "nn", "nn.functional", "nn.init",
            "nn.utils", "nn.utils.parametrizations", "nn.utils.parametrize", "nn.utils.rnn", "optim",
            "optim.lr_scheduler", "random", "special",
            "testing", "utils.checkpoint", "utils.data", "utils.dlpack", "viz",
        )
    ),
]  # fmt: skip


def namespaces() -> list[str]:
    """The public namespaces that exist."""
    return [name for name in NAMESPACES if exists(name)]


def exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def public_names(namespace: str) -> dict[str, Any]:
    """What a namespace offers: the names in ``__all__``, without modules."""
    module = importlib.import_module(namespace)
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    values = {name: getattr(module, name) for name in sorted(names)}
    return {name: value for name, value in values.items() if not inspect.ismodule(value)}


def is_ours(thing: Any) -> bool:
    """Whether a thing is a function or class of this package."""
    ours = (getattr(thing, "__module__", None) or "").partition(".")[0] == "retrograd"
    return ours and (inspect.isclass(thing) or inspect.isroutine(thing))


def signature(thing: Any) -> str:
    """Parameters and defaults, without annotations and without addresses of objects."""
    try:
        whole = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    bare = [p.replace(annotation=p.empty) for p in whole.parameters.values()]
    text = str(whole.replace(parameters=bare, return_annotation=whole.empty))
    return re.sub(" at 0x[0-9a-f]+", "", text)


def lines() -> Iterator[str]:
    """One line for each public name, and for each public member that a class adds."""
    members = set()
    for namespace in namespaces():
        for name, value in public_names(namespace).items():
            full = f"{namespace}.{name}"
            yield full + (signature(value) if is_ours(value) else "")
            if inspect.isclass(value) and is_ours(value) and value not in members:
                members.add(value)
                for member in sorted(vars(value)):
                    if not member.startswith("_"):
                        item = getattr(value, member)
                        function = getattr(item, "__func__", item)
                        callable_ = inspect.isroutine(function)
                        yield f"    {full}.{member}" + (signature(function) if callable_ else "")


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
