"""Sampling of images and volumes at the points of a grid (Jaderberg et al., 2015)."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from retrograd.autograd_core.creation import linspace, ones
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.filling import fill
from retrograd.autograd_core.ops.gathering import gather
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]

_PADDINGS = ("zeros", "border", "reflection")


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid of an affine map, for `grid_sample`.

    Parameters
    ----------
    theta : Tensor
        (N, 2, 3) for images, (N, 3, 4) for volumes.
    size : sequence of int
        (N, C, H, W) or (N, C, D, H, W): the shape of the output of `grid_sample`.
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the outermost pixels, not their outer edges.

    Returns
    -------
    Tensor
        (N, H, W, 2) or (N, D, H, W, 3); coordinates in the order x, y, z.

    Examples
    --------
    >>> theta = rg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> rg.nn.functional.affine_grid(theta, (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    count = len(size) - 2
    if count not in (2, 3) or tuple(theta.shape) != (size[0], count, count + 1):
        raise ValueError(
            f"Expected a batch of {count}x{count + 1} affine matrices of shape "
            f"[{size[0]}, {count}, {count + 1}] for size {list(size)}. Got {list(theta.shape)}."
        )
    align = _align("affine_grid", align_corners)
    lines = [_centres(int(n), align, theta) for n in size[2:]]
    spatial = tuple(int(n) for n in size[2:])
    coordinates = []
    for k in reversed(range(count)):
        shape = [-1 if j == k else 1 for j in range(count)]
        coordinates.append(lines[k].reshape(shape).expand(*spatial))
    coordinates.append(ones(*spatial, dtype=theta.dtype, device=theta.device))
    base = stack(coordinates, -1).reshape(1, -1, count + 1)
    return (base @ theta.transpose(1, 2)).reshape(size[0], *spatial, count)


def _align(name: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            f"Default {name} behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of "
            "grid_sample for details.",
            stacklevel=3,
        )
    return bool(align_corners)


def _centres(n: int, align: bool, like: Tensor) -> Tensor:
    """The coordinates of `n` pixels between -1 and 1."""
    if n == 1:
        return like.new_zeros(1)
    line = linspace(-1, 1, n, dtype=like.dtype, device=like.device)
    return line if align else line * ((n - 1) / n)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The values of images or volumes at the points of a grid.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W) or (N, C, D, H, W).
    grid : Tensor
        (N, H', W', 2) or (N, D', H', W', 3): points (x, y[, z]), -1 to 1 across the input.
    mode : str
        "bilinear" (trilinear for volumes), "nearest", or "bicubic" for images.
    padding_mode : str
        What is outside: "zeros", "border" (the nearest edge) or "reflection".
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the outermost pixels, not their outer edges.

    Returns
    -------
    Tensor
        (N, C, H', W') or (N, C, D', H', W').

    Examples
    --------
    >>> x = rg.tensor([[[[1.0, 2.0]]]])
    >>> rg.nn.functional.grid_sample(x, rg.zeros(1, 1, 1, 2), align_corners=True)
    tensor([[[[1.5000]]]])
    """
    _check_grid(input, grid, mode, padding_mode)
    align = _align("grid_sample", align_corners)
    count = input.ndim - 2
    sampler = _Sampler(input, grid, padding_mode, align)
    # The last coordinate of a point is that of the first spatial dimension.
    places = [sampler.place(grid[..., count - 1 - k], input.shape[2 + k]) for k in range(count)]
    if mode != "bicubic":
        places = [sampler.inside(p, n) for p, n in zip(places, input.shape[2:], strict=True)]
    taps = {"bilinear": _linear, "nearest": _nearest, "bicubic": _cubic}[mode]
    total: Any = 0.0
    for combination in itertools.product(*[list(taps(p)) for p in places]):
        weight: Any = 1.0
        for _, share in combination:
            weight = weight * share
        indices = [index for index, _ in combination]
        if mode == "bicubic":
            indices = [sampler.inside(i, n) for i, n in zip(indices, input.shape[2:], strict=True)]
        value = sampler.read(indices)
        total = total + (value * weight.unsqueeze(1) if isinstance(weight, Tensor) else value)
    return total


def _check_grid(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    modes = ("bilinear", "nearest", "bicubic")
    if mode not in modes:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be one of {modes}, but got: '{mode}'"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            f"nn.functional.grid_sample(): expected padding_mode to be one of {_PADDINGS}, but "
            f"got: '{padding_mode}'"
        )
    count = input.ndim - 2
    if count not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != count:
        raise RuntimeError(
            f"grid_sample(): expected input (N, C, H, W) and grid (N, H', W', 2), or input "
            f"(N, C, D, H, W) and grid (N, D', H', W', 3), got {list(input.shape)} and "
            f"{list(grid.shape)}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            f"grid_sample(): expected grid and input to have same batch size, but got input with "
            f"sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
        )
    if mode == "bicubic" and count != 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if 0 in input.shape[2:]:
        raise RuntimeError(
            f"grid_sample(): expected input to have non-empty spatial dimensions, but input has "
            f"sizes {list(input.shape)}"
        )


class _Sampler:
    """Reads an input at places given in pixels."""

    def __init__(self, input: Tensor, grid: Tensor, padding_mode: str, align: bool):
        self.input, self.padding_mode, self.align = input, padding_mode, align
        self.flat = input.reshape(*input.shape[:2], -1)
        self.points = tuple(grid.shape[1:-1])

    def place(self, coordinate: Tensor, n: int) -> Tensor:
        """A coordinate from -1 to 1 in pixels."""
        if self.align:
            return (coordinate + 1) * ((n - 1) / 2)
        return ((coordinate + 1) * n - 1) * 0.5

    def inside(self, place: Tensor, n: int) -> Tensor:
        """A place moved into the input, unless there are zeros around it."""
        if self.padding_mode == "zeros":
            return place
        if self.padding_mode == "reflection":
            low, span = (0.0, n - 1.0) if self.align else (-0.5, float(n))
            place = _reflected(place, low, span)
        # No gradient at the ends, as in PyTorch.
        free = (place > 0) & (place < n - 1)
        return where(free, place, place.detach().clamp(0, n - 1))

    def read(self, indices: list[Tensor]) -> Tensor:
        """The values (N, C, *points) at whole-numbered places, 0 outside."""
        valid: Any = None
        position: Any = 0
        for index, n in zip(indices, self.input.shape[2:], strict=True):
            index = index.detach()
            here = (index >= 0) & (index <= n - 1)
            valid = here if valid is None else valid & here
            position = position * n + where(here, index, 0.0).long()
        samples, channels = self.input.shape[:2]
        position = position.reshape(samples, 1, -1).expand(-1, channels, -1)
        values = gather(self.flat, 2, position).reshape(samples, channels, *self.points)
        return values * valid.unsqueeze(1).to(values.dtype)


def _reflected(place: Tensor, low: float, span: float) -> Tensor:
    """A place reflected back and forth until it lies between `low` and ``low + span``."""
    if span == 0:
        return place * 0.0
    away = (place - low).abs()
    flips = (away.detach() / span).floor()
    extra = away - flips * span
    return where(flips % 2 == 0, extra, span - extra) + low


def _nearest(place: Tensor) -> Iterator[tuple[Tensor, Any]]:
    # The value is flat in the grid, whose gradient is therefore zeros.
    yield place.detach().round(), fill(place, 1.0) if place.requires_grad else 1.0


def _linear(place: Tensor) -> Iterator[tuple[Tensor, Any]]:
    first = place.detach().floor()
    share = place - first
    yield first, 1.0 - share
    yield first + 1, share


def _cubic(place: Tensor) -> Iterator[tuple[Tensor, Any]]:
    """Cubic convolution with a = -0.75 (Keys, 1981)."""
    a = -0.75
    first = place.detach().floor()
    share = place - first
    for k in (-1, 0, 1, 2):
        distance = (share - float(k)) if k < 1 else (float(k) - share)
        if k in (0, 1):
            weight = ((a + 2) * distance - (a + 3)) * distance * distance + 1.0
        else:
            weight = (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a
        yield first + k, weight
