"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma & Ba 2015).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize
        As in `Adam`.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_settings(lr, eps, weight_decay, beta1=betas[0], beta2=betas[1])
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        return count_step(state), (buffer(state, "exp_avg", p), buffer(state, "exp_inf", p))

    def _rule(self, t: Any, group: dict[str, Any]) -> Rule:
        beta1, beta2 = group["betas"]
        eps = group["eps"]
        size = float(group["lr"]) / (1 - beta1**t)

        def update(xp: Any, p: Any, g: Any, work: Any, mean: Any, norm: Any) -> None:
            xp.subtract(g, mean, out=work)
            work *= 1 - beta1
            mean += work
            norm *= beta2
            xp.abs(g, out=work)
            work += eps
            xp.maximum(norm, work, out=norm)
            xp.divide(mean, norm, out=work)
            work *= size
            p -= work

        return update
