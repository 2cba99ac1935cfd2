"""What results do not depend on, and how they change along with their inputs."""

import math

import numpy as np

import retrograd as rg
from retrograd import nn
from retrograd.nn import functional as F
from tests.properties.draws import Laws, assert_close, for_all_draws, tensors

# Each law gives what came out and what must have.
law = Laws()


def across(shape, dim):
    """The shape with a length of 1 along a dimension."""
    return [1 if k == dim % len(shape) else n for k, n in enumerate(shape)]


def shuffled(d, n):
    """The numbers below `n` in another order, as a tensor."""
    return rg.tensor(np.array(d.order(range(n)), int))


def none_above(value, bound):
    """The law that no element of `value` is larger than that of `bound`."""
    return (value - bound).clamp(min=0), (value - bound) * 0


# --- shift and scale ------------------------------------------------------------------------------


@law("softmax", "softmin", "log_softmax")
def a_shift_changes_nothing(d, case):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    x, c = d.normal(*shape), 100 * d.normal(*across(shape, dim))
    function = getattr(F, case)
    return function(x + c, dim=dim), function(x, dim=dim)


@law("mean", "sum", "none")
def cross_entropy_does_not_see_a_shift(d, case):
    samples, classes = d.each(2, 1, 4)
    rest = d.shape(0, 2, low=1, high=3)
    x, c = d.normal(samples, classes, *rest), 50 * d.normal(samples, 1, *rest)
    target = d.places(0, classes, samples, *rest)
    settings = {"label_smoothing": d.one([0.0, 0.2]), "weight": d.one([None, d.positive(classes)])}
    return (
        F.cross_entropy(x + c, target, reduction=case, **settings),
        F.cross_entropy(x, target, reduction=case, **settings),
    )


@law("logsumexp", "amax", "amin", "mean", "median", "cummax", "cummin", "logcumsumexp", "sort")
def a_shift_comes_out(d, case):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    x, c = d.apart(*shape), 10 * d.normal(*across(shape, dim))

    def function(x):
        result = getattr(rg, case)(x, dim=dim)
        return result if isinstance(result, rg.Tensor) else result.values

    kept = function(x).ndim == x.ndim
    return function(x + c), function(x) + (c if kept else c.squeeze(dim))


@law("std", "var")
def spread_does_not_see_a_shift(d, case):
    shape = d.shape(1, low=2)
    dim = d.dim(shape)
    x, c, a = d.normal(*shape), d.normal(*across(shape, dim)), d.one([0.5, 3.0])
    function = getattr(rg, case)
    power = 1 if case == "std" else 2
    return function(a * x + c, dim=dim), a**power * function(x, dim=dim)


def layer_norm(x):
    return F.layer_norm(x, x.shape[1:], eps=0.0)


def batch_norm(x):
    return F.batch_norm(x, None, None, training=True, eps=0.0)


def instance_norm(x):
    return F.instance_norm(x, eps=0.0)


def group_norm(x):
    return F.group_norm(x, 2, eps=0.0)


@law(layer_norm, batch_norm, instance_norm, group_norm)
def norms_see_neither_shift_nor_scale(d, case):
    shape = (d.integer(2, 3), 4, *d.shape(1, 2, low=2, high=3))
    x, a = d.apart(*shape), d.one([1e-3, 0.5, 7.0])
    return case(a * x + 3.0), case(x)


@law(layer_norm, batch_norm, instance_norm, group_norm)
def norms_turn_with_the_sign(d, case):
    x = d.apart(d.integer(2, 3), 4, *d.shape(1, 2, low=2, high=3))
    return case(-x), -case(x)


@law()
def rms_norm_does_not_see_a_scale(d):
    shape = d.shape(1, low=1)
    part = shape[d.integer(0, len(shape) - 1) :]
    x, a = d.apart(*shape), d.one([1e-3, 0.5, 7.0])
    return F.rms_norm(a * x, part, eps=0.0), F.rms_norm(x, part, eps=0.0)


@law("normalize", "cosine_similarity")
def directions_do_not_see_a_scale(d, case):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    x, y, a = d.apart(*shape), d.apart(*shape), d.positive(*across(shape, dim))
    if case == "normalize":
        p = d.one([1.0, 2.0, 3.0, math.inf])
        return F.normalize(a * x, p, dim), F.normalize(x, p, dim)
    return F.cosine_similarity(a * x, y, dim), F.cosine_similarity(x, y, dim)


@law()
def correlation_sees_neither_shift_nor_scale(d):
    n, samples = d.integer(2, 4), d.integer(3, 6)
    x, a, b = d.apart(n, samples), d.positive(n, 1), d.normal(n, 1)
    scale = a @ a.T
    return (rg.corrcoef(a * x + b), rg.cov(a * x + b)), (rg.corrcoef(x), scale * rg.cov(x))


# --- order ----------------------------------------------------------------------------------------

REDUCTIONS = [
    "sum", "mean", "prod", "amax", "amin", "std", "var", "logsumexp", "median", "nanmedian",
    "nansum", "nanmean", "mode", "kthvalue", "quantile", "all", "any", "count_nonzero", "norm",
    "max", "min", "aminmax",
]  # fmt: skip


@law(*REDUCTIONS)
def order_does_not_matter(d, case):
    shape = d.shape(1, low=2)
    dim = d.dim(shape)
    x = d.one([d.apart(*shape), rg.tensor(d.array(shape))])
    given = {"kthvalue": [2], "quantile": [0.3]}.get(case, [])
    order = shuffled(d, shape[dim])

    def function(x):
        result = getattr(rg, case)(x, *given, dim=dim)
        by_place = case in ("median", "nanmedian", "mode", "kthvalue", "max", "min")
        return result.values if by_place else result

    return function(x.index_select(dim, order)), function(x)


@law("sort", "topk", "unique", "bincount", "histc")
def what_is_sorted_or_counted_may_come_in_any_order(d, case):
    x = rg.tensor(d.rng.integers(0, 5, d.integer(2, 9)))
    function = {
        "sort": lambda x: rg.sort(x, descending=True).values,
        "topk": lambda x: rg.topk(x, 2).values,
        "unique": lambda x: rg.unique(x, return_counts=True),
        "bincount": rg.bincount,
        "histc": lambda x: rg.histc(x.double(), 3),
    }[case]
    return function(x[shuffled(d, len(x))]), function(x)


@law("argsort", "argmax", "argmin", "topk", "median", "sort")
def places_move_with_the_elements(d, case):
    x = d.apart(d.integer(2, 9))
    order = shuffled(d, len(x))
    function = {
        "argsort": rg.argsort,
        "argmax": rg.argmax,
        "argmin": rg.argmin,
        "topk": lambda x: rg.topk(x, 2, largest=False).indices,
        "median": lambda x: rg.median(x, 0).indices,
        "sort": lambda x: rg.sort(x, descending=True).indices,
    }[case]
    return order[function(x[order])], function(x)


MODULES = {
    "RNN": lambda: nn.RNN(3, 2, num_layers=2, bidirectional=True, batch_first=True),
    "LSTM": lambda: nn.LSTM(3, 2, batch_first=True, proj_size=1),
    "GRU": lambda: nn.GRU(3, 2, bidirectional=True, batch_first=True),
    "Linear": lambda: nn.Linear(3, 2),
    "Conv1d": lambda: nn.Conv1d(4, 2, 2),
    "ConvTranspose1d": lambda: nn.ConvTranspose1d(4, 2, 2, stride=2),
    "MaxPool1d": lambda: nn.MaxPool1d(2),
    "GroupNorm": lambda: nn.GroupNorm(2, 4),
    "BatchNorm1d": lambda: nn.BatchNorm1d(4),
    "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(
        3, 1, 5, dropout=0.0, batch_first=True
    ),
}


@law(*MODULES)
def samples_of_a_batch_may_come_in_any_order(d, case):
    samples = d.integer(2, 4)
    rg.manual_seed(0)
    module = MODULES[case]().double()
    x, order = d.normal(samples, 4, 3), shuffled(d, samples)

    def function(x):
        result = module(x)
        return result[0] if isinstance(result, tuple) else result

    return function(x[order]), function(x)[order]


@law()
def attention_does_not_see_the_order_of_keys_and_moves_with_queries(d):
    head, (queries, keys, width, outputs) = d.shape(0, 2, low=1), d.each(4, 1, 4)
    q, k, v = (d.normal(*head, *s) for s in ((queries, width), (keys, width), (keys, outputs)))
    mask = d.normal(queries, keys)
    of_keys, of_queries = shuffled(d, keys), shuffled(d, queries)
    turned = F.scaled_dot_product_attention(
        q[..., of_queries, :],
        k[..., of_keys, :],
        v[..., of_keys, :],
        mask[of_queries][:, of_keys],
    )
    return turned, F.scaled_dot_product_attention(q, k, v, mask)[..., of_queries, :]


@law("MultiheadAttention", "TransformerEncoderLayer")
def self_attention_moves_with_its_sequence(d, case):
    rg.manual_seed(0)
    if case == "MultiheadAttention":
        layer = nn.MultiheadAttention(4, 2, batch_first=True).double()
    else:
        layer = nn.TransformerEncoderLayer(4, 2, 5, 0.0, batch_first=True).double()
    x = d.normal(d.integer(1, 2), d.integer(1, 5), 4)
    order = shuffled(d, x.shape[1])

    def function(x):
        return layer(x, x, x)[0] if case == "MultiheadAttention" else layer(x)

    return function(x[:, order]), function(x)[:, order]


@law()
def names_of_classes_do_not_matter(d):
    samples, classes = d.integer(1, 4), d.integer(1, 5)
    x, target = d.normal(samples, classes), d.places(0, classes, samples)
    order = shuffled(d, classes)
    return F.cross_entropy(x, order[target]), F.cross_entropy(x[:, order], target)


# --- translation ----------------------------------------------------------------------------------


@law("conv", "max_pool", "avg_pool", "lp_pool")
def on_a_ring_windows_move_with_the_input(d, case):
    rank = d.integer(1, 2 if case == "lp_pool" else 3)
    kernel, stride = d.each(rank, 1, 3), d.each(rank, 1, 2)
    size = [s * d.integer(2, 3) for s in stride]
    around = [n for k in kernel[::-1] for n in (0, k - 1)]
    x, steps = d.apart(2, 2, *size), d.each(rank, -2, 2)
    dims = tuple(range(2, 2 + rank))
    groups = d.integer(1, 2)
    weight = d.normal(4, 2 // groups, *kernel)

    def function(x):
        x = F.pad(x, around, mode="circular")
        if case == "conv":
            return getattr(F, f"conv{rank}d")(x, weight, stride=stride, groups=groups)
        if case == "lp_pool":
            return getattr(F, f"lp_pool{rank}d")(x.abs(), 3, kernel, stride)
        return getattr(F, f"{case}{rank}d")(x, kernel, stride)

    moved = tuple(n * s for n, s in zip(steps, stride, strict=True))
    return function(rg.roll(x, moved, dims)), rg.roll(function(x), steps, dims)


@law("max_pool", "adaptive_max_pool", "adaptive_avg_pool", "avg_pool")
def a_level_comes_out_of_pooling(d, case):
    rank = d.integer(1, 3)
    kernel = d.each(rank, 1, 3)
    padding = tuple(k // 2 for k in kernel)
    x, c = d.normal(2, 2, *d.each(rank, 3, 6)), d.normal(2, 2, *[1] * rank)
    settings = {
        "max_pool": {"kernel_size": kernel, "padding": padding, "ceil_mode": d.flag()},
        "avg_pool": {"kernel_size": kernel, "padding": padding, "count_include_pad": False},
        "adaptive_max_pool": {"output_size": kernel},
        "adaptive_avg_pool": {"output_size": kernel},
    }[case]
    function = getattr(F, f"{case}{rank}d")
    return function(x + c, **settings), function(x, **settings) + c


@law(rg.exp, rg.atan, rg.relu)
def max_pooling_commutes_with_what_rises(d, case):
    x, kernel = d.normal(1, 2, *d.each(2, 3, 6)), d.each(2, 1, 3)
    pooled = F.max_pool2d(case(x), kernel, stride=1)
    return pooled, case(F.max_pool2d(x, kernel, stride=1))


@law("linear", "bilinear", "trilinear", "nearest", "bicubic")
def resizing_keeps_a_level(d, case):
    rank = {"linear": 1, "trilinear": 3}.get(case, 2)
    size, new = d.each(rank, 1, 4), d.each(rank, 1, 6)
    level = d.normal(2, 1, *[1] * rank)
    x = level.expand(2, 1, *size)
    return F.interpolate(x, new, mode=case), level.expand(2, 1, *new)


# --- norms and distances --------------------------------------------------------------------------

ORDERS = [0.5, 1, 2, 3, math.inf, -math.inf, -1]
MATRIX_ORDERS = ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]


@law(*ORDERS)
def vector_norm_is_homogeneous(d, case):
    shape = d.shape(1, low=1)
    dim, x, a = d.dim(shape), d.apart(*shape), d.one([-3.0, 0.5])
    norm = rg.linalg.vector_norm
    return norm(a * x, case, dim), abs(a) * norm(x, case, dim)


@law(*MATRIX_ORDERS)
def matrix_norm_is_homogeneous(d, case):
    x, a = d.apart(*d.shape(2, low=1)), d.one([-3.0, 0.5])
    norm = rg.linalg.matrix_norm
    return norm(a * x, case), abs(a) * norm(x, case)


@law(1, 1.5, 2, math.inf)
def vector_norm_has_the_triangle_inequality(d, case):
    shape = d.shape(1, low=1)
    x, y, norm = d.normal(*shape), d.normal(*shape), rg.linalg.vector_norm
    return none_above(norm(x + y, case), norm(x, case) + norm(y, case))


@law("fro", "nuc", 1, 2, math.inf)
def matrix_norm_is_submultiplicative(d, case):
    m, n, p = d.each(3, 1, 4)
    x, y, norm = d.normal(m, n), d.normal(n, p), rg.linalg.matrix_norm
    return none_above(norm(x @ y, case), norm(x, case) * norm(y, case))


@law(1, 2, 3, math.inf)
def cdist_is_a_distance(d, case):
    batch, n, width = d.shape(0, 1), d.integer(1, 4), d.integer(1, 3)
    x, y, z = (d.normal(*batch, n, width) for _ in range(3))
    xy, yz, xz = rg.cdist(x, y, case), rg.cdist(y, z, case), rg.cdist(x, z, case)
    way = (xy.unsqueeze(-1) + yz.unsqueeze(-3)).amin(-2)
    longer, none = none_above(xz, way)
    return (rg.cdist(y, x, case), longer), (xy.mT, none)


@law(1, 2, 3, math.inf)
def distances_do_not_see_a_shift(d, case):
    n, width = d.integer(2, 4), d.integer(1, 3)
    x, y, c = d.apart(n, width), d.apart(n, width) + 0.03, d.normal(width)

    def function(x, y):
        return (
            rg.cdist(x, y, case),
            F.pairwise_distance(x, y, case, eps=0.0),
            rg.pdist(x, case) if case != 3 else x.sum() * 0,
        )

    return function(x + c, y + c), function(x, y)


# --- matrices -------------------------------------------------------------------------------------


@law()
def det_and_trace_of_products(d):
    batch, n = d.shape(0, 2, low=1), d.integer(1, 4)
    a, b = d.regular(*batch, n=n), d.regular(*batch, n=n)
    det, slogdet = rg.linalg.det, rg.linalg.slogdet

    def trace(x):
        return x.diagonal(dim1=-2, dim2=-1).sum(-1)

    return (
        (det(a @ b), det(a.mT), slogdet(a @ b).logabsdet, trace(a @ b)),
        (det(a) * det(b), det(a), slogdet(a).logabsdet + slogdet(b).logabsdet, trace(b @ a)),
    )


@law()
def inverses_and_powers_of_products(d):
    n = d.integer(1, 4)
    a, b = d.regular(n=n), d.regular(n=n)
    k, m = d.each(2, -2, 3)
    inv, power = rg.linalg.inv, rg.linalg.matrix_power
    return (
        (inv(a @ b), power(a / n, k + m), rg.linalg.pinv(a.mT)),
        (inv(b) @ inv(a), power(a / n, k) @ power(a / n, m), rg.linalg.pinv(a).mT),
    )


@law()
def rotations_do_not_change_singular_and_eigenvalues(d):
    n = d.integer(1, 4)
    a, q = d.definite(n=n), rg.linalg.qr(d.regular(n=n)).Q
    return (
        (rg.linalg.svdvals(q @ a), rg.linalg.eigvalsh(q @ a @ q.mT), rg.linalg.eigvalsh(a + 2 * rg.eye(n))),
        (rg.linalg.svdvals(a), rg.linalg.eigvalsh(a), rg.linalg.eigvalsh(a) + 2),
    )  # fmt: skip


@law()
def products_associate_and_kron_mixes(d):
    m, n, p, q = d.each(4, 1, 3)
    a, b, c, e = d.normal(m, n), d.normal(n, p), d.normal(p, q), d.normal(q, m)
    return (
        (rg.linalg.multi_dot([a, b, c, e]), rg.kron(a @ b, c @ e), rg.einsum("ij,jk,kl->li", a, b, c)),
        (a @ (b @ (c @ e)), rg.kron(a, c) @ rg.kron(b, e), (a @ b @ c).T),
    )  # fmt: skip


@law()
def cross_product_turns_and_stands_upright(d):
    shape = (*d.shape(0, 2), 3)
    x, y, z = d.normal(*shape), d.normal(*shape), d.normal(*shape)
    cross, dot = rg.linalg.cross, rg.linalg.vecdot
    return (
        (cross(x, y), dot(cross(x, y), x), dot(cross(x, y), z)),
        (-cross(y, x), dot(x, x) * 0, dot(x, cross(y, z))),
    )


# --- functional equations -------------------------------------------------------------------------

EQUATIONS = {
    "tanh is odd": lambda x, y: (rg.tanh(-x), -rg.tanh(x)),
    "tanh of sums": lambda x, y: (
        rg.tanh(x + y) * (1 + rg.tanh(x) * rg.tanh(y)),
        rg.tanh(x) + rg.tanh(y),
    ),
    "sigmoid": lambda x, y: (rg.sigmoid(-x), 1 - rg.sigmoid(x)),
    "sigmoid is tanh": lambda x, y: (2 * rg.sigmoid(2 * x) - 1, rg.tanh(x)),
    "logsigmoid": lambda x, y: (F.logsigmoid(x) - F.logsigmoid(-x), x),
    "gelu": lambda x, y: (F.gelu(x) - F.gelu(-x), x),
    "gelu by tanh": lambda x, y: (
        F.gelu(x, approximate="tanh") - F.gelu(-x, approximate="tanh"),
        x,
    ),
    "silu": lambda x, y: (F.silu(x) - F.silu(-x), x),
    "softplus": lambda x, y: (F.softplus(x) - F.softplus(-x), x),
    "hardswish": lambda x, y: (F.hardswish(x) - F.hardswish(-x), x),
    "hardsigmoid": lambda x, y: (F.hardsigmoid(-x), 1 - F.hardsigmoid(x)),
    "relu": lambda x, y: (rg.relu(x) - rg.relu(-x), x),
    "relu is homogeneous": lambda x, y: (rg.relu(3.0 * x), 3.0 * rg.relu(x)),
    "leaky relu": lambda x, y: (F.leaky_relu(-x, 0.2), -0.2 * F.leaky_relu(x, 5.0)),
    "softsign is odd": lambda x, y: (F.softsign(-x), -F.softsign(x)),
    "softshrink and hardtanh": lambda x, y: (F.softshrink(x, 1.0) + F.hardtanh(x), x),
    "erf": lambda x, y: (rg.erf(-x) + rg.erfc(x), 1 - 2 * rg.erf(x)),
    "ndtr": lambda x, y: (rg.special.ndtr(-x), 1 - rg.special.ndtr(x)),
    "circle": lambda x, y: (rg.sin(x) ** 2 + rg.cos(x) ** 2, x * 0 + 1),
    "hyperbola": lambda x, y: (rg.cosh(x) + rg.sinh(x), rg.exp(x)),
    "sine of sums": lambda x, y: (
        rg.sin(x + y),
        rg.sin(x) * rg.cos(y) + rg.cos(x) * rg.sin(y),
    ),
    "tangent": lambda x, y: (rg.tan(x) * rg.cos(x), rg.sin(x)),
    "exponential": lambda x, y: (rg.exp(x + y), rg.exp(x) * rg.exp(y)),
    "logarithm": lambda x, y: (rg.log(x.abs() * y.abs()), rg.log(x.abs()) + rg.log(y.abs())),
    "powers of two": lambda x, y: (rg.exp2(x + 1), 2 * rg.exp2(x)),
    "gamma": lambda x, y: (rg.lgamma(x.abs() + 1), rg.lgamma(x.abs()) + rg.log(x.abs())),
    "digamma": lambda x, y: (rg.digamma(x.abs() + 1), rg.digamma(x.abs()) + 1 / x.abs()),
    "trigamma": lambda x, y: (
        rg.polygamma(1, x.abs() + 1),
        rg.polygamma(1, x.abs()) - 1 / x**2,
    ),
    "log-add-exp commutes": lambda x, y: (rg.logaddexp(x, y), rg.logaddexp(y, x)),
    "log-add-exp of a shift": lambda x, y: (rg.logaddexp(x + 9, y + 9), rg.logaddexp(x, y) + 9),
    "angle": lambda x, y: (rg.atan2(3 * y, 3 * x), rg.atan2(y, x)),
    "hypotenuse": lambda x, y: (rg.hypot(-3 * x, 3 * y), 3 * rg.hypot(x, y)),
    "extremes": lambda x, y: (rg.maximum(x, y), -rg.minimum(-x, -y)),
    "sum of extremes": lambda x, y: (rg.maximum(x, y) + rg.minimum(x, y), x + y),
    "remainder": lambda x, y: (rg.remainder(x + y, y) + x * 0, rg.remainder(x, y)),
    "division": lambda x, y: (rg.floor_divide(x, y) * y + rg.remainder(x, y), x),
    "truncated division": lambda x, y: (
        rg.div(x, y, rounding_mode="trunc") * y + rg.fmod(x, y),
        x,
    ),
    "squared error commutes": lambda x, y: (F.mse_loss(x, y), F.mse_loss(y, x)),
    "absolute error commutes": lambda x, y: (F.l1_loss(x, y), F.l1_loss(y, x)),
    "huber": lambda x, y: (F.huber_loss(x, y, delta=2.0), 2.0 * F.smooth_l1_loss(y, x, beta=2.0)),
    "binary cross-entropy": lambda x, y: (
        F.binary_cross_entropy_with_logits(x, rg.sigmoid(y)),
        F.binary_cross_entropy_with_logits(-x, rg.sigmoid(-y)),
    ),
    "soft margin": lambda x, y: (
        F.soft_margin_loss(x, y.sign()),
        F.soft_margin_loss(-x, -y.sign()),
    ),
    "relative entropy of one distribution": lambda x, y: (
        F.kl_div(x.flatten().log_softmax(0), x.flatten().softmax(0), reduction="sum"),
        x.sum() * 0,
    ),
}  # fmt: skip


@law(*EQUATIONS)
def functional_equation(d, case):
    shape = d.shape(low=1)
    return EQUATIONS[case](d.apart(*shape), d.apart(*shape) + 0.013)


@law.parametrize()
def test_law(law):
    def property(d):
        got, expected = law(d)
        assert all(x.double().isfinite().all() for x in tensors(expected))
        assert_close(got, expected)

    for_all_draws(property)
