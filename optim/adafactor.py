"""Adafactor: Adam's second moment in little memory."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.registry import XP
from retrograd.optim.optimizer import (
    Optimizer,
    Params,
    buffer,
    check_settings,
    count_step,
)
from retrograd.optim.updates import at_least_1d


class Adafactor(Optimizer):
    """Adam's second moment in two vectors for each matrix (Shazeer & Stern 2018).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, beta2_decay, eps, d, weight_decay : float
        `eps` is a pair: added to squares (None: the type's own), and the smallest scale of a
        parameter; `d` is the largest root mean square of an update.
    maximize : bool
    foreach
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> w = rg.ones(2, 2, requires_grad=True)
    >>> optimizer = rg.optim.Adafactor([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> bool((w < 1).all())
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        check_settings(lr, eps[1], weight_decay)
        if eps[0] is not None and eps[0] < 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if beta2_decay > 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if d < 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(self, pairs: list[tuple[Tensor, Tensor]], group: dict[str, Any]) -> None:
        for p, grad in pairs:
            self._update_one(p, grad, group)

    def _update_one(self, p: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[p]
        xp = XP[type(p._data)]
        array, g = at_least_1d(p._data), at_least_1d(grad._data)
        if group["maximize"]:
            g = -g
        t = count_step(state)
        eps1, eps2 = group["eps"]
        if eps1 is None:
            eps1 = float(xp.finfo(array.dtype).eps)
        lr = float(group["lr"])
        root = math.sqrt(array.size)
        scale = max(eps2, float(xp.linalg.norm(array)) / root) * min(lr, 1 / math.sqrt(t))
        array *= 1 - lr * group["weight_decay"]
        fresh = t ** group["beta2_decay"]
        if g.ndim < 2:
            square = at_least_1d(buffer(state, "variance", p))
            square += fresh * (g * g - square)
        else:
            square = _factored(xp, g, state, fresh, eps1)
        update = g / xp.sqrt(xp.maximum(square, eps1 * eps1))
        excess = float(xp.linalg.norm(update)) / (root * group["d"])
        update *= scale / max(1.0, excess)
        array -= update


def _factored(xp: Any, g: Any, state: dict[str, Any], fresh: float, eps1: float) -> Any:
    """The running mean square of a matrix of gradients, from those of its rows and columns."""
    square = g * g
    for name, axis in (("row_var", -1), ("col_var", -2)):
        mean = square.mean(axis=axis, keepdims=True)
        if name not in state:
            state[name] = wrap(xp.zeros_like(mean))
        held = state[name]._data
        held += fresh * (mean - held)
    row, column = state["row_var"]._data, state["col_var"]._data
    return row * column / xp.maximum(row.mean(axis=-2, keepdims=True), eps1)
