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

__all__ = ["box_muller"]

_BLOCKS_AT_ONCE = 1024  # 8192 pairs: their intermediate results stay in the cache


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
_SQRT_HALF = np.float32(math.sqrt(0.5))
_LN2_LOW, _LN2_HIGH = _single(-2.12194440e-4, 0.693359375)

# Cephes sinf and cosf on -pi/4 <= x <= pi/4; pi/4 in three parts.
_SIN = _single(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _single(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_QUARTER_PI = _single(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)
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
    log, sin_cos = (_log, _sin_cos) if out.dtype == np.float32 else (np.log, _sin_cos_double)
    two_pi = out.dtype.type(2 * math.pi)
    source, target = uniform.reshape(-1, 2, 8), out.reshape(-1, 2, 8)
    for start in range(0, len(source), _BLOCKS_AT_ONCE):
        block = source[start : start + _BLOCKS_AT_ONCE]
        radius = np.sqrt(-2 * log(1 - block[:, 0].ravel()))
        sin, cos = sin_cos(two_pi * block[:, 1].ravel())
        result = target[start : start + _BLOCKS_AT_ONCE]
        result[:, 0] = (radius * cos).reshape(-1, 8)
        result[:, 1] = (radius * sin).reshape(-1, 8)


def _sin_cos_double(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sin(x), np.cos(x)


def _fma(x: np.ndarray, y: np.ndarray | float, z: np.ndarray | float) -> np.ndarray:
    """``x * y + z`` rounded once to float32: of float32 factors, the float64 product is exact."""
    total = np.multiply(x, y, dtype=np.float64)
    total += z
    return total.astype(np.float32)


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    """The polynomial with these coefficients, highest power first, by Horner's rule."""
    value = _fma(x, *coefficients[:2])
    for c in coefficients[2:]:
        value = _fma(value, x, c)
    return value


def _log(x: np.ndarray) -> np.ndarray:
    """The natural logarithm of normal positive float32 numbers."""
    fraction, exponent = np.frexp(x)
    low = fraction < _SQRT_HALF
    exponent = (exponent - low).astype(np.float64)
    fraction = fraction - np.float32(1) + low * fraction
    wide = fraction.astype(np.float64)
    square = fraction * fraction
    value = _polynomial(_LOG, wide) * fraction
    value = _fma(value, square, (exponent * _LN2_LOW).astype(np.float32))
    value = _fma(square, -0.5, value) + fraction
    return _fma(exponent, _LN2_HIGH, value)


def _sin_cos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of float32 numbers of moderate size, not negative."""
    octant = (x * _FOUR_OVER_PI).astype(np.int32)
    octant += 1
    octant &= ~1
    turns = octant.astype(np.float64)
    for part in _QUARTER_PI:
        x = _fma(turns, -part, x)
    square = x * x
    wide = square.astype(np.float64)
    cos = _polynomial(_COS, wide) * square
    cos = _fma(cos, wide, square * np.float32(-0.5)) + np.float32(1)
    sin = _fma(_polynomial(_SIN, wide) * square, x, x)
    swapped = (octant & 2).astype(bool)
    # A set bit of value 4 is a minus sign: moved to a float32's sign bit.
    sin_sign = (octant & 4) << 29
    cos_sign = ((octant + 2) & 4) << 29
    return (
        _with_sign(np.where(swapped, cos, sin), sin_sign),
        _with_sign(np.where(swapped, sin, cos), cos_sign),
    )


def _with_sign(x: np.ndarray, sign_bit: np.ndarray) -> np.ndarray:
    """`x`, its sign flipped where the sign bit is set."""
    return (x.view(np.int32) ^ sign_bit).view(np.float32)
