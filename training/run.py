"""One run: data, model, epochs, and a folder with all that came of it."""

from __future__ import annotations

import argparse
import sys
from math import prod
from pathlib import Path
from typing import Any

from retrograd import models, nn, optim
from retrograd.backends.device import to_device
from retrograd.backends.random import Generator, manual_seed
from retrograd.backends.threads import get_num_threads, set_num_threads
from retrograd.data import DataLoader
from retrograd.training.checkpoint import NAME, check_same, save_checkpoint
from retrograd.training.errors import RunError, writing
from retrograd.training.report import report
from retrograd.training.sources import Source, load_source
from retrograd.training.trainer import Trainer


def train(options: argparse.Namespace, state: dict[str, Any] | None = None) -> None:
    """Do what the command line says, from a checkpoint's state on if there is one.

    Raises
    ------
    RunError
        If that is not possible; the message says why.
    """
    if state is not None:
        check_same(options, state["options"])
    threads = get_num_threads()
    set_num_threads(options.threads)
    try:
        _train(options, state)
    finally:
        set_num_threads(threads)


def _train(options: argparse.Namespace, state: dict[str, Any] | None) -> None:
    device = _device(options.device)
    manual_seed(options.seed)
    source = load_source(
        options.data,
        options.root,
        options.download,
        options.validation,
        Generator().manual_seed(options.seed),
    )
    trainer = _make_trainer(options, source, device)
    folder = _make_folder(options)
    count = sum(p.numel() for p in trainer.model.parameters())
    print(f"{options.model} with {count:,} parameters on {options.data}")
    print(
        f"{len(source.train):,} images to train on, {len(source.validation):,} to validate on, "
        f"{len(source.test):,} to test on"
    )
    if state is not None:
        trainer.load_state_dict(state["trainer"])
        save_checkpoint(folder, options, trainer)
        print(f"going on after epoch {trainer.epoch} of {options.resume}")
    saved = trainer.epoch

    def save() -> None:
        nonlocal saved
        save_checkpoint(folder, options, trainer)
        saved = trainer.epoch

    try:
        if trainer.fit(options.epochs, options.patience, save):
            print(f"stopped early: no better validation loss for {options.patience} epochs")
        report(folder, options, trainer, source)
    except KeyboardInterrupt:
        _say_interrupted(folder, saved)
        raise


def _device(name: str) -> str:
    try:
        return str(to_device(name))
    except RuntimeError as error:
        raise RunError(str(error)) from error


def _make_folder(options: argparse.Namespace) -> Path:
    """The run folder, there and without another run's checkpoint."""
    if options.out is not None:
        folder = Path(options.out)
        if _holds_another_run(folder, options.resume):
            raise RunError(
                f"{folder} holds a run already: go on with it by --resume {folder}, or choose "
                "another folder with --out"
            )
    elif options.resume is not None:
        resumed = Path(options.resume)
        folder = resumed if resumed.is_dir() else resumed.parent
    else:
        name = f"{Path(options.data).stem}-{options.model}"
        folder = Path("runs") / name
        number = 1
        while (folder / NAME).exists():
            number += 1
            folder = folder.with_name(f"{name}-{number}")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(".*.part"):  # what a killed process was just writing
            stale.unlink()
    return folder


def _holds_another_run(folder: Path, resumed: str | None) -> bool:
    held = folder / NAME
    if resumed is None or not held.exists():
        return held.exists()
    return not held.samefile(Path(resumed, NAME) if Path(resumed).is_dir() else resumed)


def _make_trainer(options: argparse.Namespace, source: Source, device: str) -> Trainer:
    model = make_model(options.model, source).to(device)
    optimizer = optim.AdamW(model.parameters(), options.lr, weight_decay=options.weight_decay)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs)
    loader = DataLoader(source.train, options.batch_size, shuffle=True)
    return Trainer(model, optimizer, scheduler, loader, source.validation, device)


def make_model(name: str, source: Source) -> nn.Module:
    """The network called `name` for the images of `source`."""
    if name == "mlp":
        return models.MLP(prod(source.shape), classes=len(source.classes))
    channels, size = source.shape[0], source.shape[-1]
    if len(source.shape) != 3 or source.shape[1] != size or size < 4:
        raise RunError(
            f"lenet wants square images of at least 4 x 4, the data has samples of shape "
            f"{source.shape}: use --model mlp"
        )
    if size >= 16:
        return models.LeNet(channels, size, len(source.classes))
    # Small images have few pixels to tell classes apart by: more channels make up for it. Such sets
    # are small as well, and dropout keeps the network from learning them by heart.
    return models.LeNet(channels, size, len(source.classes), channels=(32, 64), dropout=0.4)


def _say_interrupted(folder: Path, saved: int) -> None:
    if saved:
        message = f"epoch {saved} is saved; to go on: retrograd train --resume {folder}"
    else:
        message = "the first epoch was not done, nothing is saved"
    print(f"\ninterrupted: {message}", file=sys.stderr)
