"""Of whole matrices: condition number, rank, least squares, the exponential."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.decompositions import as_column, check_square
from retrograd.autograd_core.ops.linalg import (
    eigvalsh,
    inv,
    matrix_norm,
    pinv,
    precision,
    slogdet,
    solve,
    svdvals,
    want_float,
    want_matrix,
)
from retrograd.autograd_core.ops.matmul import matmul
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import sum
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = ["cond", "lstsq", "matrix_exp", "matrix_rank"]

_OF_SINGULAR_VALUES = (None, 2, -2)
_NORMS = (*_OF_SINGULAR_VALUES, 1, -1, math.inf, -math.inf, "fro", "nuc")


@public
def cond(input: Tensor, p: Any = None) -> Tensor:
    """The condition number of a matrix, or of each of a batch: ``norm(input, p) * norm(inv(input), p)``.

    Parameters
    ----------
    input : Tensor
        (..., m, n); square but for the norms None, 2 and -2.
    p : {None, 2, -2, 1, -1, inf, -inf, "fro", "nuc"}
        The norm; by default the ratio of the largest to the smallest singular value. Infinite
        where a matrix is singular.

    Examples
    --------
    >>> rg.linalg.cond(rg.tensor([[1.0, 0.0], [0.0, 4.0]]))
    tensor(4.)
    """
    want_float("linalg.cond", input)
    want_matrix("linalg.cond", input)
    if p not in _NORMS:
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}; known are {_NORMS}")
    if p in _OF_SINGULAR_VALUES or p == "nuc" or not input.shape[-1]:
        s = svdvals(input)
        if not s.shape[-1]:
            return sum(s, -1)
        if p == "nuc":
            return sum(s, -1) * sum(1.0 / s, -1)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    check_square("linalg.cond", input._data)
    singular = slogdet(input).sign == 0
    regular = where(singular[..., None, None], _identity(input), input)
    return where(singular, math.inf, matrix_norm(input, p) * matrix_norm(inv(regular), p))


@public
def matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """How many singular values of a matrix, or of each of a batch, are above a bound; int64.

    Parameters
    ----------
    input : Tensor
        (..., m, n).
    tol : float or Tensor, optional
        The bound itself, in NumPy's manner.
    hermitian : bool
        Whether the matrices are symmetric: then eigenvalues do, which are cheaper.
    atol, rtol : float or Tensor, optional
        The bound is ``max(atol, rtol * largest)``; `rtol` is by default ``max(m, n) * eps``, or 0
        if `atol` is given.

    Examples
    --------
    >>> rg.linalg.matrix_rank(rg.ones(3, 2))
    tensor(1)
    """
    want_float("linalg.matrix_rank", input)
    want_matrix("linalg.matrix_rank", input)
    if tol is not None:
        atol, rtol = tol, 0.0
    elif rtol is None:
        rtol = precision(input) if atol is None else 0.0
    atol = 0.0 if atol is None else atol
    s = (eigvalsh(input).abs() if hermitian else svdvals(input)).detach()
    if not s.shape[-1]:
        return sum(s > 0, -1)
    bound = rtol * s.amax(-1)
    bound = where(bound < atol, atol, bound)
    return sum(s > bound[..., None], -1)


@public
def lstsq(
    input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> Any:
    """The `X` of least norm among those that minimize ``norm(input @ X - b)``, by the pseudoinverse.

    Parameters
    ----------
    input : Tensor
        (..., m, n).
    b : Tensor
        (..., m, k), or vectors (..., m) for the batch dimensions of `input`.
    rcond : float, optional
        Singular values up to ``rcond * largest`` count as zero; by default ``max(m, n) * eps``.
    driver : {"gels", "gelsy", "gelsd", "gelss"}, optional
        What PyTorch names LAPACK's algorithms by; it decides which results are given besides the
        solution, as in PyTorch. By default "gelsy".

    Returns
    -------
    solution : Tensor
        (..., n, k), or (..., n).
    residuals : Tensor
        (..., k), the squared error; empty for "gelsy" and where ``m <= n`` or the rank is below n.
    rank : Tensor
        (...), int64; empty for "gels".
    singular_values : Tensor
        (..., min(m, n)); empty but for "gelsd" and "gelss".

    Examples
    --------
    >>> A = rg.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> rg.linalg.lstsq(A, rg.tensor([1.0, 3.0, 5.0])).solution
    tensor([1.0000, 2.0000])
    """
    driver = "gelsy" if driver is None else driver
    want_float("linalg.lstsq", input, b)
    want_matrix("linalg.lstsq", input)
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got "
            f"{driver!r}"
        )
    vectors = b.shape == input.shape[:-1]
    right = as_column(b) if vectors else b
    if right.shape[:-1] != input.shape[:-1]:
        raise RuntimeError(
            f"linalg.lstsq: b must be (..., m, k) or (..., m) for an input of shape (..., m, n), got "
            f"{list(input.shape)} and {list(b.shape)}"
        )
    rtol = precision(input) if rcond is None else rcond
    solution = matmul(pinv(input, rtol=rtol), right)
    rank = matrix_rank(input, rtol=rtol)
    empty = solution.detach().new_empty(0)
    residuals = empty
    m, n = input.shape[-2:]
    if driver != "gelsy" and m > n and bool((rank == n).all()):
        residuals = sum((matmul(input, solution) - right) ** 2, -2)
    return return_types.linalg_lstsq(
        solution[..., 0] if vectors else solution,
        residuals,
        rank if driver != "gels" else rank.new_empty(0),
        svdvals(input.detach()) if driver in ("gelsd", "gelss") else empty,
    )


# The coefficients of the [13/13] Pade approximant of exp, and the 1-norm up to which it is exact to
# float64's rounding: Higham, The Scaling and Squaring Method for the Matrix Exponential Revisited,
# SIAM J. Matrix Anal. Appl. 26 (2005), tables 2.3 and 3.1.
_PADE = [
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
]  # fmt: skip
_PADE_NORM = 5.371920351148152


@public
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of a square matrix, or of each of a batch: ``I + A + A @ A / 2 + ...``.

    By scaling and squaring: a rational approximation of ``exp(A / 2**s)``, squared `s` times.

    Examples
    --------
    >>> rg.linalg.matrix_exp(rg.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    want_float("linalg.matrix_exp", input)
    want_matrix("linalg.matrix_exp", input)
    check_square("linalg.matrix_exp", input._data)
    if not input.numel():
        return input.clone()
    largest = float(input.detach().abs().sum(-2).max())
    squarings = 0
    if _PADE_NORM < largest < math.inf:
        squarings = math.ceil(math.log2(largest / _PADE_NORM))
    result = _pade(input * 0.5**squarings)
    for _ in range(squarings):
        result = matmul(result, result)
    return result


def _pade(A: Tensor) -> Tensor:
    """exp(A) for a small A: (V - U)^-1 (V + U), of the odd and the even powers of A."""
    b, one = _PADE, _identity(A)
    A2 = matmul(A, A)
    A4 = matmul(A2, A2)
    A6 = matmul(A4, A2)
    high = matmul(A6, b[13] * A6 + b[11] * A4 + b[9] * A2)
    U = matmul(A, high + b[7] * A6 + b[5] * A4 + b[3] * A2 + b[1] * one)
    high = matmul(A6, b[12] * A6 + b[10] * A4 + b[8] * A2)
    V = high + b[6] * A6 + b[4] * A4 + b[2] * A2 + b[0] * one
    return solve(V - U, V + U)


def _identity(A: Tensor) -> Tensor:
    return wrap(XP[type(A._data)].eye(A.shape[-1], dtype=A._data.dtype))
