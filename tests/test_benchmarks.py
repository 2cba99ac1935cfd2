"""The benchmarks: each workload takes a step, the other libraries take theirs, figures add up."""

import json
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

import retrograd as rg
from benchmarks import imports, peers, report, scaling
from benchmarks.memory import peak_memory
from benchmarks.turns import Worker, summary
from benchmarks.worker import percentile, timed
from benchmarks.workloads import WORKLOADS, growth

ROOT = Path(__file__).parents[1]
QUICK = {name: item for name, item in WORKLOADS.items() if item.quick}


@pytest.mark.parametrize("name", QUICK)
def test_workload_takes_a_step(name):
    workload = WORKLOADS[name]
    step, count = workload.build(rg, **workload.arguments)
    step()
    assert count >= 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["chain", "mlp", "hvp", "pointwise"])
@pytest.mark.parametrize("name", peers.PEERS)
def test_peer_takes_a_step(name, kind):
    try:
        metadata.version(peers.PEERS[name].package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    module = peers.load(name)
    fitting = [
        item for item in QUICK.values()
        if item.build.__name__ == kind and peers.expresses(module, item)
    ]  # fmt: skip
    if not fitting:
        pytest.skip(f"{name} does not express {kind}")
    arguments = fitting[0].arguments
    step, count = getattr(module, kind)(**arguments)
    step()
    assert count == fitting[0].build(rg, **arguments)[1]


@pytest.mark.parametrize("peer", peers.PEERS.values(), ids=lambda peer: peer.module)
def test_peers_functions_are_named_as_workloads_are(peer):
    source = (ROOT / f"benchmarks/peers/{peer.module}.py").read_text(encoding="utf-8")
    kinds = {item.build.__name__ for item in WORKLOADS.values()}
    assert any(f"\ndef {kind}(" in source for kind in kinds)


@pytest.mark.parametrize(
    ("times", "expected"), [([7], 7), ([3, 1, 2, 4], 1), ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 2)]
)
def test_time_is_the_20th_percentile(times, expected):
    assert percentile(times) == expected


def test_step_is_repeated_while_there_is_time():
    calls = []
    timed(lambda: calls.append(1), 0.0, time.perf_counter)
    assert len(calls) == 1
    timed(lambda: calls.append(1), 0.05, time.perf_counter)
    assert len(calls) > 10


def test_ratio_is_the_median_of_the_turns():
    ours = [{"seconds": s, "peak": 50, "growth": 1} for s in (1.0, 2.0, 6.0)]
    theirs = [{"seconds": 2.0, "peak": 200, "growth": 1}] * 3
    row = summary(ours, theirs)
    assert (row["ratio"], row["lowest"], row["highest"]) == (1.0, 0.5, 3.0)
    assert row["memory"] == 0.25
    assert row["ours"]["seconds"] == 2.0


def row(ratio, **changes):
    side = {"seconds": 1e-6, "peak": 2**20, "growth": 1000}
    plain = {"kind": "workload", "against": "torch", "goal": 1.0, "ratio": ratio, "lowest": ratio}
    return plain | {"highest": ratio, "memory": 0.5, "ours": side, "theirs": side} | changes


def test_geometric_mean_is_over_the_workloads_that_ran():
    rows = {
        "a": row(0.5), "b": row(2.0), "c": row(0.25, against="JAX"),
        "d": row(9.0, kind="import"), "e": {"kind": "workload", "against": "torch", "error": "?"},
    }  # fmt: skip
    means = report.means(rows)
    assert means["torch"] == pytest.approx(
        {"workloads": 2, "ratio": 1.0, "memory": 0.5, "behind": 1}
    )
    assert means["JAX"]["ratio"] == pytest.approx(0.25)
    assert "geometric mean of the ratios 0.25 (4.00 times its speed)" in report.sentence(
        "JAX", means["JAX"]
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [(row(1.5), "<- over the goal"), (row(0.5), "0.50"), ({"error": "why"}, "failed: why")],
)
def test_line_says_what_matters(given, text):
    assert text in report.line("name", given, 20)
    assert ("over the goal" in report.line("name", given, 20)) == (given.get("ratio") == 1.5)


def test_worker_reports_an_error_and_goes_on():
    with Worker("retrograd") as worker:
        with pytest.raises(RuntimeError, match="KeyError: 'no such workload'"):
            worker.turn(name="no such workload", seconds=0.0, clock="process_time")
        answer = worker.turn(name="deep_graph 1000", seconds=0.0, clock="process_time")
    assert answer["seconds"] > 0
    assert answer["peak"] > 10 * 2**20


def test_worker_that_cannot_start_says_why():
    with Worker("no_such_library") as worker, pytest.raises(RuntimeError, match="no_such_library"):
        worker.turn(name="chain", seconds=0.0, clock="process_time")


def test_cold_use_is_measured_in_a_fresh_process():
    answer = imports.turn(imports.FIRST_STEP, "retrograd", 1, "process_time")
    assert 0.01 < answer["seconds"] < 60
    assert answer["peak"] > 10 * 2**20


def test_peak_memory_grows_with_what_is_held():
    before = peak_memory()
    held = bytearray(peak_memory() + 2**24)
    held[::4096] = b"x" * len(held[::4096])
    assert peak_memory() > before


def test_growth_is_the_slope_of_the_logarithms():
    sizes = [1, 10, 100, 1000, 10_000]
    assert scaling.slope(sizes, [size**1.5 for size in sizes]) == pytest.approx(1.5)


def test_panels_are_of_registered_workloads():
    for build, sizes in growth.PANELS.values():
        assert all(f"{build.__name__} {size}" in WORKLOADS for size in sizes)


def test_figure_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    side = [{"seconds": 1e-3 * n} for n in range(1, 5)]
    rows = {10**n: {"ours": part, "theirs": part} for n, part in enumerate(side)}
    scaling.draw(dict.fromkeys(growth.PANELS, rows), tmp_path / "figure.svg")
    assert "retrograd, growth" in (tmp_path / "figure.svg").read_text(encoding="utf-8")


@pytest.mark.oracle
@pytest.mark.slow
def test_command_prints_a_table_and_writes_json(tmp_path):
    pytest.importorskip("torch")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "chain", "jacobian"]
    path = tmp_path / "out.json"
    run = subprocess.run(
        [*command, "--json", str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "against torch: 2 workloads, geometric mean" in run.stdout
    (table,) = json.loads(path.read_text(encoding="utf-8"))
    assert list(table["rows"]) == ["jacobian 64", "chain"]
    assert table["machine"]["threads"] == 1
