"""Learning by heart, and the three ways against it."""

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("overfitting")


@pytest.fixture(scope="module")
def trained():
    return {name: example.train(**settings) for name, settings in example.WAYS.items()}


def known(model):
    return example.error(model, *example.points(seed=1))


def test_without_help_the_network_learns_the_noise(trained):
    model, _ = trained["nothing"]
    assert known(model) < 0.02 * example.NOISE**2
    assert example.error_on_new_ones(model) > 50 * known(model)


@pytest.mark.parametrize("name", ["L2", "dropout", "early stopping"])
def test_each_way_costs_on_the_points_and_pays_on_new_ones(trained, name):
    (plain, _), (model, _) = trained["nothing"], trained[name]
    assert known(model) > 10 * known(plain)
    assert example.error_on_new_ones(model) < 0.7 * example.error_on_new_ones(plain)


def test_l2_keeps_weights_small(trained):
    def size(name):
        return sum((p**2).sum().item() for p in trained[name][0].parameters())

    assert size("L2") < size("nothing") / 10


def test_early_stopping_gives_the_step_with_the_smallest_error_aside(trained, monkeypatch):
    model, step = trained["early stopping"]
    assert 1 < step < example.STEPS / 2
    aside = example.points(seed=2)
    monkeypatch.setattr(example, "STEPS", step)
    there, _ = example.train()
    assert example.error(there, *aside) == pytest.approx(example.error(model, *aside), rel=1e-6)
    monkeypatch.setattr(example, "STEPS", 2 * step)
    beyond, _ = example.train()
    assert example.error(beyond, *aside) > example.error(model, *aside)


def test_dropout_is_off_when_errors_are_measured(trained):
    model, _ = trained["dropout"]
    assert example.error_on_new_ones(model) == example.error_on_new_ones(model)
    model.train()
    x = rg.zeros(1, 1)
    assert model(x).item() != model(x).item()


def test_points_are_the_curve_plus_noise():
    x, y = example.points(seed=3, n=10_000)
    noise = y - rg.sin(example.pi * x)
    assert noise.std().item() == pytest.approx(example.NOISE, rel=0.05)
    assert abs(noise.mean().item()) < 0.02
