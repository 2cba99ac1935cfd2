"""Rows of the activation functions, and of softmax and its relatives."""

import numpy as np

import retrograd as rg
from retrograd.nn import functional as F
from tests.ops.spec import Spec, positive, real


def row(op, name, *attributes, label="", reference=None, order=2, **named):
    """A row of the function of that name in torch.nn.functional."""
    call = getattr(F, name)

    def torch(torch, *inputs):
        return getattr(torch.nn.functional, name)(*inputs, *attributes, **named)

    def ours(*inputs):
        return call(*inputs, *attributes, **named)

    return Spec(op, ours, (real(3, 4),), None, reference, torch, order, label=f"{name}{label}")


def with_shape(op, name, label, *shape, **attributes):
    """A row of a function of PyTorch's root on an array of this shape."""
    label = f"{name}-{label}"
    return Spec(op, getattr(rg, name), (real(*shape),), attributes, None, name, label=label)


SPECS = [
    Spec("Relu", rg.relu, (real(3, 4),), None, lambda x: np.maximum(x, 0), "relu"),
    row("LeakyRelu", "leaky_relu"),
    row("LeakyRelu", "leaky_relu", 2.0, label="-steep"),
    row("LeakyRelu", "leaky_relu", 0.0, label="-flat"),
    row("Hardtanh", "hardtanh"),
    row("Hardtanh", "hardtanh", -0.3, 0.6, label="-narrow"),
    row("Hardtanh", "relu6"),
    # PyTorch's own slope is 1 / 6 in float32 even for float64.
    Spec("Hardsigmoid", F.hardsigmoid, (real(3, 4),), None,
         lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    row("Hardswish", "hardswish"),
    row("Hardshrink", "hardshrink"),
    row("Softshrink", "softshrink", 0.3),
    row("Threshold", "threshold", 0.5, -2.0),
    row("Elu", "elu"),
    row("Elu", "elu", 0.5, label="-alpha"),
    row("Elu", "celu", 2.0),
    row("Elu", "selu"),
    row("Softplus", "softplus"),
    row("Softplus", "softplus", 2.0, 0.5, label="-threshold"),
    row("Logsigmoid", "logsigmoid"),
    row("Softsign", "softsign"),
    row("Silu", "silu"),
    row("Mish", "mish"),
    row("Gelu", "gelu"),
    row("GeluTanh", "gelu", label="-tanh", approximate="tanh"),
    row("", "tanhshrink"),
    row("", "glu"),
    row("", "glu", 1, label="-dim"),
    *(
        Spec("Prelu", F.prelu, (real(*shape), positive(n)), None, None,
             "nn.functional.prelu", label=f"{len(shape)}d-{n}")
        for shape, n in (((3, 4), 4), ((2, 3, 2), 3), ((2, 3), 1), ((5,), 1), ((), 1))
    ),
    with_shape("Softmax", "softmax", "rows", 3, 4, dim=-1),
    with_shape("Softmax", "softmax", "columns", 3, 4, dim=0),
    with_shape("Softmax", "softmax", "middle", 2, 3, 2, dim=1),
    with_shape("Softmax", "softmax", "0d", dim=0),
    with_shape("Softmax", "softmax", "empty", 0, 3, dim=1),
    with_shape("LogSoftmax", "log_softmax", "rows", 3, 4, dim=-1),
    with_shape("LogSoftmax", "log_softmax", "middle", 2, 3, 2, dim=1),
    with_shape("LogSoftmax", "log_softmax", "0d", dim=0),
    with_shape("Logsumexp", "logsumexp", "rows", 3, 4, dim=-1),
    with_shape("Logsumexp", "logsumexp", "two", 2, 3, 2, dim=(0, 2)),
    with_shape("Logsumexp", "logsumexp", "kept", 2, 3, 2, dim=1, keepdim=True),
    with_shape("Logsumexp", "logsumexp", "0d", dim=0),
    row("", "softmin", 1),
]  # fmt: skip
