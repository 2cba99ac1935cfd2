"""Gets the batch for a list of indices out of a data set, in this process or in a worker."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from retrograd.data.collate import default_collate
from retrograd.data.dataset import IterableDataset, get_batch, get_items

__all__ = ["EndOfStream", "FetchPlan", "Fetcher", "make_fetcher"]

Fetcher = Callable[[Any], Any]


class EndOfStream:
    """Returned in place of a batch when a stream has ended: the class itself, as it is pickled."""


class FetchPlan(NamedTuple):
    """What a batch is made from and how.

    Attributes
    ----------
    dataset : Dataset
        Where the samples come from.
    collate_fn : callable
        Makes the batch from the list of samples, or converts the single sample.
    batched : bool
        Whether indices come in lists, a batch each, or one at a time.
    drop_last : bool
        Whether a stream's short last batch is left out.
    """

    dataset: Any
    collate_fn: Callable[[Any], Any]
    batched: bool
    drop_last: bool


def make_fetcher(plan: FetchPlan) -> Fetcher:
    """A function from indices to a batch; over a stream it returns `EndOfStream` at the end."""
    if isinstance(plan.dataset, IterableDataset):
        return _stream_fetcher(plan)
    if not plan.batched:
        return lambda index: plan.collate_fn(plan.dataset[index])
    if plan.collate_fn is default_collate:
        return lambda indices: _fetch_default(plan.dataset, indices)
    return lambda indices: plan.collate_fn(get_items(plan.dataset, indices))


def _fetch_default(dataset: Any, indices: Any) -> Any:
    batch = get_batch(dataset, indices)
    if batch is NotImplemented:
        batch = default_collate(get_items(dataset, indices))
    return batch


def _stream_fetcher(plan: FetchPlan) -> Fetcher:
    stream = iter(plan.dataset)

    def fetch_one(_: None) -> Any:
        sample = next(stream, EndOfStream)
        return sample if sample is EndOfStream else plan.collate_fn(sample)

    def fetch_batch(places: list[None]) -> Any:
        samples = list(itertools.islice(stream, len(places)))
        if not samples or (plan.drop_last and len(samples) < len(places)):
            return EndOfStream
        return plan.collate_fn(samples)

    return fetch_batch if plan.batched else fetch_one
