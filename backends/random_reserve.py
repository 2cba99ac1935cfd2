"""Words of the Mersenne Twister drawn before they are asked for, and numbers made of all of them.

A few numbers then cost a copy out of an array that is there, not a run through NumPy for each call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from retrograd.backends.random_normal import normal_blocks

__all__ = ["WORDS", "Reserve", "key_of", "to_unit"]

WORDS = 624  # in the state of the Mersenne Twister, which makes as many new ones at a time
_AT_ONCE = 8192  # numbers converted at a time


class Reserve:
    """Words in a row, and what is made of them: arrays to be copied from, not to be changed.

    Parameters
    ----------
    words : np.ndarray
        Of uint32; the last one is the last that its state of the Mersenne Twister makes.
    """

    __slots__ = ("_blocks", "_wanted", "unit", "words")

    def __init__(self, words: np.ndarray):
        self.words = words
        self.unit = to_unit(words.copy(), np.float32)
        self._wanted = False
        self._blocks: np.ndarray | None = None

    def normal_blocks(self) -> np.ndarray | None:
        """``blocks[i]``, (2, 8), are the sixteen normal numbers made of the words from i on.

        None when first asked for: making them all is worth the while from the second time on.
        """
        if self._blocks is None and self._wanted:
            self._blocks = normal_blocks(self.unit)
        self._wanted = True
        return self._blocks


def to_unit(words: np.ndarray, dtype: type[np.floating[Any]]) -> np.ndarray:
    """Uniform numbers in [0, 1), float32 of uint32 words or float64 of uint64 ones, in their memory.

    They are the last 24 bits of a word, or the last 53, before the binary point.
    """
    bits = 24 if dtype is np.float32 else 53
    mask, unit = words.dtype.type(2**bits - 1), dtype(2.0**-bits)
    # By parts that fit the cache; signed integers convert faster.
    integers, numbers = words.view(f"i{words.itemsize}"), words.view(dtype)
    for start in range(0, len(words), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        words[part] &= mask
        np.multiply(integers[part].astype(dtype), unit, out=numbers[part])
    return numbers


def key_of(words: np.ndarray) -> np.ndarray:
    """The state of the Mersenne Twister of which these 624 words were made.

    Each of the four steps of its tempering is undone: a shifted copy of a number is known as far as
    the number itself is, which is another seven or eleven bits with every turn.
    """
    key = words ^ (words >> 18)
    key ^= (key << 15) & np.uint32(0xEFC60000)
    tempered = key
    for _ in range(4):
        key = tempered ^ ((key << 7) & np.uint32(0x9D2C5680))
    tempered = key
    for _ in range(2):
        key = tempered ^ (key >> 11)
    return key
