"""Every method ends at the same minimum, which is one."""

import pytest

import retrograd as rg
from tests.examples.load import load

pytest.importorskip("scipy")
example = load("scipy_minimize")


@pytest.mark.parametrize("method", example.METHODS)
def test_the_gradient_at_the_end_is_zero(method):
    model, loss = example.problem()
    result = rg.interop.minimize(loss, model.parameters(), method, tol=example.METHODS[method])
    assert result.success
    gradients = rg.autograd.grad(loss(), list(model.parameters()))
    assert max(g.abs().max().item() for g in gradients) < 1e-6


def test_all_methods_agree():
    found = [
        rg.nn.utils.parameters_to_vector(example.fit(m)[0].parameters()) for m in example.METHODS
    ]
    for weights in found[1:]:
        assert (weights - found[0]).abs().max() < 1e-6


def test_second_order_takes_fewer_steps():
    steps = {method: example.fit(method)[1].nit for method in example.METHODS}
    assert steps["trust-exact"] < steps["BFGS"]


def test_the_fit_is_better_than_where_it_began():
    model, loss = example.problem()
    start = loss().item()
    assert start == pytest.approx(0.6931471805599453, abs=1e-15)  # log 2: all weights are zero
    assert example.fit("BFGS")[1].fun < 0.45
    x, t = example.clouds()
    model, _ = example.fit("BFGS")
    assert ((model(x).squeeze(1) * t) > 0).double().mean().item() > 0.75
