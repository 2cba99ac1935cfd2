"""One step of the gated recurrent cells, from the sums that enter their gates."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.elementwise import sigmoid
from retrograd.autograd_core.ops.joining import Cat
from retrograd.autograd_core.ops.trigonometry import tanh

__all__ = ["gru_cell", "lstm_cell"]


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
