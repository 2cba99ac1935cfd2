"""The CPU: NumPy's arrays and the generic kernels."""

from __future__ import annotations

import os
import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from retrograd.backends.base import Backend

if TYPE_CHECKING:
    from retrograd.backends.kernels import Kernels

# Infinities and NaN come without a word, as in PyTorch (`detect_anomaly` finds them). A filter on our
# own modules costs nothing where np.errstate would cost 1 us a call, and leaves the user's settings be.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"retrograd\.")


class NumpyBackend(Backend):
    """NumPy arrays in main memory."""

    device_type = "cpu"
    xp = np
    array_type = np.ndarray

    def __init__(self) -> None:
        _keep_freed_memory()

    @cached_property
    def kernels(self) -> Kernels:
        """The kernel table; the CPU's best matrix products are chosen when it is first used.

        With RETROGRAD_KERNELS=generic that of every array module, to compare with it.
        """
        from retrograd.backends import openblas
        from retrograd.backends.kernels.host import HostKernels, PlainKernels

        openblas.use_avx512()
        plain = os.environ.get("RETROGRAD_KERNELS") == "generic"
        return (PlainKernels if plain else HostKernels)(np)

    def from_host(self, array: np.ndarray, index: int | None) -> np.ndarray:
        return array

    def to_host(self, array: np.ndarray) -> np.ndarray:
        return array

    def device_index(self, array: np.ndarray) -> int:
        return 0

    def address(self, array: np.ndarray) -> int:
        return array.ctypes.data

    def device_count(self) -> int:
        return 1


def _keep_freed_memory() -> None:
    """Let the C library keep up to 64 MB of freed memory for the next arrays.

    By default glibc gives large blocks back at once, and the page faults of the next step cost more
    than its arithmetic. Freeing one block of 32 MB (never touched, so it costs nothing) raises that
    limit, as freeing the first large array of a program would anyway; see mallopt(3).
    """
    np.empty((1 << 25) - (1 << 14), np.uint8)
