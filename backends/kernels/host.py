"""The generic kernels where NumPy wants another way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

from retrograd.backends.kernels import Kernels
from retrograd.backends.kernels.norm_host import HostNormKernels
from retrograd.backends.kernels.onednn import OneDnnKernels
from retrograd.backends.kernels.scipy_special import ScipySpecialKernels
from retrograd.backends.kernels.scratch import Scratch
from retrograd.backends.kernels.softmax_rows import SoftmaxRowKernels
from retrograd.backends.kernels.windows import Sizes, chunks
from retrograd.backends.team import TEAM

# Rows that one product with ones adds up.
_ROWS = 512
# Longer rows are added up pairwise by NumPy, for the sake of their last digits.
_LONG = 2048
# Multiplications in a thread's share that are worth handing over: about 100 us.
_SHARE = 1_000_000
# Fewer elements NumPy adds up at least as fast.
_MANY = 1 << 14


class PlainKernels(Kernels):
    """The generic kernels on NumPy's arrays: all that NumPy needs, and nothing for the sake of speed."""

    def expand(self, x: Any, shape: tuple[int, ...]) -> Any:
        """As the generic one; NumPy would make the view, and all views of it, read-only."""
        if x.flags.c_contiguous and x.size:
            # A fifth of the time of `broadcast_to`, which is Python code.
            lead = len(shape) - x.ndim
            lengths = zip(x.strides, x.shape, shape[lead:], strict=True)
            own = [s if n == m else 0 if n == 1 else None for s, n, m in lengths]
            if None not in own:
                return self.xp.ndarray(shape, x.dtype, x, 0, (0,) * lead + tuple(own))
        view = self.xp.broadcast_to(x, shape)
        if x.flags.writeable:
            view.flags.writeable = True
        return view


class HostKernels(
    HostNormKernels, OneDnnKernels, SoftmaxRowKernels, ScipySpecialKernels, PlainKernels
):
    """The kernel table of NumPy."""

    def __init__(self, xp: Any):
        super().__init__(xp)
        self._ones: dict[Any, Any] = {}
        self._kept = Scratch(xp)

    def each(self, work: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
        """As the generic one, by several threads."""
        return TEAM.each(work, parts)

    def shares(self, count: int, products: int) -> list[slice]:
        """As the generic one."""
        size = min(TEAM.size, count, products // _SHARE)
        return list(chunks(count, -(-count // size))) if size > 1 else [slice(0, count)]

    def scratch(self, name: str, shape: Sizes, dtype: Any) -> Any:
        """As the generic one, but in memory that is kept."""
        return self._kept.take(name, shape, dtype)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """As the generic one, but what was made is kept."""
        return self._kept.once(key, make)

    def sum(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """The sum over `dim`, of rows as a product with ones.

        NumPy adds rows to each other one by one. Of a million rows of float32 that loses two digits
        of a hundred thousand, and on ten columns it takes six times as long as a product.
        """
        if x.size < 2048:
            return self.xp.add.reduce(x, dim, keepdims=keepdims)
        if len(dim) == x.ndim:
            return self._sum_all(x, keepdims)
        if x.ndim > 1 and dim == (x.ndim - 1,) and x.shape[-1] <= _LONG:
            return self._sum_short_rows(x, keepdims)
        if not self._is_of_rows(x, dim):
            return self.xp.add.reduce(x, dim, keepdims=keepdims)
        shape, first, end = x.shape, min(dim), max(dim) + 1
        before, behind = shape[:first], shape[end:]
        rows = x.reshape(prod(before), prod(shape[first:end]), prod(behind))
        middle = (1,) * (end - first) if keepdims else ()
        return self._sum_rows(rows).reshape(before + middle + behind)

    def _sum_all(self, x: Any, keepdims: bool) -> Any:
        """The sum of all elements: of rows as products with ones, then of those."""
        reduce = self.xp.add.reduce
        if x.size < _MANY or not x.flags.c_contiguous or x.dtype.char not in "fd":
            return reduce(x, None, keepdims=keepdims)
        flat, whole = x.reshape(-1), x.size // _ROWS * _ROWS
        total = reduce(flat[:whole].reshape(-1, _ROWS).dot(self.ones(_ROWS, x.dtype)))
        if whole < x.size:
            total = total + reduce(flat[whole:])
        return total.reshape((1,) * x.ndim) if keepdims else total

    def _sum_short_rows(self, x: Any, keepdims: bool) -> Any:
        """The sums along the last dimension as a product with ones."""
        if not x.flags.c_contiguous or x.dtype.name not in ("float32", "float64"):
            return self.xp.add.reduce(x, -1, keepdims=keepdims)  # the method warns of overflows
        total = x.reshape(-1, x.shape[-1]) @ self.ones(x.shape[-1], x.dtype)
        return total.reshape(x.shape[:-1] + (1,) * keepdims)

    def _is_of_rows(self, x: Any, dim: tuple[int, ...]) -> bool:
        """Whether the sum is over neighbouring dimensions in front of the last one, and pays."""
        if not dim or max(dim) == x.ndim - 1:
            return False
        first, end = min(dim), max(dim) + 1
        n = prod(x.shape[first:end])
        small = prod(x.shape[:first]) > 64 and n * prod(x.shape[end:]) < 4096
        plain = x.flags.c_contiguous and x.dtype.name in ("float32", "float64")
        return end - first == len(dim) and n >= 8 and plain and not small

    def _sum_rows(self, rows: Any) -> Any:
        """The sum over the second of three dimensions: of blocks, then of their sums."""
        count, n, width = rows.shape
        while n > _ROWS:
            blocks, rest = divmod(n, _ROWS)
            whole = rows[:, : blocks * _ROWS].reshape(count, blocks, _ROWS, width)
            totals = self.ones(_ROWS, rows.dtype) @ whole
            if rest:
                totals[:, -1] += self.ones(rest, rows.dtype) @ rows[:, -rest:]
            rows, n = totals, blocks
        return self.ones(n, rows.dtype) @ rows

    def ones(self, n: int, dtype: Any) -> Any:
        """`n` ones; few of them are kept for the next time."""
        if n > _ROWS:
            return self.xp.ones(n, dtype)
        if dtype not in self._ones:
            self._ones[dtype] = self.xp.ones(_ROWS, dtype)
        return self._ones[dtype][:n]
