"""Distances and similarities of vectors, in pairs or each with each."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.elementwise import sqrt
from retrograd.autograd_core.ops.indexing import index_of
from retrograd.autograd_core.ops.matmul import matmul
from retrograd.autograd_core.ops.reduction import sum_
from retrograd.autograd_core.ops.rounding import clamp
from retrograd.autograd_core.ops.shape import reshape_to, transpose
from retrograd.autograd_core.ops.statistics import vector_norm_
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.registry import XP

__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]


def _norm(x: Tensor, p: float, dim: int, keepdim: bool = False) -> Tensor:
    return vector_norm_(x, ord=float(p), dim=(one_dim(dim, x.ndim),), keepdim=keepdim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The norm of order `p` of ``x1 - x2 + eps`` along the last dimension.

    Parameters
    ----------
    x1, x2 : Tensor
        (N, D) or (D,); broadcast against each other.
    eps : float
        Added to the differences, so that equal vectors have a gradient.

    Examples
    --------
    >>> rg.pairwise_distance(rg.tensor([[0.0, 0.0]]), rg.tensor([[3.0, 4.0]]))
    tensor([5.0000])
    """
    return _norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along `dim`.

    Parameters
    ----------
    x1, x2 : Tensor
        Broadcast against each other.
    eps : float
        The least length that is divided by.

    Examples
    --------
    >>> rg.cosine_similarity(rg.tensor([1.0, 0.0]), rg.tensor([1.0, 1.0]), dim=0)
    tensor(0.7071)
    """
    if not (x1.dtype.is_floating_point and x2.dtype.is_floating_point):
        raise RuntimeError(
            f"cosine_similarity(): expected floating point inputs, got {x1.dtype} and {x2.dtype}"
        )
    ndim = max(x1.ndim, x2.ndim, 1)
    dim = one_dim(dim, ndim) - ndim
    return (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """Vectors over their lengths; the floor `eps` has no part in the gradient, as in PyTorch."""
    if -dim > x.ndim:
        x = reshape_to(x, ((1,) * (-dim - x.ndim) + tuple(x.shape)))
    length = _norm(x, 2.0, dim, keepdim=True)
    return x / (length + (clamp(length, min=eps) - length).detach())


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances of all pairs of the rows of (N, D), as (N (N - 1) / 2,).

    Examples
    --------
    >>> rg.pdist(rg.tensor([[0.0], [1.0], [3.0]]))
    tensor([1., 3., 2.])
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    _check_order("pdist", p)
    first, second = XP[type(input._data)].triu_indices(input.shape[0], 1)
    return _norm(index_of(input, (first,)) - index_of(input, (second,)), p, -1)


def _check_order(name: str, p: float) -> None:
    if p < 0:
        raise RuntimeError(f"{name} only supports non-negative p values, got {p}")


def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The distances of each row of `x1` from each row of `x2`.

    Parameters
    ----------
    x1, x2 : Tensor
        (..., P, D) and (..., R, D).
    p : float
        The order of the norm.
    compute_mode : str
        Whether Euclidean distances may be computed by a matrix product, which is faster and less
        exact: by default for more than 25 rows; or "use_mm_for_euclid_dist" or
        "donot_use_mm_for_euclid_dist".

    Returns
    -------
    Tensor
        (..., P, R).

    Examples
    --------
    >>> rg.cdist(rg.tensor([[0.0, 0.0]]), rg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"cdist(): expected (..., P, D) and (..., R, D) with the same D, got shapes "
            f"{list(x1.shape)} and {list(x2.shape)}"
        )
    if not (x1.dtype.is_floating_point and x2.dtype.is_floating_point):
        raise RuntimeError(
            f"cdist only supports floating-point dtypes, got {x1.dtype} and {x2.dtype}"
        )
    _check_order("cdist", p)
    modes: dict[str, bool] = {
        "use_mm_for_euclid_dist_if_necessary": max(x1.shape[-2], x2.shape[-2]) > 25,
        "use_mm_for_euclid_dist": True,
        "donot_use_mm_for_euclid_dist": False,
    }
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    if p == 2 and modes[compute_mode]:
        return _by_product(x1, x2)
    return _norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)


def _by_product(x1: Tensor, x2: Tensor) -> Tensor:
    """Euclidean distances as ``sqrt(|a|**2 + |b|**2 - 2 a b)``; of equal rows with gradient 0."""
    squares: list[Any] = [sum_(x * x, dim=(x.ndim - 1,), keepdim=True) for x in (x1, x2)]
    total = squares[0] + transpose(squares[1], -1, -2) - 2 * matmul(x1, transpose(x2, -1, -2))
    apart = total > 0
    return where(apart, sqrt(where(apart, total, 1.0)), 0.0)
