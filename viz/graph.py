"""The graph that is drawn: plain data on nodes, edges and modules, and its form in DOT.

It knows nothing of tensors, so that anything with nodes and edges can be drawn:

>>> from retrograd.viz.graph import Edge, Graph, GraphNode
>>> graph = Graph([GraphNode("x", "input", "x"), GraphNode("y", "op", "exp")], [Edge("x", "y")])
>>> print(graph.to_dot().splitlines()[0])
digraph "graph" {
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Path = tuple[str, ...]
Kind = Literal["input", "parameter", "buffer", "constant", "op", "output"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(slots=True)
class GraphNode:
    """A tensor that was given, an operation, or a result.

    Attributes
    ----------
    id : str
        Unique in the graph.
    kind : {"input", "parameter", "buffer", "constant", "op", "output"}
        What it is; leaves are anything but "op" and "output".
    label : str
        The name of the operation or of the tensor.
    module : str
        The path of the module that it belongs to, such as "features.0".
    group : tuple of str
        The keys of the modules around it, from the outside in; see `Graph.groups`.
    shape : tuple of int or None
        Of the tensor or of the operation's output.
    grad_norm, flag
        The Euclidean norm of the gradient (None: not known) and "", "nan" or "inf".
    details : list of (str, str)
        Further rows for the page.
    """

    id: str
    kind: Kind
    label: str
    module: str = ""
    group: Path = ()
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    parameters: int = 0
    saved_bytes: int = 0
    grad_norm: float | None = None
    flag: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edge:
    """`source`'s value goes into `target`, as the argument called `label`."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A module (or one call of it) as a frame around nodes: its name and its class."""

    name: str
    type: str = ""


@dataclass(slots=True)
class Graph:
    """Nodes, edges, and what the group keys stand for."""

    nodes: list[GraphNode]
    edges: list[Edge]
    groups: dict[Path, Group] = field(default_factory=dict)
    title: str = "graph"

    def check(self) -> None:
        """Raise a ValueError for repeated ids, edges to nowhere or an unknown kind."""
        counts = Counter(node.id for node in self.nodes)
        repeated = [name for name, count in counts.items() if count > 1]
        if repeated:
            raise ValueError(f"Graph: node ids must be unique, but {repeated[0]!r} is used twice")
        for node in self.nodes:
            if node.kind not in KINDS:
                raise ValueError(
                    f"Graph: node {node.id!r} has kind {node.kind!r}, not one of {KINDS}"
                )
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in counts:
                    raise ValueError(
                        f"Graph: edge {edge.source!r} -> {edge.target!r}: no node {end!r}"
                    )

    def to_dot(self) -> str:
        """The graph in Graphviz's DOT language, modules as clusters."""
        return _Dot(self).text()


def format_shape(shape: Sequence[int]) -> str:
    """A shape as people write it.

    >>> format_shape((64, 1, 28, 28)), format_shape(())
    ('64 × 1 × 28 × 28', 'scalar')
    """
    return " × ".join(map(str, shape)) or "scalar"


def format_bytes(count: int) -> str:
    """A size in bytes with three digits.

    >>> format_bytes(512), format_bytes(73_984), format_bytes(3 * 2**20)
    ('512 B', '72.2 KiB', '3 MiB')
    """
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1000 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def format_count(count: int) -> str:
    """A number of parameters, grouped by thousands.

    >>> format_count(61706)
    '61,706'
    """
    return f"{count:,}"


def format_norm(node: GraphNode) -> str:
    """A node's gradient norm in three digits, or its flag."""
    if node.flag:
        return {"nan": "NaN", "inf": "∞"}[node.flag]
    return "" if node.grad_norm is None else f"{node.grad_norm:.3g}"


DOT_STYLE: dict[Kind, str] = {
    "input": 'shape=box style="rounded,filled" fillcolor="#dcebfb" color="#3b78b8"',
    "parameter": 'shape=box style="rounded,filled" fillcolor="#f7e7c4" color="#a8791b"',
    "buffer": 'shape=box style="rounded,filled" fillcolor="#ece6f5" color="#7a5fa8"',
    "constant": 'shape=box style="rounded,filled" fillcolor="#eeeeee" color="#888888"',
    "op": 'shape=box style="filled" fillcolor="#ffffff" color="#555f6b"',
    "output": 'shape=box style="rounded,filled" fillcolor="#d8f0e0" color="#2f855a"',
}


class _Dot:
    """Writes DOT: a cluster per module, nodes in their place, then the edges."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.lines = [f"digraph {_quote(graph.title)} {{"]
        self.numbers = {node.id: f"n{i}" for i, node in enumerate(graph.nodes)}

    def text(self) -> str:
        self.lines.append('  node [fontname="Helvetica" fontsize=11]; edge [color="#77808a"];')
        inside: dict[Path, list[GraphNode]] = {}
        for node in self.graph.nodes:
            for depth in range(len(node.group) + 1):
                inside.setdefault(node.group[:depth], [])
            inside[node.group].append(node)
        opened: Path = ()
        for path in sorted(inside):
            opened = self._walk_to(path, opened)
            for node in inside[path]:
                self._node(node)
        self._walk_to((), opened)
        for edge in self.graph.edges:
            label = f" [label={_quote(edge.label)} fontsize=9]" if edge.label else ""
            self.lines.append(
                f"  {self.numbers[edge.source]} -> {self.numbers[edge.target]}{label};"
            )
        return "\n".join([*self.lines, "}", ""])

    def _walk_to(self, path: Path, opened: Path) -> Path:
        """Close clusters up to the common one and open those on the way to `path`."""
        common = 0
        while common < min(len(path), len(opened)) and path[common] == opened[common]:
            common += 1
        self.lines += ["  " * (depth + 1) + "}" for depth in range(len(opened) - 1, common - 1, -1)]
        for depth in range(common, len(path)):
            key = path[: depth + 1]
            group = self.graph.groups.get(key, Group(key[-1]))
            indent = "  " * (depth + 1)
            title = _quote(f"{group.name} · {group.type}" if group.type else group.name)
            self.lines.append(f"{indent}subgraph {_quote('cluster_' + '/'.join(key))} {{")
            self.lines.append(f'{indent}  label={title}; color="#9aa4ae"; style=rounded;')
        return path

    def _node(self, node: GraphNode) -> None:
        rows = [node.label]
        if node.shape is not None:
            rows.append(f"{format_shape(node.shape)} {node.dtype}".rstrip())
        if format_norm(node):
            rows.append(f"gradient {format_norm(node)}")
        alarm = ' penwidth=2 color="#c62828"' if node.flag else ""
        indent = "  " * (len(node.group) + 1)
        style = DOT_STYLE[node.kind]
        label = _quote("\n".join(rows))
        self.lines.append(f"{indent}{self.numbers[node.id]} [label={label} {style}{alarm}];")


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
