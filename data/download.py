"""Fetches one file over HTTP: mirrors, resumed when cut off, checked, never half-written."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, TextIO

__all__ = ["ProgressBar", "download"]

_CHUNK = 1 << 16
_ATTEMPTS = 3
_NETWORK_ERRORS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class ProgressBar:
    """One line on a terminal that fills as bytes arrive; where there is no terminal, nothing.

    Parameters
    ----------
    label : str
        What is being fetched.
    total : int or None
        Bytes expected, None if unknown.
    stream : text stream, optional
        Where to draw; standard error by default.
    """

    _INTERVAL = 0.1
    _WIDTH = 30

    def __init__(self, label: str, total: int | None, stream: TextIO | None = None):
        self._label, self._total = label, total
        self._stream = sys.stderr if stream is None else stream
        self._drawn_at = float("-inf")
        self._is_terminal = self._stream.isatty()

    def update(self, done: int) -> None:
        """Show that `done` bytes are there, at most ten times a second."""
        now = time.monotonic()
        if now - self._drawn_at >= self._INTERVAL:
            self._drawn_at = now
            self._draw(done)

    def close(self, done: int) -> None:
        """Show the last state and leave the line."""
        self._draw(done)
        if self._is_terminal:
            self._stream.write("\n")

    def _draw(self, done: int) -> None:
        if not self._is_terminal:
            return
        megabytes = f"{done / 1e6:.1f} MB"
        if self._total:
            fraction = min(done / self._total, 1.0)
            bar = ("#" * round(fraction * self._WIDTH)).ljust(self._WIDTH, ".")
            megabytes = f"[{bar}] {fraction:4.0%}  {done / 1e6:.1f} / {self._total / 1e6:.1f} MB"
        self._stream.write(f"\r{self._label}  {megabytes}")
        self._stream.flush()


def download(urls: Sequence[str], path: Path, md5: str, timeout: float = 30.0) -> None:
    """Put the file with the given MD5 checksum at `path`, from the first of `urls` that gives it.

    What arrives is kept in ``path + '.part'``, which becomes `path` when its checksum is right. A
    connection that breaks is taken up where it stopped, in this call or in a later one; a server
    that cannot do so starts again from the beginning.

    Parameters
    ----------
    urls : sequence of str
        Addresses of the same file, in order of preference.
    path : path
        Where the file goes; its folder is made if need be.
    md5 : str
        The checksum as hexadecimal digits.
    timeout : float
        Seconds without a byte after which a connection counts as broken.

    Raises
    ------
    RuntimeError
        If no address gave the file: the message says what went wrong with each.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    problems = []
    for url in urls:
        try:
            _fetch_checked(url, part, md5, timeout)
        except (RuntimeError, *_NETWORK_ERRORS) as error:
            problems.append(f"  {url}: {error}")
        else:
            os.replace(part, path)
            return
    raise RuntimeError(f"{path.name} could not be downloaded:\n" + "\n".join(problems))


def _fetch_checked(url: str, part: Path, md5: str, timeout: float) -> None:
    """Complete `part` and compare its checksum; a wrong one deletes it.

    A wrong checksum after a resume may be the fault of the bytes that were already there, so that
    case is tried once more from nothing.
    """
    resumed = part.exists()
    _fetch(url, part, timeout)
    found = _md5(part)
    if found == md5:
        return
    part.unlink()
    if resumed:
        _fetch_checked(url, part, md5, timeout)
        return
    raise RuntimeError(f"wrong checksum: expected MD5 {md5}, got {found}; what came was deleted")


def _fetch(url: str, part: Path, timeout: float) -> None:
    """Bring `part` to its full length, taking a broken connection up again a few times."""
    for _ in range(_ATTEMPTS):
        done, total = _fetch_once(url, part, timeout)
        if total is None or done >= total:
            return
    raise RuntimeError(
        f"the connection broke at byte {done} of {total}; what came is kept in {part}, "
        "from which a new call goes on"
    )


def _fetch_once(url: str, part: Path, timeout: float) -> tuple[int, int | None]:
    """One request for what `part` lacks: the bytes there are now and those there should be."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "retrograd"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if have and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return have, None  # nothing is missing, or too much is there: the checksum will tell
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0
        length = response.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        bar = ProgressBar(part.stem, total)
        with part.open("ab" if have else "wb") as file:
            return _copy(response, file, have, bar), total


def _copy(response: Any, file: IO[bytes], done: int, bar: ProgressBar) -> int:
    """Append the response to the file; the bytes there are then, also when it broke off."""
    try:
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            bar.update(done)
    except _NETWORK_ERRORS as error:
        rest = getattr(error, "partial", b"")  # what an http.client.IncompleteRead still holds
        file.write(rest)
        done += len(rest)
    finally:
        bar.close(done)
    return done


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
