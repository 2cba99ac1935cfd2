"""Adadelta: steps in the units of the parameters."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class Adadelta(Optimizer):
    """Steps in the units of the parameters (Zeiler 2012).

    ``s = rho s + (1 - rho) g^2``, ``d = sqrt(a + eps) / sqrt(s + eps) * g``,
    ``a = rho a + (1 - rho) d^2``, ``p -= lr d``.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, rho, eps, weight_decay : float
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
    >>> optimizer = rg.optim.Adadelta([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item() < 1
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_settings(lr, eps, weight_decay)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
        return None, (buffer(state, "square_avg", p), buffer(state, "acc_delta", p))

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        rho, eps, lr = group["rho"], group["eps"], float(group["lr"])

        def update(xp: Any, p: Any, g: Any, work: Any, square: Any, steps: Any) -> None:
            xp.multiply(g, g, out=work)
            work *= 1 - rho
            square *= rho
            square += work
            delta = steps + eps
            xp.add(square, eps, out=work)
            delta /= work
            xp.sqrt(delta, out=delta)
            delta *= g
            xp.multiply(delta, delta, out=work)
            work *= 1 - rho
            steps *= rho
            steps += work
            delta *= lr
            p -= delta

        return update
