"""The cross-entropy of probabilities of two classes, whose gradient stays finite at 0 and 1."""

from __future__ import annotations

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.elementwise import log, log1p
from retrograd.autograd_core.ops.rounding import clamp

# As PyTorch: logarithms are at least -100, the variance in the gradient at least 1e-12. So a
# probability that rounding has made 0 or 1 gives a large gradient instead of inf or NaN.
_LOWEST = -100.0
_VARIANCE = 1e-12


class BinaryCrossEntropy(Op):
    """``-(target * log(input) + (1 - target) * log(1 - input))``, of the same shape."""

    def forward(xp, input, target):
        likely = xp.maximum(xp.log(input), _LOWEST)
        unlikely = xp.maximum(xp.log1p(-input), _LOWEST)
        return (target - 1.0) * unlikely - target * likely

    def vjp_input(g, input, target):
        return g * ((input - target) / clamp((1.0 - input) * input, min=_VARIANCE))

    def vjp_target(g, input):
        return g * (clamp(log1p(-input), min=_LOWEST) - clamp(log(input), min=_LOWEST))


binary_cross_entropy = BinaryCrossEntropy.function

__all__: list[str] = []
