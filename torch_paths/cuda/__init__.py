"""GPUs under the path that PyTorch has them at; the functions are in `retrograd.backends.cuda`."""

from retrograd.autograd_core import legacy
from retrograd.backends.cuda import (
    current_device,
    device,
    device_count,
    empty_cache,
    get_device_name,
    get_rng_state_all,
    is_available,
    is_bf16_supported,
    manual_seed,
    manual_seed_all,
    memory_allocated,
    memory_reserved,
    set_device,
    set_rng_state_all,
    synchronize,
)
from retrograd.cuda import amp  # type: ignore[import-not-found] # found by the root's __path__

BoolTensor = legacy.on_gpu(legacy.BoolTensor)
ByteTensor = legacy.on_gpu(legacy.ByteTensor)
CharTensor = legacy.on_gpu(legacy.CharTensor)
DoubleTensor = legacy.on_gpu(legacy.DoubleTensor)
FloatTensor = legacy.on_gpu(legacy.FloatTensor)
HalfTensor = legacy.on_gpu(legacy.HalfTensor)
IntTensor = legacy.on_gpu(legacy.IntTensor)
LongTensor = legacy.on_gpu(legacy.LongTensor)
ShortTensor = legacy.on_gpu(legacy.ShortTensor)

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "amp",
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_rng_state_all",
    "is_available",
    "is_bf16_supported",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "set_rng_state_all",
    "synchronize",
]
