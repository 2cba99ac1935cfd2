"""The table of linear functions: arithmetic, shape, sums; the other modules go on with it."""

from __future__ import annotations

import functools

import numpy as np

import retrograd as rg
from retrograd.autograd_core.op import Alias
from retrograd.autograd_core.ops.arithmetic import Lerp
from retrograd.autograd_core.ops.casting import cast, contiguous_copy, transfer
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import Zero
from retrograd.autograd_core.ops.filling import Fill
from retrograd.autograd_core.ops.rearranging import WindowSum
from retrograd.autograd_core.ops.scans import Cumsum, Recurrence, Shift
from retrograd.autograd_core.ops.shape import sum_to
from tests.properties.draws import Draw, Shape
from tests.properties.linear import linear

# --- elementwise, with broadcasting ---------------------------------------------------------------


@linear("Add.input", "Add.other")
def add(d: Draw):
    alpha = d.one([1, 1, 0.5])
    return lambda x, y: rg.add(x, y, alpha=alpha), *d.broadcast(2)


@linear("Sub.input", "Sub.other")
def sub(d: Draw):
    alpha = d.one([1, 1, 0.5])
    return lambda x, y: rg.sub(x, y, alpha=alpha), *d.broadcast(2)


@linear("Mul.input")
def mul_first(d: Draw):
    x, y = d.broadcast(2)
    other = d.normal(*y)
    return lambda t: t * other, x


@linear("Mul.other")
def mul_second(d: Draw):
    x, y = d.broadcast(2)
    other = d.one([d.normal(*x), 0.5])
    return lambda t: other * t, y


@linear("Div.input")
def div(d: Draw):
    x, y = d.broadcast(2)
    other = d.one([d.positive(*y), 4.0])
    return lambda t: t / other, x


@linear("Neg.input", "Alias.input", "Clone.input")
def signs_and_copies(d: Draw):
    return lambda x: -(+Alias.function(rg.clone(x))), d.shape()


@linear("Lerp.input", "Lerp.end")
def lerp_ends(d: Draw):
    x, y, w = d.broadcast(3)
    weight = d.normal(*w)
    return lambda a, b: Lerp.function(a, b, weight), x, y


@linear("Lerp.weight")
def lerp_weight(d: Draw):
    x, y, w = d.broadcast(3)
    start, end = d.normal(*x) * 0.0, d.normal(*y)
    return lambda t: Lerp.function(start, end, t), w


@linear("Where.input", "Where.other")
def where(d: Draw):
    condition, x, y = d.broadcast(3)
    mask = d.mask(*condition)
    return lambda a, b: rg.where(mask, a, b), x, y


@linear("Where.input", "Where.other")
def where_large(d: Draw):
    shape = (2, d.integer(999, 1001))
    mask = d.mask(*shape)
    return lambda a, b: rg.where(mask, a, b), shape, d.narrowed(shape)


@linear("Masked.input")
def masked_values(d: Draw):
    shape = d.shape()
    mask = d.mask(*shape)
    return lambda x: masked(x, mask), shape


@linear("Zero.input")
def zero(d: Draw):
    return Zero.function, d.shape()


@linear("Fill.input", "Fill.value")
def fill(d: Draw):
    return Fill.function, d.shape(), ()


@linear("Cast.input")
def to_float32(d: Draw):
    return lambda x: cast(x, dtype=np.dtype("float32")), d.shape()


@linear("Transfer.input")
def to_the_cpu(d: Draw):
    return lambda x: transfer(x, device=rg.device("cpu"), home=x.device), d.shape()


@linear("Contiguous.input")
def contiguous(d: Draw):
    shape = d.shape()
    dims = d.order(range(len(shape)))
    return lambda x: contiguous_copy(x.permute(dims)), shape


# --- shape ----------------------------------------------------------------------------------------


@linear("Reshape.input", "Permute.input")
def reshape(d: Draw):
    shape = d.shape()
    dims, new = d.order(range(len(shape))), d.order(shape)
    return lambda x: x.permute(dims).reshape(new), shape


@linear("Reshape.input")
def flatten_and_back(d: Draw):
    shape = d.shape(2, low=1)
    start = d.integer(0, len(shape) - 2)
    sizes = shape[start : start + 2]
    return lambda x: x.flatten(start, start + 1).unsqueeze(0).unflatten(start + 1, sizes), shape


@linear("Permute.input")
def movedim(d: Draw):
    shape = d.shape(1)
    source = d.dims(shape)
    target = d.order(range(len(shape)))[: len(source)]
    return lambda x: rg.movedim(x, source, target).transpose(0, -1), shape


@linear("Expand.input")
def expand(d: Draw):
    shape = d.shape()
    narrow = d.narrowed(shape)
    return lambda x: x.expand(shape), narrow


@linear("SumTo.input")
def sum_to_shape(d: Draw):
    shape = d.shape()
    narrow = d.narrowed(shape)
    return lambda x: sum_to(x, narrow), shape


@linear("Flip.input")
def flip(d: Draw):
    shape = d.shape()
    dims = d.dims(shape, 0)
    return lambda x: rg.flip(x, dims), shape


@linear("Roll.input")
def roll(d: Draw):
    shape = d.shape(1)
    dims = d.dims(shape)
    shifts = d.each(len(dims), -5, 5)
    return lambda x: rg.roll(x, shifts, dims), shape


@linear()
def rot90(d: Draw):
    shape = d.shape(2)
    dims, k = d.dims(shape, 2)[:2], d.integer(-4, 5)
    return lambda x: rg.rot90(x, k, dims), shape


@linear()
def repeat(d: Draw):
    shape = d.shape(0, 3)
    repeats = d.each(len(shape) + d.integer(0, 1), 0, 3)
    return lambda x: x.repeat(*repeats) if repeats else x * 1.0, shape


@linear()
def repeat_interleave(d: Draw):
    shape = d.shape(1, 3)
    dim = d.dim(shape)
    count = d.one([d.integer(0, 3), d.places(0, 3, shape[dim])])
    return lambda x: rg.repeat_interleave(x, count, dim), shape


@linear("Windows.input")
def windows(d: Draw):
    shape = d.shape(1, 3, low=1, high=7)
    dim = d.dim(shape)
    size, step = d.integer(1, shape[dim]), d.integer(1, 4)
    return lambda x: x.unfold(dim, size, step), shape


@linear("WindowSum.input")
def window_sum(d: Draw):
    shape = d.shape(1, 3, low=1, high=7)
    dim = d.integer(0, len(shape) - 1)
    size, step = d.integer(1, shape[dim]), d.integer(1, 4)
    taken = rg.zeros(shape).unfold(dim, size, step).shape
    sum_ = functools.partial(WindowSum.function, dim=dim, size=size, step=step, shape=shape)
    return sum_, tuple(taken)


def _offset(d: Draw, shape: Shape, dim1: int, dim2: int) -> int:
    return d.integer(-shape[dim1] - 1, shape[dim2] + 1)


@linear("Diagonal.input")
def diagonal(d: Draw):
    shape = d.shape(2)
    dim1, dim2 = d.dims(shape, 2)[:2]
    offset = _offset(d, shape, dim1, dim2)
    return lambda x: rg.diagonal(x, offset, dim1, dim2), shape


@linear("Undiagonal.input")
def diag_embed(d: Draw):
    shape = d.shape(1, 3)
    dim1, dim2 = d.dims((*shape, 1), 2)[:2]
    offset = d.integer(-3, 3)
    return lambda x: rg.diag_embed(x, offset, dim1, dim2), shape


@linear()
def diagonal_scatter(d: Draw):
    shape = d.shape(2)
    dim1, dim2 = d.dims(shape, 2)[:2]
    offset = _offset(d, shape, dim1, dim2)
    part = tuple(rg.diagonal(rg.zeros(shape), offset, dim1, dim2).shape)
    return lambda x, y: rg.diagonal_scatter(x, y, offset, dim1, dim2), shape, part


@linear("Tril.input", "Triu.input")
def triangles(d: Draw):
    low, high = d.each(2, -5, 5)
    return lambda x: rg.tril(x, low) - 0.5 * rg.triu(x, high), d.shape(2)


@linear("BlockDiagonal.tensors")
def block_diag(d: Draw):
    return rg.block_diag, *[d.shape(0, 2) for _ in range(d.integer(1, 3))]


@linear("Cat.tensors")
def cat(d: Draw):
    shape = d.shape(1)
    dim = d.dim(shape)
    shapes = []
    for length in d.each(d.integer(1, 3), 0, 3):
        other = list(shape)
        other[dim] = length
        shapes.append(tuple(other))
    return lambda *x: rg.cat(x, dim), *shapes


@linear("Stack.tensors")
def stack(d: Draw):
    shape = d.shape(0, 3)
    dim = d.dim((*shape, 1))
    return lambda *x: rg.stack(x, dim), *[shape] * d.integer(1, 3)


@linear("Split.input")
def split(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    size = d.one([d.integer(1, 5), d.order([1, shape[dim] - 1])])
    return lambda x: rg.split(x, size, dim), shape


@linear("Split.input")
def split_and_one_part_unused(d: Draw):
    shape = d.shape(1, low=2)
    dim, k = d.dim(shape), d.integer(0, 1)
    return lambda x: rg.chunk(x, 2, dim)[k], shape


@linear("Unbind.input")
def unbind(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    return lambda x: rg.unbind(x, dim), shape


# --- sums -----------------------------------------------------------------------------------------


@linear("Sum.input")
def sum_(d: Draw):
    shape = d.shape()
    dims, keepdim = d.one([None, d.dims(shape, 0)]), d.flag()
    return lambda x: rg.sum(x, dims, keepdim), shape


@linear("Mean.input")
def mean(d: Draw):
    shape = d.shape(low=1)
    dims, keepdim = d.one([None, d.dims(shape, 0)]), d.flag()
    return lambda x: rg.mean(x, dims, keepdim), shape


@linear("Cumsum.input")
def cumsum(d: Draw):
    shape = d.shape(1)
    dim = d.dim(shape)
    return lambda x: rg.cumsum(x, dim), shape


@linear("Cumsum.input")
def cumsum_from_the_end(d: Draw):
    shape = d.shape(1)
    dim = d.integer(0, len(shape) - 1)
    return lambda x: Cumsum.function(x, dim=dim, step=-1), shape


@linear("Shift.input")
def shift(d: Draw):
    shape = d.shape(1)
    dim, step = d.integer(0, len(shape) - 1), d.one([1, -1])
    return lambda x: Shift.function(x, dim=dim, step=step), shape


@linear("Recurrence.input")
def recurrence(d: Draw):
    shape = d.shape(1, high=9)
    dim, step = d.integer(0, len(shape) - 1), d.one([1, -1])
    factor = d.normal(*shape)
    return lambda x: Recurrence.function(x, factor, dim=dim, step=step), shape


@linear()
def diff(d: Draw):
    shape = d.shape(1, low=1)
    dim, n = d.dim(shape), d.integer(0, 3)
    return lambda x: rg.diff(x, n, dim), shape


@linear()
def areas(d: Draw):
    shape = d.shape(1, low=1)
    dim, dx = d.dim(shape), d.one([1, 0.5])
    return lambda y: (
        rg.trapezoid(y, dx=dx, dim=dim),
        rg.cumulative_trapezoid(y, dx=dx, dim=dim),
    ), shape


@linear()
def slopes(d: Draw):
    shape = d.shape(1, 3, low=2)
    dim = d.dim(shape)
    return lambda y: rg.gradient(y, spacing=0.5, dim=dim), shape
