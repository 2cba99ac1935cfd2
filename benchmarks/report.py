"""The table: a line for each comparison, and the geometric mean of them all."""

import math
from typing import Any

COLUMNS = (
    f"{'retrograd us':>13}{'other us':>12}{'ratio':>8}  {'spread':12}"
    f"{'MB':>7}{'other':>7}{'ratio':>7}{'kB each':>11}{'other':>11}"
)


def line(name: str, row: dict[str, Any], width: int) -> str:
    if "error" in row:
        return f"{name:{width}} failed: {row['error']}"
    ours, theirs = row["ours"], row["theirs"]
    mark = "  <- over the goal" if row["goal"] and row["ratio"] > row["goal"] else ""
    return (
        f"{name:{width}}{ours['seconds'] * 1e6:13.2f}{theirs['seconds'] * 1e6:12.2f}"
        f"{row['ratio']:8.2f}  {row['lowest']:.2f}-{row['highest']:<7.2f}"
        f"{ours['peak'] / 2**20:7.0f}{theirs['peak'] / 2**20:7.0f}{row['memory']:7.2f}"
        f"{ours['growth'] / 1000:11.2f}{theirs['growth'] / 1000:11.2f}{mark}"
    )


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def means(rows: dict[str, dict]) -> dict[str, dict[str, float]]:
    """The geometric means over the workloads, for each library that retrograd is compared with."""
    valid = [row for row in rows.values() if "error" not in row and row["kind"] == "workload"]
    result = {}
    for other in dict.fromkeys(row["against"] for row in valid):
        group = [row for row in valid if row["against"] == other]
        result[other] = {
            "workloads": len(group),
            "ratio": geometric_mean([row["ratio"] for row in group]),
            "memory": geometric_mean([row["memory"] for row in group]),
            "behind": sum(row["ratio"] > 1 for row in group),
        }
    return result


def sentence(other: str, mean: dict[str, float]) -> str:
    return (
        f"against {other}: {mean['workloads']} workloads, geometric mean of the ratios "
        f"{mean['ratio']:.2f} ({1 / mean['ratio']:.2f} times its speed), of peak memory "
        f"{mean['memory']:.2f}; behind on {mean['behind']}"
    )
