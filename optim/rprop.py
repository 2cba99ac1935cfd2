"""Rprop: steps from the signs of the gradients alone."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, buffer, check_settings, count_step
from retrograd.optim.updates import Rule


class Rprop(Optimizer):
    """Steps that grow while the gradient keeps its sign (Riedmiller & Braun 1993).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr : float
        The first step size.
    etas : (float, float)
        Factors on a change of sign, and on none.
    step_sizes : (float, float)
        The smallest and the largest step.
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
    >>> optimizer = rg.optim.Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_settings(lr, 0.0, 0.0)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _state_of(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
        sizes = buffer(state, "step_size", p, float(group["lr"]))
        return None, (buffer(state, "prev", p), sizes)

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        shrink, grow = group["etas"]
        low, high = group["step_sizes"]

        def update(xp: Any, p: Any, g: Any, work: Any, previous: Any, size: Any) -> None:
            xp.multiply(g, previous, out=work)
            turned = work < 0
            size *= xp.where(work > 0, grow, xp.where(turned, shrink, 1.0)).astype(p.dtype)
            xp.clip(size, low, high, out=size)
            # After a change of sign the last step went too far: stand still once.
            previous[...] = xp.where(turned, 0.0, g)
            xp.sign(previous, out=work)
            work *= size
            p -= work

        return update
