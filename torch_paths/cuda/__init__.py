"""GPUs under the path that PyTorch has them at; the functions are in `retrograd.backends.cuda`."""

from retrograd.autograd_core import legacy
from retrograd.backends.cuda import *  # noqa: F403 - the same functions under another path
from retrograd.backends.cuda import __all__ as _functions
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
    *_functions,
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "amp",
]  # fmt: skip
