"""Softmax along the last dimension on the CPU: small arrays in few calls, large ones in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retrograd.backends.kernels.norm_host import broadcasting
from retrograd.backends.kernels.rows import (
    BLOCK,
    NARROW,
    SMALL,
    RowKernels,
    as_rows,
    of_many_rows,
    of_rows,
    samples,
)
from retrograd.backends.team import TEAM

# Exponentials of such numbers can be added up and divided without care for overflow.
_TAME = 40.0
# Sums of exponentials within these bounds say that nothing was lost.
_LOW, _HIGH = 1e-3, 1e30
# Up to this the logarithm of a sum has no larger rounding error than of a sum that was shifted.
_SMALL_SUM = 1e4
# Elements of rows that are computed together by one of several threads, which share better what is more.
_SHARED_BLOCK = 4 * BLOCK
# Along shorter rows it takes less time to write a number to all of a row than to broadcast it.
_WIDE = 256


class SoftmaxRowKernels(RowKernels):
    """The overrides for arrays in main memory."""

    def softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one; numbers that cannot overflow are not shifted."""
        xp = self.xp
        if x.size <= SMALL and of_rows(x, dim) and _is_tame(x):
            out = xp.exp(x)
            return xp.divide(out, self._repeated_sums(out), out)
        if not of_many_rows(x, dim):
            return super().softmax(x, dim)
        rows, out = as_rows(x, xp.empty(x.shape, x.dtype))

        def some(a: Any, o: Any) -> None:
            total = self._exponentials(a, o)
            self._combine(xp.multiply, o, 1.0 / total, o, self._room(o))

        self._row_blocks(some, rows, out)
        return out.reshape(x.shape)

    def softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        xp = self.xp
        if out.size <= SMALL and of_rows(out, dim):
            result = g * out
            xp.subtract(g, self._repeated_sums(result), result)
            return xp.multiply(result, out, result)
        if not of_many_rows(out, dim):
            return super().softmax_grad(g, out, dim)
        result = xp.empty(out.shape, out.dtype)

        def some(o: Any, c: Any, r: Any) -> None:
            total = self.row_sum(xp.multiply(c, o, out=self._room(o)))
            self._combine(xp.subtract, c, total, r, r)
            r *= o

        self._row_blocks(some, *as_rows(out, g, result))
        return result

    def log_softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        xp = self.xp
        if x.size <= SMALL and of_rows(x, dim) and _is_tame(x):
            out = xp.exp(x)
            xp.divide(out, self._repeated_sums(out), out)
            return xp.log(out, out)
        if not of_many_rows(x, dim):
            return super().log_softmax(x, dim)
        result = xp.empty(x.shape, x.dtype)

        def some(a: Any, o: Any) -> None:
            room = self._room(o)
            total = self.row_sum(xp.exp(a, out=room))
            if not _is_exact(total, _SMALL_SUM):
                self._combine(xp.subtract, a, self.row_max(a), o, o)
                total, a = self.row_sum(xp.exp(o, out=room)), o
            self._combine(xp.subtract, a, xp.log(total), o, room)

        self._row_blocks(some, *as_rows(x, result))
        return result

    def log_softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        xp = self.xp
        if out.size <= SMALL and of_rows(out, dim):
            result = xp.exp(out)
            xp.multiply(result, self._repeated_sums(g), result)
            return xp.subtract(g, result, result)
        if not of_many_rows(out, dim):
            return super().log_softmax_grad(g, out, dim)
        result = xp.empty(out.shape, out.dtype)

        def some(o: Any, c: Any, r: Any) -> None:
            xp.exp(o, out=r)
            self._combine(xp.multiply, r, self.row_sum(c), r, self._room(r))
            xp.subtract(c, r, out=r)

        self._row_blocks(some, *as_rows(out, g, result))
        return result

    def logsumexp(self, x: Any, dim: tuple[int, ...], keepdims: bool = False) -> Any:
        """As the generic one."""
        if not of_many_rows(x, dim):
            return super().logsumexp(x, dim, keepdims)
        xp, generic = self.xp, super().logsumexp

        def some(a: Any) -> Any:
            total = self.row_sum(xp.exp(a, out=self._room(a)))
            return xp.log(total, out=total) if _is_exact(total) else generic(a, (1,))

        found = self._row_blocks(some, *as_rows(x))
        return xp.concatenate(found).reshape(x.shape[:-1] + (1,) * keepdims)

    def logsumexp_grad(self, g: Any, x: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        if not of_many_rows(x, dim):
            return super().logsumexp_grad(g, x, out, dim)
        xp, result = self.xp, self.xp.empty(x.shape, x.dtype)

        def some(a: Any, r: Any, c: Any, total: Any) -> None:
            self._combine(xp.subtract, a, total, r, r)
            xp.exp(r, out=r)
            self._combine(xp.multiply, r, c, r, self._room(r))

        self._row_blocks(some, *as_rows(x, result), g.reshape(-1), out.reshape(-1))
        return result

    # --- losses of classes ------------------------------------------------------------------------

    def cross_entropy(
        self, x: Any, target: Any, weight: Any, ignore_index: int, reduction: str
    ) -> tuple[Any, Any, Any, Any]:
        """As the generic one; of a few plain ones, chosen by one-hot rows."""
        count, classes = x.shape
        few = weight is None and reduction != "none" and classes <= NARROW
        few = few and x.size <= SMALL and of_rows(x, (1,)) and _is_tame(x)
        if not few or target.item(target.argmin()) < 0 or ignore_index >= 0:
            return super().cross_entropy(x, target, weight, ignore_index, reduction)
        xp = self.xp
        try:
            chosen = self.square("diagonal", classes, x.dtype).take(target, 0)
        except IndexError:
            _check_classes(target, classes, ignore_index)
            raise
        probs = xp.exp(x)
        xp.divide(probs, self._repeated_sums(probs), probs)
        loss = xp.log(probs).ravel().dot(chosen.ravel())
        scale = x.dtype.type(1.0 / count if reduction == "mean" else 1.0)
        return -(loss * scale), xp.subtract(probs, chosen, probs), scale, target

    def class_loss(
        self, log_probs: Any, target: Any, weight: Any, ignore_index: int, reduction: str
    ) -> tuple[Any, Any, Any]:
        """As the generic one; IndexError for classes that do not exist."""
        count, classes = log_probs.shape
        if weight is not None or ignore_index >= 0 or not count or target.min() < 0:
            _check_classes(target, classes, ignore_index)
            return super().class_loss(log_probs, target, weight, ignore_index, reduction)
        try:
            loss = -log_probs[self.xp.arange(count), target]
        except IndexError:
            _check_classes(target, classes, ignore_index)
            raise
        # All count alike.
        scale = log_probs.dtype.type(1.0)
        if reduction != "none":
            loss = self.xp.add.reduce(loss)
        if reduction == "mean":
            loss, scale = loss / log_probs.dtype.type(count), scale / log_probs.dtype.type(count)
        return loss, scale, target

    # --- the parts --------------------------------------------------------------------------------

    def _row_blocks(self, work: Callable[..., Any], rows: Any, *others: Any) -> list[Any]:
        """`work` on some rows of each array at a time."""
        with broadcasting(self.xp, rows.shape[1]):
            arrays = (rows, *others)
            block = BLOCK if TEAM.size == 1 else _SHARED_BLOCK
            return self.each(lambda part: work(*[a[part] for a in arrays]), samples(rows, block))

    def _exponentials(self, rows: Any, out: Any) -> Any:
        """The sums of the exponentials of the rows, which `out` gets: shifted only if need be."""
        xp = self.xp
        total = self.row_sum(xp.exp(rows, out=out))
        if _is_exact(total):
            return total
        self._combine(xp.subtract, rows, self.row_max(rows), out, out)
        return self.row_sum(xp.exp(out, out=out))

    def _combine(self, ufunc: Any, rows: Any, numbers: Any, out: Any, room: Any) -> None:
        """`ufunc` of the rows and a number for each; `room`, that of `out` maybe, is written to."""
        columns = rows.shape[1]
        other = self.spread(numbers, room) if columns < _WIDE else numbers[:, None]
        ufunc(rows, other, out=out)

    def _room(self, like: Any) -> Any:
        return self.scratch("rows", like.shape, like.dtype)

    def _repeated_sums(self, x: Any) -> Any:
        """The sums along the last dimension, as an array that `x` can be computed with.

        That of short rows has them once for each element: broadcasting takes longer.
        """
        n = x.shape[-1]
        ones = self.square("ones", n, x.dtype) if n <= NARROW else self.ones(n, x.dtype)[:, None]
        if x.ndim <= 2:
            return x.dot(ones)
        return x.reshape(-1, n).dot(ones).reshape(x.shape[:-1] + ones.shape[1:])


def _is_exact(total: Any, highest: float = _HIGH) -> bool:
    """Whether sums of exponentials say that nothing was lost."""
    return total.min() > _LOW and total.max() < highest


def _is_tame(x: Any) -> bool:
    """Whether no number is far from 0, or NaN."""
    flat = x.ravel()
    if flat.dot(flat) < _TAME * _TAME:
        return True
    # NumPy finds the place of an extreme sooner than the extreme itself.
    return x.item(x.argmax()) < _TAME and x.item(x.argmin()) > -_TAME


def _check_classes(target: Any, classes: int, ignore_index: int) -> None:
    """IndexError for numbers of classes that do not exist."""
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        raise IndexError(
            f"Target {target[wrong][0]} is out of bounds: the input has classes 0 to {classes - 1}"
        )
