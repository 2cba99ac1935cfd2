"""Samplers: the order in which the samples of a data set are visited."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from retrograd.autograd_core.creation import as_tensor
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import float64
from retrograd.backends.random import (
    Generator,
    default_generator,
    integers,
    multinomial,
    permutation,
    random_int63,
)

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)

_REPLACED_AT_ONCE = 32  # as PyTorch draws them


class Sampler(Generic[T_co]):
    """An iterable of indices, or of lists of indices: subclasses write ``__iter__``.

    Examples
    --------
    >>> from retrograd.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> list(DataLoader("abc", batch_size=2, sampler=Backwards()))
    [['c', 'b'], ['a']]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} should implement __iter__")


class SequentialSampler(Sampler[int]):
    """The indices 0, 1, 2, ... of a data set in order.

    Examples
    --------
    >>> from retrograd.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order: a new permutation each time, or draws with replacement.

    Parameters
    ----------
    data_source : sized
        The data set.
    replacement : bool
        Whether an index may come more than once.
    num_samples : int, optional
        How many indices; the length of the data set if not given.
    generator : Generator, optional
        Where they are drawn from; if not given, from a new generator whose seed is drawn from the
        default one.

    Raises
    ------
    ValueError
        If there would be no samples.
    TypeError
        If `replacement` is not a bool.

    Examples
    --------
    >>> from retrograd.data import RandomSampler
    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement should be a bool, got {replacement!r}")
        _check_positive("RandomSampler: num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices one pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        n = len(self.data_source)
        at_once = _REPLACED_AT_ONCE if self.replacement else n
        whole, rest = divmod(self.num_samples, at_once)
        for size in itertools.chain(itertools.repeat(at_once, whole), [rest]):
            if self.replacement:
                yield from integers(generator, 0, n, size).tolist()
            else:
                # Drawn even if rest is 0: the next epoch of a given generator is as in PyTorch.
                yield from permutation(generator, n).tolist()[:size]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    Parameters
    ----------
    indices : sequence of int
        What to choose from.
    generator : Generator, optional
        Where the order is drawn from; the default generator if not given.

    Examples
    --------
    >>> from retrograd.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([3, 8, 5]))
    [3, 5, 8]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None):
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = permutation(self.generator or default_generator, len(self.indices))
        for i in order.tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices 0 to ``len(weights) - 1``, drawn with probabilities in proportion to the weights.

    Parameters
    ----------
    weights : sequence of float
        One per index; they need not sum to 1.
    num_samples : int
        How many indices to draw.
    replacement : bool
        Whether an index may come more than once.
    generator : Generator, optional
        Where they are drawn from; the default generator if not given.

    Raises
    ------
    ValueError
        If `num_samples` is not a positive int, `replacement` not a bool, or the weights are not one
        list of numbers.

    Examples
    --------
    >>> from retrograd.data import WeightedRandomSampler
    >>> sorted(WeightedRandomSampler([0.5, 0.0, 3.0], 2, replacement=False))
    [0, 2]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ):
        _check_positive("WeightedRandomSampler: num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(
                f"WeightedRandomSampler: replacement should be a bool, got {replacement!r}"
            )
        self.weights: Tensor = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "WeightedRandomSampler: weights should be a 1-d sequence, "
                f"got shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or default_generator
        weights = self.weights.numpy()
        yield from multinomial(generator, weights, self.num_samples, self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` indices from another sampler.

    Parameters
    ----------
    sampler : iterable of int
        Where the indices come from.
    batch_size : int
        The length of a list.
    drop_last : bool
        Whether to leave out the last list if it is short.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive int or `drop_last` not a bool.

    Examples
    --------
    >>> from retrograd.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool):
        _check_positive("BatchSampler: batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: drop_last should be a bool, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        samples = len(self.sampler)  # type: ignore[arg-type]
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)


def draw_seed(generator: Generator | None) -> int:
    """A seed from the generator, the default one if None: 63 random bits, as PyTorch draws it."""
    return random_int63(generator or default_generator)


def _check_positive(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, got {value!r}")
