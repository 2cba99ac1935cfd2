"""NAdam: Adam with Nesterov momentum."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.adam import update_moments
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step, number
from retrograd.optim.updates import Rule


class NAdam(Optimizer):
    """Adam with Nesterov momentum (Dozat 2016).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        As in `Adam`.
    momentum_decay : float

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item() < 1
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ):
        check_settings(lr, eps, weight_decay, beta1=betas[0], beta2=betas[1])
        if momentum_decay < 0.0:
            raise ValueError(f"Invalid momentum_decay value: {momentum_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
        held = number(state, "mu_product", 1.0)
        held *= _momentum(t, group)
        return (t, held.item()), (buffer(state, "exp_avg", p), buffer(state, "exp_avg_sq", p))

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        t, product = numbers
        beta1, beta2 = group["betas"]
        eps, lr = group["eps"], float(group["lr"])
        mu, mu_next = _momentum(t, group), _momentum(t + 1, group)
        of_gradient = lr * (1.0 - mu) / (1.0 - product)
        of_mean = lr * mu_next / (1.0 - product * mu_next)
        correction = 1 / (1 - beta2**t)

        def update(xp: Any, p: Any, g: Any, work: Any, mean: Any, square: Any) -> None:
            update_moments(xp, g, work, mean, square, beta1, beta2)
            step = of_gradient * g
            step += of_mean * mean
            xp.multiply(square, correction, out=work)
            xp.sqrt(work, out=work)
            work += eps
            step /= work
            p -= step

        return update


def _momentum(t: float, group: dict[str, Any]) -> float:
    """The momentum of step `t`, which grows."""
    return group["betas"][0] * (1.0 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
