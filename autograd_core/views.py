"""Views and in-place writes: how gradients follow memory that several tensors share.

A view remembers the tensor it is a view of and how it was made. A write to a view is a write to part
of what it views, and so on up to the root; it gives the root a new node, and every other view of that
root sees by it that its own node is out of date, and makes a new one when next used.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from retrograd.autograd_core import errors, modes
from retrograd.autograd_core.changes import changes, tick
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.tensor import Tensor, blank
from retrograd.backends.base import owner
from retrograd.backends.device import address
from retrograd.backends.dtypes import can_cast, to_dtype
from retrograd.backends.registry import XP

if TYPE_CHECKING:
    from retrograd.autograd_core.op import Op


class View:
    """How a tensor was made from `parent`, whose memory it shares.

    Attributes
    ----------
    parent, root : Tensor
        What it is a view of, and the tensor at the end of that chain.
    op, attributes
        The op that makes it from the parent.
    seen : Node or None
        The root's node when the view's own node was made.
    """

    __slots__ = ("parent", "root", "op", "attributes", "seen")

    def __init__(self, op: type[Op], parent: Tensor, attributes: dict[str, Any]):
        self.parent, self.op, self.attributes = parent, op, attributes
        self.root: Tensor = parent if parent._view is None else parent._view.root
        self.seen = self.root._node

    def of(self, value: Any) -> Any:
        """The same view of another value of the parent's shape: a tensor or an array."""
        return self.op.function(value, **self.attributes)

    def sync(self, tensor: Tensor) -> None:
        """Make the node of `tensor` anew if the root was written to since."""
        if self.seen is self.root._node or self._only_reshaped():
            return
        stale = []
        current: Tensor | None = tensor
        while current is not None and current._view and current._view.seen is not self.root._node:
            stale.append(current)
            current = current._view.parent
        for view in reversed(stale):
            with modes.enable_grad():
                again = view._view.of(view._view.parent)
            if not same_place(again._data, view._data):
                raise RuntimeError(_RESHAPED)
            view._node, view._requires_grad = again._node, again._requires_grad
            view._view.seen = self.root._node

    def _only_reshaped(self) -> bool:
        """Whether the root has changed since in how it looks at its memory, but not in its values."""
        node = self.root._node
        if self.root._view is not None:
            return False
        # Only `become` puts a view's node on a tensor that is no view.
        while node is not None and node.op.view and node is not self.seen:
            parent = node.parents[0]
            node = parent if type(parent) is Node else None
        if node is not self.seen:
            return False
        self.seen = self.root._node
        return True


_RESHAPED = (
    "a view cannot be used any more, since the tensor that it is a view of was reshaped in place "
    "(t_(), squeeze_() or the like) and then written to: make the view anew"
)


def same_place(a: Any, b: Any) -> bool:
    """Whether two arrays are the same elements in the same order."""
    return a.shape == b.shape and a.strides == b.strides and address(a) == address(b)


def note_view(op: type[Op], parent: Tensor, result: Any, attributes: dict[str, Any]) -> None:
    """Mark `result` of a view op as a view, if it does share the memory of `parent`."""
    if isinstance(result, Tensor) and owner(result._data) is owner(parent._data):
        result._view = View(op, parent, attributes)


def write(tensor: Tensor, result: Tensor, by: str, since: int | None = None) -> Tensor:
    """Make `tensor` hold the values of `result`, which was computed from it, in place.

    What nodes made after the time `since` have saved of the old values is copied first.

    RuntimeError if the shapes differ, the type cannot hold the result, or `tensor` is a leaf (or a
    view of one) that requires grad.
    """
    check_writable(tensor, by)
    target, source = tensor._data, result._data
    if target.shape != source.shape:
        raise RuntimeError(
            f"{by}: output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(source.shape)}"
        )
    if source.dtype is not target.dtype and not can_cast(source.dtype, target.dtype):
        raise RuntimeError(
            f"{by}: result type {to_dtype(source.dtype).name} can't be cast to the desired output "
            f"type {to_dtype(target.dtype).name}"
        )
    if since is not None and result._node is not None:
        _keep_originals(result._node, target, since)
    target[...] = source
    changes.note(target, by)
    if modes.state.grad and (result.requires_grad or tensor.requires_grad):
        record_write(tensor, result)
    return tensor


def _keep_originals(node: Node | None, target: Any, since: int) -> None:
    """Copy what the nodes behind `node` made after `since` have saved of the memory of `target`."""
    memory = owner(target)
    stack: list[Any] = [node]
    while stack:
        node = stack.pop()
        if type(node) is Node and node.time > since:
            node.saved = tuple(
                [v.copy() if type(v) in XP and owner(v) is memory else v for v in node.saved]
            )
            stack.extend(node.parents)


def check_writable(tensor: Tensor, by: str) -> None:
    """RuntimeError if an in-place operation on `tensor` is not allowed now."""
    if modes.state.grad and tensor.requires_grad:
        root = tensor if tensor._view is None else tensor._view.root
        if root._requires_grad and root._node is None:
            what = "a leaf Variable" if root is tensor else "a view of a leaf Variable"
            raise RuntimeError(
                f"{what} that requires grad is being used in an in-place operation ({by}): do it "
                "under no_grad(), or on a clone: x = x.clone()"
            )
        _refuse_parts_of_repeated(tensor, by)
    if _repeats(tensor._data):
        raise RuntimeError(_REPEATED.format(by))


_REPEATED = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory "
    "location ({} on an expanded tensor). Please clone() the tensor before performing the operation."
)


def _repeats(data: Any) -> bool:
    """Whether several elements of an array are one in memory."""
    if 0 not in getattr(data, "strides", ()) or data.size <= 1:
        return False
    return any(s == 0 and n > 1 for n, s in zip(data.shape, data.strides, strict=True))


def _refuse_parts_of_repeated(tensor: Tensor, by: str) -> None:
    """RuntimeError if `tensor` is part of an expanded one: its repetitions would change unnoticed."""
    child = tensor
    while child._view is not None:
        child = child._view.parent
        if _repeats(child._data):
            raise RuntimeError(_REPEATED.format(by))


def record_write(tensor: Tensor, result: Tensor) -> None:
    """Give `tensor` the node of `result`, and what it is a view of a node that holds the change."""
    from retrograd.autograd_core.ops.casting import cast

    if result._data.dtype is not tensor._data.dtype:
        result = cast(result, dtype=tensor._data.dtype)
    _refuse_parts_of_repeated(tensor, "a write")
    child_node: Any = result._node or (result if result._requires_grad else None)
    child = tensor
    while child._view is not None:
        view, parent = child._view, child._view.parent
        parent_node = parent._node or (parent if parent._requires_grad else None)
        # Not the View itself, which knows the parent: the node would keep what leads to it.
        part = functools.partial(view.op.function, **view.attributes)
        saved = (part, child._data.shape)
        new = Node(ViewWrite(), (parent_node, child_node), saved, parent._data.shape, tick())
        parent._node, parent._requires_grad = new, True
        child, child_node = parent, new
    if child is tensor:
        _adopt(tensor, result)
    else:
        tensor._view.sync(tensor)


def _adopt(tensor: Tensor, result: Tensor) -> None:
    """The written tensor takes over the node of the result."""
    node = result._node
    if node is None and result._requires_grad:
        node = alias(result)
    tensor._node, tensor._requires_grad = node, node is not None


def ViewWrite() -> Any:
    """The op that replaces the part of an array that a view looks at."""
    from retrograd.autograd_core.ops.indexing import ViewWrite as Found

    return Found


def alias(leaf: Tensor) -> Node:
    """A node that hands its cotangent on to a leaf."""
    from retrograd.autograd_core.op import Alias

    return Node(Alias, (leaf,), (), leaf._data.shape, tick())


def in_place(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    """The method ``name(self, ...)`` that writes what `function` computes into `self`."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        since = tick()
        return write(self, function(self, *args, **kwargs), f"{name}()", since)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place version of `{function.__name__}`."
    return method


def write_out(out: Tensor, result: Tensor) -> Tensor:
    """Put `result` into the tensor given as ``out=``.

    An `out` of another shape is resized, with a warning unless it was empty. RuntimeError if `out`
    or the result requires grad, or the type of `out` cannot hold the result.
    """
    for x in (out, result):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"argument 'out' must be a Tensor for the result of Tensors, not a "
                f"{type(x).__name__}"
            )
    if modes.state.grad and (out.requires_grad or result.requires_grad):
        raise RuntimeError(
            "functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad: leave out= away, or use no_grad()"
        )
    if type(out._data) is not type(result._data):
        raise RuntimeError(errors.mixed_devices((result._data, out._data)))
    if not can_cast(result._data.dtype, out._data.dtype):
        raise RuntimeError(f"result type {result.dtype} can't be cast to the desired {out.dtype}")
    if out._data.shape == result._data.shape:
        out._data[...] = result._data
        changes.note(out._data, "a function with out=")
    else:
        if out._data.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape "
                f"{list(out._data.shape)}, which does not match the required output shape "
                f"{list(result._data.shape)}: give an empty one, or one of that shape",
                stacklevel=3,
            )
        # PyTorch resizes; a tensor here simply gets new memory of the right size.
        out._data, out._view = XP[type(result._data)].asarray(result._data, out._data.dtype), None
    return out


def become(tensor: Tensor, reshaped: Callable[[Tensor], Tensor], by: str) -> Tensor:
    """Make `tensor` look at its memory as ``reshaped(tensor)`` does: ``unsqueeze_`` and its kin."""
    check_writable(tensor, by)
    old = blank(Tensor, tensor._data)
    old._node, old._requires_grad, old._view = tensor._node, tensor._requires_grad, tensor._view
    new = reshaped(old)
    tensor._data, tensor._node = new._data, new._node
    tensor._requires_grad = new._requires_grad
    # Where `tensor` owned its memory nobody else knows `old`, so no write can come by way of it.
    tensor._view = None if old._view is None else new._view
    return tensor
