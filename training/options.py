"""The command line of `retrograd`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

from retrograd._version import __version__
from retrograd.backends.threads import get_num_threads

EPILOG = """\
examples:
  retrograd train
      LeNet on the digits in the package: about 15 seconds
  retrograd train --data fashion-mnist --root FOLDER --epochs 10
      on files that are there already; --download fetches them
  retrograd train --data mine.npz --model mlp --patience 5 --out mine
      on arrays of your own, stopping early
  retrograd train --resume mine
      after Ctrl-C, or whatever else ended it

arrays of your own:
  np.savez("mine.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
  x   numbers in shape (N, H, W), (N, C, H, W) or (N, features);
      bytes (uint8) are scaled to 0..1, other types are taken as they are;
      mlp takes all of these, lenet square images
  y   N integer classes: 0, 1, 2, ...

the run folder:
  checkpoint.pt                 the last epoch's state, for --resume and rg.load
  log.jsonl                     losses, accuracies and times, a line an epoch
  result.json, confusion.png    how it does on the test data
  curves.png                    loss and accuracy over the epochs
  graph.svg, graph.html         the backward pass of one training step

exit status:
  0 all done, 1 it could not go on and said why, 2 bad arguments, 130 Ctrl-C
"""


def parser(defaults: Mapping[str, Any] | None = None) -> argparse.ArgumentParser:
    """The argument parser of the whole command, with other defaults for `train` if given."""
    top = argparse.ArgumentParser(
        prog="retrograd",
        description="Reverse-mode autodiff and neural networks in readable Python.",
        epilog="`retrograd train --help` says what can be trained, with examples.",
    )
    top.add_argument("--version", action="version", version=f"retrograd {__version__}")
    commands = top.add_subparsers(
        dest="command", required=True, metavar="command", title="commands"
    )
    train = commands.add_parser(
        "train",
        help="train a network; draw its curves and its backward pass",
        description="Train a network on real data, test it, and draw what happened.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_data(train.add_argument_group("data"))
    _add_training(train.add_argument_group("training"))
    _add_run(train.add_argument_group("run"))
    train.set_defaults(**(defaults or {}))
    return top


def _add_data(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--data",
        default="digits",
        metavar="NAME",
        help="digits (in the package), mnist, fashion-mnist, or the path of an .npz file "
        "(default: %(default)s)",
    )
    add(
        "--root",
        default="data",
        metavar="FOLDER",
        help="where the files of mnist or fashion-mnist are (default: %(default)s)",
    )
    add("--download", action="store_true", help="fetch those files into --root if missing")
    add(
        "--validation",
        type=_fraction,
        default=0.1,
        metavar="SHARE",
        help="of the training data, held out to watch the training by (default: %(default)s)",
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    given = " (default: %(default)s)"
    add("--model", choices=("mlp", "lenet"), default="lenet", help="the network" + given)
    add(
        "--epochs",
        type=_positive_int,
        default=40,
        metavar="N",
        help="passes over the training data" + given,
    )
    add("--batch-size", type=_positive_int, default=32, metavar="N", help="images a step" + given)
    add(
        "--lr",
        type=_positive_float,
        default=2e-3,
        metavar="RATE",
        help="learning rate at the start; a cosine takes it to 0" + given,
    )
    add(
        "--weight-decay",
        type=_not_negative,
        default=0.1,
        metavar="RATE",
        help="of AdamW, decoupled" + given,
    )
    add(
        "--patience",
        type=_positive_int,
        metavar="N",
        help="stop when the validation loss was no better for N epochs, and take the best one "
        "(default: train to the end, take the last)",
    )
    add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="of initial values, the split, shuffling and dropout" + given,
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--out",
        metavar="FOLDER",
        help="the run folder (default: runs/DATA-MODEL, with a number if that holds a run)",
    )
    add(
        "--resume",
        metavar="RUN",
        help="go on with the run in this folder, or with this checkpoint, bit for bit; its "
        "settings are kept",
    )
    add("--device", default="cpu", metavar="NAME", help="cpu or cuda (default: %(default)s)")
    add(
        "--threads",
        type=_positive_int,
        default=_threads(),
        metavar="N",
        help="of the CPU (default: what OMP_NUM_THREADS says, else 1: enough for networks this "
        "small, and two wait long for each other on a busy machine)",
    )


def _threads() -> int:
    """How many threads to use unless told otherwise."""
    chosen = any(name in os.environ for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"))
    return get_num_threads() if chosen else 1


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 63:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 2**63 - 1, got {text}")
    return value


def _positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text}")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text}")
    return value
