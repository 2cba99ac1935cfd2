"""Rows of indexing: slices, gathers, scatters, and the writes that are their adjoints."""

import functools

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.gathering import Gather, GatherAdjoint, Scatter, ScatterProduct
from retrograd.autograd_core.ops.indexing import IndexPut, index_of, slice_of, unindex, unslice
from retrograd.autograd_core.ops.indexing import view_write as write
from retrograd.backends.registry import XP
from tests.ops.spec import Spec, booleans, integers, real, value


def row(
    op, call, *inputs, label="", torch=None, reference=None, order=2, smooth=True, **attributes
):
    """A row of the table."""
    return Spec(op, call, inputs, attributes, reference, torch, order, smooth, label)


PART = (slice(1, None), Ellipsis, None)
ROWS = np.array([[0, 2], [2, 1]])
COLUMNS = (slice(None), np.array([1, -1, 1]))
PAIRS = (np.array([0, 2, 0]), np.array([1, 1, 1]))
MASK = (np.array([[True, False], [False, True], [True, True]]),)


def beside(function):
    """`function` with the index arrays on the device of its input."""

    def call(input, *rest, index, **attributes):
        xp = XP[type(getattr(input, "_data", input))]
        index = tuple([xp.asarray(i) if isinstance(i, np.ndarray) else i for i in index])
        return function(input, *rest, index=index, **attributes)

    return call


def bracket(x, index):
    return x[index]


def put(x, values, index):
    x = x.copy()
    x[index] = values
    return x


def add(values, index, shape):
    whole = np.zeros(shape)
    np.add.at(whole, index, values)
    return whole


def zeros_with(x, index, shape):
    whole = np.zeros(shape)
    whole[index] = x
    return whole


def bernoulli(x):
    return rg.bernoulli(x * 0.0 + 0.5, generator=rg.Generator().manual_seed(0))


SPECS = [
    row("Slice", slice_of, real(3, 2), index=PART, reference=bracket),
    row("Slice", slice_of, real(3), index=1, label="0-d", reference=lambda x, index: x[index, ...]),
    row("Slice", rg.narrow, real(5), dim=0, start=1, length=3, torch="narrow", label="narrow"),
    row("Slice", rg.select, real(2, 3), dim=-1, index=-2, torch="select", label="select"),
    row("Unslice", unslice, real(2, 2, 1), index=PART, shape=(3, 2), reference=zeros_with),
    row("ViewWrite", write, real(3, 2), real(2), view=functools.partial(slice_of, index=1),
        reference=lambda x, v, view: put(x, v, 1)),
    row("Index", beside(index_of), real(3, 2), index=(ROWS,), reference=bracket),
    row("Index", beside(index_of), real(2, 3), index=COLUMNS, reference=bracket, label="columns"),
    row("Index", beside(index_of), real(3, 2), index=PAIRS, reference=bracket, label="pairs"),
    row("Index", beside(index_of), real(3, 2), index=MASK, reference=bracket, label="mask"),
    row("Index", rg.index_select, real(3, 2), value(0), integers(0, 3, 4), torch="index_select",
        label="select"),
    row("Index", rg.masked_select, real(2, 3), booleans(2, 3), torch="masked_select",
        label="masked"),
    row("Index", rg.take, real(2, 3), integers(0, 6, 2, 2), torch="take", label="take"),
    row("Unindex", beside(unindex), real(2, 2, 2), index=(ROWS,), shape=(3, 2), reference=add),
    row("Unindex", beside(unindex), real(2, 3), index=COLUMNS, shape=(2, 4), reference=add, label="columns"),
    row("Unindex", beside(unindex), real(3), index=PAIRS, shape=(3, 2), reference=add, label="pairs"),
    row("Unindex", beside(unindex), real(4), index=MASK, shape=(3, 2), reference=add, label="mask"),
    row("IndexPut", beside(IndexPut.function), real(3, 2), real(2), index=(np.array([2, 0]),), reference=put),
    row("IndexPut", beside(IndexPut.function), real(3, 2), real(), index=MASK, reference=put, label="mask"),
    row("IndexPut", rg.index_copy, real(3, 2), value(0), value(np.array([2, 0])), real(2, 2),
        torch="index_copy", label="copy"),
    row("IndexPut", rg.index_fill, real(3, 2), value(1), value(np.array([1])), value(0.5),
        torch="index_fill", label="fill"),
    row("IndexPut", rg.masked_scatter, real(2, 3), booleans(2, 3), real(6), torch="masked_scatter",
        label="masked"),
    row("", rg.index_add, real(3, 2), value(0), integers(0, 3, 4), real(4, 2), alpha=2.0,
        torch="index_add"),
    row("", rg.index_reduce, real(3, 2), value(0), integers(0, 3, 4), real(4, 2), reduce="amax",
        torch="index_reduce"),
    row("Gather", rg.gather, real(3, 4), value(1), integers(0, 4, 2, 5), torch="gather"),
    row("Gather", rg.gather, real(), value(0), value(np.array([0, 0])), torch="gather", label="0-d"),
    row("Gather", rg.take_along_dim, real(3, 1), integers(0, 3, 2, 4), dim=0,
        torch="take_along_dim", label="broadcast"),
    row("Gather", Gather.function, real(3, 4), integers(0, 3, 2, 4), dim=0, label="rows",
        reference=lambda x, index, dim: np.take_along_axis(x, index, dim)),
    row("GatherAdjoint", GatherAdjoint.function, real(2, 5), integers(0, 4, 2, 5), dim=1, shape=(3, 4)),
    row("GatherAdjoint", rg.scatter_add, real(3, 4), value(0), integers(0, 3, 2, 4), real(2, 4),
        torch="scatter_add", label="scatter_add"),
    row("Scatter", Scatter.function, real(3, 4), real(1, 4), value(np.array([[2, 0, 1, 1]])), dim=0),
    row("Scatter", rg.scatter, real(3, 4), value(1), value(np.array([[2, 0], [1, 3]])), real(2, 2),
        torch="scatter", label="scatter"),
    row("ScatterProduct", ScatterProduct.function, real(3, 2), real(4, 2), integers(0, 3, 4, 2), dim=0),
    row("ScatterProduct", rg.scatter_reduce, real(3, 2), value(0), integers(0, 3, 4, 2), real(4, 2),
        reduce="prod", torch="scatter_reduce", label="scatter_reduce"),
    *[
        row("ScatterExtreme" if reduce[0] == "a" else "", rg.scatter_reduce, real(3, 2), value(0),
            integers(0, 3, 4, 2), real(4, 2), reduce=reduce, include_self=include_self,
            torch="scatter_reduce", label=f"{reduce}-{include_self}")
        for reduce in ("sum", "mean", "amax", "amin")
        for include_self in (True, False)
    ],
    row("", rg.put, real(2, 3), integers(0, 6, 2), real(2), accumulate=True, torch="put"),
    row("", rg.select_scatter, real(2, 3), real(3), dim=0, index=1, torch="select_scatter"),
    row("", rg.slice_scatter, real(2, 4), real(2, 2), dim=1, start=0, end=4, step=2,
        torch="slice_scatter"),
    row("Drawn", bernoulli, real(2, 3), smooth=False),
]  # fmt: skip
