"""Linear algebra under PyTorch's names: `retrograd.linalg` and its older spellings."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.errors import LinAlgError
from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.contraction import multi_dot, vecdot
from retrograd.autograd_core.ops.contraction import vector_cross as cross
from retrograd.autograd_core.ops.decompositions import (  # type: ignore[attr-defined]
    as_column,
    check_square,
    cholesky_,
    det_,
    eigh_,
    inv_,
    pinv_,
    qr_,
    slogdet_,
    solve_,
    solve_triangular_,
    svd_,
    transposed,
)
from retrograd.autograd_core.ops.diagonals import diagonal as diagonal_
from retrograd.autograd_core.ops.diagonals import diagonal_of
from retrograd.autograd_core.ops.dims import one_dim, some_dims
from retrograd.autograd_core.ops.extrema import amax, amin
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.ops.matmul import matmul, matmul_
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import converted, sum
from retrograd.autograd_core.ops.scans import cumprod
from retrograd.autograd_core.ops.shape import expand_to, movedim, reshape_to
from retrograd.autograd_core.ops.statistics import vector_norm_
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.dtypes import to_numpy
from retrograd.backends.registry import XP

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_solve",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "inverse",
    "logdet",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "pinv",
    "pinverse",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "trace",
    "vander",
    "vecdot",
    "vector_norm",
]


def want_float(name: str, *tensors: Tensor) -> None:
    """RuntimeError unless all are floating point."""
    for x in tensors:
        if not x.dtype.is_floating_point:
            raise RuntimeError(
                f"{name}: Expected a floating point tensor as input. Got {x.dtype}: convert it "
                "first, e.g. x.float()"
            )


def want_matrix(name: str, x: Tensor) -> None:
    if x.ndim < 2:
        raise RuntimeError(
            f"{name}: The input tensor A must have at least 2 dimensions, got {x.ndim}."
        )


def precision(A: Tensor) -> float:
    """``max(m, n) * eps``, relative to which singular values of matrices (m, n) count as zero."""
    return max(A.shape[-2:]) * 2.0 ** (-52 if A._data.dtype.itemsize == 8 else -23)


# --- solutions ------------------------------------------------------------------------------------


@public
def inv(A: Tensor) -> Tensor:
    """The inverse of a square matrix, or of each of a batch.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> rg.linalg.inv(rg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    want_float("linalg.inv", A)
    return inv_(A)


@public
def inverse(input: Tensor) -> Tensor:
    """The inverse of a square matrix; an older name of `linalg.inv`.

    Examples
    --------
    >>> rg.inverse(rg.tensor([[2.0]]))
    tensor([[0.5000]])
    """
    return inv(input)


@public
def pinv(
    input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The pseudoinverse (Moore-Penrose) of a matrix, or of each of a batch.

    Singular values up to ``max(atol, rtol * largest)`` count as zero; `rtol` is by default
    ``max(input.shape[-2:]) * eps``, or 0 if `atol` is given. `rcond` is an older name of `rtol`.

    Examples
    --------
    >>> rg.linalg.pinv(rg.tensor([[1.0], [1.0]]))
    tensor([[0.5000, 0.5000]])
    """
    want_float("linalg.pinv", input)
    want_matrix("linalg.pinv", input)
    rtol = rcond if rtol is None else rtol
    if rtol is None:
        rtol = precision(input) if atol is None else 0.0
    return pinv_(input, rtol=float(rtol), atol=float(atol or 0.0))


@public
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverse of a matrix; an older name of `linalg.pinv`.

    Examples
    --------
    >>> rg.pinverse(rg.tensor([[1.0], [1.0]]))
    tensor([[0.5000, 0.5000]])
    """
    return pinv(input, rcond)


@public
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The solution ``X`` of ``A @ X = B``, or of ``X @ A = B`` if not `left`.

    Parameters
    ----------
    A : Tensor
        (..., n, n).
    B : Tensor
        (..., n, k), or vectors (..., n) if it is (n) or has the batch dimensions of `A`.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> rg.linalg.solve(rg.tensor([[2.0, 0.0], [0.0, 4.0]]), rg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    want_float("linalg.solve", A, B)
    check_square("solve", A._data)
    if B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1]):
        if not left:
            raise RuntimeError("linalg.solve: left=False needs matrices, but B holds vectors")
        if B.shape[-1] != A.shape[-1]:
            raise RuntimeError(f"linalg.solve: {_incompatible(A, B)}")
        x = solve_(A, as_column(B))
        return reshape_to(x, tuple(x.shape[:-1]))
    if B.shape[-2 if left else -1] != A.shape[-1]:
        raise RuntimeError(f"linalg.solve: {_incompatible(A, B)}")
    return solve_(A, B) if left else transposed(solve_(transposed(A), transposed(B)))


def _incompatible(A: Tensor, B: Tensor) -> str:
    return f"Incompatible shapes of A and B for the equation: {list(A.shape)} and {list(B.shape)}"


@public
def solve_triangular(
    input: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The solution of ``input @ X = B`` (``X @ input = B`` if not `left`) for a triangular `input`.

    Only the triangle that `upper` names is read, and with `unitriangular` its diagonal is ones.

    Examples
    --------
    >>> input = rg.tensor([[2.0, 7.0], [1.0, 1.0]])
    >>> rg.linalg.solve_triangular(input, rg.tensor([[2.0], [3.0]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    want_float("linalg.solve_triangular", input, B)
    check_square("solve_triangular", input._data)
    want_matrix("linalg.solve_triangular", B)
    if B.shape[-2 if left else -1] != input.shape[-1]:
        raise RuntimeError(f"linalg.solve_triangular: {_incompatible(input, B)}")
    if left:
        return solve_triangular_(input, B, upper=upper, unitriangular=unitriangular)
    pair = transposed(input), transposed(B)
    return transposed(solve_triangular_(*pair, upper=not upper, unitriangular=unitriangular))


@public
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """The solution ``X`` of ``A @ X = input`` from the Cholesky factor `input2` of ``A``.

    Examples
    --------
    >>> rg.cholesky_solve(rg.tensor([[4.0]]), rg.tensor([[2.0]]))
    tensor([[1.]])
    """
    want_float("cholesky_solve", input, input2)
    lower = transposed(input2) if upper else input2
    half = solve_triangular(lower, input, upper=False)
    return solve_triangular(transposed(lower), half, upper=True)


@public
def matrix_power(input: Tensor, n: int) -> Tensor:
    """The `n`-th power of square matrices, of the inverse for a negative `n`.

    Examples
    --------
    >>> rg.matrix_power(rg.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    check_square("matrix_power", input._data)
    if n == 0:
        xp = XP[type(input._data)]
        one = wrap(xp.eye(input.shape[-1], dtype=input._data.dtype))
        return expand_to(one, tuple(input.shape)).clone()
    base, n = (inv(input), -n) if n < 0 else (input, n)
    result: Any = None
    while True:
        if n & 1:
            result = base if result is None else matmul_(result, base)
        n >>= 1
        if not n:
            return result.clone() if result is input else result
        base = matmul_(base, base)


# --- determinants and the trace -------------------------------------------------------------------


@public
def det(input: Tensor) -> Tensor:
    """The determinant of a square matrix, or of each of a batch.

    Examples
    --------
    >>> rg.linalg.det(rg.tensor([[2.0, 1.0], [0.0, 3.0]]))
    tensor(6.)
    """
    want_float("linalg.det", input)
    return det_(input)


@public
def slogdet(input: Tensor) -> Any:
    """The sign of the determinant and the logarithm of its absolute value, as a named tuple.

    Examples
    --------
    >>> rg.linalg.slogdet(rg.tensor([[-2.0]])).sign
    tensor(-1.)
    """
    want_float("linalg.slogdet", input)
    return return_types.linalg_slogdet(*slogdet_(input))


@public
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant: -inf where it is zero, NaN where it is negative.

    Examples
    --------
    >>> rg.logdet(rg.eye(2))
    tensor(0.)
    """
    want_float("logdet", input)
    sign, logabsdet = slogdet_(input)
    return where(sign < 0, math.nan, logabsdet)


@public
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix.

    Examples
    --------
    >>> rg.trace(rg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    return sum(diagonal_of(input, 0, 0, 1))


# --- decompositions -------------------------------------------------------------------------------


@public
def cholesky(input: Tensor, *, upper: bool = False) -> Tensor:
    """The Cholesky factor of symmetric positive definite matrices.

    Returns
    -------
    Tensor
        The lower triangular ``L`` with ``input = L @ L.mT``, or the upper one, its transpose.

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.

    Examples
    --------
    >>> rg.linalg.cholesky(rg.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    want_float("linalg.cholesky", input)
    return transposed(cholesky_(transposed(input))) if upper else cholesky_(input)


@public
def eigh(input: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and orthonormal eigenvectors (in columns) of symmetric matrices.

    Only the lower triangle is read, or the upper if `UPLO` is "U". The gradient by the eigenvectors
    is finite only where no eigenvalue is repeated.

    Examples
    --------
    >>> rg.linalg.eigh(rg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    want_float("linalg.eigh", input)
    return return_types.linalg_eigh(*eigh_(input, upper=_is_upper(UPLO)))


@public
def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues, ascending, of symmetric matrices; see `eigh`.

    Examples
    --------
    >>> rg.linalg.eigvalsh(rg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    want_float("linalg.eigvalsh", input)
    return eigh_(input, upper=_is_upper(UPLO))[0]


def _is_upper(uplo: str) -> bool:
    if uplo.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    return uplo.upper() == "U"


@public
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """The singular value decomposition ``A = U @ diag(S) @ Vh`` as a named tuple.

    Parameters
    ----------
    A : Tensor
        (..., m, n).
    full_matrices : bool
        Make ``U`` (m, m) and ``Vh`` (n, n) square; else they have min(m, n) columns and rows.
    driver : str, optional
        Changes nothing here.

    Examples
    --------
    >>> rg.linalg.svd(rg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    want_float("linalg.svd", A)
    want_matrix("linalg.svd", A)
    square = A.shape[-1] == A.shape[-2]
    return return_types.linalg_svd(*svd_(A, full=full_matrices and not square))


@public
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, descending, of a matrix or of each of a batch.

    Examples
    --------
    >>> rg.linalg.svdvals(rg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    want_float("linalg.svdvals", A)
    want_matrix("linalg.svdvals", A)
    return svd_(A, full=False)[1]


@public
def qr(A: Tensor, mode: str = "reduced") -> Any:
    """The decomposition ``A = Q @ R`` as a named tuple.

    Parameters
    ----------
    A : Tensor
        (..., m, n).
    mode : {"reduced", "complete", "r"}
        ``Q`` with min(m, n) columns, with m columns, or empty. Gradients of a tall matrix need
        "reduced".

    Examples
    --------
    >>> rg.linalg.qr(rg.tensor([[-2.0]])).R.abs()
    tensor([[2.]])
    """
    want_float("linalg.qr", A)
    want_matrix("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced', 'r', or "
            "'complete'"
        )
    if mode == "r":
        R = qr_(A, complete=False)[1].detach()
        return return_types.linalg_qr(wrap(XP[type(A._data)].zeros((0,), A._data.dtype)), R)
    complete = mode == "complete" and A.shape[-2] > A.shape[-1]
    return return_types.linalg_qr(*qr_(A, complete=complete))


# --- norms ----------------------------------------------------------------------------------------


@public
def vector_norm(
    input: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """``sum(abs(input)**ord)**(1 / ord)`` of all elements, or over the given dimensions.

    Parameters
    ----------
    ord : float
        The order; inf and -inf give the largest and smallest absolute value, 0 counts what is not
        zero.

    Examples
    --------
    >>> rg.linalg.vector_norm(rg.tensor([3.0, -4.0]))
    tensor(5.)
    """
    want_float("linalg.vector_norm", input)
    input = input if dtype is None else converted(input, dtype)
    return vector_norm_(input, ord=float(ord), dim=some_dims(dim, input.ndim), keepdim=keepdim)


@public
def matrix_norm(
    input: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of matrices.

    Parameters
    ----------
    ord : {"fro", "nuc", inf, -inf, 1, -1, 2, -2}
        Frobenius; the sum of the singular values; the largest or smallest sum of absolute values
        over rows (inf) or columns (1); the largest or smallest singular value (2).
    dim : tuple of two ints
        The dimensions of the matrices.

    Examples
    --------
    >>> rg.linalg.matrix_norm(rg.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(5.)
    """
    want_float("linalg.matrix_norm", input)
    input = input if dtype is None else converted(input, dtype)
    want_matrix("linalg.matrix_norm", input)
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    rows, columns = (one_dim(d, input.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return vector_norm_(input, ord=2.0, dim=(rows, columns), keepdim=keepdim)
    if ord in ("nuc", 2, -2):
        values = svd_(movedim(input, (rows, columns), (-2, -1)), full=False)[1]
        result = {"nuc": sum, 2: amax, -2: amin}[ord](values, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        over = columns if math.isinf(ord) else rows
        sums = vector_norm_(input, ord=1.0, dim=(over,), keepdim=True)
        result = (amax if ord > 0 else amin)(sums, (rows, columns), False)
    else:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if not keepdim:
        return result
    shape = [1 if k in (rows, columns) else n for k, n in enumerate(input.shape)]
    return reshape_to(result, tuple(shape))


@public
def norm(
    input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of vectors, or of matrices if `ord` is given for two dimensions.

    Without `ord` the 2-norm of all elements, or over the dimensions `dim`; with it `vector_norm`
    over one dimension and `matrix_norm` over two.

    Examples
    --------
    >>> rg.linalg.norm(rg.tensor([[3.0, 0.0], [0.0, 4.0]])), rg.linalg.norm(rg.eye(2), "nuc")
    (tensor(5.), tensor(2.))
    """
    if ord is None:
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    if dim is None and input.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
            f"{input.ndim}D."
        )
    dims = some_dims(dim, input.ndim)
    if isinstance(ord, str) or len(dims) == 2:
        return matrix_norm(input, ord, dims, keepdim, dtype=dtype)
    return vector_norm(input, ord, dims, keepdim, dtype=dtype)


# --- others ---------------------------------------------------------------------------------------


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices in the last two dimensions, by default; a view.

    Examples
    --------
    >>> rg.linalg.diagonal(rg.eye(2))
    tensor([1., 1.])
    """
    return diagonal_(A, offset, dim1, dim2)


@public
def vander(x: Tensor, N: int | None = None) -> Tensor:
    """The Vandermonde matrix: powers 0 to ``N - 1`` of each element, in a new last dimension.

    Examples
    --------
    >>> rg.linalg.vander(rg.tensor([2.0, 3.0]), 3)
    tensor([[1., 2., 4.],
            [1., 3., 9.]])
    """
    if to_numpy(x.dtype).kind == "b":
        raise RuntimeError("linalg.vander: does not support bool input: use x.int()")
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(f"N must be greater than 1, got {count}.")
    powers = expand_to(as_column(x), (*x.shape, count - 1))
    ones = x.new_ones((*x.shape, 1))
    return cumprod(cat([ones, powers], -1), -1)
