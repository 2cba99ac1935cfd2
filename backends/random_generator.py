"""The generator of random numbers: the Mersenne Twister, seeded and saved as PyTorch does it.

MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
pseudo-random number generator", 1998), seeded by ``init_genrand`` of 2002, is in NumPy too. NumPy's
global random state is never read or written.
"""

from __future__ import annotations

import os
from _thread import allocate_lock
from typing import Any

import numpy as np

from retrograd.backends.device import device as Device
from retrograd.backends.host_calls import host_call
from retrograd.backends.random_reserve import WORDS, Reserve, key_of, to_unit

__all__ = ["FEW", "Generator", "default_generator", "initial_seed", "manual_seed", "seed"]

_DEFAULT_SEED = 67280421310721
FEW = 2048  # words, below which they come out of the reserve
_LARGEST_RESERVE = 16  # times the words of a state
_NO_WORDS = Reserve(np.empty(0, np.uint32))

# The layout of a CPU generator's state in PyTorch, so that states can be exchanged.
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("key", "<u8", WORDS),
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

    __slots__ = (
        "_drawn", "_integers", "_legacy", "_lock", "_next", "_raw", "_reserve", "_seed", "_spare",
        "device",
    )  # fmt: skip

    def __init__(self, device: str | Device = "cpu"):
        self.device = Device(device)
        if self.device.type != "cpu":
            raise RuntimeError(
                f"Generator: random numbers are drawn on the CPU only, got device '{device}'; "
                "use Generator() and move what is drawn"
            )
        self._seed = _DEFAULT_SEED
        self._spare: float | None = None  # the second number of a pair of normal ones
        self._lock = allocate_lock()
        self._reserve, self._next = _NO_WORDS, 0  # its words from `_next` on are not given out yet
        self._drawn = 0  # words that NumPy gave since one of its states began
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
        with self._lock:
            self._seed, self._spare = seed % 2**64, None
            self._reserve, self._next, self._drawn = _NO_WORDS, 0, 0
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

    def _take(self, n: int) -> tuple[Reserve, int]:
        """A reserve with the next `n` words (n < 2048), now given out, and where they begin in it."""
        with self._lock:
            start = self._next
            if start + n > len(self._reserve.words):
                self._refill(n)
                start = 0
            self._next = start + n
            return self._reserve, start

    def words(self, n: int) -> np.ndarray:
        """The next `n` words of 32 bits, as uint32."""
        if n < FEW:
            reserve, start = self._take(n)
            return reserve.words[start : start + n].copy()
        with self._lock:
            rest = self._rest(n)
            return _joined(rest, self._draw(n - len(rest), np.uint32))

    def double_words(self, n: int) -> np.ndarray:
        """The next `n` pairs of words, the first one high, as uint64."""
        if n < FEW // 2:
            return _in_pairs(self.words(2 * n))
        with self._lock:
            rest = self._rest(2 * n)
            if len(rest) % 2:
                rest = np.append(rest, self._draw(1, np.uint32))
            rest = _in_pairs(rest)
            return _joined(rest, self._draw(n - len(rest), np.uint64))

    def unit(self, n: int, dtype: type[np.floating[Any]]) -> np.ndarray:
        """The next `n` uniform numbers in [0, 1) as float32 or float64."""
        if dtype is not np.float32:
            return to_unit(self.double_words(n), dtype)
        if n >= FEW:
            return to_unit(self.words(n), dtype)
        reserve, start = self._take(n)
        return reserve.unit[start : start + n].copy()

    def _refill(self, n: int) -> None:
        """Begin a reserve with the next `n` words or more, up to the last that a state makes.

        It is twice as long as the one before if that was used up: single draws between large ones
        should cost little, and many small ones too.
        """
        if self._legacy is None:
            self._start()
        rest = self._reserve.words[self._next :]
        missing = n - len(rest)
        count = -self._drawn % WORDS  # what the state that NumPy has begun still makes
        if count < missing:
            longer = min(2 * len(self._reserve.words) // WORDS, _LARGEST_RESERVE)
            count += WORDS * max(longer, -(-(missing - count) // WORDS))
        self._reserve = Reserve(_joined(rest, self._raw(count).astype(np.uint32)))
        self._drawn = 0

    def _rest(self, n: int) -> np.ndarray:
        """What the reserve has of the next `n` words, now given out; it ends if those are fewer."""
        rest = self._reserve.words[self._next : self._next + n]
        self._next += n
        if len(rest) < n:
            self._reserve, self._next = _NO_WORDS, 0
        return rest

    def _draw(self, n: int, dtype: type[np.unsignedinteger[Any]]) -> np.ndarray:
        """The next `n` words from NumPy as uint32, or pairs of words as uint64; there is no reserve."""
        if self._legacy is None:
            self._start()
        bits = 32 if dtype is np.uint32 else 64
        self._drawn += n * bits // 32
        return self._integers(0, 2**bits, n, dtype=dtype)

    def _start(self) -> None:
        bits = np.random.MT19937(0)
        # RandomState has init_genrand, Generator the fastest way to many words of the same stream.
        self._legacy = np.random.RandomState(bits)
        self._legacy.seed(self._seed % 2**32)
        self._raw = bits.random_raw
        self._integers = np.random.Generator(bits).integers

    def get_state(self) -> np.ndarray:
        """The state as 5056 bytes (uint8) in PyTorch's own layout."""
        with self._lock:
            key, position = self._key_and_position()
        # Where PyTorch differs from NumPy: nothing is drawn yet, the first words not yet made.
        unused = position == WORDS and int(key[0]) == self._seed % 2**32
        state = np.zeros(1, _STATE)
        state["seed"] = self._seed
        state["left"] = 1 if unused else WORDS + 1 - position
        state["seeded"] = 1
        state["next"] = 0 if unused else position
        state["key"] = key
        if self._spare is not None:
            state["spare"] = self._spare
            state["has_spare"] = 1
        return state.view(np.uint8)

    def _key_and_position(self) -> tuple[np.ndarray, int]:
        """The state that made the word given out last, and how many of its words are given out."""
        if self._legacy is None:
            self._start()
        _, key, position = self._legacy.get_state()[:3]
        words = self._reserve.words
        states, behind = divmod(len(words) - self._next, WORDS)
        if states:  # NumPy is that many further
            end = len(words) - states * WORDS
            key = key_of(words[end - WORDS : end])
        return key, position - behind

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
        if not state["seeded"] or not 0 < left <= WORDS or position > WORDS:
            raise RuntimeError("set_state: the bytes are not a state of the Mersenne Twister")
        # left counts down to the moment when new words are made; with 1 that is the next draw.
        position = WORDS if left == 1 else position
        with self._lock:
            if self._legacy is None:
                self._start()
            self._legacy.set_state(("MT19937", state["key"].astype(np.uint32), position))
            self._reserve, self._next, self._drawn = _NO_WORDS, 0, position
            self._seed = int(state["seed"])
            self._spare = float(state["spare"]) if state["has_spare"] else None

    def clone_state(self) -> Generator:
        """A new generator that will draw the same numbers."""
        return _restored(self.get_state())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (self.get_state(),))

    def __repr__(self) -> str:
        return f"Generator(device='{self.device}', initial_seed={self._seed})"


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.concatenate([first, second]) if len(first) else second


def _in_pairs(words: np.ndarray) -> np.ndarray:
    """Pairs of words of 32 bits, the first one high, as uint64."""
    wide = words.astype(np.uint64)
    pairs = wide[0::2] << np.uint64(32)
    pairs |= wide[1::2]
    return pairs


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
