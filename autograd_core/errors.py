"""The words of the engine's error messages: what came, what was expected, where, how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrograd.backends.device import device_of
from retrograd.backends.dtypes import to_dtype
from retrograd.backends.registry import XP

if TYPE_CHECKING:
    from retrograd.autograd_core.changes import Write
    from retrograd.autograd_core.node import Node


class LinAlgError(RuntimeError):
    """A matrix that a decomposition or a solution does not exist for, such as a singular one."""


def describe(value: Any) -> str:
    """An argument in a few words: a tensor's shape, type and device, else the value."""
    data = getattr(value, "_data", value)
    if type(data) in XP and hasattr(data, "shape"):
        kind = "Tensor" if data is not value else type(value).__name__
        where = device_of(data)
        place = "" if where.type == "cpu" else f" on {where}"
        return f"{kind} of shape {list(data.shape)}, {to_dtype(data.dtype).name}{place}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def explain(op: Any, error: Exception, inputs: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """The exception to raise when the forward computation of `op` has failed."""
    arrays = [getattr(x, "_data", x) for x in inputs]
    arrays = [x for x in arrays if type(x) in XP and hasattr(x, "shape")]
    if len({device_of(x) for x in arrays}) > 1:
        return RuntimeError(mixed_devices(arrays))
    if op.broadcasts and len(arrays) > 1:
        clash = broadcast_clash([x.shape for x in arrays])
        if clash:
            return RuntimeError(f"{op.name}(): {clash}")
    got = "; ".join(describe(x) for x in inputs if x is not None)
    given = ", ".join(f"{k}={describe(v)}" for k, v in attributes.items())
    text = str(error)
    if not text.startswith(f"{op.name}()"):
        text = f"{op.name}(): {text}"
    kept = (TypeError, IndexError, ValueError, LinAlgError)
    kind = type(error) if type(error) in kept else RuntimeError
    return kind(f"{text}\n  got {got}" + (f", with {given}" if given else ""))


def broadcast_clash(shapes: list[tuple[int, ...]]) -> str | None:
    """Which dimension keeps two shapes from being broadcast, or None."""
    first = shapes[0]
    for other in shapes[1:]:
        rank = max(len(first), len(other))
        a = (1,) * (rank - len(first)) + tuple(first)
        b = (1,) * (rank - len(other)) + tuple(other)
        for axis in reversed(range(rank)):
            if a[axis] != b[axis] and 1 not in (a[axis], b[axis]):
                return (
                    f"The size of tensor a ({a[axis]}) must match the size of tensor b ({b[axis]}) "
                    f"at non-singleton dimension {axis}: got shapes {list(first)} and {list(other)}"
                )
        first = tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))
    return None


def mixed_devices(arrays: Any) -> str:
    """What to say when the operands live on several devices."""
    names = list(dict.fromkeys(str(device_of(x)) for x in arrays))
    return (
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{' and '.join(names)}! Move one of them, e.g. x.to('{names[0]}')"
    )


def mixed_dtypes(op: Any, inputs: tuple[Any, ...]) -> str:
    """What to say when an op that does not promote gets several floating point types."""
    got = "; ".join(f"{n}: {describe(x)}" for n, x in zip(op.inputs, inputs, strict=False))
    return (
        f"{op.name}(): expected all floating point inputs to have the same dtype, got {got}; "
        "convert one of them, e.g. x.float() or model.double()"
    )


def bad_operand(op: Any, *operands: Any) -> str:
    """What to say when an operand is neither tensor nor number."""
    return f"{op.name}(): unsupported operand(s): {' and '.join(describe(x) for x in operands)}"


def no_bools(op: Any) -> str:
    """What to say when an operand is a bool where there is no arithmetic of bools."""
    return (
        f"{op.name}(): the `-` operator with a bool tensor is not supported; to invert a mask use "
        "`~` or logical_not(), to compute with it x.int()"
    )


def not_a_tensor(op: Any, arguments: tuple[Any, ...]) -> str:
    """What to say when none of the arguments is a tensor."""
    first = next((a for a in arguments if a is not None), None)
    return (
        f"{op.name}(): argument '{op.inputs[0] if op.inputs else 'input'}' (position 1) must be "
        f"Tensor, not {type(first).__name__}; make one with retrograd.tensor(...)"
    )


def changed_in_place(node: Node, name: str, array: Any, write: Write) -> str:
    """What to say when a saved value has been written to."""
    made = f"\n  {node.op.name} ran at: {node.trace}" if node.trace else ""
    return (
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {node.op.name}() saved its {name!r} (shape {list(array.shape)}, "
        f"{to_dtype(array.dtype).name}) for the backward pass, and {write.by} changed it afterwards. "
        f"Use the out-of-place form of {write.by}, or give it a copy: x.clone()." + made
    )
