"""Computations along the last dimension on the CPU: a few rows at a time, sums as products.

NumPy takes long for reductions of short rows, and for the passes over a large array. So rows are
taken in blocks that stay in cache, and added up as a product with ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from retrograd.backends.kernels import Kernels

# Smaller arrays are computed in one piece.
_SMALL = 4096
# Of fewer elements, several passes that say little are over sooner than one that is prepared.
_FEW = 1024
# Longer rows are added up pairwise by NumPy, for the sake of their last digits.
_LONG = 2048
# Shorter rows are turned into columns to find their largest elements.
_SHORT = 96
# Elements of several arrays, and of several rows, that are normalized together.
_PLANES = 1 << 17
# Exponentials of such numbers can be added up without care for overflow.
_TAME = 50.0


class RowKernels(Kernels):
    """The overrides for arrays in main memory."""

    ones: Any  # from `HostKernels`

    def softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one; numbers that cannot overflow are not shifted."""
        if not _of_rows(x, dim):
            return super().softmax(x, dim)
        xp, (rows, out) = self.xp, _as_rows(x, self.xp.empty(x.shape, x.dtype))
        for part in _samples(rows, self.block):
            a, o = rows[part], out[part]
            if a.min() > -_TAME and a.max() < _TAME:
                xp.exp(a, out=o)
            else:
                xp.subtract(a, self._row_max(a), out=o)
                xp.exp(o, out=o)
            o *= 1.0 / self._row_sum(o)
        return out.reshape(x.shape)

    def softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        if not _of_rows(out, dim):
            return super().softmax_grad(g, out, dim)
        xp, result = self.xp, self.xp.empty(out.shape, out.dtype)
        rows, given, results = _as_rows(out, g, result)
        for part in _samples(rows, self.block):
            o, c, r = rows[part], given[part], results[part]
            xp.multiply(c, o, out=r)
            xp.subtract(c, self._row_sum(r), out=r)
            r *= o
        return result

    def log_softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        if not _of_rows(x, dim):
            return super().log_softmax(x, dim)
        xp, result = self.xp, self.xp.empty(x.shape, x.dtype)
        rows, out = _as_rows(x, result)
        for part in _samples(rows, self.block):
            a, o = rows[part], out[part]
            xp.subtract(a, self._row_max(a), out=o)
            o -= xp.log(self._row_sum(xp.exp(o)))
        return result

    def log_softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        if not _of_rows(out, dim):
            return super().log_softmax_grad(g, out, dim)
        xp, result = self.xp, self.xp.empty(out.shape, out.dtype)
        rows, given, results = _as_rows(out, g, result)
        for part in _samples(rows, self.block):
            c, r = given[part], results[part]
            xp.exp(rows[part], out=r)
            r *= self._row_sum(c)
            xp.subtract(c, r, out=r)
        return result

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

    # --- normalization: small arrays at once, large ones some samples at a time ----------------------

    def normalize(
        self, x: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """As the generic one."""
        xp = self.xp
        if x.size > _FEW or x.dtype == xp.float16:
            return super().normalize(x, weight, bias, dims, eps)
        total = xp.add.reduce
        mean = total(x, dims, keepdims=True)
        count = x.size // max(mean.size, 1)
        mean /= count
        out = x - mean
        var = total(out * out, dims, keepdims=True)
        var /= count
        rstd = 1.0 / xp.sqrt(var + eps)
        out *= rstd
        if weight is not None:
            out *= weight
        if bias is not None:
            out += bias
        return out, mean, var, rstd

    def normalize_grad(
        self,
        g: Any,
        x: Any,
        mean: Any,
        rstd: Any,
        weight: Any,
        dims: tuple[int, ...],
        affine: tuple[int, ...],
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """As the generic one."""
        xp = self.xp
        if x.size > _FEW or x.dtype == xp.float16:
            return super().normalize_grad(g, x, mean, rstd, weight, dims, affine, needs)
        total = xp.add.reduce
        normalized = x - mean
        normalized *= rstd
        grad_input = grad_weight = grad_bias = None
        others = tuple([k for k, n in enumerate(affine) if n == 1])
        if needs[1]:
            grad_weight = total(g * normalized, others, keepdims=True)
        if needs[2]:
            grad_bias = total(g, others, keepdims=True)
        if needs[0]:
            scaled = g if weight is None else g * weight
            normalized *= total(scaled * normalized, dims, keepdims=True)
            normalized += total(scaled, dims, keepdims=True)
            normalized /= x.size // max(mean.size, 1)
            grad_input = scaled - normalized
            grad_input *= rstd
        return grad_input, grad_weight, grad_bias

    def _normalize(
        self, x: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        normalize = super()._normalize
        if 0 in dims or x.size <= _PLANES:
            return normalize(x, weight, bias, dims, eps, out)
        found = [normalize(x[p], weight, bias, dims, eps, out[p]) for p in _samples(x, _PLANES)]
        mean, var, rstd = zip(*found, strict=True)
        join = self.xp.concatenate
        return join(mean), join(var), join(rstd)

    def _normalize_grad(
        self,
        g: Any,
        x: Any,
        mean: Any,
        rstd: Any,
        weight: Any,
        dims: tuple[int, ...],
        affine: tuple[int, ...],
        out: Any,
    ) -> tuple[Any, Any]:
        grad = super()._normalize_grad
        if 0 in dims or x.size <= _PLANES:
            return grad(g, x, mean, rstd, weight, dims, affine, out)
        weights: Any = 0.0
        biases: Any = 0.0
        for p in _samples(x, _PLANES):
            sums = grad(g[p], x[p], mean[p], rstd[p], weight, dims, affine, out[p])
            weights, biases = weights + sums[0], biases + sums[1]
        return weights, biases

    def sum_of_products(self, a: Any, b: Any, dims: tuple[int, ...]) -> Any:
        """As the generic one: along the last dimension first, where that is long."""
        last = a.ndim - 1
        if last not in dims or (a.shape[last] < _SHORT and a.size > _SMALL):
            return super().sum_of_products(a, b, dims)
        total = self.xp.vecdot(a, b)[..., None]
        return total if len(dims) == 1 else total.sum(axis=dims, keepdims=True)

    def running_sum(self, x: Any, dim: int, step: int) -> Any:
        """As the generic one; where there are many sums, all of them step by step."""
        if x.size < max(_SMALL, _SHORT * x.shape[dim]) or x.dtype.kind != "f":
            return super().running_sum(x, dim, step)
        out = self.xp.empty(x.shape, x.dtype)
        if dim == x.ndim - 1:
            for part in _samples(x, self.block):
                out[part] = super().running_sum(x[part], dim, step)
            return out
        steps, results = self.xp.moveaxis(x, dim, 0)[::step], self.xp.moveaxis(out, dim, 0)[::step]
        total = self.xp.zeros(steps.shape[1:], "float64")
        for terms, result in zip(steps, results, strict=True):
            total += terms
            result[...] = total
        return out

    # --- the parts --------------------------------------------------------------------------------

    def _row_sum(self, rows: Any) -> Any:
        """The sum of each row, kept."""
        if rows.shape[1] > _LONG:
            return rows.sum(axis=1, keepdims=True)
        return (rows @ self.ones(rows.shape[1], rows.dtype))[:, None]

    def _row_max(self, rows: Any) -> Any:
        """The largest element of each row, kept."""
        if rows.shape[1] < _SHORT:
            return self.xp.ascontiguousarray(rows.T).max(axis=0)[:, None]
        return rows.max(axis=1, keepdims=True)


def _check_classes(target: Any, classes: int, ignore_index: int) -> None:
    """IndexError for numbers of classes that do not exist."""
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        raise IndexError(
            f"Target {target[wrong][0]} is out of bounds: the input has classes 0 to {classes - 1}"
        )


def _samples(x: Any, block: int) -> Iterator[slice]:
    """Slices along the first dimension of about `block` elements each."""
    count = max(1, block // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), count):
        yield slice(start, start + count)


def _of_rows(x: Any, dim: tuple[int, ...]) -> bool:
    """Whether `dim` is the last dimension of a large array of rows."""
    if x.size <= _SMALL or dim != (x.ndim - 1,) or not x.flags.c_contiguous:
        return False
    return x.dtype.name in ("float32", "float64")


def _as_rows(*arrays: Any) -> list[Any]:
    """The arrays with all dimensions but the last in one."""
    return [a.reshape(-1, a.shape[-1]) for a in arrays]
