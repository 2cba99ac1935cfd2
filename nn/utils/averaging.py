"""Models whose weights are averages of another's over time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

from retrograd.autograd_core.creation import tensor
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.together import Together
from retrograd.backends.dtypes import int64
from retrograd.nn.module import Module
from retrograd.nn.modules.batchnorm import _BatchNorm


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's (Izmailov et al. 2018).

    Parameters
    ----------
    model : Module
    device : device, optional
        Where the copy is kept.
    avg_fn : function, optional
        ``avg_fn(average, new, count)`` returns the next average of one tensor; by default the mean
        of all.
    multi_avg_fn : function, optional
        ``multi_avg_fn(averages, new, count)`` changes a list of averages in place.
    use_buffers : bool
        Average the buffers too, instead of copying them.

    Examples
    --------
    >>> model = rg.nn.Linear(1, 1, bias=False)
    >>> averaged = rg.nn.utils.averaging.AveragedModel(model)
    >>> for value in (1.0, 3.0):
    ...     _ = rg.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item()
    2.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable[[Tensor, Tensor, Any], Tensor] | None = None,
        multi_avg_fn: Callable[[list[Tensor], list[Tensor], Any], None] | None = None,
        use_buffers: bool = False,
    ):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def _averaged(self, module: Module) -> Iterator[Tensor]:
        buffers = module.buffers() if self.use_buffers else ()
        return itertools.chain(module.parameters(), buffers)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the weights that the model has now into the averages."""
        averages = list(self._averaged(self.module))
        current = [
            new.detach() if new.device == mean.device else new.detach().to(mean.device)
            for mean, new in zip(averages, self._averaged(model), strict=True)
        ]
        if self.n_averaged == 0:
            for mean, new in zip(averages, current, strict=True):
                mean.copy_(new)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(averages, current, self.n_averaged)
        elif self.avg_fn is not None:
            for mean, new in zip(averages, current, strict=True):
                mean.copy_(self.avg_fn(mean.detach(), new, self.n_averaged))
        else:
            Together(averages, current).change(
                lambda mean, new: mean.copy_(_mean_of_all(mean, new, self.n_averaged)),
                "update_parameters()",
            )
        if not self.use_buffers:
            for mine, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
                mine.copy_(theirs.to(mine.device))
        self.n_averaged += 1


def _mean_of_all(average: Tensor, new: Tensor, count: Any) -> Tensor:
    return average + (new - average) / (count + 1)


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Set the running statistics of all batch norms to the averages over the batches of a loader.

    Parameters
    ----------
    loader : iterable
        Gives batches, or tuples of which the batch is the first.
    model : Module
    device : device, optional
        Where batches are moved to.

    Examples
    --------
    >>> model = rg.nn.BatchNorm1d(1)
    >>> rg.nn.utils.averaging.update_bn([rg.full((2, 1), 3.0), rg.full((2, 1), 5.0)], model)
    >>> model.running_mean
    tensor([4.])
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = model.training
    model.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    for batch in loader:
        if isinstance(batch, (list, tuple)):
            batch = batch[0]
        model(batch if device is None else batch.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)
