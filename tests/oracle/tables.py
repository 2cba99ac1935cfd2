"""How the tables of calls are read: a line is a name (or several) and its calls."""

from __future__ import annotations

from collections.abc import Iterator


def rows(table: str) -> Iterator[tuple[str, str]]:
    """(name, arguments) of every call: ``name name: arguments | arguments``, lines indented go on."""
    names: list[str] = []
    for line in table.strip().splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        calls = line
        if not line.startswith(" "):
            head, _, calls = line.partition(":")
            names = head.split()
        yield from ((name, call.strip()) for name in names for call in calls.split("|"))
