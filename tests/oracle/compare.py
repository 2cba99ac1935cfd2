"""One call in both libraries, and what differs between them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import retrograd as rg
from tests.oracle.inputs import scope

TOLERANCE = {"float64": (1e-9, 1e-11), "float32": (2e-5, 2e-6), "float16": (2e-3, 2e-3)}
ERRORS = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError)


def torch() -> Any:
    import torch

    return torch


def leaves(value: Any) -> Iterator[Any]:
    """The results of a call one by one: tuples and lists taken apart."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def lookup(library: Any, name: str) -> Callable[..., Any]:
    """The function with a dotted name, such as linalg.norm."""
    for part in name.split("."):
        library = getattr(library, part)
    return library


def run(
    find: Callable[[Any], Callable[..., Any]], library: Any, arguments: str, names: dict[str, Any]
) -> Any:
    """The result of the call of what `find` finds in the library, or the exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(f"call({arguments})", {**names, "call": find(library)})
        except Exception as error:
            return error


def kind(value: Any) -> str:
    return re.sub(r".*\.", "", str(value.dtype))


def array(value: Any) -> np.ndarray:
    """The numbers of a tensor of either library."""
    return value.detach().numpy() if isinstance(value, rg.Tensor) else value.numpy(force=True)


def unequal(got: Any, expected: Any, rough: bool = False) -> str | None:
    """What differs between two results, or None; `rough` if float32 takes part somewhere."""
    if isinstance(expected, Exception):
        if isinstance(got, Exception):
            return None if isinstance(got, ERRORS) else f"raises {got!r}"
        return (
            f"gives {brief(got)}, PyTorch raises {type(expected).__name__}: {first_line(expected)}"
        )
    if isinstance(got, Exception):
        return f"raises {got!r:.200}, PyTorch gives {brief(expected)}"
    got, expected = list(leaves(got)), list(leaves(expected))
    if len(got) != len(expected):
        return f"{len(got)} results, PyTorch {len(expected)}"
    for a, b in zip(got, expected, strict=True):
        if hasattr(b, "numpy"):
            if not isinstance(a, rg.Tensor):
                return f"gives a {type(a).__name__}, PyTorch a tensor"
            different = unequal_arrays(array(a), array(b), rough)
            if different is None and a.requires_grad and not b.requires_grad:
                different = "requires grad, PyTorch's does not"
            if different:
                return different
        elif isinstance(b, torch().dtype):
            if str(a).rpartition(".")[2] != str(b).rpartition(".")[2]:
                return f"{a}, PyTorch {b}"
        elif (type(a) is not type(b) and not isinstance(b, tuple)) or (a != b and b == b):
            return f"{a!r}, PyTorch {b!r}"
    return None


def unequal_arrays(got: np.ndarray, expected: np.ndarray, rough: bool = False) -> str | None:
    """What differs between two arrays: type, shape, or values beyond rounding."""
    if got.dtype != expected.dtype:
        return f"type {got.dtype}, PyTorch {expected.dtype}"
    if got.shape != expected.shape:
        return f"shape {got.shape}, PyTorch {expected.shape}"
    rtol, atol = TOLERANCE.get("float32" if rough else got.dtype.name, (0, 0))
    if got.dtype.kind == "f":
        # Of sums with cancellation the largest element tells how exact they can be.
        finite = np.abs(expected[np.isfinite(expected)])
        atol *= max(1.0, finite.max(initial=0.0))
    wrong = ~np.isclose(got, expected, rtol, atol, equal_nan=got.dtype.kind == "f")
    if wrong.any():
        return f"values {got[wrong][:4]} at {np.argwhere(wrong)[:4].tolist()}, PyTorch {expected[wrong][:4]}"
    return None


def brief(value: Any) -> str:
    parts = [f"{kind(v)}{list(v.shape)}" if hasattr(v, "shape") else repr(v) for v in leaves(value)]
    return ", ".join(parts)


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:150]


# PyTorch's words for calls that nobody has written for these types or layouts, though they mean
# something: there retrograd may give a result.
UNWRITTEN = (
    "not implemented for", "not yet implemented", "is not implemented", "view size is not compatible",
    "Autograd not support dtype", "invalid combination of arguments", "must be Number, not Tensor",
    "must be Tensor, not", "must be tuple of ints, not int", "Boolean inputs not supported",
    "Unsupported input type encountered for isin", "but got NoneType",
    "unexpected keyword argument 'out'", "required positional arguments", "positional arguments but",
    "gradient does not support uint8", "is not differentiable with respect to argument",
)  # fmt: skip


def is_unwritten(error: Any) -> bool:
    """Whether PyTorch raises only since nobody wrote the computation."""
    return isinstance(error, Exception) and any(text in str(error) for text in UNWRITTEN)


def both(
    find: Callable[[Any], Callable[..., Any]], arguments: str, dtype: str, layout: str = "rows",
    *, grad: bool = False,
) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Our result and PyTorch's, with the tensors that went in."""
    ours, theirs = (scope(library, dtype, layout, grad=grad) for library in (rg, torch()))
    return run(find, rg, arguments, ours), run(find, torch(), arguments, theirs), ours, theirs


def gradients(library: Any, result: Any, names: dict[str, Any]) -> dict[str, np.ndarray]:
    """The gradients of the inputs by fixed cotangents of all results that have one."""
    rng = np.random.default_rng(7)
    results, seeds = [], []
    for part in leaves(result):
        if hasattr(part, "requires_grad") and part.requires_grad:
            seed = np.asarray(rng.normal(size=tuple(part.shape)))
            # Twice, since a sum of two 0-d cotangents is one of NumPy's numbers and no array.
            results += [part, part]
            seeds += [library.from_numpy(seed).to(part.dtype)] * 2
    wanted = {n: v for n, v in names.items() if getattr(v, "requires_grad", False)}
    found = library.autograd.grad(results, list(wanted.values()), seeds, allow_unused=True)
    pairs = zip(wanted, found, strict=True)
    return {name: array(g) for name, g in pairs if g is not None and array(g).any()}


def unequal_gradients(
    got: Any, expected: Any, ours: Any, theirs: Any, rough: bool = False
) -> str | None:
    """What differs between the gradients of two results that are equal, or None."""
    if not any(getattr(part, "requires_grad", False) for part in leaves(expected)):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = gradients(torch(), expected, theirs)
        except RuntimeError:
            return None  # PyTorch has no derivative
        try:
            got = gradients(rg, got, ours)
        except Exception as error:
            return f"gradient {error!r}, PyTorch {expected}"
    for name in {**got, **expected}:
        zero = np.zeros_like(got.get(name, expected.get(name)))
        different = unequal_arrays(got.get(name, zero), expected.get(name, zero), rough)
        if different:
            return f"gradient of {name}: {different}"
    return None
