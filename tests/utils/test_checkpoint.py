"""A checkpointed part gives the same derivatives, draws the same numbers, and remembers little."""

import tracemalloc

import numpy as np
import pytest

import retrograd as rg
from retrograd.utils.checkpoint import checkpoint, checkpoint_sequential


def network():
    rg.manual_seed(0)
    layers = rg.nn.Linear(3, 5), rg.nn.Tanh(), rg.nn.Dropout(0.5), rg.nn.Linear(5, 2)
    return rg.nn.Sequential(*layers).double()


WAYS = {
    "whole": lambda net, x: checkpoint(net, x, use_reentrant=False),
    "nested": lambda net, x: checkpoint(lambda x: checkpoint(net[2:], checkpoint(net[:2], x)), x),
    "by keyword": lambda net, x: checkpoint(lambda *, input: net(input), input=x),
    "segments": lambda net, x: checkpoint_sequential(net, 2, x),
    "one segment": lambda net, x: checkpoint_sequential(net, 1, x),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_derivatives_and_random_numbers_are_those_without(way, order):
    found = []
    for call in (lambda net, x: net(x), WAYS[way]):
        net = network()
        x = rg.randn(4, 3, dtype=rg.float64, requires_grad=True)
        leaves = [x, *net.parameters()]
        result = call(net, x).square().sum()
        grads = rg.autograd.grad(result, leaves, create_graph=order == 2)
        if order == 2:
            grads = rg.autograd.grad(sum(g.square().sum() for g in grads), leaves)
        found.append([*(g.detach().numpy() for g in grads), rg.rand(3).numpy()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_gradients_accumulate_in_parameters_and_again_with_a_retained_graph():
    net, x = network().eval(), rg.ones(1, 3, dtype=rg.float64)
    net(x).sum().backward()
    expected = net[0].weight.grad.numpy()
    net.zero_grad()
    result = checkpoint(net, x).sum()
    result.backward(retain_graph=True)
    result.backward()
    np.testing.assert_allclose(net[0].weight.grad.numpy(), 2 * expected, rtol=1e-12)


def test_memory_is_that_of_the_result():
    def deep(x):
        for _ in range(20):
            x = x.sin()
        return x

    x = rg.ones(100_000, requires_grad=True)
    held = []
    for call in (deep, lambda x: checkpoint(deep, x)):
        tracemalloc.start()
        result = call(x)
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del result
    assert held[0] > 15 * held[1]


def test_a_function_that_does_something_else_the_second_time_is_an_error():
    calls = []

    def fickle(x):
        calls.append(x)
        return x.exp().exp() if len(calls) == 1 else x + 1

    with pytest.raises(RuntimeError, match="it must do the same each time"):
        checkpoint(fickle, rg.ones(2, requires_grad=True)).sum().backward()


@pytest.mark.parametrize("segments", [0, 5])
def test_impossible_segments(segments):
    with pytest.raises(ValueError, match=f"1 to 4 segments, got {segments}"):
        checkpoint_sequential(network(), segments, rg.ones(1, 3))
