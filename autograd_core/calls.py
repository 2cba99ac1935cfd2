"""The function that an Op class becomes: compute on the arrays, and record a node if need be.

Ops of one or two plain inputs have a function of their own shape, since they are most of what small
networks pay for. That of the others is written out for each op (`written`); it leaves what is rare,
operands of several types or kinds, to the general one.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from retrograd.autograd_core import errors
from retrograd.autograd_core.changes import tick
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.plan import REQUIRED, fetcher
from retrograd.autograd_core.spelling import MISSING, own_names
from retrograd.autograd_core.tensor import Tensor, blank, wrap
from retrograd.autograd_core.views import View, write_out
from retrograd.autograd_core.written import written
from retrograd.backends.base import owner
from retrograd.backends.dtypes import default_float, fitted, result_dtype
from retrograd.backends.registry import XP

if TYPE_CHECKING:
    from retrograd.autograd_core.op import Op

_new = object.__new__
_SCALARS = (bool, int, float)


def make_function(cls: type[Op]) -> Callable[..., Any]:
    """The public function: dedicated ones for one and two plain inputs, else the general one."""
    plain = not (cls.attributes or cls.outputs or cls.keeps or cls.variadic or cls.view)
    if plain and cls.inputs == ("input",):
        caller = _unary(cls)
        caller.__wrapped__ = _one  # type: ignore[attr-defined]
    elif plain and cls.broadcasts and len(cls.inputs) == 2:
        caller = _binary(cls)
        caller.__wrapped__ = _two_named(cls)  # type: ignore[attr-defined]
    elif cls.variadic:
        caller = _general(cls) if cls.outputs or cls.keeps else _variadic(cls)
    else:
        caller = written(cls, {"_general": _general(cls), **_HELPERS})
    caller.__name__ = caller.__qualname__ = cls.name
    caller.__module__ = cls.__module__
    caller.__doc__ = cls.__doc__
    caller.op = cls  # type: ignore[attr-defined]
    return caller


def _one(input: Any, *, out: Any = None) -> Any:
    """What the functions of one input take, for those who read signatures."""


def _two(input: Any, other: Any, *, out: Any = None) -> Any:
    """What the functions of two inputs take."""


def _two_named(cls: type[Op]) -> Any:
    """`_two` with the names of the inputs of `cls`."""
    code = _two.__code__.replace(co_varnames=(*cls.inputs, "out"))
    function = FunctionType(code, {}, cls.name)
    function.__kwdefaults__ = _two.__kwdefaults__
    return function if cls.inputs[1] != "other" else _two


def _unary(cls: type[Op]) -> Callable[..., Any]:
    """The function of an op with one input and no attributes."""
    forward, table = cls._forward, cls._table  # type: ignore[attr-defined]
    derivable = bool(cls.rules)
    fetch: Any = None
    floats = cls.floats
    mode = state

    def call(input: Any = MISSING, **options: Any) -> Any:
        nonlocal fetch
        if not isinstance(input, Tensor):
            return _without_tensor(cls, (input,), options)
        a = input._data
        if floats and a.dtype.kind != "f":
            a = a.astype(default_float())
        like = type(a)
        try:
            r = forward(table[like], a)
        except Exception as error:
            raise errors.explain(cls, error, (input,), {}) from error
        if type(r) is not like:
            r = XP[like].asarray(r)
        result = _new(Tensor)
        result._data = r
        result._view = None
        if input._view is not None:
            input._view.sync(input)
        if derivable and input._requires_grad and mode.grad:
            if fetch is None:
                fetch = fetcher(cls, (True,))
            node = _new(Node)
            node.op = cls
            node.parents = (input._node or input,)
            node.saved = fetch((a,), (r,), None)
            node.shape = r.shape
            node.time = tick()
            node.hooks = node.trace = None
            result._node = node
            result._requires_grad = True
        else:
            result._node = None
            result._requires_grad = False
        if mode.watcher is not None:
            mode.watcher.check_forward(cls, result, (input,))
        return _into(cls, result, **options) if options else result

    return call


def _binary(cls: type[Op]) -> Callable[..., Any]:
    """The function of a broadcasting op with two inputs and no attributes."""
    forward, table = cls._forward, cls._table  # type: ignore[attr-defined]
    first, second = (name in cls.rules for name in cls.inputs)
    fetchers: dict[tuple[bool, bool], Any] = cls._fetchers  # type: ignore[attr-defined]
    floats = cls.floats
    mode = state

    def call(input: Any = MISSING, other: Any = MISSING, **options: Any) -> Any:
        if isinstance(input, Tensor):
            a = input._data
            like = type(a)
            if isinstance(other, Tensor):
                b = other._data
                if a.dtype is not b.dtype or (floats and a.dtype.kind != "f"):
                    return call(*promoted(cls, (input, other)), **options)
            elif type(other) is float or type(other) is int:
                b = other
                if a.dtype.kind != "f" and (type(b) is float or floats or a.dtype.kind == "b"):
                    return call(*promoted(cls, (input, other)), **options)
            else:
                return _convert_and_call(cls, input, other, options)
        elif isinstance(other, Tensor) and (type(input) is float or type(input) is int):
            a, b = input, other._data
            like = type(b)
            if b.dtype.kind != "f" and (type(a) is float or floats or b.dtype.kind == "b"):
                return call(*promoted(cls, (input, other)), **options)
        else:
            return _convert_and_call(cls, input, other, options)
        try:
            r = forward(table[like], a, b)
        except Exception as error:
            again = wrapped(error, (input, other)) or on_one_device((input, other))
            if again is not None:
                return call(*again, **options)
            raise errors.explain(cls, error, (input, other), {}) from error
        if type(r) is not like:
            r = XP[like].asarray(r)
        result = _new(Tensor)
        result._data = r
        result._node = None
        result._requires_grad = False
        result._view = None
        if mode.grad:
            p = q = None
            if first and a is not input:
                if input._view is not None:
                    input._view.sync(input)
                if input._requires_grad:
                    p = input._node or input
            if second and b is not other:
                if other._view is not None:
                    other._view.sync(other)
                if other._requires_grad:
                    q = other._node or other
            if p is not None or q is not None:
                mask = (p is not None, q is not None)
                fetch = fetchers.get(mask) or fetcher(cls, mask)
                node = _new(Node)
                node.op = cls
                node.parents = (p, q)
                node.saved = fetch((a, b), (r,), None)
                node.shape = r.shape
                node.time = tick()
                node.hooks = node.trace = None
                result._node = node
                result._requires_grad = True
        if mode.watcher is not None:
            mode.watcher.check_forward(cls, result, (input, other))
        return _into(cls, result, **options) if options else result

    return call


def _into(cls: type[Op], result: Any, out: Any = None, **unknown: Any) -> Any:
    """The result, in the tensor given as ``out=``; TypeError for arguments that there are not."""
    for name in unknown:
        raise TypeError(f"{cls.name}() got an unexpected keyword argument {name!r}")
    return result if out is None else write_out(out, result)


def _without_tensor(cls: type[Op], inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What is computed of raw arrays, or of inputs that were given under other names."""
    if any(x is MISSING for x in inputs):
        given = dict(zip(cls.inputs, inputs, strict=True))
        named = own_names(cls.name, given, options)
        for name in cls.inputs:
            if name not in named:
                raise TypeError(f"{cls.name}() missing required argument: {name!r}")
        return cls.function(*[named.pop(name) for name in cls.inputs], **named)
    return _into(cls, raw(cls, inputs, {}), **options)


def _convert_and_call(cls: type[Op], input: Any, other: Any, options: dict[str, Any]) -> Any:
    """The rarer kinds of operands: bools, NumPy scalars and arrays beside a Tensor, raw arrays."""
    with_tensor = isinstance(input, Tensor) or isinstance(other, Tensor)
    if not with_tensor or input is MISSING or other is MISSING:
        return _without_tensor(cls, (input, other), options)
    like = input if isinstance(input, Tensor) else other
    operands = [operand(x, like) for x in (input, other)]
    if any(o is NotImplemented for o in operands):
        return reflected(cls, input, other)
    return cls.function(*promoted(cls, operands), **options)


def reflected(cls: type[Op], input: Any, other: Any) -> Any:
    """What an operand of a class that is not known here makes of the other, as Python's operators do.

    TypeError if it has nothing to say.
    """
    name = _REFLECTED.get(cls.name)
    if name is not None and isinstance(input, Tensor):
        # In the classes themselves, as Python looks it up: not in theirs.
        for kind in type(other).__mro__:
            answer = vars(kind)[name](other, input) if name in vars(kind) else NotImplemented
            if answer is not NotImplemented:
                return answer
    raise TypeError(errors.bad_operand(cls, input, other))


_REFLECTED = {
    "add": "__radd__", "sub": "__rsub__", "mul": "__rmul__", "div": "__rtruediv__",
    "floor_divide": "__rfloordiv__", "remainder": "__rmod__", "pow": "__rpow__",
    "bitwise_and": "__rand__", "bitwise_or": "__ror__", "bitwise_xor": "__rxor__",
    "bitwise_left_shift": "__rlshift__", "bitwise_right_shift": "__rrshift__",
    "lt": "__gt__", "le": "__ge__", "gt": "__lt__", "ge": "__le__", "matmul": "__rmatmul__",
}  # fmt: skip


def operand(value: Any, like: Tensor) -> Any:
    """`value` as an operand beside the Tensor `like`, or NotImplemented."""
    if isinstance(value, (Tensor, float, int)):
        return float(value) if isinstance(value, np.floating) else value
    if isinstance(value, (np.ndarray, np.generic)):
        if like.device.type != "cpu" and np.ndim(value):
            raise RuntimeError(errors.mixed_devices((like._data, value)))
        return value.item() if np.ndim(value) == 0 and like.device.type != "cpu" else wrap(value)
    return wrap(value) if type(value) in XP else NotImplemented


def wrapped(error: Exception, operands: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The operands with Python ints in the tensors' type, if `error` says that they do not fit it."""
    kind = next(x._data.dtype for x in operands if isinstance(x, Tensor))
    if not isinstance(error, OverflowError) or kind.kind not in "iu":
        return None
    return tuple(fitted(x, kind) if type(x) is int else x for x in operands)


def on_one_device(inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The operands with 0-d tensors of the CPU sent to the GPU of the others; None if none are."""
    from retrograd.autograd_core.ops.casting import convert

    numbers = [isinstance(x, Tensor) and x.is_cpu and x._data.ndim == 0 for x in inputs]
    others = {
        x.device for x, n in zip(inputs, numbers, strict=True) if isinstance(x, Tensor) and not n
    }
    if len(others) != 1 or not any(numbers) or next(iter(others)).type == "cpu":
        return None
    where = others.pop()
    return tuple(convert(x, device=where) if n else x for x, n in zip(inputs, numbers, strict=True))


def promoted(cls: type[Op], operands: Any) -> tuple[Any, ...]:
    """The operands with all Tensors in the type that PyTorch would compute in.

    Inputs without a derivative, such as a mask or an index, take no part where others have one.
    """
    from retrograd.autograd_core.ops.casting import cast

    names = cls.inputs if cls.rules and not cls.variadic else ()
    taking_part = [not names or n in cls.rules for n in names or operands]
    known = [
        x._data if isinstance(x, Tensor) else x
        for x, part in zip(operands, taking_part, strict=True)
        if part and x is not None
    ]
    target = result_dtype(*known)
    if not cls.bools and any(x is True or x is False or _is_bool(x) for x in known):
        raise RuntimeError(errors.no_bools(cls))
    if cls.floats and target.kind != "f":
        target = default_float()
    return tuple(
        cast(x, dtype=target)
        if part and isinstance(x, Tensor) and x._data.dtype is not target
        else (_as_number(x, target, known) if type(x) is bool else x)
        for x, part in zip(operands, taking_part, strict=True)
    )


def _is_bool(x: Any) -> bool:
    return type(x) in XP and x.dtype.kind == "b"


def _as_number(x: bool, target: np.dtype, beside: list[Any]) -> Any:
    """A Python bool as a number, or as a Tensor where the other operands are bools too."""
    if target.kind != "b":
        return target.type(x).item()
    array = next(a for a in beside if type(a) in XP)
    return wrap(XP[type(array)].asarray(x))


def raw(cls: type[Op], arrays: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute on raw arrays, as vjps do in a plain backward pass; no Tensor, no record."""
    for array in arrays:
        if type(array) in XP:
            break
    else:
        raise TypeError(errors.not_a_tensor(cls, arrays))
    results = cls._forward(cls._table[type(array)], *arrays, **attributes)  # type: ignore[attr-defined]
    if not cls.keeps:
        return results
    return results[: len(cls.outputs)] if cls.outputs else results[0]


def _general(cls: type[Op]) -> Callable[..., Any]:
    """The function of an op with attributes, several outputs, or any number of inputs."""
    forward, table = cls._forward, cls._table  # type: ignore[attr-defined]
    count = len(cls.inputs)
    variadic, several = cls.variadic, bool(cls.outputs or cls.keeps)
    defaults = {n: d for n, d in cls.attributes.items() if d is not REQUIRED}
    can_mix = cls.promotes or cls.floats or len(cls.inputs) > 1 or variadic
    mode = state

    def call(*inputs: Any, **attributes: Any) -> Any:
        if not variadic and len(inputs) < count:
            inputs += (None,) * (count - len(inputs))
        if defaults:
            attributes = {**defaults, **attributes}
        if can_mix:
            inputs = _prepare(cls, inputs)
        arrays = [x._data if isinstance(x, Tensor) else x for x in inputs]
        for k, x in enumerate(inputs):
            if isinstance(x, Tensor):
                like = type(arrays[k])
                break
        else:
            return raw(cls, inputs, attributes)
        try:
            r = forward(table[like], *arrays, **attributes)
        except Exception as error:
            return _failed(cls, error, inputs, attributes)
        outs = r if several else (r,)
        parents = _parents(cls, inputs) if mode.grad and cls.rules else None
        node = None
        if parents is not None:
            mask = tuple([p is not None for p in parents])
            saved = fetcher(cls, () if variadic else mask)(arrays, outs, attributes)
            node = Node(cls, parents, saved, None, tick())
        if cls.outputs:
            result: Any = _several_outputs(cls, node, outs[: len(cls.outputs)], XP[like])
        else:
            result = _one_output(node, outs[0], like)
        if mode.watcher is not None:
            mode.watcher.check_forward(cls, result, inputs)
        return result

    return call


def _variadic(cls: type[Op]) -> Callable[..., Any]:
    """The function of an op with any number of inputs; unlike ones are left to the general one."""
    forward, table = cls._forward, cls._table  # type: ignore[attr-defined]
    general = _general(cls)
    mode = state

    def call(*inputs: Any, **attributes: Any) -> Any:
        try:
            arrays = [x._data for x in inputs]
            kind, like = arrays[0].dtype, type(arrays[0])
        except (AttributeError, IndexError):
            return general(*inputs, **attributes)
        for array in arrays:
            if array.dtype is not kind or type(array) is not like:
                return general(*inputs, **attributes)
        try:
            r = forward(table[like], *arrays, **attributes)
        except Exception as error:
            raise errors.explain(cls, error, inputs, attributes) from error
        result = blank(Tensor, r)
        parents = None
        if mode.grad and kind.kind == "f":
            for x in inputs:
                if x._requires_grad or x._view is not None:
                    parents = _parents(cls, inputs)
                    break
        if parents is not None:
            saved = fetcher(cls, ())(arrays, (r,), attributes)
            result._node = Node(cls, parents, saved, r.shape, tick())
            result._requires_grad = True
        if mode.watcher is not None:
            mode.watcher.check_forward(cls, result, inputs)
        return result

    return call


def _prepare(cls: type[Op], inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give the inputs a common type where the op promotes, and check that they agree where not."""
    kinds = {x._data.dtype for x in inputs if isinstance(x, Tensor)}
    if cls.promotes and kinds:
        scalars = any(isinstance(x, _SCALARS) for x in inputs)
        if len(kinds) > 1 or scalars or (cls.floats and next(iter(kinds)).kind != "f"):
            return promoted(cls, inputs)
        return inputs
    if cls.floats and any(kind.kind != "f" for kind in kinds):
        return promoted(cls, inputs)
    if len({kind for kind in kinds if kind.kind == "f"}) > 1:
        raise RuntimeError(errors.mixed_dtypes(cls, inputs))
    return inputs


def _parents(cls: type[Op], inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What each input's cotangent goes to; None if no input wants one."""
    parents: list[Any] = []
    wanted = False
    for k, x in enumerate(inputs):
        parent = None
        if isinstance(x, Tensor) and (cls.variadic or cls.inputs[k] in cls.rules):
            if x._view is not None:
                x._view.sync(x)
            if x._requires_grad:
                parent = x._node or x
                wanted = True
        parents.append(parent)
    return tuple(parents) if wanted else None


def _one_output(node: Node | None, r: Any, like: type) -> Tensor:
    if type(r) is not like:
        # A 0-d result of NumPy, or an array of the device that the op sends to.
        r = XP[type(r)].asarray(r)
    result = blank(Tensor, r)
    if node is not None and r.dtype.kind == "f":
        node.shape = r.shape
        result._node, result._requires_grad = node, True
    return result


def _several_outputs(cls: type[Op], node: Node | None, outs: Any, xp: Any) -> tuple[Tensor, ...]:
    results = tuple(blank(Tensor, xp.asarray(r)) for r in outs)
    if node is not None:
        node.shape = tuple(r._data.shape for r in results)
        for k, result in enumerate(results):
            if result._data.dtype.kind == "f":
                result._node = cls.pick(node, k, result._data.shape)
                result._requires_grad = True
    return results


def _failed(
    cls: type[Op], error: Exception, inputs: tuple[Any, ...], attributes: dict[str, Any]
) -> Any:
    """The result once 0-d operands are where the others are; else raise `error`, explained."""
    together = on_one_device(inputs) if cls.broadcasts else None
    if together is None:
        raise errors.explain(cls, error, inputs, attributes) from error
    return cls.function(*together, **attributes)


# What the written functions call by other names.
_HELPERS = {"_failed": _failed, "_owner": owner, "_View": View, "_several": _several_outputs}
