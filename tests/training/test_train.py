"""`retrograd train`: what a run reports and leaves behind, and how it goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import retrograd as rg
from retrograd.__main__ import main
from retrograd.training.trainer import Trainer
from tests.training.conftest import log

FILES = {
    "checkpoint.pt", "confusion.png", "curves.png", "graph.html", "graph.svg", "log.jsonl",
    "result.json",
}  # fmt: skip


@pytest.mark.parametrize("model", ["mlp", "lenet"])
def test_a_run(train, tmp_path, capsys, model):
    pytest.importorskip("matplotlib")
    assert train("--model", model, "--epochs", "8", "--lr", "3e-3") == 0
    folder = tmp_path / "runs" / f"squares-{model}"
    assert {p.name for p in folder.iterdir()} == FILES
    result = json.loads((folder / "result.json").read_text())
    assert result["test_accuracy"] > 0.95
    assert sum(map(sum, result["confusion"])) == 40
    assert [row["epoch"] for row in log(folder)] == list(range(1, 9))
    assert log(folder)[-1]["train_loss"] < log(folder)[0]["train_loss"]
    out, err = capsys.readouterr()
    assert f"test accuracy {result['test_accuracy']:.2%}" in out
    assert "of epoch 8, the last" in out
    assert all(len(line) < 80 or str(tmp_path) in line for line in out.splitlines())
    assert "confusion matrix" in out
    assert "epoch 8/8 loss" in err
    assert "images/s" in err
    assert "linear" in (folder / "graph.svg").read_text()
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_seed_decides(train, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert train("--epochs", "2", "--seed", str(seed), "--out", name) == 0
    assert log(tmp_path / "a") == log(tmp_path / "b")
    assert log(tmp_path / "a") != log(tmp_path / "c")


def identical(a, b):
    """Whether two saved states are equal to the last bit."""
    if isinstance(a, rg.Tensor):
        return a.dtype == b.dtype and a.numpy().tobytes() == b.numpy().tobytes()
    if isinstance(a, dict):
        clock = ("seconds", "images_per_second")
        return a.keys() == b.keys() and all(identical(a[k], b[k]) for k in a if k not in clock)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(identical, a, b))
    return a == b


@pytest.mark.parametrize("model", ["mlp", "lenet"])
def test_a_resumed_run_is_the_same_bit_for_bit(train, tmp_path, monkeypatch, capsys, model):
    settings = ("--model", model, "--epochs", "6", "--seed", "3")
    assert train(*settings, "--out", "straight") == 0
    steps, step = 0, Trainer.step

    def interrupted(self, x, y):
        nonlocal steps
        steps += 1
        if steps == 3 * len(self.loader) + 2:
            raise KeyboardInterrupt
        return step(self, x, y)

    monkeypatch.setattr(Trainer, "step", interrupted)
    assert train(*settings, "--out", "broken") == 130
    assert "epoch 3 is saved" in capsys.readouterr().err
    assert len(log(tmp_path / "broken")) == 3
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    rg.rand(5)  # whatever else was drawn makes no difference
    assert main(["train", "--resume", "broken"]) == 0
    assert log(tmp_path / "broken") == log(tmp_path / "straight")
    states = [rg.load(tmp_path / f / "checkpoint.pt") for f in ("straight", "broken")]
    assert identical(*states)
    results = [
        json.loads((tmp_path / f / "result.json").read_text()) for f in ("straight", "broken")
    ]
    assert results[0] == results[1]


def test_a_run_resumed_elsewhere_leaves_the_first_alone(train, tmp_path):
    assert train("--epochs", "3", "--patience", "1", "--lr", "1e-9", "--out", "first") == 0
    before = (tmp_path / "first" / "checkpoint.pt").read_bytes()
    assert main(["train", "--resume", "first/checkpoint.pt", "--out", "second"]) == 0
    assert (tmp_path / "first" / "checkpoint.pt").read_bytes() == before
    assert log(tmp_path / "second")[: len(log(tmp_path / "first"))] == log(tmp_path / "first")


@pytest.fixture
def evaluated(monkeypatch):
    """Lets evaluations find given losses, and notes the weights each time."""
    weights = []

    def find(*losses):
        left = iter(losses)

        def evaluate(model, *_):
            weights.append([p.detach().numpy().tobytes() for p in model.parameters()])
            return next(left), 0.5, [[1] * 3] * 3

        for module in ("trainer", "report"):
            monkeypatch.setattr(f"retrograd.training.{module}.evaluate", evaluate)
        return weights

    return find


def test_early_stopping(train, tmp_path, evaluated, capsys):
    """It stops, and what is tested then is the best epoch, to the bit."""
    weights = evaluated(3.0, 2.0, 2.5, 2.0, 9.0)
    assert train("--epochs", "6", "--patience", "2") == 0
    out = capsys.readouterr().out
    assert "stopped early" in out
    assert "of epoch 2, the best in validation" in out
    assert weights[4] == weights[1] != weights[3]
    folder = tmp_path / "runs" / "squares-mlp"
    assert [row["val_loss"] for row in log(folder)] == [3, 2, 2.5, 2]
    assert rg.load(folder / "checkpoint.pt")["trainer"]["best_loss"] == 2
    assert json.loads((folder / "result.json").read_text())["tested_epoch"] == 2


def test_without_early_stopping_the_last_epoch_is_tested(train, evaluated):
    weights = evaluated(3.0, 2.0, 9.0, 9.0)
    assert train("--epochs", "3") == 0
    assert weights[3] == weights[2] != weights[1]


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c(data, tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "retrograd", "train", "--data", data, "--epochs", "100000"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    folder = tmp_path / "runs" / "squares-lenet"
    deadline = time.monotonic() + 60
    while not (folder / "log.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err
    state = rg.load(folder / "checkpoint.pt")
    done = len(state["trainer"]["history"])
    assert done >= 1
    assert f"epoch {done} is saved; to go on: retrograd train --resume" in err
    assert {p.name for p in folder.iterdir()} == {"checkpoint.pt", "log.jsonl"}


def test_what_a_killed_run_was_writing_is_cleared_away(train, tmp_path):
    assert train("--epochs", "1", "--out", "run") == 0
    (tmp_path / "run" / ".checkpoint.pt.4711.part").write_bytes(b"half")
    assert main(["train", "--resume", "run"]) == 0
    assert not [p.name for p in (tmp_path / "run").iterdir() if p.name.startswith(".")]


def test_ctrl_c_while_drawing(train, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("retrograd.training.report.draw_graph", interrupted)
    assert train("--epochs", "2", "--out", "run") == 130
    assert "epoch 2 is saved; to go on: retrograd train --resume run" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--resume", "run"]) == 0
    assert {p.name for p in (tmp_path / "run").iterdir()} >= {"graph.svg", "graph.html"}


@pytest.mark.parametrize(
    ("environment", "arguments", "threads"),
    [
        ({}, [], 1),
        ({"OMP_NUM_THREADS": "2"}, [], 2),
        ({"OPENBLAS_NUM_THREADS": "2"}, [], 2),
        ({"OMP_NUM_THREADS": "1"}, ["--threads", "2"], 2),
    ],
)
def test_threads(data, tmp_path, environment, arguments, threads):
    """One where nothing was said: two that wait for each other cost far more than they bring."""
    script = (
        "import sys; from retrograd.backends import threads; from retrograd.training import run\n"
        "run._train = lambda *_: print(threads.get_num_threads())\n"
        "before = threads.get_num_threads()\n"
        "from retrograd.__main__ import main; main(sys.argv[1:])\n"
        "assert threads.get_num_threads() == before"
    )
    clean = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    run = subprocess.run(
        [sys.executable, "-c", script, "train", "--data", data, *arguments],
        cwd=tmp_path, env={**clean, **environment}, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    assert run.stdout.split() == [str(threads)]


def test_ctrl_c_before_the_first_epoch_is_done(train, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Trainer, "step", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert train() == 130
    assert "nothing is saved" in capsys.readouterr().err
    assert not list((tmp_path / "runs" / "squares-mlp").iterdir())


@pytest.mark.slow
def test_digits_by_default(tmp_path, monkeypatch):
    """What the README promises."""
    monkeypatch.chdir(tmp_path)
    began = time.process_time()
    assert main(["train"]) == 0
    seconds = time.process_time() - began
    result = json.loads((tmp_path / "runs" / "digits-lenet" / "result.json").read_text())
    assert sum(map(sum, result["confusion"])) == 355
    assert result["test_accuracy"] >= 0.98
    assert seconds < 30  # of one core, whatever else the machine does
