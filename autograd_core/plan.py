"""What is worked out once when an Op class is made: what to save, and how to run its rules.

The plans are compiled from one-line expressions, so that a call pays for nothing that could be
known before: picking the values to save is one expression, running the vjps is another.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from retrograd.autograd_core.cotangents import split
from retrograd.backends.registry import KERNELS, XP

if TYPE_CHECKING:
    from retrograd.autograd_core.op import Op

# Of an attribute without a default.
REQUIRED: Any = object()
# Python's flag for a function with *args. The code object tells at once what `inspect` takes long for.
_TAKES_ANY_NUMBER = 0x04


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's positional parameters."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def read_signature(cls: type[Op]) -> None:
    """Sort the parameters of `forward` into table, inputs and attributes."""
    forward: Any = cls.forward  # type: ignore[attr-defined]
    code = forward.__code__
    plain, named = code.co_argcount, code.co_kwonlyargcount
    cls._table = {"xp": XP, "kernels": KERNELS}[code.co_varnames[0]]  # type: ignore[attr-defined]
    cls._forward = staticmethod(forward)  # type: ignore[attr-defined]
    cls.variadic = bool(code.co_flags & _TAKES_ANY_NUMBER)
    rest = code.co_varnames[plain + named : plain + named + cls.variadic]
    cls.inputs = (*code.co_varnames[1:plain], *rest)
    defaults = forward.__kwdefaults__ or {}
    cls.attributes = {n: defaults.get(n, REQUIRED) for n in code.co_varnames[plain : plain + named]}


def read_rules(cls: type[Op]) -> None:
    """Find the vjps and the names of what they want saved."""
    cls.rules = {}
    for name in cls.inputs:
        rule = getattr(cls, "vjp_" + name, None)
        if rule is not None:
            cls.rules[name] = rule
    own = [n for base in cls.__mro__[:-2] for n in vars(base)]  # of all but Op and object
    unknown = [n for n in own if n.startswith("vjp_") and n[4:] not in cls.inputs]
    if unknown:
        raise TypeError(f"{cls.__name__}.{unknown[0]}: forward has no input of that name")
    cls.differentiable = tuple(cls.rules)
    wanted: dict[str, None] = {}
    fused = getattr(cls, "fused", None)
    for rule in (*cls.rules.values(), *([fused] if fused else [])):
        wanted.update(dict.fromkeys(_names(cls, rule)))
    if cls.broadcasts:
        wanted.update(dict.fromkeys(f"{name}_shape" for name in cls.rules))
    if cls.outputs:
        wanted["_specs"] = None
    cls.saved_names = tuple(wanted)
    arrays = (*cls.inputs, "out", *cls.outputs, *cls.keeps)
    cls.saves_arrays = any(name in arrays for name in cls.saved_names)
    for name in cls.saved_names:
        source_of(cls, name)


def _names(cls: type[Op], rule: Callable[..., Any]) -> list[str]:
    """The saved values that a rule names, in order."""
    return [n for n in _parameters(rule) if n not in _cotangents(cls)]


def _cotangents(cls: type[Op]) -> tuple[str, ...]:
    """How rules call the cotangents, and what else a fused or variadic rule may ask for."""
    return ("xp", "kernels", "needs", "g", *(f"g_{name}" for name in cls.outputs))


def source_of(
    cls: type[Op],
    name: str,
    inputs: str = "i[{1}]",
    results: str = "o[{0}]",
    attributes: str = "a[{0!r}]",
    sure: Container[str] = (),
) -> str:
    """The expression that fetches a saved value in a call.

    The patterns say how the call names its inputs (by name or position), its results and its
    attributes. An input that is not in `sure` may be a Python number or None, without a shape.
    """
    if name == "_specs":
        every = results.format(f":{len(cls.outputs)}")
        return f"[(x.shape, x.dtype) for x in {every}]"
    if name in cls.inputs:
        return "i" if cls.variadic else inputs.format(name, cls.inputs.index(name))
    shown = (*(cls.outputs or ("out",)), *cls.keeps)
    if name in shown:
        return results.format(shown.index(name))
    if name in cls.attributes:
        return attributes.format(name)
    base, _, what = name.rpartition("_")
    if what in ("shape", "dtype") and base:
        array = source_of(cls, base, inputs, results, attributes, sure)
        if cls.variadic and base in cls.inputs:
            return f"tuple([x.{what} for x in i])"
        unsure = base in cls.inputs and base not in sure
        return f"getattr({array}, {what!r}, ())" if unsure else f"{array}.{what}"
    raise TypeError(
        f"{cls.__name__}: a rule names {name!r}, which is no input, output or attribute"
    )


def saved_for(cls: type[Op], name: str) -> set[str]:
    """The inputs for whose gradients a saved value is needed."""
    return {x for x in cls.rules if name in _needed_names(cls, tuple([y == x for y in cls.inputs]))}


def fetcher(cls: type[Op], mask: tuple[bool, ...]) -> Callable[..., tuple[Any, ...]]:
    """What picks the values to save when the inputs in `mask` require grad: one expression."""
    fetchers = cls._fetchers  # type: ignore[attr-defined]
    if not cls.saved_names:
        fetchers[mask] = _nothing
    if mask not in fetchers:
        needed = _needed_names(cls, mask)
        parts = [source_of(cls, n) if n in needed else "None" for n in cls.saved_names]
        fetchers[mask] = eval(f"lambda i, o, a: ({''.join(p + ', ' for p in parts)})")
    return fetchers[mask]


def _nothing(i: Any, o: Any, a: Any) -> tuple[Any, ...]:
    return ()


def _needed_names(cls: type[Op], mask: tuple[bool, ...]) -> set[str]:
    """The saved names that are used when the inputs in `mask` require grad."""
    needed = {"_specs"}
    active = [n for n, on in zip(cls.inputs, mask, strict=False) if on and n in cls.rules]
    if cls.variadic:
        active = list(cls.rules)
    for name in active:
        needed.update(_names(cls, cls.rules[name]))
        if cls.broadcasts:
            needed.add(f"{name}_shape")
    fused = getattr(cls, "fused", None)
    if fused and active:
        needed.update(_names(cls, fused))
    return needed


def compile_pullback(cls: type[Op], rules: dict[str, Any]) -> Callable[..., Any]:
    """One expression that runs the vjps: (parents p, cotangent g, saved s) -> a gradient for each."""
    scope: dict[str, Any] = {"fit": _fit, "split": split, "zeros": cls.zeros}
    terms = []
    for k, name in enumerate(cls.inputs):
        if name not in rules:
            terms.append("None")
            continue
        scope[f"vjp{k}"] = rule = rules[name]
        arguments = []
        for parameter in _parameters(rule):
            if parameter == "g":
                arguments.append("g")
            elif parameter == "needs":
                arguments.append("tuple([x is not None for x in p])")
            elif parameter[:2] == "g_" and parameter in _cotangents(cls):
                arguments.append(f"g[{cls.outputs.index(parameter[2:])}]")
            else:
                arguments.append(f"s[{cls.saved_names.index(parameter)}]")
        term = f"vjp{k}({', '.join(arguments)})"
        if cls.broadcasts:
            term = f"fit({term}, s[{cls.saved_names.index(name + '_shape')}])"
        terms.append(f"{term} if p[{k}] is not None else None")
    # The one rule of a variadic op gives all gradients.
    body = term if cls.variadic else f"({''.join(t + ', ' for t in terms)})"
    if cls.outputs:
        body = f"(lambda g: {body})(split(g, s[-1], zeros))"
    return eval(f"lambda p, g, s: {body}", scope)


def compile_fused(cls: type[Op], fused: Callable[..., Any]) -> Callable[..., Any]:
    """The array-only backward of a class that has one: all gradients in one call."""
    compiled: Any = None

    def fast(p: Any, g: Any, s: Any) -> Any:
        nonlocal compiled
        if compiled is None:
            compiled = _fused_expression(cls, fused)
        return compiled(p, g, s)

    return fast


def _fused_expression(cls: type[Op], fused: Callable[..., Any]) -> Callable[..., Any]:
    """One expression that calls `fused` with the kernels, what is needed, and what was saved."""
    table = KERNELS if _parameters(fused)[0] == "kernels" else XP
    scope = {"fused": fused, "table": table, "split": split, "zeros": cls.zeros}
    needs = "".join([f"p[{k}] is not None, " for k in range(len(cls.inputs))])
    needs = "tuple([x is not None for x in p])" if cls.variadic else f"({needs})"
    saved = "".join([f", s[{cls.saved_names.index(n)}]" for n in _names(cls, fused)])
    if not cls.outputs:
        return eval(f"lambda p, g, s: fused(table[type(g)], g, {needs}{saved})", scope)
    call = f"fused(table[type(next(x for x in g if x is not None))], g, {needs}{saved})"
    return eval(f"lambda p, g, s: (lambda g: {call})(split(g, s[-1], zeros))", scope)


def _fit(gradient: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed back to the shape of an input that was broadcast."""
    if gradient.shape == shape:
        return gradient
    from retrograd.autograd_core.ops.shape import sum_to

    return sum_to(gradient, shape)
