"""Order among elements: sort, topk, medians, modes, quantiles.

Each finds indices, which have no derivative, and gathers the elements at them, which has.
"""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.arithmetic import lerp
from retrograd.autograd_core.ops.casting import cast, clone
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.extrema import chosen, refuse_empty, share
from retrograd.autograd_core.ops.gathering import Gather
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import converted, sum
from retrograd.autograd_core.ops.shape import reshape_to
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import int64, to_numpy

__all__ = [
    "argsort",
    "kthvalue",
    "median",
    "mode",
    "msort",
    "nanmedian",
    "nanquantile",
    "quantile",
    "sort",
    "topk",
]


# So many elements are sorted sooner than the largest of them are found.
_FEW = 64

# --- sorting --------------------------------------------------------------------------------------


class Argsort(Op):
    """The indices that sort along `dim`; equal elements keep their order, NaN is largest."""

    def forward(xp, input, *, dim, descending):
        if input.ndim == 0:
            return xp.zeros((), "int64")
        return _argsort(input, dim, descending)


def _argsort(input: Any, dim: int, descending: bool) -> Any:
    if not descending:
        return input.argsort(axis=dim, kind="stable")
    # Turned round before and after, so that equal elements keep their order.
    turned = (*[slice(None)] * dim, slice(None, None, -1))
    backwards = input[turned].argsort(axis=dim, kind="stable")
    return input.shape[dim] - 1 - backwards[turned]


class Topk(Op):
    """The indices of the `k` largest (or smallest) elements along `dim`, in order."""

    def forward(xp, input, *, k, dim, largest):
        n = input.shape[dim]
        part = (slice(None),) * dim
        if n <= _FEW:
            return _argsort(input, dim, largest)[(*part, slice(k))]
        if 0 < k < n:
            order = xp.argpartition(input, n - k if largest else k - 1, axis=dim)
            few = xp.sort(order[(*part, slice(n - k, None) if largest else slice(k))], axis=dim)
        else:
            few = xp.argsort(input, axis=dim, kind="stable")[(*part, slice(k))]
            few = xp.sort(few, axis=dim)
        values = xp.take_along_axis(input, few, axis=dim)
        return xp.take_along_axis(few, _argsort(values, dim, largest), axis=dim)


@public
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along `dim` and where they were, as a named tuple (values, indices).

    Equal elements always keep their order. NaN counts as larger than all numbers.

    Examples
    --------
    >>> values, indices = rg.sort(rg.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    axis = one_dim(dim, input.ndim)
    indices = Argsort.function(input, dim=axis, descending=descending)
    return return_types.sort(_at(input, indices, axis), indices)


def _at(input: Any, indices: Any, dim: int) -> Any:
    """The elements at `indices` along `dim`."""
    return Gather.function(input, indices, dim=dim) if input.ndim else clone(input)


@public
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort the elements along `dim`.

    Examples
    --------
    >>> rg.argsort(rg.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return Argsort.function(input, dim=one_dim(dim, input.ndim), descending=descending)


@public
def msort(input: Any) -> Any:
    """The elements in order along the first dimension.

    Examples
    --------
    >>> rg.msort(rg.tensor([[3.0, 1.0], [2.0, 4.0]]))
    tensor([[2., 1.],
            [3., 4.]])
    """
    return sort(input, 0)[0]


@public
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The `k` largest (or smallest) elements along `dim`, in order, and their indices.

    Examples
    --------
    >>> values, indices = rg.topk(rg.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor([3., 2.]), tensor([0, 2]))
    """
    if to_numpy(input.dtype).kind == "b":
        raise RuntimeError("topk(): does not support bool input: use x.int()")
    axis = one_dim(dim, input.ndim)
    size = input.shape[axis] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(
            f"selected index k out of range: k is {k}, but dimension {axis} has size {size}"
        )
    if not input.ndim:
        values, indices = topk(reshape_to(input, (1,)), k)
        return return_types.topk(reshape_to(values, ()), reshape_to(indices, ()))
    indices = Topk.function(input, k=k, dim=axis, largest=largest)
    return return_types.topk(_at(input, indices, axis), indices)


# --- ranks ----------------------------------------------------------------------------------------


class RankIndex(Op):
    """The index of the element of rank `k` along `dim`, kept with length 1; of the median for None.

    A median is NaN where there is one, or with `ignore_nan` that of the numbers alone.
    """

    def forward(xp, input, *, k, dim, ignore_nan=False):
        n = input.shape[dim]
        part = (slice(None),) * dim
        if ignore_nan:
            rank = (xp.maximum((input == input).sum(axis=dim, keepdims=True), 1) - 1) // 2
            return xp.take_along_axis(_argsort(input, dim, False), rank, axis=dim)
        rank = (n - 1) // 2 if k is None else k - 1
        found = xp.argpartition(input, rank, axis=dim)[(*part, slice(rank, rank + 1))]
        if k is None and input.dtype.kind == "f":
            missing = input != input
            first = xp.argmax(missing, axis=dim, keepdims=True)
            found = xp.where(missing.any(axis=dim, keepdims=True), first, found)
        return found


class Median(Op):
    """The lower of the middle elements of all; those equal to it share the gradient."""

    def forward(xp, input, *, ignore_nan):
        flat = input.reshape(-1)
        rank = RankIndex._forward(xp, flat, k=None, dim=0, ignore_nan=ignore_nan)
        return flat[rank].reshape(())

    def vjp_input(g, input, out, input_shape, input_dtype):
        every = tuple(range(len(input_shape)))
        return share(g, input, out, input_shape, input_dtype, every, False)


@public
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two; along `dim` with its index as a named tuple.

    NaN where there is one. The median of all elements gives its gradient to all equal to it in
    equal parts, one along a dimension to the element at the index.

    Examples
    --------
    >>> rg.median(rg.tensor([3.0, 1.0, 2.0]))
    tensor(2.)
    >>> rg.median(rg.tensor([[3.0, 1.0, 2.0]]), dim=1).indices
    tensor([2])
    """
    if dim is None:
        return _median_of_all(input, False)
    return return_types.median(*_ranked("median", input, None, dim, keepdim, False))


@public
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """`median` of the elements that are not NaN.

    Examples
    --------
    >>> rg.nanmedian(rg.tensor([3.0, float("nan"), 2.0]))
    tensor(2.)
    """
    if dim is None:
        return _median_of_all(input, True)
    return return_types.nanmedian(*_ranked("nanmedian", input, None, dim, keepdim, True))


def _median_of_all(input: Any, ignore_nan: bool) -> Any:
    if 0 in input.shape:
        return converted(sum(input) + float("nan"), input.dtype)
    return Median.function(input, ignore_nan=ignore_nan)


@public
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The `k`-th smallest element along `dim`, counted from 1, and its index, as a named tuple.

    Examples
    --------
    >>> values, indices = rg.kthvalue(rg.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor(2.), tensor(2))
    """
    size = input.shape[one_dim(dim, input.ndim)] if input.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    return return_types.kthvalue(*_ranked("kthvalue", input, k, dim, keepdim, False))


def _ranked(
    name: str, input: Any, k: int | None, dim: int, keepdim: bool, ignore_nan: bool
) -> tuple[Any, Any]:
    """The element of rank `k` along `dim` (the median for None) and its index."""
    axis = one_dim(dim, input.ndim)
    if not input.ndim:
        return clone(input), reshape_to(Argsort.function(input, dim=0, descending=False), ())
    refuse_empty(name, input, (axis,))
    indices = RankIndex.function(input, k=k, dim=axis, ignore_nan=ignore_nan)
    return chosen(input, indices, axis, keepdim)


class ModeIndex(Op):
    """The last index of the most frequent element along `dim`; of several the smallest."""

    def forward(xp, input, *, dim):
        order = _argsort(input, dim, False)
        values = xp.moveaxis(xp.take_along_axis(input, order, axis=dim), dim, -1)
        places = xp.arange(values.shape[-1])
        starts = xp.ones(values.shape, "bool")
        starts[..., 1:] = values[..., 1:] != values[..., :-1]
        # The longest run ends where the distance to its start is largest.
        begun = xp.where(starts, places, 0)
        distance = 1
        while distance < values.shape[-1]:
            begun[..., distance:] = xp.maximum(begun[..., distance:], begun[..., :-distance])
            distance *= 2
        end = xp.argmax(places - begun, axis=-1, keepdims=True)
        return xp.take_along_axis(order, xp.moveaxis(end, -1, dim), axis=dim)


@public
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent element along `dim` and its last index, as a named tuple.

    Examples
    --------
    >>> values, indices = rg.mode(rg.tensor([3.0, 1.0, 3.0]))
    >>> values, indices
    (tensor(3.), tensor(2))
    """
    axis = one_dim(dim, input.ndim)
    if not input.ndim:
        return return_types.mode(*_ranked("mode", input, 1, dim, keepdim, False))
    refuse_empty("mode", input, (axis,))
    indices = ModeIndex.function(input, dim=axis)
    return return_types.mode(*chosen(input, indices, axis, keepdim))


# --- quantiles ------------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@public
def quantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Any:
    """What a share `q` of the elements, of all or along `dim`, is below; NaN where there is one.

    Parameters
    ----------
    q : float or 1-d Tensor
        Shares in [0, 1]; a tensor of them is the first dimension of the result.
    dim : int, optional
    keepdim : bool
        Keep the dimension with length 1.
    interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}
        What to take between two elements.

    Examples
    --------
    >>> rg.quantile(rg.tensor([0.0, 1.0, 2.0, 3.0]), 0.5)
    tensor(1.5000)
    """
    return _quantile(input, q, dim, keepdim, interpolation, False)


@public
def nanquantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Any:
    """`quantile` of the elements that are not NaN.

    Examples
    --------
    >>> rg.nanquantile(rg.tensor([0.0, 1.0, 2.0, float("nan")]), 0.5)
    tensor(1.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, True)


def _quantile(
    input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Any:
    shares = _shares(input, q, interpolation)
    axis = 0 if dim is None else one_dim(dim, input.ndim)
    rows = input.reshape(-1) if dim is None or not input.ndim else input.movedim(axis, -1)
    size = rows.shape[-1]
    if size == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    missing = rows != rows
    if ignore_nan:
        rank = shares * (size - 1 - missing.sum(-1, True)).clamp(min=0).to(rows.dtype)
    else:
        # NaN comes last.
        rank = where(missing.any(-1, True), float(size - 1), shares * float(size - 1))
    result = _between(sort(rows)[0], rank, interpolation).movedim(-1, 0)
    if keepdim and dim is None:
        result = result.reshape(-1, *[1] * input.ndim)
    elif keepdim and input.ndim:
        result = result.unsqueeze(axis + 1)
    return result if isinstance(q, Tensor) and q.ndim else result.squeeze(0)


def _shares(input: Any, q: Any, interpolation: str) -> Any:
    """`q` as a 1-d tensor; errors for what makes no sense."""
    if not input.dtype.is_floating_point:
        raise RuntimeError(
            f"quantile() input tensor must be either float or double dtype, got {input.dtype}"
        )
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"quantile() interpolation must be one of {', '.join(_INTERPOLATIONS)}, but got "
            f"{interpolation!r}"
        )
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q}")
        return input.new_tensor([q])
    if q.ndim > 1:
        raise RuntimeError(f"quantile() q must be a scalar or 1D tensor, got shape {list(q.shape)}")
    if q.dtype is not input.dtype:
        raise RuntimeError(
            f"quantile() q tensor must be same dtype as the input tensor: got {q.dtype} and "
            f"{input.dtype}"
        )
    return q.reshape(-1)


def _between(values: Any, rank: Any, interpolation: str) -> Any:
    """The elements of the last dimension at a `rank` that need not be whole."""
    last = values.ndim - 1

    def at(rank: Any) -> Any:
        return Gather.function(values, cast(rank.detach(), dtype=to_numpy(int64)), dim=last)

    if interpolation == "nearest":
        return at(rank.round())
    if interpolation == "lower":
        return at(rank.floor())
    if interpolation == "higher":
        return at(rank.ceil())
    low = rank.floor()
    weight = 0.5 if interpolation == "midpoint" else rank - low
    return lerp(at(low), at(rank.ceil()), weight)
