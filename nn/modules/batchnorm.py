"""Batch normalization: by the statistics of the batch, or by their running means."""

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


class _NormBase(Module):
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
        bias: bool,
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make(affine and bias, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _make(self, bias: bool, where: dict[str, Any]) -> None:
        n = self.num_features
        self.register_parameter("weight", Parameter(empty(n, **where)) if self.affine else None)
        self.register_parameter("bias", Parameter(empty(n, **where)) if bias else None)
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
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_dims(self, input: Tensor) -> None:
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{n}D" for n in self.dims)
            raise ValueError(f"expected {wanted} input (got {input.ndim}D input)")

    def _channels(self, input: Tensor) -> int:
        return input.shape[1]

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
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
        *,
        bias: bool = True,
    ):
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

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
    affine, bias : bool
        Whether to scale, and whether to shift too.
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


class LazyNorm(LazyModule, _NormBase):
    """A batch or instance norm that takes `num_features` from its first input."""

    def _make(self, bias: bool, where: dict[str, Any]) -> None:
        super()._make(bias, where)
        if self.affine:
            self.weight = UninitializedParameter(empty(0, **where))
        if bias:
            self.bias = UninitializedParameter(empty(0, **where))
        if self.track_running_stats:
            self.register_buffer("running_mean", UninitializedBuffer(empty(0, **where)))
            self.register_buffer("running_var", UninitializedBuffer(empty(0, **where)))

    def infer(self, input: Tensor) -> None:
        self._check_dims(input)
        self.num_features = self._channels(input)
        names = ("weight", "bias", "running_mean", "running_var")
        self.materialize(*((name, (self.num_features,)) for name in names))


class _LazyBatchNorm(LazyNorm, _BatchNorm):
    """A batch norm that takes `num_features` from its first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ):
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)


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
