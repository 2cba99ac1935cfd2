"""Many small arrays as one flat array, so that one call computes with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import prod
from typing import Any, TypeVar

from retrograd.backends.base import owner
from retrograd.backends.registry import BACKENDS, KERNELS

Entry = TypeVar("Entry", bound=Sequence[Any])

# Arrays up to this size are packed: copying them costs less than calls of their own.
SMALL = 1 << 11
# Elements of one flat array: several such of float32 numbers stay in the second-level cache.
LOT = 1 << 15


class Pack:
    """Flat arrays, with a part for each of many small arrays.

    Attributes
    ----------
    flat : list of array
        One dimension, for the elements of all arrays, one array after the other.
    parts : list of list of array
        Of each flat array, its parts in the shapes of the small ones, as views.
    """

    def __init__(self, xp: Any, shapes: Sequence[tuple[int, ...]], dtype: Any, count: int):
        ends = list(accumulate(map(prod, shapes)))
        places = list(zip([0, *ends], ends, shapes))
        self.flat = [xp.empty(ends[-1], dtype=dtype) for _ in range(count)]
        self.parts = [[f[a:b].reshape(shape) for a, b, shape in places] for f in self.flat]

    def fill(self, number: int, arrays: Iterable[Any]) -> Any:
        """Copy arrays into the flat one of this number, and return it."""
        for part, array in zip(self.parts[number], arrays, strict=True):
            part[...] = array
        return self.flat[number]

    def empty(self, number: int, arrays: Iterable[Any]) -> None:
        """Copy the parts of the flat array of this number into arrays."""
        for part, array in zip(self.parts[number], arrays, strict=True):
            array[...] = part


def pack_like(arrays: Sequence[Any], count: int) -> Pack:
    """`count` flat arrays for arrays like these; its memory serves again in the next call."""
    kernels, dtype = KERNELS[type(arrays[0])], arrays[0].dtype
    shapes = tuple([array.shape for array in arrays])
    key = Pack, shapes, dtype, count
    return kernels.once(key, lambda: Pack(kernels.xp, shapes, dtype, count))


def lots(entries: list[Entry], few: int) -> tuple[list[list[Entry]], list[Entry]]:
    """Divide tuples of arrays of one shape: those to be packed together, and the others.

    Packed are small ones, if there are at least `few`, all of one type, on the CPU, and their first
    arrays, which may be written to, lie in memory of their own.
    """
    small: list[Entry] = []
    others: list[Entry] = []
    for arrays in entries:
        (small if 0 < arrays[0].size <= SMALL else others).append(arrays)
    if len(small) < few or not _can_be_packed(small):
        return [], entries
    return list(_divided(small)), others


def _can_be_packed(entries: list[Entry]) -> bool:
    firsts = [arrays[0] for arrays in entries]
    if BACKENDS[type(firsts[0])].device_type != "cpu" or len(set(map(type, firsts))) > 1:
        return False
    if len({array.dtype for arrays in entries for array in arrays}) > 1:
        return False
    return len({id(owner(array)) for array in firsts}) == len(firsts)


def _divided(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries in lots of about `LOT` elements."""
    lot: list[Entry] = []
    size = 0
    for arrays in entries:
        lot.append(arrays)
        size += arrays[0].size
        if size >= LOT:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot
