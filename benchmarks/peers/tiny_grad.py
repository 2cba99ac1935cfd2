"""tinygrad: each step recorded by TinyJit; the time is that of the recorded step.

It compiles with clang, which has to be installed (another command is named by CC in the environment).
"""

import numpy as np
from tinygrad import Context, Tensor, TinyJit, nn

from benchmarks.peers.numpy_updates import examples, parameters
from benchmarks.workloads.convolutions import SHAPES
from benchmarks.workloads.pointwise import ELEMENTS

POINTWISE = {
    "polynomial": lambda x: ((x * 0.5 + 1.0) * x - 2.0) * x,
    "gaussian": lambda x: (-(x * x) / 2).exp() / 2.5066,
    "where": lambda x: (x > 0).where(x, 0.1 * x),
    "clamp": lambda x: x.clip(-1, 1),
    "relu": Tensor.relu,
    "sigmoid": Tensor.sigmoid,
    "tanh": Tensor.tanh,
    "silu": Tensor.silu,
    "softplus": Tensor.softplus,
}
VALUES = {"pointwise": POINTWISE}

OPTIMIZERS = {
    "SGD": lambda tensors: nn.optim.SGD(tensors, lr=0.01, momentum=0.9),
    "Adam": lambda tensors: nn.optim.Adam(tensors, lr=0.001),
}


def recorded(function):
    """The step, called often enough to be recorded."""
    step = TinyJit(function)
    with Context(TRAINING=1):
        for _ in range(3):
            step()
    return step


def network(tensors, x):
    w1, b1, w2, b2, w3, b3 = tensors
    return (((x @ w1 + b1).relu() @ w2 + b2).relu() @ w3) + b3


def mlp(batch, optimizer):
    rng = np.random.default_rng(0)
    tensors = [Tensor(array).realize() for array in parameters(rng)]
    x, y = (Tensor(array).realize() for array in examples(rng, batch))
    updates = OPTIMIZERS[optimizer](tensors)

    def step():
        updates.zero_grad()
        network(tensors, x).sparse_categorical_crossentropy(y).backward()
        updates.step()

    return recorded(step), 1


def mlp_inference(batch):
    rng = np.random.default_rng(0)
    tensors = [Tensor(array).realize() for array in parameters(rng)]
    x = Tensor(examples(rng, batch)[0]).realize()
    return recorded(lambda: network(tensors, x).realize()), 1


def with_gradients(function, arrays):
    """A recorded step: the function's value and the gradients of its inputs."""
    inputs = [Tensor(array).realize() for array in arrays]
    cotangent = Tensor.ones(*function(*inputs).shape).contiguous().realize()

    def step():
        out = function(*inputs)
        Tensor.realize(out, *out.gradient(*inputs, gradient=cotangent))

    return recorded(step)


def convolution(shape):
    rng = np.random.default_rng(0)
    size, out_channels, kernel, stride, groups = SHAPES[shape]
    shapes = size, (out_channels, size[1] // groups, kernel, kernel), (out_channels,)
    arrays = [rng.standard_normal(shape, np.float32) for shape in shapes]
    return with_gradients(lambda x, w, b: x.conv2d(w, b, groups, stride, 1, kernel // 2), arrays), 1


def pointwise(expression):
    x = np.random.default_rng(0).standard_normal((ELEMENTS // 1024, 1024), np.float32)
    return with_gradients(POINTWISE[expression], [x]), 1
