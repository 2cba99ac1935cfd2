"""Tensors put together and taken apart: cat, stack, split, unbind and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from retrograd.autograd_core.changes import tick
from retrograd.autograd_core.cotangents import split as split_cotangents
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import Slice, slice_of
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import atleast_1d, atleast_2d, atleast_3d, reshape_to
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.autograd_core.views import note_view
from retrograd.backends.dtypes import result_dtype

__all__ = [
    "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit", "dstack", "hsplit", "hstack",
    "row_stack", "split", "split_with_sizes", "stack", "tensor_split", "unbind", "vsplit", "vstack",
]  # fmt: skip


class Cat(Op, promotes=True):
    """Arrays one after another along a dimension."""

    def forward(xp, *tensors, dim):
        return xp.concatenate(tensors, axis=dim)

    def vjp_tensors(g, needs, tensors_shape, dim):
        start = 0
        parts = []
        for needed, shape in zip(needs, tensors_shape, strict=True):
            stop = start + shape[dim]
            parts.append(slice_of(g, at(dim, slice(start, stop))) if needed else None)
            start = stop
        return tuple(parts)

    def fused(xp, g, needs, tensors_shape, dim):
        lead, ends = (slice(None),) * dim, [*accumulate([s[dim] for s in tensors_shape], initial=0)]
        return [
            g[(*lead, slice(*bounds))] if needed else None
            for needed, bounds in zip(needs, pairwise(ends), strict=True)
        ]


class Stack(Op, promotes=True):
    """Arrays of one shape beside each other along a new dimension."""

    def forward(xp, *tensors, dim):
        shape = tensors[0].shape
        layer = (*shape[:dim], 1, *shape[dim:])
        return xp.concatenate([x.reshape(layer) for x in tensors], axis=dim)

    def vjp_tensors(g, needs, dim):
        return tuple(slice_of(g, at(dim, k)) if needed else None for k, needed in enumerate(needs))

    def fused(xp, g, needs, dim):
        lead = (slice(None),) * dim
        return [g[(*lead, k, ...)] if needed else None for k, needed in enumerate(needs)]


def at(dim: int, part: Any) -> tuple[Any, ...]:
    """The basic index that takes `part` of dimension `dim`."""
    return (*[slice(None)] * dim, part)


@public
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors one after another along an existing dimension.

    Parameters
    ----------
    tensors : sequence of Tensor
        Equal in shape but for dimension `dim`; empty vectors are left out.
    dim : int

    Examples
    --------
    >>> rg.cat([rg.zeros(1, 2), rg.ones(2, 2)]).shape
    retrograd.Size([3, 2])
    """
    parts = _tensors("cat", tensors)
    if (0,) in [t._data.shape for t in parts]:
        kind = result_dtype(*(t._data for t in parts))
        parts = [t for t in parts if t._data.shape != (0,)] or parts[:1]
        parts[0] = cast(parts[0], dtype=kind)
    ndim = parts[0]._data.ndim
    if ndim == 0:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    dim = one_dim(dim, ndim)
    try:
        return Cat.function(*parts, dim=dim)
    except ValueError as error:
        raise RuntimeError(_mismatch(parts, dim)) from error


def _mismatch(parts: list[Tensor], dim: int) -> str:
    """What to say when shapes differ in other dimensions than `dim`."""
    first = parts[0]._data.shape
    for number, t in enumerate(parts):  # noqa: B007 - the loop looks for it
        other = t._data.shape
        if len(other) != len(first) or any(
            a != b for d, (a, b) in enumerate(zip(first, other, strict=True)) if d != dim
        ):
            break
    return (
        f"Sizes of tensors must match except in dimension {dim}. Got {list(other)} for tensor "
        f"number {number} in the list, expected {list(first)} apart from dimension {dim}"
    )


concat = concatenate = cat


@public
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors of one shape beside each other along a new dimension.

    Examples
    --------
    >>> rg.stack([rg.zeros(2), rg.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    parts = _tensors("stack", tensors)
    first = parts[0]._data.shape
    for k, t in enumerate(parts):
        if t._data.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(t.shape)} at entry {k}"
            )
    return Stack.function(*parts, dim=one_dim(dim, len(first) + 1))


def _tensors(name: str, tensors: Any) -> list[Tensor]:
    """A non-empty sequence of tensors as a list, or an error that says what came."""
    if isinstance(tensors, Tensor):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor"
        )
    parts = list(tensors)
    for k, t in enumerate(parts):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"{name}(): expected Tensor as element {k} in argument 0, but got {type(t).__name__}"
            )
    if not parts:
        kind = ValueError if name == "cat" else RuntimeError
        raise kind(f"{name}(): expected a non-empty list of Tensors")
    return parts


@public
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side: along dimension 1, or 0 for vectors.

    Examples
    --------
    >>> rg.hstack([rg.tensor([1, 2]), rg.tensor([3])])
    tensor([1, 2, 3])
    """
    parts = atleast_1d(*_tensors("hstack", tensors))
    parts = parts if isinstance(parts, tuple) else (parts,)
    return cat(parts, 0 if parts[0]._data.ndim == 1 else 1)


@public
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Below each other: along dimension 0, vectors as rows.

    Examples
    --------
    >>> rg.vstack([rg.tensor([1, 2]), rg.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    parts = atleast_2d(*_tensors("vstack", tensors))
    return cat(parts if isinstance(parts, tuple) else (parts,), 0)


row_stack = vstack


@public
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Behind each other: along dimension 2.

    Examples
    --------
    >>> rg.dstack([rg.tensor([1, 2]), rg.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    parts = atleast_3d(*_tensors("dstack", tensors))
    return cat(parts if isinstance(parts, tuple) else (parts,), 2)


@public
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side, vectors as columns.

    Examples
    --------
    >>> rg.column_stack([rg.tensor([1, 2]), rg.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    parts = _tensors("column_stack", tensors)
    return hstack([reshape_to(t, (t._data.size, 1)) if t._data.ndim <= 1 else t for t in parts])


# --- taking apart -----------------------------------------------------------------------------------


@public
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All slices along a dimension, each without it; views.

    Examples
    --------
    >>> rg.unbind(rg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if input._data.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = one_dim(dim, input._data.ndim)
    indices = [at(dim, k) for k in range(input._data.shape[dim])]
    return _pieces(Unbind, input, indices, {"dim": dim})


class Unbind(Op):
    """All slices along a dimension; one node for all of them."""

    def forward(xp, input, *, dim):
        return [input[at(dim, k)] for k in range(input.shape[dim])]

    def vjp_input(g, dim, input_shape, input_dtype):
        shape = input_shape[:dim] + input_shape[dim + 1 :]
        parts = split_cotangents(g, [(shape, input_dtype)] * input_shape[dim], True)
        return Stack.function(*parts, dim=dim)


class Split(Op):
    """Consecutive pieces along a dimension; one node for all of them."""

    def forward(xp, input, *, indices, dim):
        return [input[index] for index in indices]

    def vjp_input(g, indices, dim, input_shape, input_dtype):
        lengths = [index[dim].stop - index[dim].start for index in indices]
        shapes = [(*input_shape[:dim], n, *input_shape[dim + 1 :]) for n in lengths]
        parts = split_cotangents(g, [(shape, input_dtype) for shape in shapes], True)
        return Cat.function(*parts, dim=dim)


def _split_at(input: Tensor, bounds: list[tuple[int, int]], dim: int) -> tuple[Tensor, ...]:
    """The pieces between `bounds`, which follow on each other, as views from one node."""
    indices = [at(dim, slice(*b)) for b in bounds]
    return _pieces(Split, input, indices, {"indices": indices, "dim": dim})


def _pieces(
    op: type[Op], input: Tensor, indices: list[tuple[Any, ...]], attributes: dict[str, Any]
) -> tuple[Tensor, ...]:
    """Views of `input` at `indices`; all of them outputs of one node."""
    data = input._data
    pieces = [wrap(data[(*index, Ellipsis)]) for index in indices]
    if state.grad and input.requires_grad:
        attributes = {**attributes, "input_shape": data.shape, "input_dtype": data.dtype}
        saved = tuple([attributes[name] for name in op.saved_names])
        shapes = tuple([piece._data.shape for piece in pieces])
        node = Node(op, (input._node or input,), saved, shapes, tick())
        for k, piece in enumerate(pieces):
            piece._node, piece._requires_grad = op.pick(node, k, shapes[k]), True
    for index, piece in zip(indices, pieces, strict=True):
        # As if it were made by itself, which is what a later write to the input makes it.
        note_view(Slice, input, piece, {"index": (*index, Ellipsis)})
    if state.watcher is not None:
        state.watcher.check_forward(op, tuple(pieces), (input,))
    return tuple(pieces)


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces of one size (the last may be smaller), or of given sizes, along a dimension; views.

    Examples
    --------
    >>> rg.split(rg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not isinstance(split_size_or_sections, int):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    size = split_size_or_sections
    dim = one_dim(dim, tensor._data.ndim)
    length = tensor._data.shape[dim]
    if size < 0 or (size == 0 and length):
        raise RuntimeError(
            f"split expects split_size be positive (or zero for an empty dimension), got {size}"
        )
    count = max(1, -(-length // size)) if size else 1
    bounds = [(k * size, min((k + 1) * size, length)) for k in range(count)]
    return _split_at(tensor, bounds, dim)


@public
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive pieces of given sizes along a dimension; views.

    Examples
    --------
    >>> rg.split_with_sizes(rg.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    dim = one_dim(dim, input._data.ndim)
    length = input._data.shape[dim]
    sizes = [int(n) for n in split_sizes]
    if sum(sizes) != length or min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at "
            f"dimension {dim}), but got split_sizes={sizes}"
        )
    ends = list(accumulate(sizes))
    return _split_at(input, [(end - n, end) for end, n in zip(ends, sizes, strict=True)], dim)


@public
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of one size (the last may be smaller) along a dimension; views.

    Examples
    --------
    >>> rg.chunk(rg.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input._data.shape[one_dim(dim, input._data.ndim)]
    if length == 0:
        return split_with_sizes(input, [0] * chunks, dim)
    return split(input, -(-length // chunks), dim)


def _one_of(name: str, *spellings: Any) -> Any:
    """The one of several spellings of an argument that was given."""
    given = [value for value in spellings if value is not None]
    if len(given) != 1:
        raise TypeError(f"{name}(): give one of indices_or_sections, indices and sections")
    return given[0]


@public
def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Pieces as equal as can be, or between given positions, along a dimension; views.

    Parameters
    ----------
    indices_or_sections : int, sequence of int or Tensor
        How many pieces, or the positions between them; also under the names `sections` and
        `indices`.

    Examples
    --------
    >>> rg.tensor_split(rg.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    dim = one_dim(dim, input._data.ndim)
    length = input._data.shape[dim]
    sections = _one_of("tensor_split", indices_or_sections, indices, sections)
    if isinstance(sections, Tensor):
        sections = sections.tolist()
    if isinstance(sections, int):
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        short, longer = divmod(length, sections)
        ends = [k * short + min(k, longer) for k in range(1, sections)]
    else:
        ends = [slice(None, int(e)).indices(length)[1] for e in sections]
    bounds = list(zip([0, *ends], [*ends, length], strict=True))
    if bounds == sorted(bounds):
        return _split_at(input, bounds, dim)
    # Positions out of order give pieces that are empty or overlap.
    return tuple([slice_of(input, at(dim, slice(*b))) for b in bounds])


@public
def hsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 1, or 0 for a vector.

    Examples
    --------
    >>> rg.hsplit(rg.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    pieces = _one_of("hsplit", indices_or_sections, indices, sections)
    return _even_split("hsplit", input, pieces, 0 if input._data.ndim == 1 else 1)


@public
def vsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 0 of at least a matrix.

    Examples
    --------
    >>> rg.vsplit(rg.arange(4).reshape(2, 2), 2)
    (tensor([[0, 1]]), tensor([[2, 3]]))
    """
    pieces = _one_of("vsplit", indices_or_sections, indices, sections)
    return _even_split("vsplit", input, pieces, 0, least=2)


@public
def dsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 2.

    Examples
    --------
    >>> [part.shape for part in rg.dsplit(rg.zeros(1, 1, 4), 2)]
    [retrograd.Size([1, 1, 2]), retrograd.Size([1, 1, 2])]
    """
    pieces = _one_of("dsplit", indices_or_sections, indices, sections)
    return _even_split("dsplit", input, pieces, 2, least=3)


def _even_split(
    name: str, input: Tensor, sections: Any, dim: int, least: int = 1
) -> tuple[Tensor, ...]:
    if input._data.ndim < least:
        raise RuntimeError(
            f"{name} requires a tensor with at least {least} dimension, but got a tensor with "
            f"{input._data.ndim} dimensions!"
        )
    length = input._data.shape[dim]
    if isinstance(sections, int) and (sections < 1 or length % sections):
        raise RuntimeError(
            f"{name} attempted to split along dimension {dim}, but the size of the dimension {length} "
            f"is not divisible by the split_size {sections}!"
        )
    return tensor_split(input, sections, dim)
