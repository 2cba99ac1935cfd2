"""How costs grow: a figure of both libraries' time against batch, width, depth and graph size.

``python -m benchmarks.scaling`` writes docs/scaling.svg.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path

from benchmarks.turns import OURS, ROOT, THEIRS, Worker, compare, hold_threads
from benchmarks.workloads import growth

COLOURS = {"ours": "#c2410c", "theirs": "#1d4ed8"}
LABELS = {"ours": "retrograd", "theirs": "PyTorch"}


def measure(name: str, rounds: int, seconds: float) -> dict:
    with Worker(OURS) as ours, Worker(THEIRS) as theirs:
        request = {"name": name, "seconds": seconds, "clock": "process_time"}
        return compare([ours, theirs], rounds, **request)


def slope(sizes: list[int], times: list[float]) -> float:
    """The exponent of the growth over the upper half of the sizes, by least squares."""
    logs = [[math.log(value) for value in values[len(sizes) // 2 :]] for values in (sizes, times)]
    return statistics.linear_regression(*logs).slope


def draw(panels: dict[str, dict[int, dict]], path: Path) -> None:
    """A panel for each of the sizes that grow."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "retrograd", "svg.fonttype": "none", "font.size": 9}
    )
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    for axis, (title, rows) in zip(axes, panels.items(), strict=True):
        for side, label in LABELS.items():
            times = [row[side]["seconds"] * 1e3 for row in rows.values()]
            exponent = slope(list(rows), times)
            axis.loglog(
                list(rows), times, marker="o", markersize=3, color=COLOURS[side],
                label=f"{label}, growth n^{exponent:.2f}",
            )  # fmt: skip
        axis.set(xlabel=title, ylabel="ms a step" if axis is axes[0] else "")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long a turn takes")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/scaling.svg")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks/results/scaling.json")
    options = parser.parse_args()
    hold_threads(1)
    panels: dict[str, dict[int, dict]] = {}
    for title, (build, sizes) in growth.PANELS.items():
        panels[title] = {}
        for size in sizes:
            row = measure(f"{build.__name__} {size}", options.rounds, options.seconds)
            panels[title][size] = row
            times = "".join(f"{row[side]['seconds'] * 1e3:12.3f}" for side in LABELS)
            print(f"{title:34}{size:9}{times}{row['ratio']:8.2f}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(panels, indent=1) + "\n", encoding="utf-8")
    draw(panels, options.out)


if __name__ == "__main__":
    sys.exit(main())
