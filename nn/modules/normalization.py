"""Normalization layers: batch, instance, layer, group, root-mean-square, local response."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import empty, ones, tensor, zeros
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import int64
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.modules.lazy import LazyModule
from retrograd.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter


class _RunningNorm(Module):
    """What batch and instance norm share: scale and shift, running mean and variance."""

    dims: tuple[int, ...]
    what: str

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        where = {"device": device, "dtype": dtype}
        self._make(where)
        self.reset_parameters()

    def _make(self, where: dict[str, Any]) -> None:
        n = self.num_features
        self.register_parameter("weight", Parameter(empty(n, **where)) if self.affine else None)
        self.register_parameter("bias", Parameter(empty(n, **where)) if self.affine else None)
        tracked = self.track_running_stats
        self.register_buffer("running_mean", zeros(n, **where) if tracked else None)
        self.register_buffer("running_var", ones(n, **where) if tracked else None)
        self.register_buffer(
            "num_batches_tracked",
            tensor(0, dtype=int64, device=where["device"]) if tracked else None,
        )

    def reset_running_stats(self) -> None:
        """Forget the running statistics."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Scale one, shift zero, no statistics."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def _check_dims(self, input: Tensor) -> None:
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{n}D" for n in self.dims)
            raise ValueError(f"expected {wanted} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_RunningNorm):
    """Batch normalization; subclasses say of how many dimensions."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        self._check_dims(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                factor = 1.0 / float(self.num_batches_tracked)
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            factor,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalization of (N, C) or (N, C, L) over all but the channels.

    Parameters are those of `BatchNorm2d`.

    Examples
    --------
    >>> rg.nn.BatchNorm1d(3)(rg.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).round(decimals=2)
    tensor([[-1.,  0.,  1.],
            [ 1.,  0., -1.]], grad_fn=<RoundBackward0>)
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization of (N, C, H, W) over all but the channels (Ioffe & Szegedy 2015).

    ``(x - mean) / sqrt(var + eps) * weight + bias``, with the statistics of the batch in training
    and the running ones in evaluation.

    Parameters
    ----------
    num_features : int
        C.
    eps : float
    momentum : float or None
        Weight of the newest batch in the running statistics; None averages all batches.
    affine : bool
        Whether to scale and shift.
    track_running_stats : bool

    Examples
    --------
    >>> rg.nn.BatchNorm2d(3)(rg.rand(2, 3, 4, 4)).shape
    retrograd.Size([2, 3, 4, 4])
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalization of (N, C, D, H, W) over all but the channels.

    Parameters are those of `BatchNorm2d`.

    Examples
    --------
    >>> rg.nn.BatchNorm3d(2)(rg.rand(2, 2, 2, 2, 2)).shape
    retrograd.Size([2, 2, 2, 2, 2])
    """

    dims = (5,)


class _LazyBatchNorm(LazyModule, _BatchNorm):
    """A batch norm that takes `num_features` from its first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype)

    def _make(self, where: dict[str, Any]) -> None:
        super()._make(where)
        if self.affine:
            self.weight = UninitializedParameter(empty(0, **where))
            self.bias = UninitializedParameter(empty(0, **where))
        if self.track_running_stats:
            self.register_buffer("running_mean", UninitializedBuffer(empty(0, **where)))
            self.register_buffer("running_var", UninitializedBuffer(empty(0, **where)))

    def infer(self, input: Tensor) -> None:
        self.num_features = input.shape[1]
        names = ("weight", "bias", "running_mean", "running_var")
        self.materialize(*((name, (self.num_features,)) for name in names))


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """A `BatchNorm1d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyBatchNorm1d()(rg.rand(4, 3)).shape
    retrograd.Size([4, 3])
    """

    becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """A `BatchNorm2d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyBatchNorm2d()(rg.rand(4, 3, 2, 2)).shape
    retrograd.Size([4, 3, 2, 2])
    """

    becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """A `BatchNorm3d` that takes `num_features` from its first input.

    Examples
    --------
    >>> rg.nn.LazyBatchNorm3d()(rg.rand(4, 3, 2, 2, 2)).shape
    retrograd.Size([4, 3, 2, 2, 2])
    """

    becomes = BatchNorm3d


class _InstanceNorm(_RunningNorm):
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
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        self._check_dims(input)
        unbatched = input.ndim == self.dims[0]
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


class LayerNorm(Module):
    """Normalization over the last dimensions (Ba et al. 2016).

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The lengths of those dimensions.
    eps : float
    elementwise_affine, bias : bool
        Whether to scale, and whether to shift too.

    Examples
    --------
    >>> rg.nn.LayerNorm(4)(rg.rand(2, 3, 4)).shape
    retrograd.Size([2, 3, 4])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            values = empty(*self.normalized_shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if values is None else Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale one, shift zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class RMSNorm(Module):
    """``x / sqrt(mean(x^2) + eps) * weight`` over the last dimensions (Zhang & Sennrich 2019).

    Parameters
    ----------
    normalized_shape : int or tuple of int
    eps : float, optional
        The smallest number of the input's type by default.
    elementwise_affine : bool
        Whether to scale.

    Examples
    --------
    >>> rg.nn.RMSNorm(2)(rg.tensor([3.0, 4.0])).detach()
    tensor([0.8485, 1.1314])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        values = empty(*self.normalized_shape, device=device, dtype=dtype)
        self.register_parameter("weight", Parameter(values) if elementwise_affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale one."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Normalization of groups of channels of (N, C, ...) (Wu & He 2018).

    Parameters
    ----------
    num_groups, num_channels : int
        The first divides the second.
    eps : float
    affine : bool
        Whether to scale and shift each channel.

    Examples
    --------
    >>> rg.nn.GroupNorm(3, 6)(rg.rand(2, 6, 4, 4)).shape
    retrograd.Size([2, 6, 4, 4])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        for name in ("weight", "bias"):
            values = empty(num_channels, device=device, dtype=dtype) if affine else None
            self.register_parameter(name, None if values is None else Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale one, shift zero."""
        if self.affine:
            init.ones_(self.weight)
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LocalResponseNorm(Module):
    """Division by a power of the squares of neighbouring channels (Krizhevsky et al. 2012).

    Parameters
    ----------
    size : int
        How many channels.
    alpha, beta, k : float
        ``x / (k + alpha / size * sum of squares) ** beta``.

    Examples
    --------
    >>> rg.nn.LocalResponseNorm(2)(rg.rand(2, 6, 4, 4)).shape
    retrograd.Size([2, 6, 4, 4])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
