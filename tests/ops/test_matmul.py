"""Messages of products that do not fit, beta=0, and einsum on equations drawn at random."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg
from retrograd.autograd_core.ops.contraction import bilinear
from retrograd.autograd_core.ops.matmul import linear


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rg.ones(2, 3) @ rg.ones(2, 3), "cannot be multiplied (2x3 and 2x3)"),
        (lambda: rg.ones(3, 2, 2) @ rg.ones(2, 2, 2), "shapes [3, 2, 2] and [2, 2, 2] differ"),
        (lambda: rg.ones(2, 3) @ rg.ones(2), "mat (2x3), vec (2)"),
        (lambda: rg.ones(2) @ rg.ones(3, 2), "(1x2 and 3x2)"),
        (lambda: rg.ones(2) @ rg.ones(3), "inconsistent tensor size"),
        (lambda: rg.matmul(rg.ones(2), rg.tensor(1.0)), "at least 1D, but they are 1D and 0D"),
        (
            lambda: rg.ones(2, 2) @ rg.ones(2, 2).double(),
            "same dtype, got input: Tensor of shape [2, 2], float32",
        ),
        (lambda: rg.ones(2, 2).long() @ rg.ones(2, 2), "int64 and float32"),
        (lambda: rg.mm(rg.ones(2), rg.ones(2, 2)), "input must be a 2D tensor, got 1D"),
        (lambda: rg.bmm(rg.ones(1, 2, 2), rg.ones(2, 2, 2)), "to be: [1, 2] but got: [2, 2]"),
        (lambda: rg.addmm(rg.ones(3), rg.ones(2, 2), rg.ones(2, 2)), "size of tensor a (3)"),
        (lambda: rg.addmm(rg.ones(1, 2, 2), rg.ones(2, 2), rg.ones(2, 2)), "cannot be expanded"),
        (lambda: linear(rg.ones(2, 3), rg.ones(4, 5)), "expects 5 features"),
        (lambda: linear(rg.ones(2, 1, 6, 6), rg.ones(4, 36)), "x.flatten(1) of shape [2, 36]"),
        (lambda: linear(rg.ones(5, 2), rg.ones(4, 5)), "is the input transposed?"),
        (lambda: linear(rg.ones(2, 5), rg.ones(4, 5), rg.ones(3)), "bias has shape [3]"),
        (lambda: bilinear(rg.ones(2, 3), rg.ones(2, 3), rg.ones(1, 3, 4)), "expects 3 and 4"),
        (lambda: rg.einsum("ij,jk", rg.ones(2, 3)), "has 2 operands, but 1"),
        (lambda: rg.einsum("ij", rg.ones(2)), "has 1 dimensions"),
        (
            lambda: rg.einsum("ij,jk", rg.ones(2, 3), rg.ones(4, 5)),
            "'j' length 3 and, in operand 1",
        ),
        (lambda: rg.einsum("i->k", rg.ones(2)), "label 'k', which no operand"),
        (lambda: rg.einsum("i->ii", rg.ones(2)), "'i' appears twice"),
        (lambda: rg.einsum("i1", rg.ones(2, 2)), "'1' is no label"),
        (
            lambda: rg.einsum("ii", rg.ones(2, 3)),
            "'i' is repeated for dimensions of lengths 2 and 3",
        ),
        (lambda: rg.tensordot(rg.ones(2, 3), rg.ones(2, 3), 1), "size 3 in dim 1"),
        (lambda: rg.linalg.cross(rg.ones(2), rg.ones(2)), "must have length 3"),
        (lambda: rg.cross(rg.ones(2), rg.ones(2)), "no dimension of size 3"),
        (lambda: rg.linalg.multi_dot([rg.ones(2)]), "at least 2 tensors"),
    ],
)
def test_messages(call, message):
    with pytest.raises(RuntimeError, match=re.escape(message)):
        call()


def test_input_is_ignored_for_beta_zero():
    nan = rg.full((2,), float("nan"))
    assert rg.addmm(nan, rg.ones(2, 2), rg.ones(2, 2), beta=0).tolist() == [[2.0, 2.0]] * 2


def test_sums_of_a_batch_of_rows_are_one_product():
    """No (batch, in, out) intermediate: what the backward of a layer on sequences must not make."""
    x, w = rg.ones(50, 40, 30), rg.ones(20, 30, requires_grad=True)
    linear(x, w).sum().backward()
    assert w.grad.tolist() == [[2000.0] * 30] * 20


def test_linear_takes_a_weight_vector():
    x = rg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert linear(x, rg.tensor([1.0, 10.0]), rg.tensor(1.0)).tolist() == [22.0, 44.0]


def test_multi_dot_takes_the_cheap_order(monkeypatch):
    from retrograd.autograd_core.ops import contraction

    shapes = []

    def spy(a, b):
        shapes.append((tuple(a.shape), tuple(b.shape)))
        return rg.matmul(a, b)

    monkeypatch.setattr(contraction, "matmul_", spy)
    rg.linalg.multi_dot([rg.ones(10, 100), rg.ones(100, 5), rg.ones(5, 50)])
    assert shapes == [((10, 100), (100, 5)), ((10, 5), (5, 50))]


def test_einsum_takes_the_cheap_order(monkeypatch):
    from retrograd.autograd_core.ops import contraction

    sizes = []

    def spy(a, b):
        sizes.append(a.shape[-2] * a.shape[-1] * b.shape[-1])
        return rg.matmul(a, b)

    monkeypatch.setattr(contraction, "matmul_", spy)
    rg.einsum("ij,jk,kl->il", rg.ones(50, 40), rg.ones(40, 30), rg.ones(30, 1))
    assert sum(sizes) == 40 * 30 + 50 * 40


@st.composite
def equations(draw):
    """An equation with its shapes; lengths of 1 and 0 and repeated labels among them."""
    lengths = {label: draw(st.integers(0 if label == "a" else 1, 3)) for label in "abcde"}
    operands = draw(st.lists(st.text("abcde", max_size=3), min_size=1, max_size=3))
    present = sorted(set("".join(operands)))
    output = draw(
        st.permutations(present).flatmap(lambda p: st.integers(0, len(p)).map(lambda n: p[:n]))
    )
    equation = ",".join(operands) + ("->" + "".join(output) if draw(st.booleans()) else "")
    return equation, [tuple(lengths[c] for c in operand) for operand in operands]


@pytest.mark.oracle
@settings(max_examples=150, deadline=None)
@given(equations(), st.integers(0, 2**16))
def test_einsum_of_any_equation_is_pytorchs(case, seed):
    torch = pytest.importorskip("torch")
    equation, shapes = case
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape) for shape in shapes]
    expected = torch.einsum(equation, *map(torch.from_numpy, arrays))
    got = rg.einsum(equation, *map(rg.from_numpy, arrays))
    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-10, atol=1e-12)
