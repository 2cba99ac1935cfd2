"""The step size that falls linearly: both schedulers follow the formula, and it pays."""

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("step_size")


@pytest.mark.parametrize(
    ("k", "expected"), [(0, 0.5), (1, 0.402), (2, 0.304), (5, 0.01), (6, 0.01), (1000, 0.01)]
)
def test_formula(k, expected):
    assert example.step_size(k, 0.5, 0.01, tau=5) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("schedule", [example.lambda_schedule, example.linear_schedule])
@pytest.mark.parametrize(("alpha_0", "alpha_tau", "tau"), [(0.5, 0.01, 150), (0.1, 0.0, 7)])
def test_schedulers_follow_the_formula(schedule, alpha_0, alpha_tau, tau):
    optimizer = rg.optim.SGD([rg.zeros(1, requires_grad=True)], lr=alpha_0)
    scheduler = schedule(optimizer, alpha_tau, tau)
    for k in range(tau + 20):
        expected = alpha_0 - (alpha_0 - alpha_tau) * k / tau if k < tau else alpha_tau
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected, rel=1e-10, abs=1e-15)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("alpha", [0.5, 0.1])
def test_constant_steps_stay_at_the_distance_that_theory_gives(alpha):
    found = example.find_mean(alpha, alpha, tau=150)
    assert found == pytest.approx(alpha / (2 - alpha), rel=0.1)  # 2000 walkers: 3 % is one sigma


@pytest.mark.parametrize("seed", range(3))
def test_falling_steps_come_nearer_than_constant_ones_large_or_small(seed):
    falling = example.find_mean(0.5, 0.01, tau=150, seed=seed)
    assert falling < 0.02
    assert example.find_mean(0.5, 0.5, tau=150, seed=seed) > 10 * falling
    assert example.find_mean(0.01, 0.01, tau=150, seed=seed) > 10 * falling
