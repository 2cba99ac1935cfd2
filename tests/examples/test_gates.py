"""AND, OR and XOR: with weights given, and learned."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("gates")
X1, X2 = example.POINTS.unbind(dim=1)
OR = rg.tensor([0.0, 1.0, 1.0, 1.0])


def is_right(answers, targets):
    return ((answers > 0.5) == (targets > 0.5)).tolist() == [True] * 4


@pytest.mark.parametrize(
    ("gate", "targets"),
    [(example.and_gate, example.AND), (example.or_gate, OR), (example.xor_gate, example.XOR)],
)
def test_given_weights_are_sure_and_right(gate, targets):
    assert (gate(X1, X2) - targets).abs().max().item() < 0.01


def test_and_is_the_neuron_given():
    expected = [1 / (1 + math.exp(-10 * (s - 1.5))) for s in (0, 1, 1, 2)]
    assert example.and_gate(X1, X2).tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("make", "targets"),
    [
        (example.one_neuron, example.AND),
        (example.one_neuron, OR),
        (example.two_layers, example.XOR),
    ],
    ids=["AND", "OR", "XOR"],
)
def test_learned_gate_is_right(make, targets, seed):
    rg.manual_seed(seed)
    model = make()
    assert example.learn(model, targets) < 0.05
    assert is_right(example.answers(model), targets)


@pytest.mark.parametrize("seed", range(5))
def test_one_neuron_cannot_do_xor(seed):
    """The best it can do is to answer 1/2 everywhere: the loss is convex, its minimum log 2."""
    rg.manual_seed(seed)
    model = example.one_neuron()
    assert example.learn(model, example.XOR) == pytest.approx(math.log(2), abs=1e-4)
    assert example.answers(model).tolist() == pytest.approx([0.5] * 4, abs=0.01)


def test_two_hidden_units_are_enough_but_often_get_stuck():
    losses = []
    for seed in range(10):
        rg.manual_seed(seed)
        losses.append(example.learn(example.two_layers(hidden=2), example.XOR))
    assert min(losses) < 0.05
    assert sum(abs(loss - math.log(2) / 2) < 0.01 for loss in losses) >= 3
