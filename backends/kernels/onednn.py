"""Kernels by oneDNN where it is installed, else generic."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.backends import onednn
from retrograd.backends.kernels.conv import ConvKernels
from retrograd.backends.kernels.norm import NormKernels
from retrograd.backends.kernels.windows import Padding, Sizes

# Smaller arrays are normalized in less time than it takes to call oneDNN: 17 us.
_SMALL = 4096


class OneDnnKernels(ConvKernels, NormKernels):
    """Overrides of the kernel table.

    Float32 alone goes to oneDNN, except what it has no fast code for.
    """

    # --- convolution --------------------------------------------------------------------------------

    def conv(
        self, x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
    ) -> Any:
        """As the generic one."""
        settings = (stride, padding, dilation, groups)
        y = self._by_onednn("conv", x, w, None, *settings)
        return super().conv(x, w, *settings) if y is None else y

    def conv_input_grad(
        self,
        g: Any,
        w: Any,
        x_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """As the generic one."""
        settings = (x_shape, stride, padding, dilation, groups)
        dx = self._by_onednn("conv_input_grad", g, w, *settings)
        return super().conv_input_grad(g, w, *settings) if dx is None else dx

    def conv_weight_grad(
        self,
        g: Any,
        x: Any,
        w_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """As the generic one."""
        settings = (w_shape, stride, padding, dilation, groups)
        dw = self._by_onednn("conv_weight_grad", g, x, *settings)
        return super().conv_weight_grad(g, x, *settings) if dw is None else dw

    def _by_onednn(self, kind: str, a: Any, b: Any, *settings: Any) -> Any:
        """The result, or None if it is to be computed otherwise."""
        library = self._onednn("conv", a, b)
        return None if library is None else library.compute(kind, a, b, *settings)

    # --- normalization ------------------------------------------------------------------------------

    def normalize(
        self, x: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """As the generic one."""
        found = None
        if _is_of_rows(x, dims, weight, bias):
            library = self._onednn("norm", x, x if weight is None else weight)
            if library is not None:
                found = library.normalize(x, weight, bias, prod(x.shape[: dims[0]]), eps)
        if found is None:
            return super().normalize(x, weight, bias, dims, eps)
        shape = [1 if k in dims else n for k, n in enumerate(x.shape)]
        out, mean, var = found
        mean, var = mean.reshape(shape), var.reshape(shape)
        return out, mean, var, 1.0 / self.xp.sqrt(var + eps)

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
        found = None
        sums_alone = weight is None and (needs[1] or needs[2])
        if needs[0] and not sums_alone and _is_of_rows(x, dims, weight, None):
            library = self._onednn("norm", g, x)
            if library is not None:
                found = library.normalize_grad(g, x, mean, rstd, weight)
        if found is None:
            return super().normalize_grad(g, x, mean, rstd, weight, dims, affine, needs)
        dx, *sums = found
        wanted = [
            s.reshape(affine) if need else None for s, need in zip(sums, needs[1:], strict=True)
        ]
        return (dx, *wanted)

    def _onednn(self, module: str, a: Any, b: Any) -> Any:
        """What computes this by oneDNN, or None."""
        float32 = self.xp.float32
        if not onednn.enabled or a.dtype != float32 or b.dtype != float32:
            return None
        return onednn.load(module)


def _is_of_rows(x: Any, dims: tuple[int, ...], weight: Any, bias: Any) -> bool:
    """Whether the statistics are over the last dimensions, as weight and bias are, and it pays."""
    first = x.ndim - len(dims)
    if x.size < _SMALL or not first or dims != tuple(range(first, x.ndim)):
        return False
    columns = prod(x.shape[first:])
    return all(
        a is None or (a.size == columns and a.shape[first:] == x.shape[first:])
        for a in (weight, bias)
    )
