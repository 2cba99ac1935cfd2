"""What one operation costs on arrays so small that the arithmetic is free."""

from benchmarks.workloads import workload

REPEATS = 1000

# A link of a chain whose values stay finite, and how many operations it is.
LINKS = {
    "add": (lambda y, w: y + w, 1),
    "mul": (lambda y, w: y * w, 1),
    "matmul": (lambda y, w: y @ w, 1),
    "exp": (lambda y, w: y.neg().exp(), 2),
    "sum": (lambda y, w: y.sum().expand(2, 2), 2),
}


@workload()
def chain(lib):
    """A chain of 1000 scalar products, forward and backward."""
    x = lib.tensor(1.0, requires_grad=True)

    def step():
        y = x
        for _ in range(REPEATS):
            y = y * x
        y.backward()

    return step, REPEATS


@workload(op=tuple(LINKS))
def forward(lib, op):
    """Operations on four elements that require gradients."""
    x, w = (lib.zeros(2, 2, requires_grad=True) for _ in range(2))
    link, operations = LINKS[op]

    def step():
        for _ in range(REPEATS):
            link(x, w)

    return step, REPEATS * operations


@workload(op=tuple(LINKS))
def backward(lib, op):
    """The backward pass alone of a chain of operations on four elements."""
    x, w = (lib.zeros(2, 2, requires_grad=True) for _ in range(2))
    link, operations = LINKS[op]
    y = x
    for _ in range(REPEATS):
        y = link(y, w)
    cotangent = lib.zeros(2, 2)

    def step():
        y.backward(cotangent, retain_graph=True)

    return step, REPEATS * operations
