"""Positions for a picture of an acyclic graph with nested groups: pure Python, no Graphviz.

Each group is laid out on its own, innermost first, and then is one item of the group around it.
So frames are rectangles that hold their members and nothing else, and a line crosses a frame only
through ports that lie on its upper and lower border.

>>> from retrograd.viz.layout import Box, layout
>>> picture = layout([Box("a", 40, 20), Box("b", 60, 20)], [("a", "b")])
>>> picture.boxes["a"].y < picture.boxes["b"].y
True
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from retrograd.viz._layers import Item, Link, Placed, Point, place, simplify, topological_order

Path = tuple[str, ...]

SIDE_PAD, HEADER, FOOT = 14.0, 24.0, 10.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. Lines meet it at `anchor` from its left edge (default: the middle)."""

    id: str
    width: float
    height: float
    group: Path = ()
    anchor: float | None = None

    @property
    def port(self) -> float:
        return self.width / 2 if self.anchor is None else self.anchor


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A group's rectangle; `title` is where its header starts, `port` where its lines pass.

    A group that would make the drawing cyclic is drawn in several frames: `part` counts them.
    """

    id: str
    path: Path
    parent: str | None
    part: int
    rect: Rect
    title: float
    port: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Size, a rectangle for each box, one route per edge, and frames from the outside in."""

    width: float
    height: float
    boxes: dict[str, Rect]
    routes: list[list[Point]]
    frames: list[Frame]


Key = int | tuple[str, int]  # a box, or ("group" | "entry" | "exit", number)


@dataclass(slots=True)
class _Group:
    """One frame to be: its boxes and groups, its inner drawing and the ports on its border."""

    path: Path
    part: int
    number: int
    parent: _Group | None
    members: list[int]
    first: int = 0
    children: list[_Group] = field(default_factory=list)
    links: dict[tuple[Key, int, Key], int] = field(default_factory=dict)
    items: dict[Key, int] = field(default_factory=dict)
    inner: Placed = field(default_factory=lambda: Placed([], [], 0.0, 0.0))
    entries: dict[int, float] = field(default_factory=dict)
    exits: dict[int, float] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0
    left_pad: float = 0.0
    title: float = 0.0
    x: float = 0.0  # where the inner drawing starts, once everything is placed
    y: float = 0.0

    @property
    def key(self) -> Key:
        return ("group", self.number)


def layout(
    boxes: Sequence[Box],
    edges: Iterable[tuple[str, str]],
    headers: Mapping[Path, float] | None = None,
    min_sizes: Mapping[Path, tuple[float, float]] | None = None,
) -> Layout:
    """Lay out an acyclic graph of boxes from top to bottom.

    Parameters
    ----------
    boxes
        The nodes, with sizes and the path of the group that each is in.
    edges
        Pairs of box ids; every edge will point down.
    headers
        Width of the header text of each group, kept free of lines.
    min_sizes
        Least width and height of each group's frame.

    Raises
    ------
    ValueError
        If an id is used twice, an edge names an unknown box, or the graph has a cycle.
    """
    number = {box.id: i for i, box in enumerate(boxes)}
    if len(number) < len(boxes):
        raise ValueError("layout: two boxes have the same id; ids must be unique")
    arrows = []
    for edge in edges:
        for end in edge:
            if end not in number:
                raise ValueError(
                    f"layout: edge {edge!r} names {end!r}, which is not among the boxes"
                )
        arrows.append((number[edge[0]], number[edge[1]]))
    groups, home = _group_tree(boxes, arrows)
    trails = _wire(home, arrows)
    for group in reversed(groups):
        header = (headers or {}).get(group.path, 0.0)
        least = (min_sizes or {}).get(group.path, (0.0, 0.0))
        _lay_out_group(group, boxes, header, least)
    return _assemble(boxes, groups, trails)


def _group_tree(
    boxes: Sequence[Box], arrows: list[tuple[int, int]]
) -> tuple[list[_Group], list[_Group]]:
    """All groups, parents before children, and the group each box sits in."""
    order = topological_order(len(boxes), arrows)
    if len(order) < len(boxes):
        raise ValueError("layout: the graph has a cycle; only an acyclic graph can be drawn")
    when = {v: i for i, v in enumerate(order)}
    root = _Group((), 0, 0, None, list(range(len(boxes))))
    groups, home = [root], [root] * len(boxes)
    inner = {0: arrows}  # by group number: the edges with both ends inside
    for group in groups:
        depth = len(group.path)
        parts = _parts(group, boxes, inner[group.number], when)
        inside: dict[tuple[str, int], _Group] = {}
        for v in group.members:
            if len(boxes[v].group) > depth:
                key = (boxes[v].group[depth], parts.get(v, 0))
                if key not in inside:
                    number = len(groups) + len(inside)
                    inside[key] = _Group((*group.path, key[0]), key[1], number, group, [], v)
                inside[key].members.append(v)
                home[v] = inside[key]
        group.members = [v for v in group.members if home[v] is group]
        group.children = list(inside.values())
        groups += group.children
        inner.update((child.number, []) for child in group.children)
        for a, b in inner.pop(group.number):
            if home[a] is home[b] is not group:
                inner[home[a].number].append((a, b))
    return groups, home


def _parts(
    group: _Group, boxes: Sequence[Box], arrows: list[tuple[int, int]], when: dict[int, int]
) -> dict[int, int]:
    """Number the parts of subgroups that depend on each other in a cycle; others stay whole.

    Runs of one subgroup in a topological order of the boxes never form a cycle, so the subgroups
    left in the cyclic core are cut into such runs.
    """
    depth = len(group.path)
    unit = {v: boxes[v].group[depth] if len(boxes[v].group) > depth else v for v in group.members}
    numbers = {u: i for i, u in enumerate(dict.fromkeys(unit.values()))}
    if len(numbers) == len(unit):
        return {}
    between = sorted({(numbers[unit[a]], numbers[unit[b]]) for a, b in arrows})
    between = [(a, b) for a, b in between if a != b]
    forward = set(topological_order(len(numbers), between))
    if len(forward) == len(numbers):
        return {}
    backward = set(topological_order(len(numbers), [(b, a) for a, b in between]))
    parts: dict[int, int] = {}
    runs: dict[str, int] = defaultdict(int)
    last: object = None
    for v in sorted(group.members, key=when.__getitem__):
        u = unit[v]
        if numbers[u] in forward or numbers[u] in backward:
            continue
        if isinstance(u, str):
            runs[u] += u != last
            parts[v] = runs[u]
        last = u
    return parts


def _wire(home: list[_Group], arrows: list[tuple[int, int]]) -> list[list[tuple[_Group, int]]]:
    """Cut every edge into links, one in each group it passes; the trail of links per edge."""

    def link(group: _Group, start: Key, source: int, end: Key) -> tuple[_Group, int]:
        return group, group.links.setdefault((start, source, end), len(group.links))

    trails = []
    for source, target in arrows:
        up, down = _lineage(home[source]), _lineage(home[target])
        common = 0
        while common < min(len(up), len(down)) and up[common] is down[common]:
            common += 1
        outwards = up[: common - 1 : -1] if common else up[::-1]
        ends: list[Key] = [*(group.key for group in down[common:]), target]
        trail = []
        start: Key = source
        for group in outwards:
            trail.append(link(group, start, source, ("exit", source)))
            start = group.key
        trail.append(link(up[common - 1], start, source, ends[0]))
        for group, end in zip(down[common:], ends[1:], strict=True):
            trail.append(link(group, ("entry", source), source, end))
        trails.append(trail)
    return trails


def _lineage(group: _Group) -> list[_Group]:
    line = [group]
    while line[-1].parent:
        line.append(line[-1].parent)
    return line[::-1]


def _lay_out_group(
    group: _Group, boxes: Sequence[Box], header: float, least: tuple[float, float]
) -> None:
    """Place what is in one group, its children being done, and find its size and its ports."""
    shapes: dict[Key, Box | _Group] = {child.key: child for child in group.children}
    shapes.update((v, boxes[v]) for v in group.members)
    first = {
        key: shape.first if isinstance(shape, _Group) else key for key, shape in shapes.items()
    }
    items: list[Item] = []
    for key in sorted(shapes, key=first.__getitem__):
        group.items[key] = len(items)
        items.append(Item(shapes[key].width, shapes[key].height))
    for start, _, end in group.links:
        for key, kind, pin in ((start, "entry", -1), (end, "exit", 1)):
            if isinstance(key, tuple) and key[0] == kind and key not in group.items:
                group.items[key] = len(items)
                items.append(Item(0.0, 0.0, pin))

    def offset(key: Key, source: int, entering: bool) -> float:
        shape = shapes.get(key)
        if isinstance(shape, _Group):
            return (shape.entries if entering else shape.exits)[source]
        return shape.port if shape else 0.0

    links = [
        Link(
            group.items[start],
            group.items[end],
            offset(start, source, entering=False),
            offset(end, source, entering=True),
            source,
        )
        for start, source, end in group.links
    ]
    group.inner = place(items, links)
    group.width, group.height = group.inner.width, group.inner.height
    if group.parent:
        _add_border(group, header, least)


def _add_border(group: _Group, header: float, least: tuple[float, float]) -> None:
    """Widen a group by its borders, with a place for its header that no line crosses."""
    group.width = max(group.inner.width + 2 * SIDE_PAD, least[0])
    group.height = max(group.inner.height + HEADER + FOOT, least[1])
    group.left_pad = (group.width - group.inner.width) / 2
    corners, items = group.inner.corners, group.items
    lanes = sorted(
        corners[i][0] + group.left_pad
        for key, i in items.items()
        if isinstance(key, tuple) and key[0] == "entry"
    )
    bounds = [0.0, *lanes, group.width]
    rooms = [left for left, right in pairwise(bounds) if right - left >= header + 2 * SIDE_PAD]
    group.title = (rooms[0] if rooms else 0.0) + SIDE_PAD
    if not rooms:
        widen = header + 2 * SIDE_PAD - bounds[1]
        group.left_pad += widen
        group.width += widen
    for key, i in items.items():
        if isinstance(key, tuple) and key[0] != "group":
            side = group.entries if key[0] == "entry" else group.exits
            side[key[1]] = corners[i][0] + group.left_pad


def _assemble(
    boxes: Sequence[Box], groups: list[_Group], trails: list[list[tuple[_Group, int]]]
) -> Layout:
    """Absolute positions, from the outside in, and whole routes from their pieces."""
    rects: dict[str, Rect] = {}
    frames: list[Frame] = []
    for group in groups:
        if group.parent:
            frames.append(_frame_of(group, group.parent))
        for v in group.members:
            x, y = group.inner.corners[group.items[v]]
            rects[boxes[v].id] = Rect(group.x + x, group.y + y, boxes[v].width, boxes[v].height)
    routes = [
        simplify(
            [
                (group.x + x, group.y + y)
                for group, link in trail
                for x, y in group.inner.routes[link]
            ]
        )
        for trail in trails
    ]
    return Layout(groups[0].width, groups[0].height, rects, routes, frames)


def _frame_of(group: _Group, parent: _Group) -> Frame:
    """The frame of a group whose parent is placed; also places the group's inner drawing."""
    x, y = parent.inner.corners[parent.items[group.key]]
    left, top = parent.x + x, parent.y + y
    group.x, group.y = left + group.left_pad, top + HEADER
    lanes = [*group.entries.values(), *group.exits.values()]
    port = min(lanes, key=lambda lane: abs(lane - group.width / 2), default=group.width / 2)
    return Frame(
        str(group.number),
        group.path,
        str(parent.number) if parent.parent else None,
        group.part,
        Rect(left, top, group.width, group.height),
        left + group.title,
        left + port,
    )
