"""Newton's method: exact on a quadratic, quadratic elsewhere, and the fewest steps."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("newton")


def followed(problem):
    loss, start, alpha = problem
    ways = example.methods(loss, start, alpha)
    return {name: example.follow(loss, points) for name, points in ways.items()}


@pytest.fixture(scope="module")
def convex():
    return followed(example.PROBLEMS[0])


@pytest.fixture(scope="module")
def valley():
    loss, start, _ = example.PROBLEMS[1]
    w = rg.tensor(start, dtype=rg.float64)
    ways = {"Newton": example.newton(loss, w), "L-BFGS": example.lbfgs(loss, w)}
    return {name: example.follow(loss, points) for name, points in ways.items()}


def test_one_step_is_enough_on_a_quadratic():
    a = rg.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=rg.float64)
    start = rg.tensor([5.0, -7.0], dtype=rg.float64)
    first = next(example.newton(lambda w: w @ a @ w / 2 - w.sum(), start))
    assert first.tolist() == pytest.approx([0.2, 0.4], abs=1e-12)


def test_digits_double_at_the_end(convex):
    norms, _ = convex["Newton"]
    for before, after in zip(norms[-4:-1], norms[-3:]):
        assert after < 10 * before**2


def test_all_find_the_minimum_of_the_convex_loss(convex):
    points = [w for _, w in convex.values()]
    for norms, w in convex.values():
        assert norms[-1] < example.TOLERANCE
        assert (w - points[0]).abs().max() < 1e-6


def test_newton_takes_the_fewest_steps(convex):
    newton, lbfgs, descent = (len(norms) for norms, _ in convex.values())
    assert newton == 6
    assert newton < lbfgs < 20
    assert descent > 10 * lbfgs


def test_in_the_valley_too(valley):
    (newton, at_newton), (lbfgs, at_lbfgs) = valley["Newton"], valley["L-BFGS"]
    assert len(newton) == 21  # as published for halved steps from this point
    assert len(newton) < len(lbfgs) < 60
    for w in (at_newton, at_lbfgs):
        assert w.tolist() == pytest.approx([1, 1], abs=1e-8)


def test_gradient_descent_is_still_on_its_way_there():
    loss, start, alpha = example.PROBLEMS[1]
    w = rg.tensor(start, dtype=rg.float64)
    norms, w = example.follow(loss, example.gradient_descent(loss, w, alpha, limit=500))
    assert len(norms) == 500
    assert norms[-1] > 1e-2
    assert math.dist(w.tolist(), [1, 1]) > 0.1


def test_the_hessian_of_the_valley_is_that_of_the_books():
    x, y = -1.2, 1.0
    w = rg.tensor([x, y], dtype=rg.float64)
    expected = [[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]]
    for row, known in zip(rg.func.hessian(example.rosenbrock)(w).tolist(), expected):
        assert row == pytest.approx(known, rel=1e-12)
