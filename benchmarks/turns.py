"""Two libraries in turn, each in its own process, and what their answers amount to."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OURS, THEIRS = "retrograd", "torch"


def hold_threads(threads: int) -> None:
    """Tell all libraries, through the environment of their processes, how many threads to use."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "CPU_COUNT")
    os.environ.update(dict.fromkeys(names, str(threads)))
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}"


class Worker:
    """A process that runs workloads in one library, a turn at a time."""

    def __init__(self, library: str):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", library],
            cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True,
        )  # fmt: skip

    def turn(self, **request: Any) -> dict[str, float]:
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(self.process.communicate()[1].strip().rpartition("\n")[2])
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def summary(ours: list[dict], theirs: list[dict]) -> dict[str, Any]:
    """The row of a comparison from the answers of all turns."""
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(ours, theirs, strict=True)]
    row = {"ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
    for side, answers in (("ours", ours), ("theirs", theirs)):
        row[side] = {
            "seconds": statistics.median(answer["seconds"] for answer in answers),
            "peak": answers[-1]["peak"],
            "growth": answers[-1]["growth"],
        }
    return row | {"memory": row["ours"]["peak"] / row["theirs"]["peak"]}


def compare(workers: list[Worker], rounds: int, **request: Any) -> dict[str, Any]:
    """A workload in two libraries, in turn. In new processes, peak memory is that of the workload."""
    turns = [[worker.turn(**request) for worker in workers] for _ in range(rounds)]
    return summary(*map(list, zip(*turns, strict=True)))
