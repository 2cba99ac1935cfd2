"""Functions of single elements on a million of them: what passes over memory cost."""

from benchmarks.workloads import load, workload

ELEMENTS = 1 << 20

# Of the library, its functional forms, and an array.
EXPRESSIONS = {
    "polynomial": lambda lib, f, x: ((x * 0.5 + 1.0) * x - 2.0) * x,
    "gaussian": lambda lib, f, x: (-(x * x) / 2).exp() / 2.5066,
    "where": lambda lib, f, x: lib.where(x > 0, x, 0.1 * x),
    "clamp": lambda lib, f, x: x.clamp(-1, 1),
    "relu": lambda lib, f, x: f.relu(x),
    "leaky_relu": lambda lib, f, x: f.leaky_relu(x),
    "sigmoid": lambda lib, f, x: lib.sigmoid(x),
    "tanh": lambda lib, f, x: lib.tanh(x),
    "gelu": lambda lib, f, x: f.gelu(x),
    "silu": lambda lib, f, x: f.silu(x),
    "mish": lambda lib, f, x: f.mish(x),
    "elu": lambda lib, f, x: f.elu(x),
    "hardswish": lambda lib, f, x: f.hardswish(x),
    "softplus": lambda lib, f, x: f.softplus(x),
    "log1p": lambda lib, f, x: lib.log1p(x * x),
    "dropout": lambda lib, f, x: f.dropout(x, 0.5),
}
QUICK = ("polynomial", "relu", "gelu", "sigmoid")


@workload(quick={"expression": QUICK}, expression=tuple(EXPRESSIONS))
def pointwise(lib, expression):
    """A function of a million elements, forward and backward."""
    return _step(lib, expression, backward=True), 1


@workload(quick={"expression": QUICK}, expression=tuple(EXPRESSIONS))
def pointwise_forward(lib, expression):
    """The same without gradients."""
    return _step(lib, expression, backward=False), 1


def _step(lib, expression, backward):
    lib.manual_seed(0)
    function, functional = EXPRESSIONS[expression], load(lib, "nn.functional")
    x = lib.randn(ELEMENTS // 1024, 1024, requires_grad=backward)
    g = lib.randn(ELEMENTS // 1024, 1024)

    def forward():
        with lib.no_grad():
            function(lib, functional, x)

    def both():
        x.grad = None
        function(lib, functional, x).backward(g)

    return both if backward else forward
