"""Calls that a recorded program makes again as they are: random draws, optimizers' steps.

What they do depends on the state of Python objects (a generator, a learning rate, a count of steps),
so their array work cannot be written down once for all.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _State(threading.local):
    # The `Recorder` of this thread while it is at work.
    recorder: Any = None


state = _State()


def host_call(function: F) -> F:
    """`function`, of which a recording notes the call alone, not what is computed inside."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        recorder = state.recorder
        if recorder is None:
            return function(*args, **kwargs)
        return recorder.host_call(function, args, kwargs)

    return called  # type: ignore[return-value]


def host_check(function: F) -> F:
    """`function` of raw arrays, which looks at values and returns nothing, or raises an error.

    A recording notes the call with its arrays: each replay checks its own.
    """

    @functools.wraps(function)
    def checked(*args: Any) -> None:
        recorder = state.recorder
        if recorder is None:
            function(*args)
        else:
            recorder.kernel(function, args, {})

    return checked  # type: ignore[return-value]
