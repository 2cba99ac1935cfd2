"""The progress bar, on a terminal and in a log; the confusion matrix as text."""

import io
import os

import pytest

from retrograd.training.progress import Progress
from retrograd.training.report import confusion_text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_the_line_is_redrawn():
    stream = Terminal()
    progress = Progress("epoch 1/2", 100, stream)
    progress._drawn -= 1  # as if the last drawing were a second ago
    progress.advance(50, 0.5, 0.75)
    drawn = stream.getvalue()
    assert drawn.startswith("\repoch 1/2 [##########----------] loss 0.5000 acc  75.0%")
    progress.advance(50, 0.25, 1.0)
    assert "[####################] loss 0.2500 acc 100.0%" in stream.getvalue()
    assert "images/s" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    progress.finish("done")
    assert stream.getvalue().rsplit("\r", 1)[1].startswith("epoch 1/2 done")
    assert stream.getvalue().endswith("\n")


def test_elsewhere_only_the_last_line_is_printed():
    stream = io.StringIO()
    progress = Progress("epoch 1/2", 100, stream)
    progress.advance(100, 0.5, 0.75)
    assert stream.getvalue() == ""
    progress.finish("done")
    assert stream.getvalue().startswith("epoch 1/2 done  ")
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_fit_the_terminal(columns, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(stream, "fileno", lambda: 2)
    size = os.terminal_size((columns, 24))
    monkeypatch.setattr(os, "get_terminal_size", lambda handle: size)
    progress = Progress("epoch 10/30", 60_000, stream)
    progress._began -= 60_000 / 12_345  # as if it ran at this speed
    progress.advance(60_000, 2.3026, 1.0)
    progress.finish("loss 2.3026 acc 100.0%  val loss 2.3026 acc 100.0%")
    bar, kept = stream.getvalue().removeprefix("\r").rstrip("\n").split("\r")
    assert len(bar) == columns - 1
    assert len(kept) == max(columns - 1, 79)  # a narrower terminal breaks it, nothing is lost
    assert kept.rstrip().endswith("images/s")


def test_confusion_matrix_as_text():
    text = confusion_text([[10, 0], [2, 345]], ["T-shirt", "x"])
    assert text.splitlines() == ["        T-s   x", "T-shirt  10   .", "      x   2 345"]
