"""The kernels under test, called with NumPy arrays whatever the backend computes on."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from retrograd.backends import onednn, openblas
from retrograd.backends.registry import get_backend
from tests.devices import KINDS, cuda


class HostKernels:
    """A table of kernels that takes read-only NumPy arrays and gives NumPy arrays back."""

    def __init__(self, table: Any, to_device: Callable, to_host: Callable):
        self.table, self.to_device, self.to_host = table, to_device, to_host

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any) -> Any:
            before = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
            device = [self.to_device(a) if isinstance(a, np.ndarray) else a for a in args]
            result = getattr(self.table, name)(*device)
            for old, new in zip(before, device):
                if isinstance(old, np.ndarray):
                    np.testing.assert_array_equal(old, self.to_host(new), "input modified")
            if isinstance(result, tuple):
                return tuple(self.to_host(r) for r in result)
            return self.to_host(result)

        return call


def read_only(a: np.ndarray) -> np.ndarray:
    view = a.view()
    view.flags.writeable = False
    return view


@pytest.fixture(scope="module", params=["numpy", *KINDS])
def kernels(request) -> Iterator[HostKernels]:
    if request.param == "numpy":
        with onednn.flags(enabled=False):
            yield HostKernels(get_backend("cpu").kernels, read_only, lambda a: a)
        return
    with cuda(request.param) as backend:
        yield HostKernels(backend.kernels, lambda a: backend.from_host(a, 0), backend.to_host)


@pytest.fixture
def poisoned(monkeypatch):
    """Memory that is not written to holds NaN, that of oneDNN's plans too."""
    empty = np.empty
    plans = None
    if onednn.is_available():
        from retrograd.backends.onednn.primitives import context as plans

    def full_of_nan(*args, **kwargs):
        array = empty(*args, **kwargs)
        array.reshape(-1).view(np.uint8)[...] = 255
        if plans is not None:
            plans._memory[...] = 255
        return array

    monkeypatch.setattr(np, "empty", full_of_nan)


@pytest.fixture
def another_blas(monkeypatch):
    """NumPy has a BLAS other than OpenBLAS."""
    monkeypatch.setattr(openblas, "_symbol", lambda name: None)
    openblas._function.cache_clear()
    yield
    openblas._function.cache_clear()
