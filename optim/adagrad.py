"""Adagrad: steps over the root of the sum of squared gradients."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class Adagrad(Optimizer):
    """``s += g^2``, ``p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)`` (Duchi et al. 2011).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lr_decay, weight_decay, initial_accumulator_value, eps : float
    maximize : bool
    foreach : bool, optional
        False: small parameters one by one instead of many at a time.
    fused
        Accepted for PyTorch's sake.
    differentiable : bool
        Must be False.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        check_settings(lr, eps, weight_decay)
        if lr_decay < 0.0:
            raise ValueError(f"Invalid lr_decay value: {lr_decay}")
        if initial_accumulator_value < 0.0:
            raise ValueError(
                f"Invalid initial_accumulator_value value: {initial_accumulator_value}"
            )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        fill = group["initial_accumulator_value"]
        return count_step(state), (buffer(state, "sum", p, fill),)

    def _rule(self, t: Any, group: dict[str, Any]) -> Rule:
        size = float(group["lr"]) / (1 + (t - 1) * group["lr_decay"])
        eps = group["eps"]

        def update(xp: Any, p: Any, g: Any, work: Any, total: Any) -> None:
            xp.multiply(g, g, out=work)
            total += work
            xp.sqrt(total, out=work)
            work += eps
            xp.divide(g, work, out=work)
            work *= size
            p -= work

        return update
