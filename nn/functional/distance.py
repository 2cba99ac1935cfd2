"""Distances and similarities of vectors, and vectors scaled to length one."""

from __future__ import annotations

from retrograd.autograd_core.ops.distances import cosine_similarity, pairwise_distance, pdist
from retrograd.autograd_core.ops.statistics import norm
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import write_out

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Vectors along `dim` divided by their norm of order `p`, or by `eps` if that is larger.

    Examples
    --------
    >>> rg.nn.functional.normalize(rg.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    result = input / norm(input, p, dim, keepdim=True).clamp_min(eps)
    return result if out is None else write_out(out, result)
