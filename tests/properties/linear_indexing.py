"""The table of linear functions, continued: parts of tensors by place, and writes to them."""

from __future__ import annotations

import functools

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops import indexing
from retrograd.autograd_core.ops.gathering import GatherAdjoint
from tests.properties.draws import Draw, Shape
from tests.properties.linear import linear

# --- slices and writes ----------------------------------------------------------------------------


def basic_index(d: Draw, shape: Shape) -> tuple:
    """Numbers, slices, None and perhaps an Ellipsis."""
    entries: list = []
    for n in shape[: d.integer(0, len(shape))]:
        ends = [None, *range(-n - 1, n + 2)]
        part = slice(d.one(ends), d.one(ends), d.one([None, 1, 2, 3]))
        entries.append(d.integer(-n, n - 1) if n and d.flag() else part)
        if d.integer(0, 3) == 0:
            entries.append(None)
    return (*entries, Ellipsis)


def places_index(d: Draw, shape: Shape) -> tuple:
    """Full slices and arrays of places that broadcast, or a mask of the first dimensions."""
    if d.integer(0, 3) == 0:
        return (d.mask(*shape[: d.integer(1, len(shape))])._data,)
    wide = d.shape(1, 2, low=1, high=3)
    entries: list = [slice(None)] * len(shape)
    for k in d.dims(shape):
        entries[k] = d.places(-shape[k], shape[k], *d.narrowed(wide))._data
        if not entries[k].ndim:
            entries[k] = entries[k][None]
    return tuple(entries)


@linear("Slice.input")
def slice_(d: Draw):
    shape = d.shape()
    index = basic_index(d, shape)
    return lambda x: x[index], shape


@linear("Unslice.input")
def unslice(d: Draw):
    shape = d.shape()
    index = basic_index(d, shape)
    part = np.zeros(shape)[index].shape
    return lambda x: indexing.unslice(x, index, shape), part


@linear("ViewWrite.input", "ViewWrite.values")
def view_write(d: Draw):
    shape = d.shape()
    index = basic_index(d, shape)
    part = np.zeros(shape)[index].shape
    view = functools.partial(indexing.slice_of, index=index)
    return lambda x, v: indexing.view_write(x, v, view=view), shape, d.narrowed(part)


@linear()
def write_a_part(d: Draw):
    shape = d.shape()
    index = basic_index(d, shape)
    part = np.zeros(shape)[index].shape

    def write(x, values):
        y = x.clone()
        y[index] = values
        return y

    return write, shape, d.narrowed(part)


@linear()
def write_into_a_view_of_a_view(d: Draw):
    shape = d.shape(2, low=1)
    dim1, dim2 = d.dims(shape, 2)[:2]
    part = tuple(rg.zeros(shape).transpose(dim1, dim2)[0].shape)

    def write(x, values):
        y = x * 2.0
        first = y.transpose(dim1, dim2)[0]
        first.mul_(0.5)
        first.add_(values)
        return y, first

    return write, shape, part


@linear("Index.input")
def index(d: Draw):
    shape = d.shape(1, low=1)
    places = places_index(d, shape)
    return lambda x: indexing.index_of(x, places), shape


@linear("Unindex.input")
def unindex(d: Draw):
    shape = d.shape(1, low=1)
    places = places_index(d, shape)
    part = np.zeros(shape)[places].shape
    return lambda x: indexing.unindex(x, places, shape), part


@linear("IndexPut.input", "IndexPut.values")
def index_put(d: Draw):
    """At different places: of values put at one place, any may win."""
    shape = d.shape(1, low=1)
    count = d.integer(0, shape[0])
    rows = rg.tensor(np.array(d.order(range(shape[0]))[:count], int))
    return lambda x, v: rg.index_put(x, (rows,), v), shape, d.narrowed((count, *shape[1:]))


@linear()
def index_put_accumulated(d: Draw):
    shape = d.shape(1, low=1)
    rows = d.places(0, shape[0], 5)
    return lambda x, v: rg.index_put(x, (rows,), v, accumulate=True), shape, (5, *shape[1:])


@linear()
def index_add(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    rows = d.places(0, shape[dim], d.integer(0, 5))
    part = list(shape)
    part[dim] = len(rows)
    return lambda x, v: rg.index_add(x, dim, rows, v, alpha=0.5), shape, tuple(part)


@linear("Gather.input")
def gather(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    taken = _index_shape(d, shape, dim)
    places = d.places(0, shape[dim], *taken)
    return lambda x: rg.gather(x, dim, places), shape


def _index_shape(d: Draw, shape: Shape, dim: int) -> Shape:
    """The shape of an index for a tensor of `shape`: shorter, but for `dim` where it may be longer."""
    taken = [d.integer(0, n) for n in shape]
    taken[dim] = d.integer(0, 5)
    return tuple(taken)


@linear("GatherAdjoint.input")
def scatter_add(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    taken = _index_shape(d, shape, dim)
    places = d.places(0, shape[dim], *taken)
    return lambda x, src: rg.scatter_add(x, dim, places, src), shape, taken


@linear("GatherAdjoint.input")
def gather_adjoint(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.integer(0, len(shape) - 1)
    taken = _index_shape(d, shape, dim)
    places = d.places(0, shape[dim], *taken)
    return lambda x: GatherAdjoint.function(x, places, dim=dim, shape=shape), taken


@linear("Scatter.input", "Scatter.src")
def scatter(d: Draw):
    """At different places: of values put at one place, any may win."""
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    order = np.argsort(d.rng.random(shape), dim)
    taken = tuple(d.integer(0, n) for n in shape)
    places = rg.tensor(order[tuple(slice(n) for n in taken)])
    return lambda x, src: rg.scatter(x, dim, places, src), shape, taken


@linear()
def take_along_dim(d: Draw):
    shape = d.shape(1, 3, low=1)
    dim = d.dim(shape)
    places = [d.one([1, n]) for n in shape]
    places[dim] = d.integer(1, 4)
    index = d.places(0, shape[dim], *places)
    return lambda x: rg.take_along_dim(x, index, dim), shape


@linear()
def select_and_slice_scatter(d: Draw):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    place = d.integer(0, shape[dim] - 1)
    row = tuple(rg.zeros(shape).select(dim, place).shape)
    return lambda x, v: rg.select_scatter(x, v, dim, place), shape, row
