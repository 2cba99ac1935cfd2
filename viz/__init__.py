"""The backward pass as a picture and as a page; summaries and curves."""

from retrograd.viz.curves import plot_confusion, plot_curves
from retrograd.viz.draw import Drawing, draw
from retrograd.viz.graph import Edge, Graph, GraphNode, Group
from retrograd.viz.layout import Box, Layout, layout
from retrograd.viz.summary import Summary, summary
from retrograd.viz.trace import make_graph
from retrograd.viz.watch import Watch, watch

__all__ = [
    "draw",
    "watch",
    "summary",
    "plot_curves",
    "plot_confusion",
    "make_graph",
    "Drawing",
    "Watch",
    "Summary",
    "Graph",
    "GraphNode",
    "Edge",
    "Group",
    "Box",
    "Layout",
    "layout",
]
