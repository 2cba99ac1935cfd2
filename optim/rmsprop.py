"""RMSprop: gradients over the root of their running mean square."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class RMSprop(Optimizer):
    """Gradients over the root of their running mean square (Hinton 2012), maybe with momentum.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, alpha, eps, weight_decay, momentum : float
        `alpha` is the weight of the past in the running mean.
    centered : bool
        Subtract the square of the running mean gradient: the variance instead of the mean square.
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
    >>> optimizer = rg.optim.RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_settings(lr, eps, weight_decay)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if alpha < 0.0:
            raise ValueError(f"Invalid alpha value: {alpha}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
        names = ["square_avg"]
        if group["momentum"]:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return None, [buffer(state, name, p) for name in names]

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        alpha, eps, lr = group["alpha"], group["eps"], float(group["lr"])
        momentum, centered = group["momentum"], group["centered"]

        def update(xp: Any, p: Any, g: Any, work: Any, square: Any, *others: Any) -> None:
            square *= alpha
            xp.multiply(g, g, out=work)
            work *= 1 - alpha
            square += work
            if centered:
                mean = others[-1]
                mean += (1 - alpha) * (g - mean)
                xp.multiply(mean, mean, out=work)
                xp.subtract(square, work, out=work)
                xp.sqrt(work, out=work)
            else:
                xp.sqrt(square, out=work)
            work += eps
            xp.divide(g, work, out=work)
            if momentum:
                velocity = others[0]
                velocity *= momentum
                velocity += work
                xp.multiply(velocity, lr, out=work)
            else:
                work *= lr
            p -= work

        return update
