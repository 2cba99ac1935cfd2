"""Data sets: things that give samples by index or as a stream, and ways to combine them."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from operator import index as to_int
from typing import Any, Generic, TypeVar

from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.random import Generator, default_generator, permutation

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """A map from indices to samples: subclasses write ``__getitem__`` and usually ``__len__``.

    Two optional methods make loading in batches faster:

    ``__getitems__(indices)``
        The list of these samples, as PyTorch knows it.
    ``__getbatch__(indices)``
        The batch itself, just what `default_collate` would make of these samples, or
        NotImplemented. A `DataLoader` that collates in the default way asks for it first. It stands
        for the ``__getitem__`` beside it: a subclass that overrides ``__getitem__`` alone is
        loaded sample by sample.

    Examples
    --------
    >>> from retrograd.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> for batch in DataLoader(Squares(), batch_size=3):
    ...     print(batch)
    tensor([0, 1, 4])
    tensor([ 9, 16])
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} should implement __getitem__")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A stream of samples: subclasses write ``__iter__``.

    With worker processes every worker iterates over a copy of its own; `get_worker_info` tells a
    copy which part of the stream is its.

    Examples
    --------
    >>> from retrograd.data import DataLoader, IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> [batch.tolist() for batch in DataLoader(Countdown(), batch_size=2)]
    [[3, 2], [1]]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} should implement __iter__")

    def __add__(self, other: Dataset[Any]) -> ChainDataset[Any]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples that are the rows of one or more tensors.

    Parameters
    ----------
    *tensors : Tensor
        All with the same first dimension.

    Raises
    ------
    ValueError
        If there are no tensors, one has no dimensions, or their first dimensions differ.

    Examples
    --------
    >>> from retrograd.data import TensorDataset
    >>> data = TensorDataset(rg.tensor([[1.0], [2.0]]), rg.tensor([0, 1]))
    >>> data[1]
    (tensor([2.]), tensor(1))
    """

    def __init__(self, *tensors: Tensor):
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if not shapes or not all(shapes):
            raise ValueError(
                f"TensorDataset takes tensors of at least one dimension, got shapes {shapes}"
            )
        if len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                f"TensorDataset: the first dimensions differ, got shapes {shapes}; "
                "each tensor needs one row per sample"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getbatch__(self, indices: Sequence[int]) -> list[Tensor]:
        rows = list(map(to_int, indices))
        return [tensor[rows] for tensor in self.tensors]

    def __len__(self) -> int:
        return len(self.tensors[0])


class StackDataset(Dataset[Any]):
    """Data sets of equal length side by side: samples are tuples, or dicts if given by keyword.

    Raises
    ------
    ValueError
        If no data sets are given, both kinds are mixed, or the lengths differ.

    Examples
    --------
    >>> from retrograd.data import StackDataset
    >>> pairs = StackDataset(image=[10, 20], text=["a", "b"])
    >>> pairs[1]
    {'image': 20, 'text': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any):
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset takes data sets either by position (samples are tuples) or by "
                f"keyword (samples are dicts); got {len(args)} and {len(kwargs)}"
            )
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in self._parts()]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: the data sets differ in length: {lengths}")
        self._length = lengths[0]

    def _parts(self) -> list[Any]:
        datasets = self.datasets
        return list(datasets.values() if isinstance(datasets, dict) else datasets)

    def _join(self, values: Iterable[Any]) -> Any:
        """One sample from the samples of the parts."""
        if isinstance(self.datasets, dict):
            return dict(zip(self.datasets, values))
        return tuple(values)

    def __getitem__(self, index: Any) -> Any:
        return self._join([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices: Sequence[Any]) -> list[Any]:
        columns = [get_items(dataset, indices) for dataset in self._parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    "StackDataset: __getitems__ of a part gave the wrong number of samples: "
                    f"expected {len(indices)}, got {len(column)}"
                )
        return [self._join(values) for values in zip(*columns)]

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        batches = [get_batch(dataset, indices) for dataset in self._parts()]
        if any(batch is NotImplemented for batch in batches):
            return NotImplemented
        return self._join(batches) if isinstance(self.datasets, dict) else batches

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other; ``a + b`` of two data sets makes one.

    Raises
    ------
    ValueError
        If there are no data sets, or an index is out of range.
    TypeError
        If one of them is a stream (`ChainDataset` joins those).

    Examples
    --------
    >>> from retrograd.data import ConcatDataset
    >>> both = ConcatDataset([[1, 2], [3]])
    >>> len(both), both[2], both[-3]
    (3, 3, 1)
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset needs at least one data set")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError("ConcatDataset cannot index an IterableDataset; use ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        if index < 0:
            if -index > len(self):
                raise ValueError(f"index {index} is out of range for {len(self)} samples")
            index += len(self)
        part = bisect.bisect_right(self.cumulative_sizes, index)
        if part == len(self.datasets):
            raise IndexError(f"index {index} is out of range for {len(self)} samples")
        before = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][index - before]


class ChainDataset(IterableDataset[T_co]):
    """Streams one after the other; ``a + b`` of two `IterableDataset` makes one.

    Raises
    ------
    TypeError
        When iterated over, if one of the data sets is not an `IterableDataset`.

    Examples
    --------
    >>> from retrograd.data import ChainDataset, IterableDataset
    >>> class Letters(IterableDataset):
    ...     def __iter__(self):
    ...         return iter("ab")
    >>> list(ChainDataset([Letters(), Letters()]))
    ['a', 'b', 'a', 'b']
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset only chains IterableDatasets, got {type(dataset).__name__}"
                )
            yield dataset

    def __iter__(self) -> Iterator[T_co]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(map(len, self._streams()))


class Subset(Dataset[T_co]):
    """The samples of a data set at the given indices.

    A subclass that overrides ``__getitem__`` has to override ``__getitems__`` as well.

    Examples
    --------
    >>> from retrograd.data import Subset
    >>> odd = Subset("abcdef", [1, 3, 5])
    >>> len(odd), odd[2]
    (3, 'f')
    """

    def __init__(self, dataset: Any, indices: Sequence[int]):
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ but not __getitems__, which DataLoader "
                "calls. Add: def __getitems__(self, indices): return [self[i] for i in indices]"
            )
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        return get_items(self.dataset, [self.indices[i] for i in indices])

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        return get_batch(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T],
    lengths: Sequence[int | float],
    generator: Generator | None = None,
) -> list[Subset[T]]:
    """Split a data set at random into parts without overlap.

    Parameters
    ----------
    dataset : Dataset
        What to split; it needs a length.
    lengths : sequence of int or float
        The length of each part, or fractions that sum to 1: then each part gets the floor of its
        share, and what is left goes to the parts in turn, one sample each.
    generator : Generator, optional
        Where the permutation is drawn from; the default generator if not given.

    Raises
    ------
    ValueError
        If a fraction is not in [0, 1] or the lengths do not sum to the length of the data set.

    Examples
    --------
    >>> from retrograd.data import random_split
    >>> train, test = random_split(range(10), [0.75, 0.25])
    >>> len(train), len(test)
    (8, 2)
    """
    total = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(total, lengths)
    if sum(lengths) != total:
        raise ValueError(
            f"random_split: the lengths {list(lengths)} sum to {sum(lengths)}, "
            f"but the data set has {total} samples"
        )
    order = permutation(generator or default_generator, total).tolist()
    sizes = [int(length) for length in lengths]
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes)]


def _lengths_of_fractions(total: int, fractions: Sequence[float]) -> list[int]:
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split: fraction {fraction} at index {i} is not in [0, 1]")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"random_split: the split at index {i} is empty", stacklevel=3)
    return lengths


def get_items(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """These samples of a data set, by its ``__getitems__`` if it has one."""
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


def get_batch(dataset: Any, indices: Sequence[int]) -> Any:
    """These samples as one batch by the data set's ``__getbatch__``, else NotImplemented."""
    for cls in type(dataset).__mro__:
        if "__getbatch__" in vars(cls):
            return dataset.__getbatch__(indices)
        if "__getitem__" in vars(cls) or "__getitems__" in vars(cls):
            break
    return NotImplemented
