"""Special functions: ours against SciPy's over all magnitudes, and which of them is taken."""

import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends import scipy as switch
from retrograd.backends.kernels.special import SpecialKernels
from retrograd.backends.registry import get_backend

special = pytest.importorskip("scipy.special")


class Ours(SpecialKernels):
    xp = np
    special_block = 100  # several blocks, and a last one that is not full


def both_signs(x):
    return np.concatenate([x, -x])


RNG = np.random.default_rng(0)
TINY = both_signs(np.geomspace(1e-300, 1e-3, 200))
HUGE = np.geomspace(1e3, 1e300, 200)
BELOW_0 = RNG.uniform(-30, 0, 1000)
FAR_BELOW_0 = RNG.uniform(-2000, -30, 200)
EDGES = np.array([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 1.5, -1.5, np.inf, -np.inf, np.nan])

# Name of the kernel: SciPy's name, and arguments. erf and its kin reach beyond under- and overflow.
FUNCTIONS = {
    "erf": ("erf", np.concatenate([TINY, np.linspace(-7, 7, 1001), both_signs(HUGE)])),
    "erfc": ("erfc", np.concatenate([TINY, np.linspace(-7, 26.5, 1001), -HUGE])),
    "erfcx": ("erfcx", np.concatenate([TINY, np.linspace(-26, 50, 1001), HUGE])),
    "erfinv": ("erfinv", np.concatenate([
        TINY, np.linspace(-0.9999, 0.9999, 1001), both_signs(1 - np.geomspace(1e-16, 1e-3, 200)),
    ])),
    "ndtr": ("ndtr", np.concatenate([TINY, np.linspace(-37.5, 9, 1001), HUGE])),
    "log_ndtr": ("log_ndtr", np.concatenate([
        TINY, np.linspace(-300, 37, 1001), -np.geomspace(300, 1e150, 100),
    ])),
    "lgamma": ("gammaln", np.concatenate([TINY, np.geomspace(1e-3, 1e300, 800)])),
    "digamma": ("psi", np.concatenate([
        TINY, np.linspace(1e-3, 3, 1001), HUGE,
        1.4616321449683622 + both_signs(np.geomspace(1e-16, 0.1, 100)),  # its zero
    ])),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_ours_are_exact_to_twelve_digits(name):
    theirs, x = FUNCTIONS[name]
    np.testing.assert_allclose(getattr(Ours(), name)(x), getattr(special, theirs)(x), rtol=1e-12)


@pytest.mark.parametrize(("name", "theirs"), [("lgamma", "gammaln"), ("digamma", "psi")])
@pytest.mark.parametrize("x", [BELOW_0, FAR_BELOW_0], ids=["near", "far"])
def test_the_gamma_function_of_negative_numbers(name, theirs, x):
    # Between its zeros there: it is a difference of numbers of size 1, with 16 digits behind the dot.
    got, expected = getattr(Ours(), name)(x), getattr(special, theirs)(x)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=2e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 20])
def test_polygamma_is_exact_to_twelve_digits(n):
    small = np.geomspace(1e-13, 1e15, 500)
    np.testing.assert_allclose(Ours().polygamma(n, small), special.polygamma(n, small), rtol=1e-12)
    got, expected = Ours().polygamma(n, BELOW_0), special.polygamma(n, BELOW_0)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("p", [1, 2, 5, 20])
def test_mvlgamma_is_exact_to_twelve_digits(p):
    x = (p - 1) / 2 + np.geomspace(1e-6, 1e6, 300)
    got = rg.mvlgamma(rg.from_numpy(x), p).numpy()
    np.testing.assert_allclose(got, special.multigammaln(x, p), rtol=1e-12, atol=1e-13)


ALL_SIZES = np.geomspace(1e-8, 1e8, 97)


def betaln(a, b):
    return rg.special.betaln(rg.from_numpy(a), rg.from_numpy(np.full_like(a, b))).numpy()


@pytest.mark.parametrize("n", [1, 2, 3, 9, 12])
def test_betaln_with_an_integer_is_a_product(n):
    """SciPy's own is off by 1e-7 where one argument is large."""
    steps = np.arange(n)[:, None]
    expected = np.log(np.arange(1, n)).sum() - np.log(ALL_SIZES + steps).sum(0)
    np.testing.assert_allclose(betaln(ALL_SIZES, n), expected, rtol=1e-12, atol=1e-14)
    swapped = rg.special.betaln(float(n), rg.from_numpy(ALL_SIZES)).numpy()
    np.testing.assert_array_equal(swapped, betaln(ALL_SIZES, n))


@pytest.mark.parametrize("b", [0.1, 0.5, 2.5, 9.99, 10.0, 1e3, 1e6])
def test_betaln_and_its_neighbours(b):
    """beta(a, b + 1) = beta(a, b) b / (a + b)."""
    small = -np.log1p(ALL_SIZES / b)
    got = betaln(ALL_SIZES, b + 1) - betaln(ALL_SIZES, b)
    largest = abs(betaln(ALL_SIZES, b)).max()
    np.testing.assert_allclose(got, small, rtol=1e-12, atol=4e-16 * largest)


# By mpmath, to 120 digits.
BETALN = [
    (0.3, 0.7, 1.3566652413497422),
    (1e-07, 2.5, 16.118095522921095),
    (0.25, 12345.678, -1.0672352118230015),
    (9.5, 9.75, -13.195061176335525),
    (33.3, 10000000.0, -454.12891537469824),
    (150000.0, 250000.0, -264630.100517451),
    (15.5, 0.125, 1.6803697506698223),
    (1000000000.5, 0.75, -15.339168426559763),
]


@pytest.mark.parametrize(("a", "b", "expected"), BETALN)
def test_betaln_of_two_numbers_that_are_no_integers(a, b, expected):
    assert betaln(np.array([a]), b)[0] == pytest.approx(expected, rel=1e-13)
    got = rg.special.beta(rg.tensor([a], dtype=rg.float64), b).item()
    assert got == pytest.approx(math.exp(expected), rel=1e-11)


def test_betaln_at_the_edges():
    a = np.array([0.0, np.inf, np.nan, 1.0])
    np.testing.assert_array_equal(betaln(a, 1.0), [np.inf, -np.inf, np.nan, 0.0])
    assert rg.special.betaln(rg.tensor([0.5]), 0.5).dtype == rg.float32
    assert rg.special.betaln(rg.tensor([2]), 3).dtype == rg.float32


# --- which one is taken ---------------------------------------------------------------------------

ALWAYS = {"erfc", "erfinv", "ndtr", "log_ndtr"}
BY_SCIPY = {
    "float64": ALWAYS | {"erf"},
    "float32": ALWAYS | {"lgamma"},
    "float16": ALWAYS | {"lgamma"},
}
KERNELS = get_backend("cpu").kernels


@pytest.mark.parametrize("size", [3, 3000])
@pytest.mark.parametrize("dtype", BY_SCIPY)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_faster_one_is_taken(monkeypatch, name, dtype, size):
    theirs = FUNCTIONS[name][0]
    taken = []

    def recorded(x):
        taken.append(x.dtype)
        return getattr(special, theirs)(x)

    monkeypatch.setattr(switch, "special", lambda: SimpleNamespace(**{theirs: recorded}))
    getattr(KERNELS, name)(np.ones(size, dtype))
    expected = name in BY_SCIPY[dtype] or (name == "digamma" and size == 3)
    assert taken == ([np.float64] if expected else [])


@pytest.mark.parametrize("dtype", BY_SCIPY)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_give_the_same_numbers_in_the_type_that_came(monkeypatch, name, dtype):
    with np.errstate(over="ignore", under="ignore"):
        x = np.concatenate([FUNCTIONS[name][1], EDGES]).astype(dtype)
    # So few at a time that SciPy takes all that it ever does.
    theirs = np.concatenate([getattr(KERNELS, name)(part) for part in np.array_split(x, 20)])
    monkeypatch.setattr(switch, "enabled", False)
    ours = getattr(KERNELS, name)(x)
    assert theirs.dtype == ours.dtype == dtype
    info = np.finfo(dtype)
    rtol = 1e-12 if dtype == "float64" else info.eps
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=info.smallest_subnormal)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("name", ["erf", "lgamma"])
def test_shapes_and_strides(monkeypatch, name, enabled):
    monkeypatch.setattr(switch, "enabled", enabled)
    kernel = getattr(KERNELS, name)
    x = RNG.uniform(0.5, 3, (3, 4, 5))
    expected = kernel(x.ravel())
    np.testing.assert_array_equal(kernel(x.transpose(2, 0, 1)), kernel(x).transpose(2, 0, 1))
    np.testing.assert_array_equal(kernel(x).ravel(), expected)
    assert kernel(x[0, 0, 0]) == expected[0]
    assert kernel(np.zeros((0, 2))).shape == (0, 2)


SCRIPT = """
import sys
import retrograd as rg
rg.nn.functional.gelu(rg.ones(3)), rg.erf(rg.ones(3)), rg.lgamma(rg.ones(3).double())
print("scipy" in sys.modules)
rg.erfc(rg.ones(3))
print("scipy.special" in sys.modules)
"""


def test_scipy_is_imported_at_first_use():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


@pytest.fixture
def without_scipy(monkeypatch):
    switch._module.cache_clear()
    for name in ("scipy", "scipy.special"):
        monkeypatch.setitem(sys.modules, name, None)
    yield
    switch._module.cache_clear()


def test_everything_works_without_it(without_scipy, capsys):
    assert not switch.is_available()
    assert switch.version() is None
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(rg.erf(rg.from_numpy(x)).numpy(), special.erf(x), rtol=1e-14)
    rg.show_config()
    assert "SciPy: not installed" in capsys.readouterr().out


def test_show_config_names_it(monkeypatch, capsys):
    rg.show_config()
    assert f"SciPy: {switch.version()}, special functions\n" in capsys.readouterr().out
    monkeypatch.setattr(switch, "enabled", False)
    rg.show_config()
    assert "special functions switched off\n" in capsys.readouterr().out
