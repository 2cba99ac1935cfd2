"""One run: data, model, epochs, and a folder with all that came of it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from retrograd import interop, models, nn, optim
from retrograd.backends.device import to_device
from retrograd.backends.random import Generator, manual_seed
from retrograd.data import DataLoader
from retrograd.nn import functional as F
from retrograd.training.errors import RunError
from retrograd.training.files import write_text, write_whole
from retrograd.training.sources import Source, load_source
from retrograd.training.trainer import Trainer, evaluate

# What a resumed run must share with the one it goes on with.
SETTINGS = ("model", "data", "batch_size", "lr", "weight_decay", "validation", "seed", "epochs")


def train(options: argparse.Namespace) -> None:
    """Do what the command line says; RunError with a message if that is not possible."""
    device = _device(options.device)
    state = None if options.resume is None else _read_checkpoint(Path(options.resume))
    if state is not None:
        _check_same(options, state["options"])
    manual_seed(options.seed)
    source = load_source(
        options.data,
        options.root,
        options.download,
        options.validation,
        Generator().manual_seed(options.seed),
    )
    folder = Path(options.out or _default_folder(options))
    trainer = _make_trainer(options, source, device)
    if state is not None:
        trainer.load_state_dict(state["trainer"])
    count = sum(p.numel() for p in trainer.model.parameters())
    print(
        f"{options.model} with {count:,} parameters on {options.data}: {len(source.train):,} images "
        f"to train, {len(source.validation):,} to validate, {len(source.test):,} to test"
    )

    def save() -> None:
        _save_checkpoint(folder, options, trainer)

    try:
        stopped = trainer.fit(options.epochs, options.patience, save)
    except KeyboardInterrupt:
        _say_interrupted(folder, trainer)
        raise
    if stopped:
        print(f"stopped early: no better validation loss for {options.patience} epochs")
    _report(folder, options, trainer, source, device)


def _default_folder(options: argparse.Namespace) -> str:
    if options.resume is not None:
        resumed = Path(options.resume)
        return str(resumed if resumed.is_dir() else resumed.parent)
    return f"runs/{Path(options.data).stem}-{options.model}"


def _device(name: str) -> str:
    try:
        return str(to_device(name))
    except RuntimeError as error:
        raise RunError(str(error)) from error


def _make_trainer(options: argparse.Namespace, source: Source, device: str) -> Trainer:
    model = make_model(options.model, source).to(device)
    optimizer = optim.AdamW(
        model.parameters(), lr=options.lr, weight_decay=options.weight_decay
    )
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs)
    loader = DataLoader(source.train, options.batch_size, shuffle=True)
    return Trainer(model, optimizer, scheduler, loader, source.validation, device)


def make_model(name: str, source: Source) -> nn.Module:
    """The network called `name` for the images of `source`."""
    if name == "mlp":
        features = 1
        for n in source.shape:
            features *= n
        return models.MLP(features, classes=len(source.classes))
    if len(source.shape) != 3 or source.shape[1] != source.shape[2]:
        raise RunError(
            f"lenet wants square images, the data has samples of shape {source.shape}: use --model mlp"
        )
    channels, size, _ = source.shape
    # Small images have few pixels to tell classes apart by: more channels make up for it.
    width = (6, 16) if size >= 16 else (16, 32)
    return models.LeNet(channels, size, len(source.classes), width)


# --- checkpoints ------------------------------------------------------------------------------------


def _save_checkpoint(folder: Path, options: argparse.Namespace, trainer: Trainer) -> None:
    """The state after an epoch, and the log up to it."""
    kept = {name: getattr(options, name) for name in SETTINGS}
    state = {"options": kept, "trainer": trainer.state_dict()}
    write_whole(folder / "checkpoint.pt", lambda aside: interop.save(state, aside))
    lines = [json.dumps(row) for row in trainer.history]
    write_text(folder / "log.jsonl", "\n".join(lines) + "\n")


def _read_checkpoint(path: Path) -> dict[str, Any]:
    if path.is_dir():
        path = path / "checkpoint.pt"
    try:
        state = interop.load(path, map_location="cpu")
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    except RuntimeError as error:
        raise RunError(f"cannot resume: {error}") from error
    if not isinstance(state, dict) or not {"options", "trainer"} <= state.keys():
        raise RunError(f"{path} is a checkpoint, but not of `retrograd train`")
    return state


def _check_same(options: argparse.Namespace, saved: dict[str, Any]) -> None:
    """A resumed run goes on exactly as the first would have, so its settings have to agree."""
    different = [
        f"--{name.replace('_', '-')} {getattr(options, name)} (was {saved[name]})"
        for name in SETTINGS
        if getattr(options, name) != saved[name]
    ]
    if different:
        raise RunError(
            "the run to resume had other settings: "
            + ", ".join(different)
            + ". Give the same ones, or begin a new run without --resume"
        )


def _say_interrupted(folder: Path, trainer: Trainer) -> None:
    path = folder / "checkpoint.pt"
    if trainer.epoch and path.exists():
        print(
            f"\ninterrupted: epoch {trainer.epoch} is saved; go on with the same command and "
            f"--resume {path}",
            file=sys.stderr,
        )
    else:
        print("\ninterrupted before the first epoch was done: nothing is saved", file=sys.stderr)


# --- the report -------------------------------------------------------------------------------------


def _report(
    folder: Path, options: argparse.Namespace, trainer: Trainer, source: Source, device: str
) -> None:
    """Test the best model of the run, and draw what is to be seen."""
    if trainer.best is not None:
        trainer.model.load_state_dict(trainer.best)
    loss, accuracy, matrix = evaluate(trainer.model, source.test, device)
    result = {
        "test_loss": loss,
        "test_accuracy": accuracy,
        "epochs": trainer.epoch,
        "confusion": matrix,
        "classes": source.classes,
    }
    write_text(folder / "result.json", json.dumps(result, indent=1) + "\n")
    print(f"\nconfusion matrix on the test set (rows: truth)\n{confusion_text(matrix, source.classes)}")
    _draw_graph(folder, trainer, source, device)
    _draw_curves(folder, trainer, matrix, source)
    print(f"\ntest accuracy {accuracy:.2%} (loss {loss:.4f}) after {trainer.epoch} epochs")
    print(f"everything is in {folder}/: " + ", ".join(sorted(p.name for p in folder.iterdir())))


def confusion_text(matrix: list[list[int]], classes: list[str]) -> str:
    """A confusion matrix as a table, right predictions on the diagonal."""
    wide = max(len(str(n)) for row in matrix for n in row) + 1
    name = max(len(c) for c in classes)
    head = " " * name + "".join(c[: wide - 1].rjust(wide) for c in classes)
    rows = [
        c.rjust(name) + "".join((str(n) if n else ".").rjust(wide) for n in row)
        for c, row in zip(classes, matrix)
    ]
    return "\n".join([head, *rows])


def _draw_graph(folder: Path, trainer: Trainer, source: Source, device: str) -> None:
    """The backward pass of one training step, as a picture and as a page."""
    from retrograd import viz

    model = trainer.model.train()
    x, y = (t[:32].to(device) for t in source.train.tensors)
    model.zero_grad()
    with viz.watch(model) as seen:
        loss = F.cross_entropy(model(x), y)
    picture = viz.draw(loss, seen, grads=True)
    write_text(folder / "graph.svg", picture.svg)
    write_text(folder / "graph.html", picture.html)
    model.zero_grad()


def _draw_curves(folder: Path, trainer: Trainer, matrix: Any, source: Source) -> None:
    from retrograd import viz

    try:
        write_whole(folder / "curves.png", lambda p: viz.plot_curves(trainer.history, p))
        write_whole(
            folder / "confusion.png", lambda p: viz.plot_confusion(matrix, source.classes, p)
        )
    except ImportError as error:
        print(f"\nno curves.png and confusion.png: {error}", file=sys.stderr)


