"""JAX: each step compiled as a whole; the time is that of the compiled step."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.numpy_updates import examples, parameters
from benchmarks.workloads.convolutions import SHAPES
from benchmarks.workloads.overhead import REPEATS
from benchmarks.workloads.pointwise import ELEMENTS

POINTWISE = {
    "polynomial": lambda x: ((x * 0.5 + 1.0) * x - 2.0) * x,
    "gaussian": lambda x: jnp.exp(-(x * x) / 2) / 2.5066,
    "where": lambda x: jnp.where(x > 0, x, 0.1 * x),
    "clamp": lambda x: jnp.clip(x, -1, 1),
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "elu": jax.nn.elu,
    "hardswish": jax.nn.hard_swish,
    "softplus": jax.nn.softplus,
    "log1p": lambda x: jnp.log1p(x * x),
}
VALUES = {"pointwise": POINTWISE}


def chain():
    def product(x):
        y = x
        for _ in range(REPEATS):
            y = y * x
        return y

    gradient = jax.jit(jax.grad(product))
    return lambda: gradient(1.0).block_until_ready(), REPEATS


def network(arrays, x, activation):
    w1, b1, w2, b2, w3, b3 = arrays
    return activation(activation(x @ w1 + b1) @ w2 + b2) @ w3 + b3


def cross_entropy(logits, y):
    labelled = jnp.take_along_axis(logits, y[:, None], 1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - labelled)


def loss(arrays, x, y):
    return cross_entropy(network(arrays, x, jax.nn.relu), y)


def sgd(arrays, velocities, gradients, lr=0.01, momentum=0.9):
    velocities = [momentum * v + g for v, g in zip(velocities, gradients, strict=True)]
    return [a - lr * v for a, v in zip(arrays, velocities, strict=True)], velocities


def adam(arrays, state, gradients, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    firsts, seconds, count = state
    count = count + 1
    firsts = [beta1 * m + (1 - beta1) * g for m, g in zip(firsts, gradients, strict=True)]
    seconds = [beta2 * v + (1 - beta2) * g * g for v, g in zip(seconds, gradients, strict=True)]
    rate = lr * jnp.sqrt(1 - beta2**count) / (1 - beta1**count)
    arrays = [
        a - rate * m / (jnp.sqrt(v) + eps) for a, m, v in zip(arrays, firsts, seconds, strict=True)
    ]
    return arrays, (firsts, seconds, count)


def mlp(batch, optimizer):
    rng = np.random.default_rng(0)
    arrays, (x, y) = jax.tree.map(jnp.asarray, (parameters(rng), examples(rng, batch)))
    zeros = [jnp.zeros_like(array) for array in arrays]
    update, state = (sgd, zeros) if optimizer == "SGD" else (adam, (zeros, zeros, jnp.zeros(())))
    train = jax.jit(lambda arrays, state: update(arrays, state, jax.grad(loss)(arrays, x, y)))

    def step():
        nonlocal arrays, state
        arrays, state = jax.block_until_ready(train(arrays, state))

    return step, 1


def mlp_inference(batch):
    rng = np.random.default_rng(0)
    arrays, (x, _) = jax.tree.map(jnp.asarray, (parameters(rng), examples(rng, batch)))
    forward = jax.jit(lambda arrays, x: network(arrays, x, jax.nn.relu))
    return lambda: forward(arrays, x).block_until_ready(), 1


def hvp(batch):
    rng = np.random.default_rng(0)
    arrays, (x, y) = jax.tree.map(jnp.asarray, (parameters(rng), examples(rng, batch)))
    vectors = [jnp.asarray(rng.standard_normal(array.shape, np.float32)) for array in arrays]
    gradient = jax.grad(lambda arrays: cross_entropy(network(arrays, x, jnp.tanh), y))
    product = jax.jit(lambda arrays, vectors: jax.jvp(gradient, (arrays,), (vectors,))[1])
    return lambda: jax.block_until_ready(product(arrays, vectors)), 1


def with_gradients(function, arrays):
    """A compiled step: the function's value and the gradients of its inputs."""
    inputs = [jnp.asarray(array) for array in arrays]
    cotangent = jnp.ones_like(function(*inputs))

    @jax.jit
    def both(inputs, cotangent):
        out, vjp = jax.vjp(function, *inputs)
        return out, vjp(cotangent)

    return lambda: jax.block_until_ready(both(inputs, cotangent))


def convolution(shape):
    rng = np.random.default_rng(0)
    size, out_channels, kernel, stride, groups = SHAPES[shape]
    half = kernel // 2

    def conv2d(x, weight, bias):
        padding = [(half, half)] * 2
        out = jax.lax.conv_general_dilated(
            x, weight, (stride, stride), padding, feature_group_count=groups
        )
        return out + bias[:, None, None]

    shapes = size, (out_channels, size[1] // groups, kernel, kernel), (out_channels,)
    return with_gradients(conv2d, [rng.standard_normal(shape, np.float32) for shape in shapes]), 1


def pointwise(expression):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ELEMENTS // 1024, 1024), np.float32)
    return with_gradients(POINTWISE[expression], [x]), 1
