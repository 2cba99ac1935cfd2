"""Keeping gradients small: by their common norm, or element by element."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

from retrograd.autograd_core.creation import tensor
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.ops.linalg import vector_norm
from retrograd.autograd_core.tensor import Tensor

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


@no_grad()
def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors together, as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float
        Its order; ``float("inf")`` for the largest element.
    error_if_nonfinite : bool
        Raise RuntimeError if the norm is infinite or NaN.
    foreach
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> rg.nn.utils.get_total_norm([rg.tensor([3.0]), rg.tensor([4.0])])
    tensor(5.)
    """
    given = _listed(tensors)
    if not given:
        return tensor(0.0)
    first = given[0].device
    norms = [vector_norm(t, float(norm_type)).to(first) for t in given]
    total = vector_norm(stack(norms), float(norm_type))
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is "
            "non-finite, so it cannot be clipped. To disable this error and scale the gradients by "
            "the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients by ``max_norm / total_norm`` if that is below 1, in place.

    Examples
    --------
    >>> w = rg.ones(2, requires_grad=True)
    >>> w.grad = rg.tensor([3.0, 4.0])
    >>> rg.nn.utils.clip_grads_with_norm_(w, 1.0, rg.tensor(5.0))
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for p in _listed(parameters):
        if p.grad is not None:
            p.grad.mul_(factor.to(p.grad.device))


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients so that their norm, taken together, is at most `max_norm`, in place.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    max_norm, norm_type : float
        The largest norm allowed, and its order.
    error_if_nonfinite : bool
        Raise RuntimeError if the norm is infinite or NaN.
    foreach
        Accepted for PyTorch's sake.

    Returns
    -------
    The norm before.

    Examples
    --------
    >>> w = rg.ones(2, requires_grad=True)
    >>> w.grad = rg.tensor([3.0, 4.0])
    >>> rg.nn.utils.clip_grad_norm_([w], 1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    given = _listed(parameters)
    if not given and isinstance(parameters, GeneratorType):
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    grads = [p.grad for p in given if p.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(given, max_norm, total, foreach)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: Any = None) -> None:
    """Bring every element of the gradients into ``[-clip_value, clip_value]``, in place.

    Examples
    --------
    >>> w = rg.ones(2, requires_grad=True)
    >>> w.grad = rg.tensor([0.5, -4.0])
    >>> rg.nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 0.5000, -1.0000])
    """
    limit = float(clip_value)
    for p in _listed(parameters):
        if p.grad is not None:
            p.grad.clamp_(min=-limit, max=limit)
