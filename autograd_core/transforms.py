"""Functions made of functions: `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd`, `hessian`, on trees.

Arguments may be Tensors, NumPy arrays or Python floats, in nested tuples, lists and dicts; a
derivative by an array is an array, by a float a float. Transforms nest to any depth: the
argument of an inner one is a node of the graph of the outer one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from retrograd.autograd_core import engine, modes
from retrograd.autograd_core.creation import tensor, zeros_like
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.op import Alias
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.ops.shape import reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.autograd_core.trees import filled, leaves, mapped
from retrograd.backends.dtypes import float64
from retrograd.backends.registry import XP

__all__ = [
    "grad",
    "grad_and_value",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vhp",
    "vjp",
]

Argnums = int | tuple[int, ...]


# --- the public transforms ----------------------------------------------------------------------


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """The function that gives the gradient of `func`, which returns a scalar.

    Parameters
    ----------
    func : callable
        Returns a Tensor of one element without dimensions; with `has_aux` a pair of that and
        anything else.
    argnums : int or tuple of int
        By which positional arguments; a tuple gives a tuple of gradients.
    has_aux : bool
        Return a pair of the gradient and what `func` returned beside its value.

    Raises
    ------
    RuntimeError
        If `func` does not return a scalar.
    TypeError
        If an argument to differentiate by is not made of floating point numbers.

    Examples
    --------
    >>> def tanh(x):
    ...     return (1.0 - rg.exp(-2 * x)) / (1.0 + rg.exp(-2 * x))
    >>> rg.func.grad(tanh)(1.0)
    0.419974341614026
    """

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = _value_and_grad(func, argnums, has_aux, args, kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """Like `grad`, but gives the pair (gradient, value), or (gradient, (value, aux)).

    Examples
    --------
    >>> rg.func.grad_and_value(rg.square)(3.0)
    (6.0, 9.0)
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad(func, argnums, has_aux, args, kwargs)

    return both


def value_and_grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """Like `grad`, but gives the pair (value, gradient), or ((value, aux), gradient), as in JAX.

    Examples
    --------
    >>> rg.func.value_and_grad(rg.square)(3.0)
    (9.0, 6.0)
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad(func, argnums, has_aux, args, kwargs)[::-1]

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `func` at `primals`, and the function that pulls a cotangent back to them.

    Returns
    -------
    output, vjp_fn[, aux]
        ``vjp_fn(cotangents)``, of the structure of `output`, gives a tuple with a vector-Jacobian
        product for each primal; it may be called any number of times.

    Examples
    --------
    >>> output, vjp_fn = rg.func.vjp(rg.sin, rg.zeros(2))
    >>> vjp_fn(rg.tensor([1.0, 2.0]))
    (tensor([1., 2.]),)
    """
    point = _Point(func, primals, {}, tuple(range(len(primals))), has_aux)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given = list(leaves(cotangents))
        _same_shapes("cotangents", given, point.outputs)
        return point.like_arguments(point.gradients(point.outputs, given, create_graph))

    output = filled(point.output, [point.released(o) for o in point.outputs])
    return (output, pull, point.aux) if has_aux else (output, pull)


def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """The value of `func` at `primals`, and its derivative along `tangents`.

    It is computed as the derivative of the vector-Jacobian product, which is linear in its
    cotangent, so functions need no forward-mode rules.

    Returns
    -------
    output, jvp_out[, aux]

    Examples
    --------
    >>> rg.func.jvp(rg.sin, (rg.zeros(2),), (rg.tensor([1.0, 2.0]),))
    (tensor([0., 0.]), tensor([1., 2.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError("jvp: primals and tangents must be tuples, e.g. jvp(f, (x,), (v,))")
    point = _Point(func, primals, {}, tuple(range(len(primals))), has_aux)
    given = list(leaves(tangents))
    _same_shapes("tangents", given, point.variables)
    if strict:
        point.want_dependence()
    derivative = filled(point.output, point.pushed([_tensor(t) for t in given]))
    output = filled(point.output, [point.released(o) for o in point.outputs])
    return (output, derivative, point.aux) if has_aux else (output, derivative)


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Any:
    """The function that gives the Jacobian of `func`, one backward pass for each output element.

    Each output leaf is replaced by derivatives in the structure of the arguments, of shape
    ``output.shape + argument.shape``. `chunk_size` changes nothing.

    Examples
    --------
    >>> rg.func.jacrev(rg.square)(rg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        point = _Point(func, args, kwargs, argnums, has_aux)
        found = filled(point.output, [point.jacobian_by_rows(o) for o in point.outputs])
        return (found, point.aux) if has_aux else found

    return jacobian


def jacfwd(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Any:
    """The function that gives the Jacobian of `func`, one pass for each input element.

    The result is that of `jacrev`; it takes less time where there are fewer inputs than outputs.

    Examples
    --------
    >>> rg.func.jacfwd(rg.square)(rg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        point = _Point(func, args, kwargs, argnums, has_aux)
        found = filled(point.output, point.jacobian_by_columns())
        return (found, point.aux) if has_aux else found

    return jacobian


def hvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The value of `func`, a scalar, and the product of its Hessian with `tangents`.

    It takes two backward passes; the Hessian, which is symmetric, is never made. The product has
    the structure of `primals`.

    Examples
    --------
    >>> rg.func.hvp(lambda x: (x**3).sum(), (rg.ones(2),), (rg.tensor([1.0, 2.0]),))
    (tensor(2.), (tensor([ 6., 12.]),))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError("hvp: primals and tangents must be tuples, e.g. hvp(f, (x,), (v,))")
    point = _Point(func, primals, {}, tuple(range(len(primals))), False)
    given = list(leaves(tangents))
    _same_shapes("tangents", given, point.variables)
    first = point.gradients([point.scalar()], [point.one()], create_graph=True)
    product = point.like_arguments(point.gradients(first, given))
    return point.released(point.output), product


vhp = hvp


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """The function that gives the second derivatives of `func`, usually of a scalar.

    Examples
    --------
    >>> rg.func.hessian(lambda x: (x**3).sum())(rg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


# --- one evaluation, ready to be differentiated -------------------------------------------------


class _Point:
    """A call of a function with some of its arguments made variables.

    Attributes
    ----------
    variables : list of Tensor
        The leaves of those arguments; new leaves of the graph, or nodes above the caller's tensors.
    output, outputs
        What the function returned, as a tree and as its leaves.
    create_graph : bool
        Whether something else than the variables can be differentiated by through the outputs, as
        when transforms are nested: then derivatives must be recorded.
    """

    def __init__(
        self, func: Any, args: Sequence[Any], kwargs: dict[str, Any], argnums: Argnums, aux: bool
    ):
        self.single = isinstance(argnums, int)
        numbers = (argnums,) if isinstance(argnums, int) else argnums
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise RuntimeError(f"Got argnum={number}, but only {len(args)} positional inputs")
        self.chosen = [args[number] for number in numbers]
        self.given = [leaf for tree in self.chosen for leaf in leaves(tree)]
        if not self.given:
            raise ValueError("the arguments to differentiate by are empty")
        self.variables = [_variable(leaf) for leaf in self.given]
        trees, replaced = filled(self.chosen, self.variables), list(args)
        for number, tree in zip(numbers, trees, strict=True):
            replaced[number] = tree
        outer = modes.state.grad
        with modes.enable_grad():
            result = func(*replaced, **kwargs)
        self.aux: Any = None
        self.output = result
        if aux:
            self.output, self.aux = _with_aux(result)
        self.outputs = list(leaves(self.output))
        for output in self.outputs:
            if not isinstance(output, Tensor):
                raise RuntimeError(
                    f"the function must return Tensors, got {output!r}, a {type(output).__name__}"
                )
        self.create_graph = bool(outer) and _reaches_others(self.outputs, self.variables)

    def gradients(
        self, outputs: Sequence[Tensor], cotangents: Any, create_graph: bool | None = None
    ) -> list[Tensor]:
        """A vector-Jacobian product for each variable."""
        cotangents = [_tensor(c) for c in cotangents]
        pairs = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
        if create_graph is None:
            create_graph = self.create_graph or any(c.requires_grad for c in cotangents)
        found: Any = [None] * len(self.variables)
        if pairs:
            found = engine.grad(
                [o for o, _ in pairs],
                self.variables,
                [c for _, c in pairs],
                retain_graph=True,
                create_graph=create_graph,
                allow_unused=True,
            )
        pairs_found = zip(found, self.variables, strict=True)
        return [zeros_like(v) if g is None else g for g, v in pairs_found]

    def pushed(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """The derivative of each output along `tangents`."""
        record = self.create_graph or any(t.requires_grad for t in tangents)
        return self._linear(record)(tangents)

    def _linear(self, create_graph: bool) -> Callable[[Sequence[Tensor]], list[Tensor]]:
        """The derivative as a function of the tangents: the transpose of the linear pull-back."""
        cotangents = [zeros_like(o).requires_grad_() for o in self.outputs]
        with modes.enable_grad():
            pulled = self.gradients(self.outputs, cotangents, create_graph=True)

        def push(tangents: Sequence[Tensor]) -> list[Tensor]:
            pairs = [(g, t) for g, t in zip(pulled, tangents, strict=True) if g.requires_grad]
            found: Any = [None] * len(cotangents)
            if pairs:
                found = engine.grad(
                    [g for g, _ in pairs],
                    cotangents,
                    [t for _, t in pairs],
                    retain_graph=True,
                    create_graph=create_graph,
                    allow_unused=True,
                )
            return [zeros_like(c) if g is None else g for g, c in zip(found, cotangents)]

        return push

    def jacobian_by_rows(self, output: Tensor) -> Any:
        """The derivatives of one output, in the structure of the arguments."""
        rows = [self.gradients([output], [unit]) for unit in _units(output)]
        blocks = []
        for k, v in enumerate(self.variables):
            shape = (*output.shape, *v.shape)
            full = stack([row[k] for row in rows]) if rows else output.new_zeros(shape)
            blocks.append(reshape_to(full, shape))
        return self.like_arguments(blocks, self.single)

    def jacobian_by_columns(self) -> list[Any]:
        """The derivatives of all outputs, each in the structure of the arguments."""
        push = self._linear(self.create_graph)
        blocks: list[list[Tensor]] = [[] for _ in self.outputs]
        for k, v in enumerate(self.variables):
            rest = [zeros_like(x) for x in self.variables]
            columns = [push([*rest[:k], unit, *rest[k + 1 :]]) for unit in _units(v)]
            for number, output in enumerate(self.outputs):
                shape = (*output.shape, *v.shape)
                parts = [column[number] for column in columns]
                full = stack(parts, -1) if parts else output.new_zeros(shape)
                blocks[number].append(reshape_to(full, shape))
        return [self.like_arguments(block, self.single) for block in blocks]

    def like_arguments(self, tensors: Sequence[Tensor], single: bool = False) -> Any:
        """One derivative for each variable, in the structure and of the kind of the arguments."""
        values = [_as_given(t, g) for t, g in zip(tensors, self.given, strict=True)]
        trees = tuple(filled(self.chosen, values))
        return trees[0] if single else trees

    def released(self, output: Tensor) -> Any:
        """A value as the caller gets it: still connected to what is the caller's own."""
        output = output if self.create_graph else output.detach()
        plain = not any(isinstance(g, Tensor) for g in self.given)
        return _as_given(output, self.given[0]) if plain else output

    def scalar(self) -> Tensor:
        """The output, checked to be one Tensor of one element."""
        if not isinstance(self.output, Tensor):
            raise RuntimeError(
                f"grad: the function must return one Tensor, got a {type(self.output).__name__}"
            )
        if self.output.ndim:
            raise RuntimeError(
                f"Expected f(*args) to return a scalar tensor, got tensor with {self.output.ndim} "
                f"dims, of shape {list(self.output.shape)}: reduce it first, e.g. by .sum(), or "
                "use jacrev"
            )
        return self.output

    def one(self) -> Tensor:
        """The cotangent of a scalar output."""
        data = self.outputs[0]._data
        return wrap(XP[type(data)].ones_like(data))

    def want_dependence(self) -> None:
        """RuntimeError if an output does not depend on any variable."""
        for number, output in enumerate(self.outputs):
            if not output.requires_grad:
                raise RuntimeError(
                    f"jvp(strict=True): output {number} is independent of the inputs"
                )


def _value_and_grad(
    func: Any, argnums: Argnums, has_aux: bool, args: Any, kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    """The pair (gradient, value), the value with aux if there is one."""
    point = _Point(func, args, kwargs, argnums, has_aux)
    gradients = point.gradients([point.scalar()], [point.one()])
    found = point.like_arguments(gradients, point.single)
    value = point.released(point.output)
    return found, ((value, point.aux) if has_aux else value)


def _with_aux(result: Any) -> tuple[Any, Any]:
    """The two parts of what a function with has_aux returned."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError("with has_aux=True the function must return a pair (output, aux)")
    return result[0], mapped(lambda x: x.detach() if isinstance(x, Tensor) else x, result[1])


def _variable(value: Any) -> Tensor:
    """A new tensor of the values of a leaf of the arguments, to differentiate by."""
    if isinstance(value, Tensor):
        if not value.dtype.is_floating_point:
            raise RuntimeError(
                f"an argument is a Tensor of {value.dtype}: derivatives need floating point "
                "numbers, e.g. x.float()"
            )
        if value.requires_grad:
            with modes.enable_grad():
                return Alias.function(value)
        return value.detach().requires_grad_()
    if isinstance(value, float):
        return tensor(value, dtype=float64, requires_grad=True)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return wrap(value).requires_grad_()
    raise TypeError(
        f"cannot differentiate by {value!r}, a {type(value).__name__}: expected Tensors, floating "
        "point arrays or floats (1.0 rather than 1), in tuples, lists and dicts"
    )


def _tensor(value: Any) -> Tensor:
    """A cotangent or tangent as a Tensor."""
    if isinstance(value, Tensor):
        return value
    return wrap(value) if isinstance(value, np.ndarray) else tensor(value, dtype=float64)


def _as_given(value: Tensor, like: Any) -> Any:
    """A result of the kind of an argument: a float, an array or a Tensor."""
    if isinstance(like, Tensor) or value.requires_grad:
        return value
    return value.item() if value.ndim == 0 and isinstance(like, float) else value.numpy()


def _units(like: Tensor) -> list[Tensor]:
    """A tensor like `like` for each of its elements, with a one there and zeros elsewhere."""
    units = []
    for k in range(like._data.size):
        unit = XP[type(like._data)].zeros(like._data.size, like._data.dtype)
        unit[k] = 1
        units.append(wrap(unit.reshape(like._data.shape)))
    return units


def _same_shapes(what: str, given: Sequence[Any], expected: Sequence[Tensor]) -> None:
    """RuntimeError unless there is one of each, of its shape."""
    if len(given) != len(expected):
        raise RuntimeError(f"expected {len(expected)} {what}, got {len(given)}")
    for g, e in zip(given, expected, strict=True):
        if tuple(getattr(g, "shape", ())) != tuple(e.shape):
            raise RuntimeError(
                f"{what}: expected shape {list(e.shape)}, got {list(getattr(g, 'shape', ()))}"
            )


def _reaches_others(outputs: Sequence[Tensor], variables: Sequence[Tensor]) -> bool:
    """Whether the graph behind the outputs ends in other leaves than the variables."""
    own = {v for v in variables if v._node is None}
    stack_: list[Any] = [o._node or o for o in outputs if o.requires_grad]
    seen: set[Any] = set(stack_)
    while stack_:
        current = stack_.pop()
        if type(current) is not Node:
            if current not in own:
                return True
            continue
        for parent in current.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack_.append(parent)
    return False
