"""Activation functions by oneDNN: held to the generic kernels, at odd numbers and in odd layouts."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends import onednn
from retrograd.backends.kernels import onednn as kernels_onednn
from retrograd.backends.registry import get_backend
from tests.backends.test_conv_kernels import random, reversed_memory
from tests.backends.test_onednn import record

pytestmark = pytest.mark.skipif(
    not onednn.is_available(), reason="needs oneDNN: pip install 'retrograd[onednn]'"
)

KERNELS = get_backend("cpu").kernels
FUNCTIONS = {
    "sigmoid": lambda kernels, x: kernels.sigmoid(x),
    "silu": lambda kernels, x: kernels.silu(x)[0],
    "gelu": lambda kernels, x: kernels.gelu(x)[0],
    "gelu_tanh": lambda kernels, x: kernels.gelu_tanh(x)[0],
    "hardswish": lambda kernels, x: kernels.hardswish(x),
    "leaky_relu": lambda kernels, x: kernels.leaky_relu(x, 0.1),
}
GRADIENTS = {
    "sigmoid": lambda kernels, g, x: kernels.sigmoid_grad(g, kernels.sigmoid(x)),
    "tanh": lambda kernels, g, x: kernels.tanh_grad(g, np.tanh(x)),
    "softplus": lambda kernels, g, x: kernels.softplus_grad(g, x, 1.0),
    "sharp softplus": lambda kernels, g, x: kernels.softplus_grad(g, x, 2.5),
    "logsigmoid": lambda kernels, g, x: kernels.softplus_grad(g, x, -1.0),
    "silu": lambda kernels, g, x: kernels.silu_grad(g, x, kernels.silu(x)[1]),
    "gelu": lambda kernels, g, x: kernels.gelu_grad(g, x, kernels.gelu(x)[1]),
    "gelu_tanh": lambda kernels, g, x: kernels.gelu_tanh_grad(g, x, kernels.gelu_tanh(x)[1]),
    "hardswish": lambda kernels, g, x: kernels.hardswish_grad(g, x),
    "leaky_relu": lambda kernels, g, x: kernels.leaky_relu_grad(g, x, 0.1),
}
# Their gradients at NaN are the cotangent, as hardswish's is in PyTorch.
NUMBERS_AT_NAN = ("hardswish", "leaky_relu")
SHAPES = [(1,), (17,), (3, 5, 7), (2, 1, 1025)]
LAYOUTS = {
    "spread out": lambda a: a.repeat(2, axis=-1)[..., ::2],
    "fortran": np.asfortranarray,
    "reversed": reversed_memory,
    "expanded": lambda a: np.broadcast_to(a[:1, :1, :1], a.shape),
    "read-only": lambda a: np.broadcast_to(a, a.shape),
}


def numbers(*shape, seed=0):
    return 4 * random(*shape, dtype=np.float32, seed=seed)


@pytest.fixture(autouse=True)
def used(monkeypatch):
    """What oneDNN computed, which is of any size here, by name."""
    monkeypatch.setattr(onednn, "enabled", True)
    monkeypatch.setattr(kernels_onednn, "_FEWEST", 1)
    for sizes in (kernels_onednn._FORWARD_FROM, kernels_onednn._BACKWARD_FROM):
        for name in sizes:
            monkeypatch.setitem(sizes, name, 1)
    calls = []
    module = onednn.load("eltwise")
    record(monkeypatch, module, "forward", lambda args: args[0], calls)
    record(monkeypatch, module, "backward", lambda args: f"slope of {args[0]}", calls)
    return calls


def assert_near(ours, right, size=1.0):
    assert ours.dtype == np.float32
    assert ours.shape == right.shape
    assert ours.flags.c_contiguous
    assert ours.flags.writeable
    assert np.all(np.abs(ours - right) <= 1e-6 * np.abs(right) + 1e-6 * size)


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_equals_the_generic_kernels(used, name, shape):
    x = numbers(*shape)
    before = x.copy()
    ours = FUNCTIONS[name](KERNELS, x)
    assert len(used) == 1
    assert not used[0].startswith("generic")
    assert_near(ours, FUNCTIONS[name](KERNELS, x.astype(np.float64)))
    np.testing.assert_array_equal(x, before)


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
def test_gradients_equal_the_generic_kernels(used, gradient, shape):
    x, g = numbers(*shape), numbers(*shape, seed=1)
    before = x.copy(), g.copy()
    ours = gradient(KERNELS, g, x)
    assert used[-1].startswith("slope of")
    assert_near(ours, gradient(KERNELS, g.astype(np.float64), x.astype(np.float64)), np.abs(g))
    np.testing.assert_array_equal((x, g), before)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
def test_any_memory_layout(gradient, layout):
    x, g = numbers(3, 4, 6), numbers(3, 4, 6, seed=1)
    for a, b in [(layout(g), x), (g, layout(x)), (layout(g), layout(x))]:
        expected = gradient(KERNELS, a.copy(order="C"), b.copy(order="C"))
        np.testing.assert_array_equal(gradient(KERNELS, a, b), expected)


ODD = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    1e-30,
    -1e-30,
    1e-45,
    88.0,
    -88.0,
    1e3,
    -1e3,
    1e30,
    -1e30,
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_odd_numbers_give_what_the_generic_kernels_give(name):
    x = np.array(ODD, np.float32)
    with np.errstate(all="ignore"):
        ours = FUNCTIONS[name](KERNELS, x)
        with onednn.flags(enabled=False):
            generic = FUNCTIONS[name](KERNELS, x)
    if name == "gelu":
        # Of infinity it may be NaN, as in PyTorch: which of both depends on the CPU.
        assert not np.isfinite(ours[np.isinf(x)]).any()
        ours[np.isinf(x)] = generic[np.isinf(x)]
    np.testing.assert_allclose(ours, generic, rtol=1e-6, atol=1e-36)


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize(
    ("x", "cotangent"),
    [(ODD, 1.0), (ODD, -2.5), ([-2.0, 0.5, 3.0], np.inf), ([-2.0, 0.5, 3.0], np.nan)],
)
def test_gradients_at_odd_numbers(name, x, cotangent):
    x = np.array(x, np.float32)
    g = np.full_like(x, cotangent)
    with np.errstate(all="ignore"):
        ours = GRADIENTS[name](KERNELS, g, x)
        with onednn.flags(enabled=False):
            generic = GRADIENTS[name](KERNELS, g, x)
    if name in NUMBERS_AT_NAN:
        np.testing.assert_array_equal(ours[np.isnan(x)], g[np.isnan(x)])
        ours[np.isnan(x)] = generic[np.isnan(x)]
    np.testing.assert_allclose(ours, generic, rtol=1e-6, atol=1e-35)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_other_types_go_the_generic_way(used, name, dtype):
    x = random(40, dtype=dtype)
    assert FUNCTIONS[name](KERNELS, x).dtype == dtype
    gradient = GRADIENTS[name](KERNELS, x, x)
    assert gradient.dtype == dtype
    assert not used


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
def test_empty_arrays_go_the_generic_way(used, gradient):
    x = np.empty((0, 3), np.float32)
    assert gradient(KERNELS, x, x).shape == (0, 3)
    assert not used


def test_silu_of_fewer_numbers_is_by_the_sigmoid(used, monkeypatch):
    monkeypatch.setitem(kernels_onednn._FORWARD_FROM, "silu", 20)
    out, gate = KERNELS.silu(numbers(19))
    assert used == ["sigmoid"]
    assert_near(out, (numbers(19) * gate).astype(np.float64))
    assert KERNELS.silu(numbers(20))[1] is None
    assert used == ["sigmoid", "silu"]


def test_few_numbers_go_the_generic_way(used, monkeypatch):
    monkeypatch.setitem(kernels_onednn._FORWARD_FROM, "gelu", 20)
    monkeypatch.setitem(kernels_onednn._BACKWARD_FROM, "gelu", 21)
    GRADIENTS["gelu"](KERNELS, numbers(19), numbers(19))
    assert used == []
    GRADIENTS["gelu"](KERNELS, numbers(20), numbers(20))
    assert used == ["gelu"]
    GRADIENTS["gelu"](KERNELS, numbers(21), numbers(21))
    assert used == ["gelu", "gelu", "slope of gelu"]


GATES = {
    "gelu": rg.nn.functional.gelu,
    "gelu_tanh": lambda x: rg.nn.functional.gelu(x, approximate="tanh"),
    "silu": rg.nn.functional.silu,
}


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())
def test_switched_off_between_forward_and_backward(used, gate):
    grads = []
    for enabled in (True, False):
        x = rg.tensor(numbers(3000), requires_grad=True)
        y = gate(x)
        with onednn.flags(enabled=enabled):
            (grad,) = rg.autograd.grad(y.square().sum(), x)
        grads.append(grad.numpy())
    np.testing.assert_allclose(*grads, rtol=1e-5, atol=1e-6)
    assert len(used) == 3


@pytest.mark.parametrize("name", ["gelu", "silu", "sigmoid", "tanh", "softplus", "logsigmoid"])
def test_second_gradients_go_through(name):
    function = getattr(rg.nn.functional, name)
    seconds = []
    for enabled in (True, False):
        with onednn.flags(enabled=enabled):
            x = rg.tensor(numbers(3000), requires_grad=True)
            (first,) = rg.autograd.grad(function(x).sum(), x, create_graph=True)
            seconds.append(rg.autograd.grad((first * first).sum(), x)[0].numpy())
    np.testing.assert_allclose(*seconds, rtol=1e-4, atol=1e-5)
