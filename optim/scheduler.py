"""LRScheduler: what all learning-rate schedulers share."""

from __future__ import annotations

import types
import warnings
from collections.abc import Sequence
from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.host_calls import host_call
from retrograd.optim.optimizer import Optimizer


class LRScheduler:
    """The base of the schedulers: sets the "lr" of each parameter group, epoch by epoch.

    A subclass gives `get_lr`, and `_get_closed_form_lr` if the learning rate of an epoch can be
    told without the one before. The first learning rate is set when a scheduler is made.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int
        The epoch to go on from; -1 to begin.

    Examples
    --------
    >>> class Halving(rg.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr * 0.5**self.last_epoch for lr in self.base_lrs]
    >>> optimizer = rg.optim.SGD([rg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = checked_optimizer(optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming "
                    "a scheduler with last_epoch >= 0: load the optimizer's state first"
                )
        self.base_lrs = of_groups(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the learning rate of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_last_lr(self) -> list[Any]:
        """The learning rate of each group as the last step set it."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The learning rate of each group in epoch `last_epoch`; subclasses define it."""
        raise NotImplementedError

    @host_call
    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch (or to `epoch`) and set its learning rates.

        Call it after ``optimizer.step()``.
        """
        if self._step_count == 1 and not self.optimizer._stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: call them in "
                "the opposite order, or the first value of the schedule is skipped",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` is deprecated: call `scheduler.step()`",
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            values = self.get_lr()
        else:
            self.last_epoch = epoch
            values = getattr(self, "_get_closed_form_lr", self.get_lr)()
        self._set_lr(values)

    def _set_lr(self, values: Sequence[Any]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            assign(group, "lr", lr)
        self._last_lr = of_groups(self.optimizer, "lr")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        self.__dict__.update(state_dict)


def checked_optimizer(optimizer: Any) -> Optimizer:
    """The optimizer, or TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def copied(value: Any) -> Any:
    """A number, or a copy of a tensor."""
    return value.clone() if isinstance(value, Tensor) else value


def of_groups(optimizer: Optimizer, name: str) -> list[Any]:
    """A setting of each parameter group."""
    return [copied(group[name]) for group in optimizer.param_groups]


def for_groups(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each parameter group: from a list of them, or the same for all."""
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has "
            f"{len(values)} values, param_groups has {count}."
        )
    return [copied(v) for v in values]


def assign(group: dict[str, Any], name: str, value: Any) -> None:
    """Change a setting of a group; a tensor keeps its identity."""
    if isinstance(group[name], Tensor):
        group[name].fill_(float(value))
    else:
        group[name] = value


def assign_momentum(group: dict[str, Any], value: float) -> None:
    """Change the momentum of a group, which Adam's kin call the first beta."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def function_state(function: Any) -> dict[str, Any] | None:
    """What a callable object holds; None for a plain function."""
    return None if isinstance(function, types.FunctionType) else dict(function.__dict__)
