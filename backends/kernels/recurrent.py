"""Whole recurrent layers, forward and backward: the loop over time runs in buffers made once.

The rows of an input are those of all time steps one after another. Sequences are sorted by length,
so that a step has the first `n` of them; see `Steps`. Sigmoids are ``(1 + tanh(x / 2)) / 2``: the
weights of their gates are halved beforehand, which is exact, and one tanh serves all gates. These
lie one after another, each with the rows of all steps: OpenBLAS is fastest with small matrices, and
what is computed with one gate goes through memory without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Steps:
    """The rows of each time step, and how many sequences it has, in the order of the layer."""

    __slots__ = ("rows", "sizes", "backwards")

    def __init__(self, sizes: Sequence[int], backwards: bool):
        self.rows, self.sizes, self.backwards, stop = [], list(sizes), backwards, 0
        for n in sizes:
            self.rows.append(slice(stop, stop + n))
            stop += n
        if backwards:
            self.rows.reverse()
            self.sizes.reverse()

    @property
    def alike(self) -> bool:
        """Whether all steps have the same sequences, and there are any."""
        return bool(self.sizes) and self.sizes[0] == self.sizes[-1] > 0

    def before(self, xp: Any, k: int, first: Any, values: Any) -> Any:
        """What step number `k` starts from: the last step's `values`, or `first` where new."""
        n, known = self.sizes[k], self.sizes[k - 1] if k else 0
        if not known:
            return first[:n]
        rows = self.rows[k - 1]
        if n == known:
            return values[rows]
        if n < known:
            return values[rows.start : rows.start + n]
        return xp.concatenate([values[rows], first[known:n]])

    def all_before(self, xp: Any, first: Any, values: Any) -> Any:
        """What all steps start from, in the order of the rows."""
        parts = [self.before(xp, k, first, values) for k in range(len(self.rows))]
        return xp.concatenate(parts[::-1] if self.backwards else parts)

    def last(self, first: Any, values: Any) -> Any:
        """What each sequence ends with."""
        result = first.copy()
        for k, rows in enumerate(self.rows):
            if k + 1 == len(self.rows) or self.sizes[k + 1] < self.sizes[k]:
                result[: self.sizes[k]] = values[rows]
        return result


class RecurrentKernels:
    """The recurrent layers of the kernel table: one direction of one layer each.

    Shapes: `x` (rows, inputs), states (sequences, H), weights and biases those of PyTorch's layers,
    `bias` being the sum of both where the cell has but one. `needs` says for x, states, input
    weight, hidden weight and bias in turn whether their gradient is wanted; others may be None.
    """

    xp: Any
    # From other families: `ReductionKernels`, `ColumnKernels`, `ProductKernels`.
    sum: Any
    scratch: Any
    row_block: Any

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
            d, g = sums[steps.rows[k]], back[: steps.sizes[k]]
            if g_out is not None:
                g += g_out[steps.rows[k]]
            d *= g
            xp.matmul(d, w_hh, out=g)
        return self._layer_grads(sums[None], entering, w_ih, (back,), needs)

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
        keep: bool = True,
    ) -> tuple[Any, ...]:
        """All h, the last h and c; to `keep` for the gradient what entered, gates, all c, tanh(c).

        The gates, each with its rows, are i, f, o, n: the sigmoids are neighbours.
        """
        xp, size, width = self.xp, cell.shape[1], x.shape[1] + 1
        order = (0, 1, 3, 2)
        entering = self._entering(x, hidden)
        w_in = self._turned("weights of x", _with_bias(xp, w_ih, bias), order, 3)
        w_state = self._turned("weights of h", w_hh, order, 3)
        gates = self._products(entering[:, :width], w_in)
        cells, squashed, out = (xp.empty((len(x), size), x.dtype) for _ in range(3))
        projected = out if projection is None else xp.empty((len(x), len(projection)), x.dtype)
        product = self.scratch("gates", (4, *cell.shape), x.dtype)
        fresh = self.scratch("cells", cell.shape, x.dtype)
        for k, rows in enumerate(steps.rows):
            h, a, c, t = entering[rows, width:], gates[:, rows], cells[rows], squashed[rows]
            part, new = product[:, : len(c)], fresh[: len(c)]
            h[...] = steps.before(xp, k, hidden, projected)
            xp.matmul(h, w_state, out=part)
            a += part
            i, f, o, n = _squashed(xp, a, 3)
            xp.multiply(f, steps.before(xp, k, cell, cells), out=c)
            xp.multiply(i, n, out=new)
            c += new
            xp.tanh(c, out=t)
            xp.multiply(o, t, out=out[rows])
            if projection is not None:
                xp.matmul(out[rows], projection.T, out=projected[rows])
        last = steps.last(hidden, projected), steps.last(cell, cells)
        return projected, *last, *((entering, gates, cells, squashed) if keep else (None,) * 4)

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
        # In the order of the weights: i, f, n, o.
        sums, w_state = xp.empty_like(gates), self._copied(w_hh, 4)
        back, back_cell = _start(xp, g_hidden, hidden), _start(xp, g_cell, cell)
        fresh = self.scratch("cells", (2, *cell.shape), cell.dtype)
        product = self.scratch("states", (4, *hidden.shape), hidden.dtype)
        width = hidden.shape[1] if projection is not None else 0
        projected = xp.empty((len(cells), width), cells.dtype)
        for k in reversed(range(len(steps.rows))):
            rows, count = steps.rows[k], steps.sizes[k]
            g, g_c, d = back[:count], back_cell[:count], sums[:, rows]
            if g_out is not None:
                g += g_out[rows]
            g_h = g
            if projection is not None:
                projected[rows] = g
                g_h = g @ projection
            before = steps.before(xp, k, cell, cells)
            _lstm_slopes(xp, d, g_h, g_c, gates[:, rows], before, squashed[rows], fresh[:, :count])
            self._sum_of_products(d, w_state, product[:, :count], g)
        grads = self._layer_grads(sums, entering, w_ih, (back, back_cell), needs)
        if projection is None:
            return *grads, None
        return *grads, projected.T @ (gates[2] * squashed)

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
        keep: bool = True,
    ) -> tuple[Any, ...]:
        """All h, the last; to `keep` for the gradient r, z, n, and what r is multiplied with."""
        xp, size = self.xp, hidden.shape[1]
        order, bias, b_n = (0, 1, 2), b_ih, 0.0
        if b_hh is not None:
            bias, b_n = b_ih + b_hh, b_hh[2 * size :]
            bias[2 * size :] = b_ih[2 * size :]
        entering = self._entering(x, hidden[:, :0])
        w_in = self._turned("weights of x", _with_bias(xp, w_ih, bias), order, 2)
        gates = self._products(entering, w_in)
        w_state = self._turned("weights of h", w_hh, order, 2)
        product = self.scratch("gates", (3, *hidden.shape), x.dtype)
        inner, out = (xp.empty((len(x), size), x.dtype) for _ in range(2))
        for k, rows in enumerate(steps.rows):
            h, y, before = out[rows], inner[rows], steps.before(xp, k, hidden, out)
            part, both, n = product[:, : len(h)], gates[:2, rows], gates[2, rows]
            xp.matmul(before, w_state, out=part)
            both += part[:2]
            r, z = _squashed(xp, both, 2)
            xp.add(part[2], b_n, out=y)
            xp.multiply(r, y, out=h)
            n += h
            xp.tanh(n, out=n)
            xp.subtract(before, n, out=h)
            h *= z
            h += n
        return out, steps.last(hidden, out), *((gates, inner) if keep else (None, None))

    def gru_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        saved: tuple[Any, ...],
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """The gradients in x, the state, the weights, and each bias.

        `saved` are x, the state, the weights, all h with the last, and what the layer gave besides.
        """
        xp = self.xp
        x, hidden, w_ih, w_hh, (out, _), gates, inner = saved
        size = hidden.shape[1]
        # Of what enters n from the input, the gates r and z, and what enters n from the state.
        sums = xp.empty((4, *out.shape), out.dtype)
        w_state = self._copied(w_hh, 3)
        back = _start(xp, g_hidden, hidden)
        fresh = self.scratch("cells", hidden.shape, hidden.dtype)
        product = self.scratch("states", (3, *hidden.shape), hidden.dtype)
        for k in reversed(range(len(steps.rows))):
            rows, count = steps.rows[k], steps.sizes[k]
            g, new = back[:count], fresh[:count]
            if g_out is not None:
                g += g_out[rows]
            a, d = gates[:, rows], sums[:, rows]
            (r, z, n), (d_n, d_r, d_z, d_y) = a, d
            sigmoids, slopes = a[:2], d[1:3]
            xp.multiply(sigmoids, sigmoids, out=slopes)
            xp.subtract(sigmoids, slopes, out=slopes)
            xp.multiply(n, n, out=d_n)
            xp.subtract(1.0, d_n, out=d_n)
            # d_z = g (h - n) z (1 - z); d_n = g (1 - z) (1 - n^2); d_r = d_n y r (1 - r)
            xp.subtract(steps.before(xp, k, hidden, out), n, out=new)
            new *= g
            d_z *= new
            xp.multiply(g, z, out=new)
            g -= new
            d_n *= g
            d_r *= d_n
            d_r *= inner[rows]
            xp.multiply(d_n, r, out=d_y)
            self._sum_of_products(d[1:], w_state, product[:, :count], g)
            g += new
        before = steps.all_before(xp, hidden, out) if needs[3] else None
        biases = self.sum(sums, (1,)) if needs[4] else None
        return (
            self._x_grad(sums[:3], xp.roll(w_ih, size, axis=0)) if needs[0] else None,
            back,
            xp.roll(_weight_grads(xp, sums[:3], x), -size, axis=0) if needs[2] else None,
            _weight_grads(xp, sums[1:], before) if needs[3] else None,
            None if biases is None else biases[[1, 2, 0]].reshape(-1),
            None if biases is None else biases[1:].reshape(-1),
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

    def _turned(self, name: str, weights: Any, order: Sequence[int], halved: int) -> Any:
        """The weights of each gate, transposed, in this order; those of `halved` sigmoids halved."""
        gates = _by_gate(weights, len(order))
        shape = (len(order), gates.shape[2], gates.shape[1])
        turned = self.scratch(name, shape, weights.dtype)
        for k, gate in enumerate(order):
            self.xp.multiply(gates[gate].T, 0.5 if k < halved else 1.0, out=turned[k])
        return turned

    def _copied(self, w_hh: Any, count: int) -> Any:
        """The weights of each gate, in memory that lies well."""
        weights = _by_gate(w_hh, count)
        copy = self.scratch("weights of h", weights.shape, weights.dtype)
        copy[...] = weights
        return copy

    def _products(self, rows: Any, weights: Any) -> Any:
        """What the rows give for each gate: (gates, rows, units)."""
        xp, (gates, width, size), block = self.xp, weights.shape, self.row_block(weights)
        out = xp.empty((gates, len(rows), size), rows.dtype)
        end = len(rows) - len(rows) % block if block else 0
        if end:
            blocks = out[:, :end].reshape(gates, -1, block, size).swapaxes(0, 1)
            xp.matmul(rows[:end].reshape(-1, 1, block, width), weights, out=blocks)
        xp.matmul(rows[end:], weights, out=out[:, end:])
        return out

    def _sum_of_products(self, sums: Any, weights: Any, product: Any, out: Any) -> None:
        """What the cotangents of all gates give for the state before them, into `out`."""
        self.xp.matmul(sums, weights, out=product)
        product.sum(axis=0, out=out)

    def _x_grad(self, sums: Any, w_ih: Any) -> Any:
        return self.xp.matmul(sums, _by_gate(w_ih, len(sums))).sum(axis=0)

    def _layer_grads(
        self, sums: Any, entering: Any, w_ih: Any, states: tuple[Any, ...], needs: tuple[bool, ...]
    ) -> tuple[Any, ...]:
        """From the cotangents of all steps' gates: one product for x, one for all weights."""
        width = w_ih.shape[1]
        grad_x = self._x_grad(sums, w_ih) if needs[0] else None
        if True not in needs[1 + len(states) :]:
            return grad_x, *states, None, None, None
        weights = _weight_grads(self.xp, sums, entering)
        grad_ih, bias, grad_hh = weights[:, :width], weights[:, width], weights[:, width + 1 :]
        return grad_x, *states, grad_ih.copy(), grad_hh.copy(), bias.copy()


def _start(xp: Any, g: Any, like: Any) -> Any:
    """The cotangent of a last state in memory of its own, to go back in time with."""
    return xp.zeros_like(like) if g is None else g.astype(like.dtype)


def _with_bias(xp: Any, weights: Any, bias: Any) -> Any:
    """The weights, and in a last column the bias."""
    column = xp.zeros_like(weights[:, 0]) if bias is None else bias
    return xp.concatenate([weights, column[:, None]], axis=1)


def _by_gate(weights: Any, count: int) -> Any:
    """The weights of each of so many gates."""
    return weights.reshape(count, len(weights) // count, weights.shape[1])


def _weight_grads(xp: Any, sums: Any, entering: Any) -> Any:
    """The gradient in the weights of all gates, from the cotangents of each and what entered."""
    gates, _, size = sums.shape
    return xp.matmul(sums.swapaxes(1, 2), entering).reshape(gates * size, entering.shape[1])


def _squashed(xp: Any, gates: Any, sigmoids: int) -> Any:
    """The gates, after tanh; the first ones made sigmoids of twice what went in."""
    xp.tanh(gates, out=gates)
    halves = gates[:sigmoids]
    halves *= 0.5
    halves += 0.5
    return gates


def _lstm_slopes(
    xp: Any, d: Any, g: Any, g_c: Any, gates: Any, cell: Any, t: Any, fresh: Any
) -> None:
    """Fill in `d`, the cotangent of what enters the gates; make `g_c` that of the cell before.

    `t` is tanh(c). The slope of a sigmoid s is ``s - s s``: products are shared where they can.
    """
    (i, f, o, n), (d_i, d_f, d_n, d_o), (u, v) = gates, d, fresh
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
