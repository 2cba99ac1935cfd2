"""Spread and size: variances, norms, distances, covariance."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import pow
from retrograd.autograd_core.ops.casting import cast
from retrograd.autograd_core.ops.comparison import masked, where
from retrograd.autograd_core.ops.dims import count, kept_shape, one_dim, some_dims
from retrograd.autograd_core.ops.elementwise import abs, sign, sqrt, zero
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import converted, mean_, restore, sum_, want_float
from retrograd.backends.dtypes import default_float, to_numpy

__all__ = ["cov", "corrcoef", "dist", "norm", "renorm", "std", "std_mean", "var", "var_mean"]


class Var(Op):
    """The variance over the dimensions `dim`; `correction` is taken from the number of elements."""

    def forward(xp, input, *, dim, correction, keepdim=False):
        return _variance(input, dim, correction, keepdim)

    def vjp_input(g, input, input_shape, dim, correction, keepdim):
        return _var_vjp(g, input, input_shape, dim, correction, keepdim)

    def fused(xp, g, needs, input, dim, correction):
        return (_var_grad(g, input, dim, correction),)


class Std(Op):
    """The square root of `Var`; no gradient where that is 0."""

    def forward(xp, input, *, dim, correction, keepdim=False):
        return xp.sqrt(_variance(input, dim, correction, keepdim))

    def vjp_input(g, input, out, input_shape, dim, correction, keepdim):
        g = masked(g / (out * 2.0), out != 0)
        return _var_vjp(g, input, input_shape, dim, correction, keepdim)

    def fused(xp, g, needs, input, out, dim, correction):
        g = xp.where(out != 0, g / (out * 2.0), xp.zeros_like(g))
        return (_var_grad(g, input, dim, correction),)


def _variance(input: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    n = count(input.shape, dim)
    centred = input - input.sum(axis=dim, keepdims=True) / n
    centred *= centred
    total = centred.sum(axis=dim, keepdims=keepdim)
    total /= max(n - correction, 0)
    return total


def _var_grad(g: Any, input: Any, dim: Any, correction: float) -> Any:
    """`_var_vjp` for raw arrays."""
    n = count(input.shape, dim)
    free = max(n - correction, 0)
    centred = input - input.sum(axis=dim, keepdims=True) / n
    centred *= g.reshape(kept_shape(input.shape, dim)) * (2.0 / free if free else math.inf)
    return centred


def _var_vjp(g: Any, input: Any, shape: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    free = max(count(shape, dim) - correction, 0)
    centred = input - mean_(input, dim=dim, keepdim=True)
    return restore(g * (2.0 / free if free else math.inf), shape, dim, keepdim) * centred


def _spread(
    op: type[Op], input: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any
) -> Any:
    """Read the old and the new way of asking, and compute."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = int(unbiased)
    want_float(op.name, input)
    dims = some_dims(dim, input.ndim)
    return op.function(
        input, dim=dims, correction=1 if correction is None else correction, keepdim=keepdim
    )


@public
def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The variance of all elements, or over the given dimensions.

    Parameters
    ----------
    dim : int or tuple of int, optional
    unbiased : bool, optional
        The older spelling of a `correction` of 1 (True) or 0 (False).
    keepdim : bool
        Keep the dimensions with length 1.
    correction : number
        What is taken from the number of elements before dividing, 1 by default (Bessel).

    Examples
    --------
    >>> rg.var(rg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _spread(Var, input, dim, unbiased, keepdim, correction)


@public
def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The standard deviation of all elements, or over the given dimensions; arguments as in `var`.

    Examples
    --------
    >>> rg.std(rg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    return _spread(Std, input, dim, unbiased, keepdim, correction)


@public
def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The variance and the mean; arguments as in `var`.

    Examples
    --------
    >>> rg.var_mean(rg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _spread(Var, input, dim, unbiased, keepdim, correction), _mean(input, dim, keepdim)


@public
def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The standard deviation and the mean; arguments as in `var`.

    Examples
    --------
    >>> rg.std_mean(rg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _spread(Std, input, dim, unbiased, keepdim, correction), _mean(input, dim, keepdim)


def _mean(input: Any, dim: Any, keepdim: bool) -> Any:
    dim = None if isinstance(dim, bool) else dim
    return mean_(input, dim=some_dims(dim, input.ndim), keepdim=keepdim)


# --- norms ----------------------------------------------------------------------------------------


class VectorNorm(Op, floats=True):
    """``sum(|input|**ord)**(1 / ord)`` over the dimensions `dim`, with its limits for 0 and inf."""

    def forward(xp, input, *, ord, dim, keepdim=False):
        if ord == 2:
            return xp.sqrt((input * input).sum(axis=dim, keepdims=keepdim))
        size = xp.abs(input)
        if ord == math.inf:
            return size.max(axis=dim, keepdims=keepdim)
        if ord == -math.inf:
            return size.min(axis=dim, keepdims=keepdim)
        if ord == 0:
            return (size != 0).astype(input.dtype).sum(axis=dim, keepdims=keepdim)
        if ord == 1:
            return size.sum(axis=dim, keepdims=keepdim)
        return (size**ord).sum(axis=dim, keepdims=keepdim) ** (1.0 / ord)

    def vjp_input(g, input, out, input_shape, input_dtype, ord, dim, keepdim):
        if ord == 0:
            return zero(input)
        if ord == 1:
            return restore(g, input_shape, dim, keepdim) * sign(input)
        if ord == 2:
            return input * restore(masked(g / out, out != 0), input_shape, dim, keepdim)
        if math.isinf(ord):
            # Equally large elements share the gradient.
            chosen = abs(input) == restore(out, input_shape, dim, keepdim)
            parts = sum_(cast(chosen, dtype=input_dtype), dim=dim, keepdim=keepdim)
            return masked(restore(g / parts, input_shape, dim, keepdim) * sign(input), chosen)
        slope = masked(sign(input) * pow(abs(input), ord - 1.0), input != 0)
        scale = masked(g * pow(out, 1.0 - ord), out != 0)
        return slope * restore(scale, input_shape, dim, keepdim)


vector_norm_ = VectorNorm.function


@public
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """The norm of all elements as one vector, or over the given dimensions.

    Parameters
    ----------
    p : number, inf, -inf or "fro"
        The order; "fro" is 2. The nuclear norm of matrices is ``linalg.matrix_norm(x, "nuc")``.
    dim : int or tuple of int, optional
    keepdim : bool
        Keep the dimensions with length 1.
    dtype : dtype, optional
        Convert to this type first.

    Examples
    --------
    >>> rg.norm(rg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    want_float("norm", input)
    if dtype is not None:
        input = converted(input, dtype)
    if p == "nuc":
        from retrograd.autograd_core.ops.linalg import matrix_norm

        return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)
    ord = 2.0 if p in ("fro", None) else float(p)
    return vector_norm_(input, ord=ord, dim=some_dims(dim, input.ndim), keepdim=keepdim)


@public
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The norm of order `p` of ``input - other``, with broadcasting.

    Examples
    --------
    >>> rg.dist(rg.tensor([1.0, 1.0]), rg.tensor([4.0, 5.0]))
    tensor(5.)
    """
    return norm(input - other, p)


@public
def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """The slices along `dim` scaled down to a norm of order `p` of at most `maxnorm`.

    Examples
    --------
    >>> rg.renorm(rg.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    want_float("renorm", input)
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim}")
    if p <= 0 or maxnorm < 0:
        raise RuntimeError(
            f"renorm: expected a positive order p and a maxnorm of at least 0, got {p} and {maxnorm}"
        )
    axis = one_dim(dim, input.ndim)
    others = tuple(k for k in range(input.ndim) if k != axis)
    size = vector_norm_(input, ord=float(p), dim=others, keepdim=True)
    # The small number is PyTorch's.
    return input * where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)


# --- covariance -----------------------------------------------------------------------------------


@public
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance matrix of variables in rows and observations in columns.

    Parameters
    ----------
    input : Tensor, (variables, observations) or (observations,)
    correction : int
        What is taken from the number of observations before dividing.
    fweights : Tensor, (observations,), optional
        How often each observation counts, integers.
    aweights : Tensor, (observations,), optional
        How important each observation is.

    Examples
    --------
    >>> rg.cov(rg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if to_numpy(input.dtype).kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input: use x.float()")
    if aweights is not None:
        want_float("cov", aweights)
    if to_numpy(input.dtype).kind != "f":
        input = cast(input, dtype=default_float())
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    weights = fweights if aweights is None else aweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    if weights is None:
        total: Any = rows.shape[1]
        centred = rows - rows.mean(1, True)
        free: Any = max(total - correction, 0)
        product = centred @ centred.T
    else:
        weights = weights.to(rows.dtype)
        total = weights.sum()
        centred = rows - ((rows * weights).sum(1) / total).unsqueeze(1)
        spent: Any = correction
        if aweights is not None and correction:
            spent = (weights * aweights).sum() / total * correction
        free = (total - spent).clamp(min=0)
        product = (centred * weights) @ centred.T
    result = product / free
    return result.reshape(()) if input.ndim < 2 else result


@public
def corrcoef(input: Any) -> Any:
    """The correlation coefficients of variables in rows and observations in columns.

    Examples
    --------
    >>> rg.corrcoef(rg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    covariance = cov(input)
    if covariance.ndim == 0:
        return covariance / covariance
    deviation = sqrt(covariance.diagonal())
    scaled = covariance / deviation.unsqueeze(1) / deviation
    return scaled.clamp(-1, 1)
