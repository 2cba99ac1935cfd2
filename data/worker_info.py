"""What a worker process knows about itself."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["WorkerInfo", "get_worker_info", "set_worker_info"]


class WorkerInfo(NamedTuple):
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


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process its id, seed, data set and the number of workers; elsewhere None.

    Examples
    --------
    >>> from retrograd.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return _info


def set_worker_info(info: WorkerInfo) -> None:
    """Make this process the worker that `info` describes."""
    global _info
    _info = info
