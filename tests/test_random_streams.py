"""The random numbers are PyTorch's: frozen ones, and whole streams beside PyTorch itself."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrograd.backends import random, random_choice
from retrograd.backends.random import Generator
from retrograd.backends.random_draws import _scale_and_shift
from retrograd.backends.random_normal import box_muller

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
# Around the sizes where the way of drawing, or of working in parts, changes.
SIZES = (0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 1000, 1007, 1008, 1009, 1023, 1024, 1025, 2047, 2048)
SIZES += (8191, 8192, 8193, 16400)


def seeded(seed=0):
    return Generator().manual_seed(seed)


def single(*values):
    """float32 numbers, of which PyTorch prints more digits than they have."""
    return np.array(values, np.float32)


# What PyTorch 2.13 gives after manual_seed(2024), one call after another.
THIRDS = np.array([0.1, 0.2, 0.7])
IN_TURN = [
    (
        lambda g: random.uniform(g, 3),
        single(0.5317158699035645, 0.8312679529190063, 0.9718379974365234),
    ),
    (
        lambda g: random.normal(g, 3),
        single(1.709520697593689, -0.5035784244537354, 3.0891060829162598),
    ),
    (lambda g: random.uniform(g, 2, "float64"), [0.5001510273171131, 0.6367543599131198]),
    (lambda g: random.normal(g, 2), single(-0.771979033946991, 0.0060055432841181755)),
    (lambda g: random.integers(g, 0, 10, 8), [0, 7, 3, 6, 8, 9, 1, 1]),
    (lambda g: random.integers(g, -5, 2**40, 3), [123028705755, 170075404769, 491535023150]),
    (lambda g: random.natural_integers(g, 3, "int32"), [78801737, 967888742, 1198574298]),
    (lambda g: random.permutation(g, 10), [2, 9, 1, 5, 4, 7, 8, 3, 0, 6]),
    (lambda g: random.bernoulli(g, 8, 0.5), [1, 0, 1, 0, 0, 0, 0, 0]),
    (
        lambda g: random.bernoulli(g, 8, np.full(8, 0.5, np.float32)),
        [1, 0, 1, 1, 0, 1, 0, 1],
    ),
    (
        lambda g: random.exponential(g, 3),
        single(0.28078874945640564, 0.03147200495004654, 0.5209041237831116),
    ),
    (lambda g: random.multinomial(g, THIRDS, 6, replacement=True), [2, 2, 1, 2, 2, 2]),
    (lambda g: random.multinomial(g, THIRDS, 3), [1, 2, 0]),
    (lambda g: random.random_int63(g), 7646852720736321153),
    (
        lambda g: random.uniform(g, 2, "float32", -0.3, 0.3),
        single(-0.21198460459709167, 0.009454715996980667),
    ),
    (
        lambda g: random.normal(g, 18)[:3],
        single(-0.2200729101896286, -0.109254390001297, 0.28734707832336426),
    ),
    (lambda g: random.normal(g, 1), single(0.7734602689743042)),
]

# The beginning of the SHA-256 of 10,001 numbers of PyTorch 2.13 after manual_seed(7).
DIGESTS = {
    "824317a098143835": lambda g, n: random.uniform(g, n),
    "9c57b4e3b674cd35": lambda g, n: random.uniform(g, n, "float64"),
    "ab07f6ae29468cb1": lambda g, n: random.uniform(g, n, "float16"),
    "0a6d43728d95cdf9": lambda g, n: random.uniform(g, n, "float32", -0.3, 0.7),
    "1d0163c0698e154e": lambda g, n: random.uniform(g, n, "float64", -0.3, 0.7),
    "8f52c1fc872e12b7": lambda g, n: random.normal(g, n),
    "de3337b8058dfda4": lambda g, n: random.normal(g, n, "float32", 1.1, 2.3),
    "1b25b1c4c72d7682": lambda g, n: random.normal(g, n, "float16"),
    "865239c6c729138c": lambda g, n: random.permutation(g, n),
    "4da14287f2d5957b": lambda g, n: random.integers(g, -7, 1000, n),
    "21b22ca1c2003ffb": lambda g, n: random.integers(g, -(2**62), 2**62, n),
    "617ba7ddadab5481": lambda g, n: random.bernoulli(g, n, 0.3),
}


def test_calls_in_turn_give_the_frozen_numbers():
    generator = seeded(2024)
    for draw, expected in IN_TURN:
        np.testing.assert_array_equal(draw(generator), expected)


@pytest.mark.parametrize("expected", DIGESTS)
def test_many_numbers_have_the_frozen_digest(expected):
    numbers = DIGESTS[expected](seeded(7), 10_001)
    assert hashlib.sha256(numbers.tobytes()).hexdigest()[:16] == expected


def test_negative_and_large_seeds():
    generator = seeded(-1)
    assert generator.initial_seed() == 2**64 - 1
    assert random.uniform(generator, 2).tolist() == [0.9937993884086609, 0.5713063478469849]
    expected = [0.004263520240783691, 0.10556936264038086]
    assert random.uniform(seeded(2**40 + 3), 2).tolist() == expected


def test_numpy_global_state_is_left_alone():
    before = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    generator = seeded(0)
    for draw, _ in IN_TURN:
        draw(generator)
    generator.seed()
    after = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    assert before["pos"] == after["pos"]
    np.testing.assert_array_equal(before["key"], after["key"])


# ---- the draws, against plain definitions ----


@pytest.mark.parametrize("n", [*range(12), *range(19, 24), 257, 5000])
@pytest.mark.parametrize("by_lapack", [True, False])
def test_permutation_is_that_of_fisher_and_yates(n, by_lapack, monkeypatch):
    if not by_lapack:
        monkeypatch.setattr(random_choice, "_lapack_interchange", lambda: None)
    elif random_choice._lapack_interchange() is None:
        pytest.skip("NumPy has another LAPACK than OpenBLAS")
    values = list(range(n))
    words = seeded(n).words(max(n - 1, 0)).tolist()
    for i, word in enumerate(words):
        j = i + word % (n - i)
        values[i], values[j] = values[j], values[i]
    found = random.permutation(seeded(n), n)
    assert found.tolist() == values
    assert found.dtype == np.int64


@pytest.mark.parametrize("size", [16, 17, 31, 100, 600])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_normal_numbers_in_small_draws_are_made_in_blocks_of_sixteen(size, dtype):
    found, words = seeded(2), seeded(2)
    whole, rest = size - size % 16, 0 if dtype == "float16" else size % 16
    for _ in range(40):  # the first ones each on their own, then out of those made at once
        uniform = random.uniform(words, whole)
        if whole < size:
            random.uniform(words, rest)
            uniform = np.append(uniform, random.uniform(words, 16))
        box_muller(uniform, uniform)
        expected = np.append(uniform[: size - 16], uniform[-16:]).astype(dtype)
        np.testing.assert_array_equal(random.normal(found, size, dtype), expected, strict=True)
    np.testing.assert_array_equal(found.get_state(), words.get_state())


def test_box_muller_is_the_formula():
    u = random.uniform(seeded(0), 16 * 5000)
    found = np.empty_like(u)
    box_muller(u, found)
    first, second = u.astype(float).reshape(-1, 2, 8).transpose(1, 0, 2)
    radius, angle = np.sqrt(-2 * np.log1p(-first)), 2 * np.pi * second
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    # The angle is rounded to float32 before its sine is taken.
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-6, atol=3e-6)


def test_box_muller_at_the_ends_of_the_interval():
    ends = np.zeros((2, 16), np.float32)
    ends[1] = 1 - 2.0**-24
    box_muller(ends, ends)
    assert (ends[0] == 0).all()
    np.testing.assert_allclose(ends[1, :8], np.sqrt(48 * np.log(2)), rtol=1e-6)
    np.testing.assert_allclose(ends[1, 8:], 0, atol=4e-6)


@settings(max_examples=300)
@given(
    st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=4),
    # Less than 1e-30 would only tell what is in the middle between two numbers: see _fused_double.
    st.just(0.0) | st.floats(1e-30, 1e6) | st.floats(-1e6, -1e-30),
    st.floats(1e-6, 1e6),
)
def test_scale_and_shift_rounds_once(numerators, shift, scale):
    from fractions import Fraction

    exact = [Fraction(k, 2**53) * Fraction(scale) + Fraction(shift) for k in numerators]
    values = np.array(numerators) * 2.0**-53
    _scale_and_shift(values, scale, shift)
    assert values.tolist() == [float(x) for x in exact]


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_never_returns_the_upper_bound(dtype):
    # In float16 and float32 every bound here is reached by rounding.
    numbers = random.uniform(seeded(0), 50_000, dtype, 1.0, 1.0 + 2 * np.finfo(dtype).eps)
    assert set(numbers.tolist()) == {1.0, 1.0 + float(np.finfo(dtype).eps)}


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (4, 5, 6)])
def test_shapes_and_dtypes(shape):
    weights = np.ones((2, 3))
    for dtype in FLOATS:
        for draw in (
            random.uniform,
            random.normal,
            random.normal_serial,
            random.log_normal,
            random.exponential,
            random.cauchy,
        ):
            found = draw(seeded(), shape, dtype)
            assert (found.shape, found.dtype) == (shape, np.dtype(dtype))
            assert found.flags.c_contiguous
            assert found.flags.writeable
    for dtype in (*FLOATS, *INTEGERS, "bool"):
        for found in (
            random.natural_integers(seeded(), shape, dtype),
            random.integers(seeded(), 0, 2, shape, dtype),
            random.bernoulli(seeded(), shape, 0.5, dtype),
        ):
            assert (found.shape, found.dtype) == (shape, np.dtype(dtype))
            assert found.flags.writeable
    assert random.multinomial(seeded(), weights, 1).shape == (2, 1)
    assert random.multinomial(seeded(), weights[0], 2, replacement=True).shape == (2,)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_bernoulli_at_its_ends(p):
    assert (random.bernoulli(seeded(), 1000, p) == p).all()
    assert (random.bernoulli(seeded(), 1000, np.full(1000, p)) == p).all()


def test_multinomial_never_draws_a_weight_of_zero():
    weights = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    for replacement in (True, False):
        for _ in range(50):
            found = random.multinomial(seeded(), weights, 2, replacement)
            assert set(found.tolist()) <= {1, 3}


BAD = {
    "uniform: expected low <= high": lambda g: random.uniform(g, 2, "float32", 2.0, 1.0),
    "uniform: .* in float32": lambda g: random.uniform(g, 2, "float32", 0.0, 1e39),
    "uniform: expected a floating point dtype, got int64": lambda g: random.uniform(g, 2, "int64"),
    "normal: expected std >= 0, got std=-1": lambda g: random.normal(g, 2, "float32", 0.0, -1.0),
    "normal: expected std >= 0, got std=nan": lambda g: random.normal(g, 20, std=np.nan),
    "normal: expected a floating": lambda g: random.normal(g, 20, "int32"),
    "log_normal: expected std > 0": lambda g: random.log_normal(g, 2, std=0.0),
    "exponential: expected lambd > 0": lambda g: random.exponential(g, 2, lambd=0.0),
    "cauchy: expected sigma > 0": lambda g: random.cauchy(g, 2, sigma=-1.0),
    "geometric: expected 0 < p < 1, got p=0": lambda g: random.geometric(g, 2, 0),
    "geometric: expected 0 < p < 1, got p=1": lambda g: random.geometric(g, 2, 1),
    "geometric: expected a number type": lambda g: random.geometric(g, 2, 0.5, "bool"),
    "bernoulli: expected 0 <= p <= 1, got p=2": lambda g: random.bernoulli(g, 2, 2),
    "bernoulli: expected all": lambda g: random.bernoulli(g, 2, np.array([0.5, np.nan])),
    "integers: expected low < high, got low=5 and high=5": lambda g: random.integers(g, 5, 5, 2),
    "out of bounds for uint8": lambda g: random.integers(g, 0, 257, 2, "uint8"),
    "out of bounds for bool": lambda g: random.integers(g, 0, 3, 2, "bool"),
    "out of bounds for float16": lambda g: random.integers(g, 0, 70_000, 2, "float16"),
    "permutation: expected 0 <= n < 214748364, got -1": lambda g: random.permutation(g, -1),
    "permutation: .* got 214748364": lambda g: random.permutation(g, 214748364),
    "cannot draw 3 of 2": lambda g: random.multinomial(g, np.ones(2), 3),
    "num_samples > 0, got 0": lambda g: random.multinomial(g, np.ones(2), 0),
    "not negative": lambda g: random.multinomial(g, np.array([1.0, -1.0]), 1),
    "finite": lambda g: random.multinomial(g, np.array([1.0, np.nan]), 1),
    "positive sum": lambda g: random.multinomial(g, np.zeros((2, 2)), 1),
    "floating point weights, got int64": lambda g: random.multinomial(g, np.array([1, 2]), 1),
    r"\(K,\) or \(N, K\) weights, got \(\)": lambda g: random.multinomial(g, np.array(1.0), 1),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments_are_refused_before_anything_is_drawn(message):
    generator = seeded()
    before = generator.get_state()
    with pytest.raises(RuntimeError, match=message):
        BAD[message](generator)
    np.testing.assert_array_equal(generator.get_state(), before)


# ---- beside PyTorch ----


def at_most_ulp(ulp):
    def check(found, expected):
        np.testing.assert_array_max_ulp(found, expected, ulp)

    return check


def equal(found, expected):
    np.testing.assert_array_equal(found, expected, strict=True)


def near(found, expected):
    """float64 numbers that went through log, sin or cos, a mean added: ulps of the largest part."""
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


def empty(torch, n, dtype="float32"):
    return torch.empty(n, dtype=getattr(torch, dtype))


def positive(torch, n, dtype):
    """Weights, the same for both, some of them zero."""
    weights = np.random.Generator(np.random.PCG64(n)).random((3, n + 4)).astype(dtype)
    weights[:, 2] = 0
    return weights, torch.from_numpy(weights)


def make_pairs():
    """Name: (ours(g, n), PyTorch's(torch, g, n), how to compare)."""
    pairs = {}
    for dtype in FLOATS:
        in_double = near if dtype == "float64" else equal
        for low, high in ((0, 1), (-0.3, 0.3), (1.5, 1.7), (-3, 10)):
            pairs[f"uniform {dtype} {low} {high}"] = (
                lambda g, n, d=dtype, a=low, b=high: random.uniform(g, n, d, a, b),
                lambda t, g, n, d=dtype, a=low, b=high: empty(t, n, d).uniform_(a, b, generator=g),
                equal,
            )
        for mean, std in ((0, 1), (0, 0.02), (1.5, 1), (-0.7, 3)):
            pairs[f"normal {dtype} {mean} {std}"] = (
                lambda g, n, d=dtype, a=mean, b=std: random.normal(g, n, d, a, b),
                lambda t, g, n, d=dtype, a=mean, b=std: empty(t, n, d).normal_(a, b, generator=g),
                in_double,
            )
        pairs[f"normal_serial {dtype}"] = (
            lambda g, n, d=dtype: random.normal_serial(g, n, d, 0.5, 2.0),
            lambda t, g, n, d=dtype: t.stack([empty(t, n, d)] * 2, 1)[:, 0].normal_(
                0.5, 2.0, generator=g
            ),
            in_double,
        )
        for name, ours, theirs, ulp in (
            ("exponential", random.exponential, "exponential_", 4),
            ("cauchy", random.cauchy, "cauchy_", 4),
            # exp of x turns an error of an ulp into one of x ulps.
            ("log_normal", random.log_normal, "log_normal_", 64),
        ):
            pairs[f"{name} {dtype}"] = (
                lambda g, n, d=dtype, f=ours: f(g, n, d),
                lambda t, g, n, d=dtype, f=theirs: getattr(empty(t, n, d), f)(generator=g),
                at_most_ulp(ulp) if dtype == "float64" else equal,
            )
        pairs[f"bernoulli array {dtype}"] = (
            lambda g, n, d=dtype: random.bernoulli(g, n, np.linspace(0, 1, n).astype(d), d),
            lambda t, g, n, d=dtype: t.bernoulli(
                t.from_numpy(np.linspace(0, 1, n).astype(d)), generator=g
            ),
            equal,
        )
        for samples, replacement in ((1, False), (3, False), (1, True), (9, True)):
            if dtype == "float16" and (samples, replacement) == (3, False):
                continue  # several numbers are often equal, and PyTorch sorts them in any order
            pairs[f"multinomial {dtype} {samples} {replacement}"] = (
                lambda g, n, d=dtype, k=samples, r=replacement: random.multinomial(
                    g, positive(pytest.importorskip("torch"), n, d)[0], k, r
                ),
                lambda t, g, n, d=dtype, k=samples, r=replacement: t.multinomial(
                    positive(t, n, d)[1], k, r, generator=g
                ),
                equal,
            )
    for dtype in (*FLOATS, *INTEGERS, "bool"):
        for p in (0.0, 0.1, 0.5, 1.0):
            pairs[f"bernoulli {dtype} {p}"] = (
                lambda g, n, d=dtype, p=p: random.bernoulli(g, n, p, d),
                lambda t, g, n, d=dtype, p=p: empty(t, n, d).bernoulli_(p, generator=g),
                equal,
            )
        pairs[f"natural_integers {dtype}"] = (
            lambda g, n, d=dtype: random.natural_integers(g, n, d),
            lambda t, g, n, d=dtype: empty(t, n, d).random_(generator=g),
            equal,
        )
        pairs[f"integers {dtype}"] = (
            lambda g, n, d=dtype: random.integers(g, 0, 2, n, d),
            lambda t, g, n, d=dtype: empty(t, n, d).random_(0, 2, generator=g),
            equal,
        )
        pairs[f"integers {dtype} from 1"] = (
            lambda g, n, d=dtype: random.integers(g, 1, None, n, d),
            lambda t, g, n, d=dtype: empty(t, n, d).random_(1, None, generator=g),
            equal,
        )
        if dtype != "bool":
            pairs[f"geometric {dtype}"] = (
                lambda g, n, d=dtype: random.geometric(g, n, 0.3, d),
                lambda t, g, n, d=dtype: empty(t, n, d).geometric_(0.3, generator=g),
                equal,
            )
    for low, high in (
        (-7, 13),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**62), 2**62),
        (-(2**63), 2**63 - 1),
    ):
        pairs[f"integers {low} {high}"] = (
            lambda g, n, a=low, b=high: random.integers(g, a, b, n),
            lambda t, g, n, a=low, b=high: t.randint(a, b, (n,), generator=g),
            equal,
        )
    pairs["integers without bounds"] = (
        lambda g, n: random.integers(g, -(2**63), None, n),
        lambda t, g, n: empty(t, n, "int64").random_(-(2**63), None, generator=g),
        equal,
    )
    pairs["permutation"] = (
        random.permutation,
        lambda t, g, n: t.randperm(n, generator=g),
        equal,
    )
    pairs["random_int63"] = (
        lambda g, n: np.asarray(random.random_int63(g)),
        lambda t, g, n: empty(t, (), "int64").random_(generator=g),
        equal,
    )
    return pairs


PAIRS = make_pairs()


def same_words(ours, theirs):
    """Both generators will draw the same words, and both or neither have a number kept."""
    found, expected = ours.get_state(), theirs.get_state().numpy()
    kept = slice(5024, 5032)  # the kept number itself went through log and sin
    np.testing.assert_allclose(found[kept].view("<f8"), expected[kept].view("<f8"), rtol=1e-15)
    np.testing.assert_array_equal(np.delete(found, kept), np.delete(expected, kept))


@pytest.mark.oracle
@pytest.mark.parametrize("name", PAIRS)
def test_every_draw_is_pytorchs(name):
    torch = pytest.importorskip("torch")
    ours, theirs, compare = PAIRS[name]
    for seed, size in enumerate(SIZES):
        found, expected = seeded(seed), torch.Generator().manual_seed(seed)
        compare(ours(found, size), theirs(torch, expected, size).numpy())
        same_words(found, expected)


@pytest.mark.oracle
@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(-(2**63), 2**64 - 1),
    calls=st.lists(
        st.tuples(st.sampled_from(sorted(PAIRS)), st.integers(0, 40) | st.integers(0, 1500)),
        max_size=12,
    ),
)
def test_any_order_of_calls_stays_in_step(seed, calls):
    torch = pytest.importorskip("torch")
    found, expected = seeded(seed), torch.Generator().manual_seed(seed)
    for name, size in calls:
        ours, theirs, compare = PAIRS[name]
        compare(ours(found, size), theirs(torch, expected, size).numpy())
    same_words(found, expected)


@pytest.mark.oracle
def test_many_small_draws_stay_in_step():
    torch = pytest.importorskip("torch")
    found, expected = seeded(5), torch.Generator().manual_seed(5)
    order = np.random.Generator(np.random.PCG64(5))
    names = ("uniform float32 0 1", "normal float32 0 1", "normal float16 0 0.02", "integers -7 13")
    for name in order.choice([*names, "bernoulli float32 0.5", "permutation"], 1500):
        ours, theirs, compare = PAIRS[name]
        size = int(order.integers(0, 150))
        compare(ours(found, size), theirs(torch, expected, size).numpy())
        same_words(found, expected)


@pytest.mark.oracle
@pytest.mark.parametrize("words", [0, 1, 623, 624, 625])
@pytest.mark.parametrize("kept", [False, True])
def test_states_go_both_ways(words, kept):
    torch = pytest.importorskip("torch")
    ours, theirs = seeded(8), torch.Generator().manual_seed(8)
    ours.words(words)
    empty(torch, words, "int32").random_(generator=theirs)
    if kept:
        random.normal(ours, 1)
        torch.randn(1, generator=theirs)
    there, here = torch.Generator(), Generator()
    there.set_state(torch.from_numpy(ours.get_state()))
    here.set_state(theirs.get_state())
    assert here.initial_seed() == there.initial_seed() == 8
    expected = torch.cat([torch.randn(3, generator=theirs), torch.rand(700, generator=theirs)])
    equal(np.concatenate([random.normal(here, 3), random.uniform(here, 700)]), expected.numpy())
    found = torch.cat([torch.randn(3, generator=there), torch.rand(700, generator=there)])
    equal(found.numpy(), expected.numpy())


@pytest.mark.oracle
def test_a_million_normal_numbers_are_pytorchs_bit_for_bit():
    torch = pytest.importorskip("torch")
    expected = torch.randn(1_000_003, generator=torch.Generator().manual_seed(1))
    equal(random.normal(seeded(1), 1_000_003), expected.numpy())
