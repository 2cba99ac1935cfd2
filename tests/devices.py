"""The device "cuda" in tests: a stand-in everywhere, a real GPU with ``pytest -m gpu``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from retrograd.backends.base import Backend
from retrograd.backends.registry import get_backend
from tests.standin.backend import standin

KINDS = ["standin", pytest.param("gpu", marks=pytest.mark.gpu)]


def gpu() -> Backend:
    """The backend of a real GPU; skips the test where there is none."""
    try:
        return get_backend("cuda")
    except RuntimeError as error:
        pytest.skip(str(error))


@contextmanager
def cuda(kind: str) -> Iterator[Backend]:
    """A block in which the device "cuda" is the one of that kind."""
    if kind == "gpu":
        yield gpu()
    else:
        with standin() as backend:
            yield backend
