"""SVG, page, DOT and files: well formed, escaped, self-contained, reproducible."""

import json
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from retrograd.viz.draw import Drawing
from retrograd.viz.graph import Edge, Graph, GraphNode
from retrograd.viz.scene import compose, norm_colour, text_width
from retrograd.viz.svg import path_of
from tests.viz.graphs import lenet, residual

NASTY = "a<b>&\"'\\ ]]> </script><script>alert(1)</script> \u2028 ü"


def nasty() -> Graph:
    nodes = [
        GraphNode("x", "input", NASTY, NASTY, (NASTY,)),
        GraphNode("y", "op", NASTY, group=(NASTY,), details=[(NASTY, NASTY)]),
        GraphNode("z", "op", "exp", group=(NASTY,)),
    ]
    return Graph(nodes, [Edge("x", "y", NASTY), Edge("y", "z")], title=NASTY)


def texts(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


@pytest.mark.parametrize("graph", [lenet(), lenet("nan"), residual(), nasty(), Graph([], [])])
def test_svg_is_well_formed_and_the_same_each_time(graph):
    svg = Drawing(graph).svg
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert graph.title in texts(svg)
    assert svg == Drawing(graph).svg


def test_svg_shows_names_shapes_saved_bytes_and_gradients():
    shown = texts(Drawing(lenet()).svg)
    for text in (
        "conv2d",
        "features.0",
        "weight",
        "120 × 256",
        "saves 100 B",
        "↑ ∇ 0.0001",
        "images",
    ):
        assert text in shown
    assert "Sequential" in shown


def test_svg_needs_nothing_from_outside_and_knows_dark_mode():
    svg = Drawing(lenet()).svg
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in svg
    assert "@import" not in svg
    assert "url(" not in svg
    assert "prefers-color-scheme: dark" in svg


@pytest.mark.parametrize(("flag", "sign"), [("nan", "NaN"), ("inf", "∞")])
def test_gradients_that_are_not_finite_are_flagged(flag, sign):
    svg = Drawing(lenet(flag)).svg
    assert re.search(r'class="card op alarm"', svg)
    assert f"↑ ∇ {sign}" in texts(svg)
    assert "alarm" not in re.sub(r"<style>.*?</style>", "", Drawing(lenet()).svg, flags=re.DOTALL)


def test_every_card_has_a_tooltip_and_fits_its_text():
    scene = compose(lenet())
    for card in scene.cards:
        for line in card.lines:
            width = text_width(line.strong, line.size, True) + text_width(line.muted, 11)
            assert width <= card.width
    root = ElementTree.fromstring(Drawing(lenet()).svg)
    groups = [g for g in root.iter() if g.get("data-key")]
    assert len(groups) == len(scene.cards) == 9
    assert all(g[0].tag.endswith("title") and g[0].text for g in groups)


def test_cards_and_side_cards_do_not_overlap():
    for graph in (lenet(), residual()):
        rects = [card.rect for card in compose(graph).cards]
        for i, a in enumerate(rects):
            for b in rects[i + 1 :]:
                beside = a.x + a.width <= b.x or b.x + b.width <= a.x
                assert beside or a.y + a.height <= b.y or b.y + b.height <= a.y


def test_a_shared_parameter_stands_at_each_use_and_says_so():
    nodes = [GraphNode("w", "parameter", "w"), *(GraphNode(k, "op", "mul") for k in "abc")]
    edges = [Edge("w", k) for k in "abc"] + [Edge("a", "b"), Edge("b", "c")]
    scene = compose(Graph(nodes, edges))
    sides = [card for card in scene.cards if card.owner]
    assert [card.owner for card in sides] == ["a", "b", "c"]
    assert all("used 3×" in card.lines[0].muted for card in sides)


def test_an_operand_used_twice_is_one_wire_with_a_count():
    nodes = [GraphNode("a", "input", "a"), GraphNode("b", "op", "add")]
    drawing = Drawing(Graph(nodes, [Edge("a", "b", "input"), Edge("a", "b", "other")]))
    (wire,) = drawing.scene.wires
    assert (wire.count, wire.label) == (2, "input, other")
    assert "×2" in texts(drawing.svg)


def test_a_module_with_one_operation_has_no_frame():
    assert [m.name for m in compose(lenet()).modules] == ["features", "classifier"]
    assert len(compose(residual(2, 3)).modules) == 8


def test_colours_of_norms_span_the_scale():
    assert norm_colour(1e-3, (1e-3, 1.0)) == "#2f6fb7"
    assert norm_colour(1.0, (1e-3, 1.0)) == "#e8590c"
    assert len({norm_colour(10.0**-k, (1e-4, 1.0)) for k in range(5)}) == 5


def test_paths_are_straight_or_smooth():
    assert path_of([(1, 2), (1, 9)]) == "M1 2L1 9"
    assert "C" in path_of([(1, 2), (5, 9)])


@pytest.mark.parametrize("graph", [lenet(), residual(), nasty()])
def test_page_is_self_contained(graph):
    page = Drawing(graph).html
    assert page.count("<script>") == page.count("</script>") == 1
    assert not re.search(r"(src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|https?://", page)


def test_page_carries_the_details_of_every_node():
    page = Drawing(nasty()).html
    data = json.loads(re.search(r"\}\)\((\{.*\})\);\n</script>", page, re.DOTALL)[1])
    assert [card["facts"][0][1] for card in data["cards"]] == [NASTY, NASTY, "exp"]
    assert [NASTY, NASTY] in data["cards"][1]["facts"]
    assert len(data["frames"]) == 1
    assert all(card["home"] == 0 for card in data["cards"])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs a JavaScript engine")
def test_page_script_parses(tmp_path):
    script = re.search(r"<script>(.*)</script>", Drawing(lenet()).html, re.DOTALL)[1]
    (tmp_path / "page.js").write_text(script, encoding="utf-8")
    subprocess.run(["node", "--check", str(tmp_path / "page.js")], check=True)


def test_notebooks_get_a_page_in_a_frame_without_network():
    html = Drawing(lenet())._repr_html_()
    frame = ElementTree.fromstring(html)
    assert frame.tag == "iframe"
    assert frame.get("srcdoc").startswith("<!DOCTYPE html>")
    assert frame.get("sandbox") == "allow-scripts"


def test_dot_has_every_node_edge_and_module():
    dot = lenet().to_dot()
    assert len(re.findall(r"^ *n\d+ \[label", dot, re.MULTILINE)) == 9
    assert dot.count("->") == 8
    assert dot.count("subgraph") == 6
    assert dot.count("{") == dot.count("}")
    assert '\\"net\\"' in dot


def test_dot_escapes_labels_and_marks_trouble():
    dot = nasty().to_dot()
    assert NASTY.replace("\\", "\\\\").replace('"', '\\"') in dot
    assert "penwidth=2" in lenet("nan").to_dot()
    unescaped = re.sub(r'"(\\.|[^"\\])*"', "", dot)
    assert '"' not in unescaped
    assert "script" not in unescaped


BEGINNINGS = {
    ".svg": b"<svg",
    ".html": b"<!DOCTYPE",
    ".dot": b"digraph",
    ".png": b"\x89PNG",
    ".pdf": b"%PDF",
}


@pytest.mark.parametrize(("suffix", "start"), BEGINNINGS.items())
def test_save_writes_the_kind_that_the_name_says(tmp_path, suffix, start):
    if suffix in (".png", ".pdf"):
        pytest.importorskip("matplotlib")
    path = Drawing(lenet("nan")).save(tmp_path / f"graph{suffix}")
    assert path.read_bytes().startswith(start)
    first = path.read_bytes()
    assert Drawing(lenet("nan")).save(path).read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_save_refuses_an_unknown_kind(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.html"):
        Drawing(lenet()).save(tmp_path / "graph.jpeg")


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    old = Drawing(lenet()).save(tmp_path / "graph.svg").read_bytes()
    drawing = Drawing(residual())
    drawing.__dict__["svg"] = "\ud800"  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        drawing.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 1


def test_png_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"retrograd\[viz\]"):
        Drawing(lenet()).save(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (Graph([GraphNode("a", "op", "a"), GraphNode("a", "op", "b")], []), "unique"),
        (Graph([GraphNode("a", "thing", "a")], []), "'thing'"),
        (Graph([GraphNode("a", "op", "a")], [Edge("a", "b")]), "no node 'b'"),
    ],
)
def test_wrong_graphs_are_named(graph, message):
    with pytest.raises(ValueError, match=message):
        compose(graph)
