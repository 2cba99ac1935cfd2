"""What looks on while operations run: anomaly detection and hooks on saved tensors."""

from __future__ import annotations

from typing import Any, Protocol

from retrograd.autograd_core.modes import state


class Watcher(Protocol):
    """Called after each operation, forward and backward."""

    def check_forward(self, op: Any, result: Any, inputs: tuple[Any, ...]) -> None:
        """After `op` has made `result`, a Tensor or a tuple, of `inputs`."""

    def check_backward(self, node: Any, results: Any) -> None:
        """After a backward step has made a gradient, or None, for each input of `node`."""


class Watchers:
    """Several watchers as one, at most one of each kind."""

    __slots__ = ("each",)

    def __init__(self, each: tuple[Watcher, ...]):
        self.each = each

    def check_forward(self, op: Any, result: Any, inputs: tuple[Any, ...]) -> None:
        """Tell all of them."""
        for watcher in self.each:
            watcher.check_forward(op, result, inputs)

    def check_backward(self, node: Any, results: Any) -> None:
        """Tell all of them."""
        for watcher in self.each:
            watcher.check_backward(node, results)


def install(kind: type, watcher: Watcher | None) -> Any:
    """Put `watcher` in the place of that of its kind (None: remove it); return what was before."""
    before = state.watcher
    others = tuple(w for w in before.each if not isinstance(w, kind)) if before else ()
    each = others if watcher is None else (*others, watcher)
    state.watcher = Watchers(each) if each else None
    return before
