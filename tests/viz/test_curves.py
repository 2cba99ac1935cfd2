"""Curves and confusion matrices: files of the right kind, no global state touched, clear errors."""

import sys

import pytest

import retrograd as rg
from retrograd.viz.curves import plot_confusion, plot_curves

matplotlib = pytest.importorskip("matplotlib")

HISTORY = [
    {"epoch": e, "train_loss": 1 / e, "test_loss": 1.5 / e, "test_accuracy": 1 - 0.5 / e, "lr": 0.1}
    for e in range(1, 6)
]


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")]
)
def test_curves_are_written(tmp_path, suffix, start):
    path = plot_curves(HISTORY, tmp_path / f"curves.{suffix}", title="a $run$")
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [3.0, 2.0, 1.0]},
        {"loss": [float("nan"), 2.0, None]},
        {"epoch": [1], "loss": [float("nan")]},
        [{"loss": 1.0}, {"loss": 0.5, "val_loss": 0.7}],
        {"train/accuracy": [97.0, 98.0]},
    ],
)
def test_histories_of_other_shapes(tmp_path, history):
    assert plot_curves(history, tmp_path / "c.png").stat().st_size > 1000


def test_nothing_global_is_changed(tmp_path):
    before = dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules
    plot_curves(HISTORY, tmp_path / "c.png")
    assert (dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules) == before


def test_unknown_metrics_are_named(tmp_path):
    with pytest.raises(ValueError, match="closs"):
        plot_curves({"closs": [1.0]}, tmp_path / "c.png")


@pytest.mark.parametrize("make", [list, rg.tensor], ids=["lists", "tensor"])
def test_confusion_matrix(tmp_path, make):
    path = plot_confusion(make([[5, 1], [0, 4]]), ["cat", "dog"], tmp_path / "m.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_confusion_matrix_without_samples(tmp_path):
    plot_confusion([[0, 0], [0, 0]], ["a", "b"], tmp_path / "m.png")


def test_confusion_matrix_of_the_wrong_size(tmp_path):
    with pytest.raises(ValueError, match="2 × 2, but there are 3 classes"):
        plot_confusion([[1, 0], [0, 1]], ["a", "b", "c"], tmp_path / "m.png")


def test_wrong_kind_of_file(tmp_path):
    with pytest.raises(ValueError, match=r"\.png, \.pdf or \.svg"):
        plot_curves(HISTORY, tmp_path / "curves.txt")
