"""The demonstration's numbers, the losses by their formulas, and training."""

import math

import pytest

import retrograd as rg
from tests.examples.load import load

example = load("svm_losses")
SCORES = (example.X @ example.W.T + example.B).tolist()


def weston_watkins(s, y):
    return sum(max(0, s[j] - s[y] + 1) for j in range(3) if j != y)


def one_vs_all(s, y):
    return max(0, 1 - s[y]) + sum(max(0, 1 + s[j]) for j in range(3) if j != y)


def structured(s, y):
    return max(0, max(s[j] for j in range(3) if j != y) - s[y] + 1)


def softmax(s, y):
    return -math.log(math.exp(s[y]) / sum(map(math.exp, s)))


BY_FORMULA = [weston_watkins, one_vs_all, structured, softmax]


def test_scores_by_hand():
    assert SCORES[0] == pytest.approx([1.3, -0.1, 0.6])
    assert SCORES[8] == pytest.approx([-1.4, 1.7, -1.2])


@pytest.mark.parametrize(("loss", "expected"), [
    (example.weston_watkins, [0.3, 1.7, 0, 3.2, 6.8, 2.4, 2.5, 3.3, 4.7]),
    (example.one_vs_all, [2.5, 4.5, 0.6, 3.7, 6.0, 3.4, 5.4, 5.2, 4.9]),
    (example.structured, [0.3, 1.2, 0, 2.7, 5.0, 2.4, 2.5, 3.3, 3.9]),
])  # fmt: skip
def test_losses_of_the_nine_points(loss, expected):
    assert loss(rg.tensor(SCORES), example.Y).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("loss", "formula"), [*zip(example.LOSSES, BY_FORMULA)])
def test_losses_are_their_formulas(loss, formula):
    rg.manual_seed(0)
    scores, y = 2 * rg.randn(50, 3, dtype=rg.float64), rg.randint(0, 3, (50,))
    expected = [formula(s, k) for s, k in zip(scores.tolist(), y.tolist())]
    assert loss(scores, y).tolist() == pytest.approx(expected, abs=1e-12)


def test_losses_are_those_of_the_library():
    scores, F = rg.tensor(SCORES, dtype=rg.float64), rg.nn.functional
    # It divides by the number of classes.
    theirs = 3 * F.multi_margin_loss(scores, example.Y, reduction="none")
    assert rg.allclose(example.weston_watkins(scores, example.Y), theirs)
    theirs = F.cross_entropy(scores, example.Y, reduction="none")
    assert rg.allclose(example.softmax(scores, example.Y), theirs)


@pytest.mark.parametrize("loss", example.LOSSES)
def test_gradients(loss):
    rg.manual_seed(1)
    scores = rg.randn(9, 3, dtype=rg.float64).requires_grad_()
    assert rg.autograd.gradcheck(lambda s: loss(s, example.Y), (scores,))


def test_the_gradient_of_weston_watkins_counts_rivals_that_come_too_close():
    scores = rg.tensor([[1.0, 0.5, 3.0]], requires_grad=True)
    example.weston_watkins(scores, rg.tensor([0])).sum().backward()
    assert scores.grad.tolist() == [[-2.0, 1.0, 1.0]]


def test_the_penalty_of_the_first_weights_is_three_and_a_half():
    data = example.weston_watkins(rg.tensor(SCORES, dtype=rg.float64), example.Y).mean()
    whole = example.total(example.weston_watkins, example.W, example.B)
    assert (whole - data).item() == pytest.approx(3.5, abs=1e-12)
    assert data.item() == pytest.approx(24.9 / 9, abs=1e-12)


def test_the_first_weights_are_no_good():
    assert example.right_ones(example.W, example.B) == 2


@pytest.mark.parametrize("loss", example.LOSSES)
def test_trained_they_classify_all_points(loss):
    w, b = example.train(loss)
    assert example.right_ones(w, b) == 9
    assert example.total(loss, w, b) < example.total(loss, example.W, example.B) / 4
