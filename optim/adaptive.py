"""Step sizes for each element from its own gradients: Adagrad, Adadelta, RMSprop, Rprop, ASGD."""

from __future__ import annotations

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


class Adagrad(Optimizer):
    """``s += g^2``, ``p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)`` (Duchi et al. 2011).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lr_decay, weight_decay, initial_accumulator_value, eps : float
    maximize : bool
    foreach, fused
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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
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

        return update, (buffer(state, "sum", p, group["initial_accumulator_value"]),)


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
    foreach, capturable
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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
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

        return update, (buffer(state, "square_avg", p), buffer(state, "acc_delta", p))


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
    capturable, foreach
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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
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

        names = ["square_avg"]
        if momentum:
            names.append("momentum_buffer")
        if centered:
            names.append("grad_avg")
        return update, [buffer(state, name, p) for name in names]


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
    capturable, foreach
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

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        count_step(state)
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

        sizes = buffer(state, "step_size", p, float(group["lr"]))
        return update, (buffer(state, "prev", p), sizes)


class ASGD(Optimizer):
    """Averaged stochastic gradient descent (Polyak & Juditsky 1992); the mean is in state "ax".

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lambd, alpha, t0, weight_decay : float
        Learning rate, decay, power of its fall, when averaging begins, L2 penalty.
    maximize : bool
    foreach, capturable
        Accepted for PyTorch's sake.
    differentiable : bool
        Must be False.

    Examples
    --------
    >>> w = rg.tensor([1.0], requires_grad=True)
    >>> optimizer = rg.optim.ASGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_settings(lr, 0.0, weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _rule(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Any:
        t = count_step(state)
        lr, decay = float(group["lr"]), group["lambd"]
        held_eta, held_mu = number(state, "eta", lr), number(state, "mu", 1.0)
        eta, mu = held_eta.item(), held_mu.item()
        held_eta[...] = lr / (1 + decay * lr * t) ** group["alpha"]
        held_mu[...] = 1 / max(1.0, t - group["t0"])

        def update(xp: Any, p: Any, g: Any, work: Any, average: Any) -> None:
            p *= 1 - decay * eta
            xp.multiply(g, eta, out=work)
            p -= work
            xp.subtract(p, average, out=work)
            work *= mu
            average += work

        return update, (buffer(state, "ax", p),)
