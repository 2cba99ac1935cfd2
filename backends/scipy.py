"""SciPy's special functions, taken for our own where SciPy is installed.

Only those that it computes faster and as exactly, see `retrograd.backends.kernels.scipy_special`.
SciPy is imported when one of them is first called. To compare, set ``enabled`` to False::

    rg.backends.scipy.enabled = False
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

enabled = True


def is_available() -> bool:
    """Whether SciPy is installed.

    Examples
    --------
    >>> rg.backends.scipy.is_available()
    True
    """
    return _module("scipy") is not None


def version() -> str | None:
    """The version of SciPy, None if it is not installed.

    Examples
    --------
    >>> rg.backends.scipy.version()
    '1...'
    """
    module = _module("scipy")
    return None if module is None else module.__version__


def describe() -> str:
    """The version and whether it is used, for `show_config`."""
    if not is_available():
        return "not installed"
    return f"{version()}, special functions" + ("" if enabled else " switched off")


def special() -> Any:
    """`scipy.special`, or None if it is not to be used."""
    return _module("scipy.special") if enabled else None


@cache
def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
