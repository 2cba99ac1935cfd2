"""`DataParallel`, for scripts and checkpoints that have their model wrapped in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrograd.nn.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """A module that is run as it is, on the one device it is on; `module` names it.

    Parameters, and so the keys of `state_dict`, have the prefix ``module.``, as in PyTorch.

    Parameters
    ----------
    module : Module
    device_ids : sequence, optional
        At most one device.
    output_device, dim
        Change nothing here.

    Raises
    ------
    ValueError
        If several devices are asked for.

    Examples
    --------
    >>> net = rg.nn.DataParallel(rg.nn.Linear(2, 1))
    >>> list(net.state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ):
        super().__init__()
        if device_ids is not None and len(device_ids) > 1:
            raise ValueError(
                f"DataParallel runs on one device, got {list(device_ids)}: leave device_ids out and "
                "move the model with .to(device)"
            )
        self.module = module
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)
