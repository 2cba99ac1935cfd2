"""What a run leaves to look at: test results, curves, and the graph of a backward pass."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from textwrap import fill

from retrograd import viz
from retrograd._files import write_whole
from retrograd.nn import functional as F
from retrograd.training.errors import writing
from retrograd.training.sources import Source
from retrograd.training.trainer import Trainer, evaluate

GRAPH_IMAGES = 32
Matrix = list[list[int]]


def report(folder: Path, options: argparse.Namespace, trainer: Trainer, source: Source) -> None:
    """Test what the run made, say how good it is, and draw what is to be seen.

    That is the network of the last epoch, where the learning rate has come down to 0, or with
    early stopping of the one with the least validation loss.
    """
    tested, why = trainer.epoch, "the last"
    if options.patience is not None and trainer.best is not None:
        trainer.model.load_state_dict(trainer.best)
        tested, why = trainer.epoch - trainer.since_best, "the best in validation"
    loss, accuracy, matrix = evaluate(trainer.model, source.test, trainer.device)
    table = confusion_text(matrix, source.classes)
    print(f"\nconfusion matrix on the test set (rows: truth, columns: prediction)\n{table}\n")
    result = {
        "test_loss": loss,
        "test_accuracy": accuracy,
        "epochs": trainer.epoch,
        "tested_epoch": tested,
        "confusion": matrix,
        "classes": source.classes,
    }
    with writing(folder / "result.json") as path:
        write_whole(path, lambda file: file.write(json.dumps(result).encode() + b"\n"))
    title = f"{options.model} on {options.data}"
    draw_graph(folder, trainer, source, title)
    draw_curves(folder, trainer, matrix, source, title)
    print(f"test accuracy {accuracy:.2%} (loss {loss:.4f}) of epoch {tested}, {why}")
    files = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    print(fill(f"in {folder}: {', '.join(files)}", 79, break_on_hyphens=False))


def confusion_text(matrix: Matrix, classes: list[str]) -> str:
    """A confusion matrix as a table, right predictions on the diagonal.

    Examples
    --------
    >>> print(confusion_text([[5, 1], [0, 4]], ["cat", "dog"]))
         cat dog
    cat    5   1
    dog    .   4
    """
    longest = max(len(str(n)) for row in matrix for n in row)
    wide = 1 + max(longest, min(3, max(map(len, classes))))
    name = max(map(len, classes))
    head = " " * name + "".join(c[: wide - 1].rjust(wide) for c in classes)
    rows = [
        c.rjust(name) + "".join((str(n) if n else ".").rjust(wide) for n in row)
        for c, row in zip(classes, matrix)
    ]
    return "\n".join([head, *rows])


def draw_graph(folder: Path, trainer: Trainer, source: Source, title: str) -> None:
    """The backward pass of one training step, as a picture and as a page."""
    model = trainer.model.train()
    x, y = (t[:GRAPH_IMAGES].to(trainer.device) for t in source.train.tensors)
    model.zero_grad()
    with viz.watch(model) as seen:
        loss = F.cross_entropy(model(x), y)
    picture = viz.draw({"loss": loss}, seen, grads=True, title=f"{title}: one training step")
    for name in ("graph.svg", "graph.html"):
        with writing(folder / name) as path:
            picture.save(path)
    model.zero_grad()


def draw_curves(folder: Path, trainer: Trainer, matrix: Matrix, source: Source, title: str) -> None:
    """Loss and accuracy over the epochs, and the confusion matrix, where there is Matplotlib."""
    try:
        with writing(folder / "curves.png") as path:
            viz.plot_curves(trainer.history, path, title=title)
        with writing(folder / "confusion.png") as path:
            viz.plot_confusion(matrix, source.classes, path)
    except ModuleNotFoundError as error:
        print(f"no curves.png, no confusion.png: {error}", file=sys.stderr)
