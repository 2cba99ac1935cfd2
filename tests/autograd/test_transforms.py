"""func.* and autograd.functional.*: trees, nesting, aux values, and PyTorch's results."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import func
from retrograd.autograd import functional


def f64(*values):
    return rg.tensor(values, dtype=rg.float64)


def tanh(x):
    return (1.0 - rg.exp(-2 * x)) / (1.0 + rg.exp(-2 * x))


def test_derivatives_of_a_plain_function_of_a_float():
    slope = func.grad(tanh)
    assert slope(1.0) == 0.41997434161402603
    assert isinstance(slope(1.0), float)
    second = func.grad(slope)
    assert second(1.0) == pytest.approx(-2 * np.tanh(1) * (1 - np.tanh(1) ** 2), rel=1e-12)
    third = func.grad(second)
    t = np.tanh(0.3)
    assert third(0.3) == pytest.approx((1 - t**2) * (6 * t**2 - 2), rel=1e-12)


def test_arrays_give_arrays():
    x = np.array([1.0, 2.0])
    found = func.grad(lambda x: (x * x).sum())(x)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, [2.0, 4.0])
    value, found = func.value_and_grad(lambda x: (x * x).sum())(x)
    assert value == 5.0
    np.testing.assert_array_equal(func.hessian(lambda x: (x**3).sum())(x), [[6, 0], [0, 12]])


def test_trees_of_arguments():
    def loss(parameters, scale):
        return (parameters["w"] * parameters["rest"][0]).sum() * scale

    parameters = {"w": f64(1.0, 2.0), "rest": (f64(3.0, 4.0), [f64(5.0)])}
    found = func.grad(loss)(parameters, 2.0)
    assert list(found) == ["w", "rest"]
    assert found["w"].tolist() == [6.0, 8.0]
    assert found["rest"][0].tolist() == [2.0, 4.0]
    assert found["rest"][1][0].tolist() == [0.0]
    both = func.grad(loss, argnums=(0, 1))(parameters, 2.0)
    assert both[1] == 11.0
    assert func.grad(loss, argnums=-1)(parameters, 2.0) == 11.0


def test_aux_and_values():
    def function(x):
        return (x * x).sum(), {"doubled": x * 2}

    x = f64(1.0, 2.0)
    found, aux = func.grad(function, has_aux=True)(x)
    assert (found.tolist(), aux["doubled"].tolist()) == ([2.0, 4.0], [2.0, 4.0])
    assert not aux["doubled"].requires_grad
    found, (value, aux) = func.grad_and_value(function, has_aux=True)(x)
    (value, aux), found = func.value_and_grad(function, has_aux=True)(x)
    assert value.item() == 5.0
    assert not value.requires_grad


def test_results_are_plain_unless_something_else_is_differentiated():
    x = f64(2.0, 3.0)
    assert not func.grad(lambda x: (x**2).sum())(x).requires_grad
    w = f64(1.0, 2.0).requires_grad_()
    found = func.grad(lambda x: (w * x**2).sum())(x)
    found.sum().backward()
    assert w.grad.tolist() == [4.0, 6.0]


def test_arguments_that_require_grad_keep_their_graph():
    x = f64(2.0).requires_grad_()
    found = func.grad(lambda x: (x**3).sum())(x * 1)
    found.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_inner_function_over_the_outer_variable():
    def outer(x):
        return func.grad(lambda y: x * y * y)(3.0 * x) * x

    # d/dx of (2 x * 3 x) * x
    assert func.grad(outer)(2.0) == pytest.approx(18 * 4.0)


def test_no_grad_outside_does_not_reach_in():
    with rg.no_grad():
        assert func.grad(tanh)(1.0) == func.grad(tanh)(1.0) != 0.0
        x = f64(1.0).requires_grad_()
        assert not func.grad(lambda x: (x**2).sum())(x).requires_grad


def test_vjp_may_be_called_many_times():
    x, y = f64(1.0, 2.0), f64(3.0, 4.0)
    output, pull = func.vjp(lambda x, y: {"a": x * y, "b": x + y}, x, y)
    assert output["a"].tolist() == [3.0, 8.0]
    for scale in (1.0, 2.0):
        gx, gy = pull({"a": f64(scale, 0.0), "b": f64(0.0, scale)})
        assert gx.tolist() == [3.0 * scale, scale]
        assert gy.tolist() == [scale, scale]
    with pytest.raises(RuntimeError, match=r"expected shape \[2\], got \[1\]"):
        pull({"a": f64(1.0), "b": f64(1.0)})


def test_jvp_along_tangents():
    x, v = f64(0.3, 0.6), f64(1.0, -2.0)
    _, tangent = func.jvp(lambda x: (x.sin(), x * 0 + 1), (x,), (v,))
    np.testing.assert_allclose(tangent[0].numpy(), np.cos(x.numpy()) * v.numpy())
    assert tangent[1].tolist() == [0.0, 0.0]
    slope = func.grad(lambda t: func.jvp(rg.sin, (t,), (1.0,))[1])
    assert slope(0.5) == pytest.approx(-np.sin(0.5))


@pytest.mark.parametrize("jacobian", [func.jacrev, func.jacfwd])
def test_jacobians(jacobian):
    x, y = f64(1.0, 2.0, 3.0), f64(2.0, 3.0)

    def function(x, y):
        return {"outer": x[:, None] * y, "constant": y * 0 + 1.0}

    found = jacobian(function, argnums=(0, 1))(x, y)
    assert found["outer"][0].shape == (3, 2, 3)
    expected = np.einsum("ij,k->ikj", np.eye(3), y.numpy())
    np.testing.assert_array_equal(found["outer"][0].numpy(), expected)
    assert found["constant"][0].shape == (2, 3)
    assert found["constant"][1].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert jacobian(tanh)(1.0) == func.grad(tanh)(1.0)


def test_jacobians_nest():
    x = f64(0.3, 0.8)

    def function(x):
        return (x.sin() * x.flip(0)).sum() * x

    expected = func.jacrev(func.jacrev(function))(x).numpy()
    for outer in (func.jacfwd, func.jacrev):
        for inner in (func.jacfwd, func.jacrev):
            np.testing.assert_allclose(outer(inner(function))(x).numpy(), expected, rtol=1e-12)


def test_products_with_the_hessian():
    def function(parameters):
        return (parameters["w"] ** 3).sum() * parameters["s"]

    at = {"w": f64(1.0, 2.0), "s": f64(1.5).sum()}
    along = {"w": f64(1.0, -1.0), "s": f64(2.0).sum()}
    value, (product,) = func.hvp(function, (at,), (along,))
    expected = func.jvp(func.grad(function), (at,), (along,))[1]
    assert value.item() == 13.5
    for name in at:
        np.testing.assert_allclose(product[name].numpy(), expected[name].numpy(), rtol=1e-12)
    assert func.vhp(rg.square, (3.0,), (2.0,)) == (9.0, (4.0,))
    with pytest.raises(RuntimeError, match="scalar"):
        func.hvp(rg.square, (f64(1.0, 2.0),), (f64(1.0, 2.0),))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: func.grad(lambda x: x)(f64(1.0, 2.0)), RuntimeError, "scalar tensor.*1 dims"),
        (lambda: func.grad(lambda x: 1.0)(1.0), RuntimeError, "must return Tensors"),
        (lambda: func.grad(tanh)(1), TypeError, "1.0 rather than 1"),
        (lambda: func.grad(tanh)(rg.tensor(1)), RuntimeError, "int64"),
        (lambda: func.grad(tanh, argnums=1)(1.0), RuntimeError, "only 1 positional"),
        (lambda: func.jvp(tanh, 1.0, 1.0), RuntimeError, "must be tuples"),
        (lambda: func.grad(tanh, has_aux=True)(1.0), RuntimeError, "pair"),
    ],
)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- autograd.functional --------------------------------------------------------------------------


def pair(x, y):
    return x * y.sum(), (x**2 * y).sum()


def scalar(x, y):
    return (x**3 * y).sum() + (x * y**2).sum()


CALLS = {
    "jacobian": lambda f, x, y, v, w: f.jacobian(pair, (x, y)),
    "jacobian-one": lambda f, x, y, v, w: f.jacobian(lambda x: pair(x, y)[0], x),
    "hessian": lambda f, x, y, v, w: f.hessian(scalar, (x, y)),
    "hessian-one": lambda f, x, y, v, w: f.hessian(lambda x: scalar(x, y), x),
    "vjp": lambda f, x, y, v, w: f.vjp(pair, (x, y), (v, w.sum())),
    "vjp-one": lambda f, x, y, v, w: f.vjp(lambda x: scalar(x, y), x),
    "jvp": lambda f, x, y, v, w: f.jvp(pair, (x, y), (v, w)),
    "jvp-one": lambda f, x, y, v, w: f.jvp(lambda x: pair(x, y)[0], x, v),
    "vhp": lambda f, x, y, v, w: f.vhp(scalar, (x, y), (v, w)),
    "hvp": lambda f, x, y, v, w: f.hvp(scalar, (x, y), (v, w)),
    "hvp-one": lambda f, x, y, v, w: f.hvp(lambda x: scalar(x, y), x, v),
}


def unnested(value):
    if isinstance(value, tuple):
        return tuple(unnested(part) for part in value)
    return value.detach().numpy()


def assert_same(got, expected):
    assert isinstance(got, tuple) == isinstance(expected, tuple)
    if isinstance(got, tuple):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-10)
        assert got.shape == expected.shape


@pytest.mark.oracle
@pytest.mark.parametrize("name", CALLS)
def test_functional_is_pytorchs(name):
    torch = pytest.importorskip("torch")
    values = [[0.3, 0.7], [1.1, -0.4], [1.0, 2.0], [0.5, -1.0]]
    results = [
        unnested(CALLS[name](space, *(lib.tensor(v, dtype=lib.float64) for v in values)))
        for lib, space in ((rg, functional), (torch, torch.autograd.functional))
    ]
    assert_same(*results)


@pytest.mark.parametrize("name", ["jacobian", "hessian"])
def test_functional_with_create_graph(name):
    x = f64(0.5, 0.7).requires_grad_()
    call = getattr(functional, name)
    found = call(lambda x: (x**3).sum(), x, create_graph=True)
    found.sum().backward()
    expected = 6 * x.detach() if name == "jacobian" else f64(6.0, 6.0)
    np.testing.assert_allclose(x.grad.numpy(), expected.numpy())
    assert not call(lambda x: (x**3).sum(), x).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: functional.jacobian(lambda x: 1.0, x), TypeError, "outputs.*Tensor"),
        (lambda x: functional.jacobian(lambda x: x, [x]), TypeError, "inputs.*Tensor"),
        (lambda x: functional.hessian(lambda x: x, x), RuntimeError, "single element"),
        (lambda x: functional.vjp(lambda x: x, x), RuntimeError, "v can only be None"),
        (lambda x: functional.vjp(lambda x: x, x, f64(1.0)), RuntimeError, "invalid size"),
        (
            lambda x: functional.jacobian(lambda x: x.detach() * 2, x, strict=True),
            RuntimeError,
            "independent of input 0",
        ),
    ],
)
def test_functional_messages(call, error, message):
    with pytest.raises(error, match=message):
        call(f64(1.0, 2.0))
