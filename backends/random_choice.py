"""Random choices: permutations, and indices drawn by weight."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from retrograd.backends.host_calls import host_call
from retrograd.backends.random_draws import exponential
from retrograd.backends.random_generator import Generator

__all__ = ["multinomial", "permutation"]

_LARGEST_PERMUTATION = (2**32 - 1) // 20  # from here on PyTorch draws otherwise
_FEW = 20  # numbers, below which swapping them in Python takes less time than calls of NumPy


@host_call
def permutation(generator: Generator, n: int) -> np.ndarray:
    """The numbers 0 to ``n - 1`` in random order, as int64: ``randperm``.

    Fisher and Yates: step i swaps places i and t(i) >= i.

    Raises
    ------
    RuntimeError
        If `n` is negative or not below 2**32 / 20.
    """
    if not 0 <= n < _LARGEST_PERMUTATION:
        raise RuntimeError(f"permutation: expected 0 <= n < {_LARGEST_PERMUTATION}, got {n}")
    if n < _FEW:
        return _few_shuffled(n, generator.words(max(n - 1, 0)).tolist())
    distances = generator.words(n - 1)
    distances %= np.arange(n, 1, -1, dtype=np.uint32)
    interchange = _lapack_interchange()
    if interchange is None:
        return _swapped_by_arrays(distances)
    result, partners = np.arange(n, dtype=np.int64), distances + np.arange(1, n)
    interchange(result, partners)
    return result


def _few_shuffled(n: int, words: list[int]) -> np.ndarray:
    """The same by a plain loop."""
    values = list(range(n))
    for i, word in enumerate(words):
        target = i + word % (n - i)
        values[i], values[target] = values[target], values[i]
    return np.array(values, np.int64)


@cache
def _lapack_interchange() -> Callable[[np.ndarray, np.ndarray], None] | None:
    """A function that swaps the numbers in places 1, 2, ... with those in `partners`, from 1 too.

    It is what a matrix factorization with pivots does to the rows: LAPACK's dlaswp, for a matrix of
    one column. It only moves its float64 numbers, so that int64 ones will do.
    """
    from retrograd.backends import openblas

    routine = openblas.lapack("dlaswp")
    if routine is None:
        return None
    from ctypes import c_char, c_int64

    integer: Any = c_int64 * 1
    memory: Any = (c_char * 1).from_buffer
    one = integer(1)

    def interchange(column: np.ndarray, partners: np.ndarray) -> None:
        steps = integer(len(partners))
        routine(one, memory(column), steps, one, steps, memory(partners), one)

    return interchange


def _swapped_by_arrays(distances: np.ndarray) -> np.ndarray:
    """0 to n, of which place i was swapped with the one `distances[i]` further on, for i = 0, 1, ...

    The value in place i just before step i came there by the last earlier step j with t(j) = i, from
    place j; so it is the value that place j held just before step j, and so on down to a step that is
    no such target: the root of i in a forest, found for all i at once by jumping. Step i then takes
    home the value in place t(i): the root of the last earlier step with the same target, t(i) itself
    if there is none.
    """
    n = len(distances) + 1
    steps = np.arange(n - 1, dtype=np.uint32)
    targets = distances + steps

    roots = np.arange(n)
    moved = np.flatnonzero(distances)
    roots[targets[moved]] = moved  # of several steps with one target the last is kept
    jumped = np.empty_like(roots)
    # Indices are in range; without mode="clip" NumPy would copy `out` to be safe.
    while not np.array_equal(np.take(roots, roots, out=jumped, mode="clip"), roots):
        roots, jumped = jumped, roots

    # Steps ordered by target, then by time: neighbours tell which step had the same target before.
    keys = np.left_shift(targets, 32, dtype=np.uint64)
    keys |= steps
    keys.sort()
    ordered = (keys >> np.uint64(32)).astype(np.uint32)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    by_target = keys.astype(np.uint32)

    result = np.empty(n, np.int64)
    result[:-1] = targets
    result[-1] = roots[-1]
    result[by_target[again + 1]] = roots[by_target[again]]
    return result


@host_call
def multinomial(
    generator: Generator, weights: np.ndarray, num_samples: int, replacement: bool = False
) -> np.ndarray:
    """Indices of the last dimension drawn in proportion to `weights`, as int64: ``multinomial``.

    Without replacement the largest weights over exponential numbers win (Efraimidis and Spirakis,
    "Weighted random sampling with a reservoir", 2006); with it, cumulated weights are searched.

    Parameters
    ----------
    generator : Generator
        Where to draw from.
    weights : np.ndarray
        (K,) or (N, K), not negative; they need not sum to 1.
    num_samples : int
        How many indices per row.
    replacement : bool
        Whether an index may come more than once in a row.

    Returns
    -------
    np.ndarray
        (num_samples,) or (N, num_samples).

    Raises
    ------
    RuntimeError
        If the weights are no distribution, or fewer than `num_samples` without replacement.
    """
    _check_weights(weights, num_samples, replacement)
    if replacement and num_samples > 1:
        return _with_replacement(generator, weights, num_samples)
    # In float16 an exponential number may be 0.
    race = weights / exponential(generator, weights.shape, weights.dtype)
    if num_samples == 1:
        return race.argmax(axis=-1, keepdims=True)
    return np.argsort(-race, axis=-1, kind="stable")[..., :num_samples]


def _with_replacement(generator: Generator, weights: np.ndarray, num_samples: int) -> np.ndarray:
    """For each uniform number, the first index whose cumulated weight is not below it."""
    compute = np.promote_types(weights.dtype, np.float32)
    cumulated = np.cumsum(weights, axis=-1, dtype=compute)
    cumulated /= cumulated[..., -1:]
    cumulated[..., -1] = 1
    shape = (*weights.shape[:-1], num_samples)
    draws = generator.unit(math.prod(shape), np.float64).reshape(shape)
    left = np.zeros(shape, np.int64)
    right = np.full(shape, weights.shape[-1])
    while (left < right).any():
        middle = (left + right) // 2
        below = np.take_along_axis(cumulated, middle, axis=-1) < draws
        left = np.where(below, middle + 1, left)
        right = np.where(below, right, middle)
    return left


def _check_weights(weights: np.ndarray, num_samples: int, replacement: bool) -> None:
    categories = weights.shape[-1] if weights.ndim else 0
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: expected (K,) or (N, K) weights, got {weights.shape}")
    if weights.dtype.kind != "f":
        raise RuntimeError(f"multinomial: expected floating point weights, got {weights.dtype}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: expected num_samples > 0, got {num_samples}")
    if not replacement and num_samples > categories:
        raise RuntimeError(
            f"multinomial: cannot draw {num_samples} of {categories} without replacement; "
            "ask for fewer, or set replacement=True"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise RuntimeError("multinomial: expected finite weights that are not negative")
    if not (weights.sum(axis=-1, dtype=np.float64) > 0).all():
        raise RuntimeError("multinomial: expected weights with a positive sum in each row")
