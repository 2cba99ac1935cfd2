"""Keeping gradients small: by their common norm, or element by element."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType

from retrograd.autograd_core.creation import tensor
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.ops.joining import stack
from retrograd.autograd_core.ops.linalg import vector_norm
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.together import Together

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: Tensors) -> list[Tensor]:
    return [g for p in _listed(parameters) if (g := p._grad) is not None]


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
    foreach : bool, optional
        False: small tensors one by one instead of many at a time.

    Examples
    --------
    >>> rg.nn.utils.get_total_norm([rg.tensor([3.0]), rg.tensor([4.0])])
    tensor(5.)
    """
    order = float(norm_type)
    return _total_norm(_parts(_listed(tensors), order, foreach), order, error_if_nonfinite)


def _parts(tensors: list[Tensor], order: float, foreach: bool | None) -> Together:
    # Order 0 counts: the norm of norms is how many of the tensors are not zero.
    return Together(tensors, foreach=foreach if order else False)


def _total_norm(parts: Together, order: float, error_if_nonfinite: bool) -> Tensor:
    norms = [vector_norm(t, order) for (t,) in parts.each()]
    if not norms:
        return tensor(0.0)
    if len(norms) == 1 and order:
        total = norms[0]
    else:
        total = vector_norm(stack([norm.to(norms[0].device) for norm in norms]), order)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite norm "
            "anyway, set `error_if_nonfinite=False`"
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
    _scale(Together(_grads(parameters), foreach=foreach), max_norm, total_norm)


def _scale(grads: Together, max_norm: float, total_norm: Tensor) -> None:
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    grads.change(lambda g: g.mul_(factor.to(g.device)), "clip_grad_norm_()")


@no_grad()
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
    foreach : bool, optional
        False: small tensors one by one instead of many at a time.

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
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3
        )
    order = float(norm_type)
    grads = _parts(_grads(given), order, foreach)
    total = _total_norm(grads, order, error_if_nonfinite)
    _scale(grads, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
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
    grads = Together(_grads(parameters), foreach=foreach)
    grads.change(lambda g: g.clamp_(-limit, limit), "clip_grad_value_()")
