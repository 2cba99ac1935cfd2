"""Normalization by mean and variance, or by the mean square, and the backward pass of both."""

from __future__ import annotations

from math import prod
from typing import Any


class NormKernels:
    """The normalization entries of the kernel table.

    `x` has been reshaped so that statistics are taken over whole dimensions `dims`; `weight` and
    `bias` (or None) so that they broadcast against it. Float16 is computed in float32.
    """

    xp: Any
    sum: Any  # from `ReductionKernels`

    def normalize(
        self, x: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """``(x - mean) / sqrt(var + eps) * weight + bias``, and mean, biased variance, 1 / std."""
        dtype, x = x.dtype, self._wide(x)
        count = prod([x.shape[k] for k in dims])
        mean = x.sum(axis=dims, keepdims=True)
        mean /= count
        out = x - mean
        var = self.sum_of_products(out, out, dims)
        var /= count
        rstd = 1.0 / self.xp.sqrt(var + eps)
        self._scale(out, rstd, weight)
        if bias is not None:
            out += bias
        return out.astype(dtype, copy=False), mean, var, rstd

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
        """The gradients of `normalize` in `x`, and in a weight and a bias of shape `affine`."""
        dtype, g = g.dtype, self._wide(g)
        count = prod([x.shape[k] for k in dims])
        centered = x - mean
        rest = tuple([k for k, n in enumerate(affine) if n == 1])
        grad_weight = grad_bias = grad_input = None
        if rest == dims:
            # One weight for each set of statistics: all sums are needed by both.
            total = g.sum(axis=dims, keepdims=True)
            product = self.sum_of_products(g, centered, dims)
            product *= rstd
            grad_weight, grad_bias = product, total
            scale = rstd if weight is None else rstd * weight
            scaled = g
        else:
            if needs[2]:
                grad_bias = self.sum(g, rest, keepdims=True)
            if needs[1]:
                grad_weight = self.sum_of_products(g, centered * rstd, rest)
            scaled, scale = g if weight is None else g * weight, rstd
            total = scaled.sum(axis=dims, keepdims=True)
            product = self.sum_of_products(scaled, centered, dims) * rstd
        if needs[0]:
            # scale * (g - total / count - normalized * product / count)
            centered *= scale * rstd * product / count
            centered += scale * total / count
            grad_input = self.xp.subtract(scaled * scale, centered, out=centered)
        grads = (grad_input, grad_weight, grad_bias)
        return tuple([None if d is None else d.astype(dtype, copy=False) for d in grads])

    def rms_normalize(
        self, x: Any, weight: Any, dims: tuple[int, ...], eps: float
    ) -> tuple[Any, Any]:
        """``x / sqrt(mean(x**2) + eps) * weight``, and 1 / the root."""
        dtype, x = x.dtype, self._wide(x)
        square = self.sum_of_products(x, x, dims)
        square /= prod([x.shape[k] for k in dims])
        rstd = 1.0 / self.xp.sqrt(square + eps)
        out = x * rstd
        if weight is not None:
            out *= weight
        return out.astype(dtype, copy=False), rstd

    def rms_normalize_grad(
        self, g: Any, x: Any, rstd: Any, weight: Any, dims: tuple[int, ...], needs: tuple[bool, ...]
    ) -> tuple[Any, Any]:
        """The gradients of `rms_normalize` in `x` and in the weight, over the other dimensions."""
        dtype, g = g.dtype, self._wide(g)
        rest = tuple([k for k in range(x.ndim) if k not in dims])
        normalized = x * rstd
        grad_input = grad_weight = None
        if needs[1]:
            grad_weight = self.sum_of_products(g, normalized, rest).astype(dtype, copy=False)
        if needs[0]:
            scaled = g if weight is None else g * weight
            product = self.sum_of_products(scaled, normalized, dims)
            normalized *= product / prod([x.shape[k] for k in dims])
            grad_input = self.xp.subtract(scaled, normalized, out=normalized)
            grad_input *= rstd
            grad_input = grad_input.astype(dtype, copy=False)
        return grad_input, grad_weight

    def sum_of_products(self, a: Any, b: Any, dims: tuple[int, ...]) -> Any:
        """``(a * b).sum(dims, keepdims=True)`` without the product in memory."""
        letters = "abcdef"[: a.ndim]
        kept = "".join([c for k, c in enumerate(letters) if k not in dims])
        total = self.xp.einsum(f"{letters},{letters}->{kept}", a, b)
        return total.reshape([1 if k in dims else n for k, n in enumerate(a.shape)])

    def _scale(self, out: Any, rstd: Any, weight: Any) -> None:
        """Multiply `out` in place, in one pass where the factors have the same shape."""
        if weight is None:
            out *= rstd
        elif weight.shape == rstd.shape:
            out *= rstd * weight
        else:
            out *= rstd
            out *= weight

    def _wide(self, x: Any) -> Any:
        return x.astype(self.xp.float32) if x.dtype == self.xp.float16 else x
