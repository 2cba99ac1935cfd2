"""The accelerator, whatever its kind, under PyTorch's names: a GPU, or none."""

from __future__ import annotations

from retrograd.backends.cuda import current_device as current_device_index
from retrograd.backends.cuda import device_count, empty_cache, is_available, synchronize
from retrograd.backends.cuda import set_device as set_device_index
from retrograd.backends.device import device

__all__ = [
    "current_accelerator",
    "current_device_index",
    "device_count",
    "empty_cache",
    "is_available",
    "set_device_index",
    "synchronize",
]


def current_accelerator(check_available: bool = False) -> device | None:
    """``device("cuda")`` where a GPU can be used, else None.

    Examples
    --------
    >>> accelerator = rg.accelerator.current_accelerator()
    >>> device = "cpu" if accelerator is None else accelerator.type
    """
    return device("cuda") if is_available() else None
