"""An epoch of a DataLoader: how far it is, and its iteration in this process or with workers."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

from retrograd.backends.random import Generator, default_generator
from retrograd.data.fetch import EndOfStream, FetchPlan, make_fetcher
from retrograd.data.sampler import draw_seed
from retrograd.data.worker import Failure, WorkerPool

__all__ = ["Epoch", "SerialIterator", "Unindexed", "WorkerIterator", "own_generators"]


class Unindexed:
    """The sampler of a stream: places to be filled, without end."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class Epoch:
    """How far an epoch is: its random states at the start, the indices drawn, the batches given.

    PyTorch's order of draws: whatever the sampler draws when iteration begins, the workers' base
    seed (with or without workers), then what the sampler draws as it goes.
    """

    def __init__(self, loader: Any, base_seed: int | None):
        """Begin an epoch; `base_seed` is that of workers already running, None to draw one."""
        generators = [default_generator, *own_generators(loader)]
        self._start = [generator.get_state() for generator in generators]
        self._inherited_seed = base_seed
        self._indices = iter(loader.index_sampler)
        self.base_seed = draw_seed(loader.generator) if base_seed is None else base_seed
        self._ahead: deque[Any] = deque()
        self._drawn = 0
        self.given = 0
        self.finished = False

    def next_indices(self) -> Any:
        """The indices of the next batch; StopIteration at the end of the epoch."""
        if self._ahead:
            return self._ahead.popleft()
        indices = next(self._indices)
        self._drawn += 1
        return indices

    def skip(self, drawn: int, given: int) -> None:
        """Go on to where `drawn` lists of indices were drawn, of which `given` are done with."""
        self._ahead.extend(itertools.islice(self._indices, drawn))
        if len(self._ahead) < drawn:
            raise ValueError(
                f"DataLoader.load_state_dict: the state is {drawn} batches into an epoch, "
                f"but this loader's epochs have {len(self._ahead)}"
            )
        for _ in range(given):
            self._ahead.popleft()
        self._drawn, self.given = drawn, given

    def state_dict(self) -> dict[str, Any]:
        """What `DataLoader.load_state_dict` needs to get to the same place."""
        return {
            "start": self._start,
            "base_seed": self._inherited_seed,
            "drawn": self._drawn,
            "given": self.given,
        }


class SerialIterator(Iterator[Any]):
    """An epoch loaded in this process."""

    def __init__(self, epoch: Epoch, plan: FetchPlan):
        self._epoch = epoch
        self._fetch = make_fetcher(plan)

    def __next__(self) -> Any:
        try:
            batch = self._fetch(self._epoch.next_indices())
        except StopIteration:
            batch = EndOfStream
        if batch is EndOfStream:
            self._epoch.finished = True
            raise StopIteration
        self._epoch.given += 1
        return batch


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


def own_generators(loader: Any) -> list[Generator]:
    """The generators, other than the default one, that the loader and its samplers draw from."""
    found: list[Generator] = []
    holder: Any = loader.batch_sampler
    holders = [loader, loader.sampler]
    while holder is not None:
        holders.append(holder)
        holder = getattr(holder, "sampler", None)
    for holder in holders:
        generator = getattr(holder, "generator", None)
        if (
            isinstance(generator, Generator)
            and generator is not default_generator
            and generator not in found
        ):
            found.append(generator)
    return found
