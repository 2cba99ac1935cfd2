"""The tensors that the tables of calls name by a letter, the same numbers in both libraries.

    x y   (3, 4), different numbers           t     (3, 4) with ties and zeros
    r     (4,), a row to broadcast            w     (3, 4) with nan, inf, -inf, -0. (floats only)
    c     (3, 1), a column to broadcast       e     (0, 4), empty
    q     (3, 3), square                      z     (2, 3, 4)
    s     (), 0-d                             o     (1, 4), length 1

are drawn in each of the types in turn, and in each of the layouts. These are always of their type:

    i     int64 (3, 4) in -4..4               b, m  bool (3, 4)
    u     uint8 (3, 4) in 0..9                f     float32 (3, 4)
    h     int32 (3, 4) in -4..4               d     float64 (3, 4)
    j     int64 (4,) indices in 0..2          n     int64 (3, 4) indices in 0..2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

SHAPES = {
    "x": (3, 4), "y": (3, 4), "t": (3, 4), "w": (3, 4), "r": (4,), "c": (3, 1), "q": (3, 3),
    "s": (), "e": (0, 4), "z": (2, 3, 4), "o": (1, 4),
}  # fmt: skip
TYPES = ("float64", "float32", "int64", "int32", "int16", "int8", "uint8", "bool")
LAYOUTS = ("rows", "columns", "strided")
SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 0.0)


def drawn(name: str, dtype: str, rng: np.random.Generator) -> np.ndarray:
    """The numbers of one letter in one type: small integers, or reals that are none."""
    shape = SHAPES[name]
    if dtype == "bool":
        return rng.random(shape) < 0.6
    if name == "t":
        whole = rng.integers(0 if dtype == "uint8" else -2, 3, shape)
        return whole.astype(dtype)
    if not dtype.startswith("float"):
        return rng.integers(0 if dtype == "uint8" else -4, 6, shape).astype(dtype)
    reals = rng.normal(size=shape) * 1.5
    if name == "w":
        reals.flat[: len(SPECIAL)] = SPECIAL
    return reals.astype(dtype)


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same numbers, otherwise in memory: row by row, column by column, or with gaps."""
    if layout == "columns" and array.ndim:
        return np.ascontiguousarray(array.T).T
    if layout == "strided" and array.ndim:
        wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    return array.copy()


def typed(dtype: str, layout: str) -> Iterator[tuple[str, np.ndarray]]:
    """Letters whose type varies, with their arrays."""
    for number, name in enumerate(SHAPES):
        numbers = np.asarray(drawn(name, dtype, np.random.default_rng(number)))
        yield name, laid_out(numbers, layout)


def fixed() -> Iterator[tuple[str, np.ndarray]]:
    """Letters that have one type, with their arrays."""
    rng = np.random.default_rng(100)
    yield "i", rng.integers(-4, 5, (3, 4))
    yield "h", rng.integers(-4, 5, (3, 4)).astype("int32")
    yield "u", rng.integers(0, 10, (3, 4)).astype("uint8")
    yield "b", rng.random((3, 4)) < 0.5
    yield "m", rng.random((3, 4)) < 0.5
    yield "f", rng.normal(size=(3, 4)).astype("float32")
    yield "d", rng.normal(size=(3, 4))
    yield "j", rng.integers(0, 3, 4)
    yield "n", rng.integers(0, 3, (3, 4))


def scope(library: Any, dtype: str, layout: str = "rows", *, grad: bool = False) -> dict[str, Any]:
    """Every letter as a tensor of `library`, and the library itself as `T`."""
    tensors = {}
    for name, array in typed(dtype, layout):
        tensors[name] = library.from_numpy(array)
        if grad and dtype.startswith("float"):
            tensors[name].requires_grad_()
    tensors.update((name, library.from_numpy(array)) for name, array in fixed())
    return {**tensors, "T": library, "np": np, "inf": np.inf, "nan": np.nan}
