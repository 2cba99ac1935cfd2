"""Import time: each import in a fresh process, the libraries in turn."""

import json
import subprocess
import sys

GOALS = {"numpy": 1.3, "torch": 1.0}  # retrograd's time over the other's

TIMED = """
import json, resource, sys, time
start = time.perf_counter()
import {library}
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps({{"seconds": seconds, "peak": peak, "growth": peak}}))
"""


def turn(library: str, processes: int) -> dict[str, float]:
    """The 20th percentile over some processes."""
    answers = []
    for _ in range(processes):
        command = [sys.executable, "-c", TIMED.format(library=library)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        answers.append(json.loads(run.stdout))
    return sorted(answers, key=lambda answer: answer["seconds"])[len(answers) // 5]
