"""Whole recurrent layers, forward and backward: the loop over time runs in buffers made once.

The rows of an input are those of all time steps one after another. Sequences are sorted by length,
so that a step has the first `n` of them; see `Steps`. Sigmoids are ``(1 + tanh(x / 2)) / 2``: the
weights of their gates are halved beforehand, which is exact, and one tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Steps:
    """The rows of each time step, in the order in which a layer takes the steps."""

    __slots__ = ("rows", "backwards")

    def __init__(self, sizes: Sequence[int], backwards: bool):
        self.rows, self.backwards, stop = [], backwards, 0
        for n in sizes:
            self.rows.append(slice(stop, stop + n))
            stop += n
        if backwards:
            self.rows.reverse()

    @property
    def alike(self) -> bool:
        """Whether all steps have the same sequences, and there are any."""
        return bool(self.rows) and self.size(0) == self.size(-1) > 0

    def size(self, k: int) -> int:
        """How many sequences step number `k` has."""
        return self.rows[k].stop - self.rows[k].start

    def before(self, xp: Any, k: int, first: Any, values: Any) -> Any:
        """What step number `k` starts from: the last step's `values`, or `first` where new."""
        n, known = self.size(k), self.size(k - 1) if k else 0
        if not known:
            return first[:n]
        start = self.rows[k - 1].start
        last = values[start : start + min(n, known)]
        return last if known >= n else xp.concatenate([last, first[known:n]])

    def all_before(self, xp: Any, first: Any, values: Any) -> Any:
        """What all steps start from, in the order of the rows."""
        parts = [self.before(xp, k, first, values) for k in range(len(self.rows))]
        return xp.concatenate(parts[::-1] if self.backwards else parts)

    def last(self, first: Any, values: Any) -> Any:
        """What each sequence ends with."""
        result = first.copy()
        for k, rows in enumerate(self.rows):
            if k + 1 == len(self.rows) or self.size(k + 1) < self.size(k):
                result[: self.size(k)] = values[rows]
        return result


class RecurrentKernels:
    """The recurrent layers of the kernel table: one direction of one layer each.

    Shapes: `x` (rows, inputs), states (sequences, H), weights and biases those of PyTorch's layers,
    `bias` being the sum of both where the cell has but one. `needs` says for x, states, input
    weight, hidden weight and bias in turn whether their gradient is wanted; others may be None.
    """

    xp: Any
    sum: Any  # from `ReductionKernels`

    # --- the plain one ----------------------------------------------------------------------------

    def rnn_layer(
        self, x: Any, hidden: Any, w_ih: Any, w_hh: Any, bias: Any, relu: bool, steps: Steps
    ) -> tuple[Any, ...]:
        """``h = tanh(W_ih x + W_hh h + b)`` or the relu of that: all h, the last; what entered."""
        xp = self.xp
        entering, weight = self._entering(x, hidden), self._joined(w_ih, bias, w_hh)
        out = xp.empty((len(x), len(w_hh)), x.dtype)
        for k, rows in enumerate(steps.rows):
            entering[rows, x.shape[1] + 1 :] = steps.before(xp, k, hidden, out)
            h = out[rows]
            xp.matmul(entering[rows], weight, out=h)
            if relu:
                xp.maximum(h, 0.0, out=h)
            else:
                xp.tanh(h, out=h)
        return out, steps.last(hidden, out), entering

    def rnn_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        saved: tuple[Any, ...],
        relu: bool,
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """The gradients in x, the state, both weights and the bias."""
        xp = self.xp
        hidden, w_ih, w_hh, out, entering = saved
        # The slope of all steps at once, which becomes the cotangent of what enters the tanh.
        sums = (out != 0).astype(out.dtype) if relu else xp.subtract(1.0, out * out)
        back = _start(xp, g_hidden, hidden)
        for k in reversed(range(len(steps.rows))):
            d, g = sums[steps.rows[k]], back[: steps.size(k)]
            if g_out is not None:
                g += g_out[steps.rows[k]]
            d *= g
            xp.matmul(d, w_hh, out=g)
        return self._layer_grads(sums, entering, w_ih, (back,), needs)

    # --- LSTM -------------------------------------------------------------------------------------

    def lstm_layer(
        self,
        x: Any,
        hidden: Any,
        cell: Any,
        w_ih: Any,
        w_hh: Any,
        bias: Any,
        projection: Any,
        steps: Steps,
    ) -> tuple[Any, ...]:
        """All h, the last h and c; for the gradient what entered, the gates, all c and tanh(c)."""
        xp, size = self.xp, cell.shape[1]
        scale = xp.repeat(xp.asarray((0.5, 0.5, 1.0, 0.5), dtype=x.dtype), size)
        entering = self._entering(x, hidden)
        weight = self._joined(w_ih, bias, w_hh) * scale
        scales = xp.empty((len(cell), 4 * size), x.dtype)
        scales[...] = scale
        shifts = 1.0 - scales
        gates = xp.empty((len(x), 4 * size), x.dtype)
        cells, squashed, out = (xp.empty((len(x), size), x.dtype) for _ in range(3))
        projected = out if projection is None else xp.empty((len(x), len(projection)), x.dtype)
        fresh = xp.empty_like(cell)
        for k, rows in enumerate(steps.rows):
            entering[rows, x.shape[1] + 1 :] = steps.before(xp, k, hidden, projected)
            a, c, new = gates[rows], cells[rows], fresh[: steps.size(k)]
            xp.matmul(entering[rows], weight, out=a)
            xp.tanh(a, out=a)
            a *= scales[: steps.size(k)]
            a += shifts[: steps.size(k)]
            i, f, n, o = _parts(a, 4)
            xp.multiply(f, steps.before(xp, k, cell, cells), out=c)
            xp.multiply(i, n, out=new)
            c += new
            xp.tanh(c, out=squashed[rows])
            xp.multiply(o, squashed[rows], out=out[rows])
            if projection is not None:
                xp.matmul(out[rows], projection.T, out=projected[rows])
        last = steps.last(hidden, projected), steps.last(cell, cells)
        return projected, *last, entering, gates, cells, squashed

    def lstm_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        g_cell: Any,
        saved: tuple[Any, ...],
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """The gradients in x, the states, both weights, the bias and the projection.

        `saved` are x, the states, the weights, the projection, all h with the last h and c, and
        what the layer gave for the gradient.
        """
        xp = self.xp
        _, hidden, cell, w_ih, w_hh, projection, _, entering, gates, cells, squashed = saved
        sums, fresh = xp.empty_like(gates), (xp.empty_like(cell), xp.empty_like(cell))
        back, back_cell = _start(xp, g_hidden, hidden), _start(xp, g_cell, cell)
        width = hidden.shape[1] if projection is not None else 0
        projected = xp.empty((len(gates), width), gates.dtype)
        for k in reversed(range(len(steps.rows))):
            rows, count = steps.rows[k], steps.size(k)
            g, g_c = back[:count], back_cell[:count]
            if g_out is not None:
                g += g_out[rows]
            g_h = g
            if projection is not None:
                projected[rows] = g
                g_h = g @ projection
            before = steps.before(xp, k, cell, cells)
            parts = [part[:count] for part in fresh]
            self._lstm_slopes(sums[rows], g_h, g_c, gates[rows], before, squashed[rows], parts)
            xp.matmul(sums[rows], w_hh, out=g)
        grads = self._layer_grads(sums, entering, w_ih, (back, back_cell), needs)
        if projection is None:
            return *grads, None
        return *grads, projected.T @ (_parts(gates, 4)[3] * squashed)

    def _lstm_slopes(
        self, d: Any, g: Any, g_c: Any, gates: Any, cell: Any, t: Any, fresh: list[Any]
    ) -> None:
        """Fill in `d`, the cotangent of what enters the gates; make `g_c` that of the cell before.

        `t` is tanh(c). The slope of a sigmoid s is ``s - s s``: products are shared where they can.
        """
        xp, (u, v) = self.xp, fresh
        i, f, n, o = _parts(gates, 4)
        d_i, d_f, d_n, d_o = _parts(d, 4)
        # d_o = g t o (1 - o), g_c += g o (1 - t^2)
        xp.multiply(g, o, out=u)
        g_c += u
        u *= t
        xp.multiply(u, o, out=v)
        xp.subtract(u, v, out=d_o)
        u *= t
        g_c -= u
        # d_n = g_c i (1 - n^2), d_i = g_c n i (1 - i)
        xp.multiply(g_c, i, out=u)
        xp.multiply(u, n, out=v)
        xp.multiply(v, n, out=d_n)
        xp.subtract(u, d_n, out=d_n)
        xp.multiply(v, i, out=u)
        xp.subtract(v, u, out=d_i)
        # d_f = g_c c f (1 - f)
        g_c *= f
        xp.multiply(g_c, cell, out=u)
        xp.multiply(u, f, out=v)
        xp.subtract(u, v, out=d_f)

    # --- GRU --------------------------------------------------------------------------------------

    def gru_layer(
        self,
        x: Any,
        hidden: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        b_hh: Any,
        steps: Steps,
    ) -> tuple[Any, ...]:
        """All h and the last; for the gradient the gates r, z, n, and what r is multiplied with."""
        xp, size = self.xp, hidden.shape[1]
        scale = xp.repeat(xp.asarray((0.5, 0.5, 1.0), dtype=x.dtype), size)
        gates = xp.matmul(x, w_ih.T * scale)
        if b_ih is not None:
            gates += b_ih * scale
        turned = xp.ascontiguousarray(w_hh.T) * scale
        offset = None if b_hh is None else b_hh * scale
        product = xp.empty((len(hidden), 3 * size), gates.dtype)
        inner, out = (xp.empty((len(x), size), gates.dtype) for _ in range(2))
        for k, rows in enumerate(steps.rows):
            part, before = product[: steps.size(k)], steps.before(xp, k, hidden, out)
            xp.matmul(before, turned, out=part)
            if offset is not None:
                part += offset
            both, n = gates[rows, : 2 * size], gates[rows, 2 * size :]
            both += part[:, : 2 * size]
            xp.tanh(both, out=both)
            both *= 0.5
            both += 0.5
            r, z = _parts(both, 2)
            inner[rows] = part[:, 2 * size :]
            last = part[:, 2 * size :]
            last *= r
            n += last
            xp.tanh(n, out=n)
            h = out[rows]
            xp.subtract(before, n, out=h)
            h *= z
            h += n
        return out, steps.last(hidden, out), gates, inner

    def gru_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        saved: tuple[Any, ...],
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """The gradients in x, the state, both weights, and each bias.

        `saved` are x, the state, the weights, all h with the last, and what the layer gave besides.
        """
        xp = self.xp
        x, hidden, w_ih, w_hh, (out, _), gates, inner = saved
        size = hidden.shape[1]
        # Of what enters the gates from the input, and from the state: n has that times r.
        sums, state_sums = xp.empty_like(gates), xp.empty_like(gates)
        back, fresh = _start(xp, g_hidden, hidden), xp.empty_like(hidden)
        for k in reversed(range(len(steps.rows))):
            rows, count = steps.rows[k], steps.size(k)
            g, new = back[:count], fresh[:count]
            if g_out is not None:
                g += g_out[rows]
            r, z, n = _parts(gates[rows], 3)
            d = sums[rows]
            xp.multiply(gates[rows], gates[rows], out=d)
            d_r, d_z, d_n = _parts(d, 3)
            xp.subtract(r, d_r, out=d_r)
            xp.subtract(z, d_z, out=d_z)
            xp.subtract(1.0, d_n, out=d_n)
            # d_z = g (h - n) z (1 - z); d_n = g (1 - z) (1 - n^2); d_r = d_n y_n r (1 - r)
            xp.subtract(steps.before(xp, k, hidden, out), n, out=new)
            new *= g
            d_z *= new
            xp.multiply(g, z, out=new)
            g -= new
            d_n *= g
            d_r *= d_n
            d_r *= inner[rows]
            e = state_sums[rows]
            e[:, : 2 * size] = d[:, : 2 * size]
            xp.multiply(d_n, r, out=e[:, 2 * size :])
            xp.matmul(e, w_hh, out=g)
            g += new
        before = steps.all_before(xp, hidden, out) if needs[3] else None
        return (
            sums @ w_ih if needs[0] else None,
            back,
            sums.T @ x if needs[2] else None,
            state_sums.T @ before if needs[3] else None,
            *(self.sum(d, (0,)) if needs[4] else None for d in (sums, state_sums)),
        )

    # --- what they share --------------------------------------------------------------------------

    def _entering(self, x: Any, hidden: Any) -> Any:
        """What enters each step, side by side: x, a one (for the bias), and room for the state."""
        width = x.shape[1]
        entering = self.xp.empty((len(x), width + 1 + hidden.shape[1]), x.dtype)
        entering[:, :width] = x
        entering[:, width] = 1.0
        return entering

    def _joined(self, w_ih: Any, bias: Any, w_hh: Any) -> Any:
        """The weights of what enters, one column for each gate."""
        width = w_ih.shape[1]
        joined = self.xp.empty((width + 1 + w_hh.shape[1], len(w_ih)), w_ih.dtype)
        joined[:width] = w_ih.T
        joined[width] = 0.0 if bias is None else bias
        joined[width + 1 :] = w_hh.T
        return joined

    def _layer_grads(
        self, sums: Any, entering: Any, w_ih: Any, states: tuple[Any, ...], needs: tuple[bool, ...]
    ) -> tuple[Any, ...]:
        """From the cotangents of all steps' gates: one product for x, one for all weights."""
        width = w_ih.shape[1]
        grad_x = sums @ w_ih if needs[0] else None
        if True not in needs[1 + len(states) :]:
            return grad_x, *states, None, None, None
        weights = sums.T @ entering
        grad_ih, bias, grad_hh = weights[:, :width], weights[:, width], weights[:, width + 1 :]
        return grad_x, *states, grad_ih.copy(), grad_hh.copy(), bias.copy()


def _start(xp: Any, g: Any, like: Any) -> Any:
    """The cotangent of a last state in memory of its own, to go back in time with."""
    return xp.zeros_like(like) if g is None else g.astype(like.dtype)


def _parts(gates: Any, count: int) -> list[Any]:
    """The equal parts of the last dimension."""
    size = gates.shape[1] // count
    return [gates[:, k * size : (k + 1) * size] for k in range(count)]
