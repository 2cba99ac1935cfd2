"""Applying an update rule to arrays: large ones block by block, small ones many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from retrograd.backends.packing import lots, pack_like
from retrograd.backends.registry import BACKENDS, XP

Rule = Callable[..., None]

# Elements updated at a time on a CPU: a parameter, its gradient, two buffers and two results of
# this many float32 numbers stay in the second-level cache while an update goes over them.
BLOCK = 1 << 15

# Fewer small parameters are updated one by one.
FEW = 6


def apply(rule: Rule, entries: list[list[Any]], group: dict[str, Any]) -> None:
    """Update the arrays ``[p, g, *state arrays]`` of each entry in place."""
    one_by_one = group.get("foreach") is False
    packed, others = ([], entries) if one_by_one else lots(entries, FEW)
    for lot in packed:
        _apply_packed(rule, lot, group)
    for arrays in others:
        _apply_one(rule, arrays, group)


def at_least_1d(array: Any) -> Any:
    """The array; of a 0-d one, whose results NumPy makes scalars of, a view with one dimension."""
    return array if array.ndim else array.reshape(1)


def _apply_packed(rule: Rule, entries: list[list[Any]], group: dict[str, Any]) -> None:
    """Update the arrays of many parameters as if they were one."""
    roles = list(zip(*entries, strict=True))
    pack = pack_like(roles[0], len(roles))
    flat = [pack.fill(number, role) for number, role in enumerate(roles)]
    _apply_part(rule, XP[type(flat[0])], flat, group)
    for number, role in enumerate(roles):
        if number != 1:
            pack.empty(number, role)


def _apply_one(rule: Rule, arrays: list[Any], group: dict[str, Any]) -> None:
    """Update the arrays of one parameter."""
    data = arrays[0]
    xp = XP[type(data)]
    if not data.ndim:
        arrays = [at_least_1d(a) for a in arrays]
    if data.size > 2 * BLOCK and BACKENDS[type(data)].device_type == "cpu":
        for parts in _blocks(arrays):
            _apply_part(rule, xp, parts, group)
    else:
        _apply_part(rule, xp, arrays, group)


def _blocks(arrays: list[Any]) -> Iterator[list[Any]]:
    """Corresponding parts of arrays of one shape, each of about `BLOCK` elements."""
    if all(a.flags.c_contiguous for a in arrays):
        arrays = [a.reshape(-1) for a in arrays]
    first = arrays[0]
    length = len(first)
    rows = max(1, BLOCK * length // first.size)
    for start in range(0, length, rows):
        yield [a[start : start + rows] for a in arrays]


def _apply_part(rule: Rule, xp: Any, arrays: list[Any], group: dict[str, Any]) -> None:
    """Update arrays, weight decay and `maximize` of the group included."""
    p, g, *buffers = arrays
    decay = group.get("weight_decay", 0)
    if group.get("maximize"):
        g = -g
    if decay and group.get("decoupled_weight_decay"):
        p *= 1 - float(group["lr"]) * decay
    elif decay:
        g = g + decay * p
    rule(xp, p, g, xp.empty_like(p), *buffers)
