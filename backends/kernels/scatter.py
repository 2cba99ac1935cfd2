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
        arrays = [i for i in index if not isinstance(i, slice)]
        masks = [i.dtype.kind == "b" for i in arrays]
        if all(masks):
            # Masks name no element twice.
            total = xp.zeros(shape, values.dtype)
            total[index] = values
            return total
        if any(masks) or any(isinstance(i, slice) for i in index[: len(arrays)]):
            positions = xp.arange(prod(shape)).reshape(shape)[index].reshape(-1)
            return self.add_rows(values.reshape(-1, 1), positions, prod(shape)).reshape(shape)
        row: Any = 0
        for i, n in zip(arrays, shape):
            row = row * n + xp.where(i < 0, i + n, i)
        count, width = prod(shape[: len(arrays)]), prod(shape[len(arrays) :])
        rows = row.reshape(-1)
        return self.add_rows(values.reshape(rows.size, width), rows, count).reshape(shape)

    def add_rows(self, values: Any, rows: Any, count: int) -> Any:
        """`count` rows of zeros with each of the rows `values` (n, width) added at `rows` (n,)."""
        xp = self.xp
        width = values.shape[1]
        total = xp.zeros((count, width), values.dtype)
        if width != 1:
            rows = (rows[:, None] * width + xp.arange(width)).reshape(-1)
        self.add_at(total.reshape(-1), rows, values.reshape(-1))
        return total

    def add_at(self, total: Any, positions: Any, values: Any) -> None:
        """Add a vector of values to places of a vector.

        One flat index is what ``add.at`` is fast for: 10,000 rows of 64 added into 1,000 take 1.2 ms
        this way, 4.0 ms with an index of rows; sorting them first or `bincount` gain nothing.
        """
        self.xp.add.at(total, positions, values)

    def combine_at(self, ufunc: str, total: Any, positions: Any, values: Any) -> None:
        """The same with "maximum", "minimum" or "multiply"."""
        getattr(self.xp, ufunc).at(total, positions, values)

    def check_bounds(self, index: Any, length: int, dim: int) -> None:
        """RuntimeError if an entry of `index` is not in [0, length)."""
        # Read without sign, negative numbers are large ones.
        unsigned = self.xp.uint64 if index.dtype.itemsize == 8 else self.xp.uint32
        if index.size and index.view(unsigned).max() >= length:
            bad = index[(index < 0) | (index >= length)].reshape(-1)[0]
            raise RuntimeError(
                f"index {int(bad)} is out of bounds for dimension {dim} with size {length}"
            )

    def scatter_positions(self, index: Any, shape: tuple[int, ...], dim: int) -> Any:
        """The flat positions in an array of `shape` that `gather` along `dim` reads at `index`."""
        self.check_bounds(index, shape[dim], dim)
        position, *others = self.grid(index, dim)
        for n, along in zip(shape[1:], others, strict=True):
            position = position * n + along
        return position

    def grid(self, index: Any, dim: int) -> tuple[Any, ...]:
        """What stands between brackets for `index` along `dim`: the index, and for others each place."""
        if not index.ndim:
            return (index,)
        places = []
        for k, n in enumerate(index.shape):
            rest = (1,) * (index.ndim - 1 - k)
            places.append(index if k == dim else self.xp.arange(n).reshape(n, *rest))
        return tuple(places)

    def gather(self, x: Any, index: Any, dim: int) -> Any:
        """``out[i][j][k] = x[i][index[i][j][k]][k]`` for dim 1, and so on."""
        if x.ndim == 0:
            return x.reshape(1)[index.reshape(-1)].reshape(index.shape)
        self.check_bounds(index, x.shape[dim], dim)
        return x[self.grid(index, dim)]

    def gather_adjoint(self, g: Any, index: Any, shape: tuple[int, ...], dim: int) -> Any:
        """Zeros of `shape` with `g` added where `gather` along `dim` reads at `index`."""
        xp = self.xp
        total = xp.zeros(shape, g.dtype)
        positions = self.scatter_positions(index, shape, dim) if shape else index
        self.add_at(total.reshape(-1), positions.reshape(-1), g.reshape(-1))
        return total

    def scatter_with(self, x: Any, index: Any, source: Any, dim: int, ufunc: str | None) -> Any:
        """A copy of `x` with `source` put at `index`, or combined there by the ufunc of that name."""
        # An array even where `x` is one of NumPy's numbers, as sums of 0-d arrays are.
        total = self.xp.array(x, order="C")
        flat = total.reshape(-1)
        positions = self.scatter_positions(index, x.shape, dim) if x.ndim else index
        if ufunc is None:
            flat[positions.reshape(-1)] = (
                source if isinstance(source, float) else source.reshape(-1)
            )
        else:
            self.combine_at(ufunc, flat, positions.reshape(-1), source.reshape(-1))
        return total
