"""Sums, means, spreads, extremes and running sums of a million elements."""

from benchmarks.workloads import workload

REDUCTIONS = {
    "sum": lambda x: x.sum(),
    "sum rows": lambda x: x.sum(1),
    "sum columns": lambda x: x.sum(0),
    "mean": lambda x: x.mean(),
    "var rows": lambda x: x.var(1),
    "std columns": lambda x: x.std(0),
    "norm": lambda x: x.norm(),
    "amax rows": lambda x: x.amax(1),
    "max rows": lambda x: x.max(1)[0],
    "logsumexp rows": lambda x: x.logsumexp(1),
    "cumsum rows": lambda x: x.cumsum(1),
    "cumsum columns": lambda x: x.cumsum(0),
}
# A square, and a long array of short rows.
SHAPES = {"1024x1024": (1024, 1024), "65536x16": (65536, 16)}


@workload(
    quick={"reduction": ("sum", "sum rows", "var rows"), "shape": ("1024x1024",)},
    reduction=tuple(REDUCTIONS),
    shape=tuple(SHAPES),
)
def reduction(lib, reduction, shape):
    """A reduction, forward and backward."""
    lib.manual_seed(0)
    function = REDUCTIONS[reduction]
    x = lib.randn(*SHAPES[shape], requires_grad=True)
    g = lib.randn_like(function(x))

    def step():
        x.grad = None
        function(x).backward(g)

    return step, 1
