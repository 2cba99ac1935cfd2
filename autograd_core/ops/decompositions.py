"""The primitives of linear algebra: inverse, solutions, determinants and decompositions.

Each takes matrices in the last two dimensions and any number of batch dimensions in front. The
rules are those of M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), in a form that covers batches, wide and tall matrices too.
"""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.errors import LinAlgError
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.diagonals import diagonal_of, tril, triu, undiagonal
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.joining import Cat
from retrograd.autograd_core.ops.matmul import check_types, fit, matmul_, transposed
from retrograd.autograd_core.ops.shape import broadcast_shapes, reshape_to
from retrograd.backends.registry import backend_of

# --- inverse, solutions, determinants -----------------------------------------------------------


class Inv(Op):
    """The inverse of square matrices."""

    def forward(xp, input):
        return attempt(xp.linalg.inv, "inv", input)

    def vjp_input(g, out):
        adjoint = transposed(out)
        return -matmul_(matmul_(adjoint, g), adjoint)


class Pinv(Op):
    """The Moore-Penrose inverse; singular values up to `rtol` times the largest count as zero."""

    def forward(xp, input, *, rtol, atol):
        u, s, vh = attempt_svd(xp, input, False)
        largest = s.max(axis=-1, keepdims=True) if s.shape[-1] else s
        kept = s > xp.maximum(rtol * largest, atol)
        inverse = xp.where(kept, 1.0 / xp.where(kept, s, 1), 0).astype(input.dtype)
        return xp.matmul(vh.swapaxes(-1, -2) * inverse[..., None, :], u.swapaxes(-1, -2))

    def vjp_input(g, input, out):
        # Golub and Pereyra (1973); the three terms are the inverse and the two null spaces.
        adjoint, gt = transposed(out), transposed(g)
        outside = gt - matmul_(input, matmul_(out, gt))
        inside = gt - matmul_(matmul_(gt, out), input)
        return (
            matmul_(outside, matmul_(out, adjoint))
            + matmul_(matmul_(adjoint, out), inside)
            - transposed(matmul_(matmul_(out, gt), out))
        )


class Solve(Op):
    """``X`` with ``A @ X = B``; batch dimensions are broadcast."""

    def forward(xp, A, B):
        check_types("linalg.solve", A, B)
        return solution(xp, "solve", A, B)

    def vjp_A(g, A, out, A_shape):
        return fit(-matmul_(solve_(transposed(A), g), transposed(out)), A_shape)

    def vjp_B(g, A, B_shape):
        return fit(solve_(transposed(A), g), B_shape)

    def fused(xp, g, needs, A, B, out):
        grad_b = solution(xp, "solve", A.swapaxes(-1, -2), g)
        grad_a = fit(-xp.matmul(grad_b, out.swapaxes(-1, -2)), A.shape) if needs[0] else None
        return grad_a, fit(grad_b, B.shape) if needs[1] else None


class SolveTriangular(Op):
    """``X`` with ``A @ X = B`` for the upper or lower triangle of `A`."""

    def forward(xp, A, B, *, upper, unitriangular):
        check_types("linalg.solve_triangular", A, B)
        triangle = xp.triu(A) if upper else xp.tril(A)
        if unitriangular:
            one = xp.eye(A.shape[-1], dtype=A.dtype)
            triangle = triangle * (1 - one) + one
        return solution(xp, "solve_triangular", triangle, B)

    def vjp_A(g, A, out, A_shape, upper, unitriangular):
        pulled = solve_triangular_(transposed(A), g, upper=not upper, unitriangular=unitriangular)
        full = fit(-matmul_(pulled, transposed(out)), A_shape)
        inward = int(unitriangular)
        return triu(full, inward) if upper else tril(full, -inward)

    def vjp_B(g, A, B_shape, upper, unitriangular):
        pulled = solve_triangular_(transposed(A), g, upper=not upper, unitriangular=unitriangular)
        return fit(pulled, B_shape)


class Det(Op):
    """The determinant of square matrices."""

    def forward(xp, input):
        check_square("det", input)
        return xp.linalg.det(input)

    def vjp_input(g, input, out):
        return as_matrix(g) * cofactors(input, out)


class Slogdet(Op, outputs=("sign", "logabsdet"), zeros=False):
    """The sign of the determinant and the logarithm of its absolute value."""

    def forward(xp, input):
        check_square("slogdet", input)
        return tuple(xp.linalg.slogdet(input))

    def vjp_input(g_logabsdet, input, logabsdet):
        if g_logabsdet is None:
            return input * 0.0
        # 0, but NaN for a singular matrix: it has no inverse, and no gradient.
        gap = as_matrix(logabsdet - logabsdet)
        return as_matrix(g_logabsdet) * transposed(inv_(input + gap))


# --- decompositions -----------------------------------------------------------------------------


class Cholesky(Op):
    """The lower triangular `L` with ``L @ L.mT = input``."""

    def forward(xp, input):
        check_square("cholesky", input)
        return attempt(xp.linalg.cholesky, "cholesky", input)

    def vjp_input(g, out):
        middle = halved_diagonal(tril(matmul_(transposed(out), g)))
        middle = middle + transposed(middle)
        left = solve_triangular_(transposed(out), middle, upper=True, unitriangular=False)
        right = solve_triangular_(
            transposed(out), transposed(left), upper=True, unitriangular=False
        )
        return transposed(right) * 0.5


class Eigh(Op, outputs=("eigenvalues", "eigenvectors"), keeps=("one",), zeros=False):
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices."""

    def forward(xp, input, *, upper):
        check_square("eigh", input)
        values, vectors = xp.linalg.eigh(input, "U" if upper else "L")
        return values, vectors, xp.eye(input.shape[-1], dtype=input.dtype)

    def vjp_input(g_eigenvalues, g_eigenvectors, eigenvalues, eigenvectors, one):
        adjoint = transposed(eigenvectors)
        if g_eigenvectors is None:
            return matmul_(eigenvectors * as_row(g_eigenvalues), adjoint)
        gaps = as_row(eigenvalues) - as_column(eigenvalues) + one
        middle = matmul_(adjoint, g_eigenvectors) / gaps * (1.0 - one)
        if g_eigenvalues is not None:
            middle = middle + undiagonal_of(g_eigenvalues)
        return matmul_(matmul_(eigenvectors, middle), adjoint)


class Svd(Op, outputs=("U", "S", "Vh"), keeps=("one",), zeros=False):
    """``U``, ``S``, ``Vh`` with ``input = U @ diag(S) @ Vh``; `full` makes ``U``, ``Vh`` square."""

    def forward(xp, input, *, full):
        u, s, vh = attempt_svd(xp, input, full)
        return u, s, vh, xp.eye(s.shape[-1], dtype=input.dtype)

    def vjp_input(g_U, g_S, g_Vh, U, S, Vh, one, full):
        if g_U is None and g_Vh is None and not full:
            return matmul_(U * as_row(g_S), Vh)
        columns, rows = (
            (..., slice(None, S.shape[-1])),
            (..., slice(None, S.shape[-1]), slice(None)),
        )
        if full:
            U, Vh = slice_of(U, columns), slice_of(Vh, rows)
            g_U = None if g_U is None else slice_of(g_U, columns)
            g_Vh = None if g_Vh is None else slice_of(g_Vh, rows)
        squares = S * S
        gaps = as_row(squares) - as_column(squares) + one
        middle = undiagonal_of(S * 0.0 if g_S is None else g_S)
        outside = None
        if g_U is not None:
            inside = matmul_(transposed(U), g_U)
            middle = middle + skew(inside) / gaps * as_row(S)
            if U.shape[-2] > U.shape[-1]:
                outside = matmul_((g_U - matmul_(U, inside)) / as_row(S), Vh)
        if g_Vh is not None:
            inside = matmul_(g_Vh, transposed(Vh))
            middle = middle - as_column(S) * skew(inside) / gaps
            if Vh.shape[-1] > Vh.shape[-2]:
                more = matmul_(U, (g_Vh - matmul_(inside, Vh)) / as_column(S))
                outside = more if outside is None else outside + more
        whole = matmul_(matmul_(U, middle), Vh)
        return whole if outside is None else whole + outside


class Qr(Op, outputs=("Q", "R"), zeros=False):
    """``Q`` with orthonormal columns and upper triangular ``R``; `complete` makes ``Q`` square."""

    def forward(xp, input, *, complete):
        return tuple(xp.linalg.qr(input, "complete" if complete else "reduced"))

    def vjp_input(g_Q, g_R, input, Q, R, complete):
        if complete:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and "
                "nrows > ncols: use mode='reduced'"
            )
        rows, columns = R.shape[-2:]
        g_Q = Q * 0.0 if g_Q is None else g_Q
        g_R = R * 0.0 if g_R is None else g_R
        if rows == columns:
            return _qr_vjp(g_Q, g_R, Q, R)
        # Wide: the square part decides Q, and R's rest is Q.mT @ rest.
        square, rest = (..., slice(None, rows)), (..., slice(rows, None))
        g_rest = slice_of(g_R, rest)
        g_Q = g_Q + matmul_(slice_of(input, rest), transposed(g_rest))
        first = _qr_vjp(g_Q, slice_of(g_R, square), Q, slice_of(R, square))
        return joined(first, matmul_(Q, g_rest))


def _qr_vjp(g_Q: Any, g_R: Any, Q: Any, R: Any) -> Any:
    """The gradient of a matrix with at least as many rows as columns."""
    middle = triu(matmul_(g_R, transposed(R)) - matmul_(transposed(Q), g_Q))
    middle = halved_diagonal(middle)
    whole = g_Q + matmul_(Q, middle + transposed(middle))
    return transposed(solve_triangular_(R, transposed(whole), upper=True, unitriangular=False))


inv_ = Inv.function
pinv_ = Pinv.function
solve_ = Solve.function
solve_triangular_ = SolveTriangular.function
det_ = Det.function
slogdet_ = Slogdet.function
cholesky_ = Cholesky.function
eigh_ = Eigh.function
svd_ = Svd.function
qr_ = Qr.function


# --- parts of the rules: tensors and raw arrays -------------------------------------------------


def as_row(x: Any) -> Any:
    """Vectors as matrices of one row."""
    return reshape_to(x, (*x.shape[:-1], 1, x.shape[-1]))


def as_column(x: Any) -> Any:
    """Vectors as matrices of one column."""
    return reshape_to(x, (*x.shape, 1))


def as_matrix(x: Any) -> Any:
    """Numbers as matrices of one element."""
    return reshape_to(x, (*x.shape, 1, 1))


def undiagonal_of(x: Any) -> Any:
    """Square matrices with `x` on their diagonals."""
    n = len(x.shape)
    return undiagonal(x, (*x.shape, x.shape[-1]), 0, n - 1, n)


def halved_diagonal(x: Any) -> Any:
    """Square matrices with half of their diagonal."""
    n = len(x.shape)
    return x - undiagonal_of(diagonal_of(x, 0, n - 2, n - 1) * 0.5)


def skew(x: Any) -> Any:
    """``x - x.mT``."""
    return x - transposed(x)


def joined(*matrices: Any) -> Any:
    """Matrices or vectors side by side."""
    return Cat.function(*matrices, dim=len(matrices[0].shape) - 1)


def cofactors(input: Any, det: Any) -> Any:
    """The derivative of the determinant, for singular matrices too."""
    values = getattr(det, "_data", det)
    if (values != 0).all():
        return as_matrix(det) * transposed(inv_(input))
    # By the singular values: each is replaced by the product of the others.
    U, S, Vh = svd_(input, full=False)
    return as_matrix(det_(U) * det_(Vh)) * matmul_(U * as_row(_products_of_others(S)), Vh)


def _products_of_others(s: Any) -> Any:
    """For each element along the last dimension the product of all others."""
    columns = [slice_of(s, (..., slice(k, k + 1))) for k in range(s.shape[-1])]
    products = []
    for k, column in enumerate(columns):
        others = [c for j, c in enumerate(columns) if j != k]
        product = column * 0.0 + 1.0
        for other in others:
            product = product * other
        products.append(product)
    return joined(*products)


# --- checks -------------------------------------------------------------------------------------


def check_square(name: str, x: Any) -> None:
    """RuntimeError unless `x` holds square matrices."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they have shape "
            f"{list(x.shape)}"
        )


def attempt(function: Any, name: str, *matrices: Any) -> Any:
    """Call a function of the array module's linalg; what it refuses is a LinAlgError."""
    check_square(name, matrices[0])
    try:
        with backend_of(matrices[0]).checked_linalg():
            return function(*matrices)
    except ValueError as error:
        text = str(error)
        failed = "devInfo" in text  # what CuPy says, whatever the reason
        if "positive definite" in text or (failed and name == "cholesky"):
            raise LinAlgError(
                "linalg.cholesky: The factorization could not be completed because the input is "
                "not positive-definite; add a small multiple of the identity if it nearly is"
            ) from error
        if "Singular" in text or failed:
            raise LinAlgError(
                f"linalg.{name}: the operation could not be completed because the input matrix is "
                "singular; linalg.pinv() gives the inverse of what can be inverted"
            ) from error
        raise


def solution(xp: Any, name: str, a: Any, b: Any) -> Any:
    """``x`` with ``a @ x = b`` for raw arrays, batch dimensions broadcast."""
    if a.shape[:-2] != b.shape[:-2]:
        # NumPy does it by itself, CuPy does not.
        lead = broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a = xp.broadcast_to(a, (*lead, *a.shape[-2:]))
        b = xp.broadcast_to(b, (*lead, *b.shape[-2:]))
    return attempt(xp.linalg.solve, name, a, b)


def attempt_svd(xp: Any, matrices: Any, full: bool) -> Any:
    """The singular value decomposition; LinAlgError if it does not converge."""
    try:
        with backend_of(matrices).checked_linalg():
            return xp.linalg.svd(matrices, full_matrices=full)
    except ValueError as error:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained "
            "non-finite values."
        ) from error
