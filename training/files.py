"""Files of a run: written aside and renamed, so that no reader ever sees half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from retrograd.training.errors import RunError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then rename it to `path`; RunError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise RunError(f"cannot write into {path.parent}: {error.strerror or error}") from error
    aside = Path(name)
    try:
        write(aside)
        _flush(aside)
        os.replace(aside, path)
    except OSError as error:
        raise RunError(
            f"cannot write {path}: {error.strerror or error}. What was there before is unharmed; "
            "free some space or choose another folder with --out"
        ) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole."""
    write_whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _flush(path: Path) -> None:
    """Have the bytes on the disk before the name is: a full disk is noticed here at the latest."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
