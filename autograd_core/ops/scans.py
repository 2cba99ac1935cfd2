"""Running sums, products and extremes along one dimension, and the recurrence behind them."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import return_types
from retrograd.autograd_core.ops.casting import clone
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.dims import kept_shape, one_dim
from retrograd.autograd_core.ops.elementwise import exp
from retrograd.autograd_core.ops.gathering import Gather
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import converted
from retrograd.autograd_core.ops.shape import expand_to, reshape_to

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp", "prod"]


def _ends(dim: int, step: int, distance: int = 1) -> tuple[Any, Any]:
    """Indices of the elements with one `distance` before them in direction `step`, and of those."""
    before = (slice(None),) * dim
    first, last = slice(distance, None), slice(None, -distance)
    return ((*before, first), (*before, last)) if step > 0 else ((*before, last), (*before, first))


class Shift(Op):
    """The elements moved by one place along `dim`, up or down by `step`, and `fill` moved in."""

    def forward(xp, input, *, dim, step, fill=0.0):
        out = xp.empty_like(input)
        to, source = _ends(dim, step)
        out[to] = input[source]
        if input.shape[dim]:
            out[(*to[:dim], 0 if step > 0 else -1)] = fill
        return out

    def vjp_input(g, dim, step):
        return shift(g, dim=dim, step=-step)


class Recurrence(Op):
    """``out[k] = input[k] + factor[k] * out[k - step]`` along `dim`, from 0.

    By doubling: after pass number i each element holds what the last 2**i terms give, so that there
    are log2(n) passes over whole arrays and no loop over the elements.
    """

    def forward(xp, input, factor, *, dim, step):
        total, product = input.copy(), factor.copy()
        distance = 1
        while distance < input.shape[dim]:
            here, there = _ends(dim, step, distance)
            total[here] += product[here] * total[there]
            product[here] = product[here] * product[there]
            distance *= 2
        return total

    def vjp_input(g, factor, dim, step):
        return _pulled(g, factor, dim, step)

    def vjp_factor(g, factor, out, dim, step):
        return _pulled(g, factor, dim, step) * shift(out, dim=dim, step=step)


shift = Shift.function
recurrence = Recurrence.function


def _pulled(g: Any, factor: Any, dim: int, step: int) -> Any:
    """The adjoint of a recurrence: one in the opposite direction."""
    return recurrence(g, shift(factor, dim=dim, step=-step), dim=dim, step=-step)


# --- sums and products ----------------------------------------------------------------------------


class Cumsum(Op):
    """The sums of all elements up to each one along `dim`, from the end for a `step` of -1."""

    def forward(kernels, input, *, dim, step=1):
        if input.ndim == 0:
            return input.copy() if input.dtype.kind == "f" else input.astype("int64")
        return kernels.running_sum(input, dim, step)

    def vjp_input(g, dim, step):
        return cumsum_(g, dim=dim, step=-step)


class Cumprod(Op):
    """The products of all elements up to each one along `dim`, from the end for a `step` of -1."""

    def forward(xp, input, *, dim, step=1):
        if input.ndim == 0:
            return input.copy() if input.dtype.kind == "f" else input.astype("int64")
        kind = None if input.dtype.kind == "f" else "int64"
        return _from(xp, xp.cumprod(_from(xp, input, dim, step), axis=dim, dtype=kind), dim, step)

    def vjp_input(g, input, dim, step):
        if not input.ndim:
            return g
        before = cumprod_(shift(input, dim=dim, step=step, fill=1.0), dim=dim, step=step)
        return before * recurrence(g, shift(input, dim=dim, step=-step), dim=dim, step=-step)

    def fused(xp, g, needs, input, out, dim, step):
        if input.ndim and bool((input == 0).any()):
            return (Cumprod.vjp_input(g, input, dim, step),)
        return (cumsum_(g * out, dim=dim, step=-step) / input,)


class Prod(Op):
    """The product along `dim`."""

    def forward(xp, input, *, dim, keepdim=False):
        kind = None if input.dtype.kind == "f" else "int64"
        return input.prod(axis=dim, keepdims=keepdim, dtype=kind)

    def vjp_input(g, input, input_shape, dim, keepdim):
        # All elements before times all behind: right where there are zeros too.
        before = cumprod_(shift(input, dim=dim, step=1, fill=1.0), dim=dim, step=1)
        behind = cumprod_(shift(input, dim=dim, step=-1, fill=1.0), dim=dim, step=-1)
        g = g if keepdim else reshape_to(g, kept_shape(input_shape, (dim,)))
        return expand_to(g, input_shape) * (before * behind)

    def fused(xp, g, needs, input, input_shape, out, dim, keepdim):
        if bool((out == 0).any()):
            return (Prod.vjp_input(g, input, input_shape, dim, keepdim),)
        return ((g * out).reshape(kept_shape(input_shape, (dim,))) / input,)


def _from(xp: Any, array: Any, dim: int, step: int) -> Any:
    """The array as it is, or turned round along `dim`."""
    return array if step > 0 else xp.flip(array, axis=dim)


cumsum_ = Cumsum.function
cumprod_ = Cumprod.function
prod_ = Prod.function


@public
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The sum of all elements up to each one along `dim`; integers and bools give int64.

    Examples
    --------
    >>> rg.cumsum(rg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    if dtype is None:
        return cumsum_(input, dim=one_dim(dim, input.ndim))
    total = cumsum_(converted(input, dtype), dim=one_dim(dim, input.ndim))
    return converted(total, dtype)


@public
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The product of all elements up to each one along `dim`; integers and bools give int64.

    Examples
    --------
    >>> rg.cumprod(rg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    if dtype is None:
        return cumprod_(input, dim=one_dim(dim, input.ndim))
    total = cumprod_(converted(input, dtype), dim=one_dim(dim, input.ndim))
    return converted(total, dtype)


@public
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product of all elements, or along `dim`; integers and bools give int64.

    Its gradient is right where elements are 0 too.

    Examples
    --------
    >>> rg.prod(rg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([ 2., 12.])
    """
    if dtype is not None:
        return converted(prod(converted(input, dtype), dim, keepdim), dtype)
    if dim is None:
        return prod_(reshape_to(input, (-1,)), dim=0)
    if input.ndim == 0:
        one_dim(dim, 0)
        return prod_(reshape_to(input, (1,)), dim=0)
    return prod_(input, dim=one_dim(dim, input.ndim), keepdim=keepdim)


# --- extremes and log-sums ------------------------------------------------------------------------


class RunningArgmax(Op):
    """The index of the largest (or smallest) element up to each one: the last of equal ones."""

    def forward(xp, input, *, dim, largest):
        if input.ndim == 0:
            return xp.zeros((), "int64")
        best = _running(xp.maximum if largest else xp.minimum, input, dim)
        length = [-1 if k == dim else 1 for k in range(input.ndim)]
        places = xp.arange(input.shape[dim]).reshape(length)
        new = (input == best) | (input != input)
        return _running(xp.maximum, xp.where(new, places, 0), dim)


class Logcumsumexp(Op, floats=True):
    """``log(cumsum(exp(input)))`` along `dim`, without overflow."""

    def forward(xp, input, *, dim):
        def join(a, b):
            largest = xp.maximum(a, b)
            gap = xp.where(a == b, xp.zeros_like(largest), -xp.abs(a - b))
            return largest + xp.log1p(xp.exp(gap))

        return _running(join, input, dim) if input.ndim else input.copy()

    def vjp_input(g, input, out, dim):
        if not input.ndim:
            return g
        # All exponents are negative: a sum never is smaller than the one before it.
        shares = exp(out - shift(out, dim=dim, step=-1, fill=math.inf))
        total = recurrence(g, shares, dim=dim, step=-1)
        return masked(total * exp(input - out), out != -math.inf)


def _running(join: Any, input: Any, dim: int) -> Any:
    """The elements joined with all before them along `dim`, by doubling."""
    total = input.copy()
    distance = 1
    while distance < input.shape[dim]:
        here, there = _ends(dim, 1, distance)
        total[here] = join(total[here], total[there])
        distance *= 2
    return total


@public
def cummax(input: Any, dim: int) -> Any:
    """The largest element up to each one along `dim`, and its index, as a named tuple.

    Examples
    --------
    >>> values, indices = rg.cummax(rg.tensor([1.0, 3.0, 2.0]), dim=0)
    >>> values, indices
    (tensor([1., 3., 3.]), tensor([0, 1, 1]))
    """
    return return_types.cummax(*_with_indices(input, dim, True))


@public
def cummin(input: Any, dim: int) -> Any:
    """The smallest element up to each one along `dim`, and its index, as a named tuple.

    Examples
    --------
    >>> rg.cummin(rg.tensor([2.0, 3.0, 1.0]), dim=0).values
    tensor([2., 2., 1.])
    """
    return return_types.cummin(*_with_indices(input, dim, False))


def _with_indices(input: Any, dim: int, largest: bool) -> tuple[Any, Any]:
    axis = one_dim(dim, input.ndim)
    indices = RunningArgmax.function(input, dim=axis, largest=largest)
    if not input.ndim:
        return clone(input), indices
    return Gather.function(input, indices, dim=axis), indices


@public
def logcumsumexp(input: Any, dim: int) -> Any:
    """``log(cumsum(exp(input)))`` along `dim`, without overflow.

    Examples
    --------
    >>> rg.logcumsumexp(rg.tensor([0.0, 0.0]), dim=0)
    tensor([0.0000, 0.6931])
    """
    return Logcumsumexp.function(input, dim=one_dim(dim, input.ndim))
