"""The CPU: NumPy's arrays and the generic kernels."""

from __future__ import annotations

import warnings

import numpy as np

from retrograd.backends.base import Backend
from retrograd.backends.kernels.host import HostKernels

# Infinities and NaN come without a word, as in PyTorch (`detect_anomaly` finds them). A filter on our
# own modules costs nothing where np.errstate would cost 1 us a call, and leaves the user's settings be.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"retrograd\.")


class NumpyBackend(Backend):
    """NumPy arrays in main memory."""

    device_type = "cpu"
    xp = np
    array_type = np.ndarray

    def __init__(self) -> None:
        self.kernels = HostKernels(np)

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
