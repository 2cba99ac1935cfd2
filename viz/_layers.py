"""Layered drawing of one flat acyclic graph: ranks, order in each rank, coordinates.

The four steps are those of Sugiyama, Tagawa and Toda (1981): give each item a rank, cut long links
with dummy vertices, order each rank to reduce crossings (barycentre sweeps), choose coordinates.
The last step follows Brandes and Köpf (2001), "Fast and simple horizontal coordinate assignment",
extended by connection points that need not be at an item's centre. Everything is iterative and
deterministic, and links of one bundle share their dummies, so size stays linear in the drawing.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]

ITEM_GAP, LANE_GAP, RANK_GAP = 26.0, 14.0, 26.0
SWEEPS, PATIENCE = 24, 4


@dataclass(slots=True)
class Item:
    """A rectangle to place. `pin` -1 holds it in the first rank, +1 in the last."""

    width: float
    height: float
    pin: int = 0


@dataclass(slots=True)
class Link:
    """A link from `source` to `target`, at `out` and `into` from their left edges.

    Links with one source and one `bundle` are drawn as one line that branches.
    """

    source: int
    target: int
    out: float
    into: float
    bundle: Hashable = None


@dataclass(slots=True)
class Placed:
    """Top left corners of the items, one route per link, and the drawing's size."""

    corners: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


@dataclass(slots=True)
class _Vertex:
    """An item or a dummy in a rank, with its segments to the ranks above and below."""

    width: float
    dummy: bool
    rank: int
    up: list[_Segment] = field(default_factory=list)
    down: list[_Segment] = field(default_factory=list)


@dataclass(slots=True)
class _Segment:
    """A piece of a link between neighbouring ranks; ends as vertices and offsets in them.

    Coordinates are chosen to bring `aim_out` above `aim_into`.
    """

    top: int
    bottom: int
    out: float
    into: float
    aim_out: float
    aim_into: float


def place(items: Sequence[Item], links: Sequence[Link]) -> Placed:
    """Place `items` in ranks so that every link points down; ValueError if there is a cycle."""
    if not items:
        return Placed([], [], 0.0, 0.0)
    ranks = _ranks(items, links)
    vertices, paths = _cut(items, links, ranks)
    layers = _initial_order(vertices)
    layers = _reduce_crossings(vertices, layers)
    lefts = _coordinates(vertices, layers)
    return _finish(items, links, vertices, paths, layers, lefts)


def topological_order(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Vertices so that arrows point forward; fewer than `count` if there is a cycle."""
    successors: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in arrows:
        successors[source].append(target)
        waiting[target] += 1
    order = [v for v in range(count) if not waiting[v]]
    for vertex in order:
        for target in successors[vertex]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _ranks(items: Sequence[Item], links: Sequence[Link]) -> list[int]:
    """Longest path from the sources, then sources and short branches pulled to their consumers."""
    order = topological_order(len(items), [(link.source, link.target) for link in links])
    if len(order) < len(items):
        raise ValueError("layout: the graph has a cycle; a layered drawing needs an acyclic graph")
    above: list[list[int]] = [[] for _ in items]
    below: list[list[int]] = [[] for _ in items]
    for link in links:
        above[link.target].append(link.source)
        below[link.source].append(link.target)
    floor = 1 if any(item.pin < 0 for item in items) else 0
    ranks = [0] * len(items)
    follows = [False] * len(items)
    for v in order:
        if items[v].pin >= 0:
            ranks[v] = max((ranks[u] + 1 for u in above[v]), default=floor)
            follows[v] = all(follows[u] and len(below[u]) == 1 for u in above[v])
    for v in reversed(order):
        if items[v].pin == 0 and below[v] and (follows[v] or len(below[v]) >= len(above[v])):
            ranks[v] = min(ranks[w] for w in below[v]) - 1
    last = max(rank + (item.pin == 0) for rank, item in zip(ranks, items, strict=True))
    ranks = [last if item.pin > 0 else rank for rank, item in zip(ranks, items, strict=True)]
    used = {rank: i for i, rank in enumerate(sorted(set(ranks)))}
    return [used[rank] for rank in ranks]


def _cut(
    items: Sequence[Item], links: Sequence[Link], ranks: list[int]
) -> tuple[list[_Vertex], list[list[int]]]:
    """Vertices with one dummy per rank a bundle passes, and each link's path through them."""
    vertices = [_Vertex(item.width, False, ranks[i]) for i, item in enumerate(items)]
    lanes: dict[tuple[int, Hashable], list[int]] = {}
    drawn: set[tuple[int, int, float, float]] = set()
    paths = []

    def join(top: int, bottom: int, out: float, into: float) -> None:
        if (top, bottom, out, into) not in drawn:
            drawn.add((top, bottom, out, into))
            segment = _Segment(top, bottom, out, into, out, into)
            vertices[top].down.append(segment)
            vertices[bottom].up.append(segment)

    for link in links:
        lane = lanes.setdefault((link.source, link.bundle), [link.source])
        length = ranks[link.target] - ranks[link.source]
        while len(lane) < length:
            vertices.append(_Vertex(0.0, True, ranks[link.source] + len(lane)))
            lane.append(len(vertices) - 1)
            join(lane[-2], lane[-1], link.out if len(lane) == 2 else 0.0, 0.0)
        join(lane[length - 1], link.target, link.out if length == 1 else 0.0, link.into)
        paths.append([*lane[:length], link.target])
    return vertices, paths


def _initial_order(vertices: list[_Vertex]) -> list[list[int]]:
    """Ranks filled depth first from the top, so that connected vertices start close together."""
    layers: list[list[int]] = [[] for _ in range(max(v.rank for v in vertices) + 1)]
    seen = [False] * len(vertices)
    roots = sorted((v for v in range(len(vertices)) if not vertices[v].up), reverse=True)
    stack = roots
    while stack:
        v = stack.pop()
        if not seen[v]:
            seen[v] = True
            layers[vertices[v].rank].append(v)
            stack.extend(s.bottom for s in reversed(vertices[v].down) if not seen[s.bottom])
    return layers


def _reduce_crossings(vertices: list[_Vertex], layers: list[list[int]]) -> list[list[int]]:
    """Barycentre sweeps down and up, keeping the best order seen, then swaps of neighbours."""
    best, fewest, stale = layers, _crossings(vertices, layers), 0
    current = layers
    for sweep in range(SWEEPS):
        if not fewest or stale >= PATIENCE:
            break
        current = _sweep(vertices, current, down=sweep % 2 == 0, right=sweep % 4 >= 2)
        count = _crossings(vertices, current)
        stale += 1
        if count < fewest:
            best, fewest, stale = current, count, 0
    return _swap_neighbours(vertices, best) if fewest else best


def _place_of(vertex: _Vertex, index: int, offset: float) -> float:
    """Where a connection point is in a rank, counted in vertices."""
    return index + (0.9 * offset / vertex.width if vertex.width else 0.45)


def _sweep(
    vertices: list[_Vertex], layers: list[list[int]], down: bool, right: bool
) -> list[list[int]]:
    """One pass that sorts each rank by the mean place of its neighbours in the rank before."""
    result = [list(layer) for layer in layers]
    steps = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
    for r in steps:
        fixed = {v: i for i, v in enumerate(result[r - 1 if down else r + 1])}
        keyed = []
        for i, v in enumerate(result[r]):
            if down:
                ends = [(s.top, s.out) for s in vertices[v].up]
            else:
                ends = [(s.bottom, s.into) for s in vertices[v].down]
            places = [_place_of(vertices[u], fixed[u], offset) for u, offset in ends]
            keyed.append((sum(places) / len(places) if places else None, -i if right else i, v))
        free = iter(sorted(k for k in keyed if k[0] is not None))
        result[r] = [v if key is None else next(free)[2] for key, _, v in keyed]
    return result


def _pairs(vertices: list[_Vertex], layer: list[int], below: list[int]) -> list[Point]:
    """Segments between two ranks as pairs of places, in the order of their upper ends."""
    index = {v: i for i, v in enumerate(below)}
    return sorted(
        (_place_of(vertices[v], i, s.out), _place_of(vertices[s.bottom], index[s.bottom], s.into))
        for i, v in enumerate(layer)
        for s in vertices[v].down
    )


def _crossings(vertices: list[_Vertex], layers: list[list[int]]) -> int:
    total = 0
    for layer, below in pairwise(layers):
        seen: list[float] = []
        for _, place_below in _pairs(vertices, layer, below):
            total += len(seen) - bisect_right(seen, place_below)
            insort(seen, place_below)
    return total


def _swap_neighbours(vertices: list[_Vertex], layers: list[list[int]]) -> list[list[int]]:
    """Exchange adjacent vertices while that removes crossings."""
    layers = [list(layer) for layer in layers]
    place_of = [0.0] * len(vertices)
    for layer in layers:
        for i, v in enumerate(layer):
            place_of[v] = i

    def crossings(left: int, right: int) -> int:
        count = 0
        for side in ("up", "down"):
            far = "top" if side == "up" else "bottom"
            a = [place_of[getattr(s, far)] for s in getattr(vertices[left], side)]
            b = [place_of[getattr(s, far)] for s in getattr(vertices[right], side)]
            count += sum(p > q for p in a for q in b) if len(a) * len(b) < 400 else 0
        return count

    for _ in range(PATIENCE):
        improved = False
        for layer in layers:
            for i in range(len(layer) - 1):
                left, right = layer[i], layer[i + 1]
                if crossings(left, right) > crossings(right, left):
                    layer[i], layer[i + 1] = right, left
                    place_of[left], place_of[right] = i + 1, i
                    improved = True
        if not improved:
            break
    return layers


def _coordinates(vertices: list[_Vertex], layers: list[list[int]]) -> list[float]:
    """Left edges: the straightest of four alignments, each with its blocks relaxed."""
    best: list[float] = []
    lowest = float("inf")
    crossed = _crossed_lanes(vertices, layers)
    _aim_at_middles(vertices)
    for upward in (False, True):
        for mirrored in (False, True):
            root, shift = _align(vertices, layers, crossed, upward, mirrored)
            blocks = _Blocks(vertices, layers, root, shift)
            lefts = blocks.positions(mirrored)
            cost = _bend_cost(vertices, lefts)
            if cost < lowest - 1e-6:
                best, lowest = lefts, cost
    leftmost = min(best)
    return [x - leftmost for x in best]


def _aim_at_middles(vertices: list[_Vertex]) -> None:
    """Stack wide items by their middles where no line could go straight through them.

    Aligning ports would put a row of such items in a staircase that has no end.
    """
    for vertex in vertices:
        ways_in, ways_out = {s.into for s in vertex.up}, {s.out for s in vertex.down}
        if ways_in and ways_out and all(abs(a - b) > 2.0 for a in ways_in for b in ways_out):
            for s in vertex.up:
                s.aim_into = vertex.width / 2
            for s in vertex.down:
                s.aim_out = vertex.width / 2


def _bend_cost(vertices: list[_Vertex], lefts: list[float]) -> float:
    cost = 0.0
    for v, vertex in enumerate(vertices):
        for s in vertex.down:
            bend = abs(lefts[v] + s.aim_out - lefts[s.bottom] - s.aim_into)
            cost += bend + (20.0 if bend > 0.5 else 0.0)
    return cost


def _crossed_lanes(vertices: list[_Vertex], layers: list[list[int]]) -> set[tuple[int, int]]:
    """Segments that cross an inner segment of a long link, which has the right to be straight."""
    crossed = set()
    for layer, below in pairwise(layers):
        index = {v: i for i, v in enumerate(below)}
        inner: list[tuple[int, int, int, int]] = []
        others: list[tuple[int, int, int, int]] = []
        for i, v in enumerate(layer):
            for s in vertices[v].down:
                both = vertices[v].dummy and vertices[s.bottom].dummy
                (inner if both else others).append((i, index[s.bottom], v, s.bottom))
        kept: list[tuple[int, int]] = []
        for i, j, v, w in sorted(inner):
            if kept and kept[-1][1] > j:
                crossed.add((v, w))
            else:
                kept.append((i, j))
        starts = [i for i, _ in kept]
        for i, j, v, w in others:
            at = bisect_right(starts, i)
            left_of = kept[at - 1] if at else None
            next_at = at
            right_of = kept[next_at] if next_at < len(kept) else None
            if (left_of and left_of[0] < i and left_of[1] > j) or (right_of and right_of[1] < j):
                crossed.add((v, w))
    return crossed


def _align(
    vertices: list[_Vertex],
    layers: list[list[int]],
    crossed: set[tuple[int, int]],
    upward: bool,
    mirrored: bool,
) -> tuple[list[int], list[float]]:
    """Join vertices that are each other's median neighbours: block roots, and offsets from them."""
    index = {v: i for layer in layers for i, v in enumerate(layer)}
    wanted_below = [_middle(vertices, index, v, below=True) for v in range(len(vertices))]
    wanted_above = [_middle(vertices, index, v, below=False) for v in range(len(vertices))]
    root = list(range(len(vertices)))
    shift = [0.0] * len(vertices)
    for layer in reversed(layers) if upward else layers:
        limit = -1.0
        for v in reversed(layer) if mirrored else layer:
            mine, theirs = (wanted_below, wanted_above) if upward else (wanted_above, wanted_below)
            for s in reversed(mine[v]) if mirrored else mine[v]:
                u = s.bottom if upward else s.top
                at = len(vertices) - index[u] if mirrored else index[u]
                if at > limit and s in theirs[u] and (s.top, s.bottom) not in crossed:
                    root[v] = root[u]
                    shift[v] = shift[u] + (
                        s.aim_into - s.aim_out if upward else s.aim_out - s.aim_into
                    )
                    limit = at
                    break
    return root, shift


def _middle(vertices: list[_Vertex], index: dict[int, int], v: int, below: bool) -> list[_Segment]:
    """The one or two middle segments to the next rank, preferring those to vertices of v's sort."""

    def end(s: _Segment) -> int:
        return s.bottom if below else s.top

    segments = vertices[v].down if below else vertices[v].up
    alike = [s for s in segments if vertices[end(s)].dummy == vertices[v].dummy] or segments
    alike = sorted(alike, key=lambda s: (index[end(s)], s.aim_into if below else s.aim_out))
    return alike[(len(alike) - 1) // 2 : len(alike) // 2 + 1]


class _Blocks:
    """Blocks of aligned vertices, packed side by side and then relaxed towards their links."""

    def __init__(
        self, vertices: list[_Vertex], layers: list[list[int]], root: list[int], shift: list[float]
    ) -> None:
        self.vertices, self.root, self.shift = vertices, root, shift
        self.roots = sorted(set(root))
        tightest: dict[tuple[int, int], float] = {}
        for layer in layers:
            for u, v in pairwise(layer):
                lane = vertices[u].dummy or vertices[v].dummy
                gap = vertices[u].width + (LANE_GAP if lane else ITEM_GAP)
                pair = (root[u], root[v])
                tightest[pair] = max(tightest.get(pair, 0.0), shift[u] + gap - shift[v])
        self.right: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self.left: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for (a, b), gap in tightest.items():
            self.right[a].append((b, gap))
            self.left[b].append((a, gap))
        number = {r: i for i, r in enumerate(self.roots)}
        order = topological_order(len(number), [(number[a], number[b]) for a, b in tightest])
        self.order = [self.roots[i] for i in order]

    def positions(self, mirrored: bool) -> list[float]:
        x = self._packed(mirrored)
        pulls = self._pulls()
        for sweep in range(8):
            moved = 0.0
            for block in self.order if sweep % 2 else reversed(self.order):
                moved += abs(self._relax(block, x, pulls))
            if moved < 0.5:
                break
        return [x[r] + s for r, s in zip(self.root, self.shift, strict=True)]

    def _packed(self, mirrored: bool) -> dict[int, float]:
        x: dict[int, float] = {}
        if mirrored:
            for block in reversed(self.order):
                x[block] = min((x[b] - gap for b, gap in self.right[block]), default=0.0)
        else:
            for block in self.order:
                x[block] = max((x[a] + gap for a, gap in self.left[block]), default=0.0)
        return x

    def _pulls(self) -> dict[int, list[tuple[int, float]]]:
        """For each block the links to other blocks, as (block, wanted difference of positions)."""
        pulls: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for v, vertex in enumerate(self.vertices):
            for s in vertex.down:
                a, b = self.root[v], self.root[s.bottom]
                if a != b:
                    wanted = self.shift[s.bottom] + s.aim_into - self.shift[v] - s.aim_out
                    pulls[a].append((b, wanted))
                    pulls[b].append((a, -wanted))
        return pulls

    def _relax(
        self, block: int, x: dict[int, float], pulls: dict[int, list[tuple[int, float]]]
    ) -> float:
        """Move one block to the median of where its links want it, as far as there is room."""
        if not pulls[block]:
            return 0.0
        wants = sorted(x[other] + wanted for other, wanted in pulls[block])
        low = max((x[a] + gap for a, gap in self.left[block]), default=-float("inf"))
        high = min((x[b] - gap for b, gap in self.right[block]), default=float("inf"))
        middle = len(wants) // 2
        target = wants[middle] if len(wants) % 2 else (wants[middle - 1] + wants[middle]) / 2
        moved = min(max(target, low), high) - x[block]
        x[block] += moved
        return moved


def _finish(
    items: Sequence[Item],
    links: Sequence[Link],
    vertices: list[_Vertex],
    paths: list[list[int]],
    layers: list[list[int]],
    lefts: list[float],
) -> Placed:
    """Heights of ranks, gaps that grow with sideways travel, corners and routes."""
    tops, bottoms = _rank_bands(items, vertices, layers, lefts)
    corners = []
    for v, item in enumerate(items):
        rank = vertices[v].rank
        slack = bottoms[rank] - tops[rank] - item.height
        inset = min(slack / 2, 20.0)
        starts_here = vertices[v].down and not vertices[v].up
        corners.append((lefts[v], tops[rank] + (slack - inset if starts_here else inset)))
    routes = []
    for link, path in zip(links, paths, strict=True):
        start, end = corners[link.source], corners[link.target]
        xs = [start[0] + link.out, *(lefts[v] for v in path[1:-1]), end[0] + link.into]
        route = [(xs[0], start[1] + items[link.source].height)]
        route.append((xs[0], bottoms[vertices[path[0]].rank]))
        for v, x in zip(path[1:-1], xs[1:-1], strict=True):
            route += [(x, tops[vertices[v].rank]), (x, bottoms[vertices[v].rank])]
        route += [(xs[-1], tops[vertices[path[-1]].rank]), (xs[-1], end[1])]
        routes.append(simplify(route))
    width = max(x + vertex.width for x, vertex in zip(lefts, vertices, strict=True))
    return Placed(corners, routes, width, bottoms[-1])


def _rank_bands(
    items: Sequence[Item], vertices: list[_Vertex], layers: list[list[int]], lefts: list[float]
) -> tuple[list[float], list[float]]:
    """Top and bottom of each rank; the gap below it grows with the sideways travel in it."""
    tops, bottoms = [], []
    y = 0.0
    heights = [
        max((items[v].height for v in layer if v < len(items)), default=0.0) for layer in layers
    ]
    for r, layer in enumerate(layers):
        tops.append(y)
        bottoms.append(y + heights[r])
        bends = [
            abs(lefts[v] + s.out - lefts[s.bottom] - s.into)
            for v in layer
            for s in vertices[v].down
        ]
        travel = max(bends, default=0.0)
        between_boxes = heights[r] > 0 and (r + 1 == len(layers) or heights[r + 1] > 0)
        base = RANK_GAP if between_boxes or travel > 0.5 else RANK_GAP / 2
        y += heights[r] + base + min(0.08 * travel, 60.0)
    return tops, bottoms


def simplify(route: list[Point]) -> list[Point]:
    """Drop repeated points and points inside a straight vertical run."""
    result: list[Point] = []
    for point in route:
        if result and abs(point[0] - result[-1][0]) < 0.01 and abs(point[1] - result[-1][1]) < 0.01:
            continue
        if len(result) > 1 and abs(result[-2][0] - result[-1][0]) < 0.01 > abs(
            point[0] - result[-1][0]
        ):
            result[-1] = point
        else:
            result.append(point)
    return result
