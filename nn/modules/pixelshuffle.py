"""Layers that trade channels for resolution, and back."""

from __future__ import annotations

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class PixelShuffle(Module):
    """(N, C r^2, H, W) to (N, C, H r, W r) (Shi et al. 2016).

    Examples
    --------
    >>> rg.nn.PixelShuffle(3)(rg.ones(1, 9, 4, 4)).shape
    retrograd.Size([1, 1, 12, 12])
    """

    def __init__(self, upscale_factor: int):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(N, C, H r, W r) to (N, C r^2, H, W).

    Examples
    --------
    >>> rg.nn.PixelUnshuffle(3)(rg.ones(1, 1, 12, 12)).shape
    retrograd.Size([1, 9, 4, 4])
    """

    def __init__(self, downscale_factor: int):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"
