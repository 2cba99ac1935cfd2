"""Several passes over large arrays, element by element, block by block so that they stay in cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Of fewer elements a rule takes less time than the passes prepared for many.
FEW = 1000
# Integers of as many bytes as a floating point number.
_BITS = {2: "int16", 4: "int32", 8: "int64"}


class PointwiseKernels:
    """The entry of the kernel table for functions of single elements."""

    xp: Any
    each: Any  # from `PartKernels`
    # Bytes of each array taken at a time: the passes over them should stay in the second-level cache.
    block = 1 << 18

    def blocked(self, function: Callable[..., None], *arrays: Any, count: int = 1) -> Any:
        """What ``function(xp, *arrays, *outs)`` writes to `count` (1 or 2) arrays like the first one.

        `function` treats each element by itself. It is called with the arrays as they are if they
        are small, else with flat parts of them. They have one shape, never none; one that was
        expanded from a single number comes as that.
        """
        xp, first = self.xp, arrays[0]
        out = xp.empty(first.shape, first.dtype)
        outs = (out,) if count == 1 else (out, xp.empty_like(out))
        block = self.block // first.itemsize
        if first.ndim and first.size <= block:
            function(xp, *arrays, *outs)
            return out if count == 1 else outs
        flat = [in_a_row(a) for a in (*arrays, *outs)]

        def compute(part: slice) -> None:
            function(xp, *[a[part] if a.ndim else a for a in flat])

        self.each(compute, [slice(k, k + block) for k in range(0, first.size, block)])
        return out if count == 1 else outs


def in_a_row(a: Any) -> Any:
    """The elements in a row; the one that `a` consists of as an array without dimensions."""
    if a.size > 1 and not any(a.strides):
        return a[(slice(0, 1),) * a.ndim].reshape(())
    return a.reshape(-1)


def keep_where(xp: Any, values: Any, mask: Any, out: Any) -> None:
    """`values` where `mask` is true and 0 elsewhere, even where they are infinite or NaN."""
    # The bits times 0 or 1: many times as fast as a choice on a ragged mask.
    kind = _BITS[out.dtype.itemsize]
    bits = out.view(kind)
    bits[...] = mask
    bits *= values.view(kind)
