"""Common operations on small arrays, forward and backward: what they cost beside their arithmetic."""

from benchmarks.workloads import load, workload

REPEATS = 100

# An operation, and the shapes of the inputs that it is differentiated by.
OPERATIONS = {
    "add": (lambda f, x, y: x + y, (8, 16), (8, 16)),
    "broadcast": (lambda f, x, y: x + y, (8, 16), (16,)),
    "mul": (lambda f, x, y: x * y, (8, 16), (8, 16)),
    "div": (lambda f, x, y: x / y, (8, 16), (8, 16)),
    "pow": (lambda f, x: x**2, (8, 16)),
    "exp": (lambda f, x: x.exp(), (8, 16)),
    "log": (lambda f, x: x.log(), (8, 16)),
    "tanh": (lambda f, x: x.tanh(), (8, 16)),
    "sigmoid": (lambda f, x: x.sigmoid(), (8, 16)),
    "relu": (lambda f, x: f.relu(x), (8, 16)),
    "gelu": (lambda f, x: f.gelu(x), (8, 16)),
    "clamp": (lambda f, x: x.clamp(0.2, 0.8), (8, 16)),
    "where": (lambda f, x, y: f.where(f.condition, x, y), (8, 16), (8, 16)),
    "sum": (lambda f, x: x.sum(), (8, 16)),
    "mean": (lambda f, x: x.mean(1), (8, 16)),
    "amax": (lambda f, x: x.amax(1), (8, 16)),
    "matmul": (lambda f, x, y: x @ y, (8, 16), (16, 8)),
    "linear": (lambda f, x, w, b: f.linear(x, w, b), (8, 16), (4, 16), (4,)),
    "reshape": (lambda f, x: x.reshape(16, 8), (8, 16)),
    "transpose": (lambda f, x: x.transpose(0, 1), (8, 16)),
    "slice": (lambda f, x: x[2:6], (8, 16)),
    "gather": (lambda f, x: x[f.labels], (8, 16)),
    "cat": (lambda f, x, y: f.cat([x, y]), (8, 16), (8, 16)),
    "softmax": (lambda f, x: f.softmax(x, 1), (8, 16)),
    "log_softmax": (lambda f, x: f.log_softmax(x, 1), (8, 16)),
    "cross_entropy": (lambda f, x: f.cross_entropy(x, f.labels), (8, 16)),
    "mse_loss": (lambda f, x, y: f.mse_loss(x, y), (8, 16), (8, 16)),
    "layer_norm": (lambda f, x, w, b: f.layer_norm(x, (16,), w, b), (8, 16), (16,), (16,)),
    "batch_norm": (
        lambda f, x, w, b: f.batch_norm(x, None, None, w, b, training=True), (8, 16), (16,), (16,),
    ),
    "embedding": (lambda f, x: f.embedding(f.labels, x), (8, 16)),
}  # fmt: skip


class Functions:
    """The functions and the constants that the operations use."""

    def __init__(self, lib):
        functional = load(lib, "nn.functional")
        for name in (
            "relu", "gelu", "linear", "softmax", "log_softmax", "cross_entropy", "mse_loss",
            "layer_norm", "batch_norm", "embedding",
        ):  # fmt: skip
            setattr(self, name, getattr(functional, name))
        self.where, self.cat = lib.where, lib.cat
        self.condition = lib.rand(8, 16) > 0.5
        self.labels = lib.randint(0, 8, (8,))


@workload(op=tuple(OPERATIONS))
def operation(lib, op):
    """One operation on about a hundred numbers and its backward pass."""
    function, *shapes = OPERATIONS[op]
    functions = Functions(lib)
    inputs = [lib.rand(shape, requires_grad=True) for shape in shapes]
    cotangent = lib.rand(function(functions, *inputs).shape)

    def step():
        for _ in range(REPEATS):
            for leaf in inputs:
                leaf.grad = None
            function(functions, *inputs).backward(cotangent)

    return step, REPEATS
