"""Computations along the last dimension on the CPU: what they share, running sums, largest elements.

NumPy takes long for reductions of short rows, for broadcasting along them, and for the passes over a
large array. So rows are taken in blocks that stay in cache, and many sums are products with ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from retrograd.backends.kernels import Kernels

# Smaller arrays are computed in one piece.
SMALL = 4096
# Elements of rows that are computed together.
BLOCK = 1 << 16
# Longer rows are added up pairwise by NumPy, for the sake of their last digits.
_LONG = 2048
# Shorter rows are turned into columns to find their largest elements.
_SHORT = 48
# Up to so long rows are filled with a number by a product.
NARROW = 32
# As many elements of a row are added up by one product, if it is longer than the above.
_CHUNK = 16
# Of fewer sums each step of all is too little work.
_FEW_SUMS = 96


class RowKernels(Kernels):
    """The overrides for arrays in main memory."""

    ones: Any  # from `HostKernels`

    def __init__(self, xp: Any):
        super().__init__(xp)
        self._squares: dict[tuple[str, int, Any], Any] = {}

    # --- sums -------------------------------------------------------------------------------------

    def running_sum(self, x: Any, dim: int, step: int) -> Any:
        """As the generic one: rows by products with triangles, many sums all of them step by step."""
        if x.size < SMALL or x.dtype.kind != "f":
            return super().running_sum(x, dim, step)
        xp, last = self.xp, x.ndim - 1
        few = x.size < _FEW_SUMS * x.shape[dim]
        if x.itemsize < 8 and (dim == last or few):
            rows = xp.ascontiguousarray(xp.moveaxis(x, dim, last))
            return xp.ascontiguousarray(xp.moveaxis(self._running_row_sums(rows, step), last, dim))
        if dim == last or few:
            return super().running_sum(x, dim, step)
        out = xp.empty(x.shape, x.dtype)
        steps, results = xp.moveaxis(x, dim, 0)[::step], xp.moveaxis(out, dim, 0)[::step]
        total = xp.zeros(steps.shape[1:], "float64")
        for terms, result in zip(steps, results, strict=True):
            total += terms
            result[...] = total
        return out

    def _running_row_sums(self, x: Any, step: int) -> Any:
        """Those of chunks by a product, the first (or last) term of each with all before it added."""
        xp, n, double = self.xp, x.shape[-1], self.xp.dtype("float64")
        rows, out = as_rows(x, xp.empty(x.shape, x.dtype))
        size = n if n <= NARROW else _CHUNK
        triangle = self.square("upper" if step > 0 else "lower", size, double)
        for part in samples(rows, BLOCK // 2):
            a = rows[part]
            terms = self.scratch("terms", (len(a), -(-n // size) * size), double)
            terms[:, :n] = a
            terms[:, n:] = 0.0
            chunks = terms.reshape(-1, size)
            if size < n:
                totals = chunks.dot(self.ones(size, double)).reshape(len(a), -1)[:, ::step]
                before = self.scratch("before", totals.shape, double)
                before[:, 0] = 0.0
                totals[:, :-1].cumsum(axis=1, out=before[:, 1:])
                chunks[:, 0 if step > 0 else -1] += before[:, ::step].reshape(-1)
            sums = self.scratch("sums", terms.shape, double)
            chunks.dot(triangle, sums.reshape(-1, size))
            out[part] = sums[:, :n]
        if xp.isfinite(out[:, n - 1 if step > 0 else 0]).all():
            return out.reshape(x.shape)
        # An infinite term times the zeros of the triangle is NaN.
        return super().running_sum(x, x.ndim - 1, step)

    # --- extremes ---------------------------------------------------------------------------------

    def largest(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """As the generic one."""
        if x.size <= SMALL and len(dim) == x.ndim and not keepdims:
            return x.flat[x.argmax()]
        if not of_many_rows(x, dim):
            return self.xp.maximum.reduce(x, dim, None, None, keepdims)
        return self._of_blocks(self.row_max, x, keepdims)

    def smallest(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """As the generic one."""
        if x.size <= SMALL and len(dim) == x.ndim and not keepdims:
            return x.flat[x.argmin()]
        if not of_many_rows(x, dim):
            return self.xp.minimum.reduce(x, dim, None, None, keepdims)
        return self._of_blocks(self.row_min, x, keepdims)

    def extreme_grad(self, g: Any, x: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one; where no two elements of a row are equally large, by their places."""
        if not of_many_rows(x, dim):
            return super().extreme_grad(g, x, out, dim)
        xp, result = self.xp, self.xp.zeros(x.shape, x.dtype)
        if xp.isnan(out).any():
            return super().extreme_grad(g, x, out, dim)
        (rows, results), given, found = as_rows(x, result), g.reshape(-1), out.reshape(-1)
        for part in samples(rows, BLOCK):
            a = rows[part]
            spread = self.spread(found[part], self.scratch("spread", a.shape, a.dtype))
            places = xp.flatnonzero(xp.equal(a, spread))
            if len(places) != len(a):
                return super().extreme_grad(g, x, out, dim)
            results[part].reshape(-1)[places] = given[part]
        return result

    def _of_blocks(self, function: Any, x: Any, keepdims: bool) -> Any:
        """What `function` makes of each row."""
        (rows,) = as_rows(x)
        found = [function(rows[part]) for part in samples(rows, BLOCK)]
        return self.xp.concatenate(found).reshape(x.shape[:-1] + (1,) * keepdims)

    # --- the parts --------------------------------------------------------------------------------

    def row_sum(self, rows: Any) -> Any:
        """The sum of each row."""
        if rows.shape[1] > _LONG:
            return self.xp.add.reduce(rows, 1)  # the method would warn of an overflow
        return rows.dot(self.ones(rows.shape[1], rows.dtype))

    def row_max(self, rows: Any) -> Any:
        """The largest element of each row."""
        if rows.shape[1] < _SHORT:
            return self.xp.ascontiguousarray(rows.T).max(axis=0)
        return _at(self.xp, rows, rows.argmax(axis=1))

    def row_min(self, rows: Any) -> Any:
        """The smallest element of each row."""
        if rows.shape[1] < _SHORT:
            return self.xp.ascontiguousarray(rows.T).min(axis=0)
        return _at(self.xp, rows, rows.argmin(axis=1))

    def spread(self, numbers: Any, out: Any) -> Any:
        """`out`, with each row full of one of the numbers."""
        n = out.shape[1]
        if n > NARROW:
            out[...] = numbers[:, None]
        else:
            out[...] = self.xp.repeat(numbers, n).reshape(out.shape)
        return out

    def square(self, name: str, n: int, dtype: Any) -> Any:
        """A square matrix of ones, "upper" or "lower" triangles of them, or a diagonal; kept."""
        found = self._squares.get((name, n, dtype))
        if found is None:
            found = self.xp.ones((n, n), dtype)
            if name in ("upper", "diagonal"):
                found = self.xp.triu(found)
            if name in ("lower", "diagonal"):
                found = self.xp.tril(found)
            self._squares[name, n, dtype] = found
        return found


def samples(x: Any, block: int) -> Iterator[slice]:
    """Slices along the first dimension of about `block` elements each."""
    count = max(1, block // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), count):
        yield slice(start, start + count)


def as_rows(*arrays: Any) -> list[Any]:
    """The arrays with all dimensions but the last in one."""
    return [a.reshape(-1, a.shape[-1]) for a in arrays]


def of_rows(x: Any, dim: tuple[int, ...]) -> bool:
    """Whether `dim` is the last dimension of an array that BLAS can add up."""
    return dim == (x.ndim - 1,) and x.dtype.char in "fd" and x.size > 0


def of_many_rows(x: Any, dim: tuple[int, ...]) -> bool:
    """The same of an array that is worth taking in blocks."""
    return x.size > SMALL and of_rows(x, dim) and x.flags.c_contiguous


def _at(xp: Any, rows: Any, places: Any) -> Any:
    """The element of each row at its place: NumPy finds the place sooner than the element itself."""
    places += xp.arange(0, rows.size, rows.shape[1])
    return rows.reshape(-1).take(places)
