"""The main process's side of the workers: their pipes, and an epoch loaded by them."""

from __future__ import annotations

import contextlib
import itertools
import os
import weakref
from collections import deque
from collections.abc import Iterator
from multiprocessing import connection
from typing import Any

from retrograd.data.epoch import Epoch
from retrograd.data.fetch import EndOfStream
from retrograd.data.worker import Failure, WorkerPlan, run_worker

__all__ = ["WorkerIterator", "WorkerPool"]

_STOP_SECONDS = 5.0


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
            process = context.Process(target=run_worker, args=(there, worker, plan), daemon=True)
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


class WorkerIterator(Iterator[Any]):
    """An epoch loaded by workers, which are given batches in turn, some ahead of their use."""

    def __init__(self, epoch: Epoch, pool: WorkerPool, loader: Any):
        self._epoch, self._pool = epoch, pool
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._most_ahead = (loader.prefetch_factor or 1) * loader.num_workers
        self._active = deque(range(loader.num_workers))
        self._worker_of: dict[int, int] = {}  # by number of batch, in the order of submission
        self._arrived: dict[int, Any] = {}
        self._numbers = itertools.count()
        pool.epoch += 1
        self._pool_epoch = pool.epoch
        self._submit()

    def _submit(self) -> None:
        """Give the workers batches to load until enough are on their way."""
        while self._active and len(self._worker_of) < self._most_ahead:
            try:
                indices = self._epoch.next_indices()
            except StopIteration:
                return
            worker, number = self._active[0], next(self._numbers)
            self._active.rotate(-1)
            self._worker_of[number] = worker
            self._pool.submit(worker, number, indices)

    def __next__(self) -> Any:
        if self._pool.epoch != self._pool_epoch:
            raise RuntimeError(
                "DataLoader: its persistent workers have gone on to a newer epoch, "
                "so this iterator cannot be continued"
            )
        while self._worker_of:
            number, batch = self._next_result()
            worker = self._worker_of.pop(number)
            if batch is EndOfStream and worker in self._active:
                self._active.remove(worker)
            self._submit()
            if batch is EndOfStream:
                continue
            if isinstance(batch, Failure):
                batch.reraise()
            self._epoch.given += 1
            return batch
        self._epoch.finished = True
        if not self._persistent:
            self._pool.close()
        raise StopIteration

    def _next_result(self) -> tuple[int, Any]:
        """The batch whose turn it is, or without order the first to arrive."""
        if not self._in_order:
            return self._pool.receive()
        first = next(iter(self._worker_of))
        while first not in self._arrived:
            number, batch = self._pool.receive()
            self._arrived[number] = batch
        return first, self._arrived.pop(first)
