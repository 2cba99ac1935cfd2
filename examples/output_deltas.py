"""At the output, delta = a - y: three activations, each with the loss that belongs to it.

Let z be the output layer's weighted sums, a its activations, y the targets, L the loss. For

    linear    a = z                            L = 1/2 sum (a - y)^2
    logistic  a = 1 / (1 + exp(-z))            L = -sum [y log a + (1 - y) log(1 - a)]
    softmax   a_i = exp(z_i) / sum_j exp(z_j)  L = -sum_i y_i log a_i      (y sums to 1)

the sensitivity delta = dL/dz is the same simple thing, a - y: the activation's derivative cancels
against the loss's. It is no accident: each loss is the negative log-likelihood of a distribution
(normal, Bernoulli, categorical), and the activation its canonical link (Bishop 2006, 4.3.6).

With a loss that does not belong, nothing cancels. Logistic and squared error have
delta = (a - y) a (1 - a): next to nothing for an output that is surely wrong, which hardly learns.

In practice use nn.functional.binary_cross_entropy_with_logits and cross_entropy: they take z and
work out log a in one piece, without the overflow of the log of an a that was rounded to 0.
"""

import retrograd as rg


def linear(z):
    return z


def logistic(z):
    return rg.sigmoid(z)


def softmax(z):
    return rg.softmax(z, dim=-1)


def squared_error(a, y):
    return 0.5 * ((a - y) ** 2).sum()


def binary_cross_entropy(a, y):
    return -(y * rg.log(a) + (1 - y) * rg.log(1 - a)).sum()


def cross_entropy(a, y):
    return -(y * rg.log(a)).sum()


# What belongs together, with targets for a layer of three outputs.
PAIRS = [
    (linear, squared_error, [0.5, -1.0, 2.0]),
    (logistic, binary_cross_entropy, [1.0, 0.0, 1.0]),
    (softmax, cross_entropy, [0.0, 1.0, 0.0]),
]


def delta(activation, loss, z, y):
    """The engine's dL/dz, through the loss and the activation."""
    z = z.detach().requires_grad_()
    return rg.autograd.grad(loss(activation(z), y), z)[0]


def show(activation, loss, z, y):
    z, y = rg.tensor(z, dtype=rg.float64), rg.tensor(y, dtype=rg.float64)
    print(f"{activation.__name__}, {loss.__name__}; z = {z.tolist()}, y = {y.tolist()}")
    for name, values in [("a - y", activation(z) - y), ("dL/dz", delta(activation, loss, z, y))]:
        print(f"    {name}" + "".join(f"{value:10.6f}" for value in values.tolist()))


def main():
    for activation, loss, y in PAIRS:
        show(activation, loss, [2.0, -1.0, 0.5], y)
    print("\nNot made for each other, where the output is surely wrong:")
    show(logistic, squared_error, [-8.0], [1.0])


if __name__ == "__main__":
    main()
