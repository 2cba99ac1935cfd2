"""Which module ran which operations: notes the calls of a model's modules while it is watched."""

from __future__ import annotations

import inspect
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Any

from retrograd.autograd_core.changes import tick
from retrograd.nn.module import Module
from retrograd.viz.graph import Group, Path


@dataclass(slots=True)
class Call:
    """One call of a module, from `start` to `end` on the engine's clock; `key` names its group."""

    path: str
    key: Path
    start: int
    end: int | None
    parent: Call | None


class Watch:
    """Notes each call of a model's modules, so that a picture can group operations by them.

    Parameters
    ----------
    model : Module
        The model that will be called.

    Examples
    --------
    >>> model = rg.nn.Sequential(rg.nn.Linear(2, 3), rg.nn.ReLU())
    >>> with rg.viz.watch(model) as seen:
    ...     loss = model(rg.ones(1, 2)).sum()
    >>> [call.path for call in seen.calls]
    ['', '0', '1']
    """

    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"viz.watch: expected a Module, got {type(model).__name__}")
        self.model = model
        self.calls: list[Call] = []
        self.groups: dict[Path, Group] = {}
        self.inputs: dict[str, Any] = {}
        self._open: list[Call] = []
        self._counts: Counter[Path] = Counter()
        self._handles: list[Any] = []

    def __enter__(self) -> Watch:
        for path, module in self.model.named_modules():
            before, after = self._hooks(path)
            self._handles += [
                module.register_forward_pre_hook(before, prepend=True, with_kwargs=True),
                module.register_forward_hook(after),
            ]
        return self

    def __exit__(self, *exc: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._open.clear()
        for module in self.model.modules():
            # A module without hooks is called without a detour.
            if module._hooks is not None and not any(vars(module._hooks).values()):
                module._hooks = None

    def _hooks(self, path: str) -> tuple[Any, Any]:
        def before(module: Module, args: Any, kwargs: Any) -> None:
            self._begin(path, module, args, kwargs)

        def after(module: Module, args: Any, output: Any) -> None:
            while self._open:
                call = self._open.pop()
                call.end = tick()
                if call.path == path:
                    break

        return before, after

    def _begin(self, path: str, module: Module, args: Any, kwargs: Any) -> None:
        """Note the start of a call; a further call of a module gets a group of its own."""
        parent = self._open[-1] if self._open else None
        if parent is None and path == "":
            names = inspect.signature(module.forward).parameters
            self.inputs.update(zip(names, args, strict=False))
            self.inputs.update(kwargs)
        outside = parent.key if parent else ()
        name = path
        if parent and parent.path and path.startswith(parent.path + "."):
            name = path[len(parent.path) + 1 :]
        place = (*outside, name)
        self._counts[place] += 1
        number = self._counts[place]
        key = outside
        if path or number > 1:
            key = (*outside, f"{name}#{number}" if number > 1 else name)
            kind = type(module).__name__
            title = path or kind
            self.groups[key] = Group(
                f"{title} (call {number})" if number > 1 else title, kind if path else ""
            )
        call = Call(path, key, tick(), None, parent)
        self.calls.append(call)
        self._open.append(call)

    def call_at(self, time: int) -> Call | None:
        """The innermost call that was running at `time`."""
        at = bisect_left(self.calls, time, key=lambda call: call.start) - 1
        call = self.calls[at] if at >= 0 else None
        while call is not None and call.end is not None and call.end < time:
            call = call.parent
        return call


def watch(model: Module) -> Watch:
    """Note the calls of a model's modules inside a ``with`` block; see `Watch`."""
    return Watch(model)
