"""There and back again: what is taken apart or sent through an inverse comes back, gradients too."""

import numpy as np

import retrograd as rg
from retrograd import nn
from retrograd.nn import functional as F
from retrograd.nn.utils import rnn
from tests.properties.draws import Laws, assert_close, for_all_draws, tensors

# A trip gives a function that is the identity, and what to put into it: its gradient is the
# identity's too.
trip = Laws()


# --- shape ----------------------------------------------------------------------------------------


@trip()
def reshape(d):
    shape = d.shape(low=1)
    new = d.one([(-1,), d.order(shape), (1, *shape)])
    return lambda x: x.reshape(new).reshape(shape), d.normal(*shape)


@trip()
def flatten_and_unflatten(d):
    shape = d.shape(2, low=1)
    start = d.integer(0, len(shape) - 1)
    stop = d.integer(start, len(shape) - 1)
    return (
        lambda x: x.flatten(start, stop).unflatten(start, shape[start : stop + 1]),
        d.normal(*shape),
    )


@trip()
def squeeze_and_unsqueeze(d):
    shape = d.shape(0, 3)
    dim = d.dim((*shape, 1))
    return lambda x: x.unsqueeze(dim).squeeze(dim), d.normal(*shape)


@trip()
def permute(d):
    shape = d.shape()
    dims = d.order(range(len(shape)))
    back = [dims.index(k) for k in range(len(dims))]
    return lambda x: x.permute(dims).permute(back), d.normal(*shape)


@trip("transpose", "swapaxes", "movedim")
def two_dims(d, case):
    shape = d.shape(1)
    a, b = d.dim(shape), d.dim(shape)
    function = getattr(rg, case)
    return lambda x: function(function(x, a, b), b, a), d.normal(*shape)


@trip("split", "chunk", "tensor_split")
def pieces_joined(d, case):
    shape = d.shape(1, low=1)
    dim, n = d.dim(shape), d.integer(1, 5)
    return lambda x: rg.cat(getattr(rg, case)(x, n, dim), dim), d.normal(*shape)


@trip()
def unbind_and_stack(d):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    return lambda x: rg.stack(rg.unbind(x, dim), dim), d.normal(*shape)


@trip("hstack", "vstack", "dstack")
def stacks_taken_apart(d, case):
    shape = d.shape(3, low=1)
    apart = getattr(rg, case.replace("stack", "split"))
    n = shape["vhd".index(case[0])]
    return lambda x: getattr(rg, case)(apart(x, n)), d.normal(*shape)


@trip()
def flip(d):
    shape = d.shape()
    dims = d.dims(shape, 0)
    return lambda x: x.flip(dims).flip(dims), d.normal(*shape)


@trip()
def roll(d):
    shape = d.shape(1)
    dims = d.dims(shape)
    shifts = d.each(len(dims), -5, 5)
    back = [-n for n in shifts]
    return lambda x: x.roll(shifts, dims).roll(back, dims), d.normal(*shape)


@trip()
def rot90(d):
    shape = d.shape(2)
    dims, k = d.dims(shape, 2)[:2], d.integer(-3, 3)
    return lambda x: rg.rot90(rg.rot90(x, k, dims), -k, dims), d.normal(*shape)


@trip()
def triangles(d):
    k = d.integer(-4, 4)
    return lambda x: rg.tril(x, k) + rg.triu(x, k + 1), d.normal(*d.shape(2))


@trip()
def diagonals(d):
    shape = d.shape(1, 3)
    dim1, dim2 = d.dims((*shape, 1), 2)[:2]
    k = d.integer(-3, 3)
    return (
        lambda x: rg.diag_embed(x, k, dim1, dim2).diagonal(k, dim1, dim2),
        d.normal(*shape),
    )


@trip()
def repetition(d):
    shape = d.shape(1, 3)
    dim, n = d.integer(0, len(shape) - 1), d.integer(1, 3)
    every = (*[slice(None)] * dim, slice(None, None, n))
    return lambda x: rg.repeat_interleave(x, n, dim)[every], d.normal(*shape)


@trip()
def broadcasting(d):
    shape = d.shape(low=1)
    narrow = d.narrowed(shape)
    copies = int(np.prod(shape)) // int(np.prod(narrow))
    return lambda x: x.expand(shape).sum_to_size(narrow) / copies, d.normal(*narrow)


# --- windows and images ---------------------------------------------------------------------------


@trip("constant", "reflect", "replicate", "circular")
def padding(d, case):
    rank = d.integer(1, 3)
    shape = (1, 2, *d.each(rank, 2, 5))
    pads = [d.integer(0, n - 1) for n in shape[:1:-1] for _ in range(2)]
    back = [-n for n in pads]
    return lambda x: F.pad(F.pad(x, pads, mode=case), back), d.normal(*shape)


@trip()
def pixels(d):
    r = d.integer(1, 3)
    x = d.normal(*d.shape(0, 1, low=1), 2 * r * r, *d.each(2, 1, 3))
    return lambda x: F.pixel_unshuffle(F.pixel_shuffle(x, r), r), x


@trip()
def channels(d):
    a, b = d.each(2, 1, 3)
    x = d.normal(1, a * b, *d.each(2, 1, 3))
    return lambda x: F.channel_shuffle(F.channel_shuffle(x, a), b), x


@trip()
def windows_folded_back(d):
    """The sums of all windows over how many windows there are at each place."""
    kernel = d.each(2, 1, 3)
    stride = tuple(d.integer(1, k) for k in kernel)
    padding = tuple(d.integer(0, k // 2) for k in kernel)
    size = tuple(
        max(k + d.integer(1, 3) * s - 2 * p, 1)
        for k, s, p in zip(kernel, stride, padding, strict=True)
    )
    settings = {"kernel_size": kernel, "stride": stride, "padding": padding}

    def there_and_back(x):
        return F.fold(F.unfold(x, **settings), size, **settings)

    x = d.normal(2, 2, *size)
    count = there_and_back(x * 0 + 1)
    return lambda x: there_and_back(x) / count, x


@trip()
def windows_side_by_side(d):
    shape = list(d.shape(1, 3, low=1))
    dim, size = d.integer(0, len(shape) - 1), d.integer(1, 3)
    shape[dim] = size * d.integer(1, 3)
    x = d.normal(*shape)
    return lambda x: x.unfold(dim, size, size).movedim(-1, dim + 1).flatten(dim, dim + 1), x


@trip(1, 2, 3)
def maxima_put_back(d, case):
    kernel = d.each(case, 1, 3)
    shape = (2, 2, *[k * d.integer(1, 3) for k in kernel])
    _, places = getattr(F, f"max_pool{case}d")(d.normal(*shape), kernel, return_indices=True)

    def there_and_back(x):
        whole = getattr(F, f"max_unpool{case}d")(x, places, kernel)
        return getattr(F, f"max_pool{case}d")(whole, kernel)

    return there_and_back, d.positive(*places.shape)


# --- places ---------------------------------------------------------------------------------------


@trip()
def sort_and_undo(d):
    shape = d.shape(1, low=1)
    dim, descending = d.dim(shape), d.flag()

    def there_and_back(x):
        values, places = rg.sort(x, dim=dim, descending=descending)
        return rg.gather(values, dim, places.argsort(dim))

    return there_and_back, d.apart(*shape)


@trip()
def gather_and_scatter(d):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    places = rg.tensor(np.argsort(d.rng.random(shape), dim))
    return lambda x: rg.scatter(x * 0, dim, places, x.gather(dim, places)), d.normal(*shape)


@trip()
def scatter_and_gather(d):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    places = rg.tensor(np.argsort(d.rng.random(shape), dim))
    return lambda x: rg.scatter_add(x * 0, dim, places, x).gather(dim, places), d.normal(*shape)


@trip()
def select_and_copy(d):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    order = rg.tensor(np.array(d.order(range(shape[dim]))))
    return (
        lambda x: rg.index_copy(x * 0, dim, order, x.index_select(dim, order)),
        d.normal(*shape),
    )


@trip()
def masked_values(d):
    shape = d.shape(low=1)
    mask = d.mask(*shape)

    def there_and_back(x):
        rest = rg.masked_fill(x, mask, 0.0)
        return rg.masked_scatter(rest, mask, rg.masked_select(x, mask))

    return there_and_back, d.normal(*shape)


@trip()
def one_by_one_in_place(d):
    shape = d.shape(1, low=1)

    def there_and_back(x):
        y = rg.zeros_like(x)
        for k in d.rng.permutation(shape[0]):
            y[int(k)] = x[int(k)]
        return y

    return there_and_back, d.normal(*shape)


@trip()
def take_and_put(d):
    shape = d.shape(low=1)
    count = int(np.prod(shape))
    places = rg.tensor(np.array(d.order(range(count))))
    return lambda x: rg.put(x * 0, places, rg.take(x, places)), d.normal(*shape)


@trip()
def meshgrid_edges(d):
    x, other = d.normal(d.integer(1, 4)), d.normal(d.integer(1, 3))
    return lambda x: rg.meshgrid(x, other, indexing="ij")[0][:, 0], x


# --- sums and inverse functions -------------------------------------------------------------------


@trip()
def cumsum_and_diff(d):
    shape = d.shape(1, low=1)
    dim = d.dim(shape)
    start = [1 if k == dim % len(shape) else n for k, n in enumerate(shape)]
    x = d.normal(*shape)
    return lambda x: rg.diff(x.cumsum(dim), dim=dim, prepend=rg.zeros(start, dtype=x.dtype)), x


@trip()
def cumprod_and_ratios(d):
    n = d.integer(1, 6)

    def there_and_back(x):
        whole = rg.cumprod(x, 0)
        return rg.cat([whole[:1], whole[1:] / whole[:-1]])

    return there_and_back, d.positive(n)


INVERSES = [
    ("exp", "log"), ("log", "exp"), ("exp2", "log2"), ("log1p", "expm1"), ("logit", "sigmoid"),
    ("tan", "atan"), ("sin", "asin"), ("cos", "acos"), ("sinh", "asinh"), ("tanh", "atanh"),
    ("cosh", "acosh"), ("asin", "sin"), ("atanh", "tanh"), ("erf", "erfinv"), ("erfinv", "erf"),
    ("sqrt", "square"), ("square", "sqrt"), ("reciprocal", "reciprocal"), ("neg", "neg"),
    ("deg2rad", "rad2deg"), ("rad2deg", "deg2rad"), ("rsqrt", lambda x: x**-2.0),
    ("log10", lambda x: 10.0**x),
]  # fmt: skip


def _name(function):
    return function if isinstance(function, str) else "power"


def inverse_functions(d, there, back):
    def there_and_back(x):
        for function in (there, back):
            x = getattr(rg, function)(x) if isinstance(function, str) else function(x)
        return x

    return there_and_back, rg.tensor(d.rng.uniform(0.1, 0.9, d.shape()))


for there, back in INVERSES:
    trip[f"{_name(there)} and {_name(back)}"] = lambda d, there=there, back=back: inverse_functions(
        d, there, back
    )


@trip()
def frexp_and_ldexp(d):
    return lambda x: rg.ldexp(*rg.frexp(x)), d.normal(*d.shape())


@trip()
def fraction_and_whole(d):
    return lambda x: rg.frac(x) + rg.trunc(x).detach(), d.normal(*d.shape())


@trip()
def softmax_of_log_softmax(d):
    """Logits come back but for a shift."""
    shape = d.shape(1, low=1)
    dim = d.dim(shape)

    def there_and_back(x):
        return rg.log(F.softmax(x, dim)) + rg.logsumexp(x, dim, keepdim=True)

    return there_and_back, d.normal(*shape)


@trip("atan2", "hypot")
def polar(d, case):
    """One coordinate from radius and angle, of points with a fixed other coordinate."""
    y = d.normal(*d.shape())
    turn = rg.cos if case == "atan2" else rg.sin

    def there_and_back(x):
        radius, angle = rg.hypot(x, y), rg.atan2(y, x)
        return radius * rg.cos(angle) if turn is rg.cos else x + (radius * turn(angle) - y)

    return there_and_back, d.positive(*y.shape)


# --- matrices -------------------------------------------------------------------------------------


def symmetric(x):
    return (x + x.mT) / 2


@trip("solve", "solve_triangular", "inv", "pinv", "lstsq by qr", "cholesky_solve")
def product_and_solution(d, case):
    batch, n, k = d.shape(0, 2, low=1), d.integer(1, 4), d.integer(1, 3)
    a = d.definite(*batch, n=n) if case == "cholesky_solve" else d.regular(*batch, n=n)
    upper = d.flag()
    a = (a.triu() if upper else a.tril()) if case == "solve_triangular" else a
    back = {
        "solve": lambda b: rg.linalg.solve(a, b),
        "solve_triangular": lambda b: rg.linalg.solve_triangular(a, b, upper=upper),
        "inv": lambda b: rg.linalg.inv(a) @ b,
        "pinv": lambda b: rg.linalg.pinv(a) @ b,
        "lstsq by qr": lambda b: rg.linalg.solve_triangular(
            rg.linalg.qr(a).R, rg.linalg.qr(a).Q.mT @ b, upper=True
        ),
        "cholesky_solve": lambda b: rg.cholesky_solve(b, rg.linalg.cholesky(a)),
    }[case]
    return lambda x: back(a @ x), d.normal(*batch, n, k)


@trip("inv", "matrix_power", "pinv")
def inverse_of_the_inverse(d, case):
    function = {
        "inv": rg.linalg.inv,
        "matrix_power": lambda x: rg.linalg.matrix_power(x, -1),
        "pinv": rg.linalg.pinv,
    }[case]
    return lambda x: function(function(x)), d.regular(*d.shape(0, 2, low=1), n=d.integer(1, 4))


@trip("qr", "svd")
def factors_multiplied(d, case):
    batch, n = d.shape(0, 2, low=1), d.integer(1, 4)
    extra = d.integer(0, 2)

    def there_and_back(x):
        if case == "qr":
            q, r = rg.linalg.qr(x)
            return q @ r
        u, s, vh = rg.linalg.svd(x, full_matrices=False)
        return (u * s.unsqueeze(-2)) @ vh

    x = rg.cat([d.regular(*batch, n=n) + _ramp(n), d.normal(*batch, extra, n)], -2)
    return there_and_back, x


def _ramp(n):
    """What keeps singular and eigenvalues apart."""
    return rg.diag(rg.arange(n, dtype=rg.float64)) * 3.0


@trip("cholesky", "eigh")
def factors_of_symmetric_matrices(d, case):
    """As functions of any matrix, through its symmetric part, which is what comes back."""
    n = d.integer(1, 4)
    skew = d.normal(n, n)
    skew = skew - skew.mT

    def there_and_back(x):
        s = symmetric(x)
        if case == "cholesky":
            root = rg.linalg.cholesky(s)
            back = root @ root.mT
        else:
            values, vectors = rg.linalg.eigh(s)
            back = (vectors * values.unsqueeze(-2)) @ vectors.mT
        return back + (x - s)

    return there_and_back, symmetric(d.regular(n=n)) + _ramp(n) + skew


# --- parameters -----------------------------------------------------------------------------------


@trip()
def vector_of_tensors(d):
    shapes = [d.shape(0, 2, low=1) for _ in range(d.integer(1, 3))]
    sizes = [int(np.prod(s)) for s in shapes]

    def there_and_back(x):
        parts = [p.reshape(s) for p, s in zip(x.split(sizes), shapes, strict=True)]
        return nn.utils.parameters_to_vector(parts)

    return there_and_back, d.normal(sum(sizes))


@trip()
def packed_sequences(d):
    lengths = d.each(d.integer(1, 4), 1, 4)
    first = d.flag()
    parts = [d.normal(n, 2) for n in lengths]

    def there_and_back(*parts):
        whole = rnn.pad_sequence(parts, batch_first=first)
        packed = rnn.pack_padded_sequence(whole, lengths, first, enforce_sorted=False)
        whole, found = rnn.pad_packed_sequence(packed, first)
        return rnn.unpad_sequence(whole, found, first)

    return there_and_back, parts


@trip.parametrize()
def test_trip(law):
    def property(d):
        function, x = law(d)
        x = [part.detach().requires_grad_() for part in tensors(x)]
        y = list(tensors(function(*x)))
        assert_close(y, x)
        w = [d.normal(*part.shape) for part in x]
        assert_close(rg.autograd.grad(y, x, w), w, rtol=1e-9)

    for_all_draws(property)
