"""Rows of a table by number: embeddings, one by one and in bags."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.autograd_core.op import Op


class Embedding(Op):
    """The rows of `weight` (V, D) at integers of any shape; `padding_idx` gets no gradient."""

    def forward(xp, weight, input, *, padding_idx):
        return weight.take(input, axis=0)

    def vjp_weight(g, input, weight_shape, padding_idx):
        return embedding_adjoint(g, input, shape=weight_shape, padding_idx=padding_idx)


class EmbeddingAdjoint(Op):
    """The adjoint of `Embedding`: rows added up at their numbers in zeros of the table's shape."""

    def forward(kernels, input, index, *, shape, padding_idx):
        rows = input.reshape(index.size, prod(shape[1:]))
        total = kernels.add_rows(rows, index.reshape(-1), shape[0]).reshape(shape)
        if padding_idx is not None:
            total[padding_idx] = 0.0
        return total

    def vjp_input(g, index, padding_idx):
        rows = embedding(g, index, padding_idx=padding_idx)
        if padding_idx is None:
            return rows
        return rows * (index != padding_idx).reshape((*index.shape, 1))


embedding: Any = Embedding.function
embedding_adjoint: Any = EmbeddingAdjoint.function

__all__: list[str] = []
