"""Rows of the recurrent cells and layers."""

import numpy as np

from retrograd.autograd_core.ops.recurrent import (
    gru_cell,
    gru_layer,
    lstm_cell,
    lstm_layer,
    rnn_layer,
)
from tests.ops.spec import Spec, real


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(gates, cell):
    i, f, n, o = np.split(gates, 4, axis=-1)
    new = sigmoid(f) * cell + sigmoid(i) * np.tanh(n)
    return sigmoid(o) * np.tanh(new), new


def gru(x, y, hidden):
    x_r, x_z, x_n = np.split(x, 3, axis=-1)
    y_r, y_z, y_n = np.split(y, 3, axis=-1)
    z = sigmoid(x_z + y_z)
    return (1 - z) * np.tanh(x_n + sigmoid(x_r + y_r) * y_n) + z * hidden


def over_time(step, x, state, sizes, backwards):
    """All outputs and the last states of a layer that takes the rows of `x` step by step."""
    starts = np.cumsum([0, *sizes])
    state, y = [s.copy() for s in state], []
    times = range(len(sizes))
    for t in reversed(times) if backwards else times:
        n = sizes[t]
        new = step(x[starts[t] : starts[t] + n], *(s[:n] for s in state))
        for s, part in zip(state, new, strict=True):
            s[:n] = part
        y.append(new[0])
    return np.concatenate(y[::-1] if backwards else y), *state


def lstm_over_time(x, hidden, cell, w_ih, w_hh, *rest, sizes, backwards):
    bias = rest[0] + rest[1] if len(rest) > 1 else 0
    projection = rest[-1] if len(rest) % 2 else np.eye(w_hh.shape[1])

    def step(x, h, c):
        new, c = lstm(x @ w_ih.T + h @ w_hh.T + bias, c)
        return new @ projection.T, c

    return over_time(step, x, (hidden, cell), sizes, backwards)


def gru_over_time(x, hidden, w_ih, w_hh, b_ih=0, b_hh=0, *, sizes, backwards):
    def step(x, h):
        return (gru(x @ w_ih.T + b_ih, h @ w_hh.T + b_hh, h),)

    return over_time(step, x, (hidden,), sizes, backwards)


def rnn_over_time(x, hidden, w_ih, w_hh, b_ih=0, b_hh=0, *, sizes, backwards, relu):
    def step(x, h):
        total = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
        return (np.maximum(total, 0) if relu else np.tanh(total),)

    return over_time(step, x, (hidden,), sizes, backwards)


def layer(gates, states, biases, projected=0):
    """The inputs of a layer of two sequences, three inputs and two units."""
    state = [real(2, projected or 2), *[real(2, 2)] * (states - 1)]
    weights = [real(2 * gates, 3), real(2 * gates, projected or 2)]
    last = [real(projected, 2)] if projected else []
    return (real(5, 3), *state, *weights, *[real(2 * gates)] * 2 * biases, *last)


# Sequences of different lengths, and both ways through time.
TIMES = [{"sizes": [2, 2, 1], "backwards": way} for way in (False, True)]
LAYERS = [
    *[
        Spec(
            op, call, layer(gates, states, biases), time, reference=reference, label=f"{label} {k}"
        )
        for op, call, gates, states, reference in (
            ("LstmLayer", lstm_layer, 4, 2, lstm_over_time),
            ("GruLayer", gru_layer, 3, 1, gru_over_time),
        )
        for k, time in enumerate(TIMES)
        for biases, label in ((True, "biases"), (False, "no biases"))
    ],
    *[
        Spec(
            "LstmLayer",
            lstm_layer,
            layer(4, 2, biases, projected=1),
            TIMES[0],
            reference=lstm_over_time,
            label=f"projection {biases}",
        )
        for biases in (False, True)
    ],
    *[
        Spec(
            "RnnLayer",
            rnn_layer,
            layer(1, 1, not relu),
            {**time, "relu": relu},
            reference=rnn_over_time,
            label=f"{'relu' if relu else 'tanh'} {k}",
        )
        for k, time in enumerate(TIMES)
        for relu in (False, True)
    ],
]

SPECS = [
    *LAYERS,
    Spec("LstmCell", lstm_cell, (real(2, 12), real(2, 3)), reference=lstm),
    Spec("LstmCell", lstm_cell, (real(4), real(1)), reference=lstm, label="one step"),
    Spec("GruCell", gru_cell, (real(2, 9), real(2, 9), real(2, 3)), reference=gru),
]
