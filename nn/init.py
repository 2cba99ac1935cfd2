"""Initial values of parameters, with PyTorch's names and PyTorch's numbers for the same seed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from retrograd.autograd_core.creation import empty_like, ones_like
from retrograd.autograd_core.drawing import randperm
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.linalg import qr
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import bool_

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "fan_in_and_fan_out",
    "kaiming_normal_",
    "kaiming_uniform_",
    "lecun_normal_",
    "lecun_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a nonlinearity shrinks the standard deviation, for the inits below.

    Parameters
    ----------
    nonlinearity : str
        "linear", "conv1d", ..., "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
    param : float, optional
        The negative slope of "leaky_relu", 0.01 by default.

    Examples
    --------
    >>> round(rg.nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"Unsupported nonlinearity {nonlinearity!r}: expected one of "
            f"{', '.join([*_GAINS, 'leaky_relu'])}"
        )
    return _GAINS[nonlinearity]


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with numbers uniform in [a, b).

    Examples
    --------
    >>> w = rg.nn.init.uniform_(rg.empty(3), -1.0, 1.0)
    >>> bool((w.abs() <= 1).all())
    True
    """
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with normal numbers.

    Examples
    --------
    >>> rg.nn.init.normal_(rg.empty(2, 3)).shape
    retrograd.Size([2, 3])
    """
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Fill with normal numbers redrawn until they lie in [a, b].

    Where less than 0.3 of the distribution lies there, uniform numbers in [a, b] are drawn instead
    and kept with the probability that the density says (rejection sampling).

    Examples
    --------
    >>> bool(rg.nn.init.trunc_normal_(rg.empty(100)).abs().max() <= 2)
    True
    """

    def cdf(x: float) -> float:
        return (1.0 + math.erf((x - mean) / std / math.sqrt(2.0))) / 2.0

    if not a - 2 * std <= mean <= b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=3,
        )
    if cdf(b) - cdf(a) > 0.3:
        # The bounds as the tensor's type has them.
        low, high = (tensor.new_tensor(bound).item() for bound in (a, b))
        tensor.normal_(mean, std, generator=generator)
        while (outside := (tensor < low) | (tensor > high)).any():
            again = empty_like(tensor).normal_(mean, std, generator=generator)
            tensor.copy_(where(outside, again, tensor))
        return tensor
    mode = max(a, min(mean, b))
    highest = -0.5 * ((mode - mean) / std) ** 2
    pending = ones_like(tensor, dtype=bool_)
    while pending.any():
        drawn = empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.copy_(where(pending, drawn, tensor))
        density = drawn.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(highest)
        chance = empty_like(tensor).uniform_(generator=generator).log_()
        pending = pending & (chance > density)
    return tensor


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`.

    Examples
    --------
    >>> rg.nn.init.constant_(rg.empty(2), 0.3)
    tensor([0.3000, 0.3000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Examples
    --------
    >>> rg.nn.init.ones_(rg.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Examples
    --------
    >>> rg.nn.init.zeros_(rg.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity.

    Examples
    --------
    >>> rg.nn.init.eye_(rg.empty(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    tensor.zero_()
    tensor.diagonal().fill_(1.0)
    return tensor


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution's weight hand as many channels through as it can.

    Examples
    --------
    >>> rg.nn.init.dirac_(rg.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    tensor.zero_()
    per_group = tensor.shape[0] // groups
    centre = tuple(n // 2 for n in tensor.shape[2:])
    for group in range(groups):
        for k in range(min(per_group, tensor.shape[1])):
            tensor[(group * per_group + k, k, *centre)] = 1.0
    return tensor


def fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """The number of inputs of a unit and the number of units an input goes to.

    Examples
    --------
    >>> rg.nn.init.fan_in_and_fan_out(rg.empty(6, 3, 5, 5))
    (75, 150)
    """
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got "
            f"shape {list(tensor.shape)}"
        )
    receptive = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive, tensor.shape[0] * receptive


_calculate_fan_in_and_fan_out = fan_in_and_fan_out


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill uniformly with variance ``gain^2 * 2 / (fan_in + fan_out)`` (Glorot & Bengio 2010).

    Examples
    --------
    >>> w = rg.nn.init.xavier_uniform_(rg.empty(3, 3))
    >>> bool((w.abs() <= 1).all())
    True
    """
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill normally with variance ``gain^2 * 2 / (fan_in + fan_out)`` (Glorot & Bengio 2010).

    Examples
    --------
    >>> rg.nn.init.xavier_normal_(rg.empty(3, 5)).shape
    retrograd.Size([3, 5])
    """
    std = gain * math.sqrt(2.0 / sum(fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return fan_in_and_fan_out(tensor)[mode.lower() == "fan_out"]


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fill uniformly with variance ``gain^2 / fan`` (He et al. 2015).

    Examples
    --------
    >>> rg.nn.init.kaiming_uniform_(rg.empty(3, 5), nonlinearity="relu").shape
    retrograd.Size([3, 5])
    """
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fill normally with variance ``gain^2 / fan`` (He et al. 2015).

    Examples
    --------
    >>> rg.nn.init.kaiming_normal_(rg.empty(3, 5), mode="fan_out").shape
    retrograd.Size([3, 5])
    """
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def lecun_uniform_(tensor: Tensor, generator: Any = None) -> Tensor:
    """Fill uniformly with variance ``1 / fan_in`` (LeCun et al. 1998); for SELU.

    Examples
    --------
    >>> rg.nn.init.lecun_uniform_(rg.empty(3, 5)).shape
    retrograd.Size([3, 5])
    """
    bound = math.sqrt(3.0 / fan_in_and_fan_out(tensor)[0])
    return uniform_(tensor, -bound, bound, generator)


def lecun_normal_(tensor: Tensor, generator: Any = None) -> Tensor:
    """Fill normally with variance ``1 / fan_in`` (LeCun et al. 1998); for SELU.

    Examples
    --------
    >>> rg.nn.init.lecun_normal_(rg.empty(3, 5)).shape
    retrograd.Size([3, 5])
    """
    return normal_(tensor, 0.0, math.sqrt(1.0 / fan_in_and_fan_out(tensor)[0]), generator)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fill so that rows (or columns, the fewer) are orthonormal times `gain` (Saxe et al. 2013).

    Examples
    --------
    >>> w = rg.nn.init.orthogonal_(rg.empty(2, 3))
    >>> rg.allclose(w @ w.T, rg.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    flat = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    q, r = qr(flat.t() if rows < columns else flat)
    # The signs that make the distribution uniform (Mezzadri 2007).
    q = q * r.diagonal().sign()
    tensor.view_as(tensor).copy_((q.t() if rows < columns else q).reshape(tensor.shape))
    return tensor.mul_(gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill a matrix normally, but for a share of each column that is 0 (Martens 2010).

    Parameters
    ----------
    tensor : Tensor, (rows, columns)
    sparsity : float
        The share of zeros in each column, rounded up.
    std : float
        The standard deviation of the other elements.

    Examples
    --------
    >>> w = rg.nn.init.sparse_(rg.empty(4, 3), sparsity=0.5)
    >>> (w == 0).sum(0)
    tensor([2, 2, 2])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[randperm(rows)[:zeros], column] = 0
    return tensor


# --- names without the underscore -----------------------------------------------------------------


def _older(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    name = function.__name__

    def older(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    older.__name__ = older.__qualname__ = name[:-1]
    older.__doc__ = f"The older name of `{name}`."
    return older


uniform, normal, constant = _older(uniform_), _older(normal_), _older(constant_)
eye, dirac, sparse, orthogonal = _older(eye_), _older(dirac_), _older(sparse_), _older(orthogonal_)
xavier_uniform, xavier_normal = _older(xavier_uniform_), _older(xavier_normal_)
kaiming_uniform, kaiming_normal = _older(kaiming_uniform_), _older(kaiming_normal_)
