"""Products in pieces: as the generic kernel gives them whole."""

import numpy as np
import pytest

from retrograd.backends import onednn, openblas, threads
from retrograd.backends.kernels import Kernels, products
from retrograd.backends.kernels import onednn as kernels_onednn
from retrograd.backends.kernels.host import HostKernels
from tests.backends.test_onednn import record

GENERIC, HOST = Kernels(np), HostKernels(np)
# Rows, terms, columns: one, few, many; multiples of a piece and not.
LENGTHS = (1, 2, 7, 32, 33, 300, 1000)
SHAPES = [(m, k, n) for m in LENGTHS for k in LENGTHS for n in LENGTHS if m * k * n < 20_000_000]
# How the two matrices lie in memory.
LAYOUTS = {
    "plain": (np.asarray, np.asarray),
    "second transposed": (np.asarray, np.asfortranarray),
    "first transposed": (np.asfortranarray, np.asarray),
    "both transposed": (np.asfortranarray, np.asfortranarray),
    "first with gaps": (lambda x: np.repeat(x, 2, axis=1)[:, ::2], np.asarray),
    "second with gaps": (np.asarray, lambda x: np.repeat(x, 2, axis=0)[::2]),
}


def matrices(m, k, n, layout="plain", dtype="float32"):
    rng = np.random.default_rng(m + k + n)
    pair = (rng.integers(-1, 2, shape).astype(dtype) for shape in ((m, k), (k, n)))
    return [lay(x) for lay, x in zip(LAYOUTS[layout], pair, strict=True)]


@pytest.fixture
def small_kernels(monkeypatch):
    """An OpenBLAS that is to be given pieces, used by one thread, and no oneDNN."""
    monkeypatch.setattr(onednn, "enabled", False)
    monkeypatch.setattr(products, "_has_small_kernels", lambda: True)
    monkeypatch.setattr(products, "_thread_count", 1)


@pytest.fixture
def cuts(monkeypatch):
    """Which pieces the host's kernel takes."""
    seen = []
    whole = HostKernels._by_pieces

    def by_pieces(self, a, b, *cut):
        seen.append(cut)
        return whole(self, a, b, *cut)

    monkeypatch.setattr(HostKernels, "_by_pieces", by_pieces)
    return seen


@pytest.mark.usefixtures("small_kernels", "poisoned")
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pieces_make_up_the_product(layout, dtype, cuts):
    shapes = SHAPES if dtype[-2:] == "32" else SHAPES[::17]
    for shape in shapes:
        a, b = matrices(*shape, layout, dtype)
        got = HOST.product(a, b)
        assert got.dtype == dtype
        assert got.flags.c_contiguous
        # Sums of small integers, which floating point numbers hold exactly.
        np.testing.assert_array_equal(got, a.astype(np.float64) @ b)
    cut_layouts = ("plain", "second transposed", "first transposed")
    assert bool(cuts) == (layout in cut_layouts and dtype in ("float32", "float64"))


@pytest.mark.usefixtures("small_kernels")
@pytest.mark.parametrize(
    ("shape", "layout", "cut"),
    [
        ((8, 784, 256), "second transposed", (1, 128)),
        ((32, 784, 256), "second transposed", (1, 32)),
        ((1000, 300, 10), "second transposed", (0, 64)),
        ((8, 784, 256), "plain", (1, 128)),
        ((256, 8, 784), "first transposed", (0, 64)),
    ],
    ids=str,
)
def test_pieces_are_small(shape, layout, cut, cuts):
    m, k, n = shape
    HOST.product(*matrices(m, k, n, layout))
    assert cuts == [cut]
    rows, columns = (cut[1], n) if cut[0] == 0 else (m, cut[1])
    assert rows * k * columns <= 1_000_000
    if layout == "second transposed":
        assert rows * columns <= 1200


@pytest.mark.usefixtures("small_kernels")
@pytest.mark.parametrize(
    "shape", [(1, 784, 256), (300, 300, 300), (8, 30, 30), (32, 33, 1)], ids=str
)
@pytest.mark.parametrize("layout", ["plain", "second transposed"])
def test_what_gains_nothing_stays_whole(shape, layout, cuts):
    HOST.product(*matrices(*shape, layout))
    assert cuts == []


@pytest.mark.usefixtures("small_kernels")
def test_large_products_are_left_to_several_threads(cuts):
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    try:
        HOST.product(*matrices(32, 784, 256, "second transposed"))
        assert cuts == []
        HOST.product(*matrices(8, 784, 256, "second transposed"))
        assert len(cuts) == 1
    finally:
        threads.set_num_threads(before)


@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
@pytest.mark.parametrize(
    ("shape", "expected"),
    [((64, 64, 64), 2), ((8, 784, 256), 1), ((100, 100, 100), 1), ((300, 300, 300), 2)],
    ids=str,
)
def test_how_many_threads_a_product_takes(shape, expected, small_kernels, monkeypatch):
    """One where OpenBLAS would call others for little, and leave them in a busy loop afterwards."""
    monkeypatch.setattr(products, "_thread_count", 2)
    before, seen = openblas.get_num_threads(), []
    plain = HostKernels._with_one_thread
    monkeypatch.setattr(
        HostKernels, "_with_one_thread",
        lambda *args: (seen.append(openblas.get_num_threads()), plain(*args))[1],
    )  # fmt: skip
    openblas.set_num_threads(2)
    try:
        a, b = matrices(*shape)
        np.testing.assert_array_equal(HOST.large_product(a, b), a.astype(np.float64) @ b)
        assert (seen or [openblas.get_num_threads()]) == [expected]
        assert openblas.get_num_threads() == 2
    finally:
        openblas.set_num_threads(before)


@pytest.mark.usefixtures("small_kernels")
@pytest.mark.parametrize("shapes", [((8, 784), (392, 512)), ((300, 8), (16, 999))], ids=str)
def test_lengths_that_differ_are_refused(shapes):
    a, b = (np.ones(shape, np.float32) for shape in shapes)
    for kernels in (GENERIC, HOST):
        with pytest.raises(ValueError, match=r"not aligned|mismatch"):
            kernels.product(a, b)


@pytest.fixture
def by_onednn(monkeypatch):
    """The products that oneDNN computed, which are of any size here, by their shapes."""
    if not onednn.is_available():
        pytest.skip("needs oneDNN: pip install 'retrograd[onednn]'")
    monkeypatch.setattr(onednn, "enabled", True)
    monkeypatch.setattr(products, "_LEAST", 0)
    monkeypatch.setattr(kernels_onednn, "_LARGE_PRODUCT", 0)
    seen = []
    record(monkeypatch, onednn.load("product"), "product", lambda args: args[0].shape, seen)
    return seen


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_onednn_gives_the_product(layout, by_onednn):
    for m, k, n in SHAPES[::3]:
        a, b = matrices(m, k, n, layout)
        np.testing.assert_array_equal(HOST.product(a, b), a @ b)
    # A matrix of one column has no gaps.
    assert (len(by_onednn) > len(SHAPES) // 4) == ("gaps" not in layout)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32"])
def test_onednn_is_given_float32_alone(dtype, by_onednn):
    a, b = matrices(5, 6, 7, dtype=dtype)
    np.testing.assert_array_equal(HOST.product(a, b), a @ b)
    assert by_onednn == []


def test_onednn_refuses_lengths_that_differ(by_onednn):
    with pytest.raises(ValueError, match=r"shapes \(2, 3\) and \(4, 5\) not aligned"):
        HOST.product(np.ones((2, 3), np.float32), np.ones((4, 5), np.float32))
    assert by_onednn == []


def test_onednn_keeps_what_is_not_a_number(by_onednn):
    a, b = matrices(40, 50, 60)
    a[3, 4], b[5, 6] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(HOST.product(a, b), a @ b)
    assert by_onednn == [(40, 50)]
