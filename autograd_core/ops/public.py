"""What PyTorch's functions have in common: ``out=`` and NumPy's spelling of some arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from retrograd.autograd_core.views import write_out

F = TypeVar("F", bound=Callable[..., Any])

_SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x2": "other"}


def public(function: F) -> F:
    """Let `function` take ``out=``, and ``axis``, ``keepdims``, ``x`` for ``dim``, ``keepdim``, ``input``."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        if not kwargs.keys().isdisjoint(_SPELLINGS):
            kwargs = {_SPELLINGS.get(name, name): value for name, value in kwargs.items()}
        result = function(*args, **kwargs)
        if out is None:
            return result
        if isinstance(result, tuple):
            parts = [write_out(o, r) for o, r in zip(out, result, strict=True)]
            make = getattr(type(result), "_make", tuple)
            return make(parts)
        return write_out(out, result)

    return call  # type: ignore[return-value]
