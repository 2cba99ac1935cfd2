"""Recurrent layers in every combination of settings: output, first and second gradients."""

import itertools

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn
from tests.nn.case import copied

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

LENGTHS = [2, 5, 1, 3]  # of packed sequences, in no order
INPUTS = {"batch": (5, 2, 3), "no batch": (5, 3), "packed": (5, 4, 3), "one step": (1, 1, 3)}
NAMES = ("num_layers", "bidirectional", "batch_first", "bias")
SETTINGS = [
    dict(zip(NAMES, values, strict=True))
    for values in itertools.product((1, 2), (False, True), (False, True), (False, True))
]
ROWS = [(name, settings) for name in ("RNN", "LSTM", "GRU") for settings in SETTINGS]
ROWS += [("RNN", {"nonlinearity": "relu"}), ("RNN", {"nonlinearity": "relu", "num_layers": 2})]
ROWS += [("LSTM", {**settings, "proj_size": 2}) for settings in SETTINGS]


def run(lib, layer, kind):
    """Outputs, their gradients, and the gradients of a function of these."""
    x = np.random.default_rng(0).standard_normal(INPUTS[kind])
    if kind == "packed" and layer.batch_first:
        x = x.transpose(1, 0, 2).copy()
    leaf = x = lib.tensor(x, requires_grad=True)
    utils = lib.nn.utils.rnn
    if kind == "packed":
        x = utils.pack_padded_sequence(
            x, lib.tensor(LENGTHS), batch_first=layer.batch_first, enforce_sorted=False
        )
    out, last = layer(x)
    if kind == "packed":
        out, _ = utils.pad_packed_sequence(out, batch_first=layer.batch_first, total_length=7)
    outputs = [out, *(last if isinstance(last, tuple) else (last,))]
    leaves = [leaf, *layer.parameters()]
    loss = sum((o**k).sum() for k, o in enumerate(outputs, 2))
    first = lib.autograd.grad(loss, leaves, create_graph=True)
    sum((g * g).sum() for g in first).backward()
    return [t.detach().numpy() for t in (*outputs, *first)] + [t.grad.numpy() for t in leaves]


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize(
    ("name", "settings"), [pytest.param(*r, id=f"{r[0]}-{list(r[1].values())}") for r in ROWS]
)
def test_layer(name, settings, kind):
    theirs = getattr(torch.nn, name)(3, 4, **settings).double()
    mine = copied(getattr(rg.nn, name)(3, 4, **settings).double(), theirs.state_dict())
    for a, b in zip(run(rg, mine, kind), run(torch, theirs, kind), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)
