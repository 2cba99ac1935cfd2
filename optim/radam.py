"""RAdam: Adam with a rectified start."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.adam import update_moments
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class RAdam(Optimizer):
    """Rectified Adam (Liu et al. 2020): plain momentum until the variance can be trusted.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        As in `Adam`.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ):
        check_settings(lr, eps, weight_decay, beta1=betas[0], beta2=betas[1])
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        return count_step(state), (buffer(state, "exp_avg", p), buffer(state, "exp_avg_sq", p))

    def _rule(self, t: Any, group: dict[str, Any]) -> Rule:
        beta1, beta2 = group["betas"]
        eps = group["eps"]
        size = float(group["lr"]) / (1 - beta1**t)
        length = 2 / (1 - beta2) - 1
        rho = length - 2 * t * beta2**t / (1 - beta2**t)
        trusted = rho > 5.0
        if trusted:
            ratio = (rho - 4) * (rho - 2) * length / ((length - 4) * (length - 2) * rho)
            size *= math.sqrt(ratio * (1 - beta2**t))

        def update(xp: Any, p: Any, g: Any, work: Any, mean: Any, square: Any) -> None:
            update_moments(xp, g, work, mean, square, beta1, beta2)
            if trusted:
                xp.sqrt(square, out=work)
                work += eps
                xp.divide(mean, work, out=work)
                work *= size
            else:
                xp.multiply(mean, size, out=work)
            p -= work

        return update
