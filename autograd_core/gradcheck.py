"""Finite differences for a user's own functions: `gradcheck` and `gradgradcheck`."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from retrograd.autograd_core import engine
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.dtypes import float64
from retrograd.backends.registry import XP

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient that does not agree with finite differences, or cannot be checked."""


@dataclass(frozen=True)
class _Check:
    """One check: the function, its inputs and the tolerances."""

    func: Callable[..., Any]
    inputs: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_undefined_grad: bool
    check_grad_dtypes: bool
    fast_mode: bool

    @property
    def variables(self) -> list[tuple[int, Tensor]]:
        """The inputs that require grad, with their positions."""
        return [
            (k, x) for k, x in enumerate(self.inputs) if isinstance(x, Tensor) and x.requires_grad
        ]


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of `func` with central differences, element by element.

    Parameters
    ----------
    func : callable
        Takes `inputs`, returns a Tensor or a sequence of Tensors.
    inputs : Tensor or sequence
        Tensors that require grad are checked; they should be float64. Anything else is passed on.
    eps : float
        The step of the differences.
    atol, rtol : float
        What ``abs(analytic - numeric) <= atol + rtol * abs(numeric)`` allows.
    raise_exception : bool
        Raise if the check fails, instead of returning False.
    nondet_tol : float
        How far two runs on the same inputs may differ.
    check_undefined_grad : bool
        Also check that zero cotangents give zero gradients.
    check_grad_dtypes : bool
        Also check that gradients have the type of their inputs.
    fast_mode : bool
        Compare along one random direction of each input and output instead of every element.
    check_forward_ad, check_batched_grad, check_batched_forward_grad, masked
        There is no forward mode to check and there are no sparse tensors here: the first must be
        False, the others change nothing.

    Returns
    -------
    bool
        True if everything agrees.

    Raises
    ------
    GradcheckError
        A RuntimeError that names output, input and element, analytic and numeric value.
    ValueError
        If no input requires grad.

    Examples
    --------
    >>> x = rg.tensor([0.5, 2.0], dtype=rg.float64, requires_grad=True)
    >>> rg.autograd.gradcheck(lambda x: (x**3).sum(), [x])
    True
    """
    if check_forward_ad or not check_backward_ad:
        raise ValueError(
            "gradcheck: there is no forward mode to check; leave check_forward_ad False"
        )
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    check = _Check(
        func, given, eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode
    )
    _check_inputs(check)
    try:
        _run(check)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of the gradients of `func` with central differences.

    Arguments as in `gradcheck`, and

    Parameters
    ----------
    grad_outputs : Tensor or sequence of Tensor, optional
        The cotangents of the outputs; by default random numbers.
    gen_non_contig_grad_outputs : bool
        Let those random cotangents not be contiguous.

    Examples
    --------
    >>> x = rg.tensor([0.5, 2.0], dtype=rg.float64, requires_grad=True)
    >>> rg.autograd.gradgradcheck(lambda x: (x**3).sum(), [x])
    True
    """
    if check_fwd_over_rev or not check_rev_over_rev:
        raise ValueError("gradgradcheck: there is no forward mode; leave check_fwd_over_rev False")
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*given))
        cotangents = [_cotangent(o, gen_non_contig_grad_outputs) for o in outputs]
    else:
        cotangents = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)

    def gradient(*arguments: Any) -> Any:
        own = arguments[: len(given)]
        outputs = _differentiable(func(*own))
        wanted = [x for x in own if isinstance(x, Tensor) and x.requires_grad]
        grads = engine.grad(
            outputs, wanted, arguments[len(given) :], create_graph=True, allow_unused=True
        )
        return tuple(g for g in grads if g is not None)

    return gradcheck(
        gradient,
        (*given, *cotangents),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )


# --- the steps of a check -----------------------------------------------------------------------


def _check_inputs(check: _Check) -> None:
    """Say what of the inputs will not work, before anything is computed."""
    if not check.variables:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    for position, x in check.variables:
        if x.dtype is not float64:
            warnings.warn(
                f"Input #{position} requires gradient and is {x.dtype}, not double precision "
                f"floating point: with eps={check.eps:g} its finite differences are mostly "
                "rounding. Use x.double().",
                stacklevel=3,
            )
        strides = getattr(x._data, "strides", ())
        if any(step == 0 and n > 1 for n, step in zip(x.shape, strides, strict=False)):
            raise RuntimeError(
                f"The {position}th input has a dimension with stride 0: its elements share memory, "
                "so they cannot be moved one at a time. Call .contiguous() on it first."
            )


def _run(check: _Check) -> None:
    """All steps, in the order in which their failures explain each other."""
    outputs = _outputs(check)
    again = _outputs(check)
    for (number, first), (_, second) in zip(outputs, again, strict=True):
        gap = _gap(first._data, second._data)
        if not gap <= check.nondet_tol:
            raise GradcheckError(
                f"the function is not deterministic: output {number} differs by {gap:g} between "
                f"two calls with the same inputs (nondet_tol={check.nondet_tol:g}). Fix its random "
                "numbers, e.g. by manual_seed() inside it, or put the module into eval mode."
            )
    analytic = _analytic(check, outputs)
    numeric = _numeric(check, outputs)
    for pair, expected in numeric.items():
        if _mistakes(check, analytic[pair], expected).any():
            if check.fast_mode:
                # Along one direction it cannot be said which element is wrong: look at all.
                _run(replace(check, fast_mode=False))
            raise GradcheckError(_mismatch(check, dict(outputs), pair, analytic[pair], expected))
    for (number, position), second_run in _analytic(check, outputs).items():
        gap = _gap(analytic[number, position], second_run)
        if not gap <= check.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output "
                "multiple times gives different values, although the gradient agrees with finite "
                f"differences: that of output {number} by input {position} differs by {gap:g} "
                f"(nondet_tol={check.nondet_tol:g})"
            )
    if check.check_undefined_grad:
        _check_zero_cotangents(check, outputs)


def _outputs(check: _Check) -> list[tuple[int, Tensor]]:
    """The floating point outputs of the function, with their positions."""
    result = check.func(*check.inputs)
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    for number, output in enumerate(outputs):
        if not isinstance(output, Tensor):
            raise GradcheckError(
                f"output {number} of the function is a {type(output).__name__}, not a Tensor: it "
                "must return a Tensor or a sequence of Tensors (did something turn it into an "
                "array or a number, as .item(), .numpy() or float() do?)"
            )
    return [(n, o) for n, o in enumerate(outputs) if o.dtype.is_floating_point]


def _differentiable(result: Any) -> list[Tensor]:
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    return [o for o in outputs if isinstance(o, Tensor) and o.requires_grad]


def _cotangent(output: Tensor, strided: bool) -> Tensor:
    """Random numbers like `output` that require grad."""
    shape, step = output._data.shape, 2 if strided and output.ndim else 1
    if step == 1:
        return wrap(_random(output._data, shape)).requires_grad_()
    return wrap(_random(output._data, (*shape[:-1], shape[-1] * 2))[..., ::2]).requires_grad_()


def _directions(check: _Check, tensor: Tensor) -> Iterator[Any]:
    """Raw arrays like `tensor`: a one for each element in turn, or one random direction."""
    data = tensor._data
    xp = XP[type(data)]
    if check.fast_mode:
        yield _random(data, data.shape)
        return
    for k in range(data.size):
        unit = xp.zeros(data.size, data.dtype)
        unit[k] = 1
        yield unit.reshape(data.shape)


def _random(data: Any, shape: tuple[int, ...]) -> Any:
    """An array of `shape` of numbers in (-1, 1), always the same ones."""
    draw = random.Random(0).uniform
    numbers = [draw(-1, 1) for _ in range(prod(shape))]
    return XP[type(data)].asarray(numbers, dtype=data.dtype).reshape(shape)


def _numeric(check: _Check, outputs: list[tuple[int, Tensor]]) -> dict[tuple[int, int], Any]:
    """Central differences by (output, input): a row for each direction of the input."""
    jacobians = {}
    for position, x in check.variables:
        rows = [_difference(check, x, step) for step in _directions(check, x)]
        for column, (number, output) in enumerate(outputs):
            if rows and output._data.size:
                jacobian = XP[type(x._data)].stack([row[column] for row in rows])
                if check.fast_mode:
                    (cotangent,) = _directions(check, output)
                    jacobian = jacobian @ cotangent.reshape(-1, 1)
                jacobians[number, position] = jacobian
    return jacobians


def _difference(check: _Check, x: Tensor, step: Any) -> list[Any]:
    """The central difference of each output, flat, when `x` moves along `step`."""
    data = x._data
    saved = data.copy()
    sides = []
    try:
        for length in (check.eps, -check.eps):
            # In place, so that a function that reaches the tensor by a closure sees it too.
            data[...] = saved + length * step
            sides.append([o._data.copy().reshape(-1) for _, o in _outputs(check)])
    finally:
        data[...] = saved
    return [(a - b) / (2 * check.eps) for a, b in zip(*sides, strict=True)]


def _analytic(check: _Check, outputs: list[tuple[int, Tensor]]) -> dict[tuple[int, int], Any]:
    """The gradients in the form of `_numeric`: a column for each cotangent of the output."""
    jacobians = {}
    for number, output in outputs:
        columns = [_gradients(check, number, output, c) for c in _directions(check, output)]
        for k, (position, x) in enumerate(check.variables):
            xp = XP[type(x._data)]
            if not columns or not x._data.size:
                continue
            jacobian = xp.stack([column[k].reshape(-1) for column in columns], axis=1)
            if check.fast_mode:
                (step,) = _directions(check, x)
                jacobian = step.reshape(1, -1) @ jacobian
            jacobians[number, position] = jacobian
    return jacobians


def _gradients(check: _Check, number: int, output: Tensor, cotangent: Any) -> list[Any]:
    """The gradient of one output by each variable as raw arrays, their shapes and types checked."""
    variables = [x for _, x in check.variables]
    found: Any = [None] * len(variables)
    if output.requires_grad:
        found = engine.grad(
            [output], variables, [wrap(cotangent)], retain_graph=True, allow_unused=True
        )
    arrays = []
    for (position, x), gradient in zip(check.variables, found, strict=True):
        what = f"the gradient of output {number} by input {position}"
        if gradient is None:
            arrays.append(x._data * 0.0)
            continue
        if gradient.shape != x.shape:
            raise GradcheckError(
                f"{what} has the wrong shape: {list(gradient.shape)}, but the input has shape "
                f"{list(x.shape)}. A backward must sum over what the forward has broadcast."
            )
        if check.check_grad_dtypes and gradient.dtype is not x.dtype:
            raise GradcheckError(
                f"{what} has the wrong type: {gradient.dtype}, but the input is {x.dtype}"
            )
        arrays.append(gradient._data)
    return arrays


def _check_zero_cotangents(check: _Check, outputs: list[tuple[int, Tensor]]) -> None:
    """GradcheckError if a zero cotangent of one output gives a gradient that is not zero."""
    for number, output in outputs:
        gradients = _gradients(check, number, output, output._data * 0.0)
        for (position, _), gradient in zip(check.variables, gradients, strict=True):
            if (gradient != 0).any():
                raise GradcheckError(
                    f"backward not multiplied by grad_output: a zero cotangent of output {number} "
                    f"gives input {position} a gradient that is not zero"
                )


# --- comparing and explaining -------------------------------------------------------------------


def _gap(a: Any, b: Any) -> float:
    """The largest difference between two arrays; NaN equals NaN; infinite if the shapes differ."""
    if a.shape != b.shape:
        return math.inf
    differs = (a != b) & ~((a != a) & (b != b))
    return float(abs(a - b)[differs].max()) if differs.any() else 0.0


def _mistakes(check: _Check, analytic: Any, numeric: Any) -> Any:
    """Where two Jacobians differ by more than the tolerances, or one is NaN."""
    return ~(abs(analytic - numeric) <= check.atol + check.rtol * abs(numeric))


def _mismatch(
    check: _Check, outputs: dict[int, Tensor], pair: tuple[int, int], analytic: Any, numeric: Any
) -> str:
    """What to say of two Jacobians that differ: where most, by how much, and a likely reason."""
    number, position = pair
    x, output = check.inputs[position], outputs[number]
    wrong = _mistakes(check, analytic, numeric)
    excess = abs(analytic - numeric) - check.rtol * abs(numeric)
    excess[excess != excess] = math.inf
    row, column = divmod(int(excess.argmax()), numeric.shape[1])
    a, n = float(analytic[row, column]), float(numeric[row, column])
    place = ""
    if not check.fast_mode:
        element, of = _index(column, output.shape), _index(row, x.shape)
        place = f" at d output{element} / d input{of}"
    lines = [
        (
            f"Jacobian mismatch for output {number} with respect to input {position}: "
            f"{int(wrong.sum())} of {wrong.size} elements differ"
        ),
        (
            f"  worst{place}: analytic {a:.9g}, numeric {n:.9g}, difference {abs(a - n):.3g}, "
            f"allowed {check.atol + check.rtol * abs(n):.3g}"
        ),
        f"  input {position} has shape {list(x.shape)}, output {number} {list(output.shape)}",
    ]
    hint = _hint(check, x, output, analytic, numeric)
    return "\n".join(lines + ([f"  {hint}"] if hint else []))


def _hint(check: _Check, x: Tensor, output: Tensor, analytic: Any, numeric: Any) -> str:
    """A likely reason, where the numbers point to one."""
    if not output.requires_grad:
        return (
            "the output does not require grad: something detached it, such as no_grad(), "
            ".detach(), .data or a round trip by NumPy"
        )
    if (analytic == 0).all():
        return "the analytic gradient is zero: no gradient flows from this output to this input"
    if not bool(((analytic == analytic) & (numeric == numeric)).all()):
        return "there are NaNs: detect_anomaly() says where they come from"
    size = float((numeric * numeric).sum())
    factor = float((analytic * numeric).sum()) / size if size else 0.0
    if factor and not _mistakes(check, analytic / factor, numeric).any():
        return f"the analytic gradient is {factor:.6g} times the numeric one everywhere"
    if x.dtype is not float64:
        return f"the input is {x.dtype}: finite differences need float64"
    return ""


def _index(k: int, shape: Sequence[int]) -> list[int]:
    """The index of element number `k` of an array of `shape`."""
    index: list[int] = []
    for length in reversed(shape):
        k, i = divmod(k, length)
        index.insert(0, i)
    return index
