"""Which data a run trains on: bundled, standard, or the user's own arrays."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrograd.autograd_core.creation import from_numpy
from retrograd.autograd_core.tensor import Tensor
from retrograd.data import MNIST, Digits, FashionMNIST, TensorDataset, random_split
from retrograd.training.errors import RunError

NAMED = {"digits": Digits, "mnist": MNIST, "fashion-mnist": FashionMNIST}
NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")
NPZ_HELP = (
    f"an .npz file needs the arrays {', '.join(NPZ_KEYS[:3])} and {NPZ_KEYS[3]}: x of numbers in shape "
    "(N, H, W), (N, C, H, W) or (N, features), y of N integer classes from 0"
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
    except (OSError, ValueError) as error:
        raise RunError(f"{name}: {error}") from error
    except RuntimeError as error:
        hint = "" if download else ". Here: --root says where they are, --download fetches them"
        raise RunError(f"{error}{hint}") from error
    pairs = [_all_of(s) for s in sets]
    return pairs[0], pairs[1], list(sets[0].classes)


def _all_of(images: Any) -> tuple[Tensor, Tensor]:
    """All images of a set as float32 (N, 1, H, W) from 0 to 1, and their labels."""
    x, y = images.__getbatch__(range(len(images)))
    return x, y


def _from_npz(path: Path) -> Any:
    x, y, x_test, y_test = _read_npz(path)
    for a, b, part in ((x, y, "train"), (x_test, y_test, "test")):
        fault = _fault(a, b, f"x_{part}", f"y_{part}")
        if fault:
            raise RunError(f"{path}: {fault}; {NPZ_HELP}")
    if x.shape[1:] != x_test.shape[1:]:
        raise RunError(
            f"{path}: the samples of x_train {x.shape} and of x_test {x_test.shape} differ in shape"
        )
    count = int(max(y.max(), y_test.max())) + 1
    if count > len(y):
        raise RunError(
            f"{path}: there are classes up to {count - 1}, but only {len(y)} training samples; "
            "number the classes 0, 1, 2 and so on"
        )
    pairs = []
    for a, b, name in ((x, y, "x_train"), (x_test, y_test, "x_test")):
        scaled = from_numpy(_as_float(a))
        if not scaled.isfinite().all():
            raise RunError(f"{path}: {name} has values that are not finite in float32")
        pairs.append((scaled, from_numpy(b.astype(np.int64))))
    return pairs[0], pairs[1], [str(k) for k in range(count)]


def _read_npz(path: Path) -> list[np.ndarray]:
    """The four arrays of a file, whatever is in them."""
    try:
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if isinstance(file, np.ndarray):
                raise RunError(f"{path} holds a single array; {NPZ_HELP}")
            missing = [name for name in NPZ_KEYS if name not in file.files]
            if missing:
                has = ", ".join(file.files) or "nothing"
                raise RunError(
                    f"{path} has no {' and no '.join(missing)}, it has {has}; {NPZ_HELP}"
                )
            return [file[name] for name in NPZ_KEYS]
    except FileNotFoundError as error:
        raise RunError(f"there is no file {path}; {NPZ_HELP}") from error
    except (OSError, ValueError, EOFError, MemoryError, zlib.error, zipfile.BadZipFile) as error:
        raise RunError(f"{path} cannot be read: {error}; {NPZ_HELP}") from error


def _fault(x: np.ndarray, y: np.ndarray, x_name: str, y_name: str) -> str:
    """What is wrong with samples and their classes; "" if nothing is."""
    if x.ndim not in (2, 3, 4) or 0 in x.shape:
        return f"{x_name} has shape {x.shape}"
    if x.dtype.kind not in "fiub":
        return f"{x_name} has dtype {x.dtype}"
    if y.shape != (len(x),):
        return f"{x_name} has shape {x.shape}, but {y_name} shape {y.shape}"
    if y.dtype.kind not in "iu":
        return f"{y_name} has dtype {y.dtype}"
    if y.min() < 0:
        return f"{y_name} has the class {y.min()}"
    return ""


def _as_float(x: np.ndarray) -> np.ndarray:
    """Float32: bytes scaled to 0..1, other numbers as they are; a channel for (N, H, W)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what overflows is told of as an error
        scaled = x.astype(np.float32)
    if x.dtype == np.uint8:
        scaled /= np.float32(255)
    return scaled[:, None] if scaled.ndim == 3 else scaled
