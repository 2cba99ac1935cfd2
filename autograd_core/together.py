"""Together: many tensors that are read or changed element by element, small ones as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.packing import lots, pack_like

# Fewer small tensors are treated one by one.
_FEW = 3


class Together:
    """Tensors, or tuples of tensors of one shape, of which small ones are computed with at once.

    What is computed with are tensors without graph, on the memory of the given ones or on copies.

    Parameters
    ----------
    columns : list of Tensor
        The tensors; with several lists, those at the same place belong together.
    foreach : bool, optional
        False: one by one.
    """

    def __init__(self, *columns: Sequence[Tensor], foreach: bool | None = None):
        entries = list(zip(*[[t._data for t in column] for column in columns], strict=True))
        packed, self._others = ([], entries) if foreach is False else lots(entries, _FEW)
        self._lots = [list(zip(*lot, strict=True)) for lot in packed]

    def each(self) -> Iterator[tuple[Tensor, ...]]:
        """What to read: small tensors as one copy, valid until the next; the others themselves."""
        for columns in self._lots:
            pack = pack_like(columns[0], len(columns))
            yield tuple([wrap(pack.fill(k, arrays)) for k, arrays in enumerate(columns)])
        for arrays in self._others:
            yield tuple(map(wrap, arrays))

    def change(self, function: Callable[..., Any], by: str) -> None:
        """Call a function that changes its first tensor in place; `by` names who does it."""
        for columns in self._lots:
            pack = pack_like(columns[0], len(columns))
            function(*[wrap(pack.fill(k, arrays)) for k, arrays in enumerate(columns)])
            pack.empty(0, columns[0])
            changes.note_all(columns[0], by)
        for arrays in self._others:
            function(*map(wrap, arrays))
