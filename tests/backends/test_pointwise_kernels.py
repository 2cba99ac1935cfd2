"""Pointwise functions computed block by block: the same as in one piece, forward and backward."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core.ops import activations, elementwise, trigonometry
from retrograd.backends.registry import get_backend
from retrograd.nn import functional as F

FUNCTIONS = {
    "relu": lambda F, x: F.relu(x),
    "leaky_relu": lambda F, x: F.leaky_relu(x, 0.1),
    "steep leaky_relu": lambda F, x: F.leaky_relu(x, 2.0),
    "relu6": lambda F, x: F.relu6(x),
    "hardtanh": lambda F, x: F.hardtanh(x),
    "hardsigmoid": lambda F, x: F.hardsigmoid(x),
    "hardswish": lambda F, x: F.hardswish(x),
    "elu": lambda F, x: F.elu(x),
    "celu": lambda F, x: F.celu(x, 2.0),
    "selu": lambda F, x: F.selu(x),
    "softplus": lambda F, x: F.softplus(x),
    "sharp softplus": lambda F, x: F.softplus(x, 2.0, 50.0),
    "early softplus": lambda F, x: F.softplus(x, 1.0, 1.0),
    "logsigmoid": lambda F, x: F.logsigmoid(x),
    "sigmoid": lambda F, x: x.sigmoid(),
    "tanh": lambda F, x: x.tanh(),
    "silu": lambda F, x: F.silu(x),
    "mish": lambda F, x: F.mish(x),
    "gelu": lambda F, x: F.gelu(x),
    "gelu tanh": lambda F, x: F.gelu(x, approximate="tanh"),
}
SPECIAL = [
    0.0,
    -0.0,
    3.0,
    -3.0,
    1.0,
    -1.0,
    6.0,
    np.inf,
    -np.inf,
    np.nan,
    1e30,
    -1e30,
    1e-30,
    100,
    -100,
]


def numbers(shape, dtype):
    x = np.random.default_rng(0).normal(scale=3, size=shape).astype(dtype)
    x.reshape(-1)[: len(SPECIAL)] = SPECIAL[: x.size]
    return x


LAYOUTS = {
    "plain": lambda dtype: numbers((7, 31), dtype),
    "transposed": lambda dtype: numbers((31, 7), dtype).T,
    "strided": lambda dtype: numbers((7, 62), dtype)[:, ::2],
    "one number": lambda dtype: np.broadcast_to(np.array(0.7, dtype), (9, 5)),
    "no dimensions": lambda dtype: np.array(0.7, dtype),
    "empty": lambda dtype: numbers((0, 3), dtype),
}
COTANGENTS = {
    "plain": lambda shape, dtype: numbers(shape[::-1], dtype).T[...],
    "expanded": lambda shape, dtype: np.broadcast_to(np.array(1.5, dtype), shape),
    "infinite": lambda shape, dtype: np.full(shape, np.inf, dtype),
}


def run(function, x, g):
    """The value and the gradient, as computed and as the composed rule gives it."""
    found = []
    for create_graph in (False, True):
        leaf = rg.tensor(x).requires_grad_()
        y = function(F, leaf)
        (grad,) = rg.autograd.grad(y, leaf, rg.as_tensor(g), create_graph=create_graph)
        found += [y.detach().numpy(), grad.detach().numpy()]
    return found[0], found[1], found[3]


@pytest.fixture
def blocks(monkeypatch):
    """Call it to compute in blocks of so many bytes, however few elements there are."""
    for module in (activations, elementwise, trigonometry):
        monkeypatch.setattr(module, "FEW", 0)
    kernels = get_backend("cpu").kernels
    return lambda size: monkeypatch.setattr(kernels, "block", size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cotangent", COTANGENTS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_blocks_change_nothing(name, layout, cotangent, dtype, blocks):
    x = LAYOUTS[layout](dtype)
    g = COTANGENTS[cotangent](x.shape, dtype)
    whole = run(FUNCTIONS[name], x, g)
    blocks(64)
    for a, b in zip(run(FUNCTIONS[name], x, g), whole, strict=True):
        assert a.dtype == b.dtype == dtype
        assert a.shape == b.shape == x.shape
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_numbers_with_and_without_a_gradient(name, dtype):
    x = rg.tensor(numbers((50, 60), dtype), requires_grad=True)
    with rg.no_grad():
        alone = FUNCTIONS[name](F, x)
    np.testing.assert_array_equal(alone.numpy(), FUNCTIONS[name](F, x).detach().numpy())


@pytest.mark.parametrize("name", ["silu", "gelu"])
def test_nothing_is_kept_without_a_gradient(name):
    x = numbers((50, 60), "float32")
    kernel = getattr(get_backend("cpu").kernels, name)
    out, kept = kernel(x)
    assert kept.shape == x.shape
    alone, nothing = kernel(x, False)
    assert nothing is None
    np.testing.assert_array_equal(alone, out)


# Where PyTorch's own last digits are wrong: it takes 1/6 in float32, and gelu of infinity as NaN.
ROUGH = {("hardsigmoid", "float64"): 1e-7, ("hardswish", "float64"): 1e-7}


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_pytorchs(name, dtype):
    torch = pytest.importorskip("torch")
    x = numbers((4, 31), dtype)
    if name == "gelu":
        x = x[np.abs(x) != np.inf]
    g = np.random.default_rng(1).normal(size=x.shape).astype(dtype)
    value, fast, rule = run(FUNCTIONS[name], x, g)
    leaf = torch.tensor(x, requires_grad=True)
    y = FUNCTIONS[name](torch.nn.functional, leaf)
    y.backward(torch.tensor(g))
    bound = ROUGH.get((name, dtype), 2e-6 if dtype == "float32" else 1e-12)
    np.testing.assert_allclose(value, y.detach().numpy(), rtol=bound, atol=bound)
    for grad in (fast, rule):
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=bound, atol=bound)


def test_gelu_is_exact_to_the_last_places_of_one():
    special = pytest.importorskip("scipy.special")
    x = np.linspace(-9, 9, 100_001).astype(np.float32)
    share = get_backend("cpu").kernels.normal_share(x)
    np.testing.assert_allclose(share, special.ndtr(x.astype(float)), rtol=0, atol=1.5e-7)


def test_what_float32_cannot_tell_from_one_is_one():
    ends = np.array([6, 7, 1e20, np.inf, -6, -7, -1e20, -np.inf, np.nan], np.float32)
    kernels = get_backend("cpu").kernels
    np.testing.assert_array_equal(kernels.normal_share(ends), [1] * 4 + [0] * 4 + [np.nan])
    np.testing.assert_array_equal(kernels.erf(ends), [1] * 4 + [-1] * 4 + [np.nan])
