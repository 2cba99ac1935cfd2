"""oneDNN on the CPU, for what `docs/cpu.md` names: ``pip install 'retrograd[onednn]'``.

The library is looked for when one of these is first computed. The environment variable
RETROGRAD_ONEDNN=0, or ``rg.backends.onednn.enabled = False``, leaves it unused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

enabled = os.environ.get("RETROGRAD_ONEDNN") != "0"


def is_available() -> bool:
    """Whether oneDNN was found.

    Examples
    --------
    >>> rg.backends.onednn.is_available() == (rg.backends.onednn.version() is not None)
    True
    """
    return version() is not None


def version() -> str | None:
    """The version of oneDNN that was found, such as "3.2.0", or None."""
    try:
        from retrograd.backends.onednn.binding import find
    except ImportError:  # a Python without ctypes
        return None
    library = find()
    return None if library is None else library.version


@contextmanager
def flags(enabled: bool = False) -> Iterator[None]:
    """A block in which oneDNN is used only if `enabled`, for comparison.

    Examples
    --------
    >>> with rg.backends.onednn.flags(enabled=False):
    ...     y = rg.conv2d(rg.ones(1, 1, 3, 3), rg.ones(1, 1, 3, 3))
    """
    before = globals()["enabled"]
    globals()["enabled"] = enabled
    try:
        yield
    finally:
        globals()["enabled"] = before


def describe() -> str:
    """For `show_config`: the version, or why it is not used."""
    if not enabled:
        return "switched off"
    found = version()
    return found or "not found (pip install 'retrograd[onednn]')"


@cache
def load(name: str) -> Any:
    """The module of this package that computes what `name` says, or None if oneDNN was not found."""
    return import_module(f"retrograd.backends.onednn.{name}") if is_available() else None
