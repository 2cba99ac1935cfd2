"""Op: one operation in one place, and what is worked out once when its class is made.

A subclass gives the forward computation and, for each input that has a derivative, its
vector-Jacobian product, all as plain functions::

    class Mul(Op, broadcasts=True):
        def forward(xp, input, other): return input * other    # raw arrays of one backend
        def vjp_input(g, other): return g * other
        def vjp_other(g, input): return g * input

What a vjp names is what is saved for it: an input, ``out``, an attribute (a keyword-only argument of
`forward`), ``input_shape`` or ``input_dtype``, ``out_shape``, or one of the values that the class
`keeps`. Vjps use operators and other ops only, so the same rule runs on raw arrays in a plain
backward pass and on Tensors when the backward pass is itself recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from retrograd.autograd_core import errors
from retrograd.autograd_core.calls import make_function
from retrograd.autograd_core.changes import changes, tick
from retrograd.autograd_core.cotangents import Cotangents
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.plan import compile_fused, compile_pullback, read_rules, read_signature
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP


class Op:
    """An operation. Subclasses are never instantiated; see the module's text for what they hold.

    Class arguments
    ---------------
    broadcasts : bool
        Inputs are broadcast against each other and promoted to a common type; the engine sums each
        gradient back to its input's shape.
    floats : bool
        Integer inputs are computed in the default floating point type.
    promotes : bool
        Inputs are promoted to a common type (but not broadcast).
    view : bool
        The result may share memory with the first input.
    outputs : tuple of str
        Names of the results, when there are several; vjps then take ``g_<name>`` for each they use,
        zeros where no cotangent came (None if ``zeros=False``).
    keeps : tuple of str
        Names of further values that `forward` returns behind its result(s), only for vjps. They
        are constants to the second derivative: masks, indices; or used by `fused` alone.
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    attributes: ClassVar[dict[str, Any]]
    outputs: ClassVar[tuple[str, ...]]
    keeps: ClassVar[tuple[str, ...]]
    differentiable: ClassVar[tuple[str, ...]]
    variadic: ClassVar[bool]
    broadcasts: ClassVar[bool]
    floats: ClassVar[bool]
    promotes: ClassVar[bool]
    view: ClassVar[bool]
    picks: ClassVar[bool] = False
    zeros: ClassVar[bool]
    # Whether bools are welcome among operands of several types.
    bools: ClassVar[bool] = True
    _table: ClassVar[dict[type, Any]]
    _forward: ClassVar[Callable[..., Any]]
    _fetchers: ClassVar[dict[Any, Any]]
    rules: ClassVar[dict[str, Callable[..., Any]]]
    saved_names: ClassVar[tuple[str, ...]]
    saves_arrays: ClassVar[bool]
    pullback: ClassVar[Callable[..., Any]]
    fast_pullback: ClassVar[Callable[..., Any]]
    function: ClassVar[Callable[..., Any]]
    registry: ClassVar[dict[str, type[Op]]] = {}

    def __init_subclass__(
        cls,
        *,
        broadcasts: bool = False,
        floats: bool = False,
        promotes: bool = False,
        view: bool = False,
        outputs: tuple[str, ...] = (),
        keeps: tuple[str, ...] = (),
        zeros: bool = True,
        name: str | None = None,
    ):
        cls.name = name or _snake_case(cls.__name__)
        cls.broadcasts, cls.floats, cls.view = broadcasts, floats, view
        cls.promotes = promotes or broadcasts
        cls.outputs, cls.keeps, cls.zeros = outputs, keeps, zeros
        read_signature(cls)
        read_rules(cls)
        cls._fetchers = {}
        fused = getattr(cls, "fused", None)
        cls.pullback = staticmethod(_compiled_when_used(cls, fused))  # type: ignore[assignment]
        fast = compile_fused(cls, fused) if fused else cls.pullback
        cls.fast_pullback = staticmethod(fast)  # type: ignore[assignment]
        cls.function = staticmethod(make_function(cls))  # type: ignore[assignment]
        Op.registry[cls.__name__] = cls

    @staticmethod
    def pick(node: Node, index: int, shape: tuple[int, ...]) -> Node:
        """The node of output number `index` of an op that has several."""
        return Node(Pick, (node,), (index,), shape, tick())

    @classmethod
    def unpack(cls, node: Node) -> tuple[Any, ...]:
        """The saved values as Tensors that are connected to the graph."""
        saved = node.saved
        return tuple(
            _connect(cls, node, name, value)
            for name, value in zip(cls.saved_names, saved, strict=True)
        )

    @classmethod
    def check_unchanged(cls, node: Node) -> None:
        """RuntimeError if the memory of a saved value was written to after it was saved."""
        for name, value in zip(cls.saved_names, node.saved, strict=True):
            for array in value if isinstance(value, tuple) else (value,):
                if type(array) in XP:
                    write = changes.of(array)
                    if write is not None and write.time > node.time:
                        raise RuntimeError(errors.changed_in_place(node, name, array, write))


def _compiled_when_used(cls: type[Op], fused: Any) -> Callable[..., Any]:
    """The pullback of `cls`, which puts its compiled self in its place when first called."""

    def first(p: Any, g: Any, s: Any) -> Any:
        pullback = compile_pullback(cls, cls.rules)
        cls.pullback = staticmethod(pullback)  # type: ignore[assignment]
        if not fused:
            cls.fast_pullback = staticmethod(pullback)  # type: ignore[assignment]
        return pullback(p, g, s)

    return first


def _snake_case(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _connect(cls: type[Op], node: Node, name: str, value: Any) -> Any:
    """A saved value as a Tensor that leads to the node or leaf it came from."""
    if name in cls.inputs:
        if cls.variadic:
            return tuple(attach(v, p) for v, p in zip(value, node.parents, strict=True))
        return attach(value, node.parents[cls.inputs.index(name)])
    if type(value) not in XP:
        return value
    if name == "out":
        return attach(value, node)
    if name in cls.outputs:
        return attach(value, cls.pick(node, cls.outputs.index(name), value.shape))
    return wrap(value)


def attach(value: Any, parent: Any) -> Any:
    """A raw array as a Tensor made by `parent`: a node, a leaf, or None for a constant."""
    if type(value) not in XP:
        return value
    if isinstance(parent, Tensor) and parent._data is value:
        return parent
    tensor = wrap(value)
    if parent is not None:
        tensor._requires_grad = True
        tensor._node = parent if type(parent) is Node else _alias(parent)
    return tensor


def _alias(leaf: Tensor) -> Node:
    """A node that hands its cotangent on to a leaf whose memory has been replaced since."""
    return Node(Alias, (leaf,), (), leaf._data.shape, tick())


class Alias(Op):
    """The input itself."""

    def forward(xp, input):
        return input

    def vjp_input(g):
        return g


class Pick(Op):
    """One output of an op with several; its cotangent goes to that output's place."""

    picks = True

    def forward(xp, input, *, index):
        return input[index]

    def vjp_input(g, index):
        return Cotangents({index: g})
