"""Rows of sums, means, products, extremes, spreads, norms and running sums."""

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.extrema import Argmax, Argmin
from retrograd.autograd_core.ops.scans import recurrence, shift
from tests.ops.spec import Spec, booleans, integers, positive, real, value


def row(op, name, *shape, label="", order=2, make=real, **attributes):
    call = getattr(rg, name)
    dims = "-".join(f"{k}={v}" for k, v in attributes.items())
    label = f"{name}{list(shape)}-{dims}{label}"
    return Spec(op, call, (make(*shape),), attributes, None, name, order, label=label)


def rows(op, name, *choices, shapes=((2, 3, 2), ()), **attributes):
    """All choices of dimensions on a larger array, and the plain call on every shape."""
    return [
        *(row(op, name, *shape, **attributes) for shape in shapes),
        *(row(op, name, *shapes[0], **choice, **attributes) for choice in choices),
    ]


DIMS = ({"dim": 1}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)})
ONE = ({"dim": 1}, {"dim": -1, "keepdim": True})


def recurrence_by_hand(x, a, dim, step):
    out = np.zeros_like(x)
    order = range(x.shape[1]) if step > 0 else reversed(range(x.shape[1]))
    last = np.zeros_like(x[:, 0])
    for k in order:
        last = out[:, k] = x[:, k] + a[:, k] * last
    return out


SPECS = [
    *rows("Sum", "sum", *DIMS, shapes=((2, 3, 2), (), (0, 3))),
    *rows("Mean", "mean", *DIMS),
    *rows("Amax", "amax", *DIMS),
    *rows("Amin", "amin", *DIMS),
    *rows("Prod", "prod", *ONE, shapes=((2, 3, 2), (), (0, 3))),
    *rows("", "nansum", *DIMS),
    *rows("", "nanmean", *DIMS),
    *rows("Var", "var", *DIMS, {"dim": 0, "correction": 0}, shapes=((2, 3, 2), (4,))),
    *rows("Std", "std", *DIMS, {"dim": 0, "correction": 0}, shapes=((2, 3, 2), (4,))),
    *rows("Var", "var_mean", *DIMS, shapes=((2, 3, 2), (4,))),
    *rows("Std", "std_mean", *DIMS, shapes=((2, 3, 2), (4,))),
    *rows("", "aminmax", *ONE),
    row("Amax", "max", 2, 3, 2),
    row("Amin", "min", 2, 3, 2),
    *(row("ExtremeAlong", name, 2, 3, 2, **choice) for name in ("max", "min") for choice in ONE),
    row("Argmax", "max", dim=0, label="0d"),
    row("Sum", "sum", 2, 3, dim=0, dtype=rg.float64),
    row("Sum", "sum", 4, make=lambda *s: integers(0, 9, *s), order=0, label="integers"),
    row("Sum", "sum", 4, make=booleans, order=0, label="bools"),
    row("Prod", "prod", 4, make=lambda *s: integers(0, 9, *s), order=0, label="integers"),
    *(
        Spec("Prod", rg.prod, (value(np.array(x)),), {"dim": 0}, None, "prod",
             label=f"zeros-{k}")
        for k, x in enumerate(([1.0, 0.0, 3.0], [0.0, 2.0, 0.0], [[0.0, 1.0], [2.0, 3.0]]))
    ),
    *(row("All", "all", 2, 3, make=booleans, order=0, **c) for c in ({}, *ONE)),
    *(row("Any_", "any", 2, 3, make=booleans, order=0, **c) for c in ({}, *ONE)),
    *(
        row("CountNonzero", "count_nonzero", 2, 3, make=booleans, order=0, **choice)
        for choice in ({}, {"dim": 1})
    ),
    *(row("Argmax", "argmax", 2, 3, order=0, **c) for c in ({}, *ONE)),
    *(row("Argmin", "argmin", 2, 3, order=0, **c) for c in ({}, *ONE)),
    Spec("Argmax", Argmax.function, (real(3, 4),), {"dim": 0},
         lambda x, dim: x.argmax(dim), order=0, label="raw"),
    Spec("Argmin", Argmin.function, (real(3, 4),), {"dim": 0},
         lambda x, dim: x.argmin(dim), order=0, label="raw"),
    # --- norms
    *(
        row("VectorNorm", "norm", 2, 3, 2, p=p, **choice)
        for p in (1, 2, 3, 0.5, 2.5, float("inf"), float("-inf"), "fro")
        for choice in ({}, {"dim": 1}, {"dim": (0, 2), "keepdim": True})
    ),
    *(
        Spec("VectorNorm", rg.dist, (real(2, 3), positive(3)), {"p": p}, None, "dist",
             label=f"dist-{p}")
        for p in (1, 2, 3)
    ),
    *(row("VectorNorm", "renorm", 3, 4, p=p, dim=1, maxnorm=0.7) for p in (1, 2)),
    row("", "cov", 3, 5),
    row("", "cov", 3, 5, correction=0),
    row("", "cov", 5),
    row("", "corrcoef", 3, 5),
    # --- running sums
    *(
        row(name.capitalize(), name, *shape, dim=dim)
        for name in ("cumsum", "cumprod", "logcumsumexp")
        for shape, dim in (((2, 3, 2), 0), ((2, 5), -1), ((), 0), ((0, 3), 1))
    ),
    Spec("Cumprod", rg.cumprod, (value(np.array([2.0, 0.0, 3.0, 0.0])),), {"dim": 0}, None,
         "cumprod", label="zeros"),
    row("Cumsum", "cumsum", 4, dim=0, make=booleans, order=0, label="bools"),
    *(row("RunningArgmax", name, 2, 5, dim=dim) for name in ("cummax", "cummin") for dim in (0, 1)),
    *(
        Spec("Recurrence", recurrence, (real(2, 5), real(2, 5)), {"dim": 1, "step": step},
             recurrence_by_hand, label=f"step{step}")
        for step in (1, -1)
    ),
    Spec("Shift", shift, (real(2, 3),), {"dim": 1, "step": 1}, label="up"),
    Spec("Shift", shift, (real(2, 3),), {"dim": 0, "step": -1, "fill": 2.0}, label="down"),
]  # fmt: skip
