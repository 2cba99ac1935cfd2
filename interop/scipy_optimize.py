"""`minimize`: parameters fitted by `scipy.optimize.minimize`, with exact gradients and Hessians.

SciPy works on one flat vector of float64; parameters have shapes, types and devices of their own.
`FlatLoss` is the loss as SciPy wants it, and `minimize` the whole way there and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from retrograd.autograd_core.creation import eye, tensor
from retrograd.autograd_core.engine import grad
from retrograd.autograd_core.modes import enable_grad, no_grad
from retrograd.autograd_core.ops.joining import cat, stack
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import float64

# What a method of SciPy can use beyond the loss and its gradient; others would warn of it.
_VALUE_ONLY = {"nelder-mead", "powell", "cobyla", "cobyqa"}
_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
_WHOLE_HESSIAN = {"dogleg", "trust-exact"}


class FlatLoss:
    """A loss as a function of all its parameters in one vector of float64.

    Every call writes the vector into the parameters, converted to the type and the device of each,
    and computes the loss anew. No ``grad`` is touched.

    Parameters
    ----------
    loss : callable
        Without arguments; gives a Tensor of one element that is computed from the parameters.
    params : iterable of Tensor
        Leaves of the graph. Those that do not require grad are left alone; those that the loss does
        not depend on have gradient zero.

    Raises
    ------
    TypeError
        If `params` is a Tensor or holds something else.
    ValueError
        If none of them requires grad, or one is not a leaf.

    Examples
    --------
    >>> w = rg.tensor([3.0, -1.0], requires_grad=True)
    >>> flat = rg.interop.FlatLoss(lambda: (w**3).sum(), [w])
    >>> flat.x0
    array([ 3., -1.])
    >>> flat.fun(flat.x0)
    (26.0, array([27.,  3.]))
    >>> flat.hessp(flat.x0, np.array([1.0, 2.0]))
    array([ 18., -12.])
    """

    def __init__(self, loss: Callable[[], Tensor], params: Iterable[Tensor]):
        self.loss, self.params = loss, _leaves(params)
        # The last point at which a Hessian was asked for, and the recorded gradients there.
        self._recorded: tuple[np.ndarray, Sequence[Tensor]] | None = None

    @property
    def x0(self) -> np.ndarray:
        """The parameters as they are now."""
        return _flat(self.params)

    def fun(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss at `x`, and its gradient."""
        value = self._loss_at(x)
        return value.item(), _flat(grad(value, self.params, materialize_grads=True))

    def value(self, x: np.ndarray) -> float:
        """The loss at `x` alone."""
        return self._loss_at(x).item()

    def hessp(self, x: np.ndarray, p: np.ndarray) -> np.ndarray:
        """The product of the Hessian at `x` and `p`, by the derivative of the gradient along `p`."""
        directions = self._split(p)
        pairs = [(g, d) for g, d in zip(self._gradients_at(x), directions) if g.requires_grad]
        if not pairs:
            return x * 0.0
        gradients, cotangents = zip(*pairs, strict=True)
        product = grad(
            gradients, self.params, cotangents, retain_graph=True, materialize_grads=True
        )
        return _flat(product)

    def hess(self, x: np.ndarray) -> np.ndarray:
        """The Hessian at `x`, one product for each parameter element."""
        rows = [tensor(self.hessp(x, unit)) for unit in eye(len(x), dtype=float64).numpy()]
        return stack(rows).numpy()

    def write(self, x: np.ndarray) -> None:
        """Let the parameters have the values `x`."""
        self._recorded = None
        parts = self._split(x)
        with no_grad():
            for p, part in zip(self.params, parts, strict=True):
                p.copy_(part)

    def _loss_at(self, x: np.ndarray) -> Tensor:
        self.write(x)
        with enable_grad():
            value = self.loss()
        if not isinstance(value, Tensor) or value.numel() != 1:
            got = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise RuntimeError(
                f"the loss to minimize must be a Tensor of one element, got {got}: "
                "reduce it first, e.g. by .mean()"
            )
        if not value.requires_grad:
            raise RuntimeError(
                "the loss does not depend on any of the parameters: compute it from them inside the "
                "function, without detach() or item()"
            )
        return value

    def _gradients_at(self, x: np.ndarray) -> Sequence[Tensor]:
        """The gradients as nodes of a graph, kept because methods ask for many products at a point."""
        if self._recorded is None or (self._recorded[0] != x).any():
            value = self._loss_at(x)
            found = grad(value, self.params, create_graph=True, materialize_grads=True)
            self._recorded = x.copy(), found
        return self._recorded[1]

    def _split(self, x: np.ndarray) -> list[Tensor]:
        """The parts of a flat vector, of the parameters' shapes, types and devices."""
        size = sum(p.numel() for p in self.params)
        if x.shape != (size,):
            raise ValueError(
                f"expected a vector of {size} elements, one for each of the parameters', "
                f"got shape {x.shape}"
            )
        parts = tensor(x, dtype=float64).split([p.numel() for p in self.params])
        return [part.reshape(p.shape).to(p) for part, p in zip(parts, self.params, strict=True)]


def minimize(
    loss: Callable[[], Tensor],
    params: Iterable[Tensor],
    method: str = "L-BFGS-B",
    **options: Any,
) -> Any:
    """Minimize a loss over parameters by `scipy.optimize.minimize`; they end at the minimum found.

    Parameters
    ----------
    loss, params
        As for `FlatLoss`. All data goes into every evaluation; it should have no randomness.
    method : str
        One of SciPy's. It is given the exact gradient, and what else it can use: Hessian-vector
        products for "Newton-CG", "trust-ncg", "trust-krylov" and "trust-constr", the Hessian for
        "dogleg" and "trust-exact".
    **options
        SciPy's own arguments: `tol`, `bounds`, `constraints`, `callback`, `options`.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With `x`, `fun`, `success`, `message`, `nit` and more.

    Raises
    ------
    ModuleNotFoundError
        If SciPy is not installed: ``pip install 'retrograd[scipy]'``.

    Notes
    -----
    If an exception ends it, the parameters are again what they were. In float32 a loss has about
    seven digits, at which line searches come to an end: use float64 for a tight minimum.

    Examples
    --------
    >>> w = rg.zeros(2, requires_grad=True)
    >>> target = rg.tensor([1.0, -2.0])
    >>> result = rg.interop.minimize(lambda: ((w - target) ** 2).sum(), [w])
    >>> result.success, w
    (True, tensor([ 1., -2.], requires_grad=True))
    """
    optimize = _scipy_optimize()
    flat = FlatLoss(loss, params)
    start = flat.x0
    try:
        result = optimize.minimize(x0=start, method=method, **_given(flat, method), **options)
        flat.write(result.x)
    except BaseException:
        flat.write(start)
        raise
    return result


def _given(flat: FlatLoss, method: str) -> dict[str, Any]:
    """What SciPy's method of that name can use."""
    name = str(method).lower()
    if name in _VALUE_ONLY:
        return {"fun": flat.value}
    given: dict[str, Any] = {"fun": flat.fun, "jac": True}
    if name in _PRODUCTS:
        given["hessp"] = flat.hessp
    if name in _WHOLE_HESSIAN:
        given["hess"] = flat.hess
    return given


def _leaves(params: Iterable[Tensor]) -> list[Tensor]:
    """Those of the parameters that require grad, each once."""
    if isinstance(params, Tensor):
        raise TypeError("params should be an iterable of Tensors, got a Tensor: put it in a list")
    given = list({id(p): p for p in params}.values())
    for p in given:
        if not isinstance(p, Tensor):
            raise TypeError(f"params should be an iterable of Tensors, got a {type(p).__name__}")
        if not p.is_leaf:
            raise ValueError(
                f"a parameter of shape {list(p.shape)} is not a leaf: it was computed from other "
                "tensors, e.g. by .to(); give those, or use .detach().requires_grad_()"
            )
    found = [p for p in given if p.requires_grad]
    if not found:
        raise ValueError(
            f"none of the {len(given)} parameters requires grad: nothing to minimize over. Check "
            "that the iterable was not used up, or call requires_grad_()"
        )
    return found


def _flat(tensors: Iterable[Tensor]) -> np.ndarray:
    """All elements as a vector of float64 on the host."""
    return cat([t.detach().to("cpu", dtype=float64).reshape(-1) for t in tensors]).numpy()


def _scipy_optimize() -> Any:
    try:
        return import_module("scipy.optimize")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "minimize needs SciPy, which is not installed: pip install 'retrograd[scipy]'",
            name="scipy",
        ) from error


__all__ = ["FlatLoss", "minimize"]
