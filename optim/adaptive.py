"""Step sizes for each element from its own gradients: Adagrad, Adadelta, RMSprop, Rprop, ASGD."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.tensor import wrap
from retrograd.optim.adam import check_settings
from retrograd.optim.optimizer import Optimizer, Params, at_least_1d, buffer, count_step


def _with_decay(p: Any, g: Any, group: dict[str, Any]) -> Any:
    return g + group["weight_decay"] * p if group["weight_decay"] else g


class Adagrad(Optimizer):
    """``s += g^2``, ``p -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)`` (Duchi et al. 2011).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lr_decay, weight_decay, initial_accumulator_value, eps : float
    maximize : bool
    foreach, differentiable, fused
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = _with_decay(p, g, group)
        total = buffer(state, "sum", xp, p, group["initial_accumulator_value"])
        total += g * g
        work = xp.sqrt(total)
        work += group["eps"]
        xp.divide(g, work, out=work)
        work *= float(group["lr"]) / (1 + (t - 1) * group["lr_decay"])
        p -= work


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
    foreach, capturable, differentiable
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        count_step(state)
        g = _with_decay(p, g, group)
        rho, eps = group["rho"], group["eps"]
        square = buffer(state, "square_avg", xp, p)
        steps = buffer(state, "acc_delta", xp, p)
        square *= rho
        square += (1 - rho) * g * g
        delta = xp.sqrt(steps + eps)
        delta /= xp.sqrt(square + eps)
        delta *= g
        steps *= rho
        steps += (1 - rho) * delta * delta
        p -= float(group["lr"]) * delta


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
    capturable, foreach, differentiable
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        count_step(state)
        g = _with_decay(p, g, group)
        alpha = group["alpha"]
        square = buffer(state, "square_avg", xp, p)
        square *= alpha
        square += (1 - alpha) * g * g
        if group["centered"]:
            mean = buffer(state, "grad_avg", xp, p)
            mean += (1 - alpha) * (g - mean)
            work = xp.sqrt(square - mean * mean)
        else:
            work = xp.sqrt(square)
        work += group["eps"]
        xp.divide(g, work, out=work)
        if group["momentum"]:
            velocity = buffer(state, "momentum_buffer", xp, p)
            velocity *= group["momentum"]
            velocity += work
            work = velocity
        p -= float(group["lr"]) * work


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
    capturable, foreach, differentiable
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        count_step(state)
        shrink, grow = group["etas"]
        low, high = group["step_sizes"]
        previous = buffer(state, "prev", xp, p)
        size = buffer(state, "step_size", xp, p, float(group["lr"]))
        agreement = g * previous
        size *= xp.where(agreement > 0, grow, xp.where(agreement < 0, shrink, 1.0))
        xp.clip(size, low, high, out=size)
        # After a change of sign the last step went too far: stand still once.
        g = xp.where(agreement < 0, 0.0, g)
        p -= xp.sign(g) * size
        previous[...] = g


class ASGD(Optimizer):
    """Averaged stochastic gradient descent (Polyak & Juditsky 1992); the mean is in state "ax".

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, lambd, alpha, t0, weight_decay : float
        Learning rate, decay, power of its fall, when averaging begins, L2 penalty.
    maximize : bool
    foreach, differentiable, capturable
        Accepted for PyTorch's sake.

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

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        g = _with_decay(p, g, group)
        lr, decay = float(group["lr"]), group["lambd"]
        one = p.reshape(-1)[:1]
        eta = buffer(state, "eta", xp, one, lr)
        mu = buffer(state, "mu", xp, one, 1.0)
        p *= 1 - decay * float(eta[0])
        p -= float(eta[0]) * g
        average = buffer(state, "ax", xp, p)
        average += (p - average) * float(mu[0])
        eta[...] = lr / (1 + decay * lr * t) ** group["alpha"]
        mu[...] = 1 / max(1.0, t - group["t0"])


class Adafactor(Optimizer):
    """Adam's second moment in two vectors for each matrix (Shazeer & Stern 2018).

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or groups.
    lr, beta2_decay, eps, d, weight_decay : float
        `eps` is a pair: added to squares (None: the type's own), and the smallest scale of a
        parameter; `d` is the largest root mean square of an update.
    maximize : bool
    foreach
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> w = rg.ones(2, 2, requires_grad=True)
    >>> optimizer = rg.optim.Adafactor([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> bool((w < 1).all())
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ):
        check_settings(lr, eps[1], weight_decay)
        if beta2_decay > 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if d < 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        t = count_step(state)
        eps1, eps2 = group["eps"]
        if eps1 is None:
            eps1 = float(xp.finfo(p.dtype).eps)
        lr = float(group["lr"])
        forget = float(t) ** group["beta2_decay"]
        rho = min(lr, 1 / math.sqrt(t))
        size = math.sqrt(p.size)
        alpha = max(eps2, float(xp.linalg.norm(p)) / size) * rho
        if group["weight_decay"]:
            p *= 1 - lr * group["weight_decay"]
        square = self._second_moment(xp, g, state, forget, eps1)
        update = g / xp.sqrt(xp.maximum(square, eps1 * eps1))
        ratio = float(xp.linalg.norm(update)) / (size * group["d"])
        p -= update * (alpha / max(1.0, ratio))

    def _second_moment(
        self, xp: Any, g: Any, state: dict[str, Any], forget: float, eps1: float
    ) -> Any:
        """The running mean square of the gradient, factored for matrices."""
        if g.ndim < 2:
            variance = buffer(state, "variance", xp, g)
            variance += forget * (g * g - variance)
            return variance
        for name, axis in (("row_var", -1), ("col_var", -2)):
            mean = (g * g).mean(axis=axis, keepdims=True)
            if name not in state:
                state[name] = wrap(xp.zeros(mean.shape, mean.dtype))
            held = at_least_1d(state[name]._data)
            held += forget * (mean - held)
        row, column = state["row_var"]._data, state["col_var"]._data
        return row * column / xp.maximum(row.mean(axis=-2, keepdims=True), eps1)
