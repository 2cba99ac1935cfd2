"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import wrap
from retrograd.optim.optimizer import Optimizer, Params, at_least_1d


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with (Nesterov) momentum.

    ``v = momentum * v + (1 - dampening) * g`` (v = g at the first step), then ``p -= lr * v``, or
    ``p -= lr * (g + momentum * v)`` with Nesterov (Sutskever et al. 2013).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, momentum, dampening, weight_decay : float
        Learning rate, momentum factor, dampening of the momentum, L2 penalty.
    nesterov, maximize : bool
        Nesterov's momentum; ascend instead of descend.
    foreach, differentiable, fused
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        for name, value in (("learning rate", lr), ("momentum", momentum)):
            if value < 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            foreach=foreach,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if momentum:
            if state.get("momentum_buffer") is None:
                state["momentum_buffer"] = wrap(g.copy())
                velocity = at_least_1d(state["momentum_buffer"]._data)
            else:
                velocity = at_least_1d(state["momentum_buffer"]._data)
                velocity *= momentum
                velocity += g if not group["dampening"] else (1 - group["dampening"]) * g
            g = g + momentum * velocity if group["nesterov"] else velocity
        p -= float(group["lr"]) * g
