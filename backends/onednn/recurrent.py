"""Layers of LSTM and GRU cells by oneDNN: one direction, sequences of one length.

The rows of an input are those of all steps one after another. The gates of oneDNN's LSTM are in
PyTorch's order; those of its GRU ("linear before reset") are z, r, n, and its bias has a fourth
part, the one that r is multiplied with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from retrograd.backends.onednn.binding import (
    ARG_BIAS,
    ARG_DIFF_BIAS,
    ARG_DIFF_DST,
    ARG_DIFF_DST_CELL,
    ARG_DIFF_DST_STATE,
    ARG_DIFF_SRC,
    ARG_DIFF_SRC_CELL,
    ARG_DIFF_SRC_STATE,
    ARG_DIFF_WEIGHTS,
    ARG_DIFF_WEIGHTS_STATE,
    ARG_DST,
    ARG_DST_CELL,
    ARG_DST_STATE,
    ARG_SRC,
    ARG_SRC_CELL,
    ARG_SRC_STATE,
    ARG_WEIGHTS,
    ARG_WEIGHTS_STATE,
    ARG_WORKSPACE,
    BACKWARD,
    FORWARD,
    INFERENCE,
    LEFT_TO_RIGHT,
    OVERWRITE_WEIGHT_GRADIENTS,
    RIGHT_TO_LEFT,
    Format,
    Handle,
)
from retrograd.backends.onednn.primitives import Context, Operand, Plan, context

_SOURCES = (ARG_SRC, ARG_SRC_STATE, ARG_SRC_CELL)
_RESULTS = (ARG_DST, ARG_DST_STATE, ARG_DST_CELL)
_SOURCE_GRADIENTS = (ARG_DIFF_SRC, ARG_DIFF_SRC_STATE, ARG_DIFF_SRC_CELL)
_RESULT_GRADIENTS = (ARG_DIFF_DST, ARG_DIFF_DST_STATE, ARG_DIFF_DST_CELL)
_WEIGHTS = (ARG_WEIGHTS, ARG_WEIGHTS_STATE, ARG_BIAS)
_WEIGHT_GRADIENTS = (ARG_DIFF_WEIGHTS, ARG_DIFF_WEIGHTS_STATE, ARG_DIFF_BIAS)


def lstm(
    x: Any,
    hidden: Any,
    cell: Any,
    w_ih: Any,
    w_hh: Any,
    bias: Any,
    steps: int,
    backwards: bool,
    keep: bool,
) -> tuple[Any, ...] | None:
    """All h, the last h and c; to `keep` what `lstm_grad` wants, or None.

    None in the place of all that where oneDNN is no help.
    """
    weights = (w_ih, w_hh, _or_zeros(bias, len(w_ih)))
    return _forward("lstm", x, (hidden, cell), weights, steps, backwards, keep)


def lstm_grad(
    x: Any,
    states: Sequence[Any],
    weights: Sequence[Any],
    results: Sequence[Any],
    workspace: Any,
    cotangents: Sequence[Any],
    steps: int,
    backwards: bool,
) -> tuple[Any, ...]:
    """The gradients in x, both states, both weights and the bias.

    `results` are all h, the last h and c; of their `cotangents` some may be None.
    """
    weights = (*weights, np.zeros(len(weights[0]), np.float32))
    grads = _backward("lstm", x, states, weights, results, workspace, cotangents, steps, backwards)
    return tuple(grads)


def gru(
    x: Any,
    hidden: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    steps: int,
    backwards: bool,
    keep: bool,
) -> tuple[Any, ...] | None:
    """All h, the last h; to `keep` what `gru_grad` wants; as `lstm`."""
    b_ih, b_hh = _or_zeros(b_ih, len(w_ih)), _or_zeros(b_hh, len(w_hh))
    size = hidden.shape[-1]
    bias = _turned(b_ih + b_hh)
    bias[2 * size :] = b_ih[2 * size :]
    weights = (_turned(w_ih), _turned(w_hh), np.concatenate([bias, b_hh[2 * size :]]))
    return _forward("lbr_gru", x, (hidden,), weights, steps, backwards, keep)


def gru_grad(
    x: Any,
    hidden: Any,
    weights: Sequence[Any],
    results: Sequence[Any],
    workspace: Any,
    cotangents: Sequence[Any],
    steps: int,
    backwards: bool,
) -> tuple[Any, ...]:
    """The gradients in x, the state, both weights and both biases; as `lstm_grad`."""
    size = hidden.shape[-1]
    turned = (*map(_turned, weights), np.zeros(4 * size, np.float32))
    *found, d_ih, d_hh, d_bias = _backward(
        "lbr_gru", x, (hidden,), turned, results, workspace, cotangents, steps, backwards
    )
    z, r, n, inner = d_bias.reshape(4, size)
    biases = np.concatenate([r, z, n]), np.concatenate([r, z, inner])
    return (*found, _turned(d_ih), _turned(d_hh), *biases)


def _or_zeros(bias: Any, size: int) -> Any:
    return np.zeros(size, np.float32) if bias is None else bias


def _turned(gates: Any) -> Any:
    """Parts r, z, n in the order z, r, n, or the other way round."""
    size = len(gates) // 3
    return np.concatenate([gates[size : 2 * size], gates[:size], gates[2 * size :]])


def _forward(
    kind: str,
    x: Any,
    states: Sequence[Any],
    weights: Sequence[Any],
    steps: int,
    backwards: bool,
    keep: bool,
) -> tuple[Any, ...] | None:
    rows, size = states[0].shape
    make = _make_forward if keep else _make_inference
    plan = context.plan(make, (kind, backwards, steps, rows, x.shape[1], size))
    if plan is None:
        return None
    out = np.empty((len(x), size), np.float32)
    last = [np.empty(s.shape, np.float32) for s in states]
    workspace = np.empty(plan.shape, np.uint8) if keep else None
    results = [*last] if workspace is None else [*last, workspace]
    plan(*map(np.ascontiguousarray, (x, *states, *weights)), out, *results)
    return out, *last, workspace


def _backward(
    kind: str,
    x: Any,
    states: Sequence[Any],
    weights: Sequence[Any],
    results: Sequence[Any],
    workspace: Any,
    cotangents: Sequence[Any],
    steps: int,
    backwards: bool,
) -> list[Any]:
    rows, size = states[0].shape
    plan = context.plan(_make_backward, (kind, backwards, steps, rows, x.shape[1], size))
    if plan is None:
        raise RuntimeError(f"oneDNN computed a layer ({kind}), but cannot compute its gradient")
    g = [np.zeros_like(r) if d is None else d for d, r in zip(cotangents, results, strict=True)]
    given = map(np.ascontiguousarray, (x, *states, *weights, *results, workspace, *g))
    grads = [np.empty(a.shape, np.float32) for a in (x, *states, *weights)]
    plan(*given, *grads)
    return grads


class _Problem:
    """A layer as oneDNN describes it."""

    def __init__(
        self,
        context: Context,
        kind: str,
        backwards: bool,
        steps: int,
        rows: int,
        inputs: int,
        size: int,
    ):
        self._context, self._kind = context, kind
        self._direction = RIGHT_TO_LEFT if backwards else LEFT_TO_RIGHT
        gates, states = (4, 2) if kind == "lstm" else (3, 1)
        state = [context.plain((1, 1, rows, size))] * states
        self.sources = [context.plain((steps, rows, inputs)), *state]
        self.results = [context.plain((steps, rows, size)), *state]
        bias = context.plain((1, 1, 4, size))
        self.weights, inside = [], []
        for width in (inputs, size):
            shape = (1, 1, width, gates, size)
            whole = gates * size * width
            strides = (whole, whole, 1, size * width, width)
            self.weights.append(context.strided(shape, strides))
            inside.append(context.any(shape))
        self.weights.append(bias)
        # An LSTM has "peepholes" and a projection besides, which it can go without.
        others = [None, None] if kind == "lstm" else []
        self._formats = (*self.sources, *inside, *others, bias, *self.results)

    def forward(self, prop: int = FORWARD) -> Handle:
        return self._descriptor("forward", prop, self._formats, 0, ())

    def backward(self) -> Handle:
        formats = self._formats * 2
        flags = OVERWRITE_WEIGHT_GRADIENTS
        return self._descriptor("backward", BACKWARD, formats, flags, (self.forward(),))

    def _descriptor(self, way: str, prop: int, formats: tuple, flags: int, hint: tuple) -> Handle:
        library = self._context.dnnl
        return library.create(
            f"dnnl_{self._kind}_{way}_primitive_desc_create", library.engine, prop,
            self._direction, *formats, flags, *hint, library.attributes,
            destroy="dnnl_primitive_desc_destroy",
        )  # fmt: skip


def _operands(
    arguments: Sequence[int], formats: Sequence[Format], is_result: bool = False
) -> list[Operand]:
    pairs = zip(arguments, formats, strict=False)
    return [Operand(argument, format, is_result) for argument, format in pairs]


def _make_forward(context: Context, *settings: Any) -> Plan:
    problem = _Problem(context, *settings)
    problem.backward()  # what it has no gradient for is unsupported
    descriptor = problem.forward()
    workspace = context.dnnl.format_of(descriptor, ARG_WORKSPACE)
    operands = [*_forward_operands(problem), Operand(ARG_WORKSPACE, workspace, is_result=True)]
    return Plan(context, descriptor, operands, (context.dnnl.size(workspace),))


def _make_inference(context: Context, *settings: Any) -> Plan:
    problem = _Problem(context, *settings)
    return Plan(context, problem.forward(INFERENCE), _forward_operands(problem))


def _forward_operands(problem: _Problem) -> list[Operand]:
    return [
        *_operands(_SOURCES, problem.sources),
        *_operands(_WEIGHTS, problem.weights),
        *_operands(_RESULTS, problem.results, is_result=True),
    ]


def _make_backward(context: Context, *settings: Any) -> Plan:
    problem = _Problem(context, *settings)
    descriptor = problem.backward()
    workspace = context.dnnl.format_of(descriptor, ARG_WORKSPACE)
    operands = [
        *_operands(_SOURCES, problem.sources),
        *_operands(_WEIGHTS, problem.weights),
        *_operands(_RESULTS, problem.results),
        Operand(ARG_WORKSPACE, workspace),
        *_operands(_RESULT_GRADIENTS, problem.results),
        *_operands(_SOURCE_GRADIENTS, problem.sources, is_result=True),
        *_operands(_WEIGHT_GRADIENTS, problem.weights, is_result=True),
    ]
    return Plan(context, descriptor, operands)
