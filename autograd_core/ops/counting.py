"""Values and their places: unique elements, histograms, searches in sorted sequences."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP

__all__ = [
    "bincount",
    "bucketize",
    "histc",
    "searchsorted",
    "unique",
    "unique_consecutive",
]


# --- unique elements ------------------------------------------------------------------------------


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, or the different slices along `dim`, in order.

    Parameters
    ----------
    sorted : bool
        They are always sorted here.
    return_inverse : bool
        Give also where each element of the input is in the output.
    return_counts : bool
        Give also how often each comes.
    dim : int, optional
        Compare whole slices along this dimension.

    Examples
    --------
    >>> rg.unique(rg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    xp = XP[type(input._data)]
    array = input._data.reshape(-1) if dim is None else _rows(xp, input, dim)
    if array.ndim == 1:
        order = xp.argsort(array, kind="stable")
    else:
        # The last key is the most important one.
        order = xp.lexsort(array[:, ::-1].T) if array.shape[1] else xp.arange(array.shape[0])
    values, inverse, counts = _runs(xp, array[order])
    back = xp.empty_like(inverse)
    back[order] = inverse
    return _found(xp, input, dim, (values, back, counts), return_inverse, return_counts)


def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements, or slices along `dim`, without those equal to the one before.

    Examples
    --------
    >>> rg.unique_consecutive(rg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    xp = XP[type(input._data)]
    array = input._data.reshape(-1) if dim is None else _rows(xp, input, dim)
    return _found(xp, input, dim, _runs(xp, array), return_inverse, return_counts)


def _rows(xp: Any, input: Tensor, dim: int) -> Any:
    """The slices along `dim` as rows of a matrix."""
    array = xp.moveaxis(input._data, one_dim(dim, input.ndim), 0)
    return array.reshape(array.shape[0], -1)


def _runs(xp: Any, array: Any) -> tuple[Any, Any, Any]:
    """Without repetitions: the elements (or rows), for each of the input which, and how often."""
    n = array.shape[0]
    starts = xp.ones(n, "bool")
    differs = array[1:] != array[:-1]
    starts[1:] = differs if array.ndim == 1 else differs.any(axis=1)
    which = xp.cumsum(starts, dtype="int64") - 1
    begins = xp.flatnonzero(starts)
    ends = xp.concatenate([begins[1:], xp.asarray([n][: len(begins[:1])], begins.dtype)])
    return array[starts], which, ends - begins


def _found(
    xp: Any, input: Tensor, dim: int | None, runs: Any, with_inverse: bool, with_counts: bool
) -> Any:
    """What was asked for, in the input's shape."""
    values, inverse, counts = runs
    if dim is None:
        inverse = inverse.reshape(input.shape)
    else:
        axis = one_dim(dim, input.ndim)
        others = [n for k, n in enumerate(input.shape) if k != axis]
        values = xp.moveaxis(values.reshape(-1, *others), 0, axis)
    results = [values, *([inverse] if with_inverse else []), *([counts] if with_counts else [])]
    tensors = tuple(wrap(result) for result in results)
    return tensors if len(tensors) > 1 else tensors[0]


# --- histograms -----------------------------------------------------------------------------------


@public
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... comes, or the sum of the weights there.

    Parameters
    ----------
    input : Tensor, (N,)
        Whole numbers that are not negative.
    weights : Tensor, (N,), optional
    minlength : int
        The least length of the result.

    Examples
    --------
    >>> rg.bincount(rg.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    array = input._data
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise RuntimeError(
            "bincount only supports 1-d non-negative integral inputs, got shape "
            f"{list(input.shape)} and {input.dtype}"
        )
    if array.size and int(array.min()) < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs, got negatives")
    xp = XP[type(array)]
    if weights is None:
        return wrap(xp.bincount(array.astype("int64"), minlength=minlength))
    if weights.shape != input.shape:
        raise RuntimeError(
            f"weights should be 1-d and have the same length as input, got {list(weights.shape)} "
            f"and {list(input.shape)}"
        )
    total = xp.bincount(array.astype("int64"), weights=weights._data, minlength=minlength)
    # PyTorch adds float32 weights up in float32 and all others in float64.
    return wrap(total.astype("float32") if weights._data.dtype.name == "float32" else total)


@public
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements are in each of `bins` equal parts of [min, max].

    With `min` and `max` equal the range is that of the elements.

    Examples
    --------
    >>> rg.histc(rg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if bins <= 0:
        raise RuntimeError(f"torch.histc(): bins must be > 0, but got {bins}")
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"histc(): expected a floating point input, got {input.dtype}")
    array = input._data.reshape(-1)
    xp = XP[type(array)]
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low - 1.0, high + 1.0
    if not abs(high - low) < float("inf"):
        raise RuntimeError(f"range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"max must be larger than min, got [{low}, {high}]")
    inside = array[(array >= low) & (array <= high)]
    place = ((inside - low) * bins / (high - low)).astype("int64")
    counts = xp.bincount(xp.minimum(place, bins - 1), minlength=bins)
    return wrap(counts.astype(array.dtype))


# --- searches -------------------------------------------------------------------------------------


class Searchsorted(Op):
    """Where each element of `input` belongs in the last dimension of `sequence`."""

    def forward(xp, sequence, input, *, right):
        if sequence.ndim == 1:
            found = xp.searchsorted(sequence, input, side="right" if right else "left")
            return xp.asarray(found).astype("int64", copy=False)
        # Halving the range for all elements at once: from 0 to n takes bits(n) steps.
        low = xp.zeros(input.shape, "int64")
        high = xp.full(input.shape, sequence.shape[-1], "int64")
        for _ in range(sequence.shape[-1].bit_length()):
            middle = (low + high) // 2
            value = xp.take_along_axis(
                sequence, xp.minimum(middle, sequence.shape[-1] - 1), axis=-1
            )
            # NaN is larger than all numbers.
            beyond = value <= input if right else value < input
            beyond |= (input != input) & ((value == value) | right)
            open_ = low < high
            low = xp.where(open_ & beyond, middle + 1, low)
            high = xp.where(open_ & ~beyond, middle, high)
        return low


@public
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """The place in a sorted sequence where each element would have to be put in.

    Parameters
    ----------
    sorted_sequence : Tensor, (..., N)
        Sorted along the last dimension; one for all, or one for each row of `input`.
    input : Tensor, (..., M), or number
    out_int32 : bool
        Give int32 rather than int64.
    right, side : bool, {"left", "right"}
        Whether to go behind equal elements; two spellings.
    sorter : Tensor, optional
        Indices that sort a `sorted_sequence` that is not.

    Examples
    --------
    >>> rg.searchsorted(rg.tensor([1.0, 3.0, 5.0]), rg.tensor([3.0, 4.0]))
    tensor([1, 2])
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted(): side can only be 'left' or 'right' but got {side!r}")
    if side == "left" and right:
        raise RuntimeError("searchsorted(): side and right can't be set to opposites")
    sequence = sorted_sequence.detach()
    wanted = input if isinstance(input, Tensor) else sequence.new_tensor(input)
    if sequence.ndim > 1 and sequence.shape[:-1] != wanted.shape[:-1]:
        raise RuntimeError(
            "searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions "
            "of boundaries tensor and input value tensor must match, but we got "
            f"{list(sequence.shape)} and {list(wanted.shape)}"
        )
    if sequence.ndim == 0:
        raise RuntimeError("searchsorted(): boundaries tensor should have positive dimension")
    if sorter is not None:
        sequence = sequence.gather(-1, sorter)
    found = Searchsorted.function(sequence, wanted.detach(), right=right or side == "right")
    return found.int() if out_int32 else found


@public
def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the bucket between sorted boundaries that each element is in.

    Examples
    --------
    >>> rg.bucketize(rg.tensor([0.5, 4.0]), rg.tensor([1.0, 3.0]))
    tensor([0, 2])
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
