"""Rows of sorting, ranks, quantiles, searches, differences and integrals."""

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.counting import Searchsorted
from retrograd.autograd_core.ops.order import Argsort, ModeIndex, RankIndex, Topk
from tests.ops.spec import Spec, constant, integers, positive, real, value


def row(op, name, *makers, order=2, label="", **attributes):
    if makers and isinstance(makers[0], int):
        makers = (real(*makers),)
    named = "-".join(f"{k}={v}" for k, v in attributes.items())
    label = f"{name}-{named}{label}"
    return Spec(op, getattr(rg, name), makers, attributes, None, name, order, label=label)


def searchsorted_rows(sequence, input, right):
    side = "right" if right else "left"
    return np.stack([np.searchsorted(s, x, side) for s, x in zip(sequence, input, strict=True)])


ROWS = value(np.array([[0.0, 1.0, 1.0, 3.0], [-1.0, 0.5, 2.0, 2.0]]))
WANTED = value(np.array([[1.0, 4.0, 0.5], [2.0, -2.0, 0.5]]))
STEPS = constant(value(np.array([0.0, 1.0, 1.5, 3.0, 3.2])))

SPECS = [
    *(
        row("Argsort", "sort", 2, 4, dim=dim, descending=descending)
        for dim in (0, -1)
        for descending in (False, True)
    ),
    row("Argsort", "argsort", 2, 4, order=0),
    row("Argsort", "sort", integers(0, 3, 9), order=0, stable=True, descending=True),
    row("Argsort", "msort", 4, 2),
    Spec("Argsort", rg.sort, (real(),), None, None, "sort", label="0d"),
    Spec("Argsort", Argsort.function, (real(5),), {"dim": 0, "descending": True},
         lambda x, dim, descending: np.argsort(-x), order=0, label="raw"),
    *(
        row("Topk", "topk", 3, 5, k=k, dim=dim, largest=largest)
        for k, dim in ((2, 1), (3, 0), (1, -1))
        for largest in (True, False)
    ),
    Spec("Topk", Topk.function, (real(5),), {"k": 2, "dim": 0, "largest": True},
         lambda x, k, dim, largest: np.argsort(-x)[:k], order=0, label="raw"),
    *(row("RankIndex", name, 3, 5, dim=dim) for name in ("median", "nanmedian") for dim in (0, -1)),
    *(row("RankIndex", "kthvalue", 3, 5, k=2, dim=dim, keepdim=True) for dim in (0, -1)),
    *(row("Median", name, 3, 4) for name in ("median", "nanmedian")),
    Spec("RankIndex", RankIndex.function, (real(5),), {"k": 1, "dim": 0},
         lambda x, k, dim: np.argmin(x, keepdims=True), order=0, label="raw"),
    row("ModeIndex", "mode", integers(0, 3, 3, 8), order=0, dim=1),
    row("ModeIndex", "mode", integers(0, 3, 8, 3), order=0, dim=0, keepdim=True),
    row("ModeIndex", "mode", 3, 4),
    Spec("ModeIndex", ModeIndex.function, (value(np.array([3.0, 1.0, 3.0])),), {"dim": 0},
         lambda x, dim: np.array([2]), order=0, label="raw"),
    *(
        row("", name, 3, 5, q=0.3, dim=dim, interpolation=interpolation)
        for name in ("quantile", "nanquantile")
        for dim in (None, 1)
        for interpolation in ("linear", "lower", "higher", "midpoint", "nearest")
    ),
    row("", "quantile", real(3, 5), value(np.array([0.13, 0.52])), order=1, dim=0, keepdim=True),
    *(
        Spec("Searchsorted", Searchsorted.function, (ROWS, WANTED), {"right": right},
             searchsorted_rows, order=0, label=f"rows-{right}")
        for right in (False, True)
    ),
    *(
        row("Searchsorted", "searchsorted", value(np.arange(5.0)), integers(0, 5, 2, 3), order=0,
            right=right)
        for right in (False, True)
    ),
    row("Searchsorted", "bucketize", real(2, 3), value(np.array([-0.5, 0.5])), order=0),
    *(row("", "diff", 3, 5, n=n, dim=dim) for n in (0, 1, 3) for dim in (0, -1)),
    row("", "trapezoid", 3, 5),
    row("", "trapezoid", 3, 5, dx=0.5, dim=0),
    row("", "trapezoid", real(3, 5), positive(5), label="points"),
    row("", "trapezoid", real(3, 5), positive(3), label="first", dim=0),
    row("", "cumulative_trapezoid", real(3, 5), positive(3, 5)),
    row("", "gradient", 3, 4),
    row("", "gradient", 3, 4, spacing=0.5, dim=1, edge_order=2),
    row("", "gradient", 4, 3, spacing=(2.0, 0.5)),
    row("", "gradient", 2, 5, dim=0),
    Spec("", lambda y, x: rg.gradient(y, spacing=(x,), dim=1, edge_order=2), (real(2, 5), STEPS),
         None, lambda y, x: np.gradient(y, x, axis=1, edge_order=2),
         lambda torch, y, x: torch.gradient(y, spacing=(x,), dim=1, edge_order=2), 1, label="uneven"),
    row("", "histc", 20, order=0, bins=5, min=-1, max=1),
    row("", "bincount", integers(0, 4, 9), order=0, minlength=6),
    row("", "unique", integers(0, 4, 9), order=0, return_inverse=True, return_counts=True),
    row("", "unique_consecutive", integers(0, 2, 9), order=0, return_counts=True),
]  # fmt: skip
