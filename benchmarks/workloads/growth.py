"""Training steps of growing size, for the figure of how costs grow; not part of the table."""

from benchmarks.workloads import load, workload
from benchmarks.workloads.graphs import deep_graph
from benchmarks.workloads.mlp import OPTIMIZERS, mlp, training_step

BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
WIDTHS = (8, 32, 128, 512, 2048)
DEPTHS = (1, 4, 16, 64, 256)
NODES = (100, 1_000, 10_000, 100_000, 1_000_000)


def network_step(lib, batch, width, depth):
    """A training step of layers as wide as their input, SGD with momentum."""
    nn = load(lib, "nn")
    lib.manual_seed(0)
    layers = [module for _ in range(depth) for module in (nn.Linear(width, width), nn.ReLU())]
    model = nn.Sequential(*layers)
    x, y = lib.rand(batch, width), lib.randint(0, width, (batch,))
    optimizer = load(lib, "optim").SGD(model.parameters(), **OPTIMIZERS["SGD"])
    return training_step(lib, model, optimizer, x, y), 1


@workload(table=False, quick={"batch": BATCHES[:1]}, batch=BATCHES)
def growing_batch(lib, batch):
    """784-256-128-10 and SGD."""
    return mlp(lib, batch, "SGD")


@workload(table=False, quick={"width": WIDTHS[:1]}, width=WIDTHS)
def growing_width(lib, width):
    """Two layers, batch 64."""
    return network_step(lib, 64, width, 2)


@workload(table=False, quick={"depth": DEPTHS[:1]}, depth=DEPTHS)
def growing_depth(lib, depth):
    """Layers of 64 units, batch 16."""
    return network_step(lib, 16, 64, depth)


@workload(table=False, quick={"nodes": NODES[:1]}, nodes=NODES)
def growing_graph(lib, nodes):
    """A chain of nodes: forward, backward and deletion."""
    return deep_graph(lib, nodes)[0], 1


PANELS = {
    "batch (784-256-128-10)": (growing_batch, BATCHES),
    "width (2 layers, batch 64)": (growing_width, WIDTHS),
    "depth (64 units, batch 16)": (growing_depth, DEPTHS),
    "nodes of a chain": (growing_graph, NODES),
}
