"""Writing a file so that a reader never finds half of one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_aside(path: str | os.PathLike[str], fill: Callable[[BinaryIO], object]) -> Path:
    """Let `fill` write to a file next to `path`, then give it that name in one step."""
    target = Path(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            fill(file)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return target
