"""The same elements in other places: flips and rolls, repetition, windows, grids of combinations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import prod
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import clone, unshared
from retrograd.autograd_core.ops.dims import one_dim, some_dims
from retrograd.autograd_core.ops.indexing import index_of, slice_of
from retrograd.autograd_core.ops.joining import at, stack
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import (
    broadcast_shapes,
    expand_to,
    reshape_to,
    shape_of,
    transpose,
)
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = [
    "cartesian_prod", "combinations", "flip", "fliplr", "flipud", "meshgrid", "narrow",
    "repeat_interleave", "roll", "rot90", "select", "tile",
]  # fmt: skip


class Flip(Op):
    """The order along some dimensions reversed."""

    def forward(xp, input, *, dims):
        return xp.flip(input, dims).copy()

    def vjp_input(g, dims):
        return Flip.function(g, dims=dims)


class Roll(Op):
    """Elements shifted along dimensions; what leaves at one end comes in at the other."""

    def forward(xp, input, *, shifts, dims):
        return xp.roll(input, shifts, dims)

    def vjp_input(g, shifts, dims):
        return Roll.function(g, shifts=tuple([-s for s in shifts]), dims=dims)


class Windows(Op, view=True):
    """All windows of one length along a dimension, as a new last dimension; a view."""

    def forward(xp, input, *, dim, size, step):
        windows = xp.lib.stride_tricks.as_strided(
            input,
            _windows_shape(input.shape, dim, size, step),
            (
                *input.strides[:dim],
                input.strides[dim] * step,
                *input.strides[dim + 1 :],
                input.strides[dim],
            ),
        )
        return windows

    def vjp_input(g, dim, size, step, input_shape):
        return WindowSum.function(g, dim=dim, size=size, step=step, shape=input_shape)


class WindowSum(Op):
    """The adjoint of `Windows`: each window added where it was taken."""

    def forward(xp, input, *, dim, size, step, shape):
        whole = xp.zeros(shape, input.dtype)
        count = input.shape[dim]
        for k in range(size):
            stop = k + (count - 1) * step + 1
            whole[at(dim, slice(k, stop, step))] += input[..., k]
        return whole

    def vjp_input(g, dim, size, step):
        return Windows.function(g, dim=dim, size=size, step=step)


def _windows_shape(shape: Any, dim: int, size: int, step: int) -> tuple[int, ...]:
    return (*shape[:dim], (shape[dim] - size) // step + 1, *shape[dim + 1 :], size)


@public
def flip(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The order along `dims` reversed.

    Examples
    --------
    >>> rg.flip(rg.arange(3), (0,))
    tensor([2, 1, 0])
    """
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    found = some_dims(dims, len(shape_of(input))) if dims else ()
    return Flip.function(input, dims=found)


@public
def fliplr(input: Tensor) -> Tensor:
    """The order along dimension 1 reversed.

    Examples
    --------
    >>> rg.fliplr(rg.tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    if len(shape_of(input)) < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@public
def flipud(input: Tensor) -> Tensor:
    """The order along dimension 0 reversed.

    Examples
    --------
    >>> rg.flipud(rg.tensor([1, 2]))
    tensor([2, 1])
    """
    if len(shape_of(input)) < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@public
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements shifted by `shifts` along `dims`, around the ends; flattened without `dims`.

    Examples
    --------
    >>> rg.roll(rg.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not dims:
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        flat = reshape_to(input, (prod(shape_of(input)),))
        return reshape_to(Roll.function(flat, shifts=shifts, dims=(0,)), shape_of(input))
    if len(shifts) != len(dims):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
        )
    ndim = len(shape_of(input))
    return Roll.function(input, shifts=shifts, dims=tuple([one_dim(d, ndim) for d in dims]))


@public
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees `k` times in the plane of two dimensions, from the first to the second.

    Examples
    --------
    >>> rg.rot90(rg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    ndim = len(shape_of(input))
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (one_dim(d, ndim) for d in dims)
    if first == second:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    k %= 4
    if k == 0:
        return clone(input)
    if k == 2:
        return flip(input, (first, second))
    if k == 1:
        return transpose(flip(input, (second,)), first, second)
    return flip(transpose(input, first, second), (second,))


# --- repetition -------------------------------------------------------------------------------------


def repeat(self: Tensor, repeats: Sequence[int]) -> Tensor:
    """The whole tensor repeated along each dimension: ``x.repeat(2, 3)``; new ones come in front.

    Examples
    --------
    >>> rg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    repeats = (repeats,) if isinstance(repeats, int) else tuple(repeats)
    old = shape_of(self)
    lead = len(repeats) - len(old)
    if lead < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            f"tensor: got {list(repeats)} for a tensor of shape {list(old)}"
        )
    if min(repeats, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(repeats)}")
    old = (1,) * lead + tuple(old)
    # Each dimension as (copies, length), the copies made by broadcasting.
    apart = [n for length in old for n in (1, length)]
    wide = [n for pair in zip(repeats, old, strict=True) for n in pair]
    spread = expand_to(reshape_to(self, tuple(apart)), tuple(wide))
    # Of a single row broadcasting makes all copies, and what it makes is a view.
    return unshared(reshape_to(spread, tuple([r * n for r, n in zip(repeats, old, strict=True)])))


@public
def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The tensor repeated along its last dimensions; like `repeat`, but `dims` may be shorter.

    Examples
    --------
    >>> rg.tile(rg.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    return repeat(input, (1,) * (len(shape_of(input)) - len(dims)) + dims)


@public
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element repeated in place along `dim` (flattened without): ``[a, a, b, b]``.

    Given `repeats` alone, the positions repeated: ``[0, 0, 1]`` for ``[2, 1]``.

    Examples
    --------
    >>> rg.repeat_interleave(rg.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> rg.repeat_interleave(rg.tensor([1, 2]), rg.tensor([3, 1]))
    tensor([1, 1, 1, 2])
    """
    xp = XP[type(input._data)]
    if repeats is None:
        return wrap(xp.repeat(xp.arange(input._data.size), input._data))
    if dim is None:
        input, dim = reshape_to(input, (input._data.size,)), 0
    dim = one_dim(dim, input._data.ndim)
    length = input._data.shape[dim] if input._data.ndim else 1
    counts = repeats._data if isinstance(repeats, Tensor) else repeats
    if getattr(counts, "size", 1) != 1 and counts.shape != (length,):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{counts.shape[0]} and input.size({dim}) = {length}"
        )
    if isinstance(counts, int) and input._data.ndim:
        return _each(input, counts, dim)
    if getattr(counts, "size", 0) == 1 and counts.ndim:
        counts = int(counts[0])
    positions = xp.repeat(xp.arange(length), counts)
    flat = input if input._data.ndim else reshape_to(input, (1,))
    return index_of(flat, (*[slice(None)] * dim, positions))


def _each(input: Tensor, count: int, dim: int) -> Tensor:
    """Every entry along `dim` `count` times, by broadcasting."""
    if count < 0:
        raise RuntimeError("repeats can not be negative")
    old = input._data.shape
    apart = reshape_to(input, (*old[: dim + 1], 1, *old[dim + 1 :]))
    spread = expand_to(apart, (*old[: dim + 1], count, *old[dim + 1 :]))
    return unshared(reshape_to(spread, (*old[:dim], old[dim] * count, *old[dim + 1 :])))


# --- parts ------------------------------------------------------------------------------------------


@public
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at `index` of dimension `dim`, without that dimension; a view.

    Examples
    --------
    >>> rg.select(rg.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    if input._data.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = one_dim(dim, input._data.ndim), index.__index__()
    length = input._data.shape[dim]
    if not -length <= index < length:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at "
            f"dimension {dim}"
        )
    return slice_of(input, at(dim, index))


@public
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` entries of dimension `dim` from `start` on; a view.

    Examples
    --------
    >>> rg.narrow(rg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    if input._data.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim, start = one_dim(dim, input._data.ndim), start.__index__()
    whole = input._data.shape[dim]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -whole <= start <= whole:
        raise IndexError(
            f"start out of range (expected to be in range of [{-whole}, {whole}], but got {start})"
        )
    start += whole if start < 0 else 0
    if start + length > whole:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({whole}).")
    return slice_of(input, at(dim, slice(start, start + length)))


def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` entries along a dimension, `step` apart, as a new last dimension; a view.

    Examples
    --------
    >>> rg.arange(4).unfold(0, 2, 1)
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    dim = one_dim(dimension, self._data.ndim)
    length = self._data.shape[dim] if self._data.ndim else 1
    if size < 0 or size > length:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {length} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not self._data.ndim:
        return slice_of(reshape_to(self, (1,)), slice(size))
    return Windows.function(self, dim=dim, size=size, step=step)


# --- grids ------------------------------------------------------------------------------------------


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Vectors as coordinates of a grid: each broadcast along the dimensions of the others.

    Parameters
    ----------
    tensors : Tensor
        Vectors (or 0-d tensors), or one sequence of them.
    indexing : str
        "ij" (matrix order, the default) or "xy", which swaps the first two dimensions.

    Examples
    --------
    >>> rows, columns = rg.meshgrid(rg.arange(2), rg.arange(2), indexing="ij")
    >>> rows
    tensor([[0, 0],
            [1, 1]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(
            f'meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in tensors:
        if x._data.ndim > 1:
            raise RuntimeError(
                f"meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(x.shape)}"
            )
    if len({x._data.dtype for x in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    count = len(tensors)
    along = [
        reshape_to(x, (1,) * k + (x._data.size,) + (1,) * (count - 1 - k))
        for k, x in enumerate(tensors)
    ]
    whole = broadcast_shapes(*[x._data.shape for x in along])
    grids = tuple(expand_to(x, whole) for x in along)
    if indexing == "xy" and count > 1:
        return tuple(transpose(x, 0, 1) for x in grids)
    return grids


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of elements of vectors, as rows, the last vector running fastest.

    Examples
    --------
    >>> rg.cartesian_prod(rg.tensor([1, 2]), rg.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for x in tensors:
        if x._data.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape_to(x, (x._data.size,)) for x in meshgrid(*tensors)], 1)


@public
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of `r` elements of a vector, as rows.

    Examples
    --------
    >>> rg.combinations(rg.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input._data.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    xp, n = XP[type(input._data)], input._data.size
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    positions = xp.asarray(list(choose(range(n), r)), dtype=xp.int64).reshape(-1, r)
    return index_of(input, (positions,))
