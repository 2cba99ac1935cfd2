"""Numbers to tuples, under the names that layers written for PyTorch import."""

from collections.abc import Callable, Iterable
from typing import Any


def _tuple_of(n: int) -> Callable[[Any], tuple[Any, ...]]:
    """A function that repeats a number `n` times, and makes an iterable a tuple."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    return parse


_single, _pair, _triple, _quadruple = map(_tuple_of, (1, 2, 3, 4))
