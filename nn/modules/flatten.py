"""Layers that merge or split dimensions."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module


class Flatten(Module):
    """Merges the dimensions from `start_dim` to `end_dim`.

    Examples
    --------
    >>> rg.nn.Flatten()(rg.ones(32, 1, 5, 5)).shape
    retrograd.Size([32, 25])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits a dimension into several.

    Parameters
    ----------
    dim : int
    unflattened_size : tuple of int
        Their lengths, of which one may be -1.

    Examples
    --------
    >>> rg.nn.Unflatten(1, (2, 5, 5))(rg.ones(2, 50)).shape
    retrograd.Size([2, 2, 5, 5])
    """

    def __init__(self, dim: int, unflattened_size: Any):
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                "unflattened_size must be a tuple of ints, but found type "
                f"{type(unflattened_size).__name__}"
            )
        for position, length in enumerate(unflattened_size):
            if not isinstance(length, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(length).__name__} at pos {position}"
                )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
