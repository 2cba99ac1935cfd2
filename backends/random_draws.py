"""Random numbers of the usual distributions, and random integers, as raw arrays."""

from __future__ import annotations

import math
from functools import cache
from math import cos, log1p, pi, sin, sqrt
from typing import Any

import numpy as np

from retrograd.backends.host_calls import host_call
from retrograd.backends.random_generator import FEW, Generator
from retrograd.backends.random_normal import box_muller

__all__ = [
    "bernoulli",
    "cauchy",
    "exponential",
    "geometric",
    "integers",
    "log_normal",
    "natural_integers",
    "normal",
    "normal_serial",
    "random_int63",
    "uniform",
]

Shape = int | tuple[int, ...]

_WIDE_RANGE = 1 << 28  # from here on integers take two words, so that they are not too uneven
_HIGH_BITS = 2**21 - 1  # of the first of two words, that make 53 bits together with the second
_MANY = 1024  # normal numbers, from which on each call best makes its own
_AT_ONCE = 8192  # numbers worked on at a time, so that intermediate results stay in the cache
# The floating point types, and in what they are computed.
_COMPUTE: dict[np.dtype, type[np.floating[Any]]] = {
    np.dtype(np.float16): np.float32,
    np.dtype(np.float32): np.float32,
    np.dtype(np.float64): np.float64,
}


@host_call
def uniform(
    generator: Generator,
    shape: Shape,
    dtype: Any = np.float32,
    low: float = 0.0,
    high: float = 1.0,
) -> np.ndarray:
    """Uniform numbers in [`low`, `high`): ``rand`` and ``uniform_``.

    Raises
    ------
    RuntimeError
        If the dtype is not a floating point type, or the bounds are not in order or not finite
        in it.
    """
    dtype = _check_float("uniform", dtype)
    compute = _COMPUTE[dtype]
    scaled = (low, high) != (0, 1)
    if scaled:
        _check_bounds(low, high, dtype)
    values = generator.unit(_size(shape), compute)
    if not scaled and dtype != np.float16:
        return values.reshape(shape)
    low, high = float(low), float(high)
    if scaled:
        start = compute(low)
        _scale_and_shift(values, float(compute(high) - start), float(start))
    out = values.astype(dtype, copy=False)
    # Rounding may reach the upper bound, which does not belong to the interval.
    out[out == dtype.type(high)] = dtype.type(low)
    return out.reshape(shape)


@host_call
def normal(
    generator: Generator,
    shape: Shape,
    dtype: Any = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
) -> np.ndarray:
    """Normal numbers, as for a contiguous tensor: ``randn`` and ``normal_``.

    Raises
    ------
    RuntimeError
        If the dtype is not a floating point type, or `std` is negative or NaN.
    """
    dtype = _check_float("normal", dtype)
    _check_std(std)
    size = _size(shape)
    if size < 16:
        return _normal_serial(generator, size, dtype, mean, std).reshape(shape)
    values = _normal_in_blocks(generator, size, dtype)
    if (mean, std) != (0, 1):
        compute = _COMPUTE[dtype]
        _scale_and_shift(values, float(compute(std)), float(compute(mean)))
    return values.astype(dtype, copy=False).reshape(shape)


@host_call
def normal_serial(
    generator: Generator,
    shape: Shape,
    dtype: Any = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
) -> np.ndarray:
    """Normal numbers one after another, as for a tensor that is small or not contiguous.

    They come in the order of the tensor's memory. Errors as for `normal`.
    """
    dtype = _check_float("normal", dtype)
    _check_std(std)
    return _normal_serial(generator, _size(shape), dtype, mean, std).reshape(shape)


@host_call
def log_normal(
    generator: Generator,
    shape: Shape,
    dtype: Any = np.float32,
    mean: float = 1.0,
    std: float = 2.0,
) -> np.ndarray:
    """Numbers whose logarithm is normal: ``log_normal_``; RuntimeError unless `std` > 0."""
    dtype = _check_float("log_normal", dtype)
    if not std > 0:
        raise RuntimeError(f"log_normal: expected std > 0, got std={std}")
    values = _normal_pairs(generator, _size(shape)) * std + mean
    return _from_double(np.exp(values), dtype).reshape(shape)


@host_call
def exponential(
    generator: Generator, shape: Shape, dtype: Any = np.float32, lambd: float = 1.0
) -> np.ndarray:
    """Exponential numbers with mean ``1 / lambd``: ``exponential_``.

    Raises
    ------
    RuntimeError
        If the dtype is not a floating point type, or `lambd` is not positive.
    """
    dtype = _check_float("exponential", dtype)
    if not lambd > 0:
        raise RuntimeError(f"exponential: expected lambd > 0, got lambd={lambd}")
    values = generator.unit(_size(shape), np.float64)
    # 1 - u is exact, so this is log1p(-u), which NumPy has in scalar code only.
    values = -1.0 / lambd * np.log(1 - values)
    return _from_double(values, dtype).reshape(shape)


@host_call
def cauchy(
    generator: Generator,
    shape: Shape,
    dtype: Any = np.float32,
    median: float = 0.0,
    sigma: float = 1.0,
) -> np.ndarray:
    """Cauchy numbers: ``cauchy_``; RuntimeError unless `sigma` > 0."""
    dtype = _check_float("cauchy", dtype)
    if not sigma > 0:
        raise RuntimeError(f"cauchy: expected sigma > 0, got sigma={sigma}")
    values = generator.unit(_size(shape), np.float64)
    values = median + sigma * np.tan(math.pi * (values - 0.5))
    return _from_double(values, dtype).reshape(shape)


@host_call
def geometric(generator: Generator, shape: Shape, p: float, dtype: Any = np.float32) -> np.ndarray:
    """The trials up to the first success: ``geometric_``; RuntimeError unless 0 < p < 1."""
    dtype = np.dtype(dtype)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric: expected 0 < p < 1, got p={p}")
    if dtype == np.bool_:
        raise RuntimeError("geometric: expected a number type, got bool")
    values = generator.unit(_size(shape), np.float64)
    values = np.ceil(np.log(values) / math.log1p(-p))
    return _from_double(values, dtype).reshape(shape)


@host_call
def bernoulli(
    generator: Generator, shape: Shape, p: float | np.ndarray, dtype: Any = np.float32
) -> np.ndarray:
    """Ones with probability `p`, else zeros: ``bernoulli_`` and the mask of dropout.

    Parameters
    ----------
    generator : Generator
        Where to draw from.
    shape : tuple of int
        The shape of the result.
    p : float or np.ndarray
        One probability, or an array of them that broadcasts to `shape`: a float array draws other
        numbers than a float does unless it is float64.
    dtype : dtype
        Of the result.

    Raises
    ------
    RuntimeError
        If a probability is not in [0, 1].
    """
    if isinstance(p, np.ndarray):
        if not (np.greater_equal(p, 0) & np.less_equal(p, 1)).all():
            raise RuntimeError("bernoulli: expected all probabilities in [0, 1]")
        compute = np.float64 if p.dtype == np.float64 else np.float32
        return (generator.unit(_size(shape), compute).reshape(shape) < p).astype(dtype)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli: expected 0 <= p <= 1, got p={p}")
    bits = generator.double_words(_size(shape))
    bits &= np.uint64(2**53 - 1)
    # bits / 2**53 < p, without a conversion to float64.
    return (bits < math.ceil(p * 2.0**53)).astype(dtype).reshape(shape)


@host_call
def integers(
    generator: Generator,
    low: int,
    high: int | None,
    shape: Shape,
    dtype: Any = np.int64,
) -> np.ndarray:
    """Integers in [`low`, `high`): ``randint`` and ``random_``; `high` None means no upper bound.

    Raises
    ------
    RuntimeError
        If the interval is empty or does not fit the dtype.
    """
    dtype = np.dtype(dtype)
    low, high = int(low), _beyond(dtype) if high is None else int(high)
    smallest, largest = _limits(dtype)
    if low < smallest or high - 1 > largest:
        raise RuntimeError(
            f"integers: [{low}, {high}) is out of bounds for {dtype}, "
            f"which goes from {smallest} to {largest}"
        )
    if dtype.kind == "f":
        low, high = _round_bounds(low, high, dtype)
    if low >= high:
        raise RuntimeError(f"integers: expected low < high, got low={low} and high={high}")
    size, span = _size(shape), high - low
    if span == 2**64:
        values = generator.double_words(size).view(np.int64)
    elif span >= _WIDE_RANGE:
        values = _remainder(generator.double_words(size), span).view(np.int64)
    else:
        values = _remainder(generator.words(size), span).astype(np.int64)
    if low and span < 2**64:
        values += low
    return _from_int(values, dtype).reshape(shape)


@host_call
def natural_integers(generator: Generator, shape: Shape, dtype: Any) -> np.ndarray:
    """Integers from 0 up to the last one that the dtype holds exactly: ``random_()``."""
    dtype = np.dtype(dtype)
    size = _size(shape)
    wide = dtype in (np.dtype(np.int64), np.dtype(np.float64))
    words = generator.double_words(size) if wide else generator.words(size)
    return _from_int(_remainder(words, _beyond(dtype)).astype(np.int64), dtype).reshape(shape)


@host_call
def random_int63(generator: Generator) -> int:
    """An integer in [0, 2**63): ``torch.empty((), dtype=torch.int64).random_()``."""
    return int(generator.double_words(1)[0]) % 2**63


def _size(shape: Shape) -> int:
    return shape if isinstance(shape, int) else math.prod(shape)


def _check_float(name: str, dtype: Any) -> np.dtype:
    found = np.dtype(dtype)
    if found not in _COMPUTE:
        raise RuntimeError(f"{name}: expected a floating point dtype, got {found}")
    return found


def _check_bounds(low: float, high: float, dtype: np.dtype) -> None:
    largest = float(np.finfo(dtype).max)
    if not -largest <= low <= high <= largest or not high - low <= largest:
        raise RuntimeError(
            f"uniform: expected low <= high with high - low <= {largest:.6g} in {dtype}, "
            f"got low={low} and high={high}"
        )


def _check_std(std: float) -> None:
    if not std >= 0:
        raise RuntimeError(f"normal: expected std >= 0, got std={std}")


def _scale_and_shift(values: np.ndarray, scale: float, shift: float) -> None:
    """``values * scale + shift`` in place, rounded once, as PyTorch's compiled code computes it."""
    fused = _fused_single if values.dtype == np.float32 else _fused_double
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        part[...] = fused(part, scale, shift)


def _fused_single(x: np.ndarray, scale: float, shift: float) -> np.ndarray:
    total = x.astype(np.float64)
    total *= scale  # exact: 24 bits times 24 bits
    total += shift
    return total


def _fused_double(x: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """By the product and its rounding error, the sum and its rounding error.

    The sum of the two errors is itself rounded, which shows only if one is 2**53 times the other and
    the exact result lies in the middle between two numbers without it.

    T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
    """
    # Powers of two aside, so that nothing overflows.
    factor, exponent = math.frexp(scale)
    shift = math.ldexp(shift, -exponent)
    high, factor_high = _leading_half(x), _leading_half(factor)
    low, factor_low = x - high, factor - factor_high
    product = x * factor
    error = high * factor_high - product
    error += high * factor_low
    error += low * factor_high
    error += low * factor_low
    total = product + shift
    added = total - product
    error += (product - (total - added)) + (shift - added)
    total += error
    return np.ldexp(total, exponent)


def _leading_half(x: Any) -> Any:
    """The first 26 bits of float64 numbers."""
    spread = x * (2.0**27 + 1)
    return spread - (spread - x)


def _normal_in_blocks(generator: Generator, size: int, dtype: np.dtype) -> np.ndarray:
    """`size` (16 or more) standard normal numbers, made in blocks of sixteen.

    If that is no multiple of 16 the last sixteen are made of numbers that are drawn after the rest.
    """
    whole = size - size % 16
    # In float16 PyTorch draws block by block, else all numbers at once, the last few in vain.
    last = whole if dtype == np.float16 else size
    count = size if whole == size else last + 16
    if dtype == np.float64 or count >= _MANY:
        uniform = generator.unit(count, _COMPUTE[dtype])
    else:
        reserve, start = generator._take(count)
        blocks = reserve.normal_blocks()
        if blocks is not None:
            result = np.empty(size, np.float32)
            result[:whole].reshape(-1, 2, 8)[...] = blocks[start : start + whole : 16]
            if whole < size:
                result[-16:].reshape(2, 8)[...] = blocks[start + last]
            return result
        uniform = reserve.unit[start : start + count].copy()
    if whole == size:
        box_muller(uniform, uniform)
        return uniform
    uniform[whole : whole + 16] = uniform[last:]
    box_muller(uniform[: whole + 16], uniform[: whole + 16])
    uniform[size - 16 : size] = uniform[whole : whole + 16]
    return uniform[:size]


def _normal_serial(
    generator: Generator, size: int, dtype: np.dtype, mean: float, std: float
) -> np.ndarray:
    values = _normal_pairs(generator, size)
    if (mean, std) != (0, 1):
        values *= std
        values += mean
    return _from_double(values, dtype)


def _normal_pairs(generator: Generator, n: int) -> np.ndarray:
    """`n` standard normal numbers in float64; an odd one out is kept for the next call."""
    if n == 0:
        return np.empty(0)
    spare = [] if generator._spare is None else [generator._spare]
    missing = n - len(spare)
    pairs: Any
    if n < 16:
        pairs = _few_pairs(generator, (missing + 1) // 2)
        values = np.array(spare + pairs[:missing])
    else:
        pairs = _many_pairs(generator, (missing + 1) // 2)
        values = np.concatenate([spare, pairs[:missing]])
    generator._spare = float(pairs[-1]) if missing % 2 else None
    return values


def _many_pairs(generator: Generator, n: int) -> np.ndarray:
    """`n` times two standard normal numbers."""
    u = generator.unit(2 * n, np.float64).reshape(n, 2)
    radius = np.sqrt(-2 * np.log(1 - u[:, 1]))
    angle = 2 * math.pi * u[:, 0]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)


def _few_pairs(generator: Generator, n: int) -> list[float]:
    """The same in Python, where that takes less time, and with the C library's functions."""
    reserve, start = generator._take(4 * n)
    words = iter(reserve.words[start : start + 4 * n].tolist())
    pairs: list[float] = []
    for a, b, c, d in zip(words, words, words, words, strict=True):
        angle = 2 * pi * ((a & _HIGH_BITS) * 2.0**-21 + b * 2.0**-53)
        radius = sqrt(-2 * log1p(-((c & _HIGH_BITS) * 2.0**-21 + d * 2.0**-53)))
        pairs += radius * cos(angle), radius * sin(angle)
    return pairs


def _remainder(words: np.ndarray, span: int) -> np.ndarray:
    """``words % span``, in place; by a division and a product NumPy has many of them sooner."""
    divisor = words.dtype.type(span)
    if len(words) < FEW:
        words %= divisor
        return words
    for start in range(0, len(words), _AT_ONCE):
        part = words[start : start + _AT_ONCE]
        multiples = part // divisor
        multiples *= divisor
        part -= multiples
    return words


def _from_double(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """float64 numbers in another type, as C converts them."""
    if dtype == np.float64:
        return values
    between = np.int64 if dtype.kind in "iu" else np.float32
    return values.astype(between).astype(dtype, copy=False)


def _from_int(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """int64 numbers in another type, as C converts them."""
    return values.astype(np.float32 if dtype == np.float16 else dtype).astype(dtype, copy=False)


def _digits(dtype: np.dtype) -> int:
    """The bits of a floating point type's significand."""
    return int(np.finfo(dtype).nmant) + 1


def _beyond(dtype: np.dtype) -> int:
    """One more than the last integer up to which the type holds all."""
    return 2 ** _digits(dtype) + 1 if dtype.kind == "f" else _limits(dtype)[1] + 1


@cache
def _limits(dtype: np.dtype) -> tuple[int, int]:
    """The integers between which an interval must lie for the type."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        largest = int(min(float(np.finfo(dtype).max), 2.0**63))
        return -largest, largest
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _round_bounds(low: int, high: int, dtype: np.dtype) -> tuple[int, int]:
    """The bounds moved inwards to where rounding to the float type cannot leave them."""
    digits = _digits(dtype)
    raised, lowered = int(dtype.type(float(low + 1))), int(dtype.type(float(high - 1)))
    if raised < low:
        low = raised + 2 ** (abs(low + 1).bit_length() - digits)
    if lowered >= high:
        high = lowered - 2 ** ((high - 1).bit_length() - digits)
    return low, high
