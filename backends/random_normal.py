"""Box-Muller in blocks of sixteen, in float32 with PyTorch's own logarithm, sine and cosine.

Sixteen uniform numbers make sixteen normal ones: with u the first eight and v the other eight,
``sqrt(-2 log(1 - u)) cos(2 pi v)`` and the same with sin (Box and Muller, "A note on the generation
of random normal deviates", 1958).

In float32 PyTorch takes the three functions from S. Moshier's Cephes library (``logf``, ``sinf``,
``cosf``: polynomials after a reduction of the argument), compiled so that a product that is only
added to something is not rounded by itself. The same steps in the same order give the same bits
here, on any machine, whatever NumPy's own logarithm and sine are. In float64 it calls the C
library, and results here are equal to the last bit or two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["box_muller", "normal_blocks"]

_AT_ONCE = 8192  # pairs: their intermediate results stay in the cache


def _single(*values: float) -> tuple[float, ...]:
    """The values rounded to float32, as Python floats."""
    return tuple(float(np.float32(value)) for value in values)


# Cephes logf: log(1 + x) = x - x^2 / 2 + x^3 P(x) on sqrt(1/2) <= 1 + x < sqrt(2).
_LOG = _single(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_SQRT_HALF_BITS = int(np.float32(math.sqrt(0.5)).view(np.int32))
# The logarithm of 2 in two parts. The first has 9 bits: its product with a small integer is exact.
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_FRACTION_BITS = 23

# Cephes sinf and cosf on -pi/4 <= x <= pi/4; pi/4 in three parts, the first two short ones as above.
_SIN = _single(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _single(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_QUARTER_PI_HIGH = np.float32(0.78515625)
_QUARTER_PI_MIDDLE = np.float32(2.4187564849853515625e-4)
_QUARTER_PI_LOW = float(np.float32(3.77489497744594108e-8))
_FOUR_OVER_PI = np.float32(4 / math.pi)


def box_muller(uniform: np.ndarray, out: np.ndarray) -> None:
    """Write standard normal numbers made of uniform ones in [0, 1) to `out`.

    Parameters
    ----------
    uniform : np.ndarray
        Contiguous, float32 or float64, a multiple of 16 elements.
    out : np.ndarray
        Contiguous, of the same dtype and size; may be `uniform` itself.
    """
    source, target = uniform.reshape(-1, 2, 8), out.reshape(-1, 2, 8)
    for start in range(0, len(source), _AT_ONCE // 8):
        part = slice(start, start + _AT_ONCE // 8)
        first, second = _pairs(source[part, 0].ravel(), source[part, 1].ravel())
        target[part, 0] = first.reshape(-1, 8)
        target[part, 1] = second.reshape(-1, 8)


def normal_blocks(uniform: np.ndarray) -> np.ndarray:
    """The block of sixteen normal numbers that begins at each of `n` uniform ones: (n - 15, 2, 8)."""
    pairs = np.empty((2, len(uniform) - 8), uniform.dtype)
    for start in range(0, pairs.shape[1], _AT_ONCE):
        end = start + _AT_ONCE
        pairs[:, start:end] = _pairs(uniform[:-8][start:end], uniform[8:][start:end])
    return sliding_window_view(pairs, 8, axis=1).swapaxes(0, 1)


def _pairs(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two normal numbers of each two uniform ones."""
    single = u.dtype == np.float32
    radius = (_log if single else np.log)(1 - u)  # exact: `u` is a multiple of 2**-24 or 2**-53
    radius *= -2
    np.sqrt(radius, out=radius)
    angle = v * u.dtype.type(2 * math.pi)
    sin, cos = _sin_cos(angle) if single else (np.sin(angle), np.cos(angle))
    sin *= radius
    cos *= radius
    return cos, sin


def _round(wide: np.ndarray, single: np.ndarray) -> None:
    """Round float64 numbers to float32's precision, in place and into `single`.

    After a product of such numbers, which is exact, and a sum, it makes the two one operation that
    rounds once.
    """
    single[...] = wide
    wide[...] = single


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray, single: np.ndarray) -> np.ndarray:
    """The polynomial with these coefficients, highest power first, by Horner's rule.

    `x` is float64, as is the result, `single` is room for as many float32 numbers.
    """
    value = x * coefficients[0]
    value += coefficients[1]
    for c in coefficients[2:]:
        _round(value, single)
        value *= x
        value += c
    _round(value, single)
    return value


def _log(x: np.ndarray) -> np.ndarray:
    """The natural logarithm of normal positive float32 numbers."""
    bits = x.view(np.int32)
    exponent = bits - _SQRT_HALF_BITS
    exponent >>= _FRACTION_BITS
    fraction = (bits - (exponent << _FRACTION_BITS)).view(np.float32)
    fraction -= np.float32(1)
    doublings = exponent.astype(np.float32)
    square = fraction * fraction
    result = np.empty_like(fraction)
    wide = fraction.astype(np.float64)
    value = _polynomial(_LOG, wide, result)
    value *= wide
    _round(value, result)
    value *= square
    value += doublings * _LN2_LOW
    result[...] = value
    square *= np.float32(-0.5)
    result += square
    result += fraction
    doublings *= _LN2_HIGH  # exact
    result += doublings
    return result


def _sin_cos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of float32 numbers of moderate size, not negative; `x` is overwritten."""
    octant = (x * _FOUR_OVER_PI).astype(np.int32)
    octant += 1
    octant &= ~1
    turns = octant.astype(np.float32)
    x -= turns * _QUARTER_PI_HIGH
    x -= turns * _QUARTER_PI_MIDDLE
    wide = turns.astype(np.float64)
    wide *= -_QUARTER_PI_LOW
    wide += x
    _round(wide, x)
    square = (x * x).astype(np.float64)
    sin = _polynomial(_SIN, square, x)
    sin *= square
    _round(sin, x)
    sin *= wide
    sin += wide
    cos = _polynomial(_COS, square, x)
    cos *= square
    _round(cos, x)
    cos *= square
    square *= -0.5
    cos += square
    sin, cos = sin.astype(np.float32), cos.astype(np.float32)
    cos += np.float32(1)
    _turn(sin.view(np.int32), cos.view(np.int32), octant)
    return sin, cos


def _turn(sin: np.ndarray, cos: np.ndarray, octant: np.ndarray) -> None:
    """From sine and cosine of an angle to those of the angle turned by octants, as bits, in place."""
    # A set bit of value 2 swaps the two, one of value 4 is a minus sign: moved to the sign bit.
    swapped = sin ^ cos
    swapped &= (octant << 30) >> 31
    sin ^= swapped
    cos ^= swapped
    sin ^= (octant & 4) << 29
    octant += 2
    cos ^= (octant & 4) << 29
