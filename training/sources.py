"""Which data a run trains on: bundled, standard, or the user's own arrays."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrograd.autograd_core.creation import from_numpy
from retrograd.autograd_core.tensor import Tensor
from retrograd.data import MNIST, Digits, FashionMNIST, TensorDataset, random_split
from retrograd.training.errors import RunError

NAMED = {"digits": Digits, "mnist": MNIST, "fashion-mnist": FashionMNIST}
NPZ_HELP = (
    "an .npz file needs the arrays x_train, y_train, x_test and y_test: x of shape (N, H, W), "
    "(N, C, H, W) or (N, features), y of N integer classes from 0"
)


@dataclass
class Source:
    """Training, validation and test sets, and what a model must know of them."""

    train: Any
    validation: Any
    test: Any
    shape: tuple[int, ...]
    classes: list[str]


def load_source(name: str, root: str, download: bool, validation: float, seed: Any) -> Source:
    """The data set called `name`, or the .npz file at that path, with `validation` split off."""
    if name in NAMED:
        (x, y), (x_test, y_test), classes = _named(name, root, download)
    elif name.endswith(".npz"):
        (x, y), (x_test, y_test), classes = _from_npz(Path(name))
    else:
        raise RunError(
            f"unknown data {name!r}: expected {', '.join(NAMED)}, or the path of an .npz file"
        )
    held = max(1, round(len(x) * validation))
    if len(x) <= held:
        raise RunError(f"{name}: {len(x)} training samples are too few to hold {held} out")
    train, kept = random_split(TensorDataset(x, y), [len(x) - held, held], seed)
    test = TensorDataset(x_test, y_test)
    return Source(_taken(train), _taken(kept), test, tuple(x.shape[1:]), classes)


def _taken(subset: Any) -> TensorDataset:
    """A split as arrays of its own, so that batches are slices of one array."""
    indices = from_numpy(np.asarray(subset.indices, dtype=np.int64))
    return TensorDataset(*(t[indices] for t in subset.dataset.tensors))


def _named(name: str, root: str, download: bool) -> Any:
    kind: Any = NAMED[name]
    settings: dict[str, Any] = {} if kind is Digits else {"root": root, "download": download}
    try:
        sets = [kind(train=train, **settings) for train in (True, False)]
    except (OSError, RuntimeError, ValueError) as error:
        raise RunError(f"{name}: {error}") from error
    pairs = [_all_of(s) for s in sets]
    return pairs[0], pairs[1], list(sets[0].classes)


def _all_of(images: Any) -> tuple[Tensor, Tensor]:
    """All images of a set as float32 (N, 1, H, W) from 0 to 1, and their labels."""
    x, y = images.__getbatch__(range(len(images)))
    return x, y


def _from_npz(path: Path) -> Any:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = [file[k] for k in ("x_train", "y_train", "x_test", "y_test")]
    except FileNotFoundError as error:
        raise RunError(f"there is no file {path}; {NPZ_HELP}") from error
    except KeyError as error:
        raise RunError(f"{path} has no array {error}; {NPZ_HELP}") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} cannot be read: {error}; {NPZ_HELP}") from error
    x, y, x_test, y_test = arrays
    for a, b, part in ((x, y, "train"), (x_test, y_test, "test")):
        if not _are_samples(a, b):
            raise RunError(
                f"{path}: x_{part} has shape {a.shape}, {a.dtype}, and y_{part} shape "
                f"{b.shape}, {b.dtype}; " + NPZ_HELP
            )
    if x.shape[1:] != x_test.shape[1:]:
        raise RunError(
            f"{path}: x_train {x.shape} and x_test {x_test.shape} differ in their images"
        )
    count = int(max(y.max(), y_test.max())) + 1
    pairs = [(_as_float(a), from_numpy(b.astype(np.int64))) for a, b in ((x, y), (x_test, y_test))]
    return pairs[0], pairs[1], [str(k) for k in range(count)]


def _are_samples(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether these are images or vectors of numbers, with a class from 0 on for each."""
    return (
        x.ndim in (2, 3, 4)
        and x.dtype.kind in "fiub"
        and y.ndim == 1
        and y.dtype.kind in "iu"
        and 0 < len(x) == len(y)
        and y.min() >= 0
    )


def _as_float(x: np.ndarray) -> Tensor:
    """Bytes scaled to 0..1, other numbers as they are; a channel for (N, H, W)."""
    scaled = x.astype(np.float32) / np.float32(255) if x.dtype == np.uint8 else x.astype(np.float32)
    return from_numpy(scaled[:, None] if scaled.ndim == 3 else scaled)
