"""The backward pass: from the cotangents of the roots to those of the leaves, newest node first."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from operator import attrgetter, iadd
from typing import Any

from retrograd.autograd_core import errors, modes
from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.cotangents import Part
from retrograd.autograd_core.node import FREED, Node
from retrograd.autograd_core.tensor import Retain, Tensor, owned_copy, wrap
from retrograd.backends.registry import XP

_by_time = attrgetter("time")


def _run(
    cotangents: dict[Any, Any],
    keep: bool,
    create_graph: bool,
    wanted: Sequence[Any] | None,
    lent: set[int],
) -> dict[Any, Any]:
    """Walk the graph behind the roots; return the cotangents of its leaves (or of `wanted`).

    `cotangents` maps each root, a Node or a leaf, to its cotangent. All values are raw arrays, or
    Tensors under `create_graph`, when every rule records what it does. The ids of arrays that a
    caller or a hook may hold on to are in `lent`.
    """
    owned: set[Any] = set()
    found: dict[Any, Any] = {}
    watcher = modes.state.watcher
    nodes = _oldest_first(cotangents)
    useful = None if wanted is None else _leading_to(nodes, wanted)
    while nodes:
        node = nodes.pop()
        cotangent = cotangents.pop(node, None)
        if cotangent is None:
            continue
        if type(cotangent) is Part:
            cotangent = cotangent.whole()
        if node.hooks:
            cotangent = _call_hooks(node.hooks, cotangent)
            lent.add(id(cotangent))
        if useful is not None and node in useful.wanted:
            found[node] = cotangent
        parents = node.parents if useful is None else useful.parents(node)
        if parents is None:
            continue
        saved = node.saved
        if saved is FREED:
            raise RuntimeError(_FREED_MESSAGE.format(node.name()))
        if changes.latest > node.time:
            node.op.check_unchanged(node)
        if create_graph:
            results = node.op.pullback(parents, cotangent, node.op.unpack(node))
        else:
            results = node.op.fast_pullback(parents, cotangent, saved)
        if watcher is not None:
            watcher.check_backward(node, results)
        if not keep and node.op.saves_arrays:
            node.saved = FREED
        for parent, result in zip(parents, results, strict=True):
            if parent is None or result is None:
                continue
            old = cotangents.get(parent)
            if old is None:
                cotangents[parent] = result
            elif type(result) is Part:
                cotangents[parent] = result.added_to(old, parent in owned)
                owned.add(parent)
            elif type(old) is Part:
                cotangents[parent] = old.added_to(result, False)
                owned.add(parent)
            elif parent in owned and not create_graph:
                cotangents[parent] = iadd(old, result)
            else:
                cotangents[parent] = old + result
                owned.add(parent)
    for leaf, cotangent in cotangents.items():
        found[leaf] = cotangent.whole() if type(cotangent) is Part else cotangent
    return found


def _oldest_first(roots: Iterable[Any]) -> list[Node]:
    """The nodes behind the roots in the order they were made, so parents come before children."""
    nodes = [root for root in roots if type(root) is Node]
    seen = set(nodes)
    for node in nodes:
        for parent in node.parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    nodes.sort(key=_by_time)
    return nodes


class _leading_to:
    """The part of a graph through which the `wanted` nodes and leaves are reached."""

    def __init__(self, nodes: list[Node], wanted: Sequence[Any]):
        self.wanted = set(wanted)
        self._on_a_path = set(wanted)
        for node in nodes:
            if any(parent in self._on_a_path for parent in node.parents if parent is not None):
                self._on_a_path.add(node)

    def parents(self, node: Node) -> tuple[Any, ...] | None:
        """The parents of `node` with None for those not on a path; None if no one is."""
        path = self._on_a_path
        kept = tuple(p if p is not None and p in path else None for p in node.parents)
        return kept if any(p is not None for p in kept) else None


_FREED_MESSAGE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed): the values that {} saved were freed by the first backward() or "
    "autograd.grad(). Specify retain_graph=True in the first call if you need to backward through "
    "the graph twice."
)


def _call_hooks(hooks: list[Any], cotangent: Any) -> Any:
    """Pass a cotangent through the user's hooks, which see and return Tensors."""
    # The gradient that `retain_grad` keeps is the one after all other hooks.
    for hook in sorted(hooks, key=lambda h: isinstance(h, Retain)):
        tensor = as_tensor(cotangent)
        result = hook(tensor)
        if result is None:
            continue
        if getattr(result, "shape", None) != tensor.shape:
            raise RuntimeError(
                f"hook {hook!r} has changed the shape of the gradient: expected a Tensor of shape "
                f"{list(tensor.shape)}, got {result!r}"
            )
        cotangent = result if cotangent is tensor else result._data
    return cotangent


def as_tensor(value: Any) -> Any:
    """A cotangent as a Tensor: itself under create_graph, else wrapped."""
    return value if isinstance(value, Tensor) or type(value) not in XP else wrap(value)


# --- the public functions ---------------------------------------------------------------------------


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` with respect to the leaves to the leaves' `grad`.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        The roots.
    grad_tensors : Tensor or sequence of Tensor, optional
        A cotangent for each root; may be left out (None) for roots of one element.
    retain_graph : bool, optional
        Keep the saved values for another backward pass; by default as `create_graph`.
    create_graph : bool
        Record the backward pass too, for derivatives of higher order.
    inputs : sequence of Tensor, optional
        Only these get a gradient.

    Examples
    --------
    >>> x = rg.tensor([1.0, 2.0], requires_grad=True)
    >>> rg.autograd.backward([x * x], [rg.ones(2)])
    >>> x.grad
    tensor([2., 4.])
    """
    roots = _sequence(tensors)
    if inputs is not None and not (inputs := _sequence(inputs)):
        raise RuntimeError("'inputs' argument to backward cannot be empty")
    cotangents, lent = _root_cotangents(roots, grad_tensors, create_graph)
    wanted = None if inputs is None else [_target(t) for t in inputs]
    keep = create_graph if retain_graph is None else retain_graph
    with modes.recording(create_graph):
        found = _run(cotangents, keep, create_graph, wanted, lent)
        for target, cotangent in found.items():
            if type(target) is not Node and (wanted is None or target in wanted):
                _accumulate(target, cotangent, lent)
        for tensor in inputs or ():
            if tensor._node is not None and tensor._node in found and not tensor.retains_grad:
                _add_to_grad(tensor, found[tensor._node], lent)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, as a tuple; no `grad` is touched.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        The roots, and what to differentiate by; inputs need not be leaves.
    grad_outputs : Tensor or sequence of Tensor, optional
        A cotangent for each output; may be left out (None) for outputs of one element. With
        `is_grads_batched` each has one more dimension in front.
    retain_graph : bool, optional
        Keep the saved values for another backward pass; by default as `create_graph`.
    create_graph : bool
        Record the backward pass too, for derivatives of higher order.
    only_inputs : bool
        Always true, as in PyTorch; `backward` adds to the `grad` of other leaves.
    allow_unused : bool, optional
        Give None for an input that the outputs do not depend on, instead of raising RuntimeError;
        by default as `materialize_grads`.
    is_grads_batched : bool
        Run once for each entry of the first dimension of `grad_outputs`, and stack the results.
    materialize_grads : bool
        Give zeros instead of None for unused inputs.

    Examples
    --------
    >>> x = rg.tensor(3.0, requires_grad=True)
    >>> (g,) = rg.autograd.grad(x**3, x, create_graph=True)
    >>> rg.autograd.grad(g, x)
    (tensor(18.),)
    """
    if not only_inputs:
        warnings.warn("grad(): only_inputs=False is ignored: use backward()", FutureWarning, 2)
    if is_grads_batched:
        return _batched_grad(
            outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    roots, sources = _sequence(outputs), _sequence(inputs)
    for position, source in enumerate(sources):
        if not source.requires_grad:
            raise RuntimeError(
                f"one of the differentiated Tensors does not require grad: input {position} of "
                f"shape {list(source.shape)}; call requires_grad_() on it before it is used"
            )
    cotangents, lent = _root_cotangents(roots, grad_outputs, create_graph)
    targets = [_target(source) for source in sources]
    keep = create_graph if retain_graph is None else retain_graph
    with modes.recording(create_graph):
        found = _run(cotangents, keep, create_graph, targets, lent)
        for target in dict.fromkeys(targets):
            if type(target) is not Node and target in found and target._hooks:
                found[target] = _call_hooks(target._hooks[0], found[target])
    results: list[Any] = []
    for position, (target, source) in enumerate(zip(targets, sources, strict=True)):
        result = found.get(target)
        if result is not None:
            shared = id(result) in lent
            lent.add(id(result))
            results.append(owned_copy(result) if shared else as_tensor(result))
        elif not allow_unused:
            raise RuntimeError(
                "one of the differentiated Tensors appears to not have been used in the graph: "
                f"input {position} of shape {list(source.shape)}; set allow_unused=True if this "
                "is the desired behavior"
            )
        else:
            results.append(source.new_zeros(source.shape) if materialize_grads else None)
    return tuple(results)


def _batched_grad(
    outputs: Any, inputs: Any, grad_outputs: Any, retain: Any, create_graph: bool, unused: Any
) -> tuple[Any, ...]:
    """`grad` for each cotangent along the first dimension, stacked."""
    from retrograd.autograd_core.ops.joining import stack

    batches = _sequence(grad_outputs)
    count = len(batches[0])
    rows = []
    for i in range(count):
        keep = retain if i == count - 1 else True
        chosen = [batch[i] for batch in batches]
        rows.append(grad(outputs, inputs, chosen, keep, create_graph, allow_unused=unused))
    return tuple(None if column[0] is None else stack(column) for column in zip(*rows, strict=True))


def _sequence(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _target(tensor: Tensor) -> Any:
    """What the cotangent of `tensor` is filed under: its node, or the leaf itself."""
    if tensor._view is not None:
        tensor._view.sync(tensor)
    return tensor if tensor._node is None else tensor._node


def _root_cotangents(
    roots: list[Any], grads: Any, create_graph: bool
) -> tuple[dict[Any, Any], set[int]]:
    """The first cotangents by node, and the ids of those arrays, which belong to the caller."""
    given = [None] * len(roots) if grads is None else _sequence(grads)
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    cotangents: dict[Any, Any] = {}
    for root, gradient in zip(roots, given):
        target = _target(root)
        if not root._requires_grad:
            raise RuntimeError(
                "element 0 of tensors does not require grad and does not have a grad_fn: no input "
                "of the computation had requires_grad=True, or it ran under no_grad()"
            )
        if gradient is None:
            gradient = _implicit_cotangent(root)
        else:
            _check_cotangent(root, gradient)
        value = gradient if create_graph else gradient._data
        cotangents[target] = cotangents[target] + value if target in cotangents else value
    return cotangents, set(map(id, cotangents.values()))


def _check_cotangent(root: Tensor, gradient: Any) -> None:
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {gradient!r}")
    if gradient._data.shape != root._data.shape:
        raise RuntimeError(
            f"Mismatch in shape: the gradient has shape {list(gradient.shape)} and the output "
            f"has shape {list(root.shape)}"
        )
    if type(gradient._data) is not type(root._data):
        raise RuntimeError(errors.mixed_devices((root._data, gradient._data)))


def _implicit_cotangent(root: Tensor) -> Tensor:
    data = root._data
    if data.size != 1:
        raise RuntimeError(
            f"grad can be implicitly created only for scalar outputs, got shape {list(root.shape)}; "
            "reduce it first, e.g. y.sum().backward(), or pass gradient="
        )
    if data.dtype.kind != "f":
        raise RuntimeError(f"grad can be created only for real outputs but got {root.dtype}")
    return wrap(XP[type(data)].ones(data.shape, data.dtype))


def _accumulate(leaf: Tensor, cotangent: Any, lent: set[int]) -> None:
    """Update `leaf.grad`, with the leaf's hooks before and after."""
    hooks = leaf._hooks
    if not hooks:
        _add_to_grad(leaf, cotangent, lent)
        return
    cotangent = _call_hooks(hooks[0], cotangent)
    lent.add(id(cotangent))
    _add_to_grad(leaf, cotangent, lent)
    for hook in hooks[1]:
        hook(leaf)


def _add_to_grad(tensor: Tensor, cotangent: Any, lent: set[int]) -> None:
    old = tensor._grad
    # A view, or an array that somebody else holds too, must not become a gradient.
    shared = id(cotangent) in lent
    lent.add(id(cotangent))
    if isinstance(cotangent, Tensor):
        fresh = owned_copy(cotangent) if shared else cotangent
        tensor._grad = fresh if old is None else old + cotangent
    elif old is None:
        shared = shared or getattr(cotangent, "base", None) is not None
        tensor._grad = wrap(cotangent.copy() if shared else cotangent)
    else:
        old._data += cotangent
        changes.note(old._data, "the accumulation of gradients")
