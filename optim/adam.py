"""Adam: step sizes from running means of the gradient and of its square."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


def update_moments(
    xp: Any, g: Any, work: Any, mean: Any, square: Any, beta1: float, beta2: float
) -> None:
    """Update the running means of the gradient and of its square."""
    xp.subtract(g, mean, out=work)
    work *= 1 - beta1
    mean += work
    square *= beta2
    xp.multiply(g, g, out=work)
    work *= 1 - beta2
    square += work


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015).

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``, then
    ``p -= lr * m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)``.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr : float
    betas : (float, float)
        b1 and b2.
    eps, weight_decay : float
    amsgrad : bool
        Use the largest v so far (Reddi et al. 2018).
    maximize : bool
        Ascend instead of descend.
    decoupled_weight_decay : bool
        Decay the weights instead of the gradients, as `AdamW`.
    foreach : bool, optional
        False: small parameters one by one instead of many at a time.
    capturable, fused
        Accepted for PyTorch's sake.
    differentiable : bool
        Must be False.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        check_settings(lr, eps, weight_decay, beta1=betas[0], beta2=betas[1])
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        names = ["exp_avg", "exp_avg_sq"]
        if group["amsgrad"]:
            names.append("max_exp_avg_sq")
        return count_step(state), [buffer(state, name, p) for name in names]

    def _rule(self, t: Any, group: dict[str, Any]) -> Rule:
        beta1, beta2 = group["betas"]
        # m / (sqrt(v) / root + eps) with one pass less: root * m / (sqrt(v) + root * eps).
        root = math.sqrt(1 - beta2**t)
        eps = group["eps"] * root
        size = float(group["lr"]) * root / (1 - beta1**t)

        def update(
            xp: Any, p: Any, g: Any, work: Any, mean: Any, square: Any, largest: Any = None
        ) -> None:
            update_moments(xp, g, work, mean, square, beta1, beta2)
            if largest is not None:
                square = xp.maximum(largest, square, out=largest)
            xp.sqrt(square, out=work)
            work += eps
            xp.divide(mean, work, out=work)
            work *= size
            p -= work

        return update
