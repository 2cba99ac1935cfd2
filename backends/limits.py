"""The range and precision of number types: `finfo` and `iinfo`."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrograd.backends.dtypes import get_default_dtype, to_dtype

__all__ = ["finfo", "iinfo"]


class finfo:
    """The limits of a floating point type, by default the default one.

    Attributes
    ----------
    bits : int
    eps, max, min, tiny, smallest_normal, resolution : float
    dtype : str

    Examples
    --------
    >>> rg.finfo(rg.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: Any = None):
        kind = to_dtype(get_default_dtype() if type is None else type)
        if not kind.is_floating_point:
            raise TypeError(
                f"finfo() requires a floating point input type, got {kind}; use iinfo()"
            )
        found = np.finfo(kind.dtype)
        self.dtype, self.bits = kind.name, int(found.bits)
        self.eps, self.max, self.min = float(found.eps), float(found.max), float(found.min)
        self.tiny = self.smallest_normal = float(found.smallest_normal)
        self.resolution = float(found.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer type.

    Attributes
    ----------
    bits, max, min : int
    dtype : str

    Examples
    --------
    >>> rg.iinfo(rg.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: Any):
        kind = to_dtype(type)
        if kind.dtype.kind not in "iu":
            raise TypeError(f"iinfo() requires an integer input type, got {kind}; use finfo()")
        found = np.iinfo(kind.dtype)
        self.dtype, self.bits = kind.name, int(found.bits)
        self.max, self.min = int(found.max), int(found.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
