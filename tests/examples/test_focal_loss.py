"""Focal loss: its formula, cross-entropy as a special case, gradients, and what it is for."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("focal_loss")
F = rg.nn.functional


def some(n=40, classes=5):
    rg.manual_seed(0)
    return 3 * rg.randn(n, classes, dtype=rg.float64), rg.randint(0, classes, (n,))


def with_probability(p):
    """Logits under which class 1 of two has probability p."""
    return rg.log(rg.tensor([[1 - p, p]], dtype=rg.float64)), rg.tensor([1])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("p", [0.01, 0.5, 0.9, 0.999])
def test_it_is_the_formula(p, gamma):
    expected = -((1 - p) ** gamma) * math.log(p)
    assert example.focal_loss(*with_probability(p), gamma).item() == pytest.approx(
        expected, rel=1e-9
    )


def test_without_focus_it_is_cross_entropy():
    logits, y = some()
    loss = example.focal_loss(logits, y, gamma=0.0)
    assert loss.item() == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-14)
    weight = rg.rand(5, dtype=rg.float64)
    weighted = F.cross_entropy(logits, y, weight, reduction="none").mean()
    loss = example.focal_loss(logits, y, gamma=0.0, alpha=weight)
    assert loss.item() == pytest.approx(weighted.item(), rel=1e-14)


@pytest.mark.parametrize(("p", "times"), [(0.5, 4), (0.9, 100), (0.99, 10_000)])
def test_sure_examples_count_less_by_the_papers_figures(p, times):
    logits, y = with_probability(p)
    plain, focal = (example.focal_loss(logits, y, gamma).item() for gamma in (0.0, 2.0))
    assert plain / focal == pytest.approx(times, rel=1e-9)


@pytest.mark.parametrize("alpha", [None, rg.tensor([0.1, 0.5, 1.0, 2.0, 0.0], dtype=rg.float64)])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradients_of_first_and_second_order(gamma, alpha):
    logits, y = some(6)
    logits.requires_grad_()
    assert rg.autograd.gradcheck(lambda x: example.focal_loss(x, y, gamma, alpha), (logits,))
    assert rg.autograd.gradgradcheck(lambda x: example.focal_loss(x, y, gamma, alpha), (logits,))


def test_it_stays_finite_where_probabilities_are_0_or_1():
    logits = rg.tensor([[1000.0, 0.0], [0.0, 1000.0]], requires_grad=True)
    loss = example.focal_loss(logits, rg.tensor([1, 1]))
    assert loss.item() == 500
    loss.backward()
    assert logits.grad.isfinite().all()


def test_the_rare_class_outweighs_the_crowd():
    halfway = example.train(0.0, steps=10)
    shares = [example.share_of_the_rare(halfway, gamma) for gamma in (0.0, 1.0, 2.0, 5.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.2
    assert shares[2] > 0.6


def test_a_weight_for_the_rare_class_finds_more_of_it():
    plain, _ = example.found(example.train(0.0))
    weighted, precision = example.found(example.train(2.0, example.ALPHA))
    assert weighted > plain + 0.2
    assert precision > 0.5
