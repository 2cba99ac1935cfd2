"""A worker process: it loads batches and sends them, or the exception that came instead."""

from __future__ import annotations

import multiprocessing
import pickle
import queue
import random
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from retrograd.backends.random import manual_seed
from retrograd.data.fetch import FetchPlan, make_fetcher
from retrograd.data.worker_info import WorkerInfo, set_worker_info

__all__ = ["Failure", "WorkerPlan", "run_worker"]


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


def run_worker(conn: connection.Connection, worker: int, plan: WorkerPlan) -> None:
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


def _pickled(message: Any) -> Any:
    """What is sent for a message; PicklingError, whatever Python's version calls it, if it cannot be."""
    try:
        return ForkingPickler.dumps(message)
    except Exception as error:
        raise pickle.PicklingError(
            f"a batch could not be pickled to send it to the main process: {error}"
        ) from error


def _set_up(worker: int, plan: WorkerPlan) -> None:
    """Seed this process's generators and call the user's `worker_init_fn`."""
    seed = plan.base_seed + worker
    random.seed(seed)
    manual_seed(seed)
    entropy = [worker, plan.base_seed & 0xFFFFFFFF, plan.base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))  # noqa: NPY002
    set_worker_info(WorkerInfo(worker, plan.num_workers, seed, plan.fetch.dataset))
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
        message = _attempt(self._worker, _pickled, (epoch, number, result))
        if isinstance(message, Failure):
            message = ForkingPickler.dumps((epoch, number, message))
        self._messages.put(message)

    def _deliver(self) -> None:
        while True:
            try:
                self._conn.send_bytes(self._messages.get())
            except OSError:  # the main process no longer listens
                return
