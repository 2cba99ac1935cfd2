"""Compare retrograd with PyTorch: ``python -m benchmarks --help``."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from benchmarks import imports
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[1]
OURS, THEIRS = "retrograd", "torch"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Worker:
    """A process that runs a workload in one library, a turn at a time."""

    def __init__(self, library: str, name: str):
        command = [sys.executable, "-m", "benchmarks.worker", library, name]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def turn(self, seconds: float) -> dict[str, float]:
        try:
            print(seconds, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RuntimeError(self.process.communicate()[1].strip().rpartition("\n")[2])
        return json.loads(answer)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def summary(ours: list[dict], theirs: list[dict]) -> dict:
    """The row of a comparison from the answers of all turns."""
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(ours, theirs, strict=True)]
    row = {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
    for side, answers in (("ours", ours), ("theirs", theirs)):
        row[side] = {
            "seconds": statistics.median(answer["seconds"] for answer in answers),
            "peak": answers[-1]["peak"],
            "growth": answers[-1]["growth"],
        }
    return row


def compare(name: str, rounds: int, seconds: float) -> dict:
    """Both libraries on one workload, in turn."""
    workers = [Worker(library, name) for library in (OURS, THEIRS)]
    try:
        turns = [[worker.turn(seconds) for worker in workers] for _ in range(rounds)]
    finally:
        for worker in workers:
            worker.close()
    return {"against": THEIRS, "goal": 1.0} | summary(*map(list, zip(*turns, strict=True)))


def compare_import(other: str, rounds: int, processes: int) -> dict:
    """The import time of retrograd and of another library, in turn."""
    turns = [[imports.turn(lib, processes) for lib in (OURS, other)] for _ in range(rounds)]
    goal = imports.GOALS[other]
    return {"against": other, "goal": goal} | summary(*map(list, zip(*turns, strict=True)))


def formatted(name: str, row: dict) -> str:
    if "error" in row:
        return f"{name:34}failed: {row['error']}"
    times = "".join(f"{row[side]['seconds'] * 1e6:12.2f}" for side in ("ours", "theirs"))
    peak = "".join(f"{row[side]['peak'] / 2**20:8.0f}" for side in ("ours", "theirs"))
    growth = "".join(f"{row[side]['growth'] / 1000:10.2f}" for side in ("ours", "theirs"))
    mark = "  <- over the goal" if row["ratio"] > row["goal"] else ""
    spread = f"{row['lowest']:.2f}-{row['highest']:.2f}"
    return f"{name:34}{times}{row['ratio']:8.2f}  {spread:12}{peak}{growth}{mark}"


HEADER = (
    f"{'workload':34}{'retrograd us':>12}{'other us':>12}{'ratio':>8}  {'spread':12}"
    f"{'MB':>8}{'other':>8}{'kB each':>10}{'other':>10}"
)


def machine(threads: int) -> dict:
    versions = {name: metadata.version(name) for name in (OURS, THEIRS, "numpy")}
    return {
        "python": platform.python_version(), "machine": platform.machine(),
        "system": platform.system(), "cores": os.cpu_count(), "threads": threads, **versions,
    }  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="workloads whose name contains this text")
    parser.add_argument("--quick", action="store_true", help="one short turn, smallest sizes")
    parser.add_argument("--threads", type=int, default=1, help="threads of each library")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks/results/latest.json")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    rounds, seconds, processes = (1, 0.05, 2) if options.quick else (options.rounds, 0.5, 5)
    os.environ.update(dict.fromkeys(THREADS, str(options.threads)))
    jobs = {
        f"import, against {other}": (compare_import, other, rounds, processes)
        for other in imports.GOALS
    } | {
        name: (compare, name, rounds, seconds)
        for name, workload in WORKLOADS.items()
        if workload.quick or not options.quick
    }
    rows = {}
    print(HEADER)
    for name, (function, *args) in jobs.items():
        if options.only in name:
            try:
                rows[name] = function(*args)
            except (RuntimeError, subprocess.CalledProcessError) as error:
                rows[name] = {"error": str(error)}
            print(formatted(name, rows[name]), flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(options.threads), "rows": rows}
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(any("error" in row for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
