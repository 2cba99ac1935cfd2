"""Optimizers in NumPy, for libraries that have gradients only."""

import itertools

import numpy as np


def sgd(parameters, lr=0.01, momentum=0.9):
    """SGD with momentum, in place: a function of the gradients."""
    velocities = [np.zeros_like(parameter) for parameter in parameters]

    def update(gradients):
        for parameter, velocity, gradient in zip(parameters, velocities, gradients, strict=True):
            velocity *= momentum
            velocity += gradient
            parameter -= lr * velocity

    return update


def adam(parameters, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam (Kingma & Ba 2014), in place: a function of the gradients."""
    firsts, seconds = ([np.zeros_like(parameter) for parameter in parameters] for _ in range(2))
    count = 0

    def update(gradients):
        nonlocal count
        count += 1
        rate = lr * (1 - beta2**count) ** 0.5 / (1 - beta1**count)
        for parameter, first, second, gradient in zip(
            parameters, firsts, seconds, gradients, strict=True
        ):
            first += (1 - beta1) * (gradient - first)
            second += (1 - beta2) * (gradient * gradient - second)
            parameter -= rate * first / (np.sqrt(second) + eps)

    return update


OPTIMIZERS = {"SGD": sgd, "Adam": adam}
WIDTHS = (784, 256, 128, 10)


def parameters(rng):
    """Weights (inputs first) and biases of the network, in turn."""
    arrays = []
    for inputs, outputs in itertools.pairwise(WIDTHS):
        bound = inputs**-0.5
        arrays += [rng.uniform(-bound, bound, size) for size in ((inputs, outputs), outputs)]
    return [array.astype(np.float32) for array in arrays]


def examples(rng, batch):
    return rng.random((batch, WIDTHS[0]), np.float32), rng.integers(0, WIDTHS[-1], batch)
