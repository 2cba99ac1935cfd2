"""The function of an op, written out for its inputs and attributes when it is first called.

Which inputs there are, which attributes, what is saved for whom: all is known from the class, so
none of it need be found out in each call. `source` gives the text, `written` the function.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from retrograd.autograd_core.changes import tick
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.plan import REQUIRED, saved_for, source_of
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.registry import XP

if TYPE_CHECKING:
    from retrograd.autograd_core.op import Op


def written(cls: type[Op], helpers: dict[str, Any]) -> Callable[..., Any]:
    """The function of `cls`; `helpers` are the functions of `calls` that its text names."""
    scope = {
        "_cls": cls, "_forward": cls._forward, "_table": cls._table, "_new": object.__new__,
        "_Tensor": Tensor, "_Node": Node, "_tick": tick, "_mode": state, "_XP": XP, **helpers,
    }  # fmt: skip
    defaults = {n: d for n, d in cls.attributes.items() if d is not REQUIRED}
    return when_called(lambda: source(cls), scope, (None,) * (len(cls.inputs) - 1), defaults)


def when_called(
    text: Callable[[], str], scope: dict[str, Any], defaults: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """A function whose code is compiled from `text` when it is first called.

    Parameters
    ----------
    text : callable
        Gives the source of a function named ``call``.
    scope : dict
        The globals of that function.
    defaults, named
        The defaults of its last positional and of its keyword-only parameters.
    """

    def write() -> None:
        file = f"<retrograd {function.__qualname__}>"
        lines = text()
        # So that a traceback can show the line.
        linecache.cache[file] = (len(lines), None, lines.splitlines(True), file)
        module = compile(lines, file, "exec")
        function.__defaults__, function.__kwdefaults__ = defaults, named
        function.__code__ = next(c for c in module.co_consts if isinstance(c, CodeType))

    function = FunctionType(_first_call.__code__, scope)
    scope["_write"], scope["_itself"] = write, function
    return function


def _first_call(*args: Any, **kwargs: Any) -> Any:
    _write()  # type: ignore[name-defined] # noqa: F821 - of the scope that it is given
    return _itself(*args, **kwargs)  # type: ignore[name-defined] # noqa: F821


def source(cls: type[Op]) -> str:
    """The text of the function of `cls`."""
    lead = next(iter(cls.rules), cls.inputs[0])
    inputs = ", ".join(cls.inputs)
    named = "".join(f", {name}={name}" for name in cls.attributes)
    signature = ", ".join([inputs, *(["*", *cls.attributes] if cls.attributes else [])])
    arrays = ", ".join(f"{name}_array" for name in cls.inputs)
    values = f"({inputs},), {{{', '.join(f'{n!r}: {n}' for n in cls.attributes)}}}"
    otherwise = f"return _general({inputs}{named})"
    lines = [
        f"def call({signature}):",
        f"    if not isinstance({lead}, _Tensor):",
        f"        if type({lead}) in _XP{_no_other_tensor(cls, lead)}:",
        f"            return _forward(_table[type({lead})], {inputs}{named}){_shown(cls)}",
        f"        {otherwise}",
        f"    {lead}_array = {lead}._data",
        *_check_types(cls, lead, otherwise),
        "    try:",
        f"        _r = _forward(_table[type({lead}_array)], {arrays}{named})",
        "    except Exception as _error:",
        f"        return _failed(_cls, _error, {values})",
        *_record(cls, lead),
        *_result(cls, lead, values),
        "    if _mode.watcher is not None:",
        f"        _mode.watcher.check_forward(_cls, _result, ({inputs},))",
        "    return _result",
    ]
    return "\n".join(lines) + "\n"


def _no_other_tensor(cls: type[Op], lead: str) -> str:
    return "".join(f" and not isinstance({x}, _Tensor)" for x in cls.inputs if x != lead)


def _shown(cls: type[Op]) -> str:
    """What takes the outputs from what `forward` returns."""
    if not cls.keeps:
        return ""
    return f"[:{len(cls.outputs)}]" if cls.outputs else "[0]"


def _check_types(cls: type[Op], lead: str, otherwise: str) -> Iterator[str]:
    """Read the arrays; leave the rarer kinds of operands to the general function."""
    others = [name for name in cls.inputs if name != lead]
    if others or cls.floats:
        yield f"    _dtype = {lead}_array.dtype"
    if cls.floats:
        yield f"    if _dtype.kind != 'f': {otherwise}"
    for x in others:
        # An index or a mask has a type of its own.
        own = "" if x in cls.rules or not cls.rules else f" and {x}_array.dtype.kind == 'f'"
        number = f" or (type({x}) is float and _dtype.kind == 'f')" if cls.promotes else ""
        yield f"    if isinstance({x}, _Tensor):"
        yield f"        {x}_array = {x}._data"
        yield f"        if {x}_array.dtype is not _dtype{own}: {otherwise}"
        yield f"    elif {x} is None{number}: {x}_array = {x}"
        yield f"    else: {otherwise}"


def _record(cls: type[Op], lead: str) -> Iterator[str]:
    """Make the node if an input wants a gradient."""
    yield "    _node = None"
    if not cls.rules:
        return
    parents = [f"{x}_parent" for x in cls.rules]
    yield "    if _mode.grad:"
    yield f"        {' = '.join(parents)} = None"
    for x in cls.rules:
        inside = ""
        if x != lead:
            yield f"        if {x}_array is not {x}:"
            inside = "    "
        yield f"{inside}        if {x}._view is not None: {x}._view.sync({x})"
        yield f"{inside}        if {x}._requires_grad: {x}_parent = {x}._node or {x}"
    yield f"        if {' or '.join(f'{p} is not None' for p in parents)}:"
    yield "            _node = _new(_Node)"
    yield "            _node.op = _cls"
    every = "".join(f"{x}_parent, " if x in cls.rules else "None, " for x in cls.inputs)
    yield f"            _node.parents = ({every})"
    yield f"            _node.saved = ({''.join(_saved(cls, n, lead) + ', ' for n in cls.saved_names)})"
    yield "            _node.time = _tick()"
    yield "            _node.hooks = _node.trace = None"


def _saved(cls: type[Op], name: str, lead: str) -> str:
    """The expression for a saved value, None where those who need it want no gradient."""
    sure = {lead, *cls.outputs, *cls.keeps, "out"}
    value = source_of(
        cls, name, "{0}_array", "_r" if not (cls.outputs or cls.keeps) else "_r[{0}]", "{0}", sure
    )
    wanting = saved_for(cls, name)
    if wanting == set(cls.rules):
        return value
    conditions = [f"{x}_parent is not None" for x in cls.rules if x in wanting]
    return f"{value} if {' or '.join(conditions)} else None"


def _result(cls: type[Op], lead: str, values: str) -> Iterator[str]:
    """Wrap what was computed, and remember what it is a view of."""
    if cls.outputs:
        yield f"    _result = _several(_cls, _node, _r[:{len(cls.outputs)}], _XP[type({lead}_array)])"
        return
    yield f"    _out = _r{_shown(cls)}"
    yield f"    if type(_out) is not type({lead}_array): _out = _XP[type(_out)].asarray(_out)"
    yield "    _result = _new(_Tensor)"
    yield "    _result._data = _out"
    yield "    _result._view = None"
    yield "    if _node is not None and _out.dtype.kind == 'f':"
    yield "        _node.shape = _out.shape"
    yield "        _result._node = _node"
    yield "        _result._requires_grad = True"
    yield "    else:"
    yield "        _result._node = None"
    yield "        _result._requires_grad = False"
    if cls.view:
        yield "    _base = _out.base"
        yield f"    if _base is not None and ({_shares(lead)}):"
        yield f"        _result._view = _View(_cls, {lead}, {values.partition('), ')[2]})"


def _shares(lead: str) -> str:
    """Whether the result's base is, or comes from, the memory of the input."""
    array = f"{lead}_array"
    return f"_base is {array} or _base is {array}.base or _owner(_base) is _owner({array})"
