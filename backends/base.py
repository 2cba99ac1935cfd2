"""What each device must provide: an array module, a small runtime and a table of kernels."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from retrograd.backends.kernels import Kernels


class Backend:
    """Arrays of one kind of device.

    Attributes
    ----------
    device_type : str
        "cpu" or "cuda", the first half of a device's name.
    xp : module
        The array module: NumPy, or one that looks like it.
    array_type : type
        The class of its arrays.
    """

    device_type: str
    xp: Any
    array_type: type

    @cached_property
    def kernels(self) -> Kernels:
        """The operations that are more than one call of `xp`; made when first asked for."""
        raise NotImplementedError

    def from_host(self, array: np.ndarray, index: int | None) -> Any:
        """Copy (or share, on the CPU) a NumPy array to device number `index`, or the current one."""
        raise NotImplementedError

    def to_host(self, array: Any) -> np.ndarray:
        """The values as a NumPy array; shares memory on the CPU."""
        raise NotImplementedError

    def device_index(self, array: Any) -> int:
        """The number of the device that `array` lives on."""
        raise NotImplementedError

    def address(self, array: Any) -> int:
        """Where the first element of `array` lies in the device's memory."""
        raise NotImplementedError

    def device_count(self) -> int:
        """How many devices of this type can be used."""
        raise NotImplementedError

    def current_device(self) -> int:
        """The number of the device that `xp` makes new arrays on."""
        return 0

    def set_device(self, index: int) -> None:
        """Make `xp` compute, and make new arrays, on device number `index`."""

    def on(self, index: int | None) -> AbstractContextManager[Any]:
        """A block in which device number `index` is the current one; None changes nothing."""
        return nullcontext()

    def device_name(self, index: int) -> str:
        """What the maker calls device number `index`."""
        return self.device_type

    def checked_linalg(self) -> AbstractContextManager[Any]:
        """A block in which functions of ``xp.linalg`` raise a ValueError for a singular matrix."""
        return nullcontext()

    def synchronize(self) -> None:
        """Wait until all work handed to the current device is done."""

    def memory_allocated(self) -> int:
        """Bytes in use on the current device; 0 where the runtime does not count them."""
        return 0

    def memory_reserved(self) -> int:
        """Bytes in use on the current device or kept for new arrays."""
        return self.memory_allocated()

    def empty_cache(self) -> None:
        """Give memory that is kept for new arrays back."""


def owner(array: Any) -> Any:
    """The array that owns the memory `array` looks at: itself, or what it is a view of."""
    base = getattr(array, "base", None)
    while base is not None:
        # What `as_strided` puts in between has a base too, but is no array.
        if hasattr(base, "dtype"):
            array = base
        base = getattr(base, "base", None)
    return array
