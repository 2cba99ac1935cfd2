"""Assertions for tests, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

from retrograd.autograd_core.creation import as_tensor
from retrograd.autograd_core.ops.comparison import isclose
from retrograd.autograd_core.ops.elementwise import abs
from retrograd.backends.dtypes import dtype, float16, float32, float64, promote_types

__all__ = ["assert_close"]

# How far results of a type may be apart, relatively and absolutely; 0 for integers and bools.
_TOLERANCE = {float16: (1e-3, 1e-5), float32: (1.3e-6, 1e-5), float64: (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Parameters
    ----------
    actual, expected : Tensor, number, array, or sequences and mappings of them
    rtol, atol : float, optional
        Both or neither; by default as the types allow: 1.3e-6 and 1e-5 in float32, 1e-7 twice in
        float64, 0 for integers.
    equal_nan : bool
        Whether two NaN are equal.
    check_device, check_dtype, check_stride : bool
        Whether these have to agree too.
    msg : str or callable, optional
        The message, or what makes it of the one that there would be.

    Examples
    --------
    >>> rg.testing.assert_close(rg.tensor([0.1]) * 3, rg.tensor([0.3]))
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            f"rtol and atol must both be specified or both be unspecified, got {rtol} and {atol}"
        )
    checks = {"device": check_device, "dtype": check_dtype, "stride": check_stride}
    given = None if rtol is None or atol is None else (rtol, atol)
    for where, a, b in _pairs(actual, expected, ""):
        problem = _difference(a, b, given, equal_nan, checks)
        if problem:
            text = f"{problem}{where and f' (at {where})'}"
            raise AssertionError(msg(text) if callable(msg) else msg or text)


def _pairs(actual: Any, expected: Any, where: str) -> list[tuple[str, Any, Any]]:
    """What is to be compared, with its place in the sequences and mappings."""
    for kind in (Mapping, Sequence):
        if isinstance(actual, kind) and isinstance(expected, kind) and not isinstance(actual, str):
            keys, others = (
                {*x} if isinstance(x, Mapping) else {*range(len(x))} for x in (actual, expected)
            )
            if keys != others:
                raise AssertionError(
                    f"expected the same keys or lengths{where and f' at {where}'}, got "
                    f"{sorted(keys, key=str)} and {sorted(others, key=str)}"
                )
            found = [_pairs(actual[k], expected[k], f"{where}[{k!r}]") for k in keys]
            return [pair for pairs in found for pair in pairs]
    return [(where, actual, expected)]


def _difference(
    actual: Any,
    expected: Any,
    tolerance: tuple[float, float] | None,
    equal_nan: bool,
    checks: dict[str, bool],
) -> str | None:
    """What differs between two tensors or numbers, or None."""
    a, b = (
        as_tensor(x, dtype=float64 if type(x) is float else None).detach()
        for x in (actual, expected)
    )
    if a.shape != b.shape:
        return f"The values for attribute 'shape' do not match: {a.shape} != {b.shape}."
    for name, value in {
        "device": (a.device, b.device), "dtype": (a.dtype, b.dtype), "stride": (a.stride(), b.stride())
    }.items():  # fmt: skip
        if checks[name] and value[0] != value[1]:
            return f"The values for attribute '{name}' do not match: {value[0]} != {value[1]}."
    kind = promote_types(a.dtype, b.dtype)
    relative, absolute = tolerance or _tolerance(a.dtype, b.dtype)
    a, b = a.to(b.device, kind), b.to(kind)
    wrong = ~isclose(a, b, relative, absolute, equal_nan)
    if not wrong.any():
        return None
    apart = abs(a.to(float64) - b.to(float64)).nan_to_num(inf).where(wrong, -1.0)
    place = tuple(i.item() for i in (apart == apart.max()).nonzero()[0]) if a.ndim else ()
    return (
        f"Tensor-likes are not close: {int(wrong.sum())} of {a.numel()} elements; the greatest "
        f"absolute difference is {apart.max().item()} at index {place}, {a[place].item()} instead "
        f"of {b[place].item()} (rtol={relative}, atol={absolute})"
    )


def _tolerance(*types: dtype) -> tuple[float, float]:
    """The larger tolerances of the types."""
    known = [_TOLERANCE.get(kind, (0.0, 0.0)) for kind in types]
    return max(r for r, _ in known), max(a for _, a in known)
