"""The hooks of a module: functions called before and after its forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from retrograd.autograd_core.function import Function
from retrograd.autograd_core.node import RemovableHandle
from retrograd.autograd_core.tensor import Tensor

if TYPE_CHECKING:
    from retrograd.nn.module import Module


class _Hook(NamedTuple):
    """A function, whether it takes the keyword arguments too, whether it runs after errors."""

    function: Callable[..., Any]
    with_kwargs: bool
    always: bool


class Hooks:
    """The hooks of one module, by moment."""

    def __init__(self) -> None:
        self.forward_pre: list[_Hook] = []
        self.forward: list[_Hook] = []
        self.backward_pre: list[_Hook] = []
        self.backward: list[_Hook] = []
        self.state_dict_pre: list[Callable[..., Any]] = []
        self.state_dict: list[Callable[..., Any]] = []
        self.load_state_dict_pre: list[Callable[..., Any]] = []
        self.load_state_dict: list[Callable[..., Any]] = []

    def add(
        self,
        moment: str,
        function: Callable[..., Any],
        prepend: bool = False,
        with_kwargs: bool = False,
        always: bool = False,
    ) -> RemovableHandle:
        """Register a hook; the handle's `remove()` takes it away."""
        hooks = getattr(self, moment)
        handle = RemovableHandle(hooks, _Hook(function, with_kwargs, always))
        if prepend:
            hooks.insert(0, hooks.pop())
        return handle


def without_module(hook: Callable[..., Any], module: Module, *args: Any) -> Any:
    """Call a hook that does not take the module; with `partial`, so that it can be pickled."""
    return hook(*args)


def run_with_hooks(module: Module, hooks: Hooks, args: Any, kwargs: Any) -> Any:
    """``module.forward(*args, **kwargs)`` with all hooks around it."""
    try:
        for hook in list(hooks.forward_pre):
            args, kwargs = _before(hook, module, args, kwargs)
        watch = _BackwardWatch(module, hooks) if hooks.backward or hooks.backward_pre else None
        if watch is not None:
            args = watch.inputs(args)
        output = module.forward(*args, **kwargs)
    except Exception:
        for hook in [h for h in hooks.forward if h.always]:
            _after(hook, module, args, kwargs, None)
        raise
    for hook in list(hooks.forward):
        result = _after(hook, module, args, kwargs, output)
        if result is not None:
            output = result
    return output if watch is None else watch.outputs(output)


def _before(hook: _Hook, module: Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments after a hook has seen them."""
    if not hook.with_kwargs:
        result = hook.function(module, args)
        if result is not None:
            args = result if isinstance(result, tuple) else (result,)
        return args, kwargs
    result = hook.function(module, args, kwargs)
    if result is None:
        return args, kwargs
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError(
            "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
            f"{result}."
        )
    return result


def _after(hook: _Hook, module: Module, args: Any, kwargs: Any, output: Any) -> Any:
    if hook.with_kwargs:
        return hook.function(module, args, kwargs, output)
    return hook.function(module, args, output)


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
        self._is_tensor: list[bool] = []
        self._input_needs_grad = False

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, tensors passed through a gate."""
        self._is_tensor = [isinstance(a, Tensor) for a in args]
        tensors = [a for a in args if isinstance(a, Tensor)]
        self._input_needs_grad = any(t.requires_grad for t in tensors)
        if not self._input_needs_grad:
            return args
        passed = iter(_Gate.apply(self._leave, *tensors))
        return tuple(next(passed) if isinstance(a, Tensor) else a for a in args)

    def outputs(self, output: Any) -> Any:
        """The output or outputs, passed through a gate."""
        several = isinstance(output, tuple)
        outputs = output if several else (output,)
        tensors = [o for o in outputs if isinstance(o, Tensor)]
        if not tensors:
            return output
        gated = iter(_Gate.apply(self._enter, *tensors))
        passed = [next(gated) if isinstance(o, Tensor) else o for o in outputs]
        if not several:
            return passed[0]
        return type(output)(*passed) if hasattr(output, "_fields") else tuple(passed)

    def _enter(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self._hooks.backward_pre):
            result = hook.function(self._module, grads)
            if result is not None:
                grads = result if isinstance(result, tuple) else (result,)
        self._grad_output = grads
        if not self._input_needs_grad:
            self._call((None,) * len(self._is_tensor))
        return grads

    def _leave(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the tensors, from what the hooks make of those of all arguments."""
        given = iter(grads)
        everything = tuple(next(given) if tensor else None for tensor in self._is_tensor)
        changed = self._call(everything)
        return tuple(g for g, tensor in zip(changed, self._is_tensor, strict=True) if tensor)

    def _call(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self._hooks.backward):
            result = hook.function(self._module, grads, self._grad_output)
            if result is not None:
                grads = result if isinstance(result, tuple) else (result,)
        return grads
