"""Averages of weights over time: how to average, and the learning rate to do it at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.together import Together
from retrograd.optim.optimizer import Optimizer
from retrograd.optim.scheduler import LRScheduler, for_groups


def __getattr__(name: str) -> Any:
    # PyTorch's path of what is made of modules: optimizers know nothing of them, so it lives in nn.
    if name in ("AveragedModel", "update_bn"):
        return getattr(import_module("retrograd.nn.utils.averaging"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The exponential moving average, ``decay * average + (1 - decay) * new``, of one tensor.

    Examples
    --------
    >>> average = rg.optim.swa_utils.get_ema_avg_fn(0.9)
    >>> average(rg.ones(1), rg.zeros(1), 0)
    tensor([0.9000])
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The mean of all, ``average + (new - average) / (count + 1)``, of one tensor.

    Examples
    --------
    >>> average = rg.optim.swa_utils.get_swa_avg_fn()
    >>> average(rg.ones(1), rg.zeros(1), 3)
    tensor([0.7500])
    """

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """The exponential moving average of a list of tensors, in place.

    Examples
    --------
    >>> averages = [rg.ones(1)]
    >>> rg.optim.swa_utils.get_ema_multi_avg_fn(0.9)(averages, [rg.zeros(1)], 0)
    >>> averages
    [tensor([0.9000])]
    """
    return _in_place(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """The mean of all of a list of tensors, in place.

    Examples
    --------
    >>> averages = [rg.ones(1)]
    >>> rg.optim.swa_utils.get_swa_multi_avg_fn()(averages, [rg.zeros(1)], 3)
    >>> averages
    [tensor([0.7500])]
    """
    return _in_place(get_swa_avg_fn())


def _in_place(average: Callable[[Tensor, Tensor, Any], Tensor]) -> Callable[..., None]:
    @no_grad()
    def update(averages: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        Together(averages, current).change(
            lambda mean, new: mean.copy_(average(mean, new, num_averaged)), "averaging of weights"
        )

    return update


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class SWALR(LRScheduler):
    """Brings the learning rate to a constant at which weights are averaged (Izmailov et al. 2018).

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float or list of float
    anneal_epochs : int
        Epochs on the way.
    anneal_strategy : str
        "cos" or "linear".
    last_epoch : int

    Examples
    --------
    >>> optimizer = rg.optim.SGD([rg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = rg.optim.swa_utils.SWALR(
    ...     optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear"
    ... )
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for value, group in zip(
            for_groups("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True
        ):
            group["swa_lr"] = value
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How far on the way from the first learning rate to the last."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[Any]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        lrs = []
        for group in self.optimizer.param_groups:
            last, lr = group["swa_lr"], group["lr"]
            first = last if before == 1 else (lr - before * last) / (1 - before)
            lrs.append(last * now + first * (1 - now))
        return lrs


__all__ = [
    "AveragedModel",  # noqa: F822 - by __getattr__
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",  # noqa: F822 - by __getattr__
]
