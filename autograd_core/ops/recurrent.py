"""Recurrent networks: one step of the gated cells, and whole layers as one operation each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrograd.autograd_core.modes import is_grad_enabled, set_grad_enabled
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.activations import relu
from retrograd.autograd_core.ops.elementwise import positive, sigmoid
from retrograd.autograd_core.ops.joining import Cat
from retrograd.autograd_core.ops.matmul import linear_
from retrograd.autograd_core.ops.trigonometry import tanh
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.kernels.recurrent import Steps

__all__ = ["gru_cell", "gru_layer", "lstm_cell", "lstm_layer", "rnn_layer"]


def _split(gates: Any, count: int) -> list[Any]:
    """The equal parts of the last dimension."""
    size = gates.shape[-1] // count
    return [gates[..., k * size : (k + 1) * size] for k in range(count)]


def _joined(*parts: Any) -> Any:
    """Parts side by side in the last dimension."""
    return Cat.function(*parts, dim=parts[0].ndim - 1)


def _squashed(xp: Any, gates: Any) -> Any:
    """Sigmoids of parts i, f and o, the tanh of n, by ``sigmoid(x) = (1 + tanh(x / 2)) / 2``."""
    result = 0.5 * gates
    i, f, n, o = _split(result, 4)
    n *= 2.0
    xp.tanh(result, out=result)
    for part in (i, f, o):
        part *= 0.5
        part += 0.5
    return result


class LstmCell(Op, outputs=("hidden", "next_cell"), keeps=("activations", "squashed_cell")):
    """``c' = f c + i n``, ``h = o tanh(c')`` for gates i, f, n, o side by side.

    Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    def forward(xp, gates, cell):
        activations = _squashed(xp, gates)
        i, f, n, o = _split(activations, 4)
        next_cell = f * cell + i * n
        squashed = xp.tanh(next_cell)
        return o * squashed, next_cell, activations, squashed

    def vjp_gates(g_hidden, g_next_cell, gates, cell):
        i, f, n, o, t, g = _lstm(g_hidden, g_next_cell, gates, cell)
        output = g_hidden * t * o * (1 - o)
        return _joined(g * n * i * (1 - i), g * cell * f * (1 - f), g * i * (1 - n * n), output)

    def vjp_cell(g_hidden, g_next_cell, gates, cell):
        _, f, _, _, _, g = _lstm(g_hidden, g_next_cell, gates, cell)
        return g * f

    def fused(xp, g, needs, cell, activations, squashed_cell):
        g_hidden, g_next_cell = g
        i, f, n, o = _split(activations, 4)
        # The slope of all gates at once: a (1 - a), and 1 - n^2 for the tanh.
        gates = activations - activations * activations
        d_i, d_f, d_n, d_o = _split(gates, 4)
        d_n[...] = 1 - n * n
        g = g_hidden * o
        g *= 1 - squashed_cell * squashed_cell
        g += g_next_cell
        d_i *= g * n
        d_f *= g * cell
        d_n *= g * i
        d_o *= g_hidden * squashed_cell
        return gates, g * f if needs[1] else None


def _lstm(g_hidden: Any, g_next_cell: Any, gates: Any, cell: Any) -> tuple[Any, ...]:
    """The gates, the squashed cell, and the cotangent of the next cell."""
    i, f, n, o = _split(gates, 4)
    i, f, n, o = sigmoid(i), sigmoid(f), tanh(n), sigmoid(o)
    t = tanh(f * cell + i * n)
    return i, f, n, o, t, g_next_cell + g_hidden * o * (1 - t * t)


class GruCell(Op):
    """``r, z = sigmoid(x + y)``, ``n = tanh(x_n + r y_n)``, ``h' = n + z (h - n)``.

    Gates r, z, n side by side: x of the input, y of the hidden state (Cho et al. 2014).
    """

    def forward(xp, input_gates, hidden_gates, hidden):
        _, z, n = _gru(xp.tanh, input_gates, hidden_gates, lambda x: 0.5 * xp.tanh(0.5 * x) + 0.5)
        return n + z * (hidden - n)

    def vjp_input_gates(g, input_gates, hidden_gates, hidden):
        d_r, d_z, d_n, _ = _gru_slopes(g, input_gates, hidden_gates, hidden)
        return _joined(d_r, d_z, d_n)

    def vjp_hidden_gates(g, input_gates, hidden_gates, hidden):
        d_r, d_z, d_n, r = _gru_slopes(g, input_gates, hidden_gates, hidden)
        return _joined(d_r, d_z, d_n * r)

    def vjp_hidden(g, input_gates, hidden_gates):
        _, z, _ = _gru(tanh, input_gates, hidden_gates, sigmoid)
        return g * z

    def fused(xp, g, needs, input_gates, hidden_gates, hidden):
        d_r, d_z, d_n, r = _gru_slopes(g, input_gates, hidden_gates, hidden)
        inputs = xp.concatenate([d_r, d_z, d_n], axis=-1)
        states = xp.concatenate([d_r, d_z, d_n * r], axis=-1)
        back = None
        if needs[2]:
            back = g * _gru(tanh, input_gates, hidden_gates, sigmoid)[1]
        return inputs, states, back


def _gru(tanh: Any, input_gates: Any, hidden_gates: Any, sigmoid: Any) -> tuple[Any, Any, Any]:
    """The gates r, z and n."""
    x_r, x_z, x_n = _split(input_gates, 3)
    y_r, y_z, y_n = _split(hidden_gates, 3)
    r, z = sigmoid(x_r + y_r), sigmoid(x_z + y_z)
    return r, z, tanh(x_n + r * y_n)


def _gru_slopes(g: Any, input_gates: Any, hidden_gates: Any, hidden: Any) -> tuple[Any, ...]:
    """The cotangents of what enters r, z and n, and r."""
    r, z, n = _gru(tanh, input_gates, hidden_gates, sigmoid)
    d_n = g * (1 - z) * (1 - n * n)
    d_z = g * (hidden - n) * z * (1 - z)
    d_r = d_n * _split(hidden_gates, 3)[2] * r * (1 - r)
    return d_r, d_z, d_n, r


lstm_cell = LstmCell.function
gru_cell = GruCell.function


# --- the steps that layers are made of ------------------------------------------------------------


def rnn_tanh_step(x: Any, state: Any, w_hh: Any, b_hh: Any = None) -> tuple[Any, ...]:
    """The next state of a plain cell, from the sums that its input gives and the last state."""
    return (tanh(x + linear_(state[0], w_hh, b_hh)),)


def rnn_relu_step(x: Any, state: Any, w_hh: Any, b_hh: Any = None) -> tuple[Any, ...]:
    """The same with relu."""
    return (relu(x + linear_(state[0], w_hh, b_hh)),)


def lstm_step(
    x: Any, state: Any, w_hh: Any, b_hh: Any = None, projection: Any = None
) -> tuple[Any, ...]:
    """The next hidden state, projected if there is a projection, and the next cell."""
    hidden, cell = lstm_cell(x + linear_(state[0], w_hh, b_hh), state[1])
    return hidden if projection is None else linear_(hidden, projection, None), cell


def gru_step(x: Any, state: Any, w_hh: Any, b_hh: Any = None) -> tuple[Any, ...]:
    """The next state of a GRU."""
    return (gru_cell(x, linear_(state[0], w_hh, b_hh), state[0]),)


# --- whole layers: one direction, all steps -------------------------------------------------------


class LstmLayer(
    Op,
    outputs=("out", "hidden", "cell"),
    keeps=("entering", "gates", "cells", "squashed"),
    zeros=False,
):
    """`lstm_step` over time.

    The inputs are x (the rows of all steps one after another, `sizes` of them for each), the two
    states, both weights, and, if there are any, both biases, and a projection of the hidden state.
    """

    def forward(kernels, *inputs, sizes, backwards):
        b_ih, b_hh, projection = _optional(inputs[5:])
        bias = None if b_ih is None else b_ih + b_hh
        steps, keep = Steps(sizes, backwards), is_grad_enabled()
        return kernels.lstm_layer(*inputs[:5], bias, projection, steps, keep)

    def vjp_inputs(g_out, g_hidden, g_cell, needs, inputs, sizes, backwards):
        return _rule(lstm_step, (g_out, g_hidden, g_cell), needs, inputs, sizes, backwards)

    def fused(
        kernels, g, needs, inputs, out, hidden, cell, entering, gates, cells, squashed, sizes, backwards
    ):  # fmt: skip
        projection, results = _optional(inputs[5:])[2], (out, hidden, cell)
        saved = (*inputs[:5], projection, results, entering, gates, cells, squashed)
        biased = len(inputs) > 6
        wanted = (*needs[:5], biased and (needs[5] or needs[6]))
        *grads, bias, last = kernels.lstm_layer_grad(*g, saved, Steps(sizes, backwards), wanted)
        return _where_needed([*grads, *[bias] * 2 * biased, last], needs)


class GruLayer(Op, outputs=("out", "hidden"), keeps=("gates", "inner"), zeros=False):
    """`gru_step` over time; inputs as of `LstmLayer`, with one state and no projection."""

    def forward(kernels, *inputs, sizes, backwards):
        b_ih, b_hh, _ = _optional(inputs[4:])
        steps, keep = Steps(sizes, backwards), is_grad_enabled()
        return kernels.gru_layer(*inputs[:4], b_ih, b_hh, steps, keep)

    def vjp_inputs(g_out, g_hidden, needs, inputs, sizes, backwards):
        return _rule(gru_step, (g_out, g_hidden), needs, inputs, sizes, backwards)

    def fused(kernels, g, needs, inputs, out, hidden, gates, inner, sizes, backwards):
        saved = (*inputs[:4], (out, hidden), gates, inner)
        wanted = (*needs[:4], True in needs[4:])
        grads = kernels.gru_layer_grad(*g, saved, Steps(sizes, backwards), wanted)
        return _where_needed(grads, needs)


class RnnLayer(Op, outputs=("out", "hidden"), keeps=("entering",), zeros=False):
    """`rnn_tanh_step` or `rnn_relu_step` over time; inputs as of `GruLayer`."""

    def forward(kernels, *inputs, sizes, backwards, relu):
        b_ih, b_hh, _ = _optional(inputs[4:])
        bias = None if b_ih is None else b_ih + b_hh
        return kernels.rnn_layer(*inputs[:4], bias, relu, Steps(sizes, backwards))

    def vjp_inputs(g_out, g_hidden, needs, inputs, sizes, backwards, relu):
        step = rnn_relu_step if relu else rnn_tanh_step
        return _rule(step, (g_out, g_hidden), needs, inputs, sizes, backwards)

    def fused(kernels, g, needs, inputs, out, entering, sizes, backwards, relu):
        saved, wanted = (*inputs[1:4], out, entering), (*needs[:4], True in needs[4:])
        grads = kernels.rnn_layer_grad(*g, saved, relu, Steps(sizes, backwards), wanted)
        return _where_needed([*grads, grads[-1]], needs)


lstm_layer = LstmLayer.function
gru_layer = GruLayer.function
rnn_layer = RnnLayer.function


def _optional(rest: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Both biases and the projection, from those that are there: none, one, two or all."""
    b_ih, b_hh = rest[:2] if len(rest) > 1 else (None, None)
    return b_ih, b_hh, rest[-1] if len(rest) % 2 else None


def _where_needed(grads: Sequence[Any], needs: tuple[bool, ...]) -> tuple[Any, ...]:
    """The gradients that are wanted; there may be more of them than inputs."""
    return tuple([g if need else None for g, need in zip(grads, needs, strict=False)])


def _rule(
    step: Any, g: tuple[Any, ...], needs: tuple[bool, ...], inputs: Any, sizes: Any, backwards: bool
) -> tuple[Any, ...]:
    """The gradients of a layer: those of the same layer made of steps that are recorded."""
    from retrograd.autograd_core.engine import grad

    plain = not any(isinstance(part, Tensor) for part in g)
    if plain:
        g = tuple([None if part is None else wrap(part) for part in g])
        inputs = [wrap(x) for x in inputs]
        for x, need in zip(inputs, needs, strict=True):
            x.requires_grad = need
    with set_grad_enabled(True):
        # Stand-ins: what an input depends on, perhaps on another input, is none of this layer's.
        inputs = [positive(x) if need else x for x, need in zip(inputs, needs, strict=True)]
        results = _over_time(step, inputs, len(g) - 1, sizes, backwards)
        used = [k for k, part in enumerate(g) if part is not None]
        grads = iter(
            grad(
                [results[k] for k in used],
                [x for x, need in zip(inputs, needs, strict=True) if need],
                [g[k] for k in used],
                create_graph=not plain,
                materialize_grads=True,
            )
        )
    found = [next(grads) if need else None for need in needs]
    return tuple([x._data if plain and x is not None else x for x in found])


def _over_time(
    step: Any, inputs: Sequence[Any], states: int, sizes: Sequence[int], backwards: bool
) -> tuple[Any, ...]:
    """The outputs of all steps, and the states that each sequence ends in.

    Sequences are sorted by length. Forwards, those that have ended leave the batch with their
    state; backwards, they join it with their first state when their last step comes.
    """
    x, begin, (w_ih, w_hh) = inputs[0], inputs[1 : 1 + states], inputs[1 + states : 3 + states]
    b_ih, *rest = _optional(inputs[3 + states :])
    weights = (w_hh, rest[0], *([] if rest[1] is None else [rest[1]]))
    gates = linear_(x, w_ih, b_ih)
    rows = Steps(sizes, backwards).rows
    state = [s[: rows[0].stop - rows[0].start] for s in begin]
    outputs, ended = [], []
    for here in rows:
        running, size = state[0].shape[0], here.stop - here.start
        if size < running:
            ended.append([s[size:] for s in state])
            state = [s[:size] for s in state]
        elif size > running:
            state = [_rows(s, b[running:size]) for s, b in zip(state, begin, strict=True)]
        state = step(gates[here], state, *weights)
        outputs.append(state[0])
    ended.append(state)
    last = [_rows(*parts) for parts in zip(*reversed(ended), strict=True)]
    return (_rows(*(outputs[::-1] if backwards else outputs)), *last)


def _rows(*parts: Any) -> Any:
    """Parts one after another in the first dimension."""
    return Cat.function(*parts, dim=0)
