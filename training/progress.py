"""The progress bar of an epoch, on a terminal or in a log."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

WIDTH = 20
COLUMNS = 80


class Progress:
    """One line that shows how far an epoch is; on a terminal it is redrawn, elsewhere printed once.

    Parameters
    ----------
    label : str
        What it stands in front of, such as "epoch 3/10".
    total : int
        Images in the epoch.
    stream : text file, optional
        Standard error by default.
    """

    def __init__(self, label: str, total: int, stream: TextIO | None = None):
        self._label, self._total = label, total
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._began = self._drawn = time.perf_counter()
        self.done = 0

    def advance(self, images: int, loss: float, accuracy: float) -> None:
        """Count a batch and redraw, ten times a second at most."""
        self.done += images
        now = time.perf_counter()
        if self._live and (now - self._drawn > 0.1 or self.done >= self._total):
            self._drawn = now
            filled = WIDTH * self.done // max(1, self._total)
            bar = "#" * filled + "-" * (WIDTH - filled)
            line = f"{self._label} [{bar}] loss {loss:.4f} acc {accuracy:6.1%}  {self._speed()}"
            room = self._columns() - 1
            self._stream.write("\r" + line[:room].ljust(room))
            self._stream.flush()

    def finish(self, summary: str) -> None:
        """Replace the bar by one line that stays."""
        line = f"{self._label} {summary}  {self._speed()}"
        if self._live:
            line = "\r" + line.ljust(self._columns() - 1)
        self._stream.write(line + "\n")
        self._stream.flush()

    @property
    def rate(self) -> float:
        """Images per second so far."""
        return self.done / max(1e-9, time.perf_counter() - self._began)

    def _columns(self) -> int:
        """The width of the terminal that the bar is on."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or COLUMNS
        except OSError:  # a stream that says it is a terminal, but cannot be asked
            return COLUMNS

    def _speed(self) -> str:
        return f"{self.rate:,.0f} images/s"
