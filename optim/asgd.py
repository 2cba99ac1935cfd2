"""ASGD: averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step, number
from retrograd.optim.updates import Rule


class ASGD(Optimizer):
    """Averaged stochastic gradient descent (Polyak & Juditsky 1992); the mean is in state "ax".

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lambd, alpha, t0, weight_decay : float
        Learning rate, decay, power of its fall, when averaging begins, L2 penalty.
    maximize : bool
    foreach : bool, optional
        False: small parameters one by one instead of many at a time.
    capturable
        Accepted for PyTorch's sake.
    differentiable : bool
        Must be False.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.ASGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_settings(lr, 0.0, weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
        lr, decay = float(group["lr"]), group["lambd"]
        held_eta, held_mu = number(state, "eta", lr), number(state, "mu", 1.0)
        eta, mu = held_eta.item(), held_mu.item()
        held_eta[...] = lr / (1 + decay * lr * t) ** group["alpha"]
        held_mu[...] = 1 / max(1.0, t - group["t0"])
        return (eta, mu), (buffer(state, "ax", p),)

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        eta, mu = numbers
        decay = group["lambd"]

        def update(xp: Any, p: Any, g: Any, work: Any, average: Any) -> None:
            p *= 1 - decay * eta
            xp.multiply(g, eta, out=work)
            p -= work
            xp.subtract(p, average, out=work)
            work *= mu
            average += work

        return update
