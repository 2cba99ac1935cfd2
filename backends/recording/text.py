"""Calls as statements of Python."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from retrograd.backends.recording.calls import Call, Value

_SIGNS = {
    operator.pow: "**", operator.add: "+", operator.sub: "-", operator.mul: "*",
    operator.truediv: "/", operator.floordiv: "//", operator.mod: "%",
}  # fmt: skip


class Names:
    """What names in a program's text stand for.

    Attributes
    ----------
    scope : dict
        The objects by name.
    """

    def __init__(self, given: dict[int, str]):
        self.scope: dict[str, Any] = {}
        self._given = given
        self._known: dict[Any, str] = {}

    def of(self, thing: Any, wish: str) -> str:
        """A name for an object: `wish`, with a number behind it if that is taken."""
        if id(thing) in self._given:
            return self._given[id(thing)]
        # A bound method is another object each time.
        key = thing if callable(thing) else id(thing)
        name = self._known.get(key)
        if name is None:
            name, k = wish, 1
            while name in self.scope:
                k += 1
                name = f"{wish}{k}"
            self.scope[name] = thing
            self._known[key] = name
        return name


def statement(call: Call, names: Names, name_of: Callable[[Value], str]) -> str:
    """The statement that makes a call and keeps what it gives."""

    def text(x: Any) -> str:
        return _argument(x, names, name_of)

    function, args = call.function, call.args
    if function is operator.setitem:
        return f"{text(args[0])}[{text(args[1])}] = {text(args[2])}"
    if function is operator.getitem:
        right = f"{text(args[0])}[{text(args[1])}]"
    elif function in _SIGNS:
        right = f"{text(args[0])} {_SIGNS[function]} {text(args[1])}"
    else:
        method = getattr(function, "__objclass__", None) in (np.ndarray, np.generic)
        shown = [text(x) for x in (args[1:] if method else args)]
        shown += [f"{name}={text(x)}" for name, x in call.kwargs.items()]
        right = f"{_function(call, names, text, method)}({', '.join(shown)})"
    if not call.results:
        return right
    left = ", ".join(name_of(value) for value in call.results)
    return f"{left}{',' if call.several and len(call.results) == 1 else ''} = {right}"


def _function(call: Call, names: Names, text: Callable[[Any], str], method: bool) -> str:
    function = call.function
    if method:
        return f"{text(call.args[0])}.{function.__name__}"
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "function")
    if isinstance(owner, np.ufunc):
        name = f"{owner.__name__}_{name}"
    return names.of(function, "".join(c if c.isalnum() else "_" for c in name))


def _argument(x: Any, names: Names, name_of: Callable[[Value], str]) -> str:
    """An argument as an expression."""
    if type(x) is Value:
        return name_of(x)
    if x is None or x is Ellipsis or type(x) in (bool, int, str):
        return repr(x)
    if type(x) is float and x - x == 0:
        return repr(x)
    if hasattr(x, "_fields"):
        inside = ", ".join(_argument(part, names, name_of) for part in x)
        return f"{names.of(type(x), type(x).__name__)}({inside})"
    if type(x) is tuple:
        inside = ", ".join(_argument(part, names, name_of) for part in x)
        return f"({inside},)" if len(x) == 1 else f"({inside})"
    if type(x) is list:
        return f"[{', '.join(_argument(part, names, name_of) for part in x)}]"
    if type(x) is slice:
        parts = (x.start, x.stop, x.step)
        return f"slice({', '.join(_argument(part, names, name_of) for part in parts)})"
    if isinstance(x, np.dtype):
        return names.of(x, x.name)
    if isinstance(x, type):
        return names.of(x, x.__name__)
    return names.of(x, type(x).__name__.lower())
