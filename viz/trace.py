"""From a result to the graph behind it: walks the recorded operations, names and measures them."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from retrograd.autograd_core.creation import ones_like
from retrograd.autograd_core.engine import grad
from retrograd.autograd_core.node import FREED, Node
from retrograd.autograd_core.tensor import Tensor, is_array
from retrograd.backends.base import owner
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter
from retrograd.viz.graph import (
    Edge,
    Graph,
    GraphNode,
    Group,
    Kind,
    Path,
    format_bytes,
    format_shape,
)
from retrograd.viz.scene import clip
from retrograd.viz.watch import Watch

MOST_NODES = 5000


def make_graph(
    outputs: Any,
    model: Module | Watch | None = None,
    *,
    params: Mapping[str, Tensor] | None = None,
    inputs: Any = None,
    grads: bool = False,
    constants: bool = False,
    max_nodes: int = MOST_NODES,
    title: str | None = None,
) -> Graph:
    """The graph of operations that `outputs` were computed by.

    Parameters
    ----------
    outputs : Tensor, or lists, tuples and dicts of them
        The results, such as a loss.
    model : Module or Watch, optional
        Names parameters and buffers by their paths, and groups operations by the modules that ran
        them: exactly for a `watch`, else as far as parameters tell.
    params : mapping of str to Tensor, optional
        More names for leaves.
    inputs : Tensor, or lists, tuples and dicts of them, optional
        The data that went in; a dict's keys are their names. A `watch` knows those of the model.
    grads : bool
        Run a backward pass to measure the norm of the gradient at each node. It changes no `grad`,
        frees nothing and calls no hooks; outputs that are not scalars count as their sum.
    constants : bool
        Show tensors that have no gradient and no name.
    max_nodes : int
        Keep the last so many operations and stand one node in for all before.
    title : str, optional
        The heading; by default the model's class.

    Raises
    ------
    RuntimeError
        If nothing was recorded, or `grads` is asked for after the saved values were freed.

    Examples
    --------
    >>> a = rg.ones(2, requires_grad=True)
    >>> graph = rg.viz.make_graph((a + a).sum(), params={"a": a})
    >>> [node.label for node in graph.nodes]
    ['a', 'add', 'sum', 'output']
    """
    roots = list(named_tensors(outputs, "output"))
    _check_roots(roots)
    return _Tracer(roots, model, params, inputs, constants, max_nodes).graph(grads, title)


def _check_roots(roots: list[tuple[str, Tensor]]) -> None:
    if not roots:
        raise TypeError("viz: no Tensor found in `outputs`; pass the loss or the model's output")
    if not any(tensor.requires_grad for _, tensor in roots):
        raise RuntimeError(
            "viz: nothing was recorded for this output, as it does not require grad; compute it "
            "outside no_grad() and from a tensor with requires_grad=True"
        )


def named_tensors(value: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    """All tensors in a nested structure, named by their keys and positions."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from named_tensors(part, str(key))
    elif isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", None) or [f"{name}[{i}]" for i in range(len(value))]
        for part_name, part in zip(names, value, strict=True):
            yield from named_tensors(part, part_name)


def saved_bytes_by_call(outputs: Any, watch: Watch) -> dict[str, int]:
    """What the operations of each module keep for the backward pass, by the module's path."""
    roots = [root for root in named_tensors(outputs, "output") if root[1].requires_grad]
    total: dict[str, int] = defaultdict(int)
    if roots:
        graph = make_graph([tensor for _, tensor in roots], watch, max_nodes=sys.maxsize)
        for node in graph.nodes:
            total[node.module] += node.saved_bytes
    return total


def walk(roots: Iterable[Any]) -> list[Node]:
    """All recorded operations behind nodes, oldest first, without recursion."""
    stack = [root for root in roots if isinstance(root, Node)]
    seen = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.time)


def array_norm(array: Any) -> float:
    """The Euclidean norm of an array of any backend, computed in double precision."""
    flat = array.reshape(-1).astype("float64")
    return math.sqrt(float((flat * flat).sum()))


def _flag(norm: float | None) -> str:
    if norm is None or math.isfinite(norm):
        return ""
    return "nan" if math.isnan(norm) else "inf"


def measure(roots: list[Tensor], nodes: list[Node]) -> tuple[dict[Any, float], dict[Any, str]]:
    """Gradient norms and dtypes by node and leaf, from one backward pass without side effects."""
    if any(node.saved is FREED for node in nodes):
        raise RuntimeError(
            "viz: grads=True needs the values saved for the backward pass, which were freed by an "
            "earlier backward(): draw before backward(), or use backward(retain_graph=True)"
        )
    norms: dict[Any, float] = {}
    dtypes: dict[Any, str] = {}

    def probe(node: Node) -> Any:
        def note(gradient: Any) -> None:
            if isinstance(gradient, Tensor):
                norms[node] = array_norm(gradient._data)
                dtypes[node] = gradient.dtype.name

        return note

    leaves = list({p: None for node in nodes for p in node.parents if isinstance(p, Tensor)})
    leaves += [root for root in roots if root._node is None]
    hooks = [(x, x.hooks) for x in nodes], [(x, x._hooks) for x in leaves]
    try:
        for node in nodes:
            node.hooks = [probe(node)]
        for leaf in leaves:
            leaf._hooks = None
        ones = [ones_like(root) for root in roots]
        found = grad(roots, leaves, ones, retain_graph=True, allow_unused=True)
    finally:
        for node, before in hooks[0]:
            node.hooks = before
        for leaf, kept in hooks[1]:
            leaf._hooks = kept
    for leaf, gradient in zip(leaves, found, strict=True):
        if gradient is not None:
            norms[leaf] = array_norm(gradient._data)
    return norms, dtypes


class _Tracer:
    """Collects nodes and edges for one graph."""

    def __init__(
        self,
        roots: list[tuple[str, Tensor]],
        model: Module | Watch | None,
        params: Mapping[str, Tensor] | None,
        inputs: Any,
        constants: bool,
        max_nodes: int,
    ) -> None:
        self.roots, self.constants = roots, constants
        self.watch = model if isinstance(model, Watch) else None
        self.model = model.model if isinstance(model, Watch) else model
        self.leaves = _Leaves(self.model, params)
        self.data: dict[int, tuple[str, Tensor]] = {}
        known = {**(self.watch.inputs if self.watch else {})}
        for given in (known, inputs):
            for name, tensor in named_tensors(given, "input"):
                self.data[id(owner(tensor._data))] = (name, tensor)
                self.leaves.inputs.setdefault(id(tensor), name)
        every = walk(tensor._node for _, tensor in roots)
        operations = [node for node in every if not node.op.picks]
        self.hidden = max(len(operations) - max_nodes, 0)
        self.every, self.operations = every, operations[self.hidden :]
        self.ids: dict[Any, str] = {node: f"n{i}" for i, node in enumerate(self.operations)}
        self.nodes: dict[str, GraphNode] = {}
        self.edges: list[Edge] = []
        self.counted: set[int] = set()
        self.norms: dict[Any, float] = {}
        self.pick_norms: dict[Node, list[float]] = defaultdict(list)
        self.dtypes: dict[Any, str] = {}

    def graph(self, grads: bool, title: str | None) -> Graph:
        if grads:
            roots = [tensor for _, tensor in self.roots if tensor.requires_grad]
            self.norms, self.dtypes = measure(roots, self.every)
            for value, norm in self.norms.items():
                operation = _picked(value)
                if operation is not None:
                    self.pick_norms[operation].append(norm)
        groups, names = self._groups()
        if self.hidden:
            label = f"{self.hidden:,} earlier operations"
            self.nodes["earlier"] = GraphNode("earlier", "constant", label)
        for node in self.operations:
            self._operation(node, names.get(node, ((), "")))
        for name, tensor in self.roots:
            self._output(name, tensor)
        if title is None:
            title = type(self.model).__name__ if self.model else "Computation graph"
        return Graph(list(self.nodes.values()), self.edges, groups, title)

    def _operation(self, node: Node, place: tuple[Path, str]) -> None:
        group, module = place
        rows = _description(node)
        edges = []
        for slot, parent in zip(_slots(node), node.parents, strict=True):
            source = self._source(node, slot, parent, group)
            if source is not None:
                edges.append(Edge(source, self.ids[node], slot))
        norm = self._norm(node)
        self.nodes[self.ids[node]] = GraphNode(
            self.ids[node],
            "op",
            node.op.name,
            module,
            group,
            _one_shape(node.shape),
            self.dtypes.get(node, ""),
            saved_bytes=self._saved_bytes(node),
            grad_norm=norm,
            flag=_flag(norm),
            details=rows,
        )
        self.edges += edges

    def _norm(self, node: Node) -> float | None:
        """A node's gradient norm; over all its outputs if there are several."""
        if node in self.norms:
            return self.norms[node]
        return math.hypot(*self.pick_norms[node]) if node in self.pick_norms else None

    def _source(self, node: Node, slot: str, parent: Any, group: Path) -> str | None:
        """The id of what an input came from, made on first use; None for a hidden constant."""
        parent = _picked(parent) or parent
        if isinstance(parent, Node):
            return self.ids.get(parent, "earlier")
        if isinstance(parent, Tensor):
            return self._leaf(parent, group)
        array = _saved_input(node, slot)
        if array is None:
            return None
        if id(owner(array)) in self.data:
            name, tensor = self.data[id(owner(array))]
            return self._tensor("input", name, tensor, group, id(tensor))
        if id(owner(array)) in self.leaves.buffers:
            name, tensor = self.leaves.buffers[id(owner(array))]
            return self._tensor("buffer", name, tensor, group, id(tensor))
        return self._constant(array, group) if self.constants else None

    def _leaf(self, tensor: Tensor, group: Path) -> str:
        kind, name = self.leaves.name(tensor)
        return self._tensor(kind, name, tensor, group, id(tensor))

    def _tensor(self, kind: Kind, name: str, tensor: Tensor, group: Path, key: int) -> str:
        if key not in self.ids:
            self.ids[key] = f"t{len(self.ids)}"
            norm = self.norms.get(tensor)
            self.nodes[self.ids[key]] = GraphNode(
                self.ids[key],
                kind,
                name,
                name.rpartition(".")[0],
                () if kind == "input" else group,
                tuple(tensor.shape),
                tensor.dtype.name,
                math.prod(tensor.shape) if kind == "parameter" else 0,
                grad_norm=norm,
                flag=_flag(norm),
            )
        return self.ids[key]

    def _constant(self, array: Any, group: Path) -> str:
        key = id(array)
        if key not in self.ids:
            self.ids[key] = f"t{len(self.ids)}"
            self.nodes[self.ids[key]] = GraphNode(
                self.ids[key], "constant", "constant", "", group, array.shape, str(array.dtype)
            )
        return self.ids[key]

    def _saved_bytes(self, node: Node) -> int:
        """Bytes kept alive by a node that no node before it, leaf or input already holds."""
        total = 0
        for array in _arrays(node.saved):
            memory = owner(array)
            known = id(memory) in self.counted or self.leaves.owns(memory)
            if not known and id(memory) not in self.data:
                self.counted.add(id(memory))
                total += array.nbytes
        return total

    def _output(self, name: str, tensor: Tensor) -> None:
        if tensor._node is None and not tensor.requires_grad:
            return
        key = f"out{len(self.nodes)}"
        kind: Kind = "output"
        self.nodes[key] = GraphNode(key, kind, name, "", (), tuple(tensor.shape), tensor.dtype.name)
        made_by = _picked(tensor._node) or tensor._node
        if made_by is None:
            self.edges.append(Edge(self._leaf(tensor, ()), key))
        else:
            self.edges.append(Edge(self.ids[made_by], key))

    def _groups(self) -> tuple[dict[Path, Group], dict[Node, tuple[Path, str]]]:
        if self.watch is not None:
            return self._watched_groups(self.watch)
        return (self._inferred_groups(self.model)) if self.model else ({}, {})

    def _watched_groups(
        self, watch: Watch
    ) -> tuple[dict[Path, Group], dict[Node, tuple[Path, str]]]:
        names = {}
        for node in self.operations:
            call = watch.call_at(node.time)
            if call is not None:
                names[node] = (call.key, call.path)
        return watch.groups, names

    def _inferred_groups(
        self, model: Module
    ) -> tuple[dict[Path, Group], dict[Node, tuple[Path, str]]]:
        """Modules told by the parameters that operations use, and for the rest by what lies around.

        An operation without parameters belongs where its nearest named ancestor and descendant
        have their innermost module in common.
        """
        own: dict[Node, Path] = {}
        before: dict[Node, tuple[int, Path]] = {}
        after: dict[Node, tuple[int, Path]] = {}
        for node in self.operations:
            names = [self.leaves.path(p) for p in node.parents if isinstance(p, Tensor)]
            paths = [tuple(n.split(".")[:-1]) for n in names if n]
            if paths:
                own[node] = before[node] = _common(paths)  # type: ignore[assignment]
                before[node] = after[node] = (node.time, own[node])
            else:
                seen = [before[p] for p in map(_made_by, node.parents) if p in before]
                if seen:
                    before[node] = max(seen)
        for node in reversed(self.operations):
            mine = after.get(node)
            for parent in map(_made_by, node.parents):
                if mine and parent is not None and parent not in own:
                    after[parent] = min(mine, after.get(parent, mine))
        types = {tuple(n.split(".")): type(m).__name__ for n, m in model.named_modules() if n}
        groups = {p: Group(".".join(p), kind) for p, kind in types.items()}
        placed = {}
        for node in self.operations:
            if node in before and node in after:
                path = own.get(node, _common([before[node][1], after[node][1]]))
                placed[node] = (path, ".".join(path) if node in own else "")
        return groups, placed


class _Leaves:
    """Names and kinds of tensors that were not computed."""

    def __init__(self, model: Module | None, params: Mapping[str, Tensor] | None) -> None:
        self.params: dict[int, str] = {}
        self.inputs: dict[int, str] = {}
        self.buffers: dict[int, tuple[str, Tensor]] = {}
        self._memory: set[int] = set()
        named = [*(params or {}).items(), *(model.named_parameters() if model else ())]
        self._alive = [tensor for _, tensor in named]
        for name, tensor in named:
            self.params.setdefault(id(tensor), name)
            self._memory.add(id(owner(tensor._data)))
        for name, tensor in model.named_buffers() if model else ():
            self.buffers[id(owner(tensor._data))] = (name, tensor)

    def name(self, tensor: Tensor) -> tuple[Kind, str]:
        if id(tensor) in self.params:
            return "parameter", self.params[id(tensor)]
        if id(tensor) in self.inputs:
            return "input", self.inputs[id(tensor)]
        return ("parameter", "parameter") if isinstance(tensor, Parameter) else ("input", "tensor")

    def path(self, tensor: Tensor) -> str:
        return self.params.get(id(tensor), "")

    def owns(self, memory: Any) -> bool:
        return id(memory) in self._memory or id(memory) in self.buffers


def _picked(value: Any) -> Node | None:
    """The operation with several outputs that a node takes one of."""
    return value.parents[0] if isinstance(value, Node) and value.op.picks else None


def _made_by(parent: Any) -> Node | None:
    return _picked(parent) or (parent if isinstance(parent, Node) else None)


def _common(paths: list[Path]) -> Path:
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return tuple(shared)


def _is_built_in(node: Node) -> bool:
    """Whether the operation is an Op, and not one call of a user's Function."""
    return isinstance(node.op, type)


def _slots(node: Node) -> list[str]:
    """What each parent was to the operation: its argument's name."""
    if _is_built_in(node) and not node.op.variadic:
        return list(node.op.inputs)
    return [str(i) for i in range(len(node.parents))]


def _saved(node: Node) -> list[tuple[str, Any]]:
    """What a node saved, by name; a user's Function numbers its tensors."""
    if node.saved is FREED:
        return []
    if _is_built_in(node):
        return list(zip(node.op.saved_names, node.saved, strict=False))
    return [(f"saved_tensors[{i}]", value) for i, value in enumerate(node.saved)]


def _one_shape(shape: Any) -> tuple[int, ...] | None:
    """The shape of the output; of the first if there are several."""
    if shape and isinstance(shape[0], tuple):
        return shape[0]
    return None if shape is None else tuple(shape)


def _saved_input(node: Node, slot: str) -> Any:
    return next((v for name, v in _saved(node) if name == slot and is_array(v)), None)


def _arrays(saved: Any) -> Iterator[Any]:
    """The arrays among saved values, once each."""
    stack, seen = [saved], set()
    while stack:
        value = stack.pop()
        if isinstance(value, (tuple, list)):
            stack.extend(reversed(value))
        elif is_array(value) and id(value) not in seen:
            seen.add(id(value))
            yield value


def _description(node: Node) -> list[tuple[str, str]]:
    """What the operation does, which gradients it gives, its settings and what it saved."""
    built_in = _is_built_in(node)
    lines = ((node.op if built_in else node.op.function).__doc__ or "").strip().splitlines()
    rows = [("what it does", lines[0])] if lines else []
    wanted = [s for s, p in zip(_slots(node), node.parents, strict=True) if p is not None]
    rows.append(("backward gives gradients of", ", ".join(wanted)))
    if node.saved is FREED:
        return [*rows, ("saved", "freed by backward()")]
    kept = []
    for name, value in _saved(node):
        if is_array(value):
            kept.append(f"{name}: {format_shape(value.shape)} ({format_bytes(value.nbytes)})")
        elif built_in and name in node.op.attributes:
            rows.append((name, clip(str(value), 60)))
    return [*rows, ("saved", "\n".join(kept))] if kept else rows
