"""Diagonals and triangles of matrices."""

from __future__ import annotations

import functools
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import write_part
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import reshape_to, shape_of
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "block_diag", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "tril", "triu",
]  # fmt: skip


class Diagonal(Op, view=True):
    """A diagonal of two dimensions, which becomes the last dimension; a view."""

    def forward(xp, input, *, offset, dim1, dim2):
        # By an index, not xp.diagonal, which gives a read-only array.
        rows = xp.moveaxis(input, (dim1, dim2), (-2, -1))
        rows = rows[..., -offset:, :] if offset < 0 else rows[..., offset:]
        length = min(rows.shape[-2:])
        strides = (*rows.strides[:-2], rows.strides[-2] + rows.strides[-1])
        return xp.lib.stride_tricks.as_strided(rows, (*rows.shape[:-2], length), strides)

    def vjp_input(g, offset, dim1, dim2, input_shape):
        return undiagonal(g, input_shape, offset, dim1, dim2)


class Undiagonal(Op):
    """The adjoint of `Diagonal`: zeros of the whole shape with the values on the diagonal."""

    def forward(xp, input, *, shape, offset, dim1, dim2):
        whole = xp.zeros(shape, input.dtype)
        diagonal_of(whole, offset, dim1, dim2)[...] = input
        return whole

    def vjp_input(g, offset, dim1, dim2):
        return diagonal_of(g, offset, dim1, dim2)


class Tril(Op):
    """The lower triangle of matrices; zeros above the given diagonal."""

    def forward(xp, input, *, diagonal):
        return xp.tril(input, diagonal)

    def vjp_input(g, diagonal):
        return tril(g, diagonal)


class Triu(Op):
    """The upper triangle of matrices; zeros below the given diagonal."""

    def forward(xp, input, *, diagonal):
        return xp.triu(input, diagonal)

    def vjp_input(g, diagonal):
        return triu(g, diagonal)


def diagonal_of(input: Any, offset: int, dim1: int, dim2: int) -> Any:
    """`Diagonal` for complete arguments, tensor or array."""
    return Diagonal.function(input, offset=offset, dim1=dim1, dim2=dim2)


def undiagonal(input: Any, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Any:
    """`Undiagonal` for complete arguments, tensor or array."""
    return Undiagonal.function(input, shape=tuple(shape), offset=offset, dim1=dim1, dim2=dim2)


def _check_matrix(name: str, input: Any) -> None:
    if len(shape_of(input)) < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@public
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of a matrix or of each of a batch, zeros elsewhere.

    Parameters
    ----------
    input : Tensor
        (..., M, N)
    diagonal : int
        The highest diagonal that is kept: 0 the main one, 1 the one above.

    Examples
    --------
    >>> rg.tril(rg.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _check_matrix("tril", input)
    return Tril.function(input, diagonal=diagonal)


@public
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of a matrix or of each of a batch, zeros elsewhere.

    Parameters
    ----------
    input : Tensor
        (..., M, N)
    diagonal : int
        The lowest diagonal that is kept.

    Examples
    --------
    >>> rg.triu(rg.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    _check_matrix("triu", input)
    return Triu.function(input, diagonal=diagonal)


@public
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A diagonal of dimensions `dim1` and `dim2`, which becomes the last dimension; a view.

    Examples
    --------
    >>> rg.diagonal(rg.arange(4).reshape(2, 2))
    tensor([0, 3])
    """
    dim1, dim2 = _two_dims(dim1, dim2, len(shape_of(input)))
    return diagonal_of(input, _limited(offset, shape_of(input), dim1, dim2), dim1, dim2)


def _two_dims(dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    first, second = one_dim(dim1, ndim), one_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return first, second


def _limited(offset: int, shape: tuple[int, ...], dim1: int, dim2: int) -> int:
    """The offset of the same diagonal; of the nearest empty one where it lies outside."""
    return max(-shape[dim1], min(offset, shape[dim2]))


@public
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector as its diagonal.

    Examples
    --------
    >>> rg.diag(rg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = len(shape_of(input))
    if ndim == 1:
        return diag_embed(input, diagonal)
    if ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    limited = _limited(diagonal, shape_of(input), 0, 1)
    return diagonal_of(input, limited, 0, 1).clone()


@public
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Square matrices with the last dimension of `input` as their diagonals.

    Examples
    --------
    >>> rg.diag_embed(rg.tensor([1, 2]), offset=1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    old = shape_of(input)
    dim1, dim2 = _two_dims(dim1, dim2, len(old) + 1)
    n = old[-1] + abs(offset)
    shape = list(old[:-1])
    for d in sorted((dim1, dim2)):
        shape.insert(d, n)
    return undiagonal(input, tuple(shape), offset, dim1, dim2)


@public
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix whose diagonal holds all elements of `input`.

    Examples
    --------
    >>> rg.diagflat(rg.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape_to(input, (-1,)), offset)


@public
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy of `input` with a diagonal replaced by `src`.

    Examples
    --------
    >>> rg.diagonal_scatter(rg.zeros(2, 2), rg.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    dim1, dim2 = _two_dims(dim1, dim2, input._data.ndim)
    offset = _limited(offset, input._data.shape, dim1, dim2)
    view = functools.partial(diagonal_of, offset=offset, dim1=dim1, dim2=dim2)
    return write_part(input, src, view)


def block_diag(*tensors: Any) -> Tensor:
    """The matrix with the given matrices one after another on its diagonal.

    Numbers and vectors count as matrices of one row.

    Examples
    --------
    >>> rg.block_diag(rg.tensor([[1, 2]]), rg.tensor([[3]]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    for k, x in enumerate(tensors):
        if x._data.ndim > 2:
            raise RuntimeError(
                "block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{k} has {x._data.ndim} dimensions"
            )
    blocks = [reshape_to(x, (1, x._data.size)) if x._data.ndim < 2 else x for x in tensors]
    return BlockDiagonal.function(*blocks)


class BlockDiagonal(Op, promotes=True):
    """Matrices along the diagonal of a larger one."""

    def forward(xp, *tensors):
        rows, columns = (sum(x.shape[d] for x in tensors) for d in (0, 1))
        whole = xp.zeros((rows, columns), tensors[0].dtype)
        for x, block in zip(tensors, _blocks([x.shape for x in tensors])):
            whole[block] = x
        return whole

    def vjp_tensors(g, needs, tensors_shape):
        blocks = _blocks(tensors_shape)
        return tuple(g[b] if needed else None for needed, b in zip(needs, blocks))


def _blocks(shapes: Any) -> list[tuple[slice, slice]]:
    """Where each matrix lies in the whole."""
    found, row, column = [], 0, 0
    for height, width in shapes:
        found.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return found
