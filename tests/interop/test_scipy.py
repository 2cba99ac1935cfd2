"""`interop.minimize`: what SciPy finds, what it is given, and what is left behind."""

import sys

import numpy as np
import pytest

import retrograd as rg
from retrograd.interop import FlatLoss, minimize
from tests.devices import cuda

pytest.importorskip("scipy")

METHODS = (
    "Nelder-Mead Powell CG BFGS Newton-CG L-BFGS-B TNC COBYLA COBYQA SLSQP "
    "trust-constr dogleg trust-ncg trust-exact trust-krylov"
).split()


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def start():
    return rg.tensor([-1.2, 1.0], dtype=rg.float64, requires_grad=True)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_scipy_runs_without_a_warning_and_finds_the_valley(method):
    w = start()
    before = rosenbrock(w).item()
    result = minimize(lambda: rosenbrock(w), [w], method=method)
    np.testing.assert_array_equal(w.detach().numpy(), result.x)
    assert result.fun == rosenbrock(w).item()
    assert result.fun < before / 100
    if method != "COBYLA":  # which creeps along the valley, 1000 evaluations being too few
        np.testing.assert_allclose(result.x, [1, 1], atol=1e-3)


def test_methods_of_second_order_take_few_steps():
    quadratic = rg.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=rg.float64)
    for method in ("Newton-CG", "trust-ncg", "trust-krylov", "trust-exact"):
        w = rg.ones(2, dtype=rg.float64, requires_grad=True)
        result = minimize(lambda w=w: w @ quadratic @ w / 2 - w.sum(), [w], method, tol=1e-9)
        assert result.nit <= 8, method
        np.testing.assert_allclose(result.x, [0.2, 0.4], rtol=1e-6)


def test_logistic_regression_ends_where_scikit_learns_does():
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    y = (x @ rng.normal(size=5) + rng.normal(size=200) > 0.3).astype("int64")
    theirs = linear_model.LogisticRegression(C=1.0, tol=1e-12, max_iter=1000).fit(x, y)

    model = rg.nn.Linear(5, 1, dtype=rg.float64)
    inputs, targets = rg.from_numpy(x), rg.from_numpy(y).double()

    def loss():
        logits = model(inputs).squeeze(1)
        data = rg.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
        return data + (model.weight**2).sum() / 2

    result = minimize(loss, model.parameters(), "trust-ncg", tol=1e-6)
    assert result.success
    np.testing.assert_allclose(model.weight.detach().numpy(), theirs.coef_, rtol=1e-5)
    np.testing.assert_allclose(model.bias.detach().numpy(), theirs.intercept_, rtol=1e-5)


def test_types_and_shapes_go_to_one_vector_and_back():
    a = rg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = rg.tensor(5.0, dtype=rg.float64, requires_grad=True)
    c = rg.tensor([6.0], dtype=rg.float16, requires_grad=True)
    flat = FlatLoss(lambda: (a.double() ** 2).sum() + 3 * b + c.double().sum(), [a, b, c])
    assert flat.x0.dtype == np.float64
    np.testing.assert_array_equal(flat.x0, [1, 2, 3, 4, 5, 6])
    value, gradient = flat.fun(np.array([1.0, 0.0, -1.0, 0.5, 0.1, 2.0]))
    assert isinstance(value, float)
    assert value == pytest.approx(2.25 + 0.3 + 2)
    np.testing.assert_array_equal(gradient, [2, 0, -2, 1, 3, 1])
    assert gradient.dtype == np.float64
    assert (a.dtype, b.dtype, c.dtype) == (rg.float32, rg.float64, rg.float16)
    assert (a.tolist(), b.item(), c.tolist()) == ([[1.0, 0.0], [-1.0, 0.5]], 0.1, [2.0])


def test_vectors_do_not_share_memory_with_parameters():
    w = start()
    flat = FlatLoss(lambda: rosenbrock(w), [w])
    x = flat.x0
    x[:] = 7.0
    assert w.tolist() == [-1.2, 1.0]
    flat.write(x)
    x[:] = 8.0
    assert w.tolist() == [7.0, 7.0]


def test_parameters_of_two_devices():
    with cuda("standin"):
        a = rg.tensor([3.0], device="cuda", requires_grad=True)
        b = rg.tensor([2.0, 1.0], dtype=rg.float64, requires_grad=True)
        result = minimize(lambda: (a.cpu() - 1) ** 2 + ((b + 1) ** 2).sum(), [a, b], "Newton-CG")
        assert a.device.type == "cuda"
        np.testing.assert_allclose(result.x, [1, -1, -1], atol=1e-6)
        np.testing.assert_allclose([a.item(), *b.tolist()], [1, -1, -1], atol=1e-6)


def test_a_parameter_the_loss_does_not_depend_on_has_gradient_zero_and_stays():
    w, idle = start(), rg.tensor([4.0, 5.0], requires_grad=True)
    result = minimize(lambda: rosenbrock(w), [idle, w], "trust-ncg")
    np.testing.assert_array_equal(result.jac[:2], [0, 0])
    assert idle.tolist() == [4.0, 5.0]
    flat = FlatLoss(lambda: rosenbrock(w), [idle, w])
    np.testing.assert_array_equal(flat.hess(flat.x0)[:2], np.zeros((2, 4)))


def test_frozen_parameters_are_left_out_and_tied_ones_counted_once():
    layer = rg.nn.Linear(2, 1)
    layer.bias.requires_grad_(False)
    flat = FlatLoss(lambda: layer(rg.ones(2)).sum(), [*layer.parameters(), layer.weight])
    assert flat.x0.shape == (2,)


def test_grad_of_the_parameters_is_not_touched():
    w = start()
    w.grad = rg.tensor([9.0, 9.0], dtype=rg.float64)
    minimize(lambda: rosenbrock(w), [w], "Newton-CG")
    assert w.grad.tolist() == [9.0, 9.0]


def test_it_works_where_gradients_are_switched_off():
    w = start()
    with rg.no_grad():
        minimize(lambda: rosenbrock(w), [w], "trust-ncg")
    np.testing.assert_allclose(w.detach().numpy(), [1, 1], rtol=1e-3)


def test_bounds_and_callbacks_are_scipys():
    w, seen = start(), []
    result = minimize(
        lambda: rosenbrock(w), [w], bounds=[(None, 0.8)] * 2, callback=lambda x: seen.append(x)
    )
    assert w[0].item() == 0.8
    assert len(seen) == result.nit


# --- the Hessian ----------------------------------------------------------------------------------


SHAPES = [(4, 3), (4,), (2, 4), (2,)]


def network_loss(weight, bias, weight2, bias2):
    """The cross-entropy of a small network on fixed data."""
    x = rg.linspace(-1, 1, 21, dtype=rg.float64).reshape(7, 3)
    hidden = rg.tanh(x @ weight.T + bias)
    targets = rg.tensor([0, 1, 1, 0, 1, 0, 0])
    return rg.nn.functional.cross_entropy(hidden @ weight2.T + bias2, targets)


def test_products_are_those_of_the_hessian():
    rng = np.random.default_rng(0)
    params = [rg.from_numpy(rng.normal(size=shape)).requires_grad_() for shape in SHAPES]
    flat = FlatLoss(lambda: network_loss(*params), params)
    x = flat.x0

    def of_vector(vector):
        parts = vector.split([p.numel() for p in params])
        return network_loss(*[part.reshape(p.shape) for part, p in zip(parts, params)])

    exact = rg.func.hessian(of_vector)(rg.from_numpy(x)).numpy()
    assert abs(exact).max() > 0.1
    np.testing.assert_allclose(flat.hess(x), exact, atol=1e-14)
    p = rng.normal(size=x.size)
    np.testing.assert_allclose(flat.hessp(x, p), exact @ p, atol=1e-13)


def test_products_follow_the_point():
    w = start()
    flat = FlatLoss(lambda: (w**3).sum(), [w])
    one = np.ones(2)
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(flat.hessp(x, one), [6, 12])
    np.testing.assert_array_equal(flat.hessp(x, 2 * one), [12, 24])
    x[0] = 5.0  # the same array with other values
    np.testing.assert_array_equal(flat.hessp(x, one), [30, 12])
    flat.fun(np.zeros(2))
    np.testing.assert_array_equal(flat.hessp(x, one), [30, 12])


def test_products_at_one_point_evaluate_the_loss_once():
    w, calls = start(), []
    flat = FlatLoss(lambda: calls.append(1) or rosenbrock(w), [w])
    for _ in range(3):
        flat.hessp(flat.x0, np.ones(2))
    assert len(calls) == 1


def test_the_hessian_of_a_linear_loss_is_zero():
    w = start()
    flat = FlatLoss(lambda: w.sum(), [w])
    np.testing.assert_array_equal(flat.hess(flat.x0), np.zeros((2, 2)))


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_parameters_are_restored_if_the_loss_raises(error):
    w, calls = rg.tensor([0.1, 0.7], requires_grad=True), []

    def loss():
        calls.append(w.tolist())
        if len(calls) == 4:
            raise error("no more")
        return rosenbrock(w)

    with pytest.raises(error):
        minimize(loss, [w])
    assert calls[-1] != calls[0]
    assert w.tolist() == calls[0]


def test_nothing_to_minimize_over():
    with pytest.raises(ValueError, match=r"none of the 2 parameters requires grad"):
        minimize(lambda: rg.ones(()), [rg.ones(2), rg.ones(3)])
    with pytest.raises(ValueError, match=r"none of the 0 parameters .* used up"):
        minimize(lambda: rg.ones(()), iter(()))


def test_params_that_are_none():
    w = start()
    with pytest.raises(TypeError, match="put it in a list"):
        FlatLoss(lambda: w.sum(), w)
    with pytest.raises(TypeError, match="got a ndarray"):
        FlatLoss(lambda: w.sum(), [np.ones(2)])
    with pytest.raises(ValueError, match=r"shape \[2\] is not a leaf"):
        FlatLoss(lambda: w.sum(), [w * 2])


def test_losses_that_are_none():
    w = start()
    with pytest.raises(RuntimeError, match=r"one element, got \[2\]: reduce it"):
        minimize(lambda: w * 2, [w])
    with pytest.raises(RuntimeError, match="one element, got float"):
        minimize(lambda: 2.0, [w])
    with pytest.raises(RuntimeError, match="does not depend on any of the parameters"):
        minimize(lambda: w.detach().sum(), [w])


def test_a_vector_of_another_size():
    w = start()
    with pytest.raises(ValueError, match=r"expected a vector of 2 elements.*got shape \(3,\)"):
        FlatLoss(lambda: w.sum(), [w]).fun(np.ones(3))


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'retrograd\[scipy\]'"):
        minimize(lambda: rg.ones(()), [start()])
