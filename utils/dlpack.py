"""DLPack, under the path that PyTorch has it at."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.numpy_interop import from_dlpack
from retrograd.autograd_core.tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule that another library can make an array of on the same memory, once.

    Examples
    --------
    >>> type(rg.utils.dlpack.to_dlpack(rg.ones(2))).__name__
    'PyCapsule'
    """
    return tensor.__dlpack__()
