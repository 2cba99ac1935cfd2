"""Memory for time: what a part of a model saves for its backward pass is computed again there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core.graph import saved_tensors_hooks
from retrograd.autograd_core.modes import enable_grad
from retrograd.autograd_core.random_state import get_rng_state, set_rng_state
from retrograd.autograd_core.tensor import Tensor

__all__ = ["checkpoint", "checkpoint_sequential"]


class _Again:
    """A call that is made again when the backward pass asks for what its operations have saved."""

    def __init__(self, call: Callable[[], Any], preserve_rng_state: bool):
        self.call = call
        self.state = get_rng_state() if preserve_rng_state else None
        self.count = 0
        self.saved: dict[int, Tensor] = {}

    def number(self, _: Tensor) -> int:
        """Note that one more tensor is to be saved; only its number is kept."""
        self.count += 1
        return self.count - 1

    def find(self, number: int) -> Tensor:
        """The saved tensor of that number, handed out once."""
        if number not in self.saved:
            self.run()
        if number not in self.saved:
            raise RuntimeError(
                f"checkpoint(): the function saved {self.count} tensors for backward when it was "
                f"called first and {len(self.saved)} when it was called again: it must do the same "
                "each time"
            )
        return self.saved.pop(number)

    def run(self) -> None:
        """Make the call with the random numbers of the first time, and collect what it saves."""
        self.saved = {}
        now = get_rng_state()
        if self.state is not None:
            set_rng_state(self.state)
        try:
            with enable_grad(), saved_tensors_hooks(self.keep, lambda tensor: tensor):
                self.call()
        finally:
            if self.state is not None:
                set_rng_state(now)

    def keep(self, tensor: Tensor) -> Tensor:
        """Note a tensor that the call saves."""
        self.saved[len(self.saved)] = tensor
        return tensor


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, computed again in the backward pass instead of remembered.

    Chen et al. 2016, "Training deep nets with sublinear memory cost".

    Parameters
    ----------
    function : callable
        It must compute the same each time: same operations, same values.
    use_reentrant : bool, optional
        Accepted; there is one implementation, which works in every backward pass.
    preserve_rng_state : bool
        Whether random numbers, of dropout for instance, are drawn again as they were.
    determinism_check, debug, early_stop
        Accepted.

    Examples
    --------
    >>> x = rg.tensor([0.5], requires_grad=True)
    >>> y = rg.utils.checkpoint.checkpoint(lambda x: x.exp().exp(), x)
    >>> y.backward()
    >>> x.grad
    tensor([8.5739])
    """
    again = _Again(lambda: function(*args, **kwargs), preserve_rng_state)
    with saved_tensors_hooks(again.number, again.find):
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Sequence[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:
    """The functions one after another, in `segments` of which all but the last are checkpointed.

    Parameters
    ----------
    functions : Sequential or sequence of callables

    Examples
    --------
    >>> layers = rg.nn.Sequential(rg.nn.Linear(2, 3), rg.nn.Tanh(), rg.nn.Linear(3, 1))
    >>> rg.utils.checkpoint.checkpoint_sequential(layers, 2, rg.ones(4, 2)).shape
    retrograd.Size([4, 1])
    """
    steps = list(functions)
    if not 1 <= segments <= len(steps):
        raise ValueError(
            f"checkpoint_sequential(): expected 1 to {len(steps)} segments, got {segments}"
        )
    size = len(steps) // segments
    for start in range(0, size * (segments - 1), size):
        part = steps[start : start + size]
        input = checkpoint(_one_after_another, part, input, preserve_rng_state=preserve_rng_state)
    return _one_after_another(steps[size * (segments - 1) :], input)


def _one_after_another(functions: Sequence[Callable[..., Any]], input: Any) -> Any:
    for function in functions:
        input = function(input)
    return input
