"""Graphs that the tests of pictures share."""

import random

from retrograd.viz.graph import Edge, Graph, GraphNode, Group
from retrograd.viz.layout import Box


def lenet(flag="") -> Graph:
    """A convolutional network with two modules, gradients, and an unfriendly title."""
    nodes = [GraphNode("x", "input", "images", shape=(64, 1, 28, 28))]
    edges = []
    features, classifier = ("features",), ("classifier",)
    layers = [
        ("features.0", "conv2d", features, (6, 1, 5, 5)),
        ("features.1", "relu", features, None),
        ("flat", "flatten", (), None),
        ("classifier.0", "linear", classifier, (120, 256)),
        ("classifier.1", "relu", classifier, None),
    ]
    previous = "x"
    for i, (name, label, group, weight) in enumerate(layers):
        module = name if group else ""
        inner = (*group, name[-1]) if group else ()
        if weight:
            key = f"{name}.weight"
            count = weight[0] * weight[1]
            nodes.append(
                GraphNode(key, "parameter", key, module, inner, weight, "float32", count, 0, 0.1)
            )
            edges.append(Edge(key, name, "weight"))
        norm = float(flag) if flag and i == 1 else 10.0 ** (i - 4)
        nodes.append(
            GraphNode(name, "op", label, module, inner, (64, 6), "float32", 0, 100, norm,
                      flag if i == 1 else "", [("what it does", "x < y & z > 0")])
        )  # fmt: skip
        edges.append(Edge(previous, name, "input"))
        previous = name
    nodes.append(GraphNode("loss", "output", "loss", shape=()))
    edges.append(Edge(previous, "loss"))
    groups = {features: Group("features", "Sequential"), classifier: Group("classifier", "MLP")}
    return Graph(nodes, edges, groups, 'A "net" <for> tests & more')


def residual(stages=2, blocks=3) -> Graph:
    """Nested modules with skip connections."""
    nodes = [GraphNode("x", "input", "x", shape=(1,))]
    edges, groups, previous = [], {}, "x"
    for s in range(stages):
        groups[f"stage{s}",] = Group(f"stage{s}", "Sequential")
        for b in range(blocks):
            group, start = (f"stage{s}", str(b)), previous
            groups[group] = Group(f"stage{s}.{b}", "Block")
            for k, label in enumerate(("conv2d", "relu", "conv2d", "add")):
                key = f"{s}.{b}.{k}"
                nodes.append(GraphNode(key, "op", label, f"stage{s}.{b}", group, (1,)))
                edges.append(Edge(previous, key))
                previous = key
            edges.append(Edge(start, previous))
    return Graph(nodes, edges, groups, "residual")


def random_boxes(seed: int, count: int, grouped: bool):
    """Boxes of varied size and edges that point from lower to higher numbers."""
    rng = random.Random(seed)
    boxes = [
        Box(
            str(i),
            rng.uniform(20, 200),
            rng.uniform(10, 80),
            (f"g{i // 9 % 3}", f"h{i // 3}") if grouped and i % 5 else (),
            rng.choice([None, 10.0]),
        )
        for i in range(count)
    ]
    edges = [
        (str(i), str(j))
        for i in range(count)
        for j in range(i + 1, count)
        if rng.random() < 2 / count
    ]
    return boxes, edges
