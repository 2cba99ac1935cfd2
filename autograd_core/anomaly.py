"""Anomaly detection: NaNs reported where they are born, with the user's line."""

from __future__ import annotations

import linecache
import math
import sys
import weakref
from typing import Any

from retrograd.autograd_core import errors, watchers
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_detect_anomaly",
]


class set_detect_anomaly:
    """Switch anomaly detection on or off, from now on or for a ``with`` block.

    Parameters
    ----------
    mode : bool
        On or off.
    check_nan : bool
        Raise when a NaN is born, forward or backward; else only remember where operations ran.

    Examples
    --------
    >>> with rg.autograd.set_detect_anomaly(True):
    ...     y = rg.ones(1).log()
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self._before = watchers.install(_Anomaly, _Anomaly(check_nan) if mode else None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        state.watcher = self._before


class detect_anomaly:
    """While the block runs, a NaN raises where it is born: in the forward pass or in the backward.

    The error names the operation, the line of the program that ran it, and shapes and ranges of its
    inputs. Infinite values are traced too, and named when a NaN comes of them. All is slower.

    Parameters
    ----------
    check_nan : bool
        Raise on NaN; else only remember where operations ran, for other errors.
    mode : bool
        False switches detection off in the block.

    Examples
    --------
    >>> x = rg.tensor([-1.0], requires_grad=True)
    >>> with rg.autograd.detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
    RuntimeError: log() returned nan values: 1 of 1...
    """

    def __init__(self, check_nan: bool = True, mode: bool = True):
        self._check_nan, self._mode = check_nan, mode

    def __enter__(self) -> None:
        new = _Anomaly(self._check_nan) if self._mode else None
        self._before = watchers.install(_Anomaly, new)

    def __exit__(self, *exc: object) -> None:
        state.watcher = self._before


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on.

    Examples
    --------
    >>> rg.is_anomaly_enabled()
    False
    """
    return _current() is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection is on and raises on NaN.

    Examples
    --------
    >>> rg.is_anomaly_check_nan_enabled()
    False
    """
    current = _current()
    return current is not None and current.check_nan


def _current() -> _Anomaly | None:
    each = state.watcher.each if state.watcher is not None else ()
    return next((w for w in each if isinstance(w, _Anomaly)), None)


class _Anomaly:
    """The watcher: it marks nodes with their place in the program and looks for NaN."""

    def __init__(self, check_nan: bool):
        self.check_nan = check_nan
        # Where an infinite value came from, by the id of the array that holds it.
        self._infinite: dict[int, tuple[Any, str]] = {}
        self._backward: tuple[int, str] = (0, "")

    def check_forward(self, op: Any, result: Any, inputs: tuple[Any, ...]) -> None:
        """Note where the op ran; RuntimeError if its result has a NaN and its inputs have none."""
        trace = _trace()
        results = [r for r in (result if isinstance(result, tuple) else (result,)) if _is_float(r)]
        for r in results:
            if r._node is not None:
                node = r._node.parents[0] if r._node.op.picks else r._node
                node.trace = node.trace or trace
        if not self.check_nan or any(isinstance(x, float) and x != x for x in inputs):
            return
        values = [x for argument in inputs for x in _flat(argument)]
        for r in results:
            if not bool(_bad(r._data).any()):
                continue
            if bool(_nan(r._data).any()):
                if values and not any(bool(_nan(x).any()) for x in values):
                    raise self._born(op, r._data, inputs, trace)
            else:
                self._note_infinite(op, r._data, values, trace)

    def _born(self, op: Any, data: Any, inputs: tuple[Any, ...], trace: str) -> RuntimeError:
        count = f"{int(_nan(data).sum())} of {data.size}"
        names = getattr(op, "inputs", ()) or [f"input {k}" for k in range(len(inputs))]
        lines = [
            f"{op.name}() returned nan values: {count} elements, first seen here",
            _first(trace),
        ]
        lines += [f"  {n}: {_summary(x)}" for n, x in zip(names, inputs, strict=False)]
        for x in (x for argument in inputs for x in _flat(argument)):
            if id(x) in self._infinite:
                lines.append(f"  an infinite value came from {self._infinite[id(x)][1]}")
        error = RuntimeError("\n".join(lines))
        error.add_note(f"where {op.name}() ran (most recent call last):\n{trace}")
        return error

    def _note_infinite(self, op: Any, data: Any, values: list[Any], trace: str) -> None:
        """Remember where infinite values began."""
        known = [self._infinite[id(x)][1] for x in values if id(x) in self._infinite]
        origin = known[0] if known else f"{op.name}() at {_first(trace).strip()}"
        key, forget = id(data), self._infinite.pop
        self._infinite[key] = (weakref.ref(data, lambda _: forget(key, None)), origin)

    def check_backward(self, node: Any, results: Any) -> None:
        """RuntimeError if a gradient has a NaN."""
        if not self.check_nan:
            return
        if node.time > self._backward[0]:
            self._backward = (node.time, "")
        for k, result in enumerate(results):
            parts = result.parts.values() if hasattr(result, "parts") else (result,)
            for part in parts:
                if part is not None:
                    self._check_gradient(node, k, getattr(part, "_data", part))
        self._backward = (node.time, self._backward[1])

    def _check_gradient(self, node: Any, k: int, data: Any) -> None:
        if not bool(_bad(data).any()):
            return
        if not bool(_nan(data).any()):
            if not self._backward[1]:
                where = f"{node.name()}, of the operation at {_first(node.trace or '').strip()}"
                self._backward = (node.time, where)
            return
        lines = [f"Function '{node.name()}' returned nan values in its {k}th output."]
        if node.trace:
            lines += ["The forward operation ran at", _first(node.trace)]
        else:
            lines.append("Run the forward pass under detect_anomaly() too, to see its line.")
        names = getattr(node.op, "saved_names", ())
        for name, value in zip(names, node.saved, strict=False):
            if _flat(value):
                lines.append(f"  saved {name}: {_summary(value)}")
        if self._backward[1]:
            lines.append(f"  an infinite gradient came from {self._backward[1]}")
        error = RuntimeError("\n".join(lines))
        if node.trace:
            error.add_note(f"where {node.op.name}() ran (most recent call last):\n{node.trace}")
        raise error


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value._data.dtype.kind == "f"


def _flat(value: Any) -> list[Any]:
    """The floating point arrays in an input: of a tensor, a raw array, or a sequence of them."""
    if isinstance(value, (tuple, list)):
        return [x for part in value for x in _flat(part)]
    data = getattr(value, "_data", value)
    return [data] if getattr(getattr(data, "dtype", None), "kind", "") == "f" else []


def _nan(data: Any) -> Any:
    return data != data


def _bad(data: Any) -> Any:
    """Where an array is NaN or infinite."""
    return ~(abs(data) < math.inf)


def _summary(value: Any) -> str:
    """An input in a few words, with its range."""
    text = errors.describe(value)
    for data in _flat(value):
        nans = int(_nan(data).sum())
        good = data[~_nan(data)] if data.ndim else data
        if nans < data.size:
            text += f", from {float(good.min()):.6g} to {float(good.max()):.6g}"
        if nans:
            text += f", {nans} NaN"
    return text


def _trace() -> str:
    """The calls of the user's program that led here, oldest first, as a traceback shows them."""
    lines: list[str] = []
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if frame.f_globals.get("__name__", "").partition(".")[0] != "retrograd":
            source = linecache.getline(name, frame.f_lineno).strip()
            place = f'  File "{name}", line {frame.f_lineno}, in {frame.f_code.co_name}'
            lines.append(f"{place}\n    {source}" if source else place)
        frame = frame.f_back
    return "\n".join(reversed(lines))


def _first(trace: str) -> str:
    """The innermost call of a trace."""
    return trace[trace.rfind("  File ") :]
