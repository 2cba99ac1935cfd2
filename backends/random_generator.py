"""The generator of random numbers: the Mersenne Twister, seeded and saved as PyTorch does it.

MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
pseudo-random number generator", 1998), seeded by ``init_genrand`` of 2002, is in NumPy too. NumPy's
global random state is never read or written.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from retrograd.backends.device import device as Device
from retrograd.backends.host_calls import host_call

__all__ = ["Generator", "default_generator", "initial_seed", "manual_seed", "seed"]

_DEFAULT_SEED = 67280421310721
_WORDS = 624  # in the state of the Mersenne Twister
_AT_ONCE = 8192  # numbers converted at a time
_FEW = 512  # draws, below which random_raw's low cost per call counts more than its 64-bit output

# The layout of a CPU generator's state in PyTorch, so that states can be exchanged.
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("key", "<u8", _WORDS),
        ("unused_x", "<f8"),
        ("spare", "<f8"),
        ("unused_rho", "<f8"),
        ("has_spare", "<i4"),
        ("padding", "<i4"),
        ("unused_float", "<f4"),
        ("has_float", "<i4"),
    ]
)


class Generator:
    """A source of random numbers of its own.

    Parameters
    ----------
    device : str or device
        "cpu". Numbers are always drawn on the CPU; on a GPU they would be copied there.

    Examples
    --------
    >>> g = rg.Generator().manual_seed(3)
    >>> g.initial_seed()
    3
    """

    __slots__ = ("_integers", "_legacy", "_raw", "_seed", "_spare", "device")

    def __init__(self, device: str | Device = "cpu"):
        self.device = Device(device)
        if self.device.type != "cpu":
            raise RuntimeError(
                f"Generator: random numbers are drawn on the CPU only, got device '{device}'; "
                "use Generator() and move what is drawn"
            )
        self._seed = _DEFAULT_SEED
        self._spare: float | None = None  # the second number of a pair of normal ones
        # Made when first used: importing numpy.random takes as long as the rest of this package.
        self._legacy: Any = None

    @host_call
    def manual_seed(self, seed: int) -> Generator:
        """Begin the stream of `seed`, from -2**63 to 2**64 - 1 (negative ones count from 2**64).

        Raises
        ------
        RuntimeError
            If `seed` is not an int.
        ValueError
            If it is out of range.
        """
        if isinstance(seed, (bool, np.bool_)) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed: expected an int, got {type(seed).__name__} {seed!r}")
        seed = seed.__index__()
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed: expected -2**63 <= seed < 2**64, got {seed}")
        self._seed = seed % 2**64
        self._spare = None
        if self._legacy is not None:
            self._legacy.seed(self._seed % 2**32)
        return self

    def initial_seed(self) -> int:
        """The seed that the stream began with."""
        return self._seed

    @host_call
    def seed(self) -> int:
        """Begin a stream that nobody can foresee, and return its seed."""
        # 53 bits, so that the seed survives as a float.
        self.manual_seed(int.from_bytes(os.urandom(8)) % 2**53)
        return self._seed

    def words(self, n: int) -> np.ndarray:
        """The next `n` words of 32 bits, as uint32."""
        if self._legacy is None:
            self._start()
        if n < _FEW:
            return self._raw(n).astype(np.uint32)
        return self._integers(0, 2**32, n, dtype=np.uint32)

    def double_words(self, n: int) -> np.ndarray:
        """The next `n` pairs of words, the first one high, as uint64."""
        if self._legacy is None:
            self._start()
        if n < _FEW:
            raw = self._raw(2 * n)
            return (raw[0::2] << np.uint64(32)) | raw[1::2]
        return self._integers(0, 2**64, n, dtype=np.uint64)

    def unit(self, n: int, dtype: type[np.floating[Any]]) -> np.ndarray:
        """The next `n` uniform numbers in [0, 1) as float32 or float64.

        They are the last 24 bits of a word, or the last 53 of two, before the binary point.
        """
        single = dtype is np.float32
        words = self.words(n) if single else self.double_words(n)
        bits = 24 if single else 53
        mask, unit = words.dtype.type(2**bits - 1), dtype(2.0**-bits)
        # In place and by parts that fit the cache; signed integers convert faster.
        integers, numbers = words.view(f"i{words.itemsize}"), words.view(dtype)
        for start in range(0, n, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            words[part] &= mask
            np.multiply(integers[part].astype(dtype), unit, out=numbers[part])
        return numbers

    def _start(self) -> None:
        bits = np.random.MT19937(0)
        # RandomState has init_genrand, Generator the fastest way to many words of the same stream.
        self._legacy = np.random.RandomState(bits)
        self._legacy.seed(self._seed % 2**32)
        self._raw = bits.random_raw
        self._integers = np.random.Generator(bits).integers

    def get_state(self) -> np.ndarray:
        """The state as 5056 bytes (uint8) in PyTorch's own layout."""
        if self._legacy is None:
            self._start()
        _, key, position = self._legacy.get_state()[:3]
        # Where PyTorch differs from NumPy: nothing is drawn yet, the first words not yet made.
        unused = position == _WORDS and int(key[0]) == self._seed % 2**32
        state = np.zeros(1, _STATE)
        state["seed"] = self._seed
        state["left"] = 1 if unused else _WORDS + 1 - position
        state["seeded"] = 1
        state["next"] = 0 if unused else position
        state["key"] = key
        if self._spare is not None:
            state["spare"] = self._spare
            state["has_spare"] = 1
        return state.view(np.uint8)

    @host_call
    def set_state(self, new_state: Any) -> None:
        """Go on from a state that `get_state`, here or in PyTorch, returned.

        Raises
        ------
        TypeError
            If it is not made of uint8.
        RuntimeError
            If it is not such a state.
        """
        given = np.ascontiguousarray(new_state)
        if given.dtype != np.uint8:
            raise TypeError(f"set_state: expected a uint8 array, got {given.dtype}")
        if given.size != _STATE.itemsize:
            raise RuntimeError(
                f"set_state: expected {_STATE.itemsize} bytes, got {given.size}; "
                "give what get_state() of a CPU generator returned"
            )
        state = given.reshape(-1).view(_STATE)[0]
        left, position = int(state["left"]), int(state["next"])
        if not state["seeded"] or not 0 < left <= _WORDS or position > _WORDS:
            raise RuntimeError("set_state: the bytes are not a state of the Mersenne Twister")
        if self._legacy is None:
            self._start()
        # left counts down to the moment when new words are made; with 1 that is the next draw.
        position = _WORDS if left == 1 else position
        self._legacy.set_state(("MT19937", state["key"].astype(np.uint32), position))
        self._seed = int(state["seed"])
        self._spare = float(state["spare"]) if state["has_spare"] else None

    def clone_state(self) -> Generator:
        """A new generator that will draw the same numbers."""
        return _restored(self.get_state())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.get_state(),))

    def __repr__(self) -> str:
        return f"Generator(device='{self.device}', initial_seed={self._seed})"


def _restored(state: np.ndarray) -> Generator:
    generator = Generator()
    generator.set_state(state)
    return generator


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Begin the default generator's stream of `seed` (``int(seed)``), and return the generator.

    Examples
    --------
    >>> rg.manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Begin an unforeseeable stream of the default generator, and return its seed.

    Examples
    --------
    >>> rg.seed() == rg.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator.

    Examples
    --------
    >>> _ = rg.manual_seed(12)
    >>> rg.initial_seed()
    12
    """
    return default_generator.initial_seed()
