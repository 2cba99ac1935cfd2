"""DataLoader: its arguments, its epochs, and how its place is saved."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from retrograd.backends.random import Generator, default_generator
from retrograd.data.collate import default_collate, default_convert
from retrograd.data.dataset import Dataset, IterableDataset
from retrograd.data.epoch import Epoch, SerialIterator, Unindexed, own_generators
from retrograd.data.fetch import FetchPlan
from retrograd.data.sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from retrograd.data.pool import WorkerPool

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)

_FIXED = frozenset(
    {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}
)


class DataLoader(Generic[T_co]):
    """Goes through a data set in batches, shuffled or not, in this process or with workers.

    Data sets of arrays in memory (`TensorDataset`, the image sets without transforms, subsets and
    stacks of them) are sliced a batch at a time.

    Parameters
    ----------
    dataset : Dataset
        Where the samples come from: anything with ``__getitem__``, or an `IterableDataset`.
    batch_size : int or None
        Samples in a batch; None gives single samples, not batched.
    shuffle : bool, optional
        Whether to visit the samples in a new random order in every epoch.
    sampler : iterable of int, optional
        The order of the samples, in place of `shuffle`.
    batch_sampler : iterable of list of int, optional
        The indices of each batch, in place of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        Processes that load batches ahead; 0 loads them here, which is best for arrays in memory.
    collate_fn : callable, optional
        Makes a batch of a list of samples; `default_collate` if not given.
    pin_memory, pin_memory_device
        Accepted for compatibility; without effect.
    drop_last : bool
        Leave out the last batch if it is short.
    timeout : float
        Seconds to wait for a batch from the workers, 0 to wait for ever.
    worker_init_fn : callable, optional
        Called in each worker with its id, after seeding and before loading.
    multiprocessing_context : str or context, optional
        How workers are started: "fork", "spawn" or "forkserver"; by default as `multiprocessing`
        does.
    generator : Generator, optional
        Where the order and the workers' seeds are drawn from; the default generator if not given.
    prefetch_factor : int, optional
        Batches each worker loads ahead; 2 if not given.
    persistent_workers : bool
        Keep the workers from one epoch to the next.
    in_order : bool
        Give the workers' batches in the sampler's order; if False as soon as they are ready.

    Raises
    ------
    ValueError, TypeError
        If arguments contradict each other or are out of range.

    Notes
    -----
    The order drawn from a seed is PyTorch's. The position in an epoch can be saved with
    `state_dict` and taken up with `load_state_dict`.

    Examples
    --------
    >>> from retrograd.data import DataLoader, TensorDataset
    >>> data = TensorDataset(rg.arange(5), rg.arange(5) * 10)
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x.tolist(), y.tolist())
    [0, 1] [0, 10]
    [2, 3] [20, 30]
    [4] [40]
    """

    _ready = False

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ):
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        _check_order(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor or (2 if num_workers else None)
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.generator = generator
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        if sampler is None:
            sampler = self._default_sampler(bool(shuffle))
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._pool: WorkerPool | None = None  # kept from one epoch to the next if persistent
        self._epoch: Epoch | None = None
        self._resumed: Iterator[Any] | None = None
        self._ready = True

    def _default_sampler(self, shuffle: bool) -> Iterable[Any]:
        if isinstance(self.dataset, IterableDataset):
            return Unindexed()
        if shuffle:
            return RandomSampler(self.dataset, generator=self.generator)  # type: ignore[arg-type]
        return SequentialSampler(self.dataset)  # type: ignore[arg-type]

    def __setattr__(self, name: str, value: Any) -> None:
        if self._ready and name in _FIXED:
            raise ValueError(
                f"{name} of a DataLoader cannot be changed once it is made; make a new one"
            )
        super().__setattr__(name, value)

    @property
    def index_sampler(self) -> Any:
        """What gives the indices: of batches, or of samples where there is no batching."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self._resumed is not None:
            resumed, self._resumed = self._resumed, None
            return resumed
        base_seed = None if self._pool is None else self._pool.base_seed
        return self._begin(Epoch(self, base_seed))

    def _begin(self, epoch: Epoch) -> Iterator[Any]:
        self._epoch = epoch
        plan = FetchPlan(
            self.dataset, self.collate_fn, self.batch_sampler is not None, self.drop_last
        )
        if self.num_workers == 0:
            return SerialIterator(epoch, plan)
        from retrograd.data.pool import WorkerIterator, WorkerPool
        from retrograd.data.worker import WorkerPlan

        pool = self._pool
        if pool is None:
            workers = WorkerPlan(plan, self.worker_init_fn, epoch.base_seed, self.num_workers)
            pool = WorkerPool(workers, self.multiprocessing_context, self.timeout)
        if self.persistent_workers:
            self._pool = pool
        return WorkerIterator(epoch, pool, self)

    def __len__(self) -> int:
        """Batches in an epoch; of an `IterableDataset` what its own length lets expect."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.index_sampler)
        samples = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return samples
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands, as plain data to be saved in a checkpoint.

        In the middle of an epoch this is the random state the epoch began with and the number of
        batches given; the state of a `generator` of the loader's own is part of it, that of the
        default generator belongs to the checkpoint of the run.
        """
        epoch = self._epoch
        return {
            "epoch": None if epoch is None or epoch.finished else epoch.state_dict(),
            "generators": [generator.get_state() for generator in own_generators(self)],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the epoch that `state_dict` was saved in: the next iteration gives its rest.

        The remaining batches, and the epochs after it, are bit for bit those of the loader that was
        saved, if the data set, the sampler and the arguments are the same. Samples are not loaded
        again to get there, except from an `IterableDataset`, whose stream is read and thrown away
        up to the place. Random transforms in workers start from the workers' first seeds. The
        default generator is left as it is found.

        Raises
        ------
        ValueError
            If the state is not one of a loader like this one.

        Examples
        --------
        >>> from retrograd.data import DataLoader
        >>> loader = DataLoader(range(6), batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> state = loader.state_dict()
        >>> rest = [batch.tolist() for batch in batches]
        >>> loader.load_state_dict(state)
        >>> [batch.tolist() for batch in loader] == rest
        True
        """
        own = own_generators(self)
        if set(state_dict) != {"epoch", "generators"} or len(state_dict["generators"]) != len(own):
            raise ValueError(
                "DataLoader.load_state_dict: not the state of a loader with "
                f"{len(own)} generator(s) of its own; it has the entries {sorted(state_dict)}"
            )
        self._epoch, self._resumed = None, None
        if state_dict["epoch"] is not None:
            as_found = default_generator.get_state()
            try:
                self._resumed = self._take_up(state_dict["epoch"], own)
            finally:
                default_generator.set_state(as_found)
        for generator, state in zip(own, state_dict["generators"]):
            generator.set_state(state)

    def _take_up(self, state: dict[str, Any], own: list[Generator]) -> Iterator[Any]:
        for generator, start in zip([default_generator, *own], state["start"]):
            generator.set_state(start)
        epoch = Epoch(self, state["base_seed"])
        if not isinstance(self.dataset, IterableDataset):
            epoch.skip(state["drawn"], state["given"])
            return self._begin(epoch)
        iterator = self._begin(epoch)
        for _ in range(state["given"]):
            next(iterator)
        return iterator


def _check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool
) -> None:
    if num_workers < 0:
        raise ValueError(f"DataLoader: num_workers must not be negative, got {num_workers}")
    if timeout < 0:
        raise ValueError(f"DataLoader: timeout must not be negative, got {timeout}")
    if prefetch_factor is not None and prefetch_factor < 1:
        raise ValueError(f"DataLoader: prefetch_factor must be positive, got {prefetch_factor}")
    if num_workers == 0:
        for name, given in (
            ("timeout", timeout),
            ("prefetch_factor", prefetch_factor),
            ("persistent_workers", persistent_workers),
        ):
            if given:
                raise ValueError(f"DataLoader: {name}={given} needs num_workers > 0")
        return
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if usable is not None and num_workers > usable:
        warnings.warn(
            f"DataLoader: {num_workers} worker processes on {usable} CPUs will be slow",
            stacklevel=3,
        )


def _check_order(
    dataset: Any,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    drop_last: bool,
) -> None:
    """Refuse arguments that contradict each other about order and batches."""
    if isinstance(dataset, IterableDataset):
        given = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
        for name, value in given.items():
            if value is not None:
                raise ValueError(
                    f"DataLoader: an IterableDataset decides its own order, got {name}={value!r}; "
                    "leave it out"
                )
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (
        batch_size != 1 or shuffle or sampler is not None or drop_last
    ):
        raise ValueError(
            "DataLoader: batch_sampler option is mutually exclusive with batch_size, shuffle, "
            "sampler and drop_last"
        )
    if batch_size is None and drop_last:
        raise ValueError(
            "DataLoader: batch_size=None makes no batches, so drop_last has no meaning"
        )


def _context(context: Any, num_workers: int) -> Any:
    """The multiprocessing context to start workers with, None if there are none."""
    if num_workers == 0:
        if context is not None:
            raise ValueError(
                f"DataLoader: multiprocessing_context={context!r} needs num_workers > 0"
            )
        return None
    import multiprocessing

    if context is None or isinstance(context, str):
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "DataLoader: multiprocessing_context must be 'fork', 'spawn', 'forkserver' or a "
            f"context, got {context!r}"
        )
    return context
