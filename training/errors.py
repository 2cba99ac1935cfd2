"""What ends a run with a message instead of a traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


class RunError(Exception):
    """A run cannot go on; the message says why and what to do."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A block that writes `path`; what the system refuses there becomes a RunError."""
    try:
        yield path
    except OSError as error:
        raise RunError(
            f"cannot write {path}: {error.strerror or error}. What was there before is unharmed; "
            "free some space or choose another folder with --out"
        ) from error
