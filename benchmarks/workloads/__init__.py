"""The workloads: each is written once, against the API that PyTorch and retrograd share.

A workload is a function that takes the library and returns a step to be timed, and how many units
(operations, nodes, batches) one step does; the time is reported per unit.
"""

import importlib
import itertools
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Step = Callable[[], Any]
Build = Callable[..., tuple[Step, int]]


@dataclass(frozen=True)
class Workload:
    """A function with the arguments that it is run with."""

    build: Build
    arguments: dict[str, Any]
    quick: bool  # part of a quick run
    table: bool  # part of the table

    @property
    def name(self) -> str:
        return " ".join([self.build.__name__, *map(str, self.arguments.values())])


WORKLOADS: dict[str, Workload] = {}


def workload(
    quick: dict[str, tuple] | None = None, table: bool = True, **grid: tuple
) -> Callable[[Build], Build]:
    """Register a function for every combination of the values given for its arguments.

    ``quick`` restricts the values that a quick run takes; ``table=False`` keeps it out of the table.
    """

    def register(build: Build) -> Build:
        for values in itertools.product(*grid.values()):
            arguments = dict(zip(grid, values, strict=True))
            in_quick = all(arguments[key] in few for key, few in (quick or {}).items())
            item = Workload(build, arguments, in_quick, table)
            WORKLOADS[item.name] = item
        return build

    return register


def load(lib: ModuleType, path: str) -> ModuleType:
    """A submodule of the library: ``load(lib, "nn.functional")``."""
    return importlib.import_module(f"{lib.__name__}.{path}")


for module in pkgutil.iter_modules(__path__, __name__ + "."):
    importlib.import_module(module.name)
