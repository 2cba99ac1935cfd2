"""Normalization by mean and variance, or by the mean square, and the backward pass of both."""

from __future__ import annotations

from math import prod
from typing import Any


class Layout:
    """How a normalization sees its input.

    Attributes
    ----------
    whole : tuple of int
        The shape of the input.
    shape : tuple of int
        The same with the elements of one set of statistics along whole dimensions.
    dims : tuple of int
        Those dimensions: (0,), (1,), or the last ones and maybe the first.
    affine : tuple of int
        The shape of weight and bias, which broadcast against `shape`.
    others : tuple of int
        The dimensions along which they do not differ.
    count : int
        How many elements a set of statistics is of, 1 for none.
    copies : int
        How many samples lie side by side in a row, 1 but for what a kernel makes of a layout.
    prepared : dict
        What kernels keep for the next input of this layout, by type.
    """

    __slots__ = ("whole", "shape", "dims", "affine", "others", "count", "copies", "prepared")

    def __init__(
        self,
        whole: tuple[int, ...],
        shape: tuple[int, ...],
        dims: tuple[int, ...],
        affine: tuple[int, ...],
    ):
        self.whole, self.shape, self.dims, self.affine = whole, shape, dims, affine
        full = (1,) * (len(shape) - len(affine)) + affine
        self.others = tuple([k for k, n in enumerate(full) if n == 1])
        self.count = max(1, prod([shape[k] for k in dims]))
        self.copies = 1
        self.prepared: dict[Any, Any] = {}


class NormKernels:
    """The normalization entries of the kernel table.

    `x` and `g` are of the shape of `layout`, `weight` and `bias` (or None) of its `affine`. Statistics
    broadcast against `x`. Results are large arrays of their own in the shape of the whole, small
    ones in that of `layout`. Float16 is computed in float32.
    """

    xp: Any
    sum: Any  # from `ReductionKernels`

    def normalize(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """``(x - mean) / sqrt(var + eps) * weight + bias``, and mean, biased variance, the root."""
        dtype, x = x.dtype, self._wide(x)
        out = self.xp.empty(layout.whole, x.dtype)
        mean, var, std = self._normalize(x, weight, bias, layout, eps, out.reshape(x.shape))
        return out.astype(dtype, copy=False), mean, var, std

    def _normalize(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float, out: Any
    ) -> tuple[Any, Any, Any]:
        """Write the result to `out`; mean, biased variance and standard deviation."""
        mean = self._total(x, layout.dims)
        mean /= layout.count
        self.xp.subtract(x, mean, out=out)
        var = self.sum_of_products(out, out, layout.dims)
        var /= layout.count
        std = self.xp.sqrt(var + eps)
        self._scaled(out, 1.0 / std, weight, layout, out)
        if bias is not None:
            out += bias
        return mean, var, std

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
        """The gradients of `normalize` in `x`, and in a weight and a bias, None where not needed.

        Those in weight and bias have their elements, in whatever shape.
        """
        dtype, g = g.dtype, self._wide(g)
        grad_input = self.xp.empty(layout.whole, g.dtype)
        out = grad_input.reshape(x.shape)
        sums = self._normalize_grad(g, x, mean, std, weight, layout, out)
        grads = zip((grad_input, *sums), needs, strict=True)
        return tuple([d.astype(dtype, copy=False) if need else None for d, need in grads])

    def _normalize_grad(
        self, g: Any, x: Any, mean: Any, std: Any, weight: Any, layout: Layout, out: Any
    ) -> tuple[Any, Any]:
        """Write the gradient in `x` to `out`; those in a weight and a bias.

        In x it is ``rstd (s - mean(s) - n mean(s n))`` for s = g weight and the normalized n.
        """
        rstd = 1.0 / std
        centered = self.xp.subtract(x, mean, out=out)
        product, total, *sums = self._sums(g, centered, rstd, weight, layout)
        out *= rstd * rstd * product / layout.count
        out += rstd * total / layout.count
        self.xp.subtract(self._scaled(g, rstd, weight, layout), out, out=out)
        return tuple(sums)

    def _sums(
        self, g: Any, centered: Any, rstd: Any, weight: Any, layout: Layout, out: Any = None
    ) -> tuple[Any, ...]:
        """The sums of s n and of s, and the gradients in a weight and a bias; `out` is overwritten."""
        if layout.dims == (1,):
            return self._sums_of_rows(g, centered, rstd, weight, out)
        dims, others = layout.dims, layout.others
        inner = tuple([k for k in dims if k in others])
        outer = tuple([k for k in dims if k not in others])
        rest = tuple([k for k in others if k not in dims])
        products, totals = self.sum_of_products(g, centered, inner) * rstd, self._total(g, inner)
        of_weight, of_bias = products.sum(axis=rest), totals.sum(axis=rest)
        if weight is not None:
            products, totals = products * weight, totals * weight
        product = products.sum(axis=outer, keepdims=True)
        return product, totals.sum(axis=outer, keepdims=True), of_weight, of_bias

    def _sums_of_rows(
        self, g: Any, centered: Any, rstd: Any, weight: Any, out: Any = None
    ) -> tuple[Any, ...]:
        """`_sums` for a weight along the rows: each is a product."""
        xp = self.xp
        w = xp.ones(g.shape[1], g.dtype) if weight is None else weight
        products = xp.multiply(g, centered, out=out)
        product, total = (products @ w)[:, None] * rstd, (g @ w)[:, None]
        return product, total, rstd[:, 0] @ products, xp.ones(len(g), g.dtype) @ g

    def _total(self, x: Any, dims: tuple[int, ...]) -> Any:
        """The sum over `dims`, kept."""
        return self.sum(x, dims, keepdims=True)

    def _scaled(self, a: Any, rstd: Any, weight: Any, layout: Layout, out: Any = None) -> Any:
        """``a rstd weight``, in one pass where the factors have the same shape."""
        if weight is None or layout.dims == (1,):
            out = self.xp.multiply(a, rstd, out=out)
            if weight is not None:
                out *= weight
            return out
        return self.xp.multiply(a, rstd * weight, out=out)

    def rms_normalize(self, x: Any, weight: Any, layout: Layout, eps: float) -> tuple[Any, Any]:
        """``x / sqrt(mean(x**2) + eps) * weight``, and 1 / the root."""
        dtype, x = x.dtype, self._wide(x)
        square = self.sum_of_products(x, x, layout.dims)
        square /= layout.count
        rstd = 1.0 / self.xp.sqrt(square + eps)
        out = x * rstd
        if weight is not None:
            out *= weight
        return out.astype(dtype, copy=False), rstd

    def rms_normalize_grad(
        self, g: Any, x: Any, rstd: Any, weight: Any, layout: Layout, needs: tuple[bool, ...]
    ) -> tuple[Any, ...]:
        """The gradients of `rms_normalize` in `x` and in the weight, over the other dimensions."""
        dtype, g = g.dtype, self._wide(g)
        product, _, of_weight, _ = self._sums_of_rows(g, x, rstd, weight)
        grad_input = self.xp.empty(layout.whole, g.dtype)
        out = self._scaled(g, rstd, weight, layout, grad_input.reshape(x.shape))
        out -= x * (rstd * rstd * product / layout.count)
        grads = zip((grad_input, of_weight), needs, strict=True)
        return tuple([d.astype(dtype, copy=False) if need else None for d, need in grads])

    def sum_of_products(self, a: Any, b: Any, dims: tuple[int, ...]) -> Any:
        """``(a * b).sum(dims, keepdims=True)`` without the product in memory."""
        letters = "abcdef"[: a.ndim]
        kept = "".join([c for k, c in enumerate(letters) if k not in dims])
        total = self.xp.einsum(f"{letters},{letters}->{kept}", a, b)
        return total.reshape([1 if k in dims else n for k, n in enumerate(a.shape)])

    def _wide(self, x: Any) -> Any:
        return x.astype(self.xp.float32) if x.dtype == self.xp.float16 else x
