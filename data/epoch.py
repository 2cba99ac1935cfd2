"""An epoch of a DataLoader: how far it is, and its iteration in this process."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

from retrograd.backends.random import Generator, default_generator
from retrograd.data.fetch import EndOfStream, FetchPlan, make_fetcher
from retrograd.data.sampler import draw_seed

__all__ = ["Epoch", "SerialIterator", "Unindexed", "own_generators"]


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
