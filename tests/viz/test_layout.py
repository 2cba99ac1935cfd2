"""Layouts: no overlaps, edges that point down, lines that keep off boxes, frames that nest."""

import time
from itertools import pairwise

import pytest

from retrograd.viz.layout import Box, Rect, layout
from tests.viz.graphs import random_boxes

CASES = [
    (seed, count, grouped) for seed, count in enumerate((1, 2, 7, 30, 90)) for grouped in (0, 1)
]


def overlap(a: Rect, b: Rect) -> bool:
    apart = 0.01
    return (
        a.x + a.width > b.x + apart
        and b.x + b.width > a.x + apart
        and a.y + a.height > b.y + apart
        and b.y + b.height > a.y + apart
    )


def contains(outer: Rect, inner: Rect) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


@pytest.mark.parametrize(("seed", "count", "grouped"), CASES)
def test_boxes_do_not_overlap_and_edges_point_down(seed, count, grouped):
    boxes, edges = random_boxes(seed, count, grouped)
    drawn = layout(boxes, edges)
    rects = list(drawn.boxes.values())
    assert len(rects) == count
    for i, a in enumerate(rects):
        assert not any(overlap(a, b) for b in rects[i + 1 :])
    for source, target in edges:
        above, below = drawn.boxes[source], drawn.boxes[target]
        assert above.y + above.height < below.y


@pytest.mark.parametrize(("seed", "count", "grouped"), CASES)
def test_routes_join_their_boxes_go_down_and_cross_no_box(seed, count, grouped):
    boxes, edges = random_boxes(seed, count, grouped)
    drawn = layout(boxes, edges)
    port = {box.id: box.port for box in boxes}
    for (source, target), route in zip(edges, drawn.routes, strict=True):
        a, b = drawn.boxes[source], drawn.boxes[target]
        assert route[0] == pytest.approx((a.x + port[source], a.y + a.height))
        assert route[-1] == pytest.approx((b.x + port[target], b.y))
        assert all(p[1] <= q[1] + 1e-6 for p, q in pairwise(route))
        for (x0, y0), (x1, y1) in pairwise(route):
            swept = Rect(min(x0, x1), y0, max(abs(x1 - x0), 0.1), y1 - y0)
            assert not any(overlap(swept, r) for r in drawn.boxes.values())


@pytest.mark.parametrize("seed", range(4))
def test_frames_hold_their_members_and_nothing_else(seed):
    boxes, edges = random_boxes(seed, 50, grouped=True)
    drawn = layout(boxes, edges, headers={("g0",): 90.0})
    frames = {frame.id: frame for frame in drawn.frames}
    held = dict.fromkeys(drawn.boxes, 0)
    for frame in drawn.frames:
        assert frame.parent is None or contains(frames[frame.parent].rect, frame.rect)
        for box in boxes:
            rect = drawn.boxes[box.id]
            if contains(frame.rect, rect):
                assert box.group[: len(frame.path)] == frame.path
                held[box.id] += 1
            else:
                assert not overlap(frame.rect, rect)
    assert all(held[box.id] == len(box.group) for box in boxes)


def test_header_is_kept_free_of_lines():
    boxes = [Box("a", 40, 20), Box("b", 40, 20, ("g",)), Box("c", 40, 20)]
    drawn = layout(boxes, [("a", "b"), ("b", "c")], headers={("g",): 150.0})
    (frame,) = drawn.frames
    assert frame.title >= frame.rect.x
    for route in drawn.routes:
        crossing = [x for x, y in route if frame.rect.y <= y <= frame.rect.y + 24]
        assert all(not frame.title <= x <= frame.title + 150 for x in crossing)


def test_a_group_that_would_make_a_cycle_is_drawn_in_parts():
    boxes = [Box("a", 9, 9, ("g",)), Box("b", 9, 9), Box("c", 9, 9, ("g",)), Box("d", 9, 9, ("h",))]
    drawn = layout(boxes, [("a", "b"), ("b", "c"), ("c", "d")])
    assert [(f.path, f.part) for f in drawn.frames] == [(("g",), 1), (("g",), 2), (("h",), 0)]


def test_a_chain_is_one_straight_line():
    boxes = [Box(str(i), 50 + 7 * (i % 4), 20, ("m", str(i // 3))) for i in range(12)]
    drawn = layout(boxes, [(str(i), str(i + 1)) for i in range(11)])
    assert all(len(route) == 2 for route in drawn.routes)
    assert len({round(x, 6) for route in drawn.routes for x, _ in route}) == 1


def test_a_skip_connection_leaves_the_chain_straight():
    boxes = [Box(str(i), 60, 20) for i in range(5)]
    drawn = layout(boxes, [("0", "1"), ("1", "2"), ("2", "3"), ("3", "4"), ("0", "4")])
    assert [len(route) for route in drawn.routes[:4]] == [2, 2, 2, 2]


def test_crossings_that_can_be_avoided_are_avoided():
    boxes = [Box(name, 30, 20) for name in "abcxyz"]
    drawn = layout(boxes, [("a", "z"), ("b", "y"), ("c", "x")])
    top = sorted("abc", key=lambda name: drawn.boxes[name].x)
    bottom = sorted("xyz", key=lambda name: drawn.boxes[name].x)
    assert [dict(zip("abc", "zyx", strict=True))[name] for name in top] == bottom


def test_a_source_stands_next_to_what_uses_it():
    boxes = [Box(name, 30, 20) for name in ("a", "b", "c", "late")]
    drawn = layout(boxes, [("a", "b"), ("b", "c"), ("late", "c")])
    assert drawn.boxes["late"].y == drawn.boxes["b"].y


def test_cells_in_a_row_do_not_drift_sideways():
    boxes, edges = [], []
    for i in range(30):
        names = ("in", "left", "right")
        boxes += [Box(f"{name}{i}", 80, 20, (f"cell{i}",)) for name in names]
        edges += [(f"in{i}", f"left{i}"), (f"in{i}", f"right{i}")]
        if i:
            edges += [(f"left{i - 1}", f"in{i}"), (f"right{i - 1}", f"right{i}")]
    assert layout(boxes, edges).width < 600


def test_one_source_with_many_targets_takes_linear_room():
    count = 400
    boxes = [Box("w", 30, 20), *(Box(str(i), 30, 20) for i in range(count))]
    edges = [(str(i), str(i + 1)) for i in range(count - 1)]
    drawn = layout(boxes, edges + [("w", str(i)) for i in range(count)])
    assert drawn.width < 200


def test_layout_is_deterministic():
    boxes, edges = random_boxes(3, 60, grouped=True)
    assert layout(boxes, edges) == layout(boxes, edges)


def test_nothing_and_one_box():
    assert layout([], []).boxes == {}
    assert layout([Box("a", 10, 20)], []).boxes["a"] == Rect(0, 0, 10, 20)


def test_two_thousand_nodes_take_seconds_and_deep_chains_do_not_recurse():
    boxes = [Box(str(i), 120, 50, ("m", f"b{i // 60}", f"l{i // 6}")) for i in range(2000)]
    edges = [(str(i), str(i + 1)) for i in range(1999)]
    edges += [(str(i), str(i + 2 + i % 23)) for i in range(0, 1900, 7)]
    start = time.perf_counter()
    layout(boxes, edges)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("boxes", "edges", "message"),
    [
        ([Box("a", 1, 1), Box("a", 1, 1)], [], "same id"),
        ([Box("a", 1, 1)], [("a", "b")], "'b'"),
        ([Box("a", 1, 1), Box("b", 1, 1)], [("a", "b"), ("b", "a")], "cycle"),
        ([Box("a", 1, 1)], [("a", "a")], "cycle"),
    ],
)
def test_bad_graphs_are_named(boxes, edges, message):
    with pytest.raises(ValueError, match=message):
        layout(boxes, edges)
