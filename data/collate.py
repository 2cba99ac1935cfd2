"""Makes a batch of tensors from a list of samples of any structure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from retrograd.autograd_core.creation import as_tensor, tensor
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import float64

__all__ = ["default_collate", "default_convert"]

_NOT_NUMBERS = "SUO"  # kinds of NumPy types: bytes, text, objects


def default_collate(batch: Sequence[Any]) -> Any:
    """Combine samples into one batch with a new first dimension.

    Tensors and arrays of one shape are stacked; Python numbers become a tensor (floats float64,
    integers int64, bools bool); strings and bytes stay a list; mappings, sequences and named tuples
    keep their structure and are combined entry by entry, except that a tuple becomes a list.

    Parameters
    ----------
    batch : sequence
        Samples of the same structure.

    Raises
    ------
    TypeError
        If a sample is of another type.
    RuntimeError
        If tensors or sequences differ in size.

    Examples
    --------
    >>> from retrograd.data import default_collate
    >>> default_collate([(1, 2.0), (3, 4.0)])
    [tensor([1, 3]), tensor([2., 4.], dtype=retrograd.float64)]
    >>> default_collate([{"name": "a"}, {"name": "b"}])
    {'name': ['a', 'b']}
    """
    if not len(batch):
        raise ValueError("default_collate: the batch is empty; there must be at least one sample")
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind not in _NOT_NUMBERS:
        return stack([as_tensor(sample) for sample in batch])
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, Mapping):
        return _mapping_like(
            first, {key: default_collate([sample[key] for sample in batch]) for key in first}
        )
    if isinstance(first, Sequence):
        return _collate_sequences(batch)
    found = f"an array of {first.dtype}" if isinstance(first, np.ndarray) else type(first)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {found}. Pass a collate_fn that makes a batch of these."
    )


def default_convert(data: Any) -> Any:
    """Turn the arrays in a sample into tensors and leave the rest as it is.

    Used in place of `default_collate` where a `DataLoader` does not batch (``batch_size=None``).

    Examples
    --------
    >>> from retrograd.data import default_convert
    >>> default_convert({"x": np.array([1, 2]), "name": "a"})
    {'x': tensor([1, 2]), 'name': 'a'}
    """
    if isinstance(data, (Tensor, str, bytes)):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in _NOT_NUMBERS else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, Sequence):
        return _sequence_like(data, [default_convert(item) for item in data])
    return data


def _collate_sequences(batch: Sequence[Any]) -> Any:
    sizes = [len(sample) for sample in batch]
    if len(set(sizes)) > 1:
        raise RuntimeError(
            "default_collate: each element in list of batch should be of equal size, "
            f"got sizes {sizes}"
        )
    return _sequence_like(batch[0], [default_collate(samples) for samples in zip(*batch)])


def _mapping_like(original: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """`items` in a mapping of the original's type where that can be made, else in a dict."""
    try:
        if isinstance(original, MutableMapping):
            clone = copy.copy(original)  # keeps what a type adds, such as a default factory
            clone.update(items)
            return clone
        return type(original)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def _sequence_like(original: Sequence[Any], items: list[Any]) -> Any:
    """`items` in a sequence of the original's type where that can be made, else in a list."""
    if isinstance(original, tuple):
        return type(original)(*items) if hasattr(original, "_fields") else items
    try:
        if isinstance(original, MutableSequence):
            clone = copy.copy(original)
            clone[:] = items
            return clone
        return type(original)(items)  # type: ignore[call-arg]
    except TypeError:
        return items
