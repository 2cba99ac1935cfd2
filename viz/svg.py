"""A scene as one self-contained SVG: no scripts, no outside fonts, light and dark by preference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from retrograd.viz._layers import Point
from retrograd.viz.graph import format_bytes, format_count, format_norm, format_shape
from retrograd.viz.layout import Rect
from retrograd.viz.scene import (
    NORM_COLOURS,
    PAD,
    STRIP,
    Card,
    Line,
    ModuleBox,
    Scene,
    Wire,
    norm_colour,
    text_width,
)

LEGEND_HEIGHT, TITLE_HEIGHT = 46.0, 34.0
TIP = 7.0  # length of an arrow's tip
KIND_NAMES = {
    "input": "input",
    "parameter": "parameter",
    "buffer": "buffer",
    "constant": "constant",
    "op": "operation",
    "output": "output",
}


def render(scene: Scene) -> str:
    """The whole picture as the text of an .svg file, with title and legend."""
    legend = _legend_entries(scene)
    width = max(scene.width, legend[-1][0] + 24.0, text_width(scene.title, 16, True) + 48.0)
    height = scene.height + TITLE_HEIGHT + LEGEND_HEIGHT
    left = (width - scene.width) / 2
    name = "rg" + hashlib.blake2b(repr((scene.title, width, height)).encode()).hexdigest()[:8]
    size = f'width="{_n(width)}" height="{_n(height)}"'
    return "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rg" role="img" {size}',
        f' viewBox="0 0 {_n(width)} {_n(height)}" aria-labelledby="{name}t {name}d">',
        f'<title id="{name}t">{escape(scene.title)}</title>',
        f'<desc id="{name}d">{escape(describe(scene))}</desc>',
        f"<style>{stylesheet()}</style>",
        f'<rect class="ground" width="{_n(width)}" height="{_n(height)}"/>',
        f'<text class="strong" x="24" y="32" font-size="16">{escape(scene.title)}</text>',
        f'<g transform="translate(0 {_n(height - LEGEND_HEIGHT)})">',
        *(part for _, part in legend),
        "</g>",
        f'<g transform="translate({_n(left)} {TITLE_HEIGHT:g})">{draw_scene(scene)}</g>',
        "</svg>\n",
    ])  # fmt: skip


def stylesheet() -> str:
    """The colours and strokes of cards, wires and frames, as CSS."""
    return files("retrograd.viz").joinpath("style.css").read_text(encoding="utf-8")


def describe(scene: Scene) -> str:
    """One sentence on the graph, for those who cannot see it."""
    nodes = scene.graph.nodes
    operations = sum(node.kind == "op" for node in nodes)
    flagged = [node.label for node in nodes if node.flag]
    text = (
        f"Computation graph, drawn from inputs at the top to outputs at the bottom: {operations} "
        f"operations, {format_count(sum(node.parameters for node in nodes))} parameters, "
        f"{format_bytes(sum(node.saved_bytes for node in nodes))} saved for the backward pass."
    )
    return text + (f" Not finite: {', '.join(flagged[:10])}." if flagged else "")


def draw_scene(scene: Scene, closable: bool = False) -> str:
    """Frames, then wires, then cards; with the closed form of each module if `closable`."""
    parts = [_frame(module) for module in scene.modules]
    parts += [_wire(wire) for wire in scene.wires]
    parts += [_card(card, scene) for card in scene.cards]
    if closable:
        parts += [_closed(module) for module in scene.modules]
    return "".join(parts)


def draw_legend(scene: Scene) -> str:
    """The legend alone, as an SVG of its own for a page that has the style sheet."""
    legend = _legend_entries(scene)
    width = _n(legend[-1][0] + 24.0)
    return (
        f'<svg class="rg" width="{width}" height="38" role="img" aria-label="Legend">'
        f"{''.join(part for _, part in legend)}</svg>"
    )


def path_of(points: list[Point]) -> str:
    """A smooth path: straight down each rank, an S-curve wherever it moves sideways.

    >>> path_of([(10, 0), (10, 20), (30, 60)])
    'M10 0L10 20C10 40 30 40 30 60'
    """
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 == x1 or y0 == y1:
            parts.append(f"L{_n(x1)} {_n(y1)}")
        else:
            middle = _n((y0 + y1) / 2)
            parts.append(f"C{_n(x0)} {middle} {_n(x1)} {middle} {_n(x1)} {_n(y1)}")
    return "".join(parts)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(lines: Iterable[Line], left: float, top: float = 0.0, flag: bool = False) -> str:
    parts = []
    for line in lines:
        strong = f'<tspan class="strong">{escape(line.strong)}</tspan>' if line.strong else ""
        alarm = flag and line.muted.startswith("↑")
        style = "flag" if alarm else "muted"
        small = f' font-size="{min(line.size, 11.0):g}"'
        gap = ' dx="7"' if strong and line.muted else ""
        muted = f'<tspan class="{style}"{small}{gap}>{escape(line.muted)}</tspan>'
        parts.append(
            f'<text x="{_n(left)}" y="{_n(top + line.y)}" font-size="{line.size:g}">'
            f"{strong}{muted if line.muted else ''}</text>"
        )
    return "".join(parts)


def _body(rect: Rect, radius: float) -> str:
    size = f'width="{_n(rect.width)}" height="{_n(rect.height)}"'
    return f'<rect class="body" {size} rx="{radius:g}"/>'


def _card(card: Card, scene: Scene) -> str:
    node, rect = card.node, card.rect
    radius = 5.0 if node.kind == "op" else min(rect.height / 2, 12.0)
    strip = ""
    if node.grad_norm and scene.norms and not node.flag:
        colour = norm_colour(node.grad_norm, scene.norms)
        inset = radius if node.kind != "op" else 5.0
        size = f'width="{STRIP - 1:g}" height="{_n(rect.height - 2 * inset)}"'
        strip = f'<rect x="4" y="{_n(inset)}" {size} rx="2" fill="{colour}"/>'
    classes = f"card {node.kind}{' alarm' if node.flag else ''}"
    text = _text(card.lines, PAD + STRIP / 2, flag=bool(node.flag))
    return (
        f'<g class="{classes}" data-key={quoteattr(card.key)} '
        f'transform="translate({_n(rect.x)} {_n(rect.y)})"><title>{escape(_tooltip(card))}</title>'
        f"{_body(rect, radius)}{strip}{text}</g>"
    )


def _tooltip(card: Card) -> str:
    return "\n".join(f"{key}: {value}" for key, value in facts_of(card))


def facts_of(card: Card) -> list[tuple[str, str]]:
    """All that is known of a node, as rows of name and value."""
    node = card.node
    rows = [(KIND_NAMES[node.kind], node.label)]
    if node.module:
        rows.append(("module", node.module))
    if node.shape is not None:
        rows.append(("shape", f"{format_shape(node.shape)} {node.dtype}".rstrip()))
    if node.parameters:
        rows.append(("parameters", format_count(node.parameters)))
    if node.saved_bytes:
        rows.append(("saved for backward", format_bytes(node.saved_bytes)))
    if format_norm(node):
        rows.append(("gradient norm", format_norm(node)))
    return rows + node.details


def _wire(wire: Wire) -> str:
    (x, y), before = wire.points[-1], wire.points[:-1]
    if wire.side:
        end, tip = (x - TIP + 2, y), f"M{_n(x)} {_n(y)}l-6 -3v6z"
    else:
        end, tip = (x, y - TIP + 2), f"M{_n(x)} {_n(y)}l-4 -{TIP:g}h8z"
    middle = wire.points[len(wire.points) // 2 - 1]
    times = (
        f'<text class="times" x="{_n(middle[0] + 8)}" y="{_n(middle[1] + 16)}" font-size="11">'
        f"×{wire.count}</text>"
        if wire.count > 1
        else ""
    )
    return (
        f'<g class="edge{" side" if wire.side else ""}"><path class="wire" '
        f'd="{path_of([*before, end])}"/><path class="tip" d="{tip}"/>{times}</g>'
    )


def _frame(module: ModuleBox) -> str:
    rect, title = module.frame.rect, module.frame.title
    part = f" (part {module.frame.part})" if module.frame.part else ""
    kind = f'<tspan class="muted" font-size="11" dx="7">{escape(module.type)}</tspan>'
    return (
        f'<g class="frame" data-frame="{module.frame.id}"><rect x="{_n(rect.x)}" y="{_n(rect.y)}" '
        f'width="{_n(rect.width)}" height="{_n(rect.height)}" rx="10"/>'
        f'<text class="strong" x="{_n(title)}" y="{_n(rect.y + 17)}" font-size="12">'
        f"{escape(module.name + part)}{kind if module.type else ''}</text></g>"
    )


def _closed(module: ModuleBox) -> str:
    rect = module.closed
    return (
        f'<g class="card module{" alarm" if module.flag else ""}" data-closed="{module.frame.id}" '
        f'style="display:none" transform="translate({_n(rect.x)} {_n(rect.y)})">'
        f"<title>{escape(module.name)}: double-click to open</title>"
        f'<g transform="translate(4 4)">{_body(rect, 7.0)}</g>'
        f"{_body(rect, 7.0)}{_text(module.lines, PAD, flag=bool(module.flag))}</g>"
    )


def _legend_entries(scene: Scene) -> list[tuple[float, str]]:
    """What the colours mean, for those that occur; each entry with where it ends."""
    kinds = dict.fromkeys(card.node.kind for card in scene.cards)
    entries: list[tuple[float, str]] = [(24.0, "")]
    for kind, name in KIND_NAMES.items():
        if kind in kinds:
            entries.append(_swatch(kind, name, entries[-1][0]))
    if any(card.node.flag for card in scene.cards):
        entries.append(_swatch("op alarm", "NaN or infinite gradient", entries[-1][0]))
    if scene.norms:
        entries.append(_norm_bar(scene.norms, entries[-1][0]))
    reading = "↓ value   ↑ ∇ gradient" if scene.norms else "↓ shape of the value"
    at = entries[-1][0]
    entries.append((
        at + text_width(reading, 11) + 20,
        f'<text class="muted" x="{_n(at)}" y="24" font-size="11">{reading}</text>',
    ))  # fmt: skip
    return entries


def _swatch(classes: str, name: str, x: float) -> tuple[float, str]:
    mark = (
        f'<g class="card {classes}" transform="translate({_n(x)} 13)">'
        f'<rect class="body" width="20" height="14" rx="4"/></g>'
    )
    text = f'<text class="muted" x="{_n(x + 27)}" y="24" font-size="11">{escape(name)}</text>'
    return x + 27 + text_width(name, 11) + 18, mark + text


def _norm_bar(norms: tuple[float, float], x: float) -> tuple[float, str]:
    low, high = (f"{norm:.2g}" for norm in norms)
    label = "gradient norm"
    start = x + text_width(f"{label} {low}", 11) + 10
    cells = "".join(
        f'<rect x="{_n(start + 16 * i)}" y="15" width="16" height="10" fill="{colour}"/>'
        for i, colour in enumerate(NORM_COLOURS)
    )
    end = start + 16 * len(NORM_COLOURS)
    return end + text_width(high, 11) + 28, (
        f'<text class="muted" x="{_n(x)}" y="24" font-size="11">{label}</text>'
        f'<text class="muted" x="{_n(start - 6)}" y="24" font-size="11" text-anchor="end">'
        f"{low}</text>"
        f'{cells}<text class="muted" x="{_n(end + 6)}" y="24" font-size="11">{high}</text>'
    )
