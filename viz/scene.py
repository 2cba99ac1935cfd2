"""What to draw and where: cards with their lines of text, wires and frames, ready for any renderer.

Parameters, buffers and constants stand as small cards at the left of each operation that uses them,
so that the data's way through the network stays a straight line. A module that ran one operation
is named on that operation's card instead of having a frame of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from retrograd.viz._layers import Point
from retrograd.viz.graph import (
    Graph,
    GraphNode,
    Group,
    Path,
    format_bytes,
    format_count,
    format_norm,
    format_shape,
)
from retrograd.viz.layout import Box, Frame, Layout, Rect, layout

MARGIN = 24.0
PAD = 12.0  # left and right of a card's text
STRIP = 5.0  # the gradient's colour at a card's left edge
SIDE_GAP, STACK_GAP = 18.0, 6.0
MOST_AT_THE_SIDE = 8
CARD_STEP = 36.0  # widths are multiples of this, so that neighbours in a chain line up
LONGEST_TEXT = 34

NARROW, WIDE = set("ijl.,:;'|!()[]{} ftrI·"), set("mwMW%@—…×∇")
LOW_COLOUR, HIGH_COLOUR = "#2f6fb7", "#e8590c"
NORM_COLOURS = (LOW_COLOUR, "#3fa7c4", "#8fbf6a", "#f2b134", HIGH_COLOUR)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: a strong part, then a muted one; `y` is the baseline in the card."""

    strong: str
    muted: str
    size: float
    y: float


@dataclass(slots=True)
class Card:
    """A node's rectangle. `owner` is the operation that a side card stands at."""

    key: str
    node: GraphNode
    lines: list[Line]
    width: float
    height: float
    owner: str | None = None
    frame: str | None = None
    rect: Rect = field(default_factory=lambda: Rect(0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge between two cards, top to bottom; `count` times the same."""

    source: str
    target: str
    points: list[Point]
    label: str
    count: int
    side: bool


@dataclass(frozen=True, slots=True)
class ModuleBox:
    """A module as a frame with its header, and as the card that stands for it when closed."""

    frame: Frame
    name: str
    type: str
    header_width: float
    lines: list[Line]
    closed: Rect
    facts: list[tuple[str, str]]
    flag: str


@dataclass(slots=True)
class Scene:
    """Everything a renderer needs; `norms` is the range of the gradient colours, if any."""

    title: str
    width: float
    height: float
    cards: list[Card]
    wires: list[Wire]
    modules: list[ModuleBox]
    norms: tuple[float, float] | None
    graph: Graph = field(repr=False)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """An upper estimate of a text's width in a common sans-serif face, in pixels."""
    units = sum(0.38 if c in NARROW else 0.98 if c in WIDE or ord(c) > 0x2E80
                else 0.72 if c.isupper() else 0.63 for c in text)  # fmt: skip
    return units * size * (1.08 if bold else 1.0)


def clip(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text cut in the middle when it is too long, keeping both ends.

    >>> clip("encoder.layers.11.self_attention.query", 20)
    'encoder.la…ion.query'
    """
    if len(text) <= longest:
        return text
    head = longest // 2
    return f"{text[:head]}…{text[len(text) - (longest - head - 1) :]}"


def norm_colour(norm: float, norms: tuple[float, float]) -> str:
    """The colour of a gradient norm on the logarithmic scale from `norms[0]` to `norms[1]`."""
    low, high = (math.log10(n) for n in norms)
    at = min(max((math.log10(norm) - low) / (high - low), 0.0), 1.0) * (len(NORM_COLOURS) - 1)
    i = min(int(at), len(NORM_COLOURS) - 2)
    a, b = (_channels(NORM_COLOURS[j]) for j in (i, i + 1))
    mixed = (round(p + (q - p) * (at - i)) for p, q in zip(a, b))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def compose(graph: Graph) -> Scene:
    """Choose cards and frames for a graph and lay them out."""
    graph.check()
    by_id = {node.id: node for node in graph.nodes}
    aside = _side_edges(graph, by_id)
    folded = _single_operation_groups(graph)
    cards = {
        node.id: _main_card(node, _folded_module(graph, node, folded))
        for node in graph.nodes
        if node.id not in aside
    }
    sides = _side_cards(graph, by_id, aside)
    counts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.source not in aside:
            counts[edge.source, edge.target].append(edge.label)
    groups = {card.node.group: None for card in cards.values()}
    opened = {path: _open_group(path, folded) for path in groups}
    boxes = [_box(card, sides[key], opened[card.node.group]) for key, card in cards.items()]
    facts = _module_facts(graph, folded)
    headers = {path: text_width(f.name, 12, True) + text_width(f"  {f.type}", 11)
               for path, f in facts.items()}  # fmt: skip
    closed = {path: _closed_lines(f) for path, f in facts.items()}
    sizes = {path: (w + 2 * STRIP, h) for path, (_, w, h) in closed.items()}
    placed = layout(boxes, counts, headers, sizes)
    _settle(cards, sides, placed)
    _name_frames(cards, sides, opened, placed)
    modules = [
        _module_box(f, facts[f.path], headers[f.path], closed[f.path]) for f in placed.frames
    ]
    wires = [
        Wire(source, target, _shifted(route), ", ".join(filter(None, labels)), len(labels), False)
        for ((source, target), labels), route in zip(counts.items(), placed.routes)
    ]
    wires += [_side_wire(side, cards[owner]) for owner, many in sides.items() for side in many]
    every = [*cards.values(), *(side for many in sides.values() for side in many)]
    return Scene(
        graph.title,
        placed.width + 2 * MARGIN,
        placed.height + 2 * MARGIN,
        every,
        wires,
        modules,
        _norm_range(graph.nodes),
        graph,
    )


def _side_edges(graph: Graph, by_id: dict[str, GraphNode]) -> set[str]:
    """Ids of the leaves drawn at the side of what uses them."""
    users: dict[str, list[str]] = defaultdict(list)
    leaves: dict[str, int] = defaultdict(int)
    for edge in graph.edges:
        if by_id[edge.source].kind in ("parameter", "buffer", "constant"):
            users[edge.source].append(edge.target)
            leaves[edge.target] += 1
    entered = {edge.target for edge in graph.edges}
    return {
        leaf
        for leaf, targets in users.items()
        if leaf not in entered and all(leaves[target] <= MOST_AT_THE_SIDE for target in targets)
    }


def _single_operation_groups(graph: Graph) -> set[Path]:
    """Groups without subgroups that hold one operation."""
    operations: dict[Path, int] = defaultdict(int)
    parents = {path[:-1] for node in graph.nodes for path in _prefixes(node.group)}
    for node in graph.nodes:
        operations[node.group] += node.kind in ("op", "output")
    return {path for path, count in operations.items() if path and count <= 1} - parents


def _prefixes(path: Path) -> Iterable[Path]:
    return (path[:depth] for depth in range(1, len(path) + 1))


def _open_group(path: Path, folded: set[Path]) -> Path:
    return path[:-1] if path in folded else path


def _folded_module(graph: Graph, node: GraphNode, folded: set[Path]) -> Group | None:
    """The module that ran this operation alone, and so has no frame of its own."""
    return graph.groups.get(node.group, Group("")) if node.group in folded else None


def _main_card(node: GraphNode, module: Group | None) -> Card:
    """The card of a node that is not at the side; `module` is the one that ran it alone."""
    name = clip(_short_module(node.module), 22) if module or not node.group else ""
    if module and module.type:
        name = f"{name} · {clip(module.type, 22)}"
    rows = [(clip(node.label), name, 13.0)]
    if node.shape is not None:
        rows.append(("", f"↓ {clip(format_shape(node.shape))}", 11.0))
    facts = []
    if format_norm(node):
        facts.append(f"↑ ∇ {format_norm(node)}")
    if node.saved_bytes:
        facts.append(f"saves {format_bytes(node.saved_bytes)}")
    if facts:
        rows.append(("", " · ".join(facts), 11.0))
    lines, width, height = _typeset(rows, 17.0, 9.0)
    return Card(node.id, node, lines, CARD_STEP * math.ceil(width / CARD_STEP), height)


def _short_module(path: str) -> str:
    """The last parts of a module path, from the last one that is not a number.

    >>> _short_module("net.features.0"), _short_module("net.conv1")
    ('features.0', 'conv1')
    """
    parts = path.split(".")
    start = len(parts) - 1
    while start > 0 and parts[start].isdigit():
        start -= 1
    return ".".join(parts[start:])


def _side_card(key: str, node: GraphNode, owner: str, uses: int) -> Card:
    shape = "" if node.shape is None else clip(format_shape(node.shape), 22)
    name = node.label.rpartition(".")[2]
    rows = [(clip(name, 22), shape + (f" · used {uses}×" if uses > 1 else ""), 11.0)]
    if format_norm(node):
        rows.append(("", f"↑ ∇ {format_norm(node)}", 10.5))
    lines, width, height = _typeset(rows, 14.5, 6.0)
    return Card(key, node, lines, width, height, owner)


def _typeset(
    rows: list[tuple[str, str, float]], leading: float, pad: float
) -> tuple[list[Line], float, float]:
    """Lines with baselines, and the width and height of a card around them."""
    lines = [Line(s, m, size, pad + leading * (i + 0.72)) for i, (s, m, size) in enumerate(rows)]
    width = max(
        text_width(line.strong, line.size, True)
        + (text_width(line.muted, min(line.size, 11.0)))
        + (7.0 if line.strong and line.muted else 0.0)
        for line in lines
    )
    return lines, width + 2 * PAD + STRIP, leading * len(lines) + 2 * pad


def _side_cards(
    graph: Graph, by_id: dict[str, GraphNode], aside: set[str]
) -> dict[str, list[Card]]:
    uses: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        uses[edge.source].add(edge.target)
    sides: dict[str, list[Card]] = defaultdict(list)
    for source, target in dict.fromkeys((e.source, e.target) for e in graph.edges):
        if source in aside:
            key = f"{source}@{target}"
            sides[target].append(_side_card(key, by_id[source], target, len(uses[source])))
    for many in sides.values():
        widest = max(card.width for card in many)
        for card in many:
            card.width = widest
    return sides


def _stack_height(side: list[Card]) -> float:
    return sum(card.height for card in side) + STACK_GAP * (len(side) - 1)


def _box(card: Card, side: list[Card], group: Path) -> Box:
    if not side:
        return Box(card.key, card.width, card.height, group)
    left = side[0].width + SIDE_GAP
    height = max(card.height, _stack_height(side))
    return Box(card.key, left + card.width, height, group, left + card.width / 2)


def _shifted(points: list[Point]) -> list[Point]:
    return [(x + MARGIN, y + MARGIN) for x, y in points]


def _settle(cards: dict[str, Card], sides: dict[str, list[Card]], placed: Layout) -> None:
    """Give every card its rectangle inside the box that was placed for it and its side cards."""
    for key, card in cards.items():
        box, side = placed.boxes[key], sides[key]
        left = side[0].width + SIDE_GAP if side else 0.0
        x, y = box.x + MARGIN, box.y + MARGIN
        card.rect = Rect(x + left, y, card.width, box.height if side else card.height)
        grow = (card.rect.height - card.height) / 2
        card.lines = [Line(n.strong, n.muted, n.size, n.y + grow) for n in card.lines]
        top = y + (box.height - _stack_height(side)) / 2
        for small in side:
            small.rect = Rect(x, top, small.width, small.height)
            top += small.height + STACK_GAP


def _name_frames(
    cards: dict[str, Card], sides: dict[str, list[Card]], opened: dict[Path, Path], placed: Layout
) -> None:
    """Tell each card the innermost frame it is in."""
    frames: dict[Path, list[Frame]] = defaultdict(list)
    for frame in placed.frames:
        frames[frame.path].append(frame)
    for key, card in cards.items():
        at = placed.boxes[key]
        for frame in frames[opened[card.node.group]]:
            r = frame.rect
            if r.x <= at.x <= r.x + r.width and r.y <= at.y <= r.y + r.height:
                card.frame = frame.id
        for small in sides[key]:
            small.frame = card.frame


def _side_wire(side: Card, owner: Card) -> Wire:
    y = side.rect.y + side.rect.height / 2
    points = [(side.rect.x + side.rect.width, y), (owner.rect.x, y)]
    return Wire(side.key, owner.key, points, side.node.label, 1, True)


@dataclass(slots=True)
class _Facts:
    name: str
    type: str
    operations: int = 0
    parameters: int = 0
    saved_bytes: int = 0
    squares: float | None = None
    flag: str = ""


def _module_facts(graph: Graph, folded: set[Path]) -> dict[Path, _Facts]:
    """Sums over all that is inside each module."""
    facts: dict[Path, _Facts] = {}
    for node in graph.nodes:
        for path in _prefixes(_open_group(node.group, folded)):
            group = graph.groups.get(path, Group(path[-1]))
            total = facts.setdefault(path, _Facts(clip(group.name), clip(group.type)))
            total.operations += node.kind == "op"
            total.parameters += node.parameters
            total.saved_bytes += node.saved_bytes
            total.flag = total.flag or node.flag
            if node.kind == "parameter" and node.grad_norm is not None:
                total.squares = (total.squares or 0.0) + node.grad_norm**2
    return facts


def _closed_lines(facts: _Facts) -> tuple[list[Line], float, float]:
    content = f"{facts.operations} operations"
    if facts.parameters:
        content += f", {format_count(facts.parameters)} parameters"
    rows = [(facts.name, facts.type, 13.0), ("", content, 11.0)]
    known = []
    if facts.flag:
        known.append(f"↑ ∇ {'NaN' if facts.flag == 'nan' else '∞'}")
    elif facts.squares is not None:
        known.append(f"↑ ∇ {math.sqrt(facts.squares):.3g}")
    if facts.saved_bytes:
        known.append(f"saves {format_bytes(facts.saved_bytes)}")
    if known:
        rows.append(("", " · ".join(known), 11.0))
    return _typeset(rows, 17.0, 9.0)


def _module_box(
    frame: Frame, facts: _Facts, header: float, closed: tuple[list[Line], float, float]
) -> ModuleBox:
    r = frame.rect
    moved = Frame(
        frame.id,
        frame.path,
        frame.parent,
        frame.part,
        Rect(r.x + MARGIN, r.y + MARGIN, r.width, r.height),
        frame.title + MARGIN,
        frame.port + MARGIN,
    )
    lines, width, height = closed
    left = min(max(moved.port - width / 2, moved.rect.x), moved.rect.x + r.width - width)
    top = moved.rect.y + (r.height - height) / 2
    rows = [
        ("class", facts.type),
        ("operations", str(facts.operations)),
        ("parameters", format_count(facts.parameters)),
        ("saved for backward", format_bytes(facts.saved_bytes)),
    ]
    if facts.squares is not None:
        rows.append(("gradient norm of its parameters", f"{math.sqrt(facts.squares):.4g}"))
    return ModuleBox(
        moved,
        facts.name,
        facts.type,
        header,
        lines,
        Rect(left, top, width, height),
        rows,
        facts.flag,
    )


def _norm_range(nodes: list[GraphNode]) -> tuple[float, float] | None:
    """The least and greatest gradient norm, at least a factor of ten apart."""
    norms = [
        n.grad_norm
        for n in nodes
        if n.grad_norm is not None and n.grad_norm > 0 and math.isfinite(n.grad_norm)
    ]
    if not norms:
        return None
    low, high = min(norms), max(norms)
    if high < 10 * low:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
    return low, high
