"""HIPS autograd."""

import autograd.numpy as np
from autograd.scipy.special import logsumexp

from autograd import grad, make_hvp, make_vjp
from benchmarks.peers.numpy_updates import OPTIMIZERS, examples, parameters
from benchmarks.workloads.overhead import REPEATS
from benchmarks.workloads.pointwise import ELEMENTS

POINTWISE = {
    "polynomial": lambda x: ((x * 0.5 + 1.0) * x - 2.0) * x,
    "gaussian": lambda x: np.exp(-(x * x) / 2) / 2.5066,
    "where": lambda x: np.where(x > 0, x, 0.1 * x),
    "clamp": lambda x: np.clip(x, -1, 1),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "log1p": lambda x: np.log1p(x * x),
}
VALUES = {"pointwise": POINTWISE}


def chain():
    def product(x):
        y = x
        for _ in range(REPEATS):
            y = y * x
        return y

    gradient = grad(product)
    return lambda: gradient(1.0), REPEATS


def network(arrays, x, activation):
    w1, b1, w2, b2, w3, b3 = arrays
    return activation(activation(x @ w1 + b1) @ w2 + b2) @ w3 + b3


def cross_entropy(logits, y):
    return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])


def mlp(batch, optimizer):
    rng = np.random.default_rng(0)
    arrays, (x, y) = parameters(rng), examples(rng, batch)
    update = OPTIMIZERS[optimizer](arrays)
    gradient = grad(lambda arrays: cross_entropy(network(arrays, x, lambda z: np.maximum(z, 0)), y))
    return lambda: update(gradient(arrays)), 1


def hvp(batch):
    rng = np.random.default_rng(0)
    arrays, (x, y) = parameters(rng), examples(rng, batch)
    vectors = [rng.standard_normal(array.shape, np.float32) for array in arrays]
    product = make_hvp(lambda arrays: cross_entropy(network(arrays, x, np.tanh), y))
    return lambda: product(arrays)[0](vectors), 1


def pointwise(expression):
    rng = np.random.default_rng(0)
    x, cotangent = (rng.standard_normal((ELEMENTS // 1024, 1024), np.float32) for _ in range(2))
    differentiated = make_vjp(POINTWISE[expression])

    def step():
        vjp, out = differentiated(x)
        return out, vjp(cotangent)

    return step, 1
