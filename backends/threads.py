"""How many threads computations on the CPU use: one number for BLAS and for accelerators."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from retrograd.backends import openblas

__all__ = [
    "get_num_interop_threads",
    "get_num_threads",
    "set_num_interop_threads",
    "set_num_threads",
]

_chosen: dict[str, int] = {}

# Called with the new number whenever it changes.
_followers: list[Callable[[int], None]] = [openblas.set_num_threads]


def follow(set_threads: Callable[[int], None]) -> None:
    """Call `set_threads` with the number of threads, now and whenever it changes."""
    set_threads(get_num_threads())
    _followers.append(set_threads)


def set_num_threads(n: int) -> None:
    """Use `n` threads for one operation on the CPU: in BLAS and in accelerators such as oneDNN.

    Of the BLAS libraries this reaches OpenBLAS, NumPy's own; others obey their environment variables.

    Raises
    ------
    RuntimeError
        If `n` is not a positive int.

    See Also
    --------
    get_num_threads

    Examples
    --------
    >>> before = rg.get_num_threads()
    >>> rg.set_num_threads(1)
    >>> rg.get_num_threads()
    1
    >>> rg.set_num_threads(before)
    """
    _chosen["intraop"] = _positive(n, "set_num_threads")
    for set_threads in _followers:
        set_threads(n)


def get_num_threads() -> int:
    """How many threads one operation on the CPU uses.

    Unless `set_num_threads` was called: as many as OPENBLAS_NUM_THREADS or OMP_NUM_THREADS said when
    NumPy was imported, or as there are cores for this process.

    Examples
    --------
    >>> rg.get_num_threads() >= 1
    True
    """
    return _chosen.get("intraop") or openblas.get_num_threads() or _default()


def set_num_interop_threads(n: int) -> None:
    """Accepted, once, for PyTorch's sake: operations here run one after the other.

    Raises
    ------
    RuntimeError
        If `n` is not a positive int, or this was called before.

    Examples
    --------
    >>> rg.set_num_interop_threads(0)
    Traceback (most recent call last):
        ...
    RuntimeError: set_num_interop_threads expects a positive integer
    """
    n = _positive(n, "set_num_interop_threads")
    if "interop" in _chosen:
        raise RuntimeError(
            "Error: cannot set number of interop threads after parallel work has started or "
            "set_num_interop_threads called"
        )
    _chosen["interop"] = n


def get_num_interop_threads() -> int:
    """What `set_num_interop_threads` was given, else how many cores there are for this process.

    Examples
    --------
    >>> rg.get_num_interop_threads() >= 1
    True
    """
    return _chosen.get("interop") or _cores()


def _positive(n: Any, name: str) -> int:
    if type(n) is not int:
        raise RuntimeError(f"{name} expects an int, but got {type(n).__name__}")
    if n < 1:
        raise RuntimeError(f"{name} expects a positive integer")
    if n >= 2**31:
        raise ValueError("Overflow when unpacking long")
    return n


def _default() -> int:
    """What OpenMP would take; of a list, which is for nested levels, the first."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) else _cores()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
