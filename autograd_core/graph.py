"""The graph in users' hands: `Node`, and hooks on what is saved for the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retrograd.autograd_core import watchers
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = ["Node", "saved_tensors_hooks"]


class saved_tensors_hooks:
    """In the block, tensors saved for backward pass through `pack_hook`, and back by `unpack_hook`.

    Parameters
    ----------
    pack_hook : callable
        Takes each saved tensor, returns anything.
    unpack_hook : callable
        Takes what `pack_hook` returned, returns a tensor of the same values.

    Examples
    --------
    >>> x = rg.tensor([3.0], requires_grad=True)
    >>> with rg.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), rg.tensor):
    ...     y = x * x
    >>> y.backward()
    >>> x.grad
    tensor([6.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self._hooks = _Hooks(pack_hook, unpack_hook)

    def __enter__(self) -> None:
        self._before = watchers.install(_Hooks, self._hooks)

    def __exit__(self, *exc: object) -> None:
        state.watcher = self._before


class _Packed:
    """What a pack hook made of a saved array."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value


class _Hooks:
    """The watcher: it packs what each new node has saved."""

    def __init__(self, pack: Callable[[Tensor], Any], unpack: Callable[[Any], Tensor]):
        self.pack, self.unpack = pack, unpack

    def check_forward(self, op: Any, result: Any, inputs: tuple[Any, ...]) -> None:
        """Pack the saved arrays of the node behind `result`."""
        for r in result if isinstance(result, tuple) else (result,):
            node = getattr(r, "_node", None)
            if node is not None and node.op.picks:
                node = node.parents[0]
            if node is not None and not isinstance(node.op, _Unpacking):
                node.saved = tuple(self._packed(value) for value in node.saved)
                node.op = _Unpacking(node.op, self.unpack)

    def _packed(self, value: Any) -> Any:
        if isinstance(value, tuple) and any(type(x) in XP for x in value):
            return tuple(self._packed(x) for x in value)
        if type(value) not in XP:
            return value
        hooks = watchers.install(_Hooks, None)
        try:
            return _Packed(self.pack(wrap(value)))
        finally:
            state.watcher = hooks

    def check_backward(self, node: Any, results: Any) -> None:
        """Nothing to see in the backward pass."""


class _Unpacking:
    """An op whose saved values have been packed: unpacks them when they are used."""

    def __init__(self, op: Any, unpack: Callable[[Any], Tensor]):
        self._op, self._unpack_hook = op, unpack

    def __getattr__(self, name: str) -> Any:
        return getattr(self._op, name)

    def _unpacked(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._unpacked(x) for x in value)
        if not isinstance(value, _Packed):
            return value
        tensor = self._unpack_hook(value.value)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        return tensor._data

    def fast_pullback(self, parents: Any, g: Any, saved: Any) -> Any:
        """The rules on the unpacked values."""
        return self._op.fast_pullback(parents, g, self._unpacked(saved))

    def pullback(self, parents: Any, g: Any, saved: Any) -> Any:
        """The rules on Tensors, which `unpack` has unpacked."""
        return self._op.pullback(parents, g, saved)

    def unpack(self, node: Node) -> tuple[Any, ...]:
        """The unpacked values as Tensors that are connected to the graph."""
        twin = Node(self._op, node.parents, self._unpacked(node.saved), node.shape, node.time)
        return self._op.unpack(twin)

    def check_unchanged(self, node: Node) -> None:
        """Nothing to check: what was packed is no longer the memory that was saved."""
