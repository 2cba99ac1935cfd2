"""Tensors as text, as PyTorch prints them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.device import to_host
from retrograd.backends.dtypes import default_float, int64

__all__ = ["set_printoptions"]


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors are printed.

    Parameters
    ----------
    precision : int
        Digits after the point (4).
    threshold : int
        Tensors of more elements are summarised (1000).
    edgeitems : int
        Items at each end of a summarised dimension (3).
    linewidth : int
        Characters per line (80).
    profile : str
        "default", "short" or "full": settings to start from.
    sci_mode : bool, optional
        Scientific notation, or None to choose it by the values.

    Examples
    --------
    >>> rg.set_printoptions(precision=2)
    >>> rg.tensor([1.12345])
    tensor([1.12])
    >>> rg.set_printoptions(profile="default")
    """
    global _options
    if profile is not None:
        _options = _PROFILES[profile]
    given = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    _options = _options._replace(**given, sci_mode=sci_mode)  # type: ignore[arg-type]


class _Format:
    """How the numbers of one tensor are written: all alike, and equally wide."""

    def __init__(self, values: list[Any], is_float: bool):
        self.is_float, self.width = is_float, 1
        if not is_float:
            self.width = max([len(str(v)) for v in values], default=1)
            return
        finite = [v for v in values if math.isfinite(v) and v != 0]
        self.whole, self.scientific = True, False
        if not finite:
            self.scientific = bool(_options.sci_mode)
            return
        largest, smallest = max(map(abs, finite)), min(map(abs, finite))
        self.whole = all(v == math.ceil(v) for v in finite)
        self.scientific = largest / smallest > 1000 or largest > 1e8
        if not self.whole:
            self.scientific = self.scientific or smallest < 1e-4
        if _options.sci_mode is not None:
            self.scientific = _options.sci_mode
        self.width = max(len(self._float(v)) for v in finite)

    def _float(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{_options.precision}e}"
        if not self.whole:
            return f"{value:.{_options.precision}f}"
        return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    def __call__(self, value: Any) -> str:
        text = self._float(value) if self.is_float else str(value)
        return text.rjust(self.width)


def text(tensor: Tensor) -> str:
    """What `repr` gives."""
    prefix = "tensor("
    suffixes = _suffixes(tensor)
    if tensor.numel() == 0:
        body = "[]"
        if tensor.ndim != 1:
            suffixes.insert(0, f"size={tuple(tensor.shape)}")
    else:
        body = _body(tensor, len(prefix))
    out = prefix + body
    last = len(out) - out.rfind("\n") + 1
    for suffix in suffixes:
        if last + len(suffix) + 2 > _options.linewidth:
            out += ",\n" + " " * len(prefix) + suffix
            last = len(prefix) + len(suffix)
        else:
            out += ", " + suffix
            last += len(suffix) + 2
    return out + ")"


def _suffixes(tensor: Tensor) -> list[str]:
    """What is said behind the numbers: whatever a reader would not assume."""
    found = []
    if not tensor.is_cpu:
        found.append(f"device='{tensor.device}'")
    dtype = tensor.dtype
    usual = dtype.dtype is default_float()
    if tensor.numel():
        usual = usual or dtype is int64 or dtype.dtype.kind == "b"
    if not usual:
        found.append(f"dtype={dtype}")
    if tensor.grad_fn is not None:
        found.append(f"grad_fn=<{tensor.grad_fn.name()}>")
    elif tensor.requires_grad:
        found.append("requires_grad=True")
    return found


def _body(tensor: Tensor, indent: int) -> str:
    array = to_host(tensor._data)
    summarise = array.size > _options.threshold
    shown = array
    if summarise:
        for axis in range(array.ndim):
            shown = _ends(shown, axis)
    number = _Format(shown.ravel().tolist(), array.dtype.kind == "f")
    return _block(array, indent, number, summarise)


def _ends(array: Any, axis: int) -> Any:
    """The items at both ends of a dimension, for the choice of a common format."""
    n, k = array.shape[axis], _options.edgeitems
    if n <= 2 * k:
        return array
    return array.take([*range(k), *range(n - k, n)], axis)


def _block(array: Any, indent: int, number: _Format, summarise: bool) -> str:
    if array.ndim == 0:
        return number(array.item())
    if array.ndim == 1:
        return _row(array, indent, number, summarise)
    n, k = len(array), _options.edgeitems
    if summarise and n > 2 * k:
        parts = [_block(array[i], indent + 1, number, True) for i in range(k)]
        parts.append("...")
        parts += [_block(array[i], indent + 1, number, True) for i in range(n - k, n)]
    else:
        parts = [_block(part, indent + 1, number, summarise) for part in array]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _row(array: Any, indent: int, number: _Format, summarise: bool) -> str:
    per_line = max(1, (_options.linewidth - indent) // (number.width + 2))
    n, k = len(array), _options.edgeitems
    if summarise and n > 2 * k:
        words = [number(v) for v in array[:k].tolist()] + [" ..."]
        words += [number(v) for v in array[n - k :].tolist()]
    else:
        words = [number(v) for v in array.tolist()]
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
