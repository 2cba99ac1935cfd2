"""The hooks of a module: functions called before and after its forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from retrograd.autograd_core.function import Function
from retrograd.autograd_core.node import RemovableHandle
from retrograd.autograd_core.tensor import Tensor

if TYPE_CHECKING:
    from retrograd.nn.module import Module


class Hooks:
    """The hooks of one module, by moment; those around `forward` with whether they take kwargs."""

    def __init__(self) -> None:
        self.forward_pre: list[tuple[Callable[..., Any], bool]] = []
        self.forward: list[tuple[Callable[..., Any], bool]] = []
        self.backward_pre: list[tuple[Callable[..., Any], bool]] = []
        self.backward: list[tuple[Callable[..., Any], bool]] = []
        self.state_dict: list[Callable[..., Any]] = []
        self.load_state_dict: list[Callable[..., Any]] = []

    def add(
        self, moment: str, hook: Callable[..., Any], prepend: bool, with_kwargs: bool
    ) -> RemovableHandle:
        """Register a hook; the handle's `remove()` takes it away."""
        hooks = getattr(self, moment)
        entry = (hook, with_kwargs)
        handle = RemovableHandle(hooks, entry)
        if prepend:
            hooks.insert(0, hooks.pop())
        return handle


def run_with_hooks(module: Module, hooks: Hooks, args: Any, kwargs: Any) -> Any:
    """``module.forward(*args, **kwargs)`` with all hooks around it."""
    for hook, with_kwargs in list(hooks.forward_pre):
        if with_kwargs:
            result = hook(module, args, kwargs)
            if result is not None:
                args, kwargs = result
        else:
            result = hook(module, args)
            if result is not None:
                args = result if isinstance(result, tuple) else (result,)
    watch = _BackwardWatch(module, hooks) if hooks.backward or hooks.backward_pre else None
    if watch is not None:
        args = watch.inputs(args)
    output = module.forward(*args, **kwargs)
    for hook, with_kwargs in list(hooks.forward):
        result = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        if result is not None:
            output = result
    return output if watch is None else watch.outputs(output)


class _Gate(Function):
    """Hands tensors through; its backward shows all their cotangents to a callback at once."""

    @staticmethod
    def forward(ctx: Any, callback: Callable[..., Any], *tensors: Tensor) -> Any:
        ctx.callback = callback
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return (None, *ctx.callback(grads))


class _BackwardWatch:
    """Gates around one call of a module, which see the cotangents of its outputs and inputs."""

    def __init__(self, module: Module, hooks: Hooks):
        self._module, self._hooks = module, hooks
        self._grad_output: Any = ()
        self._input_needs_grad = False

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        tensors = [a for a in args if isinstance(a, Tensor)]
        self._input_needs_grad = any(t.requires_grad for t in tensors)
        if not self._input_needs_grad:
            return args
        passed = iter(_Gate.apply(self._leave, *tensors))
        return tuple(next(passed) if isinstance(a, Tensor) else a for a in args)

    def outputs(self, output: Any) -> Any:
        several = isinstance(output, tuple)
        passed = _Gate.apply(self._enter, *(output if several else (output,)))
        return type(output)(passed) if several else passed[0]

    def _enter(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook, _ in list(self._hooks.backward_pre):
            result = hook(self._module, grads)
            if result is not None:
                grads = result if isinstance(result, tuple) else (result,)
        self._grad_output = grads
        if not self._input_needs_grad:
            self._call((None,))
        return grads

    def _leave(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        return self._call(grads)

    def _call(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook, _ in list(self._hooks.backward):
            result = hook(self._module, grads, self._grad_output)
            if result is not None:
                grads = result if isinstance(result, tuple) else (result,)
        return grads
