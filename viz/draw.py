"""`draw`: the computation graph behind a result as a picture, a page, or a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from retrograd._files import write_whole
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module
from retrograd.viz.graph import Graph
from retrograd.viz.page import render_page
from retrograd.viz.raster import save_figure
from retrograd.viz.scene import Scene, compose
from retrograd.viz.svg import render
from retrograd.viz.trace import MOST_NODES, make_graph
from retrograd.viz.watch import Watch

SUFFIXES = (".svg", ".html", ".dot", ".png", ".pdf")


class Drawing:
    """A graph ready to be looked at: `svg`, `html` and `dot` as text, `save` to a file.

    In a notebook it shows itself as an interactive page, without any network access.

    Parameters
    ----------
    graph : Graph
        What to draw.

    Examples
    --------
    >>> a = rg.ones(2, requires_grad=True)
    >>> drawing = rg.viz.draw((a + a).sum(), params={"a": a})
    >>> drawing.svg[:4], drawing.html[:15], drawing.dot[:7]
    ('<svg', '<!DOCTYPE html>', 'digraph')
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def scene(self) -> Scene:
        """Where everything is, for renderers."""
        return compose(self.graph)

    @cached_property
    def svg(self) -> str:
        """A self-contained SVG, light or dark as its reader prefers."""
        return render(self.scene)

    @cached_property
    def html(self) -> str:
        """A self-contained page: pan, zoom, search, details, modules that open and close."""
        return render_page(self.scene)

    @cached_property
    def dot(self) -> str:
        """The graph in Graphviz's language."""
        return self.graph.to_dot()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file of the kind that the suffix says: .svg, .html, .dot, .png or .pdf.

        The last two need Matplotlib (``pip install 'retrograd[viz]'``).

        Raises
        ------
        ValueError
            If the suffix is another one.
        ModuleNotFoundError
            If Matplotlib is needed and not installed.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix in (".png", ".pdf"):
            return write_whole(target, lambda file: save_figure(self.scene, file, suffix[1:]))
        texts = {".svg": "svg", ".html": "html", ".dot": "dot"}
        if suffix not in texts:
            raise ValueError(
                f"save: cannot tell the kind of file from {target.name!r}; "
                f"end the name in one of {', '.join(SUFFIXES)}"
            )
        data = getattr(self, texts[suffix]).encode("utf-8")
        return write_whole(target, lambda file: file.write(data))

    def _repr_html_(self) -> str:
        height = round(min(max(self.scene.height + 130, 260), 640))
        return (
            f'<iframe srcdoc="{escape(self.html)}" width="100%" height="{height}" '
            f'style="border:1px solid #8886;border-radius:6px" sandbox="allow-scripts" '
            f'title="{escape(self.graph.title)}"></iframe>'
        )

    def __repr__(self) -> str:
        graph = self.graph
        return f"<Drawing of {len(graph.nodes)} nodes and {len(graph.edges)} edges: {graph.title}>"


def draw(
    outputs: Any,
    model: Module | Watch | None = None,
    *,
    params: Mapping[str, Tensor] | None = None,
    inputs: Any = None,
    grads: bool = False,
    constants: bool = False,
    max_nodes: int = MOST_NODES,
    title: str | None = None,
) -> Drawing:
    """Draw the graph that `outputs` were computed by, forward and backward in one picture.

    Each operation shows the shape of its value (down), and with `grads` the norm of its gradient
    (up), with NaN and infinity in red. The parameters are those of `make_graph`.

    Returns
    -------
    Drawing
        Has `svg`, `html`, `dot` and `save`, and shows itself in notebooks.

    Examples
    --------
    >>> model = rg.nn.Sequential(rg.nn.Linear(4, 3), rg.nn.ReLU(), rg.nn.Linear(3, 2))
    >>> with rg.viz.watch(model) as seen:
    ...     loss = model(rg.ones(5, 4)).sum()
    >>> rg.viz.draw(loss, seen, grads=True)
    <Drawing of ... nodes and ... edges: Sequential>
    """
    return Drawing(
        make_graph(
            outputs,
            model,
            params=params,
            inputs=inputs,
            grads=grads,
            constants=constants,
            max_nodes=max_nodes,
            title=title,
        )
    )
