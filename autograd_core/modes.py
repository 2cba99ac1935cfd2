"""Whether operations are recorded: `no_grad`, `enable_grad`, `inference_mode` and their kin."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
# Python's flag for a function with `yield`; `inspect` would be slow to import.
_IS_GENERATOR = 0x20


class _State(threading.local):
    # False, True, or (also true) the watcher of `detect_anomaly`: one look tells the hot path all.
    grad: Any = True
    inference = False
    watcher: Any = None


state = _State()


class _Mode:
    """A setting for a `with` block, or for a function when used as a decorator."""

    _grad: bool

    def __init__(self) -> None:
        self._outer: list[tuple[Any, bool]] = []

    def __enter__(self) -> None:
        self._outer.append((state.grad, state.inference))
        self._set()

    def __exit__(self, *exc: object) -> None:
        state.grad, state.inference = self._outer.pop()

    def _set(self) -> None:
        _set_grad(self._grad)

    def _copy(self) -> _Mode:
        return type(self)()

    def __call__(self, function: F) -> F:
        if getattr(function, "__code__", None) and function.__code__.co_flags & _IS_GENERATOR:
            return self._wrap_generator(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._copy():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    def _wrap_generator(self, function: F) -> F:
        # The mode holds while the generator runs, not while its consumer does.
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            try:
                with self._copy():
                    value = next(generator)
                while True:
                    sent = yield value
                    with self._copy():
                        value = generator.send(sent)
            except StopIteration as stop:
                return stop.value

        return wrapped  # type: ignore[return-value]


class no_grad(_Mode):
    """Record nothing: results do not require grad. A context manager and a decorator.

    Examples
    --------
    >>> x = rg.ones(2, requires_grad=True)
    >>> with rg.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    _grad = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        # `@no_grad` without parentheses, as PyTorch allows.
        self = super().__new__(cls)
        if function is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(function)


class enable_grad(no_grad):
    """Record operations, also inside a `no_grad` block. A context manager and a decorator.

    Examples
    --------
    >>> x = rg.ones(2, requires_grad=True)
    >>> with rg.no_grad(), rg.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    _grad = True


class set_grad_enabled(_Mode):
    """Record or not, as `mode` says, from now on or for a `with` block.

    Examples
    --------
    >>> with rg.set_grad_enabled(False):
    ...     rg.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool):
        super().__init__()
        self._grad = bool(mode)
        self._before = (state.grad, state.inference)
        self._set()

    def __enter__(self) -> None:
        self._outer.append(self._before)
        self._set()

    def __call__(self, function: F) -> F:
        # As a decorator the setting is for the function alone.
        state.grad, state.inference = self._before
        return super().__call__(function)

    def _copy(self) -> _Mode:
        return type(self)(self._grad)


class inference_mode(_Mode):
    """Like `no_grad`, for code that will never need gradients of its results.

    Examples
    --------
    >>> with rg.inference_mode():
    ...     rg.is_inference_mode_enabled()
    True
    """

    def __init__(self, mode: bool | Callable[..., Any] = True):
        super().__init__()
        self._mode = mode

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        if not callable(mode):
            return self
        self.__init__()  # type: ignore[misc]
        return self(mode)

    def _set(self) -> None:
        if self._mode:
            state.grad, state.inference = False, True
        else:
            _set_grad(True)
            state.inference = False

    def _copy(self) -> _Mode:
        return type(self)(self._mode)


class recording:
    """Record or not, as `on` says, while a block runs: what the engine itself uses."""

    __slots__ = ("_on", "_outer")

    def __init__(self, on: bool):
        self._on = on

    def __enter__(self) -> None:
        self._outer = state.grad
        _set_grad(self._on)

    def __exit__(self, *exc: object) -> None:
        state.grad = self._outer


def _set_grad(on: bool) -> None:
    state.grad = (state.watcher or True) if on else False


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are recorded.

    Examples
    --------
    >>> rg.is_grad_enabled()
    True
    """
    return bool(state.grad)


def is_inference_mode_enabled() -> bool:
    """Whether this is inside an `inference_mode` block.

    Examples
    --------
    >>> rg.is_inference_mode_enabled()
    False
    """
    return state.inference
