"""One library's process: takes a turn at a workload for each line it reads."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import peers
from benchmarks.memory import peak_memory
from benchmarks.workloads import WORKLOADS, Step


def percentile(times: list[float]) -> float:
    """The 20th: on a shared machine the fast steps are the undisturbed ones."""
    return sorted(times)[len(times) // 5]


def timed(step: Step, seconds: float, clock: Callable[[], float]) -> float:
    """The time of a step, repeated for so many seconds, at least once."""
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = clock()
        step()
        times.append(clock() - start)
    return percentile(times)


def build(library: str, name: str) -> tuple[Step, int]:
    workload = WORKLOADS[name]
    if library in peers.PEERS:
        return getattr(peers.load(library), workload.build.__name__)(**workload.arguments)
    return workload.build(importlib.import_module(library), **workload.arguments)


class Turns:
    """The turns of a library; the workload of the last one is kept."""

    def __init__(self, library: str):
        self.module = library
        self.name = ""  # of the workload that is there

    def start(self, name: str) -> None:
        self.step = None  # frees the last workload before the next is built
        self.step, self.count = build(self.module, name)
        self.before = peak_memory()
        self.step()
        self.name = name

    def turn(self, name: str, seconds: float, clock: str) -> dict[str, Any]:
        if name != self.name:
            self.start(name)
        result = timed(self.step, seconds, getattr(time, clock)) / self.count
        peak = peak_memory()
        return {"seconds": result, "peak": peak, "growth": (peak - self.before) / self.count}


def stay_on_one_core() -> None:
    """Run where the other library runs: on a shared machine one core may be slower than another."""
    if os.environ["OMP_NUM_THREADS"] == "1" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    stay_on_one_core()
    turns = Turns(sys.argv[1])
    for line in sys.stdin:
        try:
            answer = turns.turn(**json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
