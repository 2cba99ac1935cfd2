"""Instance normalization: by the statistics of each channel of each sample."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.modules.batchnorm import LazyNorm, _NormBase


class _InstanceNorm(_NormBase):
    """Instance normalization; subclasses say of how many dimensions."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_dims(input)
        unbatched = input.ndim == self.dims[0]
        channels = self._channels(input)
        if self.affine and channels != self.num_features:
            raise ValueError(
                f"expected input's size at dim={0 if unbatched else 1} to match num_features "
                f"({self.num_features}), but got: {channels}."
            )
        y = F.instance_norm(
            input.unsqueeze(0) if unbatched else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return y.squeeze(0) if unbatched else y

    def _channels(self, input: Tensor) -> int:
        return input.shape[0 if input.ndim == self.dims[0] else 1]


class InstanceNorm1d(_InstanceNorm):
    """Normalization of each channel of each sample of (N, C, L) or (C, L).

    Parameters are those of `BatchNorm2d`, with affine and track_running_stats False by default.

    Examples
    --------
    >>> rg.nn.InstanceNorm1d(3)(rg.rand(2, 3, 4)).shape
    retrograd.Size([2, 3, 4])
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalization of each channel of each sample of (N, C, H, W) or (C, H, W).

    Parameters are those of `BatchNorm2d`, with affine and track_running_stats False by default.

    Examples
    --------
    >>> rg.nn.InstanceNorm2d(3)(rg.rand(2, 3, 4, 4)).shape
    retrograd.Size([2, 3, 4, 4])
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalization of each channel of each sample of (N, C, D, H, W) or (C, D, H, W).

    Parameters are those of `BatchNorm2d`, with affine and track_running_stats False by default.

    Examples
    --------
    >>> rg.nn.InstanceNorm3d(2)(rg.rand(2, 2, 2, 2, 2)).shape
    retrograd.Size([2, 2, 2, 2, 2])
    """

    dims = (4, 5)


class _LazyInstanceNorm(LazyNorm, _InstanceNorm):
    """An instance norm that takes `num_features` from its first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An `InstanceNorm1d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyInstanceNorm1d()(rg.rand(4, 3, 4)).shape
    retrograd.Size([4, 3, 4])
    """

    becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An `InstanceNorm2d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyInstanceNorm2d()(rg.rand(4, 3, 2, 2)).shape
    retrograd.Size([4, 3, 2, 2])
    """

    becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An `InstanceNorm3d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyInstanceNorm3d()(rg.rand(4, 3, 2, 2, 2)).shape
    retrograd.Size([4, 3, 2, 2, 2])
    """

    becomes = InstanceNorm3d
