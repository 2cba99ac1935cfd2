"""Special functions: the error function and its kin, the gamma function and its derivatives.

Everything is computed in float64, to a few units in the last place, and returned in the type that
came; float32 has a faster error function of its own. The coefficients were fitted to 50 digits at
Chebyshev nodes; the expansions are those of Abramowitz and Stegun, "Handbook of Mathematical
Functions", and of the NIST Digital Library of Mathematical Functions (DLMF).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

# erf(x) / x as a polynomial in x**2, for |x| <= 1.
_ERF = (
    1.1283791670955126, -0.3761263890318375, 0.11283791670954879, -0.026866170645076792,
    0.0052239776248180145, -0.000854832698083379, 0.0001205533111164271, -1.4925595266831182e-05,
    1.6461000484121368e-06, -1.6350312701054695e-07, 1.4659775274047436e-08,
    -1.1372848856791674e-09, 5.957176147748911e-11,
)  # fmt: skip
# (1 + 2 x) erfcx(x) as a polynomial in (x - 3) / (x + 3), for x >= 0.
_ERFCX = (
    1.2530080582697296, -0.13562110612458123, -0.047562294353451176, 0.1296451587027649,
    -0.11927366341527554, 0.06830802734383974, -0.023770514919609846, 0.0025293918181241806,
    0.001888690372865711, -0.0007798322890919704, -0.00010515990906392902, 0.00012509943856881694,
    4.9500234180295395e-06, -2.0100852729251828e-05, -7.332447173064987e-07, 3.4730449918834743e-06,
    3.6059375955111935e-07, -6.175922646727533e-07, -1.4710961394997167e-07, 1.0280982449402661e-07,
    4.72080673199222e-08, -1.3924844635302213e-08, -1.1887923223951075e-08, 1.2087504427200233e-09,
    2.115962671989073e-09, -3.5596455016217064e-11, -1.963916858054108e-10,
)  # fmt: skip
# atanh(erf(x)) / x as a quotient of polynomials in x**2, for |x| <= 4, to 4e-9; the lower one
# ends with x**6.
_ERF_ABOVE = (3472.7490988506243, 861.1456629501748, 131.25084474003017, 6.703968552748826)
_ERF_BELOW = (3077.6437465136073, 482.8593955999218, 72.90910292899613)
# atanh(2 ndtr(x) - 1) / x in the same way, for |x| <= 5.6.
_NDTR_ABOVE = (19782.3395, 2452.34053, 186.519204, 4.74976685)
_NDTR_BELOW = (24793.4851, 1944.46276, 146.361643)
# The start for the inverse: erfinv(y) / y by w = -log(1 - y**2), in w - 2.5 up to w = 5 and in
# sqrt(w) - 3 beyond (M. Giles, "Approximating the erfinv function", 2010), to about 1e-6.
_ERFINV_MIDDLE = (
    1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-06,
    -3.5233877e-06, 3.43273939e-07, 2.81022636e-08,
)  # fmt: skip
_ERFINV_TAIL = (
    2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844,
    0.00134934322, 0.000100950558, -0.000200214257,
)  # fmt: skip
# lgamma(x) / ((x - 1) (x - 2)) as a polynomial in 2 x - 3, for 1 <= x <= 2.
_LGAMMA = (
    0.4831289505409809, -0.07297994795715297, 0.01572785026864121, -0.003913560937631659,
    0.0010498186644508718, -0.0002945507014009265, 8.510090378468051e-05, -2.509432984849446e-05,
    7.5113915317296576e-06, -2.274240971132041e-06, 6.948440187550096e-07, -2.138843561161159e-07,
    6.623601939725099e-08, -2.057761163373013e-08, 6.434152357291201e-09, -2.0732827842398214e-09,
    6.533268528434416e-10, -1.6393816009998903e-10, 5.18198984494436e-11, -3.533898162275879e-11,
    1.1273354955165048e-11,
)  # fmt: skip
# Bernoulli numbers B_2, B_4, ...
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip
# The zero of digamma, as a number and what it is short of; and the series there, in the distance.
_DIGAMMA_ZERO, _DIGAMMA_ZERO_REST = 1.4616321449683622, 9.549995429965697e-17
_DIGAMMA = (
    0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652,
    0.10782405069126237, -0.07219956125645471, 0.04880428816414311, -0.03316112647484736,
    0.022597648232218104, -0.01542476590494896, 0.010538791616612175, -0.007204534386356869,
    0.004926781395729853, -0.003369801655439328,
)  # fmt: skip


def erf_fast(xp: Any, x: Any, out: Any) -> None:
    """The error function to 1e-7."""
    _tanh_of_quotient(xp, x, _ERF_ABOVE, _ERF_BELOW, 4.4, out)


def normal_share(xp: Any, x: Any, out: Any) -> None:
    """The share of a normal distribution below `x`, to 1e-7."""
    _tanh_of_quotient(xp, x, _NDTR_ABOVE, _NDTR_BELOW, 6.0, out)
    out *= 0.5
    out += 0.5


def _tanh_of_quotient(
    xp: Any, x: Any, above: Sequence[float], below: Sequence[float], end: float, out: Any
) -> None:
    """``tanh(x P(x**2) / Q(x**2))`` with the coefficients of P and Q; it is 1 from `end` on."""
    x.clip(-end, end, out=out)
    square = xp.square(out)
    divisor = square + below[-1]
    for c in below[-2::-1]:
        divisor *= square
        divisor += c
    out *= _polynomial(above, square)
    out /= divisor
    xp.tanh(out, out=out)


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """The polynomial with these coefficients, constant first, by Horner's rule."""
    total = x * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        total += c
        total *= x
    total += coefficients[0]
    return total


class SpecialKernels:
    """The special functions of the kernel table, element by element."""

    xp: Any
    blocked: Any  # from `PointwiseKernels`

    # Elements taken at a time: the passes over them should stay in the second-level cache.
    special_block = 1 << 15

    def erf(self, x: Any) -> Any:
        """2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
        if x.dtype.itemsize < 4:
            return self.erf(x.astype("float32")).astype(x.dtype)
        if x.dtype.itemsize < 8:
            return self.blocked(erf_fast, x)
        return self._by_blocks(self._erf, x)

    def normal_share(self, x: Any) -> Any:
        """`ndtr` to the last place of 1 rather than of itself, which is all that gelu needs."""
        if x.dtype.itemsize < 4:
            return self.normal_share(x.astype("float32")).astype(x.dtype)
        if x.dtype.itemsize < 8:
            return self.blocked(normal_share, x)
        return self.ndtr(x)

    def erfc(self, x: Any) -> Any:
        """1 - erf(x), exact where that is small."""
        return self._by_blocks(self._erfc, x)

    def erfcx(self, x: Any) -> Any:
        """exp(x**2) erfc(x), which neither under- nor overflows for positive x."""
        return self._by_blocks(self._erfcx, x)

    def erfinv(self, x: Any) -> Any:
        """The number whose erf is x; infinite at -1 and 1, NaN beyond."""
        return self._by_blocks(self._erfinv, x)

    def ndtr(self, x: Any) -> Any:
        """The probability that a standard normal variable is below x."""
        return self._by_blocks(lambda x: 0.5 * self._erfc(x * -math.sqrt(0.5)), x)

    def log_ndtr(self, x: Any) -> Any:
        """The logarithm of `ndtr`, exact in both tails."""
        return self._by_blocks(self._log_ndtr, x)

    def lgamma(self, x: Any) -> Any:
        """The logarithm of |gamma(x)|; infinite at 0, -1, -2, ..."""
        return self._by_blocks(self._lgamma, x)

    def betaln(self, a: Any, b: Any) -> Any:
        """log(gamma(a) gamma(b) / gamma(a + b)), of absolute values."""
        small, large = self.xp.minimum(a, b), self.xp.maximum(a, b)
        return self._betaln(small.astype("float64"), large.astype("float64")).astype(small.dtype)

    def digamma(self, x: Any) -> Any:
        """The derivative of log(gamma(x)); NaN at -1, -2, ..."""
        return self._by_blocks(self._digamma, x)

    def polygamma(self, n: int, x: Any) -> Any:
        """The derivative number n, at least 1, of `digamma`."""
        scale = (-1.0) ** (n + 1) * math.factorial(n)
        return self._by_blocks(lambda x: scale * self._hurwitz(n + 1, x), x)

    def _by_blocks(self, function: Callable[[Any], Any], x: Any, kind: str = "float64") -> Any:
        """`function` of all elements of `x`, computed in the type `kind`."""
        xp = self.xp
        flat = xp.ascontiguousarray(x).reshape(-1)
        out = xp.empty_like(flat)
        for start in range(0, flat.size, self.special_block):
            part = slice(start, start + self.special_block)
            out[part] = function(flat[part].astype(kind, copy=False))
        return out.reshape(x.shape)

    # --- the error function -----------------------------------------------------------------------

    def _erf(self, x: Any) -> Any:
        xp = self.xp
        size = xp.abs(x)
        near = xp.minimum(size, 1.0)
        inside = near * _polynomial(_ERF, near * near)
        outside = 1.0 - xp.exp(-size * size) * self._erfcx_positive(size)
        return xp.copysign(xp.where(size < 1.0, inside, outside), x)

    def _erfc(self, x: Any) -> Any:
        xp = self.xp
        size = xp.abs(x)
        tail = xp.exp(-size * size) * self._erfcx_positive(size)
        # Below 0.5 the tail is no small number, and 1 - erf is the more exact.
        small = xp.minimum(xp.maximum(x, -1.0), 1.0)
        middle = 1.0 - small * _polynomial(_ERF, small * small)
        return xp.where(size < 0.5, middle, xp.where(x < 0, 2.0 - tail, tail))

    def _erfcx(self, x: Any) -> Any:
        positive = self._erfcx_positive(self.xp.abs(x))
        return self.xp.where(x < 0, 2.0 * self.xp.exp(x * x) - positive, positive)

    def _erfcx_positive(self, x: Any) -> Any:
        """exp(x**2) erfc(x) for x >= 0."""
        # (x - 3) / (x + 3), written so that it is 1 at infinity.
        t = 1.0 - 6.0 / (x + 3.0)
        return _polynomial(_ERFCX, t) / (2.0 * x + 1.0)

    def _erfinv(self, y: Any) -> Any:
        xp = self.xp
        size = xp.abs(y)
        w = -xp.log((1.0 - size) * (1.0 + size))
        w = xp.minimum(w, 40.0)
        start = xp.where(
            w < 5.0,
            _polynomial(_ERFINV_MIDDLE, w - 2.5),
            _polynomial(_ERFINV_TAIL, xp.sqrt(w) - 3.0),
        )
        # From about 1 - 1e-7 on: erfc(x) is nearly exp(-x**2) / (x sqrt(pi)) (DLMF 7.12.1).
        tail = w - math.log(math.sqrt(math.pi) / 2)
        tail = xp.sqrt(xp.maximum(tail - 0.5 * xp.log(xp.maximum(tail, 1.0)), 0.0))
        x = xp.where(w < 16.0, start * size, tail)
        for _ in range(2):
            # Halley's step for erf(x) = y, in the tail for erfc(x) = 1 - y.
            miss = xp.where(size < 0.5, self._erf(x) - size, (1.0 - size) - self._erfc(x))
            step = miss * xp.exp(x * x) * (math.sqrt(math.pi) / 2)
            x = x - step / (1.0 + x * step)
        x = xp.where(size == 1.0, math.inf, x)
        return xp.copysign(xp.where(size <= 1.0, x, math.nan), y)

    def _log_ndtr(self, x: Any) -> Any:
        xp = self.xp
        z = x * math.sqrt(0.5)
        low = xp.minimum(z, 0.0)
        left = xp.log(0.5 * self._erfcx_positive(-low)) - low * low
        right = xp.log1p(-0.5 * self._erfc(xp.maximum(z, -1.0)))
        return xp.where(x < -1.0, left, right)

    # --- the gamma function -----------------------------------------------------------------------

    def _lgamma(self, x: Any) -> Any:
        xp = self.xp
        # Reflection (DLMF 5.5.3) where x < 0.
        positive = xp.where(x < 0, 1.0 - x, x)
        value = xp.where(positive < 3.0, self._lgamma_small(positive), self._lgamma_large(positive))
        near = xp.abs(x - xp.rint(x))
        # The sine is its argument where that is small, and exact there down to the smallest numbers.
        sine = xp.where(near < 1e-9, near, xp.sin(near * math.pi) / math.pi)
        mirrored = -xp.log(sine) - value
        return xp.where(x < 0, xp.where(x == -math.inf, math.inf, mirrored), value)

    def _lgamma_small(self, x: Any) -> Any:
        """log(gamma(x)) for 0 <= x < 3, brought into [1, 2] by gamma(x + 1) = x gamma(x)."""
        xp = self.xp
        x = xp.minimum(x, 3.0)
        # What is above 1 there, taken from x at once: near the zeros at 1 and 2 no digit may go.
        above = xp.where(x < 1.0, x, xp.where(x < 2.0, x - 1.0, x - 2.0))
        value = above * (above - 1.0) * _polynomial(_LGAMMA, 2.0 * above - 1.0)
        shift = xp.where(x < 1.0, -xp.log(x), xp.log(xp.maximum(x - 1.0, 1.0)))
        return value + xp.where((x >= 1.0) & (x < 2.0), 0.0, shift)

    def _lgamma_large(self, x: Any) -> Any:
        """log(gamma(x)) for x >= 3 by Stirling's series (DLMF 5.11.1), from 8 on."""
        xp = self.xp
        x = xp.maximum(x, 3.0)
        shifted = x < 8.0
        product = xp.where(shifted, x * (x + 1.0) * (x + 2.0) * (x + 3.0) * (x + 4.0), 1.0)
        z = xp.where(shifted, x + 5.0, x)
        # Written so that it is inf, not inf - inf, at infinity.
        rest = 0.5 * math.log(2 * math.pi) - 0.5 + self._stirling_rest(z)
        return (z - 0.5) * (xp.log(z) - 1.0) + rest - xp.log(product)

    def _stirling_rest(self, z: Any) -> Any:
        """log(gamma(z)) less (z - 1/2) log(z) - z + log(2 pi) / 2, for z >= 8 (DLMF 5.11.1)."""
        terms = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI[:8], 1)]
        inverse = 1.0 / z
        return inverse * _polynomial(terms, inverse * inverse)

    def _betaln(self, p: Any, q: Any) -> Any:
        """log(beta(p, q)) for p <= q.

        Large logarithms would take all digits of their difference: from 10 on, their leading terms
        are subtracted by hand (A. DiDonato & A. Morris, "Algorithm 708", 1992).
        """
        xp = self.xp
        total = p + q
        share = p / total
        rest = self._stirling_rest(xp.maximum(q, 10.0)) - self._stirling_rest(
            xp.maximum(total, 10.0)
        )
        both = (p - 0.5) * xp.log(share) + q * xp.log1p(-share) - 0.5 * xp.log(q / (2 * math.pi))
        both = both + self._stirling_rest(xp.maximum(p, 10.0)) + rest
        gamma = self._lgamma(p)
        one = gamma + p - p * xp.log(total) + (q - 0.5) * xp.log1p(-share) + rest
        none = gamma + self._lgamma(q) - self._lgamma(total)
        value = xp.where(p >= 10, both, xp.where((q >= 10) & (p > 0), one, none))
        return xp.where(q == math.inf, -math.inf, value)

    def _digamma(self, x: Any) -> Any:
        xp = self.xp
        positive = xp.where(x < 0, 1.0 - x, x)
        shifted = positive < 8.0
        z = xp.where(shifted, positive + 8.0, positive)
        terms = [b / (2 * k) for k, b in enumerate(_BERNOULLI[:8], 1)]
        square = 1.0 / (z * z)
        value = xp.log(z) - 0.5 / z - square * _polynomial(terms, square)
        below = xp.minimum(positive, 8.0)
        passed = 1.0 / (below + 7.0)
        for k in range(6, -1, -1):
            passed = passed + 1.0 / (below + float(k))
        value = value - xp.where(shifted, passed, 0.0)
        # These are differences of numbers that are not small; where the result is, take its series.
        way = (positive - _DIGAMMA_ZERO) - _DIGAMMA_ZERO_REST
        near = xp.minimum(xp.maximum(way, -0.1), 0.1)
        value = xp.where(way == near, near * _polynomial(_DIGAMMA, near), value)
        # Reflection (DLMF 5.5.4); the tangent of x less its whole part is exact.
        near = x - xp.rint(x)
        mirrored = value - math.pi / xp.tan(near * math.pi)
        value = xp.where(x < 0, xp.where(near == 0, math.nan, mirrored), value)
        return xp.where(x == 0, xp.copysign(math.inf, -x), value)

    def _hurwitz(self, s: int, x: Any) -> Any:
        """The sum of (x + k)**-s over k = 0, 1, ..., by Euler and Maclaurin (DLMF 25.11.28)."""
        xp = self.xp
        total = xp.zeros_like(x)
        terms = 10
        if x.size and not (lowest := float(xp.nan_to_num(x, nan=0.0, neginf=0.0).min())) > 0:
            # Negative numbers are brought up to 10 one by one.
            terms += math.ceil(-lowest)
        z = x
        for k in range(terms):
            active = z < 10.0 if k >= 10 else True
            total = total + xp.where(active, z ** float(-s), 0.0)
            z = z + 1.0 if active is True else xp.where(active, z + 1.0, z)
        power = z ** float(-s)
        total = total + z ** (1.0 - s) / (s - 1.0) + 0.5 * power
        factor, power = float(s), power / z
        for k, b in enumerate(_BERNOULLI, 1):
            total = total + b / math.factorial(2 * k) * factor * power
            factor *= (s + 2 * k - 1.0) * (s + 2 * k)
            power = power / (z * z)
        return total
