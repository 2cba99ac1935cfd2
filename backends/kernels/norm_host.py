"""Normalization on the CPU: small arrays in few calls, large ones some samples at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple

from retrograd.backends.kernels.norm import Layout, NormKernels
from retrograd.backends.kernels.rows import samples

# Of fewer elements, the number of calls counts and not what they do.
_FEW = 4096
# Up to so many, sums by a square matrix of ones take less time than to broadcast what comes of them.
_NARROW = 32
# Elements that are normalized together, so that what becomes of them stays in cache.
_BLOCK = 1 << 16
# Along fewer elements a product is not summed by a call for each row.
_SHORT = 96
# Longer rows are added up pairwise by NumPy, for the sake of their last digits.
_LONG = 4096
# Short rows are put side by side to rows of so many elements.
_WIDE = 2048


@contextmanager
def broadcasting(xp: Any, columns: int) -> Iterator[None]:
    """A block in which NumPy broadcasts along rows of so many columns at its best.

    It repeats small operands in a buffer of 8192 elements, which takes longer than the arithmetic.
    With a buffer shorter than a row it computes row by row, without; for short rows it does well
    with one that stays in the first cache.
    """
    with xp.errstate():  # which sets the size back
        xp.setbufsize(64 if columns >= 256 else 1024)
        yield


class Sums(NamedTuple):
    """How a small array is summed.

    `total` sums over the dimensions of statistics, to what broadcasts against the array, `gathered`
    over those along which weight and bias do not differ. `count` is that of the layout.
    """

    total: Callable[[Any], Any]
    gathered: Callable[[Any], Any]
    count: Any


class HostNormKernels(NormKernels):
    """The overrides for arrays in main memory."""

    ones: Any  # from `HostKernels`
    scratch: Any

    def normalize(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """As the generic one."""
        if x.size >= _FEW or x.dtype.char not in "fd":
            return super().normalize(x, weight, bias, layout, eps)
        total, _, count = layout.prepared.get(x.dtype) or self._ways_to_sum(layout, x.dtype)
        mean = total(x)
        mean /= count
        out = x - mean
        var = total(out * out)
        var /= count
        std = self.xp.sqrt(var + eps)
        out /= std
        if weight is not None:
            out *= weight
        if bias is not None:
            out += bias
        return out, mean, var, std

    def normalize_grad(
        self,
        g: Any,
        x: Any,
        mean: Any,
        std: Any,
        weight: Any,
        layout: Layout,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """As the generic one."""
        if x.size >= _FEW or x.dtype.char not in "fd":
            return super().normalize_grad(g, x, mean, std, weight, layout, needs)
        total, gathered, count = layout.prepared.get(x.dtype) or self._ways_to_sum(layout, x.dtype)
        normalized = x - mean
        normalized /= std
        grad_input = None
        grad_weight = gathered(g * normalized) if needs[1] else None
        grad_bias = gathered(g) if needs[2] else None
        if needs[0]:
            scaled = g if weight is None else g * weight
            normalized *= total(scaled * normalized)
            normalized += total(scaled)
            normalized /= count
            grad_input = scaled - normalized
            grad_input /= std
        return grad_input, grad_weight, grad_bias

    def _ways_to_sum(self, layout: Layout, dtype: Any) -> Sums:
        """How arrays of this type are summed, kept with the layout."""
        xp, shape, dims, others = self.xp, layout.shape, layout.dims, layout.others
        reduce = xp.add.reduce
        narrow = len(shape) == 2 and 0 < prod([shape[k] for k in dims]) <= _NARROW
        if narrow:
            ones = xp.ones((layout.count, layout.count), dtype)
            total = ones.dot if dims == (0,) else lambda a: a.dot(ones)
        else:
            total = lambda a: reduce(a, dims, keepdims=True)  # noqa: E731
        if others == (0,):
            gathered = xp.ones(shape[0], dtype).dot
        else:
            gathered = lambda a: reduce(a, others)  # noqa: E731
        found = layout.prepared[dtype] = Sums(total, gathered, xp.asarray(layout.count, dtype))
        return found

    # --- large arrays ---------------------------------------------------------------------------

    def _normalize(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        if x.size <= _BLOCK:
            return super()._normalize(x, weight, bias, layout, eps, out)
        if 0 in layout.dims:
            wide, (x, out), (weight, bias) = _widened(self.xp, layout, (x, out), (weight, bias))
            with broadcasting(self.xp, x.shape[-1]):
                found = self._normalize_together(x, weight, bias, wide, eps, out)
            mean, var, std = [a[:, : layout.shape[1]] for a in found]
            return mean, var, std
        with broadcasting(self.xp, x.shape[-1]):
            return self._normalize_apart(x, weight, bias, layout, eps, out)

    def _normalize_apart(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        """As `_normalize`, where each sample has statistics of its own."""
        xp, dims, count = self.xp, layout.dims, layout.count
        buffer, found = self._buffer("normalized", x), []
        for p in samples(x, _BLOCK):
            part = x[p]
            mean = self._total(part, dims)
            mean /= count
            normalized = xp.subtract(part, mean, out=buffer[: len(part)])
            var = self.sum_of_products(normalized, normalized, dims)
            var /= count
            std = xp.sqrt(var + eps)
            self._scaled(normalized, 1.0 / std, weight, layout, normalized)
            if bias is not None:
                normalized += bias
            out[p] = normalized
            found.append((mean, var, std))
        mean, var, std = map(xp.concatenate, zip(*found, strict=True))
        return mean, var, std

    def _normalize_together(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        """As `_normalize`, where statistics are those of all samples."""
        xp, dims, count = self.xp, layout.dims, layout.count
        buffer, parts = self._buffer("normalized", x), list(samples(x, _BLOCK))
        mean = _folded(xp, self._total(x, dims), layout) / count
        var: Any = 0.0
        for p in parts:
            centered = xp.subtract(x[p], mean, out=buffer[: len(x[p])])
            var = var + self.sum_of_products(centered, centered, dims)
        var = _folded(xp, var, layout) / count
        std = xp.sqrt(var + eps)
        scale = 1.0 / std if weight is None else weight / std
        shift = -mean * scale if bias is None else bias - mean * scale
        for p in parts:
            scaled = xp.multiply(x[p], scale, out=buffer[: len(x[p])])
            scaled += shift
            out[p] = scaled
        return mean, var, std

    def _normalize_grad(
        self, g: Any, x: Any, mean: Any, std: Any, weight: Any, layout: Layout, out: Any
    ) -> tuple[Any, Any]:
        if x.size <= _BLOCK:
            return super()._normalize_grad(g, x, mean, std, weight, layout, out)
        if 0 in layout.dims:
            arrays, rows = (g, x, out), (mean, std, weight)
            wide, (g, x, out), (mean, std, weight) = _widened(self.xp, layout, arrays, rows)
            with broadcasting(self.xp, x.shape[-1]):
                sums = self._grad_together(g, x, mean, std, weight, wide, out)
            of_weight, of_bias = [a[:, : layout.shape[1]] for a in sums]
            return of_weight, of_bias
        with broadcasting(self.xp, x.shape[-1]):
            return self._grad_apart(g, x, mean, 1.0 / std, weight, layout, out)

    def _grad_apart(
        self, g: Any, x: Any, mean: Any, rstd: Any, weight: Any, layout: Layout, out: Any
    ) -> tuple[Any, Any]:
        """As `_normalize_grad`, where each sample has statistics of its own."""
        xp, buffers = self.xp, [self._buffer(name, x) for name in ("normalized", "scaled")]
        factor = rstd / layout.count
        of_weight = of_bias = 0.0
        for p in samples(x, _BLOCK):
            given, r = g[p], rstd[p]
            centered, scaled = [b[: len(given)] for b in buffers]
            xp.subtract(x[p], mean[p], out=centered)
            product, total, *sums = self._sums(given, centered, r, weight, layout, scaled)
            of_weight, of_bias = of_weight + sums[0], of_bias + sums[1]
            centered *= factor[p] * r * product
            centered += factor[p] * total
            self._scaled(given, r, weight, layout, scaled)
            scaled -= centered
            out[p] = scaled
        return of_weight, of_bias

    def _grad_together(
        self, g: Any, x: Any, mean: Any, std: Any, weight: Any, layout: Layout, out: Any
    ) -> tuple[Any, Any]:
        """As `_normalize_grad`, where statistics are those of all samples."""
        xp, dims, rstd = self.xp, layout.dims, 1.0 / std
        buffers = [self._buffer(name, x) for name in ("normalized", "scaled")]
        parts = [(p, *[b[: len(x[p])] for b in buffers]) for p in samples(x, _BLOCK)]
        of_weight, of_bias = 0.0, self._total(g, dims)
        for p, centered, _ in parts:
            xp.subtract(x[p], mean, out=centered)
            of_weight = of_weight + self.sum_of_products(g[p], centered, dims)
        of_weight, of_bias = _folded(xp, of_weight * rstd, layout), _folded(xp, of_bias, layout)
        scale = rstd if weight is None else rstd * weight
        slope = scale * rstd * of_weight / layout.count
        shift = scale * of_bias / layout.count - mean * slope
        for p, sloping, scaled in parts:
            xp.multiply(x[p], slope, out=sloping)
            sloping += shift
            xp.multiply(g[p], scale, out=scaled)
            scaled -= sloping
            out[p] = scaled
        return of_weight, of_bias

    def _buffer(self, name: str, x: Any) -> Any:
        """Memory for some samples of `x`."""
        first = next(iter(samples(x, _BLOCK)))
        return self.scratch(name, x[first].shape, x.dtype)

    def _total(self, x: Any, dims: tuple[int, ...]) -> Any:
        """The sum over `dims`, kept: along the last dimension first, as a product."""
        n = x.shape[-1]
        if dims[-1] != x.ndim - 1 or n > _LONG:
            return self.sum(x, dims, True)
        total = (x @ self.ones(n, x.dtype))[..., None]
        return total if len(dims) == 1 else total.sum(axis=dims, keepdims=True)

    def sum_of_products(self, a: Any, b: Any, dims: tuple[int, ...]) -> Any:
        """As the generic one: along the last dimension first, where that is long."""
        if dims == (0,) and a.size > 4096:
            products = self.xp.multiply(a, b, out=self.scratch("products", a.shape, a.dtype))
            return self.sum(products, dims, True)
        last = a.ndim - 1
        if last not in dims or (a.shape[last] < _SHORT and a.size > 4096):
            return super().sum_of_products(a, b, dims)
        total = self.xp.vecdot(a, b)[..., None]
        return total if len(dims) == 1 else total.sum(axis=dims, keepdims=True)


def _widened(xp: Any, layout: Layout, arrays: Any, rows: Any) -> tuple[Any, Any, Any]:
    """Short rows of `arrays` side by side, if statistics are those of columns; `rows` repeated.

    NumPy takes up to twice as long to broadcast along short rows.
    """
    if layout.dims != (0,):
        return layout, arrays, rows
    count, columns = layout.shape
    copies = 1
    while copies * columns < _WIDE and count % (2 * copies) == 0:
        copies *= 2
    wide = Layout(layout.whole, (count // copies, copies * columns), (0,), (copies * columns,))
    wide.count, wide.copies = count, copies
    repeated = [None if row is None else xp.tile(row, copies) for row in rows]
    return wide, [a.reshape(wide.shape) for a in arrays], repeated


def _folded(xp: Any, sums: Any, layout: Layout) -> Any:
    """The sums of columns, each of all its copies."""
    if layout.copies == 1:
        return sums
    return xp.tile(sums.reshape(layout.copies, -1).sum(axis=0), layout.copies)[None]
