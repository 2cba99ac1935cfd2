"""Arrays and kernels: what each device must provide."""

from importlib import import_module
from types import ModuleType

from retrograd.backends import cudnn, onednn, scipy
from retrograd.backends import onednn as mkldnn  # PyTorch's name

__all__ = ["cuda", "cudnn", "mkldnn", "mps", "onednn", "scipy"]


def __getattr__(name: str) -> ModuleType:
    """`cuda` and `mps` are loaded when they are first used."""
    if name in ("cuda", "mps"):
        return import_module(f"retrograd.backends.{name}")
    raise AttributeError(f"module 'retrograd.backends' has no attribute {name!r}")
