"""Softmax along the last dimension by oneDNN, and its gradient and that of log_softmax."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from retrograd.backends.onednn.binding import (
    ARG_DIFF_DST,
    ARG_DIFF_SRC,
    ARG_DST,
    ARG_SRC,
    FORWARD,
    SOFTMAX,
    Format,
    Handle,
    Unsupported,
)
from retrograd.backends.onednn.primitives import Context, Operand, Plan, context


def forward(name: str, x: Any) -> Any:
    """The softmax of each row; None where oneDNN is no help.

    Of a row with NaN or infinity one element at least is NaN, not all.
    """
    plan = context.plan(_forward, (SOFTMAX[name], *_matrix(x)))
    if plan is None:
        return None
    out = np.empty(x.shape, np.float32)
    plan(np.ascontiguousarray(x), out)
    return out


def backward(name: str, g: Any, out: Any) -> Any:
    """The gradient in the input, or None; where `out` is NaN it may be infinite instead."""
    plan = context.plan(_backward, (SOFTMAX[name], *_matrix(out)))
    if plan is None:
        return None
    dx = np.empty(out.shape, np.float32)
    plan(np.ascontiguousarray(g), np.ascontiguousarray(out), dx)
    return dx


def _matrix(x: Any) -> tuple[int, int]:
    return prod(x.shape[:-1]), x.shape[-1]


def _descriptor(context: Context, kind: int, rows: int, columns: int) -> tuple[Handle, Format]:
    """Of the function itself, and the format of its arrays."""
    if not rows or not columns:
        raise Unsupported("an empty array")
    library, matrix = context.dnnl, context.plain((rows, columns))
    forward = library.descriptor(
        "dnnl_softmax_forward_primitive_desc_create", library.engine, FORWARD, kind,
        matrix, matrix, 1, library.attributes,
    )  # fmt: skip
    return forward, matrix


def _forward(context: Context, kind: int, rows: int, columns: int) -> Plan:
    descriptor, matrix = _descriptor(context, kind, rows, columns)
    operands = [Operand(ARG_SRC, matrix), Operand(ARG_DST, matrix, is_result=True)]
    return Plan(context, descriptor, operands)


def _backward(context: Context, kind: int, rows: int, columns: int) -> Plan:
    library = context.dnnl
    forward, matrix = _descriptor(context, kind, rows, columns)
    descriptor = library.descriptor(
        "dnnl_softmax_backward_primitive_desc_create", library.engine, kind,
        matrix, matrix, matrix, 1, forward, library.attributes,
    )  # fmt: skip
    operands = [
        Operand(ARG_DIFF_DST, matrix),
        Operand(ARG_DST, matrix),
        Operand(ARG_DIFF_SRC, matrix, is_result=True),
    ]
    return Plan(context, descriptor, operands)
