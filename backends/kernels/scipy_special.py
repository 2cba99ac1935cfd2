"""The special functions that SciPy computes faster than we do, and to the same digits.

Measured on 100,000 elements: erf, erfc, ndtr and log_ndtr of float64 take at most half the time,
erfinv a ninth; of a few elements all take a tenth. Not so the others: erfcx and polygamma are slower
there, digamma is near its zero, where it sums a series anew for every element, and lgamma loses its
digits near 1 and 2, which only matters beyond float32. Nor is there anything as fast as our own erf
of float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from retrograd.backends import scipy
from retrograd.backends.kernels.special import SpecialKernels

# Elements up to which calling NumPy dozens of times takes longer than SciPy's slowest series.
_FEW = 128


class ScipySpecialKernels(SpecialKernels):
    """The special functions on NumPy's arrays, by SciPy where it is installed."""

    def erf(self, x: Any) -> Any:
        """As the generic one."""
        ours = super().erf
        return self._by_scipy("erf", x, ours) if x.dtype.itemsize == 8 else ours(x)

    def erfc(self, x: Any) -> Any:
        """As the generic one."""
        return self._by_scipy("erfc", x, super().erfc)

    def erfinv(self, x: Any) -> Any:
        """As the generic one."""
        # SciPy's has no negative zero.
        return self.xp.copysign(self._by_scipy("erfinv", x, super().erfinv), x)

    def ndtr(self, x: Any) -> Any:
        """As the generic one."""
        return self._by_scipy("ndtr", x, super().ndtr)

    def log_ndtr(self, x: Any) -> Any:
        """As the generic one."""
        return self._by_scipy("log_ndtr", x, super().log_ndtr)

    def lgamma(self, x: Any) -> Any:
        """As the generic one."""
        ours = super().lgamma
        if x.dtype.itemsize == 8:
            return ours(x)
        # At minus infinity SciPy's is minus infinity.
        return self._by_scipy("gammaln", self.xp.where(x == -math.inf, math.inf, x), ours)

    def digamma(self, x: Any) -> Any:
        """As the generic one."""
        ours = super().digamma
        return self._by_scipy("psi", x, ours) if x.size <= _FEW else ours(x)

    def _by_scipy(self, name: str, x: Any, ours: Callable[[Any], Any]) -> Any:
        special = scipy.special()
        return ours(x) if special is None else self._by_blocks(getattr(special, name), x)
