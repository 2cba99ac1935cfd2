"""What retrograd runs on: versions, BLAS, threads, accelerators, devices."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator

import numpy as np

from retrograd._version import __version__
from retrograd.backends import onednn, openblas, scipy, threads
from retrograd.backends.kernels.host import PlainKernels
from retrograd.backends.registry import get_backend

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def show_config() -> None:
    """Print what retrograd runs on here; add it to a bug report.

    Versions, the BLAS and its kernels, threads, accelerators, devices.

    Examples
    --------
    >>> rg.show_config()
    retrograd ...
    """
    sys.stdout.write("\n".join(_lines()) + "\n")


def _lines() -> Iterator[str]:
    yield f"retrograd {__version__}, NumPy {np.__version__}, Python {platform.python_version()}"
    yield f"platform: {platform.platform()}"
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    table = get_backend("cpu").kernels  # made when first asked for, which settles the BLAS
    cores = openblas.describe()
    yield f"BLAS: {blas['name']} {blas.get('version', '')}".rstrip() + (cores and f", {cores}")
    if type(table) is PlainKernels:
        yield "kernels: generic (RETROGRAD_KERNELS), so neither oneDNN nor SciPy"
    limits = "".join(f", {name}={os.environ[name]}" for name in _THREADS if name in os.environ)
    yield f"threads: {threads.get_num_threads()} of {os.cpu_count()} cores{limits}"
    yield f"oneDNN: {onednn.describe()}"
    yield f"SciPy: {scipy.describe()}"
    yield from _gpus()


def _gpus() -> Iterator[str]:
    try:
        backend = get_backend("cuda")
    except RuntimeError as error:
        yield str(error)
        return
    version = getattr(backend.xp, "__version__", "")
    for index in range(backend.device_count()):
        yield f"cuda:{index}: {backend.device_name(index)}, {backend.xp.__name__} {version}".rstrip()
