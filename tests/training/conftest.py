"""Small data to train on, and the command run in a folder of its own."""

import json

import numpy as np
import pytest

from retrograd.__main__ import main


def images(count, seed=0):
    """Bright squares in one of three places, with noise: easy to tell apart."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, count)
    x = random.normal(0, 0.3, (count, 8, 8)).astype("float32")
    for image, k in zip(x, y):
        image[2 * k : 2 * k + 3, 2 * k : 2 * k + 3] += 1
    return x, y


@pytest.fixture
def data(tmp_path):
    """The path of an .npz file with images of three classes."""
    (x, y), (x_test, y_test) = images(200), images(40, seed=1)
    np.savez(tmp_path / "squares.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return str(tmp_path / "squares.npz")


@pytest.fixture
def train(tmp_path, monkeypatch, data):
    """Runs `retrograd train` on that data, in an empty folder, and gives the exit status."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, on=data):
        return main(["train", "--data", on, "--model", "mlp", *arguments])

    return run


def log(folder):
    """The rows of a run's log, without what depends on the clock."""
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in r.items() if k not in ("seconds", "images_per_second")} for r in rows]
