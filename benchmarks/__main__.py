"""Compare retrograd with PyTorch and other libraries: ``python -m benchmarks --help``."""

import argparse
import contextlib
import functools
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata, util
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import imports, peers, report
from benchmarks.turns import OURS, ROOT, THEIRS, Worker, compare, hold_threads
from benchmarks.workloads import WORKLOADS

Row = dict[str, Any]
Job = Callable[[], Row]


def machine(threads: int, clock: str) -> dict[str, Any]:
    names = [OURS, THEIRS, "numpy", *(peer.package for peer in peers.PEERS.values())]
    versions = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    command = [sys.executable, "-c", "import retrograd; retrograd.show_config()"]
    config = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True).stdout
    return {
        "date": time.strftime("%Y-%m-%d"), "python": platform.python_version(),
        "machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count(),
        "threads": threads, "clock": clock, "versions": versions, "config": config.splitlines(),
    }  # fmt: skip


class Plan:
    """The comparisons to be made, by name; those with a peer bear its name too."""

    def __init__(self, options: argparse.Namespace, clock: str):
        self.quick, self.only, self.clock = options.quick, options.only, clock
        self.rounds, self.seconds = (1, 0.03) if self.quick else (options.rounds, options.seconds)
        self.jobs: dict[str, tuple[Row, Job]] = {}
        self.workers: dict[str, Worker] = {}  # of a quick run: one process a library

    def add(self, name: str, about: Row, function: Callable[..., Row], *args: Any) -> None:
        if not self.only or any(text in name for text in self.only):
            self.jobs[name] = (about, functools.partial(function, *args))

    def add_imports(self) -> None:
        processes = 1 if self.quick else 5
        for name, cold in imports.COLD.items():
            about = {"kind": "import", "against": cold.other, "goal": cold.goal}
            self.add(name, about, imports.compare_cold, name, self.rounds, processes, self.clock)

    def add_workloads(self, peer: str = "", module: ModuleType | None = None) -> None:
        """Add all workloads against PyTorch, or those that a peer's module has."""
        about = {"kind": "workload", "against": peer or THEIRS, "goal": 1.0}
        suffix = f", against {peer}" if peer else ""
        for name, workload in WORKLOADS.items():
            expressed = not module or peers.expresses(module, workload)
            if expressed and workload.table and (workload.quick or not self.quick):
                self.add(name + suffix, about, self.compare, about["against"], name)

    def compare(self, other: str, name: str) -> Row:
        request = {"name": name, "seconds": self.seconds, "clock": self.clock}
        if not self.quick:
            with Worker(OURS) as ours, Worker(other) as theirs:
                return compare([ours, theirs], self.rounds, **request)
        for library in {OURS, other} - self.workers.keys():
            self.workers[library] = Worker(library)
        return compare([self.workers[OURS], self.workers[other]], self.rounds, **request)

    def run(self) -> Iterator[tuple[str, Row]]:
        for name, (about, job) in self.jobs.items():
            try:
                row = job()
            except (RuntimeError, subprocess.CalledProcessError) as error:
                row = {"error": str(error)}
            yield name, about | row
        for worker in self.workers.values():
            worker.close()


def table(options: argparse.Namespace, threads: int) -> dict[str, Any]:
    """Measure and print all that was asked for; what the JSON file holds of it."""
    hold_threads(threads)
    clock = "process_time" if threads == 1 else "perf_counter"
    plan = Plan(options, clock)
    if util.find_spec(THEIRS) is None:
        print("PyTorch is not installed: pip install torch==2.13.0")
    else:
        plan.add_imports()
        plan.add_workloads()
    if options.peers:
        for peer, module in peers.installed():
            plan.add_workloads(peer, module)
    heading = f"{threads} thread{'s' * (threads > 1)}"
    width = max(map(len, [heading, *plan.jobs]))
    print(f"{heading:{width}}{report.COLUMNS}")
    rows = {}
    for name, row in plan.run():
        rows[name] = row
        print(report.line(name, row, width), flush=True)
    means = report.means(rows)
    for other, mean in means.items():
        print(report.sentence(other, mean))
    return {"machine": machine(threads, clock), "means": means, "rows": rows}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", help="rows whose name contains one of these texts")
    parser.add_argument("--quick", action="store_true", help="one short turn of the small sizes")
    parser.add_argument("--peers", action="store_true", help="other libraries too, if installed")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1], help="threads; a table for each number"
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a turn takes")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks/results/latest.json")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    tables = [table(options, threads) for threads in options.threads]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    return int(any("error" in row for part in tables for row in part["rows"].values()))


if __name__ == "__main__":
    sys.exit(main())
