"""Products of two matrices: by BLAS, in pieces where small products are OpenBLAS's faster ones.

Its AVX-512 kernels copy both matrices into blocks first, unless the product is small. That pays
where there are many rows, columns and terms: eight rows times a matrix of 784x256 take a quarter of
the time in pieces that are small.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from retrograd.backends import openblas, threads

# Products that OpenBLAS computes without copies: of at most so many multiplications, and where the
# matrix on the right is a transposed one, of at most so many results.
_SMALL = 1_000_000
_SMALL_TRANSPOSED = 1200
# So few rows, columns or terms are not worth the copies.
_FEW = 32
# Rows at a time, for matrices of at most so many rows.
_BLOCK = 32
_CACHED = 96
# From how many multiplications on it may pay to cut, and several threads do better with the whole.
_LEAST = 1 << 17
_FOR_THREADS = 4_000_000
# Up to so many OpenBLAS takes one thread anyway.
_ALONE = 1 << 18

_thread_count = 1


class ProductKernels:
    """The product of the kernel table."""

    xp: Any

    def product(self, a: Any, b: Any) -> Any:
        """The product of two matrices."""
        # On small matrices `dot` takes a third of the time of `matmul`.
        return a.dot(b)

    def row_block(self, weights: Any) -> int:
        """How many rows at a time are best multiplied with matrices that begin cache lines; 0: all.

        The matrices are the last two dimensions of `weights`.
        """
        return 0


class HostProductKernels(ProductKernels):
    """The product by NumPy."""

    def product(self, a: Any, b: Any) -> Any:
        """As the generic one."""
        return a.dot(b) if a.size * b.shape[1] < _LEAST else self.large_product(a, b)

    def large_product(self, a: Any, b: Any) -> Any:
        """`product`, in pieces where that is faster, and with several threads if it is large."""
        size = a.size * b.shape[1]
        if _thread_count == 1 or size <= _ALONE:
            return self._with_one_thread(a, b)
        if size >= _FOR_THREADS:
            return a.dot(b)
        with openblas.one_thread:
            return self._with_one_thread(a, b)

    def _with_one_thread(self, a: Any, b: Any) -> Any:
        axis, size = _pieces(a, b)
        return self._by_pieces(a, b, axis, size) if size else a.dot(b)

    def row_block(self, weights: Any) -> int:
        """As the generic one says: few, if the columns that OpenBLAS takes at a time stay in cache."""
        width, size = weights.shape[-2:]
        fits = width <= _CACHED and _BLOCK * width * size <= _SMALL
        return _BLOCK if fits and _thread_count == 1 and _may_cut(weights.dtype) else 0

    def _by_pieces(self, a: Any, b: Any, axis: int, size: int) -> Any:
        """The product, `size` rows (axis 0) or columns (axis 1) of the result at a time."""
        xp, m, n = self.xp, len(a), b.shape[1]
        out = xp.empty((m, n), a.dtype)
        if axis == 0:
            end = m - m % size
            xp.matmul(a[:end].reshape(-1, size, a.shape[1]), b, out=out[:end].reshape(-1, size, n))
            if end < m:
                xp.matmul(a[end:], b, out=out[end:])
            return out
        end = n - n % size
        columns = b[:, :end].reshape(len(b), -1, size).swapaxes(0, 1)
        xp.matmul(a, columns, out=out[:, :end].reshape(m, -1, size).swapaxes(0, 1))
        if end < n:
            xp.matmul(a, b[:, end:], out=out[:, end:])
        return out


def _pieces(a: Any, b: Any) -> tuple[int, int]:
    """The axis along which to cut the result, and the size of a piece; 0 to leave it whole."""
    (m, k), n = a.shape, b.shape[1]
    if (m > _FEW and k > _FEW and n > _FEW) or m == 1 or k == 1 or n == 1:
        return 0, 0
    transposed = not b.flags.c_contiguous
    small = m * k * n <= _SMALL and (not transposed or m * n <= _SMALL_TRANSPOSED)
    if small or not (a.flags.forc and b.flags.forc and _may_cut(a.dtype)):
        return 0, 0
    if transposed and a.flags.c_contiguous and (m <= _FEW or n <= _FEW):
        axis, other = (1, m) if m <= _FEW else (0, n)
        return axis, _power(16, min(_SMALL // (k * other), _SMALL_TRANSPOSED // other, 256))
    if not transposed and m <= _FEW:
        return 1, _power(64, min(_SMALL // (k * m), 256))
    if not transposed and k <= _FEW:
        return 0, _power(8, min(_SMALL // (k * n), 64))
    return 0, 0


def _power(least: int, most: int) -> int:
    """The largest power of two from `least` to `most`, or 0."""
    return 1 << most.bit_length() - 1 if most >= least else 0


def _may_cut(dtype: Any) -> bool:
    return dtype.char in "fd" and _has_small_kernels()


@cache
def _has_small_kernels() -> bool:
    return openblas.core() in ("SkylakeX", "Cooperlake", "SapphireRapids")


def _set_num_threads(n: int) -> None:
    global _thread_count
    _thread_count = n


threads.follow(_set_num_threads)
