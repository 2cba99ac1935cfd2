"""Batches of sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from retrograd.autograd_core.creation import arange, as_tensor, empty_like, full
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.ops.order import sort
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import int64


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """The steps of a batch of sequences one after another, longest sequence first.

    Made by `pack_padded_sequence` and `pack_sequence`.

    Attributes
    ----------
    data : Tensor
        (all steps, ...): the first step of all sequences, then the second of those that have one...
    batch_sizes : Tensor
        How many sequences have a first step, a second, ...
    sorted_indices, unsorted_indices : Tensor or None
        How the sequences were put in order, and back.
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if not batch_sizes.is_cpu:
            raise ValueError(
                "batch_sizes should always be on CPU: make packed sequences by pack_sequence or "
                "pack_padded_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    @property
    def is_cuda(self) -> bool:
        """Whether the data are in a GPU's memory."""
        return self.data.is_cuda

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequence with its data moved or converted, as by `Tensor.to`."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        indices = [None if i is None else i.to(data.device) for i in self[2:]]
        return type(self)(data, self.batch_sizes, *indices)

    def cpu(self) -> PackedSequence:
        """The sequence in main memory."""
        return self.to("cpu")

    def cuda(self) -> PackedSequence:
        """The sequence in a GPU's memory."""
        return self.to("cuda")

    def float(self) -> PackedSequence:
        """The sequence in single precision."""
        return self._replaced(self.data.float())

    def double(self) -> PackedSequence:
        """The sequence in double precision."""
        return self._replaced(self.data.double())

    def _replaced(self, data: Tensor) -> PackedSequence:
        return type(self)(data, *self[1:])


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another.

    Examples
    --------
    >>> rg.nn.utils.rnn.invert_permutation(rg.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    inverse = empty_like(permutation)
    inverse[permutation] = arange(permutation.numel(), device=permutation.device)
    return inverse


def _steps(lengths: Tensor, longest: int, where: Any) -> tuple[Tensor, Tensor]:
    """The time and the sequence of each step there is, first all of the first time."""
    there = arange(longest, device=lengths.device).unsqueeze(1) < lengths
    times, members = there.nonzero(as_tuple=True)
    return times.to(where), members.to(where)


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | list[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Pack a batch of padded sequences.

    Parameters
    ----------
    input : Tensor
        (time, batch, ...), or (batch, time, ...) if `batch_first`.
    lengths : Tensor or list of int
    batch_first : bool
    enforce_sorted : bool
        Raise RuntimeError unless lengths fall; otherwise sequences are sorted.

    Examples
    --------
    >>> padded = rg.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> packed = rg.nn.utils.rnn.pack_padded_sequence(
    ...     padded, [2, 1, 3], batch_first=True, enforce_sorted=False
    ... )
    >>> packed.data, packed.batch_sizes
    (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]))
    """
    order = as_tensor(lengths, dtype=int64, device="cpu")
    sorted_indices = None
    if not enforce_sorted:
        order, indices = sort(order, descending=True)
        sorted_indices = indices.to(input.device)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    falling = order.tolist()
    batch, longest = (input.shape[0], input.shape[1]) if batch_first else input.shape[1::-1]
    if len(falling) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(falling)} "
            f"(batch_size={batch})"
        )
    if not falling or falling[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if falling != sorted(falling, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to have the sequences sorted"
        )
    if falling[0] > longest:
        raise RuntimeError(f"a length of {falling[0]} is more than the {longest} padded steps")
    times, members = _steps(order, falling[0], input.device)
    data = input[members, times] if batch_first else input[times, members]
    counts = (order > arange(falling[0], device=order.device).unsqueeze(1)).sum(1)
    return PackedSequence(data, counts, sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool
        Return (batch, time, ...) instead of (time, batch, ...).
    padding_value : float
    total_length : int, optional
        Pad to this length instead of that of the longest sequence.

    Returns
    -------
    The padded batch, and the lengths.

    Examples
    --------
    >>> packed = rg.nn.utils.rnn.pack_sequence([rg.tensor([1, 2]), rg.tensor([3])])
    >>> rg.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    counts = sequence.batch_sizes
    longest = len(counts) if total_length is None else total_length
    if longest < len(counts):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={total_length} and max sequence length being {len(counts)}"
        )
    batch = int(counts[0])
    lengths = (counts > arange(batch, device=counts.device).unsqueeze(1)).sum(1)
    data = sequence.data
    times, members = _steps(lengths, len(counts), data.device)
    rest = data.shape[1:]
    shape = (batch, longest, *rest) if batch_first else (longest, batch, *rest)
    padded = full(shape, padding_value, dtype=data.dtype, device=data.device)
    index = (members, times) if batch_first else (times, members)
    padded = padded.index_put(index, data)
    back = sequence.unsorted_indices
    if back is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, back), lengths[back.cpu()]


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences of different lengths, padded to the longest.

    Parameters
    ----------
    sequences : iterable of Tensor
        (length, ...) each.
    batch_first : bool
        Return (batch, time, ...) instead of (time, batch, ...).
    padding_value : float
    padding_side : str
        "right" or "left".

    Examples
    --------
    >>> sequences = [rg.tensor([1, 2]), rg.tensor([3])]
    >>> rg.nn.utils.rnn.pad_sequence(sequences, batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences).__name__}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, got {padding_side}")
    given = list(sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    first = given[0]
    lengths = as_tensor([len(s) for s in given], dtype=int64, device="cpu")
    longest = int(lengths.max())
    there = arange(longest, device="cpu") < lengths.unsqueeze(1)
    members, times = there.nonzero(as_tuple=True)
    if padding_side == "left":
        times = times + (longest - lengths)[members]
    index = tuple(
        i.to(first.device) for i in ((members, times) if batch_first else (times, members))
    )
    rows = (len(given), longest) if batch_first else (longest, len(given))
    padded = full((*rows, *first.shape[1:]), padding_value, dtype=first.dtype, device=first.device)
    return padded.index_put(index, cat(given))


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a padded batch.

    Examples
    --------
    >>> rg.nn.utils.rnn.unpad_sequence(rg.tensor([[1, 2], [3, 0]]), rg.tensor([2, 1]), True)
    [tensor([1, 2]), tensor([3])]
    """
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [batch[k, :n] for k, n in enumerate(as_tensor(lengths).tolist())]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences, longest first unless not `enforce_sorted`.

    Examples
    --------
    >>> rg.nn.utils.rnn.pack_sequence([rg.tensor([1, 2]), rg.tensor([3])]).data
    tensor([1, 3, 2])
    """
    lengths = [len(s) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`.

    Examples
    --------
    >>> packed = rg.nn.utils.rnn.pack_sequence([rg.tensor([1, 2]), rg.tensor([3])])
    >>> rg.nn.utils.rnn.unpack_sequence(packed)
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
