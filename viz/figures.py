"""Matplotlib, imported when used and without touching the user's global state."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def new_figure(width: float, height: float, **options: Any) -> Any:
    """A Matplotlib figure outside pyplot, so that no backend or setting is changed."""
    try:
        module = import_module("matplotlib.figure")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "this picture needs Matplotlib, which is not installed: pip install 'retrograd[viz]'",
            name="matplotlib",
        ) from error
    return module.Figure(figsize=(width, height), **options)
