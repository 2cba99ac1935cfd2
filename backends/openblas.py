"""NumPy's OpenBLAS: how many threads it uses, and the AVX-512 kernels that it may have passed over.

OpenBLAS chooses its kernels by the CPU's model when it is loaded, and gives a model that it does not
know AVX2 kernels, though the CPU may have AVX-512: half the speed in float32. It can be made to choose
again, which is done once, before the first computation of ours, where that is safe and unless the
user has chosen.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from operator import call
from threading import Lock
from time import sleep
from typing import Any

import numpy as np

_AVX2_CORES = ("Haswell", "Zen")
_CHOICE = "OPENBLAS_CORETYPE"  # OpenBLAS reads it when it chooses
_KEEP = "RETROGRAD_OPENBLAS"

# Functions of modules in which a thread only waits: what an interactive session has in the background.
_WAITING = {
    ("concurrent.futures.thread", "_worker"),
    ("ipykernel.heartbeat", "run"),
    ("ipykernel.iostream", "_watch_pipe_fd"),
    ("ipykernel.parentpoller", "run"),
    ("selectors", "select"),
    ("threading", "wait"),
    ("zmq.sugar", "device"),
}

_switched_from = ""
_kept_because = ""


def get_num_threads() -> int | None:
    """How many threads OpenBLAS uses; None if NumPy has another BLAS."""
    get = _function("get_num_threads")
    return None if get is None else get()


def set_num_threads(n: int) -> None:
    """Let OpenBLAS use `n` threads, outside of `one_thread`; no effect if NumPy has another BLAS."""
    one_thread.set_outside(n)


def _set(n: int) -> None:
    function = _function("set_num_threads")
    if function is not None:
        function(n)


class _OneThread:
    """A block in which OpenBLAS computes with one thread; several threads may be in one at a time.

    Called with several threads, it keeps them in a busy loop for tens of milliseconds afterwards, on
    cores that whoever computes next could use. A small product is not worth that.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before: int | None = None

    def leave_all(self) -> None:
        """Have nobody in the block, as in a child process: threads, and locks they held, are not forked."""
        self._lock = Lock()
        if self._inside and self._before is not None:
            _set(self._before)
        self._inside = 0

    def set_outside(self, n: int) -> None:
        """Set the number of threads, at once or when the last one leaves."""
        with self._lock:
            self._before = n
            if not self._inside:
                _set(n)

    def __enter__(self) -> int | None:
        """How many threads OpenBLAS uses outside; None if NumPy has another BLAS."""
        with self._lock:
            if not self._inside:
                self._before = get_num_threads()
                _set(1)
            self._inside += 1
            return self._before

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._before is not None:
                _set(self._before)


one_thread = _OneThread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.leave_all)


def core() -> str:
    """The name of the kernels in use, such as "Haswell" or "SkylakeX"; "" if it cannot be asked."""
    get = _function("get_corename")
    if get is None:
        return ""
    from ctypes import c_char_p

    get.restype = c_char_p
    return get().decode()


def describe() -> str:
    """The kernels in use and why, for `show_config`; "" if there is nothing to say."""
    name = core()
    if _switched_from:
        return f"{name} kernels instead of {_switched_from} ({_KEEP}=keep leaves them)"
    return name and f"{name} kernels{_kept_because}"


def use_avx512() -> None:
    """Let OpenBLAS take its AVX-512 kernels where the CPU has AVX-512 and it took those for AVX2.

    The user's word goes first: OPENBLAS_CORETYPE, or RETROGRAD_OPENBLAS=keep. The number of threads
    stays as it is, and so does the environment.
    """
    global _switched_from, _kept_because
    if _CHOICE in os.environ or os.environ.get(_KEEP) == "keep" or not _has_avx512():
        return
    before = core()
    if before not in _AVX2_CORES:
        return
    if not _choose_again("SKYLAKEX"):
        _kept_because = ", since other threads were running at the first computation"
    elif core() == "SkylakeX":
        _switched_from = before
    else:
        _choose_again(before)


def _has_avx512() -> bool:
    """Whether the CPU has what OpenBLAS's SkylakeX kernels need."""
    umath = getattr(getattr(np, "_core", None), "_multiarray_umath", None)
    return bool(getattr(umath, "__cpu_features__", {}).get("AVX512_SKX"))


def _choose_again(name: str) -> bool:
    """Make OpenBLAS choose the kernels called `name`; False if it could not be done safely.

    Between the two calls OpenBLAS has no kernels, and a computation that has begun with some must
    not go on with others. So no other thread may be in it, or enter: `call`ed by `map`, the functions
    run without giving way to other threads, and no finalizer runs in between.
    """
    quit_, init = _symbol("gotoblas_dynamic_quit"), _symbol("gotoblas_dynamic_init")
    if quit_ is None or init is None:
        return False
    collects = gc.isenabled()
    gc.disable()
    os.environ[_CHOICE] = name
    try:
        with _undisturbed():
            alone = not _others_may_compute()
            if alone:
                list(map(call, (quit_, init)))
    finally:
        del os.environ[_CHOICE]
        if collects:
            gc.enable()
    return alone


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A block in which the interpreter does not go over to another thread; it lasts microseconds."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1.0)
    if len(sys._current_frames()) > 1:
        sleep(2 * interval)  # whoever was waiting by the old interval has had a turn
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def _others_may_compute() -> bool:
    """Whether another thread may be inside NumPy, where the interpreter does not hold it up."""
    import _thread

    frames = sys._current_frames()
    others = [frame for ident, frame in frames.items() if ident != _thread.get_ident()]
    free = not getattr(sys, "_is_gil_enabled", lambda: True)()
    if len(others) < _thread._count() or (others and free):
        return True
    return any(
        (frame.f_globals.get("__name__"), frame.f_code.co_name) not in _WAITING for frame in others
    )


def lapack(name: str) -> Any:
    """A LAPACK routine that takes integers of 64 bits, by its plain name; None if there is none."""
    return _symbol(f"scipy_{name}_64_")


@cache
def _function(name: str) -> Any:
    """A function of OpenBLAS by its name without the prefix and suffix of a build, or None."""
    spellings = (f"scipy_openblas_{name}64_", f"openblas_{name}", f"openblas_{name}64_")
    found = map(_symbol, (*spellings, f"scipy_openblas_{name}"))
    return next((function for function in found if function is not None), None)


@cache
def _symbol(name: str) -> Any:
    """What the libraries that NumPy has loaded call `name`, or None."""
    for library in _libraries():
        function = getattr(library, name, None)
        if function is not None:
            return function
    return None


@cache
def _libraries() -> list[Any]:
    """NumPy's core, through which its dependencies are found too, and what its wheel came with.

    They keep the interpreter's lock while they are called.
    """
    try:
        from ctypes import PyDLL  # costs nothing: NumPy has imported it, if Python has it
    except ImportError:
        return []
    umath = getattr(getattr(np, "_core", None), "_multiarray_umath", None)
    files = [getattr(umath, "__file__", "")]
    beside = os.path.dirname(np.__file__) + ".libs"
    if os.name == "nt" and os.path.isdir(beside):
        # There, unlike elsewhere, a library does not hand out the names of its dependencies.
        files += [os.path.join(beside, name) for name in os.listdir(beside) if "openblas" in name]
    libraries = []
    for file in filter(None, files):
        try:
            libraries.append(PyDLL(file))
        except OSError:
            continue
    return libraries
