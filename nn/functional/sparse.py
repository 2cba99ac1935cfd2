"""Tables of rows by number: embeddings, and the one-hot vectors that they stand for."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import zeros
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.ops.embedding import embedding as rows_of
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.host_calls import host_check
from retrograd.backends.registry import XP

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` at the numbers in `input`.

    Parameters
    ----------
    input : Tensor
        Integers of any shape.
    weight : Tensor
        (V, D).
    padding_idx : int, optional
        A row that gets no gradient.
    max_norm : float, optional
        Rows that are used are first scaled down to this norm, in place.
    scale_grad_by_freq : bool
        Divide each row's gradient by how often it is used in `input`.
    sparse : bool
        Accepted for PyTorch's sake; gradients are dense.

    Returns
    -------
    Tensor
        (*, D).

    Examples
    --------
    >>> rg.nn.functional.embedding(rg.tensor([1, 0]), rg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    index = input._data
    if index.dtype.kind != "i" or index.dtype.itemsize < 4:
        raise RuntimeError(
            f"embedding(): expected integer indices (int64 or int32), got {input.dtype}"
        )
    if weight._data.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, got shape {list(weight.shape)}")
    count = weight._data.shape[0]
    if index.size and input.is_cpu:
        _check_rows(index, count)
    if padding_idx is not None:
        if not -count <= padding_idx < count:
            raise ValueError(
                f"padding_idx must be within the {count} embeddings, got {padding_idx}"
            )
        padding_idx %= count
    if max_norm is not None:
        _shorten(weight, input, max_norm, norm_type)
    rows = rows_of(weight, input, padding_idx=padding_idx)
    return scaled_by_frequency(rows, input, input, weight) if scale_grad_by_freq else rows


@host_check
def _check_rows(index: Any, count: int) -> None:
    """IndexError for numbers of rows that do not exist."""
    # Read without sign, negative numbers are large ones.
    if index.view(f"u{index.dtype.itemsize}").max() >= count:
        lowest, highest = int(index.min()), int(index.max())
        raise IndexError(
            f"index out of range in self: embedding() has rows 0 to {count - 1}, got numbers from "
            f"{lowest} to {highest}"
        )


def scaled_by_frequency(rows: Tensor, index: Tensor, used: Tensor, weight: Tensor) -> Tensor:
    """`rows`, ``weight[index]``, with gradients over how often each row is in `used`."""
    if not rows.requires_grad:
        return rows
    counts = zeros(weight.shape[0], device=weight.device, dtype=weight.dtype)
    counts.index_add_(0, used.reshape(-1), counts.new_ones(used.numel()))
    share = 1 / counts[index].unsqueeze(-1)
    return rows * share + (rows * (1 - share)).detach()


@no_grad()
def _shorten(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are used down to `max_norm`, in place."""
    used = input.reshape(-1).unique()
    rows = weight[used]
    norms = rows.norm(norm_type, 1, keepdim=True)
    scale = (max_norm / (norms + 1e-7)).where(norms > max_norm, 1.0)
    weight[used] = rows * scale


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors of zeros with a one at each number.

    Parameters
    ----------
    tensor : Tensor
        Integers of any shape.
    num_classes : int
        The length of the vectors; by default the largest number and one.

    Examples
    --------
    >>> rg.nn.functional.one_hot(rg.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    data = tensor._data
    if data.dtype != "int64":
        raise RuntimeError(
            f"one_hot is only applicable to index tensor (int64), got {tensor.dtype}"
        )
    if data.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes == -1:
        num_classes = int(data.max()) + 1
    if data.size:
        _check_classes(data, num_classes)
    xp = XP[type(data)]
    rows = xp.zeros((data.size, num_classes), data.dtype)
    rows[xp.arange(data.size), data.reshape(-1)] = 1
    return wrap(rows.reshape(*data.shape, num_classes))


@host_check
def _check_classes(numbers: Any, count: int) -> None:
    """RuntimeError for numbers of classes that do not exist."""
    if numbers.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if numbers.max() >= count:
        raise RuntimeError(
            f"Class values must be smaller than num_classes: {int(numbers.max())}, {count}"
        )
