"""`autograd.functional`: Jacobians, Hessians and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core import engine, modes
from retrograd.autograd_core.creation import zeros_like
from retrograd.autograd_core.op import Alias
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.ops.shape import reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Func = Callable[..., Any]


def jacobian(
    func: Func,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivatives of all outputs of `func` by all its inputs.

    Parameters
    ----------
    func : callable
        Takes Tensors, returns a Tensor or a tuple of Tensors.
    inputs : Tensor or tuple of Tensor
    create_graph : bool
        Let the result be differentiated further.
    strict : bool
        Raise RuntimeError for an output that does not depend on an input, instead of giving zeros.
    vectorize, strategy
        Change nothing here.

    Returns
    -------
    Tensor or (nested) tuple
        Of shape ``output.shape + input.shape``; a tuple over outputs if `func` returns a tuple, of
        tuples over inputs if `inputs` is a tuple.

    Examples
    --------
    >>> rg.autograd.functional.jacobian(lambda x: x**2, rg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    call = _Call("jacobian", func, inputs, create_graph, strict)
    rows = tuple(_jacobian_of(call, k, output) for k, output in enumerate(call.outputs))
    rows = tuple(call.like_inputs(row) for row in rows)
    return rows if call.several_outputs else rows[0]


def _jacobian_of(call: _Call, number: int, output: Tensor) -> list[Tensor]:
    """The derivatives of one output by each input."""
    flat = []
    for k in range(output._data.size):
        unit = XP[type(output._data)].zeros(output._data.size, output._data.dtype)
        unit[k] = 1
        seed = wrap(unit.reshape(output._data.shape))
        flat.append(call.gradients([output], [seed], f"Output {number}"))
    blocks = []
    for k, x in enumerate(call.inputs):
        shape = (*output.shape, *x.shape)
        full = stack([row[k] for row in flat]) if flat else output.new_zeros(shape)
        blocks.append(reshape_to(full, shape))
    return blocks


def hessian(
    func: Func,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of `func`, which returns a Tensor of one element.

    Arguments as for `jacobian`.

    Returns
    -------
    Tensor or tuple of tuples
        Entry i, j has shape ``inputs[i].shape + inputs[j].shape``.

    Examples
    --------
    >>> rg.autograd.functional.hessian(lambda x: (x**3).sum(), rg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*arguments: Tensor) -> tuple[Tensor, ...]:
        call = _Call("hessian", func, arguments, True, strict)
        return tuple(call.gradients([call.single_output()], None, "The output"))

    single = isinstance(inputs, Tensor)
    result = jacobian(gradient, inputs, create_graph, strict)
    return result[0] if single else result


def vjp(
    func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs of `func`, and the product of the vector `v` with its Jacobian.

    `v` is like the outputs, and may be left out for one output of one element.

    Examples
    --------
    >>> rg.autograd.functional.vjp(lambda x: x.sum(), rg.ones(2))
    (tensor(2.), tensor([1., 1.]))
    """
    call = _Call("vjp", func, inputs, create_graph, strict)
    vectors = call.vectors(v, call.outputs)
    found = call.gradients(call.outputs, vectors, "The output")
    return call.released(call.result), call.like_inputs(found)


def jvp(
    func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs of `func`, and the product of its Jacobian with the vector `v`.

    `v` is like the inputs, and may be left out for one input of one element.

    Examples
    --------
    >>> rg.autograd.functional.jvp(lambda x: x * x, rg.ones(2), rg.tensor([1.0, 2.0]))
    (tensor([1., 1.]), tensor([2., 4.]))
    """
    call = _Call("jvp", func, inputs, create_graph, strict)
    vectors = call.vectors(v, call.inputs)
    # The vector-Jacobian product is linear in its vector; its own transpose is the wanted product.
    duals = [zeros_like(o).requires_grad_() for o in call.outputs]
    pulled = call.gradients(call.outputs, duals, "The output", record=True)
    found = call.gradients(pulled, vectors, "The output", by=duals)
    products = tuple(found) if call.several_outputs else found[0]
    return call.released(call.result), products


def vhp(
    func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The output of `func`, one element, and the product of the vector `v` with its Hessian.

    `v` is like the inputs, and may be left out for one input of one element.

    Examples
    --------
    >>> rg.autograd.functional.vhp(lambda x: (x**3).sum(), rg.ones(2), rg.tensor([1.0, 2.0]))
    (tensor(2.), tensor([ 6., 12.]))
    """
    return _second("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The output of `func`, one element, and the product of its Hessian with the vector `v`.

    The Hessian is symmetric, so this is `vhp`.

    Examples
    --------
    >>> rg.autograd.functional.hvp(lambda x: (x**3).sum(), rg.ones(2), rg.tensor([1.0, 2.0]))
    (tensor(2.), tensor([ 6., 12.]))
    """
    return _second("hvp", func, inputs, v, create_graph, strict)


def _second(
    name: str, func: Func, inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    call = _Call(name, func, inputs, create_graph, strict)
    vectors = call.vectors(v, call.inputs)
    output = call.single_output()
    first = call.gradients([output], None, "The output", record=True)
    found = call.gradients(first, vectors, "The jacobian of the function")
    return call.released(call.result), call.like_inputs(found)


class _Call:
    """One call of a user's function, ready to be differentiated."""

    def __init__(self, name: str, func: Func, inputs: Any, create_graph: bool, strict: bool):
        self.name, self.create_graph, self.strict = name, create_graph, strict
        self.several_inputs = isinstance(inputs, tuple)
        given = self._tensors(inputs, "inputs given to")
        with modes.enable_grad():
            self.inputs = [
                Alias.function(x)
                if create_graph and x.requires_grad
                else x.detach().requires_grad_()
                for x in given
            ]
            self.result = func(*self.inputs)
        self.several_outputs = isinstance(self.result, tuple)
        self.outputs = self._tensors(self.result, "outputs of the user-provided function given to")

    def _tensors(self, value: Any, what: str) -> list[Tensor]:
        """The Tensors in a Tensor or tuple; TypeError for anything else."""
        values = list(value) if isinstance(value, tuple) else [value]
        for k, x in enumerate(values):
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"The {what} {self.name} must be either a Tensor or a tuple of Tensors but the "
                    f"value at index {k} has type {type(x)}."
                )
        return values

    def single_output(self) -> Tensor:
        """The one output, of one element."""
        if self.several_outputs or self.outputs[0]._data.size != 1:
            shapes = [list(o.shape) for o in self.outputs]
            raise RuntimeError(
                f"The function given to {self.name} should return a single Tensor that contains a "
                f"single element, got {len(shapes)} of shape(s) {shapes}"
            )
        return self.outputs[0]

    def vectors(self, v: Any, like: Sequence[Tensor]) -> list[Tensor]:
        """The vector of a product, checked against what it belongs to."""
        if v is None:
            if len(like) != 1 or like[0]._data.size != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function has a single "
                    f"Tensor with a single element there; {self.name} got "
                    f"{[list(x.shape) for x in like]}"
                )
            return [wrap(XP[type(like[0]._data)].ones_like(like[0]._data))]
        given = self._tensors(v, "vectors given to")
        if len(given) != len(like):
            raise RuntimeError(f"v has {len(given)} Tensors but should have {len(like)}")
        for k, (vector, x) in enumerate(zip(given, like, strict=True)):
            if vector.shape != x.shape:
                raise RuntimeError(
                    f"Entry {k} in v has invalid size: should be {list(x.shape)} but got "
                    f"{list(vector.shape)}."
                )
        return given

    def gradients(
        self,
        outputs: Sequence[Tensor],
        seeds: Sequence[Tensor] | None,
        what: str,
        record: bool = False,
        by: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """The gradients of `outputs` by the inputs (or `by`), zeros where there is none."""
        variables = self.inputs if by is None else by
        seeds = seeds if seeds is not None else [_ones(o) for o in outputs]
        pairs = [(o, s) for o, s in zip(outputs, seeds, strict=True) if o.requires_grad]
        found: Any = [None] * len(variables)
        if pairs:
            found = engine.grad(
                [o for o, _ in pairs],
                variables,
                [s for _, s in pairs],
                retain_graph=True,
                create_graph=record or self.create_graph,
                allow_unused=True,
            )
        if self.strict and (missing := [k for k, g in enumerate(found) if g is None]):
            raise RuntimeError(
                f"{what} of the user-provided function is independent of input {missing[0]}. This "
                "is not allowed in strict mode."
            )
        return [zeros_like(v) if g is None else g for g, v in zip(found, variables)]

    def like_inputs(self, tensors: Sequence[Tensor]) -> Any:
        """A result for each input: a tuple if the inputs were one."""
        return tuple(tensors) if self.several_inputs else tensors[0]

    def released(self, result: Any) -> Any:
        """The function's result as it is returned: detached, unless a graph is wanted."""
        if self.create_graph:
            return result
        return tuple(x.detach() for x in result) if self.several_outputs else result.detach()


def _ones(like: Tensor) -> Tensor:
    return wrap(XP[type(like._data)].ones_like(like._data))
