"""Convolution and its two gradients by oneDNN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from retrograd.backends.kernels.windows import Padding, Sizes, as_pairs, output_sizes
from retrograd.backends.onednn.binding import (
    ARG_DIFF_DST,
    ARG_DIFF_SRC,
    ARG_DIFF_WEIGHTS,
    ARG_DST,
    ARG_SRC,
    ARG_WEIGHTS,
    DIRECT_CONVOLUTION,
    FORWARD,
    Handle,
    Unsupported,
    dims,
)
from retrograd.backends.onednn.primitives import Context, Operand, Plan, context

# OneDNN computes input gradients in blocks of 16 channels, however few there are: of 16x3x32x32,
# from 64 channels, 3x3, in 2.2 ms, where the generic kernel takes 1.4 ms.
_MIN_CHANNELS = 5


def compute(
    kind: str,
    a: Any,
    b: Any,
    shape: Sizes | None,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> Any:
    """An entry of the kernel table for two float32 arrays; None where oneDNN is no help.

    `kind` is "conv", "conv_input_grad" or "conv_weight_grad", and `shape` that of the gradient.
    """
    shape = None if shape is None else tuple(shape)
    settings = (a.shape, b.shape, shape, tuple(stride), tuple(padding), tuple(dilation), groups)
    plan = context.plan(_MAKERS[kind], settings)
    if plan is None:
        return None
    result = np.empty(plan.shape, np.float32)
    plan(np.ascontiguousarray(a), np.ascontiguousarray(b), result)
    return result


class _Problem:
    """A convolution as oneDNN describes it: formats outside and inside, and the geometry."""

    def __init__(
        self,
        context: Context,
        x_shape: Sizes,
        w_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
        *,
        y_shape: Sizes | None = None,
    ):
        pads = as_pairs(padding)
        outputs = output_sizes(x_shape[2:], w_shape[2:], stride, pads, dilation)
        self.context, self.y_shape = context, (x_shape[0], w_shape[0], *outputs)
        if 0 in (*x_shape, *w_shape, *outputs) or any(p < 0 for pair in pads for p in pair):
            raise Unsupported("an empty array, or a pad that crops")
        if y_shape is not None and tuple(y_shape) != self.y_shape:
            raise Unsupported("a cotangent of fewer positions than the convolution has")
        if groups > 1:
            w_shape = (groups, w_shape[0] // groups, *w_shape[1:])
        shapes = (x_shape, w_shape, self.y_shape)
        self.x, self.w, self.y = map(context.plain, shapes)
        self._any_x, self._any_w, self._any_y = map(context.any, shapes)
        befores, afters = zip(*pads, strict=True)
        self._geometry = [dims(v) for v in (stride, [d - 1 for d in dilation], befores, afters)]

    def forward(self) -> Handle:
        formats = (self._any_x, self._any_w, None, self._any_y)
        return self._descriptor("forward", (FORWARD,), formats, ())

    def input_grad(self) -> Handle:
        formats = (self._any_x, self._any_w, self._any_y)
        return self._descriptor("backward_data", (), formats, (self.forward(),))

    def weight_grad(self) -> Handle:
        formats = (self._any_x, self._any_w, None, self._any_y)
        return self._descriptor("backward_weights", (), formats, (self.forward(),))

    def _descriptor(self, kind: str, first: tuple, formats: tuple, hint: tuple) -> Handle:
        library = self.context.dnnl
        return library.descriptor(
            f"dnnl_convolution_{kind}_primitive_desc_create", library.engine, *first,
            DIRECT_CONVOLUTION, *formats, *self._geometry, *hint, library.attributes,
        )  # fmt: skip


def _forward(context: Context, x: Sizes, w: Sizes, shape: None, *settings: Any) -> Plan:
    problem = _Problem(context, x, w, *settings)
    operands = [
        Operand(ARG_SRC, problem.x),
        Operand(ARG_WEIGHTS, problem.w),
        Operand(ARG_DST, problem.y, is_result=True),
    ]
    return Plan(context, problem.forward(), operands, problem.y_shape)


def _input_grad(context: Context, g: Sizes, w: Sizes, x: Sizes, *settings: Any) -> Plan:
    if x[1] < _MIN_CHANNELS:
        raise Unsupported("slower than the generic kernel")
    problem = _Problem(context, x, w, *settings, y_shape=g)
    operands = [
        Operand(ARG_DIFF_DST, problem.y),
        Operand(ARG_WEIGHTS, problem.w),
        Operand(ARG_DIFF_SRC, problem.x, is_result=True),
    ]
    return Plan(context, problem.input_grad(), operands, x)


def _weight_grad(context: Context, g: Sizes, x: Sizes, w: Sizes, *settings: Any) -> Plan:
    problem = _Problem(context, x, w, *settings, y_shape=g)
    operands = [
        Operand(ARG_DIFF_DST, problem.y),
        Operand(ARG_SRC, problem.x),
        Operand(ARG_DIFF_WEIGHTS, problem.w, is_result=True),
    ]
    return Plan(context, problem.weight_grad(), operands, w)


_MAKERS: dict[str, Callable[..., Plan]] = {
    "conv": _forward,
    "conv_input_grad": _input_grad,
    "conv_weight_grad": _weight_grad,
}
