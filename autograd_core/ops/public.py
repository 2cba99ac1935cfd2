"""What PyTorch's functions have in common: ``out=`` and NumPy's spelling of some arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from retrograd.autograd_core.spelling import MISSING, own_names
from retrograd.autograd_core.views import write_out
from retrograd.autograd_core.written import when_called

F = TypeVar("F", bound=Callable[..., Any])


def public(function: F) -> F:
    """Let `function` take ``out=``, and ``axis``, ``keepdims``, ``x`` for ``dim``, ``keepdim``, ``input``."""
    count = function.__code__.co_argcount
    given = function.__defaults__ or ()
    defaults = (MISSING,) * (count - len(given)) + given
    named = {**(function.__kwdefaults__ or {}), "out": None}
    scope = {"_function": function, "_MISSING": MISSING, "_into": _into, "_respelled": _respelled}
    call = when_called(lambda: source(function), scope, defaults, named)
    return functools.update_wrapper(call, function)  # type: ignore[return-value]


def source(function: Callable[..., Any]) -> str:
    """The text of the public function: it takes what `function` takes, and hands it on."""
    code = function.__code__
    count, total = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    plain, named = code.co_varnames[:count], code.co_varnames[count:total]
    required = [*plain[: count - len(function.__defaults__ or ())]]
    required += [n for n in named if n not in (function.__kwdefaults__ or {})]
    arguments = ", ".join([*plain, *(f"{n}={n}" for n in named)])
    rare = " or ".join(["_others", *(f"{n} is _MISSING" for n in required)])
    return f"""\
def call({", ".join([*plain, "*", *named, "out", "**_others"])}):
    if {rare}:
        _given = {{{", ".join(f"{n!r}: {n}" for n in (*plain, *named))}}}
        return _into(out, _respelled(_function, _given, _others))
    _result = _function({arguments})
    return _result if out is None else _into(out, _result)
"""


def _respelled(function: Callable[..., Any], given: dict[str, Any], others: dict[str, Any]) -> Any:
    """Call `function` with some arguments under NumPy's names; TypeError for unknown ones."""
    first = len(given) - len(function.__kwdefaults__ or ()) - len(function.__defaults__ or ())
    defaults = dict(zip([*given][first:], function.__defaults__ or (), strict=False))
    defaults |= function.__kwdefaults__ or {}
    changed = {n: v for n, v in given.items() if v is not defaults.get(n, MISSING)}
    return function(**own_names(function.__name__, changed, others))


def _into(out: Any, result: Any) -> Any:
    """The result written into ``out``, which is a tuple for several; as it is for None."""
    if out is None:
        return result
    if isinstance(result, tuple):
        parts = [write_out(o, r) for o, r in zip(out, result, strict=True)]
        make = getattr(type(result), "_make", tuple)
        return make(parts)
    return write_out(out, result)
