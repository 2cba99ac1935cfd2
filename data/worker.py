"""Worker processes: what runs in them, and the pool through which the loader talks to them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import random
import signal
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from retrograd.backends.random import manual_seed
from retrograd.data.fetch import FetchPlan, make_fetcher

__all__ = ["Failure", "WorkerInfo", "WorkerPlan", "WorkerPool", "get_worker_info"]

_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this process is.

    Attributes
    ----------
    id : int
        From 0 to ``num_workers - 1``.
    num_workers : int
        How many workers there are.
    seed : int
        What this worker's generators were seeded with.
    dataset : Dataset
        This worker's copy of the data set.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process its id, seed, data set and the number of workers; elsewhere None.

    Examples
    --------
    >>> from retrograd.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return _worker_info


class _Message(str):
    """A text that a KeyError shows as it is, line breaks included."""

    __slots__ = ()
    __repr__ = str.__str__


@dataclass(frozen=True)
class Failure:
    """An exception caught in a worker, as it can be sent: its type and its traceback as text."""

    exception_type: type[BaseException]
    message: str

    @classmethod
    def caught(cls, error: BaseException, worker: int) -> Failure:
        """Describe an exception that was raised in a worker."""
        name = type(error).__name__
        trace = "".join(traceback.format_exception(error))
        message = f"Caught {name} in DataLoader worker process {worker}.\nOriginal {trace}"
        return cls(_sendable_type(error), message)

    def reraise(self) -> None:
        """Raise the same type of exception here, with the worker's traceback as its message."""
        try:
            error = self.exception_type(_Message(self.message))
        except Exception:
            # A type that is not made from one message, such as UnicodeDecodeError.
            error = RuntimeError(self.message)
        raise error


def _sendable_type(error: BaseException) -> type[BaseException]:
    """The type of an exception; RuntimeError for one that would be lost or misread on its way."""
    if isinstance(error, StopIteration):
        return RuntimeError
    try:
        pickle.dumps(type(error))
    except (pickle.PicklingError, AttributeError):
        return RuntimeError
    return type(error)


@dataclass(frozen=True)
class WorkerPlan:
    """What every worker is told at its start."""

    fetch: FetchPlan
    init_fn: Callable[[int], None] | None
    base_seed: int
    num_workers: int


def _run_worker(conn: connection.Connection, worker: int, plan: WorkerPlan) -> None:
    """A worker's life: take ``(epoch, number, indices)``, send ``(epoch, number, batch)``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process to handle
    outbox = _Outbox(conn, worker)
    problem = _attempt(worker, _set_up, worker, plan)
    current_epoch: int | None = None
    fetch: Any = None
    for epoch, number, indices in _tasks(conn):
        if epoch != current_epoch:
            current_epoch = epoch
            fetch = problem or _attempt(worker, make_fetcher, plan.fetch)
        result = fetch if isinstance(fetch, Failure) else _attempt(worker, fetch, indices)
        outbox.send(epoch, number, result)


def _tasks(conn: connection.Connection) -> Iterator[tuple[int, int, Any]]:
    """What the main process sends, until it says that is all or is no longer there."""
    parent = multiprocessing.parent_process()
    sources: list[Any] = [conn, parent.sentinel] if parent else [conn]
    while conn in connection.wait(sources):
        try:
            task = conn.recv()
        except (EOFError, OSError):
            return
        if task is None:
            return
        yield task


def _attempt(worker: int, function: Callable[..., Any], *args: Any) -> Any:
    """What the function returns, or its exception as a `Failure`."""
    try:
        return function(*args)
    except Exception as error:
        return Failure.caught(error, worker)


def _set_up(worker: int, plan: WorkerPlan) -> None:
    """Seed this process's generators and call the user's `worker_init_fn`."""
    global _worker_info
    seed = plan.base_seed + worker
    random.seed(seed)
    manual_seed(seed)
    entropy = [worker, plan.base_seed & 0xFFFFFFFF, plan.base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))  # noqa: NPY002
    _worker_info = WorkerInfo(worker, plan.num_workers, seed, plan.fetch.dataset)
    if plan.init_fn is not None:
        plan.init_fn(worker)


class _Outbox:
    """Sends results from a thread of its own, so that the worker is always ready to receive.

    With both sides blocked in sending, a large batch one way and long lists of indices the other,
    neither would ever move on.
    """

    def __init__(self, conn: connection.Connection, worker: int):
        self._conn, self._worker = conn, worker
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._deliver, daemon=True).start()

    def send(self, epoch: int, number: int, result: Any) -> None:
        """Pickle here, where an error can still be reported, and hand over."""
        message = _attempt(self._worker, ForkingPickler.dumps, (epoch, number, result))
        if isinstance(message, Failure):
            message = ForkingPickler.dumps((epoch, number, message))
        self._messages.put(message)

    def _deliver(self) -> None:
        while True:
            try:
                self._conn.send_bytes(self._messages.get())
            except OSError:  # the main process no longer listens
                return


class WorkerPool:
    """The worker processes of a loader, each with a pipe of its own.

    They end when the pool is closed, is garbage collected, or the main process ends in any way.

    Parameters
    ----------
    plan : WorkerPlan
        What the workers do.
    context : multiprocessing context
        How processes are started.
    timeout : float
        Seconds to wait for a result, 0 to wait for ever.
    """

    def __init__(self, plan: WorkerPlan, context: Any, timeout: float):
        self.base_seed = plan.base_seed
        self.epoch = 0
        self._timeout = timeout or None
        self._processes: list[Any] = []
        self._connections: list[connection.Connection] = []
        self._stop = weakref.finalize(
            self, _stop_workers, os.getpid(), self._processes, self._connections
        )
        for worker in range(plan.num_workers):
            here, there = context.Pipe()
            process = context.Process(target=_run_worker, args=(there, worker, plan), daemon=True)
            process.start()
            there.close()
            self._processes.append(process)
            self._connections.append(here)

    def submit(self, worker: int, number: int, indices: Any) -> None:
        """Ask a worker for a batch of the current epoch."""
        try:
            self._connections[worker].send((self.epoch, number, indices))
        except OSError as error:
            raise self._death() from error

    def receive(self) -> tuple[int, Any]:
        """The next result of the current epoch from any worker: its number and the batch.

        Raises
        ------
        RuntimeError
            If a worker has died or none answers in time.
        """
        sentinels = [process.sentinel for process in self._processes]
        while True:
            ready = connection.wait([*self._connections, *sentinels], self._timeout)
            if not ready:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            source = next((conn for conn in self._connections if conn in ready), None)
            if source is None:
                raise self._death()
            try:
                epoch, number, result = source.recv()
            except (EOFError, ConnectionError) as error:
                raise self._death() from error
            if epoch == self.epoch:  # else left over from an epoch that was not finished
                return number, result

    def close(self) -> None:
        """End the workers."""
        self._stop()

    def _death(self) -> RuntimeError:
        for process in self._processes:
            process.join(timeout=0.1)
        dead = [process for process in self._processes if process.exitcode is not None]
        pids = ", ".join(str(process.pid) for process in dead)
        codes = ", ".join(str(process.exitcode) for process in dead)
        return RuntimeError(
            f"DataLoader worker (pid(s) {pids}) exited unexpectedly (exit code {codes}); "
            "num_workers=0 loads in the main process and shows an error where it happens"
        )


def _stop_workers(
    owner: int, processes: list[Any], connections: list[connection.Connection]
) -> None:
    if os.getpid() != owner:  # a copy of the pool, in a process forked from its owner
        return
    for conn in connections:
        with contextlib.suppress(OSError):
            conn.send(None)
        conn.close()
    for process in processes:
        process.join(_STOP_SECONDS)
        if process.is_alive():
            process.terminate()
            process.join()
