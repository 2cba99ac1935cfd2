"""The checkpoint of a run: all that its next epoch depends on, saved after each epoch."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from retrograd import interop
from retrograd._files import write_whole
from retrograd.training.errors import RunError, writing
from retrograd.training.trainer import Trainer

NAME = "checkpoint.pt"
# A resumed run goes on exactly as the first would have, so these have to agree.
SETTINGS = ("model", "data", "batch_size", "lr", "weight_decay", "validation", "seed", "epochs")
# These may differ; they are kept as defaults for the run that goes on.
HABITS = ("root", "patience", "threads")


def save_checkpoint(folder: Path, options: argparse.Namespace, trainer: Trainer) -> None:
    """Write the state after an epoch, and the log up to it."""
    kept = {name: getattr(options, name) for name in SETTINGS + HABITS}
    with writing(folder / NAME) as path:
        interop.save({"options": kept, "trainer": trainer.state_dict()}, path)
    lines = "".join(json.dumps(row) + "\n" for row in trainer.history)
    with writing(folder / "log.jsonl") as path:
        write_whole(path, lambda file: file.write(lines.encode()))


def read_checkpoint(place: str) -> dict[str, Any]:
    """The options and the trainer's state from a checkpoint, or from the one in a run folder."""
    path = Path(place)
    if path.is_dir():
        path = path / NAME
    try:
        state = interop.load(path, map_location="cpu")
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    except interop.CheckpointError as error:
        raise RunError(f"cannot resume: {error}") from error
    if not isinstance(state, dict) or not {"options", "trainer"} <= state.keys():
        raise RunError(f"{path} is a checkpoint, but not one of `retrograd train`")
    return state


def check_same(options: argparse.Namespace, saved: dict[str, Any]) -> None:
    """RunError if the command line asks for other settings than those of the run that goes on."""
    different = [
        f"--{name.replace('_', '-')} {getattr(options, name)} (was {saved[name]})"
        for name in SETTINGS
        if getattr(options, name) != saved[name]
    ]
    if different:
        raise RunError(
            f"the run to resume had other settings: {', '.join(different)}. Leave them out to go "
            "on with it, or begin a new run without --resume"
        )
