"""Calls of reductions, norms, running sums and statistics."""

CASES = """
sum nansum mean nanmean: x | x, 0 | x, -1 | x, 1, True | z, (0, 2) | z, [0, -1], True
    z, dim=(1,), keepdim=True | x, () | x, [] | x, None | x, None, True | s | s, 0 | s, -1 | e
    e, 0 | e, 1 | w | w, 0
    x, dtype=T.float32 | x, 0, dtype=T.float64 | x, dtype=T.int64 | x, dtype=T.int32
    x, dim=0, keepdim=True, dtype=T.float64 | x, dtype=T.bool | x, 5 | x, -3 | x, (0, 0)
    x, (0, -2) | x, 0.5 | x, True | s, 1 | x.t(), 0 | z.transpose(0, 2), 1
prod: x | x, 0 | x, -1, True | x, dim=1, keepdim=True | s | s, 0 | e | e, 0 | e, 1 | t | t, 0
    t[:1] | t[:, :1], 0 | w, 1 | x, dtype=T.float64 | x, 0, dtype=T.int64 | x, 5 | x, (0, 1)
amax amin: x | x, 0 | x, -1, True | z, (0, 2) | z, dim=(0, 1), keepdim=True | t | t, 0 | t, 1 | w
    w, 0 | s | s, 0 | e | e, 0 | e, 1 | x, () | x, 5 | x * 0 | x, (0, 0)
aminmax: x | t | w | s | e | x, dim=0 | x, dim=-1, keepdim=True | t, dim=0 | s, dim=0 | e, dim=1
    e, dim=0 | w, dim=1
max min: x | t | w | s | e | x, 0 | x, -1 | x, 1, True | x, dim=0, keepdim=True | t, 0 | t, 1 | w, 0
    w, 1 | s, 0 | s, -1, True | e, 0 | e, 1 | x, y | x, r | t, t.flip(0) | x, other=y | x, i | x, f
    x, 5 | x * 0, 1
argmax argmin: x | t | w | s | e | x, 0 | x, -1, True | x, dim=1, keepdim=True | x, None, True
    t, 0 | t, 1 | w, 1 | s, 0 | e, 0 | e, 1 | x, 5
median nanmedian: x | t | w | s | e | x, 0 | x, -1, True | x, dim=1, keepdim=True | t, 0 | t, 1
    w, 0 | s, 0 | e, 0 | e, 1 | q, 0 | q
mode: x | t | t, 0 | t, 1, True | t, dim=-1, keepdim=True | s | e | e, 0 | s, 0
kthvalue: x, 2 | x, 1, 0 | x, 3, -1, True | t, 2 | t, 2, 0 | x, k=4, dim=1, keepdim=True | s, 1
    x, 0 | x, 5 | e, 1 | w, 2
all any: x | t | t, 0 | t, -1, True | t, dim=(0, 1) | t, (0,), True | w | s | s, 0 | e | e, 0 | e, 1
    t, 5 | t, dim=None | z, (0, 2)
count_nonzero: x | t | t, 0 | t, -1 | t, dim=(0, 1) | s | e | e, 0 | w
std var: x | x, 0 | x, -1 | x, 1, True | x, (0, 1) | x, True | x, False | x, 0, False
    x, 0, True, True | x, 0, False, True | x, unbiased=False | x, dim=0, unbiased=False
    x, dim=0, correction=0 | x, correction=2 | x, correction=0
    x, dim=1, correction=2, keepdim=True | x, None | z, (0, 2), correction=1 | s | e | e, 0 | o, 0
    o, 0, False | w | x, dim=0, correction=0.5 | x, 5
std_mean var_mean: x | x, 0 | x, 1, True | x, (0, 1), True, True | x, False
    x, dim=0, correction=0, keepdim=True | x, dim=1, unbiased=False | x, 0, False, True | s | e | w
logsumexp: x, 0 | x, -1, True | z, (0, 2) | x, dim=1, keepdim=True | x, dim=(0, 1) | w, 0
    w[:, 1:3], 1 | s, 0 | e, 0 | e, 1 | t, 1
cumsum cumprod: x, 0 | x, -1 | x, dim=1 | s, 0 | e, 0 | e, 1 | t, 0 | t, 1 | w, 1
    x, 0, dtype=T.float64 | x, 0, dtype=T.int32 | x, 5 | z, 1 | x
logcumsumexp: x, 0 | x, -1 | s, 0 | e, 1 | t, 1 | w, 0
cummax cummin: x, 0 | x, -1 | x, dim=1 | s, 0 | e, 0 | e, 1 | t, 0 | t, 1 | w, 1 | z, 1
norm: x | x, 2 | x, 1 | x, 0 | x, 3 | x, inf | x, -inf | x, 0.5 | x, "fro" | x, "nuc" | x, 2, 0
    x, 1, -1, True | x, p=2, dim=(0, 1) | x, "fro", (0, 1), True | x, inf, 1 | x, 2, dtype=T.float64
    x, dim=0 | t * 0 | t * 0, 1 | t * 0, 2, 1 | t * 0, inf | t, inf, 1 | t, 1 | t, 0 | s | s, 1 | e
    z, 2, (0, 2) | t * 0, 3, 1 | t, -inf, 1 | x, "nuc", (0, 1) | w, 2, 1
dist: x, y | x, y, 1 | x, y, p=inf | x, x | x, r | x, y, 0 | x, y, 3 | s, s | x, x.clone(), 1 | e, e
    x, y, -inf
renorm: x, 2, 0, 1. | x, 1, 1, 0.5 | x, p=2, dim=0, maxnorm=1. | x, inf, 0, 1 | t * 0, 2, 0, 1.
    z, 2, 1, 1. | x, 2, 0, -1. | x, 0, 0, 1. | r, 2, 0, 1.
linalg.vector_norm: x | x, 1 | x, 0 | x, inf | x, -inf | x, 3 | x, 0.5 | x, 2, 0
    x, 2, (0, 1), True | x, ord=1, dim=-1, keepdim=True | x, dtype=T.float64 | t * 0 | t * 0, 1, 1
    t * 0, 2, 1 | t * 0, inf, 1 | t * 0, -inf, 1 | t * 0, 0.5, 1 | t * 0, 3, 1 | t, inf | t, -inf, 0
    s | e | e, 2, 0 | e, inf, 0 | e, inf | w | x, "fro"
linalg.norm: x | x, 2 | x, 1 | x, -1 | x, inf | x, -inf | x, -2 | x, "fro" | x, "nuc" | x, 2, 0
    x, None, 1 | x, dim=(0, 1) | x, ord=1, dim=(1, 0), keepdim=True | r | r, 2 | r, inf | r, 0
    r, 3 | s | t * 0 | q, 2 | q, -2 | z | z, dim=(1, 2) | z, 2 | x, dtype=T.float64 | t, inf | t, 1
    x, 3 | r, "fro" | x, "foo"
linalg.matrix_norm: x | x, "fro" | x, "nuc" | x, 2 | x, -2 | x, 1 | x, -1 | x, inf | x, -inf | z
    z, 1, (0, 1) | z, 2, (0, 2), True | z, "nuc", (-1, 0) | x, ord=1, keepdim=True | t * 0, 1
    t * 0, "fro" | t, inf | r | x, 3 | x, dtype=T.float64 | q, 2
quantile nanquantile: x, 0.5 | x, 0.3, 0 | x, T.tensor([0.1, 0.9], dtype=x.dtype)
    x, T.tensor([0.1, 0.9], dtype=x.dtype), 1 | x, 0.3, -1, True | x, 0.25, dim=1, keepdim=True
    x, 0.4, 1, interpolation="lower" | x, 0.4, 1, interpolation="higher"
    x, 0.4, 1, interpolation="midpoint" | x, 0.4, 1, interpolation="nearest" | x, 0 | x, 1. | w, 0.5
    w, 0.5, 1 | s, 0.5 | t, 0.5, 1 | x, 1.5 | e, 0.5 | x, 0.5, interpolation="foo"
cov: x | x.t() | r | s | x, correction=0 | x, fweights=T.tensor([1, 2, 3, 1]) | x, aweights=r * r
    x, correction=2 | z | x, fweights=T.tensor([1, 2])
corrcoef: x | x.t() | r | s | z
histc: x | x, 5 | x, 4, -1, 1 | x, bins=3, min=0, max=2 | t, 4 | w, 3 | e, 3 | x, 4, 1, -1 | x, 0
    s, 2
bincount: x | u | j | j, minlength=5 | j, r | j, weights=r, minlength=6 | i | e | T.tensor([]) | n
diff: x | x, 2 | x, 1, 0 | x, n=1, dim=0, prepend=o | x, append=c | x, 0 | r | s | e | x, 5 | t
gradient: r | x | x, spacing=2. | x, dim=0 | x, dim=(0, 1) | x, spacing=(2., 0.5)
    x, spacing=2., dim=-1, edge_order=2 | q, edge_order=2
    r, spacing=(T.tensor([0., 1., 3., 6.], dtype=T.float64),) | s | x, edge_order=3
trapezoid trapz: x | x, dim=0 | x, y | x, r | x, dx=2. | x, dx=0.5, dim=0 | r, r | e | s | x, i
cumulative_trapezoid: x | x, dim=0 | x, y | x, r | x, dx=2. | r | s
"""
