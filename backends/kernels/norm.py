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
        out = self.xp.empty(x.shape, x.dtype)
        mean, var, rstd = self._normalize(x, weight, bias, dims, eps, out)
        return out.astype(dtype, copy=False), mean, var, rstd

    def _normalize(
        self, x: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        """Write the result to `out`; mean, biased variance and 1 / std."""
        count = prod([x.shape[k] for k in dims])
        mean = self.sum(x, dims, keepdims=True)
        mean /= count
        self.xp.subtract(x, mean, out=out)
        var = self.sum_of_products(out, out, dims)
        var /= count
        rstd = 1.0 / self.xp.sqrt(var + eps)
        self._scale(out, rstd, weight)
        if bias is not None:
            out += bias
        return mean, var, rstd

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
        grad_input = self.xp.empty(x.shape, g.dtype)
        sums = self._normalize_grad(g, x, mean, rstd, weight, dims, affine, grad_input)
        grads = zip((grad_input, *sums), needs, strict=True)
        return tuple([d.astype(dtype, copy=False) if need else None for d, need in grads])

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
        """Write the gradient in `x` to `out`; those in a weight and a bias.

        In x it is ``rstd (s - mean(s) - n mean(s n))`` for s = g weight and the normalized n.
        """
        centered = self.xp.subtract(x, mean, out=out)
        count = prod([x.shape[k] for k in dims])
        if len(affine) == 2 and affine[0] == 1:
            product, total, sums, scaled = self._sums_of_rows(g, centered, rstd, weight)
        else:
            product, total, sums, scaled = self._sums_of_planes(
                g, centered, rstd, weight, dims, affine
            )
        out *= rstd * rstd * product / count
        out += rstd * total / count
        self.xp.subtract(scaled, out, out=out)
        return sums

    def _sums_of_rows(self, g: Any, centered: Any, rstd: Any, weight: Any) -> tuple[Any, ...]:
        """The sums for a weight that differs along the rows, each one product; and s rstd."""
        xp = self.xp
        w = xp.ones(g.shape[1], g.dtype) if weight is None else weight[0]
        products = g * centered
        product = (products @ w)[:, None] * rstd
        total = (g @ w)[:, None]
        # (rows,) @ (rows, columns)
        sums = (rstd[:, 0] @ products)[None], (xp.ones(len(g), g.dtype) @ g)[None]
        scaled = xp.multiply(g, rstd, out=products)
        if weight is not None:
            scaled *= weight
        return product, total, sums, scaled

    def _sums_of_planes(
        self, g: Any, centered: Any, rstd: Any, weight: Any, dims: Any, affine: Any
    ) -> tuple[Any, ...]:
        """The same for a weight that is one number over whole dimensions, which are summed first."""
        inner = tuple([k for k in dims if affine[k] == 1])
        outer = tuple([k for k in dims if affine[k] != 1])
        rest = tuple([k for k, n in enumerate(affine) if n == 1 and k not in inner])
        products, totals = self.sum_of_products(g, centered, inner), self.sum(g, inner, True)
        sums = (products * rstd).sum(axis=rest, keepdims=True), totals.sum(axis=rest, keepdims=True)
        if weight is not None:
            products, totals = products * weight, totals * weight
        product = products.sum(axis=outer, keepdims=True) * rstd
        total = totals.sum(axis=outer, keepdims=True)
        return product, total, sums, g * (rstd if weight is None else rstd * weight)

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
    ) -> tuple[Any, ...]:
        """The gradients of `rms_normalize` in `x` and in the weight, over the other dimensions."""
        dtype, g = g.dtype, self._wide(g)
        product, _, sums, scaled = self._sums_of_rows(g, x, rstd, weight)
        grad_input = x * (rstd * rstd * product / x.shape[1])
        self.xp.subtract(scaled, grad_input, out=grad_input)
        grads = zip((grad_input, sums[0]), needs, strict=True)
        return tuple([d.astype(dtype, copy=False) if need else None for d, need in grads])

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
