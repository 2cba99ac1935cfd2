"""Logic gates from neurons, with the weights given and learned.

One neuron draws a line between the zeros and the ones, which is enough for AND and OR:

    AND(x1, x2) = sigma(10 (x1 + x2 - 1.5))        OR(x1, x2) = sigma(10 (x1 + x2 - 0.5))

No line parts the ones of XOR from its zeros (Minsky & Papert 1969); two layers do it:

    XOR(x1, x2) = OR(AND(x1, NOT x2), AND(NOT x1, x2)),        NOT x = 1 - x

Training finds such weights by itself, going down the gradient of the binary cross-entropy. Two
hidden units are enough for XOR, but from more than half of the starts training then gets stuck with
two points right and two at 1/2 (loss log 2 / 2); with eight, some pair is nearly always well placed.
"""

import retrograd as rg
from retrograd import nn

POINTS = rg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND = rg.tensor([0.0, 0.0, 0.0, 1.0])
XOR = rg.tensor([0.0, 1.0, 1.0, 0.0])


def and_gate(x1, x2):
    return rg.sigmoid(10 * (x1 + x2 - 1.5))


def or_gate(x1, x2):
    return rg.sigmoid(10 * (x1 + x2 - 0.5))


def not_gate(x):
    return 1 - x


def xor_gate(x1, x2):
    return or_gate(and_gate(x1, not_gate(x2)), and_gate(not_gate(x1), x2))


def one_neuron():
    return nn.Linear(2, 1)


def two_layers(hidden=8):
    return nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1))


def learn(model, targets, steps=300):
    """Train the model on the four points; return its loss at the end."""
    optimizer = rg.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = nn.functional.binary_cross_entropy_with_logits(model(POINTS)[:, 0], targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def answers(model):
    """The trained model's answers to the four points, between 0 and 1."""
    with rg.no_grad():
        return rg.sigmoid(model(POINTS)[:, 0])


def main():
    x1, x2 = POINTS.unbind(dim=1)

    def show(name, values):
        print(f"{name:26}" + "".join(f"{value:7.3f}" for value in values.tolist()))

    print(f"{'x1, x2':26}    0,0    0,1    1,0    1,1")
    show("AND, weights given", and_gate(x1, x2))
    show("XOR, weights given", xor_gate(x1, x2))
    rg.manual_seed(0)
    for name, make, targets in [
        ("AND, learned by one neuron", one_neuron, AND),
        ("XOR, learned by two layers", two_layers, XOR),
        ("XOR, tried by one neuron", one_neuron, XOR),
    ]:
        model = make()
        learn(model, targets)
        show(name, answers(model))


if __name__ == "__main__":
    main()
