"""Back-propagation by hand on a 2-2-1 network, against the engine's gradients.

Forward, layer by layer (W1 is 2x2, W2 is 1x2):

    z1 = W1 x + b1    a1 = sigma(z1)
    z2 = W2 a1 + b2   a2 = sigma(z2)        E = 1/2 (a2 - y)^2

Backward. The sensitivity delta_l = dE/dz_l says how much the error feels a layer's weighted sums.
The chain rule gives it first at the output, then for each layer from the one after it:

    delta2 = (a2 - y) * sigma'(z2)
    delta1 = (W2^T delta2) * sigma'(z1)        sigma'(z) = sigma(z) (1 - sigma(z)) = a (1 - a)

Every weight's gradient is then its layer's delta times the activation that came in:

    dE/dW2 = delta2 a1^T    dE/db2 = delta2    dE/dW1 = delta1 x^T    dE/db1 = delta1

(Rumelhart, Hinton & Williams 1986.)
"""

import retrograd as rg


def network(dtype=rg.float64):
    """Some weights and biases: W1, b1, W2, b2."""
    return [
        rg.tensor([[0.5, -1.0], [1.5, 0.25]], dtype=dtype),
        rg.tensor([0.1, -0.2], dtype=dtype),
        rg.tensor([[1.0, -2.0]], dtype=dtype),
        rg.tensor([0.3], dtype=dtype),
    ]


def forward(x, W1, b1, W2, b2):
    """The activations of both layers."""
    a1 = rg.sigmoid(W1 @ x + b1)
    a2 = rg.sigmoid(W2 @ a1 + b2)
    return a1, a2


def error(a2, y):
    return 0.5 * ((a2 - y) ** 2).sum()


def gradients_by_hand(x, y, W1, b1, W2, b2):
    """Gradients of the error with respect to W1, b1, W2, b2, from the formulas above."""
    a1, a2 = forward(x, W1, b1, W2, b2)
    delta2 = (a2 - y) * a2 * (1 - a2)
    delta1 = (W2.T @ delta2) * a1 * (1 - a1)
    return [rg.outer(delta1, x), delta1, rg.outer(delta2, a1), delta2]


def gradients_by_engine(x, y, *params):
    """The same gradients, from the recorded computation of the error."""
    params = [p.detach().requires_grad_() for p in params]
    _, a2 = forward(x, *params)
    error(a2, y).backward()
    return [p.grad for p in params]


def main():
    x, y = rg.tensor([1.0, 2.0], dtype=rg.float64), rg.tensor([1.0], dtype=rg.float64)
    by_hand = gradients_by_hand(x, y, *network())
    by_engine = gradients_by_engine(x, y, *network())
    for name, hand, engine in zip(["W1", "b1", "W2", "b2"], by_hand, by_engine):
        for who, gradient in [("hand", hand), ("engine", engine)]:
            values = "".join(f"{value:+12.8f}" for value in gradient.flatten().tolist())
            print(f"dE/d{name} by {who:8}{values}")


if __name__ == "__main__":
    main()
