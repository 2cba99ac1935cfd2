"""GPUs under the path that PyTorch has them at; the functions are in `retrograd.backends.cuda`."""

from retrograd.backends.cuda import (
    current_device,
    device,
    device_count,
    empty_cache,
    get_device_name,
    is_available,
    is_bf16_supported,
    manual_seed,
    manual_seed_all,
    memory_allocated,
    memory_reserved,
    set_device,
    synchronize,
)
from retrograd.cuda import amp  # type: ignore[import-not-found] # found by the root's __path__

__all__ = [
    "amp",
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "is_bf16_supported",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "synchronize",
]
