"""The device "cuda" without a GPU: the backend of CuPy, on the stand-in in the place of CuPy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retrograd.backends.base import Backend
from retrograd.backends.registry import forgotten, get_backend
from tests.standin.module import cupyx, xp


@contextmanager
def standin() -> Iterator[Backend]:
    """A block in which the device "cuda" is the stand-in."""
    with instead_of_cupy(xp):
        yield get_backend("cuda")


@contextmanager
def instead_of_cupy(module: Any) -> Iterator[None]:
    """A block in which importing CuPy gives `module`; None makes it fail."""
    others = {"cupy": module, "cupyx": cupyx}
    before = {name: sys.modules[name] for name in others if name in sys.modules}
    with forgotten("cuda"):
        sys.modules.update(others)
        try:
            yield
        finally:
            for name in others:
                del sys.modules[name]
            sys.modules.update(before)
