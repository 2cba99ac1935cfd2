"""Runs that cannot be: a clear message, an exit status that is not zero, nothing half-written."""

import os
import subprocess
import sys

import numpy as np
import pytest

import retrograd as rg
from retrograd.__main__ import main
from tests.training.conftest import log


def failed(status, capsys, *parts):
    """Whether a run ended with one line that has all the parts."""
    err = capsys.readouterr().err
    assert status == 1
    assert "Traceback" not in err
    line = err.strip().splitlines()[-1]
    assert line.startswith("retrograd: error: ")
    for part in parts:
        assert part in line
    return True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "command"),
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--model", "gpt"], "invalid choice: 'gpt'"),
        (["train", "--epochs", "0"], "expected a whole number of at least 1, got 0"),
        (["train", "--epochs", "two"], "invalid"),
        (["train", "--batch-size", "-3"], "at least 1, got -3"),
        (["train", "--lr", "0"], "expected a number above 0, got 0"),
        (["train", "--lr", "nan"], "above 0, got nan"),
        (["train", "--weight-decay", "-1"], "at least 0, got -1"),
        (["train", "--validation", "1"], "between 0 and 1, got 1"),
        (["train", "--seed", "-1"], "got -1"),
        (["train", "--patience", "0"], "at least 1"),
        (["train", "--threads", "0"], "at least 1"),
        (["train", "--wings", "2"], "unrecognized arguments: --wings 2"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2
    assert message in capsys.readouterr().err


def test_help_says_the_defaults(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["train", "--help"])
    assert exit.value.code == 0
    out = capsys.readouterr().out
    assert "digits" in out
    assert "default: 0.1" in out


def test_unknown_data(train, capsys):
    assert failed(train(on="cats"), capsys, "'cats'", "fashion-mnist", ".npz")


def test_missing_files(train, capsys, tmp_path):
    assert failed(train(on="none.npz"), capsys, "no file none.npz", "x_train")
    assert failed(train("--root", "nowhere", on="fashion-mnist"), capsys, "nowhere", "download")
    assert failed(train("--resume", "nowhere.pt"), capsys, "nowhere.pt", "No such file")
    assert not (tmp_path / "runs").exists()


def test_no_gpu(train, capsys):
    if rg.cuda.is_available():
        pytest.skip("there is one")
    assert failed(train("--device", "cuda"), capsys, "cupy")
    assert failed(train("--device", "abacus"), capsys, "'abacus'")


GOOD = {"x_train": np.zeros((9, 4, 4)), "y_train": np.arange(9) % 3,
        "x_test": np.zeros((3, 4, 4)), "y_test": np.arange(3)}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_test": None}, "has no y_test, it has x_train, y_train, x_test;"),
        ({"x_train": None, "y_train": None}, "has no x_train and no y_train, it has x_test, y_test"),
        ({"y_train": np.arange(8)}, "x_train has shape (9, 4, 4), but y_train shape (8,)"),
        ({"y_train": np.zeros((9, 3), int)}, "x_train has shape (9, 4, 4), but y_train shape (9, 3)"),
        ({"y_train": np.arange(9.0)}, "y_train has dtype float64"),
        ({"y_test": np.array(["cat"] * 3)}, "y_test has dtype <U3"),
        ({"y_train": np.arange(9) - 1}, "y_train has the class -1"),
        ({"y_test": np.arange(3) + 8}, "classes up to 10, but only 9 training samples"),
        ({"x_train": np.zeros(9)}, "x_train has shape (9,)"),
        ({"x_test": np.zeros(())}, "x_test has shape ()"),
        ({"x_train": np.array(["a"] * 9).reshape(9, 1)}, "x_train has dtype <U1"),
        ({"x_train": np.zeros((9, 4, 4), complex)}, "x_train has dtype complex128"),
        ({"x_test": np.zeros((3, 5, 5))}, "x_test (3, 5, 5) differ in shape"),
        ({"x_train": np.array([None] * 9, object)}, "allow_pickle"),
        ({"x_train": np.zeros((0, 4, 4)), "y_train": np.zeros(0, int)}, "x_train has shape (0,"),
        ({"x_train": np.zeros((9, 0))}, "x_train has shape (9, 0)"),
        ({"x_train": np.full((9, 4, 4), np.nan)}, "x_train has values that are not finite"),
        ({"x_test": np.full((3, 4, 4), 1e39)}, "x_test has values that are not finite in float32"),
        ({"x_train": np.zeros((1, 4, 4)), "y_train": np.zeros(1, int), "y_test": np.zeros(3, int)},
         "too few"),
    ],
)  # fmt: skip
def test_wrong_arrays(train, capsys, tmp_path, change, message):
    arrays = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    np.savez(tmp_path / "bad.npz", **arrays)
    assert failed(train(on="bad.npz"), capsys, "bad.npz", message)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "uint8", "int8", "int64", "bool"]
)
@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4), (5,)])
def test_arrays_of_the_users(train, tmp_path, dtype, shape):
    x = np.ones((9, *shape), dtype)
    np.savez(tmp_path / "mine.npz", **{**GOOD, "x_train": x, "x_test": x[:3]})
    assert train("--epochs", "1", on="mine.npz") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b"PK\x03\x04 and no more", "cannot be read"),
        (b"x_train: 1, 2, 3", "cannot be read"),
    ],
)
def test_files_that_are_no_npz(train, capsys, tmp_path, content, message):
    (tmp_path / "bad.npz").write_bytes(content)
    assert failed(train(on="bad.npz"), capsys, f"bad.npz {message}", "x_train")


def test_a_single_array(train, capsys, tmp_path):
    with open(tmp_path / "bad.npz", "wb") as file:
        np.save(file, np.zeros(3))
    assert failed(train(on="bad.npz"), capsys, "bad.npz holds a single array", "x_train")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_npz(train, capsys, tmp_path, save):
    save(tmp_path / "bad.npz", **GOOD)
    good = (tmp_path / "bad.npz").read_bytes()
    for at in range(0, len(good), 41):
        (tmp_path / "bad.npz").write_bytes(good[:at])
        assert failed(train(on="bad.npz"), capsys, "bad.npz cannot be read")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("shape", [(9, 4, 6), (9, 3, 3), (9, 20)])
def test_lenet_wants_square_images(train, capsys, tmp_path, shape):
    x = np.zeros(shape)
    np.savez(tmp_path / "odd.npz", **{**GOOD, "x_train": x, "x_test": x[:3]})
    assert failed(train("--model", "lenet", on="odd.npz"), capsys, "square", "--model mlp")
    assert train("--epochs", "1", on="odd.npz") == 0


def test_a_learning_rate_that_is_too_high(train, capsys, tmp_path):
    status = train("--lr", "1e30")
    assert failed(status, capsys, "loss became", "in epoch 1", "nothing is saved", "--lr")
    assert not list((tmp_path / "runs" / "squares-mlp").iterdir())


def test_a_loss_that_blows_up_later(train, capsys, tmp_path, monkeypatch):
    from retrograd.training.trainer import Trainer

    step = Trainer.step

    def exploding(self, x, y):
        if self.epoch == 2:
            for p in self.model.parameters():
                p.data[:] = float("inf")
        return step(self, x, y)

    monkeypatch.setattr(Trainer, "step", exploding)
    message = ("in epoch 3", "the checkpoint holds epoch 2", "--lr")
    assert failed(train(), capsys, *message)
    folder = tmp_path / "runs" / "squares-mlp"
    assert len(log(folder)) == 2
    weights = rg.load(folder / "checkpoint.pt")["trainer"]["model"].values()
    assert all(w.isfinite().all() for w in weights)


@pytest.mark.parametrize("writes", range(7))
def test_a_full_disk(train, capsys, tmp_path, monkeypatch, writes):
    """The disk is full from the n-th file on; what was written before stays whole."""
    fsync, done = os.fsync, 0

    def full(handle):
        nonlocal done
        done += 1
        if done > 2 + writes:
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert failed(train("--epochs", "2"), capsys, "No space left on device", "--out")
    folder = tmp_path / "runs" / "squares-mlp"
    assert not [p.name for p in folder.iterdir() if p.name.startswith(".")]
    assert len(list(folder.iterdir())) == max(2, writes)
    state = rg.load(folder / "checkpoint.pt")
    assert len(state["trainer"]["history"]) == (1 if writes == 0 else 2)
    assert len(log(folder)) == (1 if writes < 2 else 2)


def test_the_folder_is_a_file(train, capsys, tmp_path):
    (tmp_path / "taken").write_text("")
    assert failed(train("--out", "taken"), capsys, "cannot write taken")


def test_a_run_is_not_overwritten(train, capsys, tmp_path):
    for name in ("squares-mlp", "squares-mlp-2", "squares-mlp-3"):
        assert train("--epochs", "1") == 0
        assert len(log(tmp_path / "runs" / name)) == 1
    assert train("--epochs", "1", "--out", "other") == 0
    before = (tmp_path / "other" / "checkpoint.pt").read_bytes()
    capsys.readouterr()
    assert failed(train("--out", "other"), capsys, "other holds a run already", "--resume other")
    status = main(["train", "--resume", "runs/squares-mlp", "--out", "other"])
    assert failed(status, capsys, "other holds a run already")
    assert (tmp_path / "other" / "checkpoint.pt").read_bytes() == before
    assert main(["train", "--resume", "other", "--out", "other"]) == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_output_that_cannot_be_written(data, tmp_path, stream):
    with open("/dev/full", "wb") as full:
        outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        run = subprocess.run(
            [sys.executable, "-m", "retrograd", "train", "--data", data, "--epochs", "1"],
            cwd=tmp_path, **outputs,
        )  # fmt: skip
    assert run.returncode == 1
    if stream == "stdout":
        error = "retrograd: error: cannot print: [Errno 28] No space left on device"
        assert run.stderr.decode().splitlines()[-1] == error


def test_checkpoints_that_cannot_be_resumed(train, capsys, tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"nonsense")
    assert failed(train("--resume", "bad.pt"), capsys, "bad.pt")
    rg.save({"w": rg.ones(1)}, tmp_path / "other.pt")
    assert failed(train("--resume", "other.pt"), capsys, "other.pt", "not one of `retrograd train`")
    assert train("--epochs", "1", "--out", "run") == 0
    capsys.readouterr()
    data = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(data[: len(data) // 2])
    assert failed(train("--resume", "cut.pt"), capsys, "cut.pt", "cut off")


def test_a_run_goes_on_with_its_own_settings(train, capsys, tmp_path):
    assert train("--epochs", "1", "--out", "run") == 0
    capsys.readouterr()
    other = train("--resume", "run", "--lr", "0.5", "--epochs", "9")
    assert failed(other, capsys, "--lr 0.5 (was 0.002)", "--epochs 9 (was 1)")
