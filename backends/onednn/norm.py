"""Normalization by oneDNN of rows (layer norm, others without weights) and of columns (batch norm)."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from retrograd.backends.kernels.norm import Layout
from retrograd.backends.onednn.binding import (
    ARG_DIFF_DST,
    ARG_DIFF_SCALE,
    ARG_DIFF_SHIFT,
    ARG_DIFF_SRC,
    ARG_DST,
    ARG_MEAN,
    ARG_SCALE,
    ARG_SHIFT,
    ARG_SRC,
    ARG_VARIANCE,
    BACKWARD,
    FORWARD,
    USE_SCALE,
    USE_SHIFT,
    Handle,
    Unsupported,
)
from retrograd.backends.onednn.primitives import Context, Operand, Plan, context


def normalize(x: Any, weight: Any, bias: Any, layout: Layout, eps: float) -> Any:
    """The output, mean and biased variance, or None where oneDNN is no help.

    Statistics are those of columns, or of neighbours in memory; weight and bias differ along rows.
    """
    settings = (*_matrix(layout), weight is not None, bias is not None, eps)
    plan = context.plan(_forward, settings)
    if plan is None:
        return None
    kept = [1 if k in layout.dims else n for k, n in enumerate(layout.shape)]
    out, mean, var = (np.empty(s, np.float32) for s in (layout.whole, kept, kept))
    affine = [np.ascontiguousarray(a) for a in (weight, bias) if a is not None]
    plan(np.ascontiguousarray(x), *affine, out, mean, var)
    return out, mean, var


def normalize_grad(g: Any, x: Any, mean: Any, std: Any, weight: Any, layout: Layout) -> Any:
    """The gradients in the input, the weight and the bias, or None where oneDNN is no help."""
    rows, columns, of_rows = _matrix(layout)
    plan = context.plan(_backward, (rows, columns, of_rows, weight is not None))
    if plan is None:
        return None
    var = std * std  # eps is in it, so the plan has none
    sums = [] if weight is None else [np.empty(columns, np.float32) for _ in range(2)]
    affine = [] if weight is None else [np.ascontiguousarray(weight)] * len(_scales(of_rows))
    dx = np.empty(layout.whole, np.float32)
    plan(*map(np.ascontiguousarray, (g, x, mean, var)), *affine, dx, *sums)
    return (dx, *sums) if sums else (dx, None, None)


def _matrix(layout: Layout) -> tuple[int, int, bool]:
    """The rows and columns of an input, and whether statistics are those of rows."""
    if layout.dims == (0,):
        rows, columns = layout.shape
        return rows, columns, False
    return prod(layout.shape) // layout.count, layout.count, True


class _Problem:
    """The formats of a normalization of a matrix, and its flags."""

    def __init__(
        self, context: Context, rows: int, columns: int, of_rows: bool, scale: bool, shift: bool
    ):
        if not rows or not columns:
            raise Unsupported("an empty array")
        self.context, self._of_rows = context, of_rows
        self.x, self.row, column = map(context.plain, ((rows, columns), (columns,), (rows,)))
        self.statistics = column if of_rows else self.row
        self._flags = USE_SCALE * scale | USE_SHIFT * shift

    def forward(self, eps: float) -> Handle:
        return self._descriptor("forward", FORWARD, (self.x,) * 2, eps, ())

    def backward(self) -> Handle:
        return self._descriptor("backward", BACKWARD, (self.x,) * 3, 0.0, (self.forward(0.0),))

    def _descriptor(self, kind: str, prop: int, arrays: tuple, eps: float, hint: tuple) -> Handle:
        library = self.context.dnnl
        norm = "layer" if self._of_rows else "batch"
        formats = (*arrays, self.statistics) if self._of_rows else arrays
        return library.descriptor(
            f"dnnl_{norm}_normalization_{kind}_primitive_desc_create", library.engine, prop,
            *formats, eps, self._flags, *hint, library.attributes,
        )  # fmt: skip


def _forward(
    context: Context, rows: int, columns: int, of_rows: bool, scale: bool, shift: bool, eps: float
) -> Plan:
    problem = _Problem(context, rows, columns, of_rows, scale, shift)
    operands = [Operand(ARG_SRC, problem.x)]
    operands += [Operand(ARG_SCALE, problem.row)] * scale
    operands += [Operand(ARG_SHIFT, problem.row)] * shift
    operands += [
        Operand(ARG_DST, problem.x, is_result=True),
        Operand(ARG_MEAN, problem.statistics, is_result=True),
        Operand(ARG_VARIANCE, problem.statistics, is_result=True),
    ]
    return Plan(context, problem.forward(eps), operands)


def _scales(of_rows: bool) -> tuple[int, ...]:
    """What is given for the backward pass: layer norm asks for a bias too, whichever."""
    return (ARG_SCALE, ARG_SHIFT) if of_rows else (ARG_SCALE,)


def _backward(context: Context, rows: int, columns: int, of_rows: bool, affine: bool) -> Plan:
    problem = _Problem(context, rows, columns, of_rows, affine, affine)
    operands = [
        Operand(ARG_DIFF_DST, problem.x),
        Operand(ARG_SRC, problem.x),
        Operand(ARG_MEAN, problem.statistics),
        Operand(ARG_VARIANCE, problem.statistics),
    ]
    operands += [Operand(argument, problem.row) for argument in _scales(of_rows) if affine]
    operands.append(Operand(ARG_DIFF_SRC, problem.x, is_result=True))
    sums = (ARG_DIFF_SCALE, ARG_DIFF_SHIFT)
    operands += [Operand(argument, problem.row, is_result=True) for argument in sums if affine]
    return Plan(context, problem.backward(), operands)
