"""L-BFGS: Newton's direction from the last steps, with an optional line search."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from retrograd.autograd_core.modes import enable_grad, no_grad
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.tensor import Tensor
from retrograd.optim.optimizer import Optimizer, Params, check_settings

_SUFFICIENT_DECREASE, _CURVATURE = 1e-4, 0.9


class LBFGS(Optimizer):
    """Limited-memory BFGS (Nocedal 1980).

    A step evaluates the closure several times, on all data, until one of the limits is reached.

    Parameters
    ----------
    params : iterable
        Tensors, in one group.
    lr : float
        The step length tried first.
    max_iter, max_eval : int
        Most iterations and evaluations of the closure in one step (1.25 `max_iter` by default).
    tolerance_grad, tolerance_change : float
        Stop where the largest gradient, or the change of loss and parameters, is below.
    history_size : int
        How many steps are remembered.
    line_search_fn : str, optional
        "strong_wolfe", or None for steps of length `lr`.

    Examples
    --------
    >>> w = rg.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = rg.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1) ** 4).sum()
    ...     loss.backward()
    ...     return loss
    >>> before = optimizer.step(closure)
    >>> closure().item() < 1e-6 * before.item()
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        check_settings(lr, 0.0, 0.0)
        if line_search_fn not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported, got {line_search_fn!r}")
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Minimize for up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Clears the gradients, evaluates the loss, calls `backward` and returns the loss.

        Returns
        -------
        The loss before the step.
        """
        if closure is None:
            raise TypeError("LBFGS.step() needs a closure that evaluates the loss and its gradient")
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        with no_grad():
            line = _Line(group["params"], closure)
            first_loss = line.evaluate()
            if line.largest_gradient() <= group["tolerance_grad"]:
                state["func_evals"] += line.evaluations
                return first_loss
            for iteration in range(1, group["max_iter"] + 1):
                if self._iterate(line, state, group, last=iteration == group["max_iter"]):
                    break
            state["func_evals"] += line.evaluations
        return first_loss

    def _iterate(self, line: _Line, state: Any, group: dict[str, Any], last: bool) -> bool:
        """One iteration; whether to stop."""
        state["n_iter"] += 1
        first = state["n_iter"] == 1
        direction = -line.grad if first else _direction(line.grad, state, group["history_size"])
        if first:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        state["d"], state["prev_flat_grad"] = direction, line.grad
        state["prev_loss"] = before = line.loss
        length = float(group["lr"])
        if first:
            length *= min(1.0, 1.0 / float(line.grad.abs().sum()))
        state["t"] = length
        start = _Point(0.0, line.loss, line.grad, float(line.grad.dot(direction)))
        tolerance = group["tolerance_change"]
        if start.slope > -tolerance:
            return True
        if group["line_search_fn"] is not None:
            budget = group["max_eval"] - line.evaluations
            point = _strong_wolfe(line, direction, start, length, tolerance, budget)
            state["t"], line.loss, line.grad = point.t, point.loss, point.grad
            line.move(direction, point.t)
        else:
            line.move(direction, length)
            if not last:
                line.evaluate()
        return (
            line.evaluations >= group["max_eval"]
            or line.largest_gradient() <= group["tolerance_grad"]
            or float(direction.abs().max()) * abs(state["t"]) <= tolerance
            or abs(line.loss - before) < tolerance
        )


def _direction(grad: Tensor, state: dict[str, Any], history_size: int) -> Tensor:
    """The inverse Hessian, as the last steps tell it, times the negative gradient."""
    changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
    change = grad - state["prev_flat_grad"]
    step = state["d"] * state["t"]
    curvature = change.dot(step)
    if curvature > 1e-10:
        if len(changes) == history_size:
            for history in (changes, steps, inverses):
                history.pop(0)
        changes.append(change)
        steps.append(step)
        inverses.append(1.0 / curvature)
        state["H_diag"] = curvature / change.dot(change)
    direction = -grad
    weights = [None] * len(changes)
    for i in reversed(range(len(changes))):
        weights[i] = steps[i].dot(direction) * inverses[i]
        direction = direction - weights[i] * changes[i]
    direction = direction * state["H_diag"]
    for i in range(len(changes)):
        back = changes[i].dot(direction) * inverses[i]
        direction = direction + (weights[i] - back) * steps[i]
    return direction


class _Point(NamedTuple):
    """What is known at distance `t` along the direction: loss, gradient, and slope of the loss."""

    t: float
    loss: float
    grad: Tensor
    slope: float


class _Line:
    """The parameters as one vector that is moved, and the loss and gradient where they are."""

    def __init__(self, params: list[Tensor], closure: Callable[[], Any]):
        self._params, self._closure = params, closure
        self.evaluations = 0
        self.loss = math.inf
        self.grad: Tensor

    def evaluate(self) -> Any:
        """Call the closure where the parameters are."""
        with enable_grad():
            loss = self._closure()
        self.evaluations += 1
        self.loss = float(loss)
        self.grad = cat(
            [
                p.new_zeros(p.numel()) if p.grad is None else p.grad.detach().reshape(-1)
                for p in self._params
            ]
        )
        return loss

    def largest_gradient(self) -> float:
        """The largest element of the gradient by size."""
        return float(self.grad.abs().max())

    def move(self, direction: Tensor, t: float) -> None:
        """Add `t` times the direction to the parameters."""
        start = 0
        for p in self._params:
            part = direction[start : start + p.numel()]
            p.add_(part.reshape(p.shape), alpha=t)
            start += p.numel()

    def at(self, direction: Tensor, t: float) -> _Point:
        """Look at distance `t` along the direction, and come back."""
        here = [p.detach().clone() for p in self._params]
        self.move(direction, t)
        self.evaluate()
        for p, values in zip(self._params, here, strict=True):
            p.copy_(values)
        return _Point(t, self.loss, self.grad, float(self.grad.dot(direction)))


def _strong_wolfe(
    line: _Line, direction: Tensor, start: _Point, t: float, tolerance: float, budget: int
) -> _Point:
    """A point of enough decrease and small enough slope (Nocedal & Wright 2006, algorithm 3.5)."""
    limit = line.evaluations + budget
    previous, new = start, line.at(direction, t)
    pair = None
    while line.evaluations <= limit:
        not_first = line.evaluations + budget - limit > 2
        if _too_high(new, start) or (not_first and new.loss >= previous.loss):
            pair = [previous, new]
        elif abs(new.slope) <= -_CURVATURE * start.slope:
            return new
        elif new.slope >= 0:
            pair = [previous, new]
        if pair is not None:
            return _zoom(line, direction, start, pair, tolerance, limit)
        bounds = (new.t + 0.01 * (new.t - previous.t), new.t * 10)
        t = _cubic_minimum(previous, new, bounds)
        previous, new = new, line.at(direction, t)
    return start if start.loss <= new.loss else new


def _too_high(point: _Point, start: _Point) -> bool:
    return point.loss > start.loss + _SUFFICIENT_DECREASE * point.t * start.slope


def _zoom(
    line: _Line,
    direction: Tensor,
    start: _Point,
    pair: list[_Point],
    tolerance: float,
    limit: int,
) -> _Point:
    """Narrow down the interval between two points until one inside meets the conditions."""
    scale = float(direction.abs().max())
    stuck = False
    low = 0 if pair[0].loss <= pair[1].loss else 1
    while line.evaluations <= limit and abs(pair[1].t - pair[0].t) * scale >= tolerance:
        left, right = sorted((pair[0].t, pair[1].t))
        t = _cubic_minimum(pair[0], pair[1], (left, right))
        margin = 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (stuck or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            stuck = False
        else:
            stuck = near
        new = line.at(direction, t)
        if _too_high(new, start) or new.loss >= pair[low].loss:
            pair[1 - low] = new
            low = 0 if pair[0].loss <= pair[1].loss else 1
            continue
        if abs(new.slope) <= -_CURVATURE * start.slope:
            return new
        if new.slope * (pair[1 - low].t - pair[low].t) >= 0:
            pair[1 - low] = pair[low]
        pair[low] = new
    return pair[low]


def _cubic_minimum(a: _Point, b: _Point, bounds: tuple[float, float]) -> float:
    """The minimum within bounds of the cubic through two points with the slopes there."""
    if a.t > b.t:
        a, b = b, a
    low, high = bounds
    middle = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = middle**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    root = math.sqrt(square)
    divisor = b.slope - a.slope + 2 * root
    if divisor == 0:
        return (low + high) / 2
    t = b.t - (b.t - a.t) * ((b.slope + root - middle) / divisor)
    return min(max(t, low), high)
