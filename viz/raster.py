"""A scene as PNG or PDF through Matplotlib, where no browser is at hand."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from retrograd.viz._layers import Point
from retrograd.viz.figures import new_figure
from retrograd.viz.layout import Rect
from retrograd.viz.scene import PAD, STRIP, Card, Line, ModuleBox, Scene, norm_colour
from retrograd.viz.svg import stylesheet

HEAD = 34.0
DPI, MOST_PIXELS, LONGEST_SIDE = 144.0, 1.5e8, 60000.0


def save_figure(scene: Scene, file: BinaryIO, kind: str) -> None:
    """Write the scene to an open file as "png" or "pdf"."""
    width, height = max(scene.width, 300.0), scene.height + HEAD
    dpi = min(
        DPI, 72 * LONGEST_SIDE / max(width, height), 72 * (MOST_PIXELS / (width * height)) ** 0.5
    )
    figure = new_figure(width / 72, height / 72, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    _Painter(axes, scene, (width - scene.width) / 2).paint()
    # Fixed metadata, so that the same graph gives the same file.
    metadata = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(file, format=kind, dpi=dpi, metadata=metadata)


class _Painter:
    """Draws with the light colours of the style sheet; one unit is one pixel of the SVG."""

    def __init__(self, axes: Any, scene: Scene, left: float) -> None:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextPath

        self.axes, self.scene, self.left = axes, scene, left
        self.fonts = {
            False: FontProperties(family="DejaVu Sans"),
            True: FontProperties(family="DejaVu Sans", weight="bold"),
        }
        self.text_path = TextPath
        light = stylesheet().split("@media")[0]
        self.colours = dict(re.findall(r"--([\w-]+): (#\w+)", light))

    def paint(self) -> None:
        title = Line(self.scene.title, "", 16.0, 0.0)
        self._text([title], 24.0 - self.left, 32.0 - HEAD)
        for module in self.scene.modules:
            self._frame(module)
        for wire in self.scene.wires:
            self._wire(wire.points, wire.side, wire.count)
        for card in self.scene.cards:
            self._card(card)

    def _box(self, rect: Rect, radius: float, face: Any, edge: Any, **style: Any) -> None:
        from matplotlib.patches import FancyBboxPatch

        self.axes.add_patch(
            FancyBboxPatch(
                (rect.x + self.left, rect.y + HEAD),
                rect.width,
                rect.height,
                boxstyle=f"round,pad=0,rounding_size={radius}",
                facecolor=face,
                edgecolor=edge,
                **style,
            )
        )

    def _frame(self, module: ModuleBox) -> None:
        from matplotlib.colors import to_rgba

        ink = self.colours["frame"]
        self._box(module.frame.rect, 10, to_rgba(ink, 0.055), to_rgba(ink, 0.45), linewidth=1)
        line = Line(module.name, module.type, 12.0, 17.0)
        self._text([line], module.frame.title, module.frame.rect.y)

    def _card(self, card: Card) -> None:
        node, rect, colours = card.node, card.rect, self.colours
        face = colours.get(node.kind, colours["card"])
        edge = colours.get(f"{node.kind}-edge", colours["edge"])
        if node.flag:
            face, edge = colours["alarm-soft"], colours["alarm"]
        radius = 5.0 if node.kind == "op" else min(rect.height / 2, 12.0)
        self._box(rect, radius, face, edge, linewidth=2 if node.flag else 1.2)
        if node.grad_norm and self.scene.norms and not node.flag:
            inset = radius if node.kind != "op" else 5.0
            strip = Rect(rect.x + 4, rect.y + inset, STRIP - 1, rect.height - 2 * inset)
            self._box(strip, 2, norm_colour(node.grad_norm, self.scene.norms), "none")
        self._text(card.lines, rect.x + PAD + STRIP / 2, rect.y)

    def _text(self, lines: list[Line], left: float, top: float) -> None:
        for line in lines:
            x, y = left + self.left, top + line.y + HEAD
            if line.strong:
                x += self._words(line.strong, x, y, line.size, bold=True) + 7
            if line.muted:
                self._words(line.muted, x, y, min(line.size, 11.0), bold=False)

    def _words(self, text: str, x: float, y: float, size: float, bold: bool) -> float:
        """Put text at a baseline as a filled path, and return how wide it is."""
        from matplotlib.patches import PathPatch
        from matplotlib.transforms import Affine2D

        path = self.text_path((0, 0), text, size=size, prop=self.fonts[bold])
        colour = self.colours["ink" if bold else "muted"]
        placed = path.transformed(Affine2D().scale(1, -1).translate(x, y))
        self.axes.add_patch(PathPatch(placed, facecolor=colour, linewidth=0))
        return float(path.vertices[:, 0].max()) if len(path.vertices) else 0.0

    def _wire(self, points: list[Point], side: bool, count: int) -> None:
        from matplotlib.patches import PathPatch, Polygon
        from matplotlib.path import Path

        (x, y), *rest = [(x + self.left, y + HEAD) for x, y in points]
        vertices, codes = [(x, y)], [Path.MOVETO]
        for x1, y1 in rest:
            x0, y0 = vertices[-1]
            middle = (y0 + y1) / 2
            if x0 == x1 or y0 == y1:
                vertices.append((x1, y1))
                codes.append(Path.LINETO)
            else:
                vertices += [(x0, middle), (x1, middle), (x1, y1)]
                codes += [Path.CURVE4] * 3
        line = self.colours["line"]
        style = {"linestyle": (0, (2, 3))} if side else {}
        path = Path(vertices, codes)
        self.axes.add_patch(
            PathPatch(path, facecolor="none", edgecolor=line, linewidth=1.2, **style)
        )
        x, y = vertices[-1]
        tip = (
            [(x, y), (x - 6, y - 3), (x - 6, y + 3)]
            if side
            else [(x, y), (x - 4, y - 7), (x + 4, y - 7)]
        )
        self.axes.add_patch(Polygon(tip, facecolor=line, linewidth=0))
        if count > 1:
            (mx, my) = points[len(points) // 2 - 1]
            self._words(f"×{count}", mx + self.left + 8, my + HEAD + 16, 11.0, bold=True)
