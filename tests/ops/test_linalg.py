"""Errors and edges of linear algebra: singular, not square, repeated values, empty."""

import math

import numpy as np
import pytest

import retrograd as rg
from retrograd import linalg

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: linalg.inv(rg.tensor(SINGULAR)),
        lambda: rg.inverse(rg.tensor(SINGULAR)),
        lambda: linalg.solve(rg.tensor(SINGULAR), rg.ones(2)),
        lambda: linalg.cholesky(rg.tensor([[1.0, 2.0], [2.0, 1.0]])),
        lambda: linalg.svd(rg.full((2, 2), math.nan)),
    ],
)
def test_what_cannot_be_solved_is_a_linalg_error(call):
    with pytest.raises(linalg.LinAlgError, match=r"singular|positive-definite|non-finite"):
        call()
    assert issubclass(linalg.LinAlgError, RuntimeError)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.inv(rg.ones(2, 3)), r"square matrices, but they have shape \[2, 3\]"),
        (lambda: linalg.det(rg.ones(3)), r"square matrices.*\[3\]"),
        (lambda: linalg.inv(rg.ones(2, 2).long()), "floating point tensor.*int64"),
        (lambda: linalg.solve(rg.eye(2), rg.ones(3)), r"Incompatible.*\[2, 2\] and \[3\]"),
        (lambda: linalg.solve(rg.eye(2), rg.ones(3, 2)), "Incompatible"),
        (lambda: linalg.eigh(rg.eye(2), "X"), "UPLO"),
        (lambda: linalg.qr(rg.eye(2), "thin"), "unrecognized mode 'thin'"),
        (lambda: linalg.matrix_norm(rg.eye(2), 3), "Order 3"),
        (lambda: linalg.matrix_norm(rg.eye(2), dim=(0, 0)), "must be different"),
        (lambda: linalg.matrix_norm(rg.ones(2)), "at least 2 dimensions"),
        (lambda: linalg.norm(rg.ones(2, 2, 2), 2), "must be 1D or 2D"),
        (lambda: linalg.vander(rg.ones(1)), "greater than 1"),
        (lambda: rg.trace(rg.ones(2)), "expected a matrix"),
    ],
)
def test_messages(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


def test_complete_qr_of_a_tall_matrix_has_no_gradient():
    x = rg.randn(3, 2, requires_grad=True)
    Q, R = linalg.qr(x, "complete")
    assert (Q.shape, R.shape) == ((3, 3), (3, 2))
    with pytest.raises(RuntimeError, match="not differentiable when mode='complete'"):
        R.sum().backward()
    Q, R = linalg.qr(x, "r")
    assert (Q.shape, R.shape, R.requires_grad) == ((0,), (2, 2), False)


def test_full_singular_vectors_are_square():
    U, S, Vh = linalg.svd(rg.randn(2, 3, 2))
    assert (U.shape, S.shape, Vh.shape) == ((2, 3, 3), (2, 2), (2, 2, 2))


def test_named_results():
    A = rg.tensor([[2.0, 0.0], [0.0, 1.0]])
    assert linalg.eigh(A).eigenvalues.tolist() == [1.0, 2.0]
    assert linalg.slogdet(A).logabsdet.item() == pytest.approx(math.log(2))
    assert linalg.qr(A).R.shape == (2, 2)
    assert linalg.svd(A).S.tolist() == [2.0, 1.0]


def test_repeated_eigenvalues_have_a_gradient_but_their_vectors_do_not():
    x = rg.eye(2, requires_grad=True)
    linalg.eigvalsh(x).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    x.grad = None
    (linalg.eigh(x).eigenvectors * rg.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert not rg.isfinite(x.grad).all()


def test_determinants_at_the_edge():
    assert rg.logdet(rg.tensor(SINGULAR)).item() == -math.inf
    assert math.isnan(rg.logdet(rg.tensor([[-1.0]])).item())
    assert rg.det(rg.ones(0, 0)).item() == 1.0
    x = rg.tensor(SINGULAR, requires_grad=True, dtype=rg.float64)
    rg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4.0, -2.0], [-2.0, 1.0]], atol=1e-12)


def test_matrix_power_zero_is_a_new_identity():
    x = rg.ones(2, 2, 2)
    power = rg.matrix_power(x, 0)
    power[0, 0, 0] = 5.0
    assert power[1].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert rg.matrix_power(x, 1) is not x


def test_pinv_counts_small_singular_values_as_zero():
    A = rg.tensor([[1.0, 0.0], [0.0, 1e-3]])
    assert linalg.pinv(A).tolist()[1][1] == pytest.approx(1e3)
    assert linalg.pinv(A, rtol=1e-2).tolist()[1][1] == 0.0
    assert linalg.pinv(A, atol=1e-2).tolist()[1][1] == 0.0
    assert rg.pinverse(A, 1e-2).tolist()[1][1] == 0.0


@pytest.mark.oracle
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3), (0, 2), (2, 0)])
def test_pinv_and_svdvals_of_all_shapes_are_pytorchs(shape):
    torch = pytest.importorskip("torch")
    A = np.random.default_rng(0).normal(size=shape)
    for function in ("pinv", "svdvals"):
        got = getattr(linalg, function)(rg.from_numpy(A)).numpy()
        expected = getattr(torch.linalg, function)(torch.from_numpy(A)).numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
