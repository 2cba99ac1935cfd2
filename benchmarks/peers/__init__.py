"""Other libraries, where they can express a workload.

A module for each: its functions are named as the workloads are, take the same arguments, and return
the same, a step and how many units it does. They are written as that library's users would. A table
VALUES says which values of a workload's arguments it is for, if not for all.
"""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benchmarks.workloads import Workload

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Peer:
    """Where a library's workloads are, and what to install for them."""

    module: str
    package: str


PEERS = {
    "HIPS autograd": Peer("hips_autograd", "autograd"),
    "MyGrad": Peer("my_grad", "mygrad"),
    "tinygrad": Peer("tiny_grad", "tinygrad"),
    "JAX": Peer("jax_jit", "jax"),
    "scikit-learn": Peer("scikit_learn", "scikit-learn"),
}


def load(name: str) -> ModuleType:
    """A library's workloads. The folders of this repository (autograd) give way to libraries."""
    sys.path.sort(key=lambda entry: entry in ("", str(ROOT)))
    return importlib.import_module(f"{__name__}.{PEERS[name].module}")


def expresses(module: ModuleType, workload: Workload) -> bool:
    """Whether a library's module has a workload with these arguments."""
    name = workload.build.__name__
    values = getattr(module, "VALUES", {}).get(name)
    return hasattr(module, name) and (values is None or {*workload.arguments.values()} <= {*values})


def installed() -> Iterator[tuple[str, ModuleType]]:
    """The libraries that are there; what to do about the others is printed."""
    for name in PEERS:
        try:
            yield name, load(name)
        except ImportError as error:
            print(f"{name} is left out ({error}): pip install 'retrograd[bench]'")
