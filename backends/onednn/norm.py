"""Layer normalization by oneDNN: statistics over the last dimensions, which a weight and bias scale."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def normalize(x: Any, weight: Any, bias: Any, rows: int, eps: float) -> Any:
    """The output and the raw statistics of `rows` rows, or None where oneDNN is no help.

    Output, mean, biased variance; `weight` and `bias` have one element for each column, or are None.
    """
    has_weight, has_bias = weight is not None, bias is not None
    settings = (rows, x.size // max(rows, 1), has_weight, has_bias, eps)
    plan = context.plan(_forward, settings)
    if plan is None:
        return None
    out, mean, var = (
        np.empty(x.shape, np.float32),
        np.empty(rows, np.float32),
        np.empty(rows, np.float32),
    )
    affine = [np.ascontiguousarray(a) for a in (weight, bias) if a is not None]
    plan(np.ascontiguousarray(x), *affine, out, mean, var)
    return out, mean, var


def normalize_grad(g: Any, x: Any, mean: Any, rstd: Any, weight: Any) -> Any:
    """The gradients in the input, the weight and the bias, or None where oneDNN is no help."""
    rows, columns = mean.size, x.size // max(mean.size, 1)
    plan = context.plan(_backward, (rows, columns, weight is not None))
    if plan is None:
        return None
    var = 1.0 / (rstd * rstd)  # eps is in it, so the plan has none
    sums = [] if weight is None else [np.empty(columns, np.float32) for _ in range(2)]
    affine = [] if weight is None else [np.ascontiguousarray(weight)] * 2  # it wants any bias
    dx = np.empty(x.shape, np.float32)
    plan(*map(np.ascontiguousarray, (g, x, mean, var)), *affine, dx, *sums)
    return (dx, *sums) if sums else (dx, None, None)


class _Problem:
    """The formats of a normalization of rows, and its flags."""

    def __init__(self, context: Context, rows: int, columns: int, scale: bool, shift: bool):
        if not rows or not columns:
            raise Unsupported("an empty array")
        self.context = context
        self.x, self.row, self.column = map(context.plain, ((rows, columns), (columns,), (rows,)))
        self._flags = USE_SCALE * scale | USE_SHIFT * shift

    def forward(self, eps: float) -> Handle:
        return self._descriptor("forward", FORWARD, (self.x,) * 2, eps, ())

    def backward(self) -> Handle:
        return self._descriptor("backward", BACKWARD, (self.x,) * 3, 0.0, (self.forward(0.0),))

    def _descriptor(self, kind: str, prop: int, rows: tuple, eps: float, hint: tuple) -> Handle:
        library = self.context.dnnl
        return library.descriptor(
            f"dnnl_layer_normalization_{kind}_primitive_desc_create", library.engine, prop, *rows,
            self.column, eps, self._flags, *hint, library.attributes,
        )  # fmt: skip


def _forward(
    context: Context, rows: int, columns: int, scale: bool, shift: bool, eps: float
) -> Plan:
    problem = _Problem(context, rows, columns, scale, shift)
    operands = [Operand(ARG_SRC, problem.x)]
    operands += [Operand(ARG_SCALE, problem.row)] * scale + [
        Operand(ARG_SHIFT, problem.row)
    ] * shift
    operands += [
        Operand(ARG_DST, problem.x, is_result=True),
        Operand(ARG_MEAN, problem.column, is_result=True),
        Operand(ARG_VARIANCE, problem.column, is_result=True),
    ]
    return Plan(context, problem.forward(eps), operands)


def _backward(context: Context, rows: int, columns: int, affine: bool) -> Plan:
    problem = _Problem(context, rows, columns, affine, affine)
    operands = [
        Operand(ARG_DIFF_DST, problem.x),
        Operand(ARG_SRC, problem.x),
        Operand(ARG_MEAN, problem.column),
        Operand(ARG_VARIANCE, problem.column),
    ]
    given, wanted = (ARG_SCALE, ARG_SHIFT), (ARG_DIFF_SCALE, ARG_DIFF_SHIFT)
    operands += [Operand(argument, problem.row) for argument in given if affine]
    operands.append(Operand(ARG_DIFF_SRC, problem.x, is_result=True))
    operands += [Operand(argument, problem.row, is_result=True) for argument in wanted if affine]
    return Plan(context, problem.backward(), operands)
