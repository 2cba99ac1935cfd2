"""Decompositions of matrices by the names they had before `retrograd.linalg`, with those arguments."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.ops import linalg, return_types
from retrograd.autograd_core.ops.decompositions import check_square
from retrograd.autograd_core.ops.matmul import transposed
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Tensor

__all__ = ["cholesky", "cholesky_inverse", "qr", "svd"]


@public
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`linalg.cholesky`: ``L`` with ``input = L @ L.mT``, or its transpose.

    Examples
    --------
    >>> rg.cholesky(rg.tensor([[4.0]]))
    tensor([[2.]])
    """
    return linalg.cholesky(input, upper=upper)


@public
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of the matrix whose Cholesky factor is `input`.

    Examples
    --------
    >>> rg.cholesky_inverse(rg.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    linalg.want_float("cholesky_inverse", input)
    check_square("cholesky_inverse", input)
    lower = transposed(input) if upper else input
    one = input.new_zeros(input.shape)
    one.diagonal(dim1=-2, dim2=-1).fill_(1)
    half = linalg.solve_triangular(lower, one, upper=False)
    return transposed(half) @ half


@public
def qr(input: Tensor, some: bool = True) -> Any:
    """`linalg.qr`: ``input = Q @ R``; ``Q`` is square unless `some`.

    Examples
    --------
    >>> rg.qr(rg.eye(3)[:, :2]).Q.shape
    retrograd.Size([3, 2])
    """
    return return_types.qr(*linalg.qr(input, "reduced" if some else "complete"))


@public
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """`linalg.svd` with ``V`` for ``Vh``: ``input = U @ diag(S) @ V.mT``.

    Parameters
    ----------
    input : Tensor
        (..., m, n).
    some : bool
        Only the first min(m, n) columns of ``U`` and ``V``.
    compute_uv : bool
        False for the singular values alone, with zeros for ``U`` and ``V``.

    Examples
    --------
    >>> U, S, V = rg.svd(rg.tensor([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]]))
    >>> S, U.shape, V.shape
    (tensor([4., 3.]), retrograd.Size([3, 2]), retrograd.Size([2, 2]))
    """
    if not compute_uv:
        *lead, m, n = input.shape
        U, V = input.new_zeros((*lead, m, m)), input.new_zeros((*lead, n, n))
        return return_types.svd(U, linalg.svdvals(input), V)
    U, S, Vh = linalg.svd(input, full_matrices=not some)
    return return_types.svd(U, S, transposed(Vh))
