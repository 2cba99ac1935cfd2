"""Dropout in its forms: random zeros in training, nothing in evaluation."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.layouts import inverse, outermost_first
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.autograd_core.views import write
from retrograd.backends.device import from_host
from retrograd.backends.random import bernoulli, default_generator

__all__ = [
    "alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout",
]  # fmt: skip

# The value that SELU tends to at minus infinity: -scale * alpha (Klambauer et al. 2017).
_SELU_FLOOR = -1.7580993408473766


def _mask(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """Ones with probability 1 - p on the device of `input`, drawn as PyTorch draws them.

    A mask of the shape of `input` is drawn in the order in which the elements lie in memory.
    """
    kind = input._data.dtype
    if len(shape) < 2 or shape != input._data.shape or input.is_contiguous():
        return wrap(from_host(bernoulli(default_generator, shape, 1 - p, kind), input.device))
    order = outermost_first(input._data)
    drawn = bernoulli(default_generator, tuple([shape[k] for k in order]), 1 - p, kind)
    return wrap(from_host(drawn.transpose(inverse(order)), input.device))


def _check(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _drop(input: Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Tensor:
    """`input` times a mask of `shape` over 1 - p."""
    _check(p)
    if not training or p == 0.0 or not input._data.size:
        return input
    if p == 1.0:
        result = input * 0.0
    else:
        mask = _mask(input, shape, p)
        mask._data /= 1 - p
        result = input * mask
    return write(input, result, "dropout()") if inplace else result


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero with probability `p`, else scaled by ``1 / (1 - p)``, element by element.

    Srivastava et al. 2014. The mask is PyTorch's for the same seed.

    Examples
    --------
    >>> rg.nn.functional.dropout(rg.ones(2), p=0.5, training=False)
    tensor([1., 1.])
    """
    return _drop(input, input._data.shape, p, training, inplace)


def _channels(input: Tensor, ndim: int, batched: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The shape of a mask with one entry a channel; `ndim` counts the dimensions with a batch."""
    if input.ndim not in batched:
        wanted = " or ".join(f"{n}D" for n in batched)
        raise RuntimeError(f"{name}: expected {wanted} input, but received a {input.ndim}D input")
    lead = 2 if input.ndim == ndim else 1
    return (*input.shape[:lead], *[1] * (input.ndim - lead))


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Dropout of whole channels of (N, C, L) or (C, L).

    Examples
    --------
    >>> rg.nn.functional.dropout1d(rg.ones(1, 2), training=False)
    tensor([[1., 1.]])
    """
    return _drop(input, _channels(input, 3, (2, 3), "dropout1d"), p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Dropout of whole channels of (N, C, H, W); a 3D input counts as (N, C, L), as in PyTorch.

    Examples
    --------
    >>> rg.nn.functional.dropout2d(rg.ones(1, 1, 1, 2), training=False)
    tensor([[[[1., 1.]]]])
    """
    return _drop(input, _channels(input, input.ndim, (3, 4), "dropout2d"), p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W).

    Examples
    --------
    >>> rg.nn.functional.dropout3d(rg.ones(1, 1, 1, 2), training=False)
    tensor([[[[1., 1.]]]])
    """
    return _drop(input, _channels(input, 5, (4, 5), "dropout3d"), p, training, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout to the floor of SELU that keeps mean and variance (Klambauer et al. 2017).

    Examples
    --------
    >>> rg.nn.functional.alpha_dropout(rg.ones(2))
    tensor([1., 1.])
    """
    return _alpha(input, input._data.shape, p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...).

    Examples
    --------
    >>> rg.nn.functional.feature_alpha_dropout(rg.ones(1, 2))
    tensor([[1., 1.]])
    """
    shape = (*input.shape[:2], *[1] * (input.ndim - 2))
    return _alpha(input, shape, p, training, inplace)


def _alpha(input: Tensor, shape: Any, p: float, training: bool, inplace: bool) -> Tensor:
    _check(p)
    if not training or p == 0.0 or not input._data.size:
        return input
    if p == 1.0:
        result = input * 0.0
    else:
        mask = _mask(input, shape, p)
        scale = 1.0 / math.sqrt((_SELU_FLOOR**2 * p + 1) * (1 - p))
        shift = (mask - 1) * (-_SELU_FLOOR * scale) + -_SELU_FLOOR * scale * p
        result = input * (mask * scale) + shift
    return write(input, result, "alpha_dropout()") if inplace else result
