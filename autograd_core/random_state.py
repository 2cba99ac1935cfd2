"""``rg.random``: the seed and the state of the default generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retrograd.autograd_core.creation import as_tensor
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.device import to_host
from retrograd.backends.random import default_generator, initial_seed, manual_seed, seed

__all__ = [
    "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip


def get_rng_state() -> Tensor:
    """The state of the default generator, as bytes in PyTorch's layout.

    Examples
    --------
    >>> state = rg.get_rng_state()
    >>> first = rg.rand(2)
    >>> rg.set_rng_state(state)
    >>> rg.equal(rg.rand(2), first)
    True
    """
    return as_tensor(default_generator.get_state())


def set_rng_state(new_state: Tensor) -> None:
    """Make the default generator go on from a state that `get_rng_state` gave.

    Examples
    --------
    >>> rg.set_rng_state(rg.get_rng_state())
    """
    default_generator.set_state(to_host(new_state._data))


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """A block after which the default generator goes on as if nothing had been drawn in it.

    Examples
    --------
    >>> with rg.random.fork_rng():
    ...     noise = rg.rand(3)
    """
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(state)
