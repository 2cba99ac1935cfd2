"""Activation functions and their gradients by oneDNN, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrograd.backends.onednn.binding import (
    ARG_DIFF_DST,
    ARG_DIFF_SRC,
    ARG_DST,
    ARG_SRC,
    ELTWISE,
    FORWARD,
    Handle,
)
from retrograd.backends.onednn.primitives import Context, Operand, Plan, context


def forward(name: str, x: Any, alpha: float, beta: float) -> Any:
    """The function called `name` of a float32 array; None where oneDNN is no help."""
    plan = context.plan(_forward, (x.size, name, alpha, beta))
    if plan is None:
        return None
    out = np.empty(x.shape, np.float32)
    plan(np.ascontiguousarray(x), out)
    return out


def backward(name: str, g: Any, x: Any, alpha: float, beta: float) -> Any:
    """The gradient in the input: `x` is the input, or for a name so called the output."""
    plan = context.plan(_backward, (x.size, name, alpha, beta))
    if plan is None:
        return None
    dx = np.empty(x.shape, np.float32)
    plan(np.ascontiguousarray(g), np.ascontiguousarray(x), dx)
    return dx


def _descriptor(
    context: Context, size: int, name: str, alpha: float, beta: float
) -> tuple[Handle, Handle]:
    """Of the function itself, and the format of its arrays."""
    library, row = context.dnnl, context.plain((size,))
    forward = library.descriptor(
        "dnnl_eltwise_forward_primitive_desc_create", library.engine, FORWARD, ELTWISE[name],
        row, row, alpha, beta, library.attributes,
    )  # fmt: skip
    return forward, row


def _forward(context: Context, size: int, name: str, alpha: float, beta: float) -> Plan:
    descriptor, row = _descriptor(context, size, name, alpha, beta)
    return Plan(context, descriptor, [Operand(ARG_SRC, row), Operand(ARG_DST, row, is_result=True)])


def _backward(context: Context, size: int, name: str, alpha: float, beta: float) -> Plan:
    library = context.dnnl
    forward, row = _descriptor(context, size, name, alpha, beta)
    descriptor = library.descriptor(
        "dnnl_eltwise_backward_primitive_desc_create", library.engine, ELTWISE[name],
        row, row, row, alpha, beta, forward, library.attributes,
    )  # fmt: skip
    operands = [
        Operand(ARG_DIFF_DST, row),
        Operand(ARG_DST if name.endswith("of output") else ARG_SRC, row),
        Operand(ARG_DIFF_SRC, row, is_result=True),
    ]
    return Plan(context, descriptor, operands)
