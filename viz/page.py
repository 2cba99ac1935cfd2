"""A scene as one HTML page that works offline: pan, zoom, search, details, modules that close."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from retrograd.viz.graph import format_bytes, format_count
from retrograd.viz.layout import Rect
from retrograd.viz.scene import Scene
from retrograd.viz.svg import describe, draw_legend, draw_scene, facts_of, stylesheet


def render_page(scene: Scene) -> str:
    """The whole page, with style, script and data inside; it fetches nothing."""
    own = files("retrograd.viz")
    style = stylesheet() + own.joinpath("page.css").read_text(encoding="utf-8")
    script = own.joinpath("page.js").read_text(encoding="utf-8")
    nodes = scene.graph.nodes
    note = (
        f"{format_count(sum(node.kind == 'op' for node in nodes))} operations · "
        f"{format_count(sum(node.parameters for node in nodes))} parameters · "
        f"{format_bytes(sum(node.saved_bytes for node in nodes))} saved for backward"
    )
    levels = (
        '<button id="close" title="Close the innermost open modules">− modules</button>'
        '<button id="open" title="Open the outermost closed modules">+ modules</button>'
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(scene.title)}</title>
<style>{style}</style>
</head>
<body class="rg">
<header>
<h1>{escape(scene.title)}</h1><span class="note">{note}</span>
<span class="matches" role="status"></span>
<input id="search" type="search" placeholder="Search  ( / )" aria-label="Search the graph">
<span{"" if scene.modules else " hidden"}>{levels}</span>
<button id="fit" title="Show all (0)">Fit</button>
</header>
<main>
<svg id="stage" role="group" aria-label="{escape(describe(scene))}">
<g id="view">{draw_scene(scene, closable=True)}</g>
</svg>
<aside hidden aria-label="Details"></aside>
</main>
<footer>{draw_legend(scene)}</footer>
<script>
(function (graph) {{
{script}}})({_data(scene)});
</script>
</body>
</html>
"""


def _data(scene: Scene) -> str:
    """What the script needs to know, as JSON that is safe inside a script element."""
    card_number = {card.key: i for i, card in enumerate(scene.cards)}
    frame_number = {module.frame.id: i for i, module in enumerate(scene.modules)}

    def frame(name: str | None) -> int | None:
        return None if name is None else frame_number[name]

    cards = [
        {**_rect(card.rect), "home": frame(card.frame), "facts": facts_of(card)}
        for card in scene.cards
    ]
    frames = [
        {
            "parent": frame(module.frame.parent),
            "name": f"{module.name} · {module.type}" if module.type else module.name,
            "rect": _rect(module.frame.rect),
            "title": round(module.frame.title, 1),
            "header": round(module.header_width, 1),
            "closed": _rect(module.closed),
            "facts": module.facts,
        }
        for module in scene.modules
    ]
    wires = [
        {
            "source": card_number[wire.source],
            "target": card_number[wire.target],
            "points": [[round(x, 1), round(y, 1)] for x, y in wire.points],
            "side": wire.side,
        }
        for wire in scene.wires
    ]
    data = json.dumps({"cards": cards, "frames": frames, "wires": wires}, separators=(",", ":"))
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _rect(rect: Rect) -> dict[str, float]:
    return {
        "x": round(rect.x, 1),
        "y": round(rect.y, 1),
        "w": round(rect.width, 1),
        "h": round(rect.height, 1),
    }
