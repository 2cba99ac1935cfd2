"""Instance normalization: by the statistics of each channel of each sample."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.modules.batchnorm import _NormBase


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
        channels = input.shape[0 if unbatched else 1]
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
