"""What a program pays before its first result: each time in a fresh process, the libraries in turn."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import retrograd
from benchmarks.turns import ROOT, summary

IMPORT = "import {library}"

FIRST_STEP = """
import {library} as lib
from {library} import nn, optim
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
loss = nn.functional.cross_entropy(model(lib.rand(16, 4)), lib.randint(0, 2, (16,)))
loss.backward()
optimizer.step()
"""

TIMED = """
import time
start = time.{clock}()
{code}
seconds = time.{clock}() - start
import json, sys
sys.path.append({root!r})
from benchmarks.memory import peak_memory
peak = peak_memory()
print(json.dumps({{"seconds": seconds, "peak": peak, "growth": peak}}))
"""


@dataclass(frozen=True)
class Cold:
    """retrograd's code against another library's, and how many times its time it may take."""

    ours: str
    other: str
    theirs: str
    goal: float | None


COLD = {
    "import": Cold(IMPORT, "torch", IMPORT, 1.0),
    "import and first step": Cold(FIRST_STEP, "torch", FIRST_STEP, 1.0),
    "import, against numpy": Cold(IMPORT, "numpy", IMPORT, 1.3),
    "first step, against numpy's import": Cold(FIRST_STEP, "numpy", IMPORT, None),
}


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that holds retrograd alone: found there at once, however it is installed."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "retrograd").symlink_to(Path(retrograd.__file__).parent)
        yield Path(name)


def turn(code: str, library: str, processes: int, clock: str) -> dict[str, Any]:
    """The 20th percentile over some processes."""
    script = TIMED.format(code=code.format(library=library), clock=clock, root=str(ROOT))
    answers = []
    with folder() as path:
        for _ in range(processes):
            command = [sys.executable, "-c", script]
            run = subprocess.run(command, cwd=path, capture_output=True, text=True, check=True)
            answers.append(json.loads(run.stdout))
    return sorted(answers, key=lambda answer: answer["seconds"])[len(answers) // 5]


def compare_cold(name: str, rounds: int, processes: int, clock: str) -> dict[str, Any]:
    cold = COLD[name]
    sides = ((cold.ours, "retrograd"), (cold.theirs, cold.other))
    turns = [[turn(*side, processes, clock) for side in sides] for _ in range(rounds)]
    return summary(*map(list, zip(*turns, strict=True)))
