"""The examples as modules: they are no package, so that each can be read and run alone."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@cache
def load(name: str) -> ModuleType:
    """Import ``examples/<name>.py``; what stands under ``__main__`` does not run."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
