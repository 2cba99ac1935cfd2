"""`retrograd.cuda`: which GPUs there are, which one is used, what they are doing.

A tensor lives on a GPU through ``device="cuda"``; nothing here is needed for that. Random numbers
are drawn on the host, from the one stream that `manual_seed` sets, and sent: the same seed gives the
same numbers on a CPU and on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace, TracebackType
from typing import Any

from retrograd.backends.base import Backend
from retrograd.backends.device import device as Device
from retrograd.backends.device import to_device
from retrograd.backends.random import manual_seed as _manual_seed
from retrograd.backends.registry import get_backend

__all__ = [
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_rng_state_all",
    "is_available",
    "is_bf16_supported",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "set_rng_state_all",
    "synchronize",
]

Which = Device | str | int | None

# The switches of ``torch.backends.cuda.matmul``, for scripts that set them; they change nothing here.
matmul = SimpleNamespace(allow_tf32=False)


def is_available() -> bool:
    """Whether a GPU can be used: CuPy is installed and finds one.

    Examples
    --------
    >>> device = "cuda" if rg.cuda.is_available() else "cpu"
    """
    return device_count() > 0


def device_count() -> int:
    """How many GPUs can be used; 0 without CuPy.

    Examples
    --------
    >>> rg.cuda.device_count() >= 0
    True
    """
    found = _if_usable()
    return 0 if found is None else found.device_count()


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether GPUs compute in bfloat16: False, there is no such type.

    Examples
    --------
    >>> rg.cuda.is_bf16_supported()
    False
    """
    return False


def current_device() -> int:
    """The number of the GPU that ``"cuda"`` stands for; RuntimeError if there is none."""
    return _cuda().current_device()


def set_device(device: Which) -> None:
    """Make ``"cuda"`` stand for this GPU; RuntimeError if it does not exist."""
    _cuda().set_device(_number(device))


class device:
    """A block in which ``"cuda"`` stands for GPU number `device`."""

    def __init__(self, device: Which):
        self.idx = _number(device)

    def __enter__(self) -> None:
        self._outer = current_device()
        set_device(self.idx)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        set_device(self._outer)


def get_device_name(device: Which = None) -> str:
    """What the maker calls a GPU, such as "NVIDIA H200"."""
    return _cuda().device_name(_number(device))


def synchronize(device: Which = None) -> None:
    """Wait until the GPU has done all it was told; RuntimeError if there is none.

    Kernels run while Python goes on, so timing one needs this before each look at the clock.
    """
    backend = _cuda()
    with backend.on(_number(device)):
        backend.synchronize()


def manual_seed(seed: int) -> None:
    """Seed the stream of random numbers; does nothing without a GPU, as in PyTorch.

    Examples
    --------
    >>> rg.cuda.manual_seed(0)
    """
    if is_available():
        _manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """The same as `manual_seed`: there is one stream for all devices.

    Examples
    --------
    >>> rg.cuda.manual_seed_all(0)
    """
    manual_seed(seed)


def get_rng_state_all() -> list[Any]:
    """The states of the GPUs' own generators: none, `get_rng_state` gives that of the one stream.

    Examples
    --------
    >>> rg.cuda.get_rng_state_all()
    []
    """
    return []


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Take back what `get_rng_state_all` gave; does nothing, `set_rng_state` sets the one stream.

    Examples
    --------
    >>> rg.cuda.set_rng_state_all([])
    """


def memory_allocated(device: Which = None) -> int:
    """Bytes of GPU memory that arrays use; 0 without a GPU.

    Examples
    --------
    >>> rg.cuda.memory_allocated() >= 0
    True
    """
    backend = _if_usable()
    if backend is None:
        return 0
    with backend.on(_number(device)):
        return backend.memory_allocated()


def memory_reserved(device: Which = None) -> int:
    """Bytes of GPU memory that are in use or kept for new arrays; 0 without a GPU.

    Examples
    --------
    >>> rg.cuda.memory_reserved() >= 0
    True
    """
    backend = _if_usable()
    if backend is None:
        return 0
    with backend.on(_number(device)):
        return backend.memory_reserved()


def empty_cache() -> None:
    """Give memory that is kept for new arrays back to the GPU.

    Examples
    --------
    >>> rg.cuda.empty_cache()
    """
    backend = _if_usable()
    if backend is not None:
        backend.empty_cache()


def _cuda() -> Backend:
    """The backend of "cuda"; RuntimeError that says what to install if there is none."""
    return get_backend("cuda")


def _if_usable() -> Backend | None:
    try:
        return _cuda()
    except RuntimeError:
        return None


def _number(device: Any) -> int:
    """The number of a GPU given as one, as a device or by name; the current one for None."""
    if device is None:
        return current_device()
    found = to_device(device)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    return current_device() if found.index is None else found.index
