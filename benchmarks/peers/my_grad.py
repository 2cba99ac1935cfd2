"""MyGrad: first derivatives only."""

import mygrad
import numpy as np
from mygrad.nnet import conv_nd, relu, sigmoid, softmax_crossentropy

from benchmarks.peers.numpy_updates import OPTIMIZERS, examples, parameters
from benchmarks.workloads.convolutions import SHAPES
from benchmarks.workloads.overhead import REPEATS
from benchmarks.workloads.pointwise import ELEMENTS

POINTWISE = {
    "polynomial": lambda x: ((x * 0.5 + 1.0) * x - 2.0) * x,
    "gaussian": lambda x: mygrad.exp(-(x * x) / 2) / 2.5066,
    "where": lambda x: mygrad.where(x > 0, x, 0.1 * x),
    "clamp": lambda x: mygrad.clip(x, -1, 1),
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": mygrad.tanh,
    "log1p": lambda x: mygrad.log1p(x * x),
}
VALUES = {
    "pointwise": POINTWISE,
    "convolution": [
        name for name, shape in SHAPES.items() if shape[-2:] == (1, 1)
    ],  # stride, groups
}


def chain():
    x = mygrad.tensor(1.0)

    def step():
        y = x
        for _ in range(REPEATS):
            y = y * x
        y.backward()

    return step, REPEATS


def mlp(batch, optimizer):
    rng = np.random.default_rng(0)
    arrays, (x, y) = parameters(rng), examples(rng, batch)
    update = OPTIMIZERS[optimizer](arrays)
    w1, b1, w2, b2, w3, b3 = tensors = [mygrad.tensor(array, copy=False) for array in arrays]

    def step():
        logits = relu(relu(x @ w1 + b1) @ w2 + b2) @ w3 + b3
        softmax_crossentropy(logits, y).backward()
        gradients = [tensor.grad for tensor in tensors]
        for tensor in tensors:
            tensor.null_grad()
        update(gradients)

    return step, 1


def pointwise(expression):
    rng = np.random.default_rng(0)
    size = ELEMENTS // 1024, 1024
    x = mygrad.tensor(rng.standard_normal(size, np.float32))
    cotangent = rng.standard_normal(size, np.float32)
    return lambda: POINTWISE[expression](x).backward(cotangent), 1


def convolution(shape):
    rng = np.random.default_rng(0)
    size, out_channels, kernel, _stride, _groups = SHAPES[shape]
    shapes = size, (out_channels, size[1], kernel, kernel), (out_channels, 1, 1)
    x, w, bias = (mygrad.tensor(rng.standard_normal(shape, np.float32)) for shape in shapes)

    def conv2d():
        return conv_nd(x, w, stride=1, padding=kernel // 2) + bias

    cotangent = rng.standard_normal(conv2d().shape, np.float32)
    return lambda: conv2d().backward(cotangent), 1
