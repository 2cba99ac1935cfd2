"""Adam and its kin: step sizes from running means of the gradient and of its square."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import (
    Optimizer,
    Params,
    buffer,
    check_settings,
    count_step,
    number,
)


def _moments(
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
    foreach, capturable, fused
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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
        beta1, beta2 = group["betas"]
        # m / (sqrt(v) / root + eps) with one pass less: root * m / (sqrt(v) + root * eps).
        root = math.sqrt(1 - beta2**t)
        eps = group["eps"] * root
        size = float(group["lr"]) * root / (1 - beta1**t)

        def update(
            xp: Any, p: Any, g: Any, work: Any, mean: Any, square: Any, largest: Any = None
        ) -> None:
            _moments(xp, g, work, mean, square, beta1, beta2)
            if largest is not None:
                square = xp.maximum(largest, square, out=largest)
            xp.sqrt(square, out=work)
            work += eps
            xp.divide(mean, work, out=work)
            work *= size
            p -= work

        names = ["exp_avg", "exp_avg_sq"]
        if group["amsgrad"]:
            names.append("max_exp_avg_sq")
        return update, [buffer(state, name, p) for name in names]


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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
        beta1, beta2 = group["betas"]
        decay, eps, lr = group["momentum_decay"], group["eps"], float(group["lr"])
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * decay))
        mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * decay))
        held = number(state, "mu_product", 1.0)
        held *= mu
        product = held.item()
        of_gradient = lr * (1.0 - mu) / (1.0 - product)
        of_mean = lr * mu_next / (1.0 - product * mu_next)
        correction = 1 / (1 - beta2**t)

        def update(xp: Any, p: Any, g: Any, work: Any, mean: Any, square: Any) -> None:
            _moments(xp, g, work, mean, square, beta1, beta2)
            step = of_gradient * g
            step += of_mean * mean
            xp.multiply(square, correction, out=work)
            xp.sqrt(work, out=work)
            work += eps
            step /= work
            p -= step

        return update, (buffer(state, "exp_avg", p), buffer(state, "exp_avg_sq", p))


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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
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
            _moments(xp, g, work, mean, square, beta1, beta2)
            if trusted:
                xp.sqrt(square, out=work)
                work += eps
                xp.divide(mean, work, out=work)
                work *= size
            else:
                xp.multiply(mean, size, out=work)
            p -= work

        return update, (buffer(state, "exp_avg", p), buffer(state, "exp_avg_sq", p))


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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
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

        return update, (buffer(state, "exp_avg", p), buffer(state, "exp_inf", p))
