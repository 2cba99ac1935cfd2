"""Calls of functions of single elements."""

CASES = """
# Any numbers; t has ties and zeros, w nan and infinities, e is empty, s 0-d.
abs absolute ceil fix floor frac neg negative positive round sgn sign signbit square trunc: x | t
    w | e | s | z
atan arctan cos cosh deg2rad erf erfc exp exp2 expm1 rad2deg sigmoid sin sinc sinh asinh arcsinh tan tanh: x
    t | w | e | s
special.entr special.log_ndtr special.ndtr special.expit special.erfcx: x | t | w | e | s
isfinite isinf isnan isneginf isposinf isreal: x | t | w | e | s
relu: x | t | w | e | s
# With an edge of what they are defined on.
acos arccos asin arcsin atanh arctanh erfinv logit special.ndtri: x / 4 | t | w | e | s / 4
acosh arccosh log log2 log10 log1p rsqrt sqrt reciprocal: x | t | w | e | s | x * x + 1
digamma lgamma special.gammaln special.psi: x | e | s | x * x + 1
lgamma: x * 0 - 1e-310 | x * 0 - 5e-324 | x * 0 - 1e-40 | x * 0 - 1e-9
signbit: T.erfinv(x * -0.0) | T.special.erfinv(s * -0.0)
logit: x, 0.1 | x, eps=0.2 | t, 0 | x, None
mvlgamma: x * x + 3, 2 | x * x + 3, p=1 | x, 0
polygamma: 0, x | 1, x * x + 1 | 2, x * x + 1 | -1, x
special.polygamma: 1, x * x + 1
round: x, decimals=1 | x * 100, decimals=-1 | x, decimals=0
nan_to_num: w | w, 1. | w, nan=1., posinf=2., neginf=3. | w, 0, 5 | x | x, nan=1.
frexp: x | t | e | s
logical_not: x | t | w | e | s
bitwise_not: x | t | e | s
clone: x | s | e
exp: x.t() | x[:, 1:3] | x[::2] | z.transpose(0, 2) | x.expand(2, 3, 4)
rrelu: x | x, 0.2, 0.2 | t, 0.1, 0.1 | x, 0.1, 0.3, False
special.round: x | x, decimals=1
special.sinc special.exp2 special.expm1 special.log1p special.erf special.erfc special.digamma: x * x + 1
    s
special.erfinv special.logit: x / 4 | t
special.multigammaln: x * x + 3, 2
prelu: x, r | x, s | x, s[None] | t, s[None] | x, c[:, 0]
hardshrink: x | t, 1 | x, 0.5 | x, lambd=1
special.softmax special.log_softmax special.logsumexp: x, 0 | x, -1 | s, 0 | x, dim=1
"""
