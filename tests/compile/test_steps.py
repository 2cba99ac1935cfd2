"""Recorded steps give what the plain ones give, bit by bit."""

import gc

import pytest

import retrograd as rg
from retrograd.autograd_core.node import Node
from retrograd.backends.recording import Recorded
from retrograd.backends.recording.calls import leaves
from tests.compile.steps import CASES, mlp_sgd

SEED = 3


def bits(value):
    if not isinstance(value, rg.Tensor):
        return value
    array = value.detach().numpy()
    return array.shape, array.strides, array.dtype, array.tobytes()


def run(make, compiled):
    """After each call: the results, gradients, parameters, buffers and the generator's state."""
    rg.manual_seed(SEED)
    case = make()
    step = rg.compile(case.step) if compiled else case.step
    seen = []
    for batch in case.batches:
        result = step(*batch)
        parameters = list(case.module.parameters())
        everything = [
            *leaves(result), *parameters, *[p.grad for p in parameters], *case.module.buffers(),
            *case.state(), rg.get_rng_state(),
        ]  # fmt: skip
        seen.append([bits(value) for value in everything])
    return seen, step


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_equal_bit_by_bit(make):
    plain, _ = run(make, compiled=False)
    recorded, step = run(make, compiled=True)
    for number, (expected, got) in enumerate(zip(plain, recorded, strict=True)):
        assert got == expected, f"call {number}"
    # The first call records; a gradient that was not there before may make for another program.
    assert 1 <= sum(map(len, step._recordings.values())) <= 2


def _kept():
    # By type: asking some objects of PyTorch for their class gives a warning.
    return [x for x in gc.get_objects() if issubclass(type(x), (Node, Recorded))]


def test_nothing_of_the_recording_is_left():
    gc.collect()
    before = len(_kept())
    _, step = run(mlp_sgd, compiled=True)
    gc.collect()
    found = _kept()
    assert len(found) <= before, found[:5]
    assert step.program is not None
