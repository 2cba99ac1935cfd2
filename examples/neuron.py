"""One neuron: a weighted sum of its inputs, a bias, and a function that squashes the sum.

    z = w . x + b        a = sigma(z) = 1 / (1 + exp(-z))

McCulloch and Pitts (1943) let the neuron fire when z exceeds a threshold, Rosenblatt (1958) learned
w and b; the smooth sigma is what lets us take derivatives of the answer.

What w and b do: the neuron answers 1/2 where w . x + b = 0, which is a point on a line, a line in
the plane. w stands at right angles to it and points to the side of the ones; the longer w, the
steeper the rise from 0 to 1. b moves the line: it is -b / |w| away from the origin.
"""

import retrograd as rg


def neuron(x, w, b):
    """The neuron's answers to the inputs x, one in each row (N, D), with weights w (D)."""
    return rg.sigmoid(x @ w + b)


def middle(w, b):
    """The point nearest to the origin at which the neuron answers 1/2."""
    return -b / (w @ w) * w


def steepness(x, w, b):
    """How fast the answer rises with each input: da/dx = a (1 - a) w, found by the engine."""
    x = x.detach().requires_grad_()
    return rg.autograd.grad(neuron(x, w, b).sum(), x)[0]


def main():
    x = rg.arange(-2.0, 3.0).unsqueeze(1)
    print("   w    b | a at x = " + "".join(f"{value:6.0f}" for value in x[:, 0].tolist()))
    for w, b in [(1.0, 0.0), (5.0, 0.0), (-5.0, 0.0), (5.0, -5.0)]:
        w, b = rg.tensor([w]), rg.tensor(b)
        answers = "".join(f"{a:6.2f}" for a in neuron(x, w, b).tolist())
        point, slope = middle(w, b), steepness(middle(w, b).unsqueeze(0), w, b)
        print(
            f"{w.item():4.0f} {b.item():4.0f} |            {answers}"
            f"   1/2 at x = {point.item():z.0f}, with slope {slope.item():.2f}"
        )


if __name__ == "__main__":
    main()
