"""Calls whose results are meant to differ from PyTorch's, by reason; `docs/differences.md` tells users.

The same notation as in the tables of calls. A call that is listed here and does not differ in any
type fails its test, so that no line outlives its reason.
"""

from tests.oracle.tables import rows

DIFFERENT = {
    "numbers are compared as they are; PyTorch wraps those that do not fit the tensor's type": """
eq ne not_equal: x, 2**40
lt less le less_equal gt greater ge greater_equal: x, -1 | x, 2**40
""",
    "a fractional factor of integers is refused as in add(); PyTorch cuts the fraction off": """
addcmul: x, y, y, value=0.5
addmm: q, x, x.t(), alpha=0.5
addmv: c[:, 0], x, r, alpha=3, beta=0.5
baddbmm: s, z, z.mT, alpha=0.5
index_add: x, 1, j, y, alpha=2.5
""",
    "a NaN that is the extreme gets the gradient, as in PyTorch's max(); there all get NaN": """
amax amin: w | w, 0
aminmax: w | w, dim=1
""",
    "what input does not take part in gets no share of the gradient": """
scatter_reduce: t, 0, n, t, "amin", include_self=False
""",
    "the derivative by input is 2**other; PyTorch takes it in the integers of other": """
ldexp: x, i
""",
    "uint8 points are subtracted in their own type, which wraps round; the sum of values is not": """
trapezoid trapz: x, y | x, r | r, r
cumulative_trapezoid: x, y | x, r
""",
    "limits of the derivative at infinities and NaN": """
special.log_ndtr logit: w
cumprod: w, 1
logcumsumexp: w, 0
""",
    "a power of bools is an int8 here and refused there, but for a Python True": """
pow __ipow__ Tensor.__pow__: x, True
""",
    "a result is rounded to the type of the tensor that it is written to; PyTorch refuses": """
float_power_: x, y | x, 2 | x * x + 1, 0.5 | x, i | x, b | s, s
cumsum_ cumprod_: x, 0, dtype=T.float64 | x, 0, dtype=T.int32
""",
    "counts of bools are refused a place in bools, as other counts are; PyTorch takes these": """
cumsum_ cumprod_: s, 0 | e, 0 | e, 1
""",
    "what is true or false in the place of numbers has no gradient; PyTorch passes on that of before": """
logical_and_ logical_or_ logical_xor_: x, y | t, r | x, i | x, b | w, x | s, s | x, f
logical_not_: x | t | w | s
""",
    "a tensor keeps its shape in place; PyTorch resizes this one": """
addbmm_: s, z, z.mT, beta=2
""",
    "an empty matrix of integers is refused as one that is not empty": """
linalg.eigvalsh: q[:0, :0]
""",
    "a slope of one sixth; PyTorch's is one sixth in float32, in float64 too": """
nn.functional.hardsigmoid: x | x.t() | t | w | s | z[:, 1]
""",
    "the gradient at a NaN is NaN or 0; PyTorch's is 1 in places, by type and layout": """
nn.functional.celu nn.functional.elu: w | w, 0.5
nn.functional.selu nn.functional.hardswish nn.functional.hardshrink nn.functional.softshrink: w
nn.functional.relu6: w
nn.functional.hardtanh: w | w, -2., 2.
nn.functional.threshold: w, 0.1, 20.
nn.functional.prelu: w, r
""",
    "the limits at infinities and at a target of 0; PyTorch gives NaN": """
nn.functional.gelu nn.functional.softsign: w
nn.functional.kl_div: x, t * t
nn.functional.poisson_nll_loss: x, t * t, full=True
""",
    "the loss of a NaN is NaN; PyTorch takes it for one that keeps the margin": """
nn.functional.multi_margin_loss: w, j[:3]
nn.functional.multilabel_margin_loss: w, n
""",
}

REASONS = {row: reason for reason, table in DIFFERENT.items() for row in rows(table)}
