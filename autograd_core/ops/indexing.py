"""Parts of arrays by position: ``x[...]``, ``x[...] = v``, and the writes that are the adjoints."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import Any

from retrograd.autograd_core import errors
from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.cotangents import Part
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.shape import expand_to, reshape_to, sum_to
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.tensor import wrap as as_constant
from retrograd.autograd_core.views import check_writable, record_write, write
from retrograd.backends.dtypes import fitted
from retrograd.backends.registry import XP


class Slice(Op, view=True):
    """Basic indexing by ints, slices, None and Ellipsis; a view."""

    def forward(xp, input, *, index):
        return input[index]

    def vjp_input(g, index, input_shape):
        return unslice(g, index, input_shape)

    def fused(xp, g, needs, index, input_shape):
        return (Part(g, index, input_shape),)


class Unslice(Op):
    """The adjoint of `Slice`: the values put into zeros of the whole shape."""

    def forward(xp, input, *, index, shape):
        whole = xp.zeros(shape, input.dtype)
        whole[index] = input
        return whole

    def vjp_input(g, index):
        return Slice.function(g, index=index)


class ViewWrite(Op):
    """`input` with the part that the view function `view` looks at replaced by `values`."""

    def forward(xp, input, values, *, view):
        # An array even where the input is one of NumPy's numbers, as sums of 0-d arrays are.
        whole = xp.array(input, order="C")
        view(whole)[...] = values
        return whole

    def vjp_input(g, view):
        return view_write(g, 0.0, view=view)

    def vjp_values(g, view, values_shape):
        return sum_to(view(g), values_shape)


class Index(Op):
    """Advanced indexing: a tuple of full slices, integer arrays and masks."""

    def forward(xp, input, *, index):
        arrays = [k for k, part in enumerate(index) if not isinstance(part, slice)]
        if len(arrays) == 1 and index[arrays[0]].dtype.kind != "b":
            # Three times as fast as an index between brackets.
            return xp.take(input, index[arrays[0]], axis=arrays[0])
        return input[index]

    def vjp_input(g, index, input_shape):
        return Unindex.function(g, index=index, shape=input_shape)


class Unindex(Op):
    """The adjoint of `Index`: the values added up at `index` in zeros of the whole shape."""

    def forward(kernels, input, *, index, shape):
        return kernels.index_add(input, shape, index)

    def vjp_input(g, index):
        return Index.function(g, index=index)


class IndexPut(Op):
    """`input` with the elements at an advanced `index` replaced by `values`."""

    def forward(xp, input, values, *, index):
        whole = xp.array(input, order="C")
        whole[index] = values
        return whole

    def vjp_input(g, index):
        return IndexPut.function(g, 0.0, index=index)

    def vjp_values(g, index, values_shape):
        return sum_to(Index.function(g, index=index), values_shape)


slice_ = Slice.function
view_write = ViewWrite.function


def write_part(input: Tensor, src: Tensor, view: Callable[[Any], Any]) -> Tensor:
    """`input` with what `view` gives of it replaced by `src`, which must have that shape."""
    expected = view(input._data).shape
    if src._data.shape != expected:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(expected)}"
        )
    return view_write(input, src, view=view)


def slice_of(input: Any, index: Any) -> Any:
    """``input[index]`` for a basic index, tensor or array; never a NumPy scalar."""
    index = index if isinstance(index, tuple) else (index,)
    if Ellipsis not in index:
        index = (*index, Ellipsis)
    return slice_(input, index=index)


def unslice(input: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with ``zeros[index] = input``, tensor or array."""
    return Unslice.function(input, index=index, shape=tuple(shape))


def index_of(input: Any, index: tuple[Any, ...]) -> Any:
    """``input[index]`` for an advanced index of raw arrays and full slices, tensor or array."""
    return Index.function(input, index=index)


def unindex(values: Any, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `values` added at an advanced index, tensor or array."""
    return Unindex.function(values, index=index, shape=tuple(shape))


# --- reading an index -------------------------------------------------------------------------------


def split_index(x: Tensor, index: Any) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """An index as PyTorch reads it: a basic part, and an advanced part of what that gives.

    Numbers and slices are taken first, so ``x[0, :, [1, 2]]`` keeps its dimensions in order (NumPy
    would move them).
    """
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple(_entry(x, part) for part in parts)
    used = sum(_dims_used(part) for part in parts)
    if used > x._data.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {x._data.ndim}: got {used} in {index!r}"
        )
    places = [k for k, part in enumerate(parts) if part is Ellipsis]
    # An ellipsis after the first stands for nothing, one at the end for whatever is left.
    parts = tuple(part for k, part in enumerate(parts) if k not in places[1:])
    parts = parts if places else (*parts, Ellipsis)
    basic: list[Any] = []
    advanced: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            basic.append(part)
            advanced += [slice(None)] * (x._data.ndim - used)
        elif isinstance(part, bool):
            basic.append(None)
            advanced.append(XP[type(x._data)].arange(1 if part else 0))
        elif type(part) in XP:
            basic += [slice(None)] * _dims_used(part)
            advanced.append(part)
        else:
            basic.append(part)
            if not isinstance(part, int):
                advanced.append(slice(None))
    found = any(type(part) in XP for part in advanced)
    return tuple(basic), tuple(advanced) if found else None


def _is_basic(index: Any) -> bool:
    """Whether there is nothing in an index that NumPy reads otherwise, the common case."""
    ellipsis = False
    for part in index if type(index) is tuple else (index,):
        kind = type(part)
        if kind is slice:
            if part.step is not None or not (
                (part.start is None or type(part.start) is int)
                and (part.stop is None or type(part.stop) is int)
            ):
                return False
        elif part is Ellipsis and not ellipsis:
            ellipsis = True
        elif kind is not int and part is not None:
            return False
    return True


def _is_vector_of_places(x: Tensor, index: Any) -> bool:
    """Whether an index is one tensor of integers beside `x`, the next common case."""
    if not isinstance(index, Tensor):
        return False
    array = index._data
    same = type(array) is type(x._data)
    return same and array.dtype.kind == "i" and array.ndim > 0 and x._data.ndim > 0


def _dims_used(part: Any) -> int:
    """How many dimensions of the array an entry of an index takes up."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    if type(part) in XP and part.dtype.kind == "b":
        return part.ndim
    return 1


def _entry(x: Tensor, part: Any) -> Any:
    """An entry of an index as an int, bool, slice, None, Ellipsis, or array on the device of `x`."""
    if part is None or part is Ellipsis or isinstance(part, (bool, int)):
        return part
    if isinstance(part, slice):
        return _checked_slice(part)
    xp = XP[type(x._data)]
    if isinstance(part, Tensor):
        array = part._data
        if type(array) is not type(x._data) and array.ndim:
            if not part.is_cpu:
                raise RuntimeError(
                    "indices should be either on cpu or on the same device as the indexed tensor "
                    f"({x.device}), got one on {part.device}"
                )
            array = xp.asarray(array)
    elif hasattr(part, "__index__") and not hasattr(part, "shape"):
        return operator.index(part)
    else:
        array = _as_array(xp, part)
    if array.dtype.kind not in "biu":
        got = array.dtype if isinstance(part, Tensor) else type(part).__name__
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None, and tensors of integers or bools "
            f"are valid indices (got {got})"
        )
    if array.ndim == 0:
        return bool(array) if array.dtype.kind == "b" else operator.index(array.item())
    if array.dtype.kind == "u":
        array = array.astype(bool)
    return array


def _as_array(xp: Any, part: Any) -> Any:
    """A list, range or array of indices as an array."""
    if isinstance(part, (list, tuple, range)):
        part = [p.tolist() if isinstance(p, Tensor) else p for p in part]
        array = xp.asarray(part) if len(part) else xp.zeros(0, xp.int64)
        return array
    return xp.asarray(part)


def _checked_slice(part: slice) -> slice:
    bounds = [None if b is None else operator.index(b) for b in (part.start, part.stop, part.step)]
    if bounds[2] is not None and bounds[2] <= 0:
        raise ValueError("step must be greater than zero: use flip() to reverse")
    return slice(*bounds)


# --- x[i] and x[i] = v --------------------------------------------------------------------------------


def __getitem__(x: Tensor, index: Any) -> Tensor:
    """``x[index]``, with PyTorch's rules.

    Numbers, slices, None and Ellipsis give a view; integer arrays, lists and masks a copy.

    Examples
    --------
    >>> x = rg.arange(6).reshape(2, 3)
    >>> x[1, ::2], x[:, [0, 2]].shape, x[x > 3]
    (tensor([3, 5]), retrograd.Size([2, 2]), tensor([4, 5]))
    """
    if _is_basic(index):
        return slice_of(x, index)
    if _is_vector_of_places(x, index):
        return Index.function(x, index=(index._data,))
    basic, advanced = split_index(x, index)
    view = Slice.function(x, index=basic)
    return view if advanced is None else Index.function(view, index=advanced)


def __setitem__(x: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``, in place and on the tape.

    Examples
    --------
    >>> x = rg.zeros(3)
    >>> x[1:] = rg.tensor([1.0, 2.0])
    >>> x
    tensor([0., 1., 2.])
    """
    by = "__setitem__()"
    check_writable(x, by)
    if type(value) in (int, float) and _is_basic(index) and not (state.grad and x.requires_grad):
        x._data[index] = fitted(value, x._data.dtype)
        changes.note(x._data, by)
        return
    basic, advanced = split_index(x, index)
    region = Slice.function(x, index=basic)
    if isinstance(value, (list, tuple)):
        kind = type(value).__name__
        raise TypeError(f"can't assign a {kind} to a {x.dtype} tensor: use retrograd.tensor(...)")
    if not isinstance(value, Tensor):
        value = x.new_tensor(value)
    if value._data.ndim == 0 and type(value._data) is not type(x._data):
        value = value.to(x.device)
    recorded = state.grad and (x.requires_grad or value.requires_grad)
    try:
        if not recorded:
            region._data[... if advanced is None else advanced] = _lowered(region, value)._data
            changes.note(x._data, by)
        elif advanced is None:
            values = expand_to(cast(_lowered(region, value), dtype=x._data.dtype), region.shape)
            region._data[...] = values._data
            changes.note(x._data, by)
            record_write(region, values)
        else:
            values = cast(_lowered(region, value), dtype=x._data.dtype)
            write(region, IndexPut.function(region, values, index=advanced), by)
    except (ValueError, TypeError) as error:
        if type(value._data) is not type(x._data):
            raise RuntimeError(errors.mixed_devices((x._data, value._data))) from error
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to "
            f"indexing result of shape {list(region.shape if advanced is None else x[index].shape)}"
        ) from error


def _lowered(region: Tensor, value: Tensor) -> Tensor:
    """`value` without leading dimensions of length 1 that the region does not have."""
    extra = value._data.ndim - region._data.ndim
    if extra > 0 and all(n == 1 for n in value._data.shape[:extra]):
        return reshape_to(value, value._data.shape[extra:])
    return value


def __contains__(x: Tensor, element: Any) -> bool:
    """Whether any element equals `element`, a number or a tensor."""
    if not isinstance(element, (Tensor, bool, int, float)):
        raise RuntimeError(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )
    return bool((x == element).any())


def fill_diagonal_(x: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Fill the main diagonal in place; with `wrap` that of a tall matrix goes on below.

    Examples
    --------
    >>> rg.zeros(2, 2).fill_diagonal_(1.0)
    tensor([[1., 0.],
            [0., 1.]])
    """
    shape = x._data.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise RuntimeError(
            f"fill_diagonal_: dimensions must be at least 2, and equal if more, got {list(shape)}"
        )
    step = sum(prod(shape[k + 1 :]) for k in range(len(shape)))
    stop = x._data.size if wrap or len(shape) > 2 else shape[1] * shape[1]
    positions = XP[type(x._data)].arange(0, min(stop, x._data.size), step)
    mask = XP[type(x._data)].zeros(x._data.size, bool)
    mask[positions] = True
    __setitem__(x, as_constant(mask.reshape(shape)), fill_value)
    return x
