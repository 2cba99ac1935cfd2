"""Rows of shapes: reshape, permute, broadcasting, diagonals, flips, repetition, joining."""

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops import diagonals, rearranging, shape
from retrograd.autograd_core.ops.casting import cast, contiguous_copy, transfer
from retrograd.autograd_core.ops.filling import Fill
from tests.ops.spec import Spec, booleans, constant, integers, many, real, value


def row(
    op, call, *inputs, label="", torch=None, reference=None, order=2, smooth=True, **attributes
):
    """A row of the table."""
    return Spec(op, call, inputs, attributes, reference, torch, order, smooth, label)


def joined(op, name, *shapes, label="", **attributes):
    """A row of a function that takes a sequence of tensors."""

    def call(*tensors, **kwargs):
        return getattr(rg, name)(list(tensors), **kwargs)

    def torch(library, *tensors, **kwargs):
        return getattr(library, name)(list(tensors), **(kwargs or attributes))

    inputs = tuple(real(*s) if s != (0,) else constant(real(0)) for s in shapes)
    return Spec(op, call, inputs, attributes, None, torch, label=f"{name}{label}")


def to_the_cpu(x):
    return transfer(x, device=rg.device("cpu"), home=x.device)


SPECS = [
    row("Reshape", rg.reshape, real(2, 3, 2), shape=(4, -1), torch="reshape"),
    row("Reshape", rg.reshape, real(2, 0), shape=(0, 5), torch="reshape", label="empty"),
    row("Reshape", rg.reshape, real(), shape=(1, 1), torch="reshape", label="0-d"),
    row("Reshape", rg.flatten, real(2, 3, 2), start_dim=1, torch="flatten", label="flatten"),
    row("Reshape", rg.unflatten, real(2, 6), dim=-1, sizes=(2, 3), torch="unflatten", label="un"),
    row("Reshape", rg.squeeze, real(1, 2, 1), dim=0, torch="squeeze", label="squeeze"),
    row("Reshape", rg.unsqueeze, real(2), dim=-1, torch="unsqueeze", label="unsqueeze"),
    row("Permute", rg.permute, real(2, 3, 4), dims=(2, 0, -2), torch="permute"),
    row("Permute", rg.transpose, real(2, 3), dim0=0, dim1=-1, torch="transpose", label="transpose"),
    row("Permute", rg.movedim, real(2, 3, 4), source=(0, 1), destination=(-1, 0), torch="movedim",
        label="movedim"),
    row("Expand", rg.broadcast_to, real(3, 1), size=(2, 3, 4), torch="broadcast_to"),
    row("Expand", rg.broadcast_to, real(), size=(2, 3), torch="broadcast_to", label="0-d"),
    row("SumTo", shape.sum_to, real(2, 3, 4), shape=(3, 1), reference=lambda x, shape: (
        x.sum((0, 2)).reshape(shape)
    )),
    row("SumTo", shape.sum_to, real(2, 3), shape=(2, 3), label="same"),
    row("Reinterpret", lambda x: x.view(rg.int64), real(2), order=0),
    row("Cast", lambda x, dtype: cast(x, dtype=dtype), real(2, 3), dtype=np.dtype("float64")),
    row("Transfer", to_the_cpu, real(2, 3)),
    row("Clone", rg.clone, real(2, 3), torch="clone", reference=np.copy),
    row("Contiguous", contiguous_copy, real(2, 3), reference=np.copy),
    row("Fill", Fill.function, real(2, 3), real(), reference=lambda x, v: np.full_like(x, v)),
    row("Diagonal", rg.diagonal, real(3, 4), torch="diagonal", reference=np.diagonal),
    row("Diagonal", rg.diagonal, real(2, 3, 4), offset=-1, dim1=2, dim2=0, torch="diagonal",
        label="dims"),
    row("Undiagonal", rg.diag_embed, real(2, 3), offset=1, torch="diag_embed"),
    row("Undiagonal", rg.diag_embed, real(2, 3), dim1=0, dim2=2, torch="diag_embed", label="dims"),
    row("Undiagonal", rg.diag, real(3), diagonal=-1, torch="diag", label="diag"),
    row("Tril", rg.tril, real(2, 3, 4), diagonal=1, torch="tril"),
    row("Triu", rg.triu, real(3, 3), diagonal=-1, torch="triu"),
    row("BlockDiagonal", rg.block_diag, real(2, 3), real(1, 2), torch="block_diag"),
    row("BlockDiagonal", rg.block_diag, real(2, 3), real(), real(2), torch="block_diag", label="low"),
    row("Flip", rg.flip, real(2, 3), dims=(0, -1), torch="flip", reference=lambda x, dims: (
        np.flip(x, dims)
    )),
    row("Roll", rg.roll, real(2, 3), shifts=(1, -2), dims=(0, 1), torch="roll"),
    row("Roll", rg.roll, real(2, 3), shifts=2, torch="roll", label="flat"),
    row("Windows", rearranging.unfold, real(2, 7), dimension=1, size=3, step=2,
        torch=lambda t, x: x.unfold(1, 3, 2)),
    row("Windows", rearranging.unfold, real(5), dimension=0, size=3, step=1, label="overlap",
        torch=lambda t, x: x.unfold(0, 3, 1)),
    row("WindowSum", rearranging.WindowSum.function, real(2, 3, 3),
        dim=1, size=3, step=2, shape=(2, 7)),
    row("", rg.rot90, real(2, 3), k=3, torch="rot90"),
    row("", rearranging.repeat, real(2, 1), repeats=(2, 1, 3),
        torch=lambda t, x: x.repeat((2, 1, 3)), label="repeat"),
    row("", rg.tile, real(2, 3), dims=(2,), torch="tile"),
    row("", rg.repeat_interleave, real(2, 3), repeats=2, dim=1, torch="repeat_interleave"),
    row("", rg.repeat_interleave, real(2, 3), integers(0, 3, 2), dim=0, label="each",
        torch="repeat_interleave"),
    joined("Cat", "cat", (2, 3), (2, 1), dim=-1),
    joined("Cat", "cat", (2, 3), (0,), (1, 3), label="-empty"),
    joined("Cat", "hstack", (2,), (3,)),
    joined("Stack", "stack", (2, 3), (2, 3), dim=1),
    joined("Stack", "stack", (), (), label="-0-d"),
    joined("Cat", "dstack", (2,), (2,)),
    joined("Cat", "column_stack", (2,), (2, 2)),
    row("Unbind", rg.unbind, real(3, 2), dim=-1, torch="unbind"),
    row("Split", rg.split, real(5, 2), split_size_or_sections=2, torch="split"),
    row("Split", rg.split, real(2, 5), split_size_or_sections=[1, 4], dim=1, torch="split", label="sizes"),
    row("Split", rg.tensor_split, real(5), indices_or_sections=(1, 3), label="tensor_split",
        torch=lambda t, x: t.tensor_split(x, (1, 3))),
    row("", rg.meshgrid, real(2), real(3), indexing="xy", torch="meshgrid"),
    row("", rg.cartesian_prod, real(2), real(3), torch="cartesian_prod"),
    row("", rg.combinations, real(4), r=3, torch="combinations"),
    row("", rg.masked_fill, real(2, 3), booleans(2, 3), value(2.0), torch="masked_fill"),
    row("", rg.diagonal_scatter, real(3, 3), real(2), value(1), torch="diagonal_scatter"),
    row("", diagonals.diagflat, real(2, 2), torch="diagflat"),
    row("", lambda *tensors: rg.atleast_3d(list(tensors)), many(real(2), real()),
        torch="atleast_3d"),
]  # fmt: skip
