"""`autograd.Function`: an operation of the user's own, with a forward and a backward in Python."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core import errors, modes, views
from retrograd.autograd_core.changes import changes, tick
from retrograd.autograd_core.cotangents import Cotangents, split
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.op import Op, attach
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.shape import sum_to
from retrograd.autograd_core.tensor import Tensor, blank, wrap

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What `forward` and `backward` of a `Function` share; attributes may be set freely.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of `forward` whether its gradient is wanted.
    saved_tensors : tuple of Tensor
        In `backward`: what `save_for_backward` was given.

    Examples
    --------
    >>> class Scale(rg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x, factor):
    ...         ctx.factor = factor
    ...         return x * factor
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         return grad_output * ctx.factor, None
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, needs: tuple[bool, ...]):
        self.needs_input_grad = needs
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True
        self._unpacked: tuple[Any, ...] | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`, at most once per call; a later change to them is noticed."""
        for k, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {k} is of type "
                    f"{type(tensor).__name__}: set an attribute of ctx instead"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Tensor) -> None:
        """Do nothing: there is no forward mode."""

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given, while `backward` runs."""
        if self._unpacked is None:
            raise RuntimeError("ctx.saved_tensors can be read only while backward() runs")
        return self._unpacked

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs `forward` has changed in place; they must be among its outputs."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Give `backward` zeros (True, the default) or None for outputs without a cotangent."""
        self._materialize = bool(value)


class Function:
    """An operation with a derivative of your own: subclass it and call ``YourFunction.apply(...)``.

    `forward` and `backward` are static. `forward` takes ``(ctx, *args)`` and returns a tensor or a
    tuple; what it computes is not recorded. Alternatively `forward` takes only the arguments, and
    ``setup_context(ctx, inputs, output)`` saves what is needed. `backward` takes ``(ctx,
    *grad_outputs)`` and returns a gradient, or None, for each argument of `forward`. `backward` made of
    differentiable operations can itself be differentiated.

    Examples
    --------
    >>> class Exp(rg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         out = x.exp()
    ...         ctx.save_for_backward(out)
    ...         return out
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         (out,) = ctx.saved_tensors
    ...         return grad_output * out
    >>> x = rg.tensor([0.0], requires_grad=True)
    >>> Exp.apply(x).backward()
    >>> x.grad
    tensor([1.])
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = type(self).__name__
        raise RuntimeError(f"a Function is not called as an object: use {name}.apply(...)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs from ``(ctx, *args)``; from ``(*args)`` with `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom Function")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save on `ctx` what `backward` needs, where `forward` does not take `ctx`."""
        raise NotImplementedError("setup_context is not implemented")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Give the gradient of each argument of `forward`, from those of its outputs."""
        raise NotImplementedError(
            "You must implement the backward method for your custom Function to use it in backward"
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call the function, and record it if an argument requires grad."""
        wanted = modes.state.grad
        needs = tuple(bool(wanted) and isinstance(x, Tensor) and x.requires_grad for x in args)
        ctx = FunctionCtx(needs)
        with modes.no_grad():
            if cls.setup_context is Function.setup_context:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        several = isinstance(result, tuple)
        outputs = list(result) if several else [result]
        outputs = _Call(cls, ctx, args).record(outputs, several)
        if modes.state.watcher is not None:
            modes.state.watcher.check_forward(_Named(cls), tuple(outputs), args)
        return tuple(outputs) if several else outputs[0]


class _Named:
    """What an op is called, for messages."""

    picks = False
    saves_arrays = True

    def __init__(self, function: type[Function]):
        self.name = self.__name__ = function.__name__


class _Call(_Named):
    """One call of a Function, in the role that an Op class has for its nodes."""

    outputs: tuple[str, ...] = ()
    pick = staticmethod(Op.pick)

    def __init__(self, function: type[Function], ctx: FunctionCtx, args: tuple[Any, ...]):
        super().__init__(function)
        self.function, self.ctx, self.args = function, ctx, args

    # --- forward ---------------------------------------------------------------------------------

    def record(self, outputs: list[Any], several: bool) -> list[Any]:
        """The outputs as they are returned: with a node, if an argument requires grad."""
        ctx, args = self.ctx, self.args
        self._check_marks(outputs)
        for tensor in ctx._dirty:
            views.check_writable(tensor, f"{self.name}.apply")
            changes.note(tensor._data, f"{self.name}.apply")
        node = self._node(outputs) if any(ctx.needs_input_grad) else None
        self.specs = [(x.shape, x._data.dtype) if isinstance(x, Tensor) else None for x in outputs]
        self.accepts = [
            (x._data.shape, x._data.dtype) if isinstance(x, Tensor) else None for x in args
        ]
        if several:
            self.outputs = tuple(f"output {k}" for k in range(len(outputs)))
        if node is not None:
            shapes = tuple(spec and spec[0] for spec in self.specs)
            node.shape = shapes if several else shapes[0]
        results = [self._output(k, x, node) for k, x in enumerate(outputs)]
        # Nothing of the call may keep tensors alive but what was saved.
        self.args = ctx._to_save = ctx._dirty = ctx._constant = ()
        return results

    def _check_marks(self, outputs: list[Any]) -> None:
        for tensor in self.ctx._dirty:
            if not any(tensor is x for x in self.args):
                raise RuntimeError(f"{self.name}: mark_dirty() takes inputs of forward only")
            if not any(tensor is x for x in outputs):
                raise RuntimeError(
                    "Some elements marked as dirty during the forward method were not returned as "
                    f"output: {self.name} must return what it changes in place"
                )

    def _node(self, outputs: list[Any]) -> Node:
        """The node of this call, holding what the user saved."""
        parents = []
        for x, needed in zip(self.args, self.ctx.needs_input_grad, strict=True):
            parents.append((x._node or x) if needed else None)
        saved = self.ctx._to_save
        self.sources = [_source(x, self.args, outputs) for x in saved]
        arrays = tuple(None if x is None else x._data for x in saved)
        return Node(self, tuple(parents), arrays, None, tick())

    def _output(self, k: int, output: Any, node: Node | None) -> Any:
        """Output number `k`, connected to the node."""
        if not isinstance(output, Tensor):
            return output
        dirty = any(output is x for x in self.ctx._dirty)
        constant = any(output is x for x in self.ctx._constant)
        connected = not constant and output._data.dtype.kind == "f"
        result = output
        if dirty or output._view is not None or output._requires_grad or _among(output, self.args):
            result = blank(Tensor, output._data)
        if node is not None and connected:
            result._node = self.pick(node, k, result._data.shape) if self.outputs else node
            result._requires_grad = True
        if dirty:
            if node is not None and connected:
                views.record_write(output, result)
            return output
        return result

    # --- backward: what the engine asks of an op -------------------------------------------------

    def unpack(self, node: Node) -> tuple[Any, ...]:
        """The saved values as Tensors that are connected to the graph."""
        return tuple(
            self._connect(node, array, source)
            for array, source in zip(node.saved, self.sources, strict=True)
        )

    def _connect(self, node: Node, array: Any, source: tuple[str, int] | None) -> Any:
        if array is None or source is None:
            return None if array is None else wrap(array)
        kind, k = source
        if kind == "input":
            return attach(array, node.parents[k])
        return attach(array, self.pick(node, k, array.shape) if self.outputs else node)

    def check_unchanged(self, node: Node) -> None:
        """RuntimeError if the memory of a saved tensor was written to after it was saved."""
        for k, array in enumerate(node.saved):
            write = None if array is None else changes.of(array)
            if write is not None and write.time > node.time:
                name = f"saved_tensors[{k}]"
                raise RuntimeError(errors.changed_in_place(node, name, array, write))

    def fast_pullback(self, parents: Any, g: Any, saved: tuple[Any, ...]) -> Any:
        """The gradients as raw arrays; the user's backward sees Tensors."""
        tensors = tuple(None if x is None else wrap(x) for x in saved)
        if isinstance(g, Cotangents):
            g = Cotangents({k: wrap(part) for k, part in g.parts.items()})
        else:
            g = wrap(g)
        gradients = self.pullback(parents, g, tensors)
        # As views, for what the user returns may be held elsewhere and must not be written to.
        return [None if x is None else x._data.view() for x in gradients]

    def pullback(self, parents: Any, g: Any, saved: tuple[Any, ...]) -> Any:
        """The gradients as Tensors, checked."""
        ctx = self.ctx
        ctx.needs_input_grad = tuple(p is not None for p in parents)
        ctx._unpacked = saved
        try:
            result = self.function.backward(ctx, *self._cotangents(g))
        finally:
            ctx._unpacked = None
        gradients = list(result) if isinstance(result, (tuple, list)) else [result]
        count = len(self.accepts)
        while len(gradients) > count and gradients[-1] is None:
            gradients.pop()
        if len(gradients) != count:
            raise RuntimeError(
                f"function {self.name}Backward returned an incorrect number of gradients (expected "
                f"{count}, got {len(gradients)}): backward() must return one for each argument of "
                "forward(), None for those that are no tensors"
            )
        return [self._check_gradient(k, x, p) for k, (x, p) in enumerate(zip(gradients, parents))]

    def _cotangents(self, g: Any) -> list[Any]:
        """One for each output: zeros or None where none came, None for what is no tensor."""
        if not isinstance(g, Cotangents):
            return [g]
        specs: Any = [spec or ((), None) for spec in self.specs]
        cotangents = split(g, specs, self.ctx._materialize)
        return [c if spec else None for c, spec in zip(cotangents, self.specs, strict=True)]

    def _check_gradient(self, k: int, gradient: Any, parent: Any) -> Any:
        """One returned gradient in the shape and type of its argument."""
        spec: Any = self.accepts[k]
        who = f"Function {self.name}Backward"
        if gradient is not None and not isinstance(gradient, Tensor):
            raise TypeError(
                f"{who} returned {errors.describe(gradient)} at index {k}: expected Tensor or None"
            )
        if spec is None and gradient is not None:
            raise RuntimeError(
                f"{who} returned a gradient different from None at position {k}, but the "
                "corresponding forward input was not a Tensor"
            )
        if gradient is None or parent is None:
            return None
        shape, dtype = spec
        if gradient.shape != shape:
            if not _expandable(shape, gradient.shape):
                raise RuntimeError(
                    f"{who} returned an invalid gradient at index {k} - got {list(gradient.shape)} "
                    f"but expected shape compatible with {list(shape)}"
                )
            gradient = sum_to(gradient, shape)
        return gradient if gradient._data.dtype == dtype else cast(gradient, dtype=dtype)


def _among(tensor: Tensor, values: Sequence[Any]) -> bool:
    return any(tensor is x for x in values)


def _source(saved: Any, args: Sequence[Any], outputs: Sequence[Any]) -> tuple[str, int] | None:
    """Whether a saved tensor is an input or an output, and which."""
    for kind, values in (("output", outputs), ("input", args)):
        for k, x in enumerate(values):
            if saved is x and saved is not None:
                return kind, k
    return None


def _expandable(shape: Sequence[int], to: Sequence[int]) -> bool:
    """Whether an array of `shape` could be broadcast to the shape `to`."""
    lead = len(to) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Let a `Function.backward` compute on values alone; differentiating it again is an error.

    Examples
    --------
    >>> class Double(rg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...
    ...     @staticmethod
    ...     @rg.autograd.function.once_differentiable
    ...     def backward(ctx, grad_output):
    ...         return grad_output * 2
    """

    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with modes.no_grad():
            result = backward(ctx, *grads)
        values = (*grads, *(ctx._unpacked or ()))
        tracked = [x for x in values if isinstance(x, Tensor) and x.requires_grad]
        if not (modes.state.grad and tracked):
            return result
        results = result if isinstance(result, tuple) else (result,)
        return tuple(_NotTwice.apply(x, *tracked) if isinstance(x, Tensor) else x for x in results)

    return wrapper


class _NotTwice(Function):
    """The identity of its first argument; differentiating it is an error."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, *tracked: Tensor) -> Tensor:
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
