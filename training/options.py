"""The command line of `retrograd`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from retrograd._version import __version__


def parser(defaults: Mapping[str, Any] | None = None) -> argparse.ArgumentParser:
    """The argument parser of the whole command, with other defaults for `train` if given."""
    top = argparse.ArgumentParser(
        prog="retrograd",
        description="Reverse-mode autodiff and neural networks in readable Python.",
    )
    top.add_argument("--version", action="version", version=f"retrograd {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    train = commands.add_parser(
        "train",
        help="train a network, and draw its curves and the graph of its backward pass",
        description="Train a network on real data. Everything it makes goes into a run folder.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_train(train)
    train.set_defaults(**(defaults or {}))
    return top


def _add_train(train: argparse.ArgumentParser) -> None:
    add = train.add_argument
    add("--model", choices=("mlp", "lenet"), default="lenet", help="the network")
    add(
        "--data", default="digits", help="digits, mnist, fashion-mnist, or the path of an .npz file"
    )
    add("--root", default="data", help="folder of the mnist or fashion-mnist files")
    add("--download", action="store_true", help="fetch those files if they are missing")
    add("--epochs", type=_positive_int, default=30, help="passes over the training data")
    add("--batch-size", type=_positive_int, default=32, help="images per step")
    add("--lr", type=_positive_float, default=2e-3, help="learning rate at the start")
    add("--weight-decay", type=_not_negative, default=1e-2, help="decoupled weight decay of AdamW")
    add("--validation", type=_fraction, default=0.1, help="share of the training data held out")
    add("--patience", type=_positive_int, help="stop after so many epochs without improvement")
    add("--seed", type=_seed, default=0, help="of initial values, splits and shuffles")
    add("--device", default="cpu", help="cpu, or cuda")
    add("--out", help="run folder (default: runs/DATA-MODEL)")
    add("--resume", metavar="RUN", help="run folder, or checkpoint.pt in it, to go on with")


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
