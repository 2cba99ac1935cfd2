"""Normalization: batch, layer, group, instance, root mean square and local response."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import pow
from retrograd.autograd_core.ops.pool import MeanWindow, avg_pool
from retrograd.autograd_core.ops.reduction import mean_
from retrograd.autograd_core.ops.shape import reshape_to, sum_to
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.kernels.norm import Layout

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]


# Layouts of each kind that are kept.
_LAYOUTS = 256


# --- by mean and variance: four ops with the same rules -----------------------------------------


def _seen(array: Any, shape: tuple[int, ...]) -> Any:
    """The array, or None, in this shape."""
    return array if array is None or array.shape == shape else array.reshape(shape)


def _update(running: tuple[Any, Any, float], mean: Any, var: Any, layout: Layout) -> None:
    """Move the running statistics towards these, whose mean over samples is taken if need be."""
    *arrays, momentum = running
    unbiased = momentum * layout.count / max(layout.count - 1, 1)
    for array, new, share in zip(arrays, (mean, var), (momentum, unbiased), strict=True):
        if array is not None:
            samples = new.reshape(-1, array.size)
            array *= 1.0 - momentum
            array += share * (samples[0] if 0 in layout.dims else samples.mean(axis=0))


def _standardized(input: Any, layout: Layout, eps: float) -> tuple[Any, Any]:
    """The input minus mean over standard deviation, in the shape of `layout`; and 1 / std."""
    x = reshape_to(input, layout.shape)
    centered = x - mean_(x, dim=layout.dims, keepdim=True)
    rstd = pow(mean_(centered * centered, dim=layout.dims, keepdim=True) + eps, -0.5)
    return centered * rstd, rstd


class _Standardization:
    """What the four share: the rules; they differ in their layout."""

    def forward(kernels, input, weight, bias, *, layout, eps, running=None):
        """The output, mean and standard deviation.

        `running` are the raw statistics to update and the momentum.
        """
        x, w, b = (
            _seen(input, layout.shape), _seen(weight, layout.affine), _seen(bias, layout.affine)
        )  # fmt: skip
        out, mean, var, std = kernels.normalize(x, w, b, layout, eps)
        if running is not None and input.size:
            _update(running, mean, var, layout)
        return _seen(out, input.shape), mean, std

    def vjp_input(g, input, weight, layout, eps):
        normalized, rstd = _standardized(input, layout, eps)
        scaled = reshape_to(g, layout.shape)
        if weight is not None:
            scaled = scaled * reshape_to(weight, layout.affine)
        mean = mean_(scaled, dim=layout.dims, keepdim=True)
        slope = mean_(scaled * normalized, dim=layout.dims, keepdim=True)
        return reshape_to((scaled - mean - normalized * slope) * rstd, input.shape)

    def vjp_weight(g, input, weight_shape, layout, eps):
        normalized, _ = _standardized(input, layout, eps)
        product = reshape_to(g, layout.shape) * normalized
        return reshape_to(sum_to(product, layout.affine), weight_shape)

    def vjp_bias(g, bias_shape, layout):
        return reshape_to(sum_to(reshape_to(g, layout.shape), layout.affine), bias_shape)

    def fused(kernels, g, needs, input, weight, mean, std, layout, bias_shape):
        g, x = _seen(g, layout.shape), _seen(input, layout.shape)
        w = _seen(weight, layout.affine)
        dx, dw, db = kernels.normalize_grad(g, x, mean, std, w, layout, needs)
        return (
            _seen(dx, input.shape),
            None if dw is None else _seen(dw, weight.shape),
            _seen(db, bias_shape),
        )


class BatchNorm(_Standardization, Op, keeps=("mean", "std")):
    """Each channel normalized over the batch and all positions."""


class LayerNorm(_Standardization, Op, keeps=("mean", "std")):
    """Each sample normalized over its last dimensions."""


class GroupNorm(_Standardization, Op, keeps=("mean", "std")):
    """Each group of channels of each sample normalized."""


class InstanceNorm(_Standardization, Op, keeps=("mean", "std")):
    """Each channel of each sample normalized."""


class FixedNorm(Op):
    """Channels normalized by given statistics: batch norm in evaluation."""

    def forward(xp, input, mean, var, weight, bias, *, eps):
        shape = (1, -1, *[1] * (input.ndim - 2))
        scale = 1.0 / xp.sqrt(var + eps)
        if weight is not None:
            scale *= weight
        out = input * scale.reshape(shape)
        shift = -mean * scale
        out += (shift if bias is None else shift + bias).reshape(shape)
        return out

    def vjp_input(g, var, weight, eps):
        scale = pow(var + eps, -0.5)
        scale = scale if weight is None else scale * weight
        return g * reshape_to(scale, _per_channel(g.shape))

    def vjp_weight(g, input, mean, var, eps):
        shape = _per_channel(g.shape)
        normalized = (input - reshape_to(mean, shape)) * reshape_to(pow(var + eps, -0.5), shape)
        return reshape_to(sum_to(g * normalized, shape), mean.shape)

    def vjp_bias(g, bias_shape):
        return reshape_to(sum_to(g, _per_channel(g.shape)), bias_shape)


def _per_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1, shape[1], *[1] * (len(shape) - 2))


# --- by the mean square -------------------------------------------------------------------------


class RmsNorm(Op, keeps=("rstd",)):
    """Each sample divided by the root of the mean square over its last dimensions."""

    def forward(kernels, input, weight, *, layout, eps):
        x, w = _seen(input, layout.shape), _seen(weight, layout.affine)
        out, rstd = kernels.rms_normalize(x, w, layout, eps)
        return _seen(out, input.shape), rstd

    def vjp_input(g, input, weight, layout, eps):
        normalized, rstd = _over_rms(input, layout, eps)
        scaled = reshape_to(g, layout.shape)
        if weight is not None:
            scaled = scaled * reshape_to(weight, layout.affine)
        slope = mean_(scaled * normalized, dim=layout.dims, keepdim=True)
        return reshape_to((scaled - normalized * slope) * rstd, input.shape)

    def vjp_weight(g, input, weight_shape, layout, eps):
        product = reshape_to(g, layout.shape) * _over_rms(input, layout, eps)[0]
        return reshape_to(sum_to(product, layout.affine), weight_shape)

    def fused(kernels, g, needs, input, weight, rstd, layout):
        g, x = _seen(g, layout.shape), _seen(input, layout.shape)
        w = _seen(weight, layout.affine)
        dx, dw = kernels.rms_normalize_grad(g, x, rstd, w, layout, needs)
        return _seen(dx, input.shape), None if dw is None else _seen(dw, weight.shape)


def _over_rms(input: Any, layout: Layout, eps: float) -> tuple[Any, Any]:
    x = reshape_to(input, layout.shape)
    rstd = pow(mean_(x * x, dim=layout.dims, keepdim=True) + eps, -0.5)
    return x * rstd, rstd


# --- the public functions -----------------------------------------------------------------------


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel minus its mean over its standard deviation (Ioffe and Szegedy, 2015).

    Parameters
    ----------
    input : Tensor
        (N, C) or (N, C, ...).
    running_mean, running_var : Tensor or None
        (C,): the statistics used if not `training`; moved towards those of the batch if `training`.
    weight, bias : Tensor, optional
        (C,): the output is multiplied by one, and the other added.
    training : bool
        Use the statistics of the batch.
    momentum : float
        The share of the batch in the running statistics; the variance there is the unbiased one.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        In training with one value per channel, whose variance is 0.

    Examples
    --------
    >>> x = rg.tensor([[1.0], [3.0]])
    >>> rg.nn.functional.batch_norm(x, None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    shape = input._data.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"batch_norm(): expected input of at least 2 dimensions (N, C, ...), got shape "
            f"{list(shape)}"
        )
    _check_channels("batch_norm", shape, running_mean, running_var, weight, bias)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "batch_norm(): expected running_mean and running_var to be defined when "
                "training=False"
            )
        return FixedNorm.function(input, running_mean, running_var, weight, bias, eps=eps)
    if input._data.size == shape[1]:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}: "
            "use a larger batch, or model.eval()"
        )
    layout = _of_channels(shape)
    if running_mean is None and running_var is None:
        return BatchNorm.function(input, weight, bias, layout=layout, eps=eps)
    running = _running(running_mean, running_var, momentum)
    out = BatchNorm.function(input, weight, bias, layout=layout, eps=eps, running=running)
    _note(running, "batch_norm()")
    return out


@lru_cache(_LAYOUTS)
def _of_channels(shape: tuple[int, ...]) -> Layout:
    """The layout of statistics of a channel over samples and positions."""
    samples, channels, *positions = shape
    if prod(positions) == 1:
        return Layout(shape, (samples, channels), (0,), (channels,))
    return Layout(shape, (samples, channels, prod(positions)), (0, 2), (channels, 1))


def _running(mean: Tensor | None, var: Tensor | None, momentum: float) -> Any:
    """The raw running statistics and the momentum, None if there is nothing to update."""
    if mean is None and var is None:
        return None
    return (*[None if x is None else x._data for x in (mean, var)], momentum)


def _note(running: Any, by: str) -> None:
    for array in (running or ())[:2]:
        if array is not None:
            changes.note(array, by)


def _check_channels(name: str, shape: tuple[int, ...], *parameters: Tensor | None) -> None:
    """RuntimeError if one of running_mean, running_var, weight, bias is not of a channel each."""
    wanted = shape[1:2]
    for k, x in enumerate(parameters):
        if x is not None and x._data.shape != wanted:
            what = ("running_mean", "running_var", "weight", "bias")[k]
            raise RuntimeError(
                f"{name}(): {what} should contain {shape[1]} elements, one for each channel of "
                f"the input of shape {list(shape)}, not {list(x.shape)}"
            )


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample minus mean over standard deviation (Ulyanov et al., 2016).

    Parameters are those of `batch_norm`, with `use_input_stats` for `training`; `input` is
    (N, C, L, ...).

    Examples
    --------
    >>> rg.nn.functional.instance_norm(rg.tensor([[[1.0, 3.0], [5.0, 5.0]]]), eps=0.01)
    tensor([[[-0.9950,  0.9950],
             [ 0.0000,  0.0000]]])
    """
    shape = input._data.shape
    if len(shape) < 3:
        raise RuntimeError(
            f"instance_norm(): expected input of at least 3 dimensions (N, C, L, ...), got shape "
            f"{list(shape)}"
        )
    _check_channels("instance_norm", shape, running_mean, running_var, weight, bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "instance_norm(): expected running_mean and running_var to be defined when "
                "use_input_stats=False"
            )
        return FixedNorm.function(input, running_mean, running_var, weight, bias, eps=eps)
    layout = _of_instances(shape)
    if layout.count == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.shape}"
        )
    running = _running(running_mean, running_var, momentum)
    out = InstanceNorm.function(input, weight, bias, layout=layout, eps=eps, running=running)
    _note(running, "instance_norm()")
    return out


@lru_cache(_LAYOUTS)
def _of_instances(shape: tuple[int, ...]) -> Layout:
    """The layout of statistics of a channel of one sample."""
    return Layout(shape, (*shape[:2], prod(shape[2:])), (2,), (shape[1], 1))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample minus its mean over its standard deviation (Ba, Kiros and Hinton, 2016).

    Parameters
    ----------
    input : Tensor
        (..., *normalized_shape).
    normalized_shape : sequence of int
        The last dimensions, over which statistics are taken.
    weight, bias : Tensor, optional
        Of shape `normalized_shape`: the output is multiplied by one, and the other added.
    eps : float
        Added to the variance.

    Examples
    --------
    >>> rg.nn.functional.layer_norm(rg.tensor([[1.0, 3.0]]), (2,), eps=0.0)
    tensor([[-1.,  1.]])
    """
    layout = _over_last_dims("layer_norm", input, normalized_shape, weight, bias)
    return LayerNorm.function(input, weight, bias, layout=layout, eps=eps)


def _over_last_dims(
    name: str, input: Tensor, normalized_shape: Any, *parameters: Tensor | None
) -> Layout:
    """The layout of statistics over the last dimensions; RuntimeError if the shapes do not fit."""
    wanted = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    shape = input._data.shape
    layout = _of_last_dims(shape, wanted)
    if layout is None:
        raise RuntimeError(_unfitting(name, shape, wanted))
    for k, x in enumerate(parameters):
        if x is not None and x._data.shape != wanted:
            what = ("weight", "bias")[k]
            raise RuntimeError(
                f"{name}(): Expected {what} to be of same shape as normalized_shape, but got "
                f"{what} of shape {list(x.shape)} and normalized_shape = {list(wanted)}"
            )
    return layout


@lru_cache(_LAYOUTS)
def _of_last_dims(shape: tuple[int, ...], wanted: tuple[int, ...]) -> Layout | None:
    """The layout of statistics over the last dimensions, None if those are not `wanted`."""
    lead = len(shape) - len(wanted)
    if not wanted or lead < 0 or shape[lead:] != wanted:
        return None
    features = prod(wanted)
    return Layout(shape, (prod(shape[:lead]), features), (1,), (features,))


def _unfitting(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What is wrong with a normalized_shape."""
    if not wanted:
        return (
            f"{name}(): Expected normalized_shape to be at least 1-dimensional, i.e., containing "
            "at least one element, but got normalized_shape = []"
        )
    return (
        f"{name}(): Given normalized_shape={list(wanted)}, expected input with shape "
        f"[*, {', '.join(map(str, wanted))}], but got input of size {list(shape)}"
    )


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each group of channels minus its mean over its standard deviation (Wu and He, 2018).

    Parameters
    ----------
    input : Tensor
        (N, C, ...).
    num_groups : int
        How many groups; divides C.
    weight, bias : Tensor, optional
        (C,): the output is multiplied by one, and the other added.
    eps : float
        Added to the variance.

    Examples
    --------
    >>> rg.nn.functional.group_norm(rg.tensor([[1.0, 3.0, 5.0, 9.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    shape = input._data.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {len(shape)}"
        )
    if num_groups < 1 or shape[1] % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(shape)} and num_groups={num_groups}"
        )
    _check_channels("group_norm", shape, None, None, weight, bias)
    layout = _of_groups(shape, num_groups)
    return GroupNorm.function(input, weight, bias, layout=layout, eps=eps)


@lru_cache(_LAYOUTS)
def _of_groups(shape: tuple[int, ...], groups: int) -> Layout:
    """The layout of statistics of a group of channels of one sample."""
    members = shape[1] // groups
    seen = (shape[0], groups, members, prod(shape[2:]))
    return Layout(shape, seen, (2, 3), (groups, members, 1))


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Each sample over the root of its mean square (Zhang and Sennrich, 2019).

    Parameters
    ----------
    input : Tensor
        (..., *normalized_shape).
    normalized_shape : sequence of int
        The last dimensions, over which the mean is taken.
    weight : Tensor, optional
        Of shape `normalized_shape`: the output is multiplied by it.
    eps : float, optional
        Added to the mean square, by default the machine epsilon of the input's type.

    Examples
    --------
    >>> rg.nn.functional.rms_norm(rg.tensor([[1.0, 7.0]]), (2,))
    tensor([[0.2000, 1.4000]])
    """
    layout = _over_last_dims("rms_norm", input, normalized_shape, weight)
    if eps is None:
        eps = _EPSILON[input.dtype.name]
    return RmsNorm.function(input, weight, layout=layout, eps=eps)


_EPSILON = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """``x / (k + alpha * mean of x**2 over size channels) ** beta`` (Krizhevsky et al., 2012).

    Parameters
    ----------
    input : Tensor
        (N, C, ...) with at least one dimension behind the channels.
    size : int
        How many neighbouring channels; channels beyond the ends count as zeros.

    Examples
    --------
    >>> rg.nn.functional.local_response_norm(rg.ones(1, 2, 1), size=2, alpha=2.0, beta=1.0)
    tensor([[[0.5000],
             [0.3333]]])
    """
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        )
    flat = (input.shape[0], 1, input.shape[1], prod(input.shape[2:]))
    window = MeanWindow(
        (size, 1), (1, 1), ((size // 2, (size - 1) // 2), (0, 0)), False, True, None
    )
    means = reshape_to(avg_pool(reshape_to(input * input, flat), window=window), input.shape)
    return input / (means * alpha + k) ** beta
