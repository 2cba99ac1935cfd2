"""PyTorch's signatures, read from the schemas of its operators.

A schema is one way of calling a function: `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool
keepdim=False, *, ScalarType? dtype=None) -> Tensor`. What Python's function has to take follows.
"""

from __future__ import annotations

from typing import Any

REQUIRED = object()


def schemas(torch: Any, name: str) -> list[Any]:
    """The ways of calling the function with a dotted name such as linalg.norm from Python."""
    packet = getattr(torch.ops.aten, name.replace(".", "_"), None)
    found = [getattr(packet, overload)._schema for overload in packet.overloads()] if packet else []
    return [schema for schema in found if _is_public(schema)]


def _is_public(schema: Any) -> bool:
    """Whether it is for tensors, gives a new one, and numbers the dimensions instead of naming them."""
    types = [str(a.type) for a in schema.arguments]
    names = {a.name for a in schema.arguments}
    named_dims = any(
        "str" in t and "dim" in a.name for t, a in zip(types, schema.arguments, strict=True)
    )
    tensors = any("Tensor" in t for t in types)
    writes = "!)" in str(schema)
    return tensors and not named_dims and not writes and "out_dtype" not in names


def positional(schema: Any) -> list[tuple[str, Any]]:
    """Names and defaults of what can be given by position."""
    return [_argument(a) for a in schema.arguments if not a.kwarg_only]


def named(schema: Any) -> list[tuple[str, Any]]:
    """Names and defaults of what has to be given by name."""
    return [_argument(a) for a in schema.arguments if a.kwarg_only]


def _argument(argument: Any) -> tuple[str, Any]:
    # The first tensor is self in the schemas, input in Python.
    name = "input" if argument.name == "self" else argument.name
    value = argument.default_value if argument.has_default_value() else REQUIRED
    return name, tuple(value) if isinstance(value, list) else value
