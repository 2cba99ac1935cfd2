"""Calling a module with other parameters and buffers than its own: `functional_call`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module

__all__ = ["functional_call"]

State = Mapping[str, Tensor]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with the given tensors in the place of its parameters and buffers.

    Parameters
    ----------
    module : Module
        It is as before when the call is over.
    parameter_and_buffer_dicts : dict or sequence of dicts
        Tensors by the names of `named_parameters` and `named_buffers`; those not named stay.
    args, kwargs : optional
        What the module is called with; `args` that is no tuple counts as one argument.
    tie_weights : bool
        Replace a parameter under all names it has in the module, if one of them is given.
    strict : bool
        Raise RuntimeError for names that the module has not or that are not given.

    Examples
    --------
    >>> layer = rg.nn.Linear(1, 1, bias=False)
    >>> rg.func.functional_call(layer, {"weight": rg.tensor([[3.0]])}, rg.tensor([2.0]))
    tensor([6.])
    """
    single = isinstance(parameter_and_buffer_dicts, Mapping)
    dicts: Any = (parameter_and_buffer_dicts,) if single else parameter_and_buffer_dicts
    state: dict[str, Tensor] = {}
    for part in dicts:
        if twice := sorted(state.keys() & part.keys()):
            raise ValueError(f"functional_call(): {twice[0]!r} is in several of the dicts")
        state.update(part)
    if args is None:
        args = ()
    with _replaced(module, state, tie_weights, strict):
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))


@contextmanager
def _replaced(module: Module, state: dict[str, Tensor], tie: bool, strict: bool) -> Iterator[None]:
    """A block in which the module holds other tensors."""
    places = _places(module)
    if strict:
        missing, strange = sorted(places.keys() - state), sorted(state.keys() - places)
        if missing or strange:
            raise RuntimeError(
                f"functional_call(strict=True): missing {missing}, unexpected {strange}"
            )
    new = {id(places[name][2]): tensor for name, tensor in state.items() if name in places}
    before = []
    for name, (table, key, old) in places.items():
        if name in state or (tie and old is not None and id(old) in new):
            before.append((table, key, old))
            table[key] = state[name] if name in state else new[id(old)]
    try:
        yield
    finally:
        for table, key, old in before:
            table[key] = old


def _places(module: Module) -> dict[str, tuple[dict[str, Any], str, Any]]:
    """Where each parameter and buffer is kept: the table, its key there, and the tensor."""
    places = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for key, tensor in table.items():
                places[f"{prefix}.{key}" if prefix else key] = (table, key, tensor)
    return places
