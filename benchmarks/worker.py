"""One library's process: builds a workload, then takes a turn for each line it reads."""

import importlib
import json
import resource
import sys
import time

from benchmarks.workloads import WORKLOADS

UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def turn(step, seconds: float, fewest: int = 3) -> float:
    """The 20th percentile of the times of a step repeated for so long."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < fewest or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 5]


def main() -> None:
    library, name = sys.argv[1:]
    lib = importlib.import_module(library)
    workload = WORKLOADS[name]
    step, count = workload.build(lib, **workload.arguments)
    before = peak_memory()
    step()
    for line in sys.stdin:
        seconds = turn(step, float(line)) / count
        peak = peak_memory()
        answer = {"seconds": seconds, "peak": peak, "growth": (peak - before) / count}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
