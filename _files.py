"""Writing a file so that a reader never finds half of one, whatever happens in between."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(path: str | os.PathLike[str], fill: Callable[[BinaryIO], object]) -> Path:
    """Let `fill` write a file next to `path`, then give it that name in one step.

    If anything fails, a full disk or an interruption included, what was at `path` before is
    unharmed and nothing else is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/note.txt", lambda file: file.write(b"hello")).read_bytes()
    b'hello'
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            fill(file)
            file.flush()
            # The bytes are on the disk before the name is: a full disk is noticed here at latest.
            os.fsync(file.fileno())
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return target
