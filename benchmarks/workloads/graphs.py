"""Large graphs: time and memory a node must not grow with the number of nodes."""

from benchmarks.workloads import workload


@workload(nodes=(1_000, 100_000, 1_000_000), quick={"nodes": (1_000,)})
def deep_graph(lib, nodes):
    """One chain: forward, backward and deletion."""
    x = lib.tensor(1.0, requires_grad=True)

    def step():
        y = x
        for _ in range(nodes):
            y = y + 1.0
        y.backward()

    return step, nodes


@workload(nodes=(1_000, 1_000_000), quick={"nodes": (1_000,)})
def wide_graph(lib, nodes):
    """Branches of ten nodes, all added up: forward, backward and deletion."""
    x = lib.tensor(1.0, requires_grad=True)

    def step():
        total = x
        for _ in range(nodes // 10):
            branch = x
            for _ in range(9):
                branch = branch * x
            total = total + branch
        total.backward()

    return step, nodes
