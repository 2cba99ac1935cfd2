"""NVIDIA GPUs: CuPy's arrays and the generic kernels."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from retrograd.backends.base import Backend
from retrograd.backends.kernels.cuda import CudaKernels

INSTALL = (
    "install CuPy for your CUDA version: pip install 'retrograd[gpu-cuda13]' "
    "(or 'retrograd[gpu-cuda12]'), and check that `nvidia-smi` lists a GPU"
)


class CupyBackend(Backend):
    """CuPy arrays in a GPU's memory."""

    device_type = "cuda"

    def __init__(self) -> None:
        try:
            import cupy
        except ImportError as error:
            raise RuntimeError(
                f"no CUDA device can be used: CuPy cannot be imported ({error}); {INSTALL}"
            ) from error
        # Importing CuPy works on a machine without a GPU: only a usable device counts.
        try:
            self._count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError as error:
            raise RuntimeError(f"no CUDA device can be used: {error}; {INSTALL}") from error
        if not self._count:
            raise RuntimeError(f"no CUDA device can be used: there is none; {INSTALL}")
        self.xp = cupy
        self.array_type = cupy.ndarray
        self.kernels = CudaKernels(cupy)

    def from_host(self, array: np.ndarray, index: int | None) -> Any:
        with self.on(index):
            return self.xp.asarray(array)

    def to_host(self, array: Any) -> np.ndarray:
        return self.xp.asnumpy(array)

    def device_index(self, array: Any) -> int:
        return array.device.id

    def address(self, array: Any) -> int:
        return array.data.ptr

    def device_count(self) -> int:
        return self._count

    def current_device(self) -> int:
        return self.xp.cuda.runtime.getDevice()

    def set_device(self, index: int) -> None:
        self.xp.cuda.Device(index).use()

    def on(self, index: int | None) -> AbstractContextManager[Any]:
        return nullcontext() if index is None else self.xp.cuda.Device(index)

    def device_name(self, index: int) -> str:
        return self.xp.cuda.runtime.getDeviceProperties(index)["name"].decode()

    def checked_linalg(self) -> AbstractContextManager[Any]:
        from cupyx import errstate

        # CuPy looks at what cuSOLVER reports only if told to, since that waits for the GPU.
        return errstate(linalg="raise")

    def synchronize(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()

    def memory_allocated(self) -> int:
        return self.xp.get_default_memory_pool().used_bytes()

    def memory_reserved(self) -> int:
        return self.xp.get_default_memory_pool().total_bytes()

    def empty_cache(self) -> None:
        self.xp.get_default_memory_pool().free_all_blocks()
