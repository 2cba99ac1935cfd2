"""Resizing of signals, images and volumes: `interpolate` and its older names."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from retrograd.autograd_core.ops.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from retrograd.autograd_core.ops.resampling import resample
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.registry import KERNELS

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_NEAREST = ("nearest", "nearest-exact")
# The number of spatial dimensions that each of the other modes is for.
_DIMENSIONS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize signals, images or volumes.

    Parameters
    ----------
    input : Tensor
        (N, C, L), (N, C, H, W) or (N, C, D, H, W).
    size : int or sequence of int, optional
        The new spatial size; or else:
    scale_factor : float or sequence of float, optional
        What to multiply the spatial size by.
    mode : str
        "nearest", "nearest-exact", "area", or by number of spatial dimensions "linear" (1),
        "bilinear" and "bicubic" (2), "trilinear" (3).
    align_corners : bool, optional
        Keep the first and last elements in their places, for the modes of the second kind.
    recompute_scale_factor : bool, optional
        Take the scale from the rounded sizes instead of `scale_factor`.
    antialias : bool
        Widen the filter where the image shrinks, for "bilinear" and "bicubic".

    Examples
    --------
    >>> x = rg.tensor([[[1.0, 2.0]]])
    >>> rg.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> rg.nn.functional.interpolate(x, size=3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    """
    count = input.ndim - 2
    _check_mode(input, mode, count, align_corners, antialias)
    sizes, scales = _new_size(input, size, scale_factor, count)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        scales = [None] * count
    if mode == "area":
        return _AREA[count](input, sizes)
    kernels = KERNELS[type(input._data)]
    kind = input.dtype.dtype
    result = input
    for dim, (new, factor) in enumerate(zip(sizes, scales, strict=True), start=2):
        old = input.shape[dim]
        if mode in _NEAREST and old == new and factor in (None, 1.0):
            continue
        align = bool(align_corners)
        scale = _scale(old, new, factor, align)
        if mode in _NEAREST:
            taps = kernels.nearest_taps(old, new, scale, mode == "nearest-exact")
        elif antialias:
            taps = kernels.smooth_taps(old, new, scale, mode == "bicubic", kind)
        elif mode == "bicubic":
            taps = kernels.cubic_taps(old, new, scale, align, kind)
        else:
            taps = kernels.linear_taps(old, new, scale, align, kind)
        result = resample(result, dim=dim, taps=taps)
    return result.clone() if result is input else result


def _check_mode(
    input: Tensor, mode: str, count: int, align_corners: bool | None, antialias: bool
) -> None:
    if mode in (*_NEAREST, "area"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | "
                "bilinear | bicubic | trilinear"
            )
        if count not in (1, 2, 3):
            raise NotImplementedError(
                f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for "
                f"the modes: {' | '.join((*_NEAREST, 'area', *_DIMENSIONS))} (got {mode})"
            )
    elif mode not in _DIMENSIONS:
        raise NotImplementedError(
            f"interpolate(): expected one of the modes "
            f"{' | '.join((*_NEAREST, 'area', *_DIMENSIONS))}, got {mode!r}"
        )
    elif _DIMENSIONS[mode] != count:
        raise NotImplementedError(
            f"Got {input.ndim}D input, but {mode} mode needs {_DIMENSIONS[mode] + 2}D input"
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D "
            "tensor as input"
        )
    if 0 in input.shape[1:]:
        raise RuntimeError(
            "interpolate(): Non-empty data tensor expected (all but the batch dimension), got "
            f"shape {list(input.shape)}"
        )


def _new_size(
    input: Tensor, size: Any, scale_factor: Any, count: int
) -> tuple[list[int], list[float | None]]:
    """The new spatial sizes, and the scale factors that were given."""
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "only one of size or scale_factor should be defined"
            if size is not None
            else "either size or scale_factor should be defined"
        )
    given = scale_factor if size is None else size
    each = list(given) if isinstance(given, (tuple, list)) else [given] * count
    if len(each) != count:
        raise ValueError(
            f"Input and output must have the same number of spatial dimensions, but got input with "
            f"spatial dimensions of {list(input.shape[2:])} and {given} for them"
        )
    if size is None:
        factors: list[float | None] = [float(f) for f in each]
        sizes = [math.floor(n * float(f)) for n, f in zip(input.shape[2:], each, strict=True)]
    else:
        factors, sizes = [None] * count, [int(n) for n in each]
    if min(sizes) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input "
            f"{list(input.shape[2:])} and output {sizes}"
        )
    return sizes, factors


def _scale(old: int, new: int, factor: float | None, align: bool) -> float:
    """Input elements per output element."""
    if align:
        return (old - 1) / (new - 1) if new > 1 else 0.0
    return 1.0 / factor if factor else old / new


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The older name of `interpolate`."""
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The older spelling of ``interpolate(..., mode="nearest")``."""
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The older spelling of ``interpolate(..., mode="bilinear", align_corners=True)``."""
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=3,
    )
