"""Layers that interpolate to another resolution."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class Upsample(Module):
    """Interpolates to a size or by a factor.

    Parameters
    ----------
    size : int or tuple of int, optional
    scale_factor : float or tuple of float, optional
        One of the two must be given.
    mode : str
        "nearest", "linear", "bilinear", "bicubic" or "trilinear".
    align_corners : bool, optional
        Whether corner pixels stay where they are; not for "nearest".
    recompute_scale_factor : bool, optional

    Examples
    --------
    >>> rg.nn.Upsample(scale_factor=2)(rg.ones(1, 1, 2, 2)).shape
    retrograd.Size([1, 1, 4, 4])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode, self.align_corners = mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        by_factor = self.scale_factor is not None
        what = f"scale_factor={self.scale_factor!r}" if by_factor else f"size={self.size!r}"
        return f"{what}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Interpolates (N, C, H, W) by the nearest pixel.

    Examples
    --------
    >>> rg.nn.UpsamplingNearest2d(scale_factor=2)(rg.ones(1, 1, 2, 2)).shape
    retrograd.Size([1, 1, 4, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Interpolates (N, C, H, W) linearly in both directions, corners aligned.

    Examples
    --------
    >>> rg.nn.UpsamplingBilinear2d(size=3)(rg.tensor([[[[0.0, 1.0], [2.0, 3.0]]]]))
    tensor([[[[0.0000, 0.5000, 1.0000],
              [1.0000, 1.5000, 2.0000],
              [2.0000, 2.5000, 3.0000]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
