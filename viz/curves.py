"""Pictures of a training run: loss and accuracy curves, and the confusion matrix."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from retrograd._files import write_whole
from retrograd.viz.figures import new_figure

COLOURS = ("#1769c2", "#e8590c", "#2f9e62", "#8b5cc7")
INK, MUTED, GRID = "#1c2530", "#55616e", "#e3e8ed"
LOWER_IS_BETTER = ("loss", "error", "perplexity")

History = Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]]


def plot_curves(
    history: History,
    path: str | os.PathLike[str],
    *,
    metrics: Sequence[str] = ("loss", "accuracy"),
    title: str = "",
) -> Path:
    """Draw how a training run went, one panel per metric, into a .png, .pdf or .svg file.

    Parameters
    ----------
    history
        One mapping per epoch, or a mapping of lists. A key belongs to the metric that it is or
        ends in, such as "loss", "train_loss" or "test_accuracy"; "epoch", if there, is the axis.
    path
        The file to write.
    metrics
        The panels; those without values are left out.
    title
        A heading.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If no key belongs to any of the metrics.
    ModuleNotFoundError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> history = [{"train_loss": 1.0, "test_loss": 1.2}, {"train_loss": 0.5, "test_loss": 0.8}]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rg.viz.plot_curves(history, f"{folder}/curves.png").name
    'curves.png'
    """
    columns = _columns(history)
    panels = {metric: _series(columns, metric) for metric in metrics}
    panels = {metric: series for metric, series in panels.items() if series}
    if not panels:
        raise ValueError(
            f"plot_curves: none of the keys {sorted(columns)} is or ends in one of {list(metrics)}"
        )
    figure = new_figure(5.2 * len(panels) + 0.4, 3.9, layout="constrained", facecolor="white")
    if title:
        figure.suptitle(title, color=INK, fontsize=13, fontweight="bold")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (metric, series) in zip(axes, panels.items(), strict=True):
        epochs = columns.get("epoch") or list(range(1, len(next(iter(series.values()))) + 1))
        _curve_panel(axis, metric, series, epochs)
    return _save(figure, path)


def _columns(history: History) -> dict[str, list[Any]]:
    """The history as lists by key; an epoch without a key has None there."""
    if isinstance(history, Mapping):
        return {key: list(values) for key, values in history.items()}
    keys = dict.fromkeys(key for epoch in history for key in epoch)
    return {key: [epoch.get(key) for epoch in history] for key in keys}


def _series(columns: dict[str, list[Any]], metric: str) -> dict[str, list[float]]:
    """The curves of one metric by what stands before its name, such as "train"."""
    series = {}
    for key, values in columns.items():
        head, matched, rest = key.rpartition(metric)
        if matched and not rest and (not head or head[-1] in "_/ .-"):
            numbers = [math.nan if v is None else float(v) for v in values]
            series[head.rstrip("_/ .-") or "train"] = numbers
    return series


def _curve_panel(
    axis: Any, metric: str, series: dict[str, list[float]], epochs: Sequence[Any]
) -> None:
    percent = metric == "accuracy" and all(
        v <= 1 for values in series.values() for v in values if math.isfinite(v)
    )
    scale = 100.0 if percent else 1.0
    for number, (name, values) in enumerate(series.items()):
        shown = [v * scale for v in values]
        colour = COLOURS[number % len(COLOURS)]
        marker = "o" if len(shown) <= 40 else None
        axis.plot(epochs[: len(shown)], shown, color=colour, marker=marker, markersize=3.5,
                  linewidth=1.8, label=name)  # fmt: skip
    name, values = list(series.items())[-1]
    _mark_best(axis, metric, [v * scale for v in values], epochs, percent,
               COLOURS[(len(series) - 1) % len(COLOURS)])  # fmt: skip
    axis.set_title(f"{metric} (%)" if percent else metric, loc="left", color=INK, fontsize=11)
    axis.set_xlabel("epoch", color=MUTED)
    axis.xaxis.get_major_locator().set_params(integer=True)
    if len(series) > 1 or name != "train":
        axis.legend(frameon=False, labelcolor=INK)
    _plain(axis)


def _mark_best(
    axis: Any, metric: str, values: list[float], epochs: Sequence[Any], percent: bool, colour: str
) -> None:
    """Name the best value of the last series, which by custom is the one held out."""
    finite = [(v, i) for i, v in enumerate(values) if math.isfinite(v)]
    if not finite:
        return
    best, at = (
        min(finite) if metric in LOWER_IS_BETTER else max(finite, key=lambda p: (p[0], -p[1]))
    )
    text = f"best {best:.2f} %" if percent else f"best {best:.4g}"
    axis.plot([epochs[at]], [best], "o", color="white", markeredgecolor=colour, markersize=8,
              markeredgewidth=1.8, zorder=3)  # fmt: skip
    below = metric not in LOWER_IS_BETTER
    axis.annotate(f"{text}, epoch {epochs[at]}", (epochs[at], best), color=colour, fontsize=9,
                  xytext=(0, -22 if below else 14), textcoords="offset points",
                  ha="right" if at > len(values) / 2 else "left")  # fmt: skip


def _plain(axis: Any) -> None:
    axis.grid(True, color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(colors=MUTED, length=0, labelsize=9)
    for spine in axis.spines.values():
        spine.set_visible(False)


def plot_confusion(
    matrix: Any,
    classes: Sequence[str],
    path: str | os.PathLike[str],
    *,
    title: str = "Confusion matrix",
) -> Path:
    """Draw a confusion matrix: rows are true classes, columns are predictions.

    Parameters
    ----------
    matrix
        Counts as nested sequences, an array or a Tensor, of shape (classes, classes).
    classes
        The names of the classes.
    path
        The .png, .pdf or .svg file to write.
    title
        A heading; the accuracy is added.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If `matrix` is not square or does not fit the number of classes.
    ModuleNotFoundError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rg.viz.plot_confusion([[5, 1], [0, 4]], ["cat", "dog"], f"{folder}/matrix.png").name
    'matrix.png'
    """
    plain = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    rows = [[float(v) for v in row] for row in plain]
    count = len(classes)
    if len(rows) != count or any(len(row) != count for row in rows):
        shape = f"{len(rows)} × {len(rows[0]) if rows else 0}"
        raise ValueError(f"plot_confusion: the matrix is {shape}, but there are {count} classes")
    side = max(4.0, 0.46 * count + 1.8)
    figure = new_figure(side + 0.4, side + 0.3, layout="constrained", facecolor="white")
    axis = figure.subplots()
    _fill_matrix(axis, rows)
    turned = max(map(len, map(str, classes)), default=0) > 3
    angle, side_of_text = (45, "right") if turned else (0, "center")
    axis.set_xticks(range(count), classes, rotation=angle, ha=side_of_text)
    axis.set_yticks(range(count), classes)
    axis.set_xlabel("predicted", color=MUTED)
    axis.set_ylabel("true", color=MUTED)
    total = sum(map(sum, rows))
    right = sum(rows[i][i] for i in range(count))
    share = f": {100 * right / total:.2f} % right" if total else ""
    axis.set_title(f"{title}{share}", loc="left", color=INK, fontsize=11, fontweight="bold")
    _plain(axis)
    axis.grid(False)
    return _save(figure, path)


def _fill_matrix(axis: Any, rows: list[list[float]]) -> None:
    """Shade each cell by its share of its row, and write the counts unless there are too many."""
    shares = [[v / max(sum(row), 1.0) for v in row] for row in rows]
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(rows) > 40:
        return
    size = 9 if len(rows) <= 20 else 6
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value:
                ink = "white" if shares[i][j] > 0.5 else INK if i == j else "#b02a1e"
                axis.text(j, i, f"{value:g}", ha="center", va="center", color=ink, fontsize=size)


def _save(figure: Any, path: str | os.PathLike[str]) -> Path:
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("png", "pdf", "svg"):
        raise ValueError(f"cannot write a picture to {Path(path).name!r}; use .png, .pdf or .svg")
    return write_whole(path, lambda file: figure.savefig(file, format=kind, dpi=150))
