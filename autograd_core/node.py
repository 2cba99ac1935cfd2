"""One recorded operation: what the backward pass walks over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrograd.autograd_core.tensor import Tensor

# What `saved` is after a backward pass used it up.
FREED: Any = ("freed",)


class Node:
    """A recorded operation.

    Attributes
    ----------
    op : type[Op]
        The class that holds the rules.
    parents : tuple
        For each input what its cotangent goes to: the Node that made it, the leaf Tensor itself, or
        None where no gradient is wanted.
    saved : tuple
        What the rules need, as planned by `op`; `FREED` once used up.
    shape : tuple of int
        The shape of the output.
    time : int
        When it was made, on the clock of `changes`.
    hooks : list or None
        Functions of the cotangent of the output, called before the rules.
    trace : str or None
        Where in the user's program it was made, while `detect_anomaly` is on.

    Examples
    --------
    >>> x = rg.ones(2, requires_grad=True)
    >>> (x * 2).grad_fn.name()
    'MulBackward0'
    """

    __slots__ = ("op", "parents", "saved", "shape", "time", "hooks", "trace", "__weakref__")

    def __init__(self, op: Any, parents: tuple[Any, ...], saved: Any, shape: Any, time: int):
        self.op, self.parents, self.saved, self.shape, self.time = op, parents, saved, shape, time
        self.hooks: list[Callable[..., Any]] | None = None
        self.trace: str | None = None

    def name(self) -> str:
        """The op's name as PyTorch would print it, such as "MulBackward0"."""
        return f"{self.op.__name__}Backward0"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes behind the inputs, as (node, output number) pairs; leaves as AccumulateGrad."""
        return tuple((None if p is None else as_function(p), 0) for p in self.parents)

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad)`` with the cotangent of the output in each backward pass."""
        if self.hooks is None:
            self.hooks = []
        return RemovableHandle(self.hooks, hook)

    register_prehook = register_hook

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class AccumulateGrad:
    """The end of a path through the graph: the cotangent is added to `variable.grad`."""

    __slots__ = ("variable",)
    next_functions = ()

    def __init__(self, variable: Tensor):
        self.variable = variable

    def name(self) -> str:
        """The name PyTorch gives it."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


def as_function(parent: Any) -> Any:
    """A parent as `grad_fn.next_functions` shows it."""
    return parent if type(parent) is Node else AccumulateGrad(parent)


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again.

    Examples
    --------
    >>> x = rg.ones(1, requires_grad=True)
    >>> handle = x.register_hook(print)
    >>> handle.remove()
    """

    def __init__(self, hooks: list[Any], hook: Any):
        self._hooks, self._hook = hooks, hook
        hooks.append(hook)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks[:] = [h for h in self._hooks if h is not self._hook]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
