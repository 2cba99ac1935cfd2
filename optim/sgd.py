"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings
from retrograd.optim.updates import Rule


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
    foreach : bool, optional
        False: small parameters one by one instead of many at a time.
    fused
        Accepted for PyTorch's sake.
    differentiable : bool
        Must be False.

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
        check_settings(lr, 0.0, weight_decay)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        if not group["momentum"]:
            return None, ()
        first = state.get("momentum_buffer") is None
        return first, (buffer(state, "momentum_buffer", p),)

    def _rule(self, first: Any, group: dict[str, Any]) -> Rule:
        lr, momentum = float(group["lr"]), group["momentum"]
        if not momentum:

            def plain(xp: Any, p: Any, g: Any, work: Any) -> None:
                xp.multiply(g, lr, out=work)
                p -= work

            return plain

        fresh, nesterov = 1 - group["dampening"], group["nesterov"]

        def update(xp: Any, p: Any, g: Any, work: Any, velocity: Any) -> None:
            if first:
                velocity[...] = g
            else:
                velocity *= momentum
                velocity += g if fresh == 1 else fresh * g
            if nesterov:
                xp.multiply(velocity, momentum, out=work)
                work += g
                work *= lr
            else:
                xp.multiply(velocity, lr, out=work)
            p -= work

        return update
