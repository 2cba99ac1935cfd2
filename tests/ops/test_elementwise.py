"""Functions of elements where finite differences do not reach: kinks, ties, NaN, types, errors."""

import math

import numpy as np
import pytest

import retrograd as rg
from retrograd.nn import functional as F

NAN, INF = math.nan, math.inf

UNARY_AT_KINKS = {
    "abs": [-1.0, 0.0, -0.0, NAN, INF],
    "sign": [-1.0, 0.0, -0.0, NAN, -INF],
    "sgn": [-1.0, 0.0, NAN],
    "relu": [-1.0, 0.0, NAN, INF, -INF],
    "sinc": [0.0, 1.0, NAN],
    "sigmoid": [-1000.0, 1000.0, NAN, INF, -INF],
    "exp": [1000.0, -1000.0, NAN, INF, -INF],
    "log": [0.0, -1.0, INF],
    "sqrt": [0.0, -1.0, INF],
    "reciprocal": [0.0, INF, NAN],
    "nan_to_num": [NAN, INF, -INF, 1.0],
    "floor": [-0.5, 0.5, INF, NAN],
    "round": [0.5, 1.5, 2.5, -0.5, NAN],
    "erf": [0.0, 30.0, -30.0, INF, NAN],
    "erfinv": [0.0, 1.0, -1.0, 2.0],
    "lgamma": [1.0, 2.0, 0.0, -1.0, -0.5, INF],
    "digamma": [0.0, -1.5, 1.0, INF],
}

BINARY_AT_TIES = {
    "maximum": ([1.0, 2.0, 2.0, NAN, 1.0], [2.0, 2.0, 1.0, 1.0, NAN]),
    "minimum": ([1.0, 2.0, 2.0, NAN, 1.0], [2.0, 2.0, 1.0, 1.0, NAN]),
    "fmax": ([1.0, 2.0, 2.0, NAN, 1.0], [2.0, 2.0, 1.0, 1.0, NAN]),
    "fmin": ([1.0, 2.0, 2.0, NAN, 1.0], [2.0, 2.0, 1.0, 1.0, NAN]),
    "pow": ([0.0, 0.0, 2.0, -2.0], [0.0, 2.0, 0.0, 3.0]),
    "atan2": ([0.0, 1.0, -1.0], [0.0, 0.0, 0.0]),
    "copysign": ([0.0, 1.0, -2.0], [-1.0, -0.0, 3.0]),
    "xlogy": ([0.0, 0.0, 0.0, 1.0], [0.0, -1.0, NAN, 2.0]),
    "logaddexp": ([INF, -INF, 1000.0, NAN], [INF, -INF, 1000.0, 1.0]),
    "remainder": ([5.0, -5.0, 5.0], [3.0, 3.0, -3.0]),
    "fmod": ([5.0, -5.0, 5.0], [3.0, 3.0, -3.0]),
    "div": ([1.0, -1.0, 0.0], [0.0, 0.0, 0.0]),
}


def ours(function, *arrays, dtype="float64"):
    """Value and gradients for cotangents of 1, 2, 3, ..."""
    tensors = [rg.tensor(a, dtype=getattr(rg, dtype), requires_grad=True) for a in arrays]
    out = function(*tensors)
    out.backward(rg.arange(1, out.numel() + 1, dtype=out.dtype).reshape(out.shape))
    return [out.detach().numpy(), *(t.grad.numpy() for t in tensors)]


def theirs(torch, function, *arrays, dtype="float64"):
    tensors = [torch.tensor(a, dtype=getattr(torch, dtype), requires_grad=True) for a in arrays]
    out = function(*tensors)
    out.backward(torch.arange(1, out.numel() + 1, dtype=out.dtype).reshape(out.shape))
    return [out.detach().numpy(), *(t.grad.numpy(force=True) for t in tensors)]


def agree(got, expected, rtol=1e-10):
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("name", UNARY_AT_KINKS)
def test_kinks_and_special_values_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    x = UNARY_AT_KINKS[name]
    agree(ours(getattr(rg, name), x), theirs(torch, getattr(torch, name), x), rtol=1e-9)


@pytest.mark.oracle
@pytest.mark.parametrize("name", BINARY_AT_TIES)
def test_ties_and_special_pairs_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    x, y = BINARY_AT_TIES[name]
    agree(ours(getattr(rg, name), x, y), theirs(torch, getattr(torch, name), x, y))


@pytest.mark.oracle
@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (None, 1.0), (-1.0, None), (1.0, -1.0)])
def test_clamp_passes_the_gradient_at_its_ends(bounds):
    torch = pytest.importorskip("torch")
    x = [-2.0, -1.0, 0.0, 1.0, 2.0, NAN]
    agree(
        ours(lambda t: rg.clamp(t, *bounds), x), theirs(torch, lambda t: torch.clamp(t, *bounds), x)
    )


@pytest.mark.oracle
def test_clamp_gives_the_gradient_to_the_bound_that_holds():
    torch = pytest.importorskip("torch")
    x, low, high = [0.0, 1.0, 2.0, 3.0, 1.0], [1.0, 1.0, 1.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0, 2.0]
    agree(ours(rg.clamp, x, low, high), theirs(torch, torch.clamp, x, low, high))


AT_KNOTS = {
    "relu6": [-1.0, 0.0, 3.0, 6.0, 7.0],
    "hardtanh": [-2.0, -1.0, 0.0, 1.0, 2.0],
    "hardswish": [-4.0, -3.0, 0.0, 3.0, 4.0],
    "hardshrink": [-0.5, 0.0, 0.5, 1.0],
    "softshrink": [-0.5, 0.0, 0.5, 1.0],
    "leaky_relu": [-1.0, 0.0, 1.0],
    "elu": [-100.0, 0.0, 1.0, 1000.0],
    "selu": [-100.0, 0.0, 1.0],
    "celu": [-100.0, 0.0, 1.0],
    "softplus": [-1000.0, 0.0, 20.0, 20.5, 1000.0],
    "logsigmoid": [-1000.0, 0.0, 1000.0],
    "silu": [-1000.0, 0.0, 1000.0],
    "mish": [-100.0, 0.0, 19.0, 21.0, 100.0],
    "gelu": [-30.0, 0.0, 30.0],
    "softsign": [-1.0, 0.0, 1.0],
}


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", AT_KNOTS)
def test_activations_at_their_knots_are_pytorchs(name, dtype):
    torch = pytest.importorskip("torch")
    x = AT_KNOTS[name]
    expected = theirs(torch, getattr(torch.nn.functional, name), x, dtype=dtype)
    tolerance = 1e-6 if dtype == "float32" else 1e-9
    agree(ours(getattr(F, name), x, dtype=dtype), expected, rtol=tolerance)


@pytest.mark.parametrize("name", ["relu", "relu6", "hardtanh", "leaky_relu", "elu", "selu", "silu"])
def test_inplace_writes_over_the_input(name):
    function = getattr(F, name)
    leaf = rg.tensor([-1.0, 2.0], requires_grad=True)
    x = leaf * 1.0
    out = function(x, inplace=True)
    assert out is x
    expected = rg.tensor([-1.0, 2.0], requires_grad=True)
    function(expected).sum().backward()
    x.sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), expected.grad.numpy())
    with pytest.raises(RuntimeError, match="leaf"):
        function(leaf, inplace=True)


def test_masked_gradients_are_zero_even_of_infinities():
    x = rg.tensor([-1.0, 1.0], requires_grad=True)
    rg.relu(x).backward(rg.tensor([INF, 2.0]))
    np.testing.assert_array_equal(x.grad.numpy(), [0.0, 2.0])


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "maximum", "remainder", "eq"])
@pytest.mark.parametrize("b", ["bool", "uint8", "int32", "int64", "float32", "float64", 2, 2.5])
@pytest.mark.parametrize("a", ["bool", "uint8", "int32", "int64", "float32", "float64"])
def test_types_mix_as_in_pytorch(name, a, b):
    torch = pytest.importorskip("torch")

    def make(library, kind):
        if not isinstance(kind, str):
            return kind
        return library.tensor([1, 1], dtype=getattr(library, kind))

    try:
        expected = getattr(torch, name)(make(torch, a), make(torch, b))
    except (RuntimeError, TypeError):
        pytest.skip("PyTorch has no such combination")
    got = getattr(rg, name)(make(rg, a), make(rg, b))
    assert got.dtype.name == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(got.numpy(), expected.numpy())


def test_float_power_computes_in_float64():
    x = rg.tensor([2.0, 3.0], requires_grad=True)
    out = rg.float_power(x, 2)
    assert out.dtype is rg.float64
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.array([4, 6], "float32"))
    assert rg.float_power(2, rg.tensor([3])).tolist() == [8.0]


def test_integer_division_by_zero_is_an_error():
    zero = rg.tensor([0, 1])
    for function in (rg.floor_divide, rg.remainder, rg.fmod):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            function(rg.tensor([1, 1]), zero)
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            function(zero, 0)
    with pytest.raises(RuntimeError, match="rounding_mode"):
        rg.div(rg.ones(2), 2, rounding_mode="up")


def test_a_whole_power_of_a_negative_base_is_exact():
    x = np.array([-1.5, -0.0, 0.0, 2.5, -INF, NAN])
    for exponent in (3, 4, 5, -2, -3):
        with np.errstate(divide="ignore"):
            expected = x ** float(exponent)
        np.testing.assert_allclose(rg.pow(rg.from_numpy(x), exponent).numpy(), expected, rtol=1e-15)


def test_out_receives_the_result():
    out = rg.empty(2)
    assert rg.exp(rg.zeros(2), out=out) is out
    assert rg.add(rg.ones(2), rg.ones(2), alpha=2, out=out).tolist() == [3, 3]
    assert rg.clamp(rg.tensor([-1.0, 9.0]), 0, 1, out=out).tolist() == [0, 1]
    mantissa, exponent = rg.empty(2), rg.empty(2, dtype=rg.int32)
    rg.frexp(rg.tensor([3.0, 0.25]), out=(mantissa, exponent))
    assert (mantissa.tolist(), exponent.tolist()) == ([0.75, 0.5], [2, -1])


def test_infinities_come_without_a_warning():
    x = rg.tensor([0.0, -1.0, 1000.0])
    for function in (rg.log, rg.exp, rg.sqrt, rg.reciprocal, lambda t: t / 0, lambda t: t**-1):
        function(x)


@pytest.mark.parametrize("call", [rg.isclose, rg.allclose])
def test_closeness_wants_one_type(call):
    with pytest.raises(RuntimeError, match="did not match"):
        call(rg.ones(2), rg.ones(2, dtype=rg.float64))


def test_equal_looks_at_shapes_first():
    assert not rg.equal(rg.ones(2), rg.ones(3))
    assert rg.equal(rg.ones(2), rg.ones(2))
    assert not rg.equal(rg.tensor([NAN]), rg.tensor([NAN]))


def test_where_refuses_a_condition_that_is_no_bool():
    with pytest.raises(RuntimeError, match="boolean tensor"):
        rg.where(rg.tensor([1, 0]), 1.0, 2.0)
    (rows,) = rg.where(rg.tensor([False, True]))
    assert rows.tolist() == [1]


SPECIAL = {
    "erf": ("erf", np.linspace(-6, 6, 501)),
    "erfc": ("erfc", np.linspace(-6, 26, 501)),
    "erfcx": ("erfcx", np.linspace(-5, 300, 501)),
    "erfinv": ("erfinv", np.concatenate([np.linspace(-0.9999, 0.9999, 501), [1 - 1e-15]])),
    "ndtr": ("ndtr", np.linspace(-35, 9, 501)),
    "log_ndtr": ("log_ndtr", np.linspace(-200, 9, 501)),
    "gammaln": ("gammaln", np.geomspace(1e-9, 1e6, 500)),
    "psi": ("psi", np.geomspace(1e-6, 1e6, 500)),
    "entr": ("entr", np.linspace(0, 5, 100)),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_are_exact_to_twelve_digits(name, monkeypatch):
    scipy = pytest.importorskip("scipy.special")
    monkeypatch.setattr(rg.backends.scipy, "enabled", False)
    reference, x = SPECIAL[name]
    got = getattr(rg.special, name)(rg.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, getattr(scipy, reference)(x), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_polygamma_is_exact_to_twelve_digits(n):
    scipy = pytest.importorskip("scipy.special")
    x = np.geomspace(1e-3, 1e3, 301)
    got = rg.polygamma(n, rg.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, scipy.polygamma(n, x), rtol=1e-12)


def test_erf_of_float32_is_exact_to_float32():
    x = np.linspace(-6, 6, 100_001, dtype="float32")
    exact = np.array([math.erf(float(v)) for v in x])
    np.testing.assert_allclose(rg.erf(rg.from_numpy(x)).numpy(), exact, rtol=4e-7)


@pytest.mark.parametrize(("zero", "slope", "bend"), [
    (1.0, -np.euler_gamma, math.pi**2 / 12),
    (2.0, 1 - np.euler_gamma, math.pi**2 / 12 - 0.5),
])  # fmt: skip
def test_lgamma_is_exact_about_its_zeros(zero, slope, bend):
    x = zero + np.array([-1e-9, 1e-9, 1e-12])
    way = x - zero
    got = rg.lgamma(rg.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, slope * way + bend * way**2, rtol=1e-12)
