"""Softmax and normalization, forward and backward."""

from benchmarks.workloads import load, workload

# The arguments of the layer, and the shape of its input.
NORMS = {
    "LayerNorm": ((512,), (16, 128, 512)),
    "RMSNorm": ((512,), (16, 128, 512)),
    "BatchNorm1d": ((256,), (4096, 256)),
    "BatchNorm2d": ((64,), (32, 64, 32, 32)),
    "GroupNorm": ((8, 64), (32, 64, 32, 32)),
    "InstanceNorm2d": ((64,), (32, 64, 32, 32)),
}
# Attention weights, classes of many and of few, over rows and over columns.
SOFTMAXES = {
    "attention": ((16, 4, 128, 128), -1),
    "1000 classes": ((1024, 1000), 1),
    "10 classes": ((65536, 10), 1),
    "columns": ((1024, 1024), 0),
}


def _step(lib, function, shape):
    lib.manual_seed(0)
    x = lib.randn(*shape, requires_grad=True)
    g = lib.randn(*shape)

    def step():
        x.grad = None
        function(x).backward(g)

    return step, 1


@workload(quick={"layer": ("LayerNorm", "BatchNorm2d")}, layer=tuple(NORMS))
def norm(lib, layer):
    """A normalization layer in training."""
    arguments, shape = NORMS[layer]
    return _step(lib, getattr(load(lib, "nn"), layer)(*arguments), shape)


@workload(
    quick={"function": ("softmax",), "of": ("attention", "1000 classes")},
    function=("softmax", "log_softmax"),
    of=tuple(SOFTMAXES),
)
def softmax(lib, function, of):
    """Softmax or its logarithm."""
    shape, dim = SOFTMAXES[of]
    return _step(lib, lambda x: getattr(lib, function)(x, dim), shape)
