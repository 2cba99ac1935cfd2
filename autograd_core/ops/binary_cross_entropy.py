"""The cross-entropy of two classes: of probabilities, with a finite gradient at 0 and 1, or logits."""

from __future__ import annotations

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.activations import logsigmoid
from retrograd.autograd_core.ops.elementwise import log, log1p, sigmoid
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


class BinaryCrossEntropyOfLogits(Op):
    """`BinaryCrossEntropy` of ``sigmoid(input)``, without overflow: ``(1 - t) x - log(sigmoid(x))``."""

    def forward(xp, input, target):
        return (1.0 - target) * input - logsigmoid(input)

    def vjp_input(g, input, target):
        return g * (sigmoid(input) - target)

    def vjp_target(g, input):
        return -g * input


of_probabilities = BinaryCrossEntropy.function
of_logits = BinaryCrossEntropyOfLogits.function

__all__: list[str] = []
