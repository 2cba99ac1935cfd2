"""Writing and adding at index arrays: what NumPy-like modules do slowly, or not at all."""

from __future__ import annotations

from math import prod
from typing import Any


class ScatterKernels:
    """The scatter entries of the kernel table; an index is what stands between brackets."""

    xp: Any

    def index_add(self, values: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
        """Zeros of `shape` with `values` added at `index`, as often as an element is named."""
        xp = self.xp
        total = xp.zeros(shape, values.dtype)
        if any(_is_mask(i) for i in index):
            # A mask names no element twice.
            total[index] = values
            return total
        positions = self._positions(shape, index)
        # One flat integer index is the case for which `add.at` has a fast loop.
        xp.add.at(total.reshape(-1), positions.reshape(-1), values.reshape(-1))
        return total

    def _positions(self, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
        """The flat positions of the elements that integer arrays and full slices name."""
        xp = self.xp
        lead = [i for i in index if not isinstance(i, slice)]
        if any(isinstance(i, slice) for i in index[: len(lead)]):
            return xp.arange(prod(shape)).reshape(shape)[index]
        row = 0
        for i, n in zip(lead, shape):
            row = row * n + xp.where(i < 0, i + n, i)
        width = prod(shape[len(lead) :])
        if width == 1:
            return row
        return row[..., None] * width + xp.arange(width)

    def scatter_positions(self, index: Any, shape: tuple[int, ...], dim: int) -> Any:
        """The flat positions in an array of `shape` that `gather` along `dim` reads at `index`."""
        xp = self.xp
        position = 0
        for k, n in enumerate(shape):
            if k == dim:
                along = index
            else:
                along = xp.arange(index.shape[k]).reshape([-1 if j == k else 1 for j in range(index.ndim)])
            position = position * n + along
        return position

    def gather(self, x: Any, index: Any, dim: int) -> Any:
        """``out[i][j][k] = x[i][index[i][j][k]][k]`` for dim 1, and so on."""
        if x.ndim == 0:
            return x.reshape(1)[index.reshape(-1)].reshape(index.shape)
        part = tuple(slice(None) if k == dim else slice(n) for k, n in enumerate(index.shape))
        return self.xp.take_along_axis(x[part], index, dim)

    def gather_adjoint(self, g: Any, index: Any, shape: tuple[int, ...], dim: int) -> Any:
        """Zeros of `shape` with `g` added where `gather` along `dim` reads at `index`."""
        xp = self.xp
        total = xp.zeros(shape, g.dtype)
        positions = self.scatter_positions(index, shape, dim) if shape else index
        xp.add.at(total.reshape(-1), positions.reshape(-1), g.reshape(-1))
        return total

    def scatter_with(
        self, x: Any, index: Any, source: Any, dim: int, ufunc: str | None
    ) -> Any:
        """A copy of `x` with `source` put at `index`, or combined there by the ufunc of that name."""
        xp = self.xp
        total = x.copy()
        flat = total.reshape(-1)
        positions = self.scatter_positions(index, x.shape, dim) if x.ndim else index
        if ufunc is None:
            flat[positions.reshape(-1)] = source.reshape(-1)
        else:
            getattr(xp, ufunc).at(flat, positions.reshape(-1), source.reshape(-1))
        return total


def _is_mask(index: Any) -> bool:
    return hasattr(index, "dtype") and index.dtype.kind == "b"
