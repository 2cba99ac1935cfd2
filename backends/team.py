"""Threads that share the parts of one large operation, since NumPy itself computes with one.

NumPy gives the interpreter free while it computes, so that another thread can compute too. Each call
is then handed the interpreter anew, which takes some microseconds: parts should be few and large.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any

from retrograd.backends import openblas, threads

# More threads would wait for the interpreter most of the time, unless Python was built without its lock.
_MOST = 4 if getattr(sys, "_is_gil_enabled", lambda: True)() else 64


class Team:
    """Threads, started when there is work for them, that compute beside the one that asks.

    Attributes
    ----------
    size : int
        How many threads compute, the asking one included.
    """

    def __init__(self) -> None:
        self.size = 1
        self.begin()

    def begin(self) -> None:
        """Have no thread yet, as in a child process: threads, and locks they held, are not forked."""
        self._tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._started = 0
        self._free = threading.Lock()

    def each(self, work: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
        """``[work(part) for part in parts]``, where no part minds what is done to the others.

        Whoever finds the threads at work, or is one of them, computes alone.
        """
        parts = list(parts)
        if self.size == 1 or len(parts) == 1 or not self._free.acquire(blocking=False):
            return [work(part) for part in parts]
        try:
            # Each is a thread of BLAS's already; one for BLAS, whoever said so, is one for us.
            with openblas.one_thread as blas:
                count = min(self.size, blas or self.size, len(parts))
                return self._together(work, parts, count - 1)
        finally:
            self._free.release()

    def _together(self, work: Callable[[Any], Any], parts: list[Any], helpers: int) -> list[Any]:
        job = _Job(work, parts)
        self._start(helpers)
        for _ in range(helpers):
            self._tasks.put(job.helper())
        job.work()
        job.wait(helpers)
        return job.finished()

    def _start(self, count: int) -> None:
        while self._started < count:
            threading.Thread(target=_serve, args=(self._tasks,), daemon=True).start()
            self._started += 1


class _Job:
    """The parts of one operation, which the threads take one after the other."""

    def __init__(self, work: Callable[[Any], Any], parts: list[Any]):
        self._work, self._left = work, deque(enumerate(parts))
        self._results: list[Any] = [None] * len(parts)
        self._done: SimpleQueue[None] = SimpleQueue()
        self._errors: list[BaseException] = []

    def helper(self) -> Callable[[], None]:
        """What another thread is to call, in the context (NumPy's settings) of this one."""
        context: Context = copy_context()

        def help_() -> None:
            context.run(self.work)
            self._done.put(None)

        return help_

    def work(self) -> None:
        """Compute parts until none are left; an error leaves none."""
        try:
            while (found := self._next()) is not None:
                number, part = found
                self._results[number] = self._work(part)
        except BaseException as error:
            self._left.clear()
            self._errors.append(error)

    def _next(self) -> tuple[int, Any] | None:
        try:
            return self._left.popleft()
        except IndexError:  # another thread took the last one
            return None

    def wait(self, helpers: int) -> None:
        """Wait until so many have finished."""
        for _ in range(helpers):
            self._done.get()

    def finished(self) -> list[Any]:
        """The results in order, or the first error."""
        if self._errors:
            raise self._errors[0]
        return self._results


def _serve(tasks: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        tasks.get()()


TEAM = Team()


def _set_size(n: int) -> None:
    TEAM.size = min(n, _MOST)


threads.follow(_set_size)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TEAM.begin)
