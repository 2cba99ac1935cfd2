"""Rows of the products of matrices and vectors."""

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.contraction import bilinear
from retrograd.autograd_core.ops.matmul import linear as linear_layer
from tests.ops.spec import Spec, integers, real, value


def product(label, *shapes, op="MatMul"):
    """A row of `matmul` for operands of these shapes."""
    inputs = tuple(real(*shape) for shape in shapes)
    return Spec(op, rg.matmul, inputs, reference=np.matmul, torch="matmul", label=label)


def function(name, op, *inputs, label="", **attributes):
    """A row of the public function `name`."""
    reference = getattr(np, name, None)
    call = getattr(rg, name)
    label = f"{name}{label and '-'}{label}"
    return Spec(op, call, inputs, attributes, reference=reference, torch=name, label=label)


def linear(label, *inputs):
    """A row of the linear layer."""

    def reference(x, w, b):
        return x @ w.T + (0 if b is None else b)

    torch = "nn.functional.linear"
    return Spec("Linear", linear_layer, inputs, reference=reference, torch=torch, label=label)


def einsum(equation, *shapes):
    """A row of `einsum`."""
    return Spec(
        "",
        lambda *x: rg.einsum(equation, *x),
        tuple(real(*shape) for shape in shapes),
        torch=lambda torch, *x: torch.einsum(equation, *x),
        label=f"{equation} {shapes}",
    )


def contraction(name, *inputs, op="", label="", **attributes):
    """A row of a function that is compared with PyTorch's."""
    call = rg
    for part in name.split("."):
        call = getattr(call, part)
    return Spec(op, call, inputs, attributes, torch=name, label=f"{name}{label and '-'}{label}")


SPECS = [
    product("plain", (2, 3), (3, 4)),
    product("one-element", (1, 1), (1, 1)),
    product("empty-inner", (2, 0), (0, 3)),
    product("empty", (0, 2), (2, 3)),
    product("batch", (2, 3, 4), (2, 4, 2)),
    product("batch-of-rows", (2, 3, 4), (4, 2)),
    product("matrix-by-batch", (3, 4), (2, 4, 2)),
    product("broadcast", (2, 1, 3, 2), (3, 2, 2)),
    product("broadcast-one", (2, 3, 2), (1, 2, 2)),
    product("vector-by-batch", (3,), (2, 3, 2)),
    product("batch-by-vector", (2, 2, 3), (3,), op="Mv"),
    product("vector-by-matrix", (3,), (3, 2), op="Mv"),
    product("matrix-by-vector", (2, 3), (3,), op="Mv"),
    product("vectors", (3,), (3,), op="Dot"),
    Spec(
        "MatMul",
        rg.matmul,
        (integers(-5, 5, 2, 3), integers(-5, 5, 3, 2)),
        reference=np.matmul,
        torch="matmul",
        order=0,
        label="integers",
    ),
    function("mm", "MatMul", real(2, 3), real(3, 2)),
    function("bmm", "MatMul", real(2, 2, 3), real(2, 3, 2)),
    function("mv", "Mv", real(2, 3), real(3)),
    function("dot", "Dot", real(4), real(4)),
    function("dot", "Dot", real(0), real(0), label="empty"),
    function("vdot", "Dot", real(4), real(4)),
    function("outer", "Outer", real(2), real(3)),
    function("ger", "Outer", real(2), real(3)),
    function("addmm", "MatMul", real(2, 4), real(2, 3), real(3, 4)),
    function("addmm", "MatMul", real(4), real(2, 3), real(3, 4), label="b", beta=0.5, alpha=2.0),
    function("addmv", "Mv", real(2), real(2, 3), real(3), label="scaled", beta=0.5, alpha=2.0),
    function("addmv", "Mv", real(1), real(2, 3), real(3)),
    function("addr", "Outer", real(2, 3), real(2), real(3), beta=0.5, alpha=2.0),
    function("baddbmm", "MatMul", real(2, 2, 4), real(2, 2, 3), real(2, 3, 4), beta=0.5, alpha=2.0),
    function("baddbmm", "MatMul", real(4), real(2, 2, 3), real(2, 3, 4), label="broadcast"),
    function("addbmm", "MatMul", real(2, 4), real(3, 2, 3), real(3, 3, 4), beta=0.5, alpha=2.0),
    linear("plain", real(2, 3), real(4, 3), real(4)),
    linear("no-bias", real(2, 3), real(4, 3), value(None)),
    linear("sequence", real(2, 3, 2), real(3, 2), real(3)),
    linear("vector", real(3), real(2, 3), real(2)),
    linear("no-rows", real(0, 3), real(2, 3), real(2)),
    linear("no-features", real(2, 0), real(2, 0), real(2)),
    linear("one-output", real(2, 3), real(1, 3), real(1)),
    *[
        einsum(equation, *shapes)
        for equation, *shapes in [
            ("ij,jk->ik", (2, 3), (3, 4)),
            ("ij,jk", (2, 3), (3, 4)),
            ("ij,kj->ki", (2, 3), (4, 3)),
            ("bij,bjk->bik", (2, 3, 2), (2, 2, 3)),
            ("ii->i", (3, 3)),
            ("ii", (3, 3)),
            ("iij->j", (2, 2, 3)),
            ("ij->", (2, 3)),
            ("ij->ji", (2, 3)),
            ("i,j->ij", (2,), (3,)),
            ("i,i->", (3,), (3,)),
            ("i,i->i", (3,), (3,)),
            ("ij,j->i", (2, 3), (3,)),
            ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)),
            ("i...->...", (2, 3)),
            ("...,...", (2, 3), (3,)),
            ("b...i,ji->b...j", (2, 3, 2), (4, 2)),
            ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
            ("ij,ik,il->jkl", (2, 3), (2, 2), (2, 3)),
            ("ab,ab,c->c", (2, 3), (2, 3), (2,)),
            ("bhqd,bhkd->bhqk", (1, 2, 3, 2), (1, 2, 2, 2)),
            ("ij,jk->ik", (2, 1), (3, 4)),
            ("ij,ij->j", (1, 3), (2, 3)),
            ("ij,j->", (0, 3), (3,)),
            (",i->i", (), (3,)),
        ]
    ],
    Spec(
        "",
        lambda a, b: rg.einsum(a, [0, 1], b, [1, 2], [2, 0]),
        (real(2, 3), real(3, 2)),
        torch=lambda torch, a, b: torch.einsum(a, [0, 1], b, [1, 2], [2, 0]),
        label="sublists",
    ),
    Spec(
        "",
        lambda a, b: rg.einsum(a, [..., 0], b, [0]),
        (real(2, 3), real(3)),
        torch=lambda torch, a, b: torch.einsum(a, [..., 0], b, [0]),
        label="sublists-ellipsis",
    ),
    contraction("tensordot", real(2, 3, 4), real(3, 4)),
    contraction("tensordot", real(2, 3), real(2), label="none", dims=0),
    contraction("tensordot", real(2, 3, 4), real(4, 2), label="lists", dims=([0, 2], [1, 0])),
    contraction("inner", real(2, 3), real(4, 3)),
    contraction("inner", real(3), real(3), label="vectors"),
    contraction("inner", real(), real(3), label="number"),
    contraction("kron", real(2, 3), real(2, 2)),
    contraction("kron", real(2), real(2, 2), label="broadcast"),
    contraction("cross", real(2, 3), real(2, 3), op="Cross", dim=1),
    contraction("linalg.cross", real(2, 3), real(1, 3), op="Cross", label="broadcast"),
    contraction("linalg.cross", real(3, 2), real(3, 2), op="Cross", label="dim", dim=0),
    contraction("linalg.vecdot", real(2, 3), real(1, 3)),
    Spec(
        "",
        lambda *x: rg.linalg.multi_dot(x),
        (real(2), real(2, 4), real(4, 1), real(1, 3)),
        torch=lambda torch, *x: torch.linalg.multi_dot(x),
        label="multi_dot",
    ),
    Spec(
        "",
        rg.chain_matmul,
        (real(2, 3), real(3, 4), real(4, 1)),
        torch=lambda torch, *x: torch.linalg.multi_dot(x),
        label="chain_matmul",
    ),
    Spec(
        "",
        bilinear,
        (real(2, 3), real(2, 2), real(4, 3, 2), real(4)),
        torch="nn.functional.bilinear",
        label="bilinear",
    ),
]
