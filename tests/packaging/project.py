"""What the packaging tests know of the project: its packages and their modules."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = SETTINGS["tool"]["setuptools"]["packages"]


def folder(package: str) -> Path:
    """The folder of a package in this checkout."""
    return ROOT.joinpath(*package.split(".")[1:])


def sources() -> dict[str, Path]:
    """Module name and source file of every module in the package."""
    found = {}
    for package in PACKAGES:
        for path in sorted(folder(package).glob("*.py")):
            found[package if path.stem == "__init__" else f"{package}.{path.stem}"] = path
    return found
