"""Adam and its kin: step sizes from running means of the gradient and of its square."""

from __future__ import annotations

import math
from typing import Any

from retrograd.optim.optimizer import Optimizer, Params, buffer, count_step


def check_settings(lr: float, eps: float, weight_decay: float, **fractions: float) -> None:
    """ValueError for a negative setting, or a fraction outside [0, 1)."""
    for name, value in (("learning rate", lr), ("epsilon value", eps)):
        if value < 0.0:
            raise ValueError(f"Invalid {name}: {value}")
    if weight_decay < 0.0:
        raise ValueError(f"Invalid weight_decay value: {weight_decay}")
    for name, value in fractions.items():
        if not 0.0 <= value < 1.0:
            raise ValueError(f"Invalid {name}: {value} (expected 0 <= {name} < 1)")


class _AdamLike(Optimizer):
    """What Adam's variants share: the settings' names, and the two running means."""

    def _moments(self, xp: Any, p: Any, g: Any, state: Any, betas: Any) -> tuple[Any, Any]:
        """Update the running means of the gradient and of its square; return both."""
        beta1, beta2 = betas
        mean = buffer(state, "exp_avg", xp, p)
        square = buffer(state, "exp_avg_sq", xp, p)
        mean *= beta1
        work = xp.multiply(g, 1 - beta1)
        mean += work
        square *= beta2
        xp.multiply(g, g, out=work)
        work *= 1 - beta2
        square += work
        return mean, square

    def _decayed(self, p: Any, g: Any, group: dict[str, Any]) -> Any:
        """Apply weight decay: to the parameter if decoupled, else to the gradient returned."""
        decay = group["weight_decay"]
        if not decay:
            return g
        if group.get("decoupled_weight_decay"):
            p *= 1 - float(group["lr"]) * decay
            return g
        return g + decay * p


class Adam(_AdamLike):
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
    foreach, capturable, differentiable, fused
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = self._decayed(p, g, group)
        beta1, beta2 = group["betas"]
        mean, square = self._moments(xp, p, g, state, group["betas"])
        if group["amsgrad"]:
            largest = buffer(state, "max_exp_avg_sq", xp, p)
            square = xp.maximum(largest, square, out=largest)
        work = xp.sqrt(square)
        work *= 1 / math.sqrt(1 - beta2**t)
        work += group["eps"]
        xp.divide(mean, work, out=work)
        work *= float(group["lr"]) / (1 - beta1**t)
        p -= work


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019); parameters as in `Adam`.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )


class NAdam(_AdamLike):
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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = self._decayed(p, g, group)
        beta1, beta2 = group["betas"]
        decay = group["momentum_decay"]
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * decay))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * decay))
        product = buffer(state, "mu_product", xp, p[:1].reshape(-1)[:1], 1.0)
        product *= mu
        so_far = float(product[0])
        mean, square = self._moments(xp, p, g, state, group["betas"])
        work = xp.sqrt(square)
        work *= 1 / math.sqrt(1 - beta2**t)
        work += group["eps"]
        lr = float(group["lr"])
        p -= g / work * (lr * (1.0 - mu) / (1.0 - so_far))
        p -= mean / work * (lr * mu_next / (1.0 - so_far * mu_next))


class RAdam(_AdamLike):
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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = self._decayed(p, g, group)
        beta1, beta2 = group["betas"]
        mean, square = self._moments(xp, p, g, state, group["betas"])
        step = mean * (float(group["lr"]) / (1 - beta1**t))
        length = 2 / (1 - beta2) - 1
        rho = length - 2 * t * beta2**t / (1 - beta2**t)
        if rho > 5.0:
            rectified = math.sqrt(
                (rho - 4) * (rho - 2) * length / ((length - 4) * (length - 2) * rho)
            )
            work = xp.sqrt(square)
            work += group["eps"]
            step *= rectified * math.sqrt(1 - beta2**t)
            step /= work
        p -= step


class Adamax(_AdamLike):
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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = self._decayed(p, g, group)
        beta1, beta2 = group["betas"]
        mean = buffer(state, "exp_avg", xp, p)
        norm = buffer(state, "exp_inf", xp, p)
        mean *= beta1
        mean += (1 - beta1) * g
        norm *= beta2
        xp.maximum(norm, xp.abs(g) + group["eps"], out=norm)
        p -= mean / norm * (float(group["lr"]) / (1 - beta1**t))
