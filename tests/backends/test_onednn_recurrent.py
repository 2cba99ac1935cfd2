"""Layers of LSTM and GRU cells by oneDNN: held to the generic kernels, on odd shapes and layouts."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends import onednn
from retrograd.backends.kernels.recurrent import Steps
from retrograd.backends.registry import get_backend
from tests.backends.test_conv_kernels import random, reversed_memory
from tests.backends.test_onednn import record

pytestmark = pytest.mark.skipif(
    not onednn.is_available(), reason="needs oneDNN: pip install 'retrograd[onednn]'"
)

KERNELS = get_backend("cpu").kernels
KINDS = ["lstm", "gru"]
# Steps, sequences, inputs, units.
SHAPES = [(5, 3, 7, 9), (1, 1, 1, 1), (1, 4, 3, 5), (6, 1, 33, 17), (3, 5, 64, 32), (40, 2, 3, 4)]


@pytest.fixture(autouse=True)
def used(monkeypatch):
    """What oneDNN computed, by name."""
    monkeypatch.setattr(onednn, "enabled", True)
    module, calls = onednn.load("recurrent"), []
    for name in ("lstm", "lstm_grad", "gru", "gru_grad"):
        record(monkeypatch, module, name, lambda args, name=name: name, calls)
    return calls


class Layer:
    """Arrays for a layer and its gradients."""

    def __init__(self, kind, shape, backwards=False, biases=True):
        steps, rows, inputs, size = shape
        gates, states = (4, 2) if kind == "lstm" else (3, 1)
        shapes = {
            "x": (steps * rows, inputs),
            **{f"state {k}": (rows, size) for k in range(states)},
            "w_ih": (gates * size, inputs),
            "w_hh": (gates * size, size),
            "b_ih": (gates * size,),
            "b_hh": (gates * size,),
            "g_out": (steps * rows, size),
            **{f"g_state {k}": (rows, size) for k in range(states)},
        }
        self.kind, self.steps = kind, Steps([rows] * steps, backwards)
        self.arrays = {
            name: random(*shape, dtype=np.float32, seed=k)
            for k, (name, shape) in enumerate(shapes.items())
        }
        for name, width in (("w_ih", inputs), ("w_hh", size)):  # else rounding errors grow
            self.arrays[name] /= np.float32(max(width, 1) ** 0.5)
        if not biases:
            self.arrays["b_ih"] = self.arrays["b_hh"] = None

    def map(self, function):
        arrays = self.arrays.items()
        self.arrays = {name: None if a is None else function(a) for name, a in arrays}
        return self

    def forward(self, keep=True):
        """The outputs, and what is kept for the gradient."""
        a = self.arrays
        given = [a["x"], *self.states(), a["w_ih"], a["w_hh"]]
        if self.kind == "gru":
            found = KERNELS.gru_layer(*given, a["b_ih"], a["b_hh"], self.steps, keep)
            return found[:2], found[2:]
        bias = None if a["b_ih"] is None else a["b_ih"] + a["b_hh"]
        found = KERNELS.lstm_layer(*given, bias, None, self.steps, keep)
        return found[:3], found[3:]

    def states(self, start="state"):
        return [a for name, a in self.arrays.items() if name.startswith(start)]

    def backward(self, results, kept):
        """The gradients in the input, the states, the weights and the biases."""
        a = self.arrays
        given = [a["x"], *self.states(), a["w_ih"], a["w_hh"]]
        g = [a["g_out"], *self.states("g_state")]
        if self.kind == "gru":
            return KERNELS.gru_layer_grad(*g, (*given, results, *kept), self.steps, (True,) * 5)
        saved = (*given, None, results, *kept)
        return KERNELS.lstm_layer_grad(*g, saved, self.steps, (True,) * 6)[:-1]

    def all(self):
        results, kept = self.forward()
        return *results, *self.backward(results, kept)


def assert_near(found, right):
    for ours, expected in zip(found, right, strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == expected.shape
        assert ours.flags.c_contiguous
        assert ours.flags.writeable
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-6 * np.abs(expected).max())


def generic(layer):
    """The same in float64, which oneDNN does not compute."""
    return layer.map(lambda a: a.astype(np.float64)).all()


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_generic_kernels(used, kind, shape, backwards, biases):
    layer = Layer(kind, shape, backwards, biases)
    for a in layer.arrays.values():
        if a is not None:
            a.flags.writeable = False
    found = layer.all()
    assert used == [kind, f"{kind}_grad"]
    assert_near(found, generic(layer))
    assert len(used) == 2


@pytest.mark.usefixtures("poisoned")
@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_keeps_nothing_for_inference(used, kind, shape, backwards):
    layer = Layer(kind, shape, backwards)
    found, kept = layer.forward(keep=False)
    assert used == [kind]
    assert set(kept) == {None}
    expected, kept = layer.map(lambda a: a.astype(np.float64)).forward(keep=False)
    assert set(kept) == {None}
    assert_near(found, expected)


@pytest.mark.parametrize("missing", [("g_out",), ("g_state 0",), ("g_out", "g_state 0")])
@pytest.mark.parametrize("kind", KINDS)
def test_without_some_cotangents(kind, missing):
    layer = Layer(kind, (4, 3, 5, 6))
    for name in missing:
        layer.arrays[name] = None
    assert_near(layer.all(), generic(layer))


LAYOUTS = {
    "spread out": lambda a: a.repeat(2, axis=-1)[..., ::2],
    "fortran": np.asfortranarray,
    "reversed": reversed_memory,
    "expanded": lambda a: np.broadcast_to(a[:1], a.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("kind", KINDS)
def test_any_memory_layout(kind, layout):
    layer = Layer(kind, (4, 3, 5, 6)).map(layout)
    found = layer.all()
    expected = layer.map(lambda a: a.copy(order="C")).all()
    for ours, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, right)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_twice_from_what_was_kept_once(kind):
    layer = Layer(kind, (6, 3, 5, 20))
    results, kept = layer.forward()
    first, second = layer.backward(results, kept), layer.backward(results, kept)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shape", [(0, 2, 3, 4), (3, 0, 3, 4), (3, 2, 0, 4), (3, 2, 3, 0)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_compute_goes_the_generic_way(used, kind, shape):
    layer = Layer(kind, shape)
    if shape[0]:
        layer.all()
    else:
        assert not layer.steps.alike
    assert not used


@pytest.mark.parametrize("kind", KINDS)
def test_other_types_and_sequences_of_many_lengths_go_the_generic_way(used, kind):
    Layer(kind, (4, 3, 5, 6)).map(lambda a: a.astype(np.float64)).all()
    layer = Layer(kind, (4, 3, 5, 6))
    layer.steps = Steps([3, 3, 3, 2, 1], False)
    layer.all()
    layer.steps = Steps([3, 3, 3, 2, 1], True)
    layer.all()
    layer = Layer(kind, (4, 3, 5, 6))
    layer.arrays["w_hh"] = layer.arrays["w_hh"].astype(np.float64)
    layer.forward()
    assert not used


def test_projections_go_the_generic_way(used):
    layer = rg.nn.LSTM(4, 6, proj_size=3)
    layer(rg.randn(5, 2, 4))[0].sum().backward()
    assert not used


@pytest.mark.parametrize("kind", KINDS)
def test_nan_goes_on_in_its_sequence_from_its_step_on(kind):
    layer = Layer(kind, (4, 3, 5, 6))
    layer.arrays["x"][4, 2] = np.nan  # of the second step and sequence
    (out, *_), _ = layer.forward()
    found = np.isnan(out.reshape(4, 3, 6)).all(-1)
    assert found.tolist() == [[False] * 3] + [[False, True, False]] * 3
    assert not np.isnan(out.reshape(4, 3, 6)[:, ::2]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_infinities_give_what_the_generic_kernels_give(kind):
    layer = Layer(kind, (4, 3, 5, 6))
    layer.arrays["x"][4, 2], layer.arrays["x"][0, 0] = np.inf, -1e30
    with np.errstate(all="ignore"):
        ours = layer.forward()[0]
        right = layer.map(lambda a: a.astype(np.float64)).forward()[0]
    for a, b in zip(ours, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def module(kind, **options):
    rg.manual_seed(0)
    return getattr(rg.nn, kind.upper())(5, 7, **options)


def run(net, x, change=lambda *results: None):
    """A loss of the outputs and the last states, and all gradients."""
    x = rg.tensor(x, requires_grad=True)
    out, last = net(x)
    last = last if isinstance(last, tuple) else (last,)
    loss = (out * out).sum() + sum((s * s * s).sum() for s in last)
    change(out, *last)
    return rg.autograd.grad(loss, [x, *net.parameters()])


@pytest.mark.parametrize("options", [{"num_layers": 2, "bidirectional": True}, {"bias": False}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_module_learns_alike_with_and_without(used, kind, options):
    net, x = module(kind, **options), random(6, 3, 5, dtype=np.float32)
    ours = run(net, x)
    assert len(used) == (8 if "num_layers" in options else 2)
    with onednn.flags(enabled=False):
        right = run(net, x)
    assert len(used) == (8 if "num_layers" in options else 2)
    assert_near([g.numpy() for g in ours], [g.numpy() for g in right])


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_switched_over_between_forward_and_backward(kind, enabled):
    net, x = module(kind), random(6, 3, 5, dtype=np.float32)
    right = run(net, x)
    with onednn.flags(enabled=enabled):
        found = run(net, x, lambda *results: setattr(onednn, "enabled", not enabled))
    assert_near([g.numpy() for g in found], [g.numpy() for g in right])


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_states_may_be_written_to_before_the_backward_pass(kind):
    net, x = module(kind), random(6, 3, 5, dtype=np.float32)
    x = rg.tensor(x, requires_grad=True)
    grads = []
    for factor in (1.0, 5.0):
        out, last = net(x)
        loss = out.sum()
        with rg.no_grad():
            (last[0] if kind == "lstm" else last).mul_(factor)
        grads.append(rg.autograd.grad(loss, x)[0].numpy())
    np.testing.assert_array_equal(*grads)


@pytest.mark.parametrize("kind", KINDS)
def test_second_gradients_go_through(kind):
    net, x = module(kind), random(4, 2, 5, dtype=np.float32)
    seconds = []
    for enabled in (True, False):
        with onednn.flags(enabled=enabled):
            a = rg.tensor(x, requires_grad=True)
            (first,) = rg.autograd.grad(net(a)[0].sum(), a, create_graph=True)
            seconds.append(rg.autograd.grad((first * first).sum(), a)[0].numpy())
    np.testing.assert_allclose(*seconds, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_saved_arrays_pass_through_hooks(kind):
    net, x = module(kind), random(6, 3, 5, dtype=np.float32)
    right = run(net, x)
    with rg.autograd.graph.saved_tensors_hooks(lambda t: t.numpy().copy(), rg.tensor):
        found = run(net, x)
    for a, b in zip(found, right, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_threads(kind):
    before, layer = rg.get_num_threads(), Layer(kind, (6, 8, 40, 48))
    try:
        rg.set_num_threads(3)
        found = layer.all()
    finally:
        rg.set_num_threads(before)
    assert_near(found, generic(layer))
