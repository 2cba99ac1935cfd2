"""The stand-in is as strict as CuPy, else passing on it would prove nothing."""

import numpy as np
import pytest

from tests.standin import record
from tests.standin.api import FUNCTIONS, LINALG, METHODS, UFUNCS
from tests.standin.array import ndarray
from tests.standin.counts import counted
from tests.standin.module import cupyx, xp


def on_device(*values, dtype=np.float32):
    return xp.array(list(values), dtype=dtype)


# --- the host's arrays stay out -----------------------------------------------------------------


@pytest.mark.parametrize(
    "mix",
    [
        lambda x, h: x + h,
        lambda x, h: h + x,
        lambda x, h: x.__iadd__(h),
        lambda x, h: x @ h,
        lambda x, h: h @ x,
        lambda x, h: x < h,
        lambda x, h: xp.add(x, h),
        lambda x, h: xp.maximum(x, h, out=h),
        lambda x, h: xp.where(x > 0, x, h),
        lambda x, h: xp.concatenate([x, h]),
        lambda x, h: xp.sum(h),
        lambda x, h: xp.exp(h),
        lambda x, h: x.dot(h),
        lambda x, h: x.sum(out=h),
        lambda x, h: x[h.astype(int)],
        lambda x, h: x[(h.astype(int),)],
        lambda x, h: x.__setitem__(slice(None), h),
        lambda x, h: h.__setitem__(slice(None), x),
        lambda x, h: xp.ascontiguousarray(h),
        lambda x, h: np.add(x, h),
    ],
)
def test_mixing_with_the_hosts_arrays_is_refused(mix):
    with pytest.raises(TypeError):
        mix(on_device(1.0, 2.0), np.ones(2, np.float32))


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        np.array,
        np.sum,
        np.exp,
        np.shape,
        lambda x: np.float32(x),
        lambda x: np.stack([x, x]),
        lambda x: np.add(np.ones(2), [x, x]),
        lambda x: range(x),
        lambda x: [0, 1][x[0]],
    ],
)
def test_it_does_not_turn_into_the_hosts_unasked(convert):
    with pytest.raises(TypeError):
        convert(on_device(1.0, 0.0, dtype=np.int64))


def test_values_are_got_by_asking():
    x = on_device(1.5, 2.0)
    assert x.tolist() == [1.5, 2.0]
    assert x[0].item() == float(x[0]) == 1.5
    assert type(xp.asnumpy(x)) is type(x.get()) is np.ndarray


# --- results ------------------------------------------------------------------------------------


def test_results_without_dimensions_are_arrays_that_can_be_written():
    x = on_device(1.0, 2.0)
    for result in (x.sum(), x[0], x[0] + 1, xp.max(x), -x.sum(), x @ x):
        assert type(result) is ndarray
        assert result.shape == ()
    total = x.sum()
    same = total
    total += 1
    assert total is same
    assert total.item() == 4.0


def test_views_know_their_owner_and_copies_own_their_memory():
    x = xp.zeros((2, 3))
    for view in (x[0], x.T, x.reshape(3, 2)[1:], xp.broadcast_to(x, (4, 2, 3))):
        assert view.base is x
    for copy in (x + 0, x.copy(), x[xp.array([0])], x[xp.array(0)], x.T.reshape(-1)):
        assert copy.base is None


@pytest.mark.parametrize(
    ("result", "dtype"),
    [
        (lambda x: x + 1.0, "float32"),
        (lambda x: x.astype("float16") * 2, "float16"),
        (lambda x: x.astype("int32") + 1, "int32"),
        (lambda x: x.astype("int32") / 2, "float64"),
        (lambda x: x.astype(bool) + True, "bool"),
        (lambda x: x > 0, "bool"),
        (lambda x: xp.frexp(x)[1], "int32"),
        (lambda x: x * np.float64(2), "float64"),
    ],
)
def test_types_are_cupys(result, dtype):
    assert result(on_device(1.0, 2.0)).dtype == dtype


# --- CuPy's names and arguments only ------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda x: xp.add.reduceat,
        lambda x: xp.errstate,
        lambda x: xp.linalg.matrix_transposed,
        lambda x: x.setflags,
        lambda x: x.ctypes,
        lambda x: x.flags.writeable,
        lambda x: x.__array_interface__,
        lambda x: xp.lib.stride_tricks.sliding_window_view,
    ],
)
def test_names_that_cupy_lacks_do_not_exist(call):
    with pytest.raises(AttributeError):
        call(on_device(1.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: xp.sum(x, where=x > 0),
        lambda x: xp.add(x, x, where=x > 0),
        lambda x: xp.max(x, initial=0.0),
        lambda x: x.sum(initial=0.0),
        lambda x: xp.take(x, xp.array([0]), mode="clip"),
        lambda x: xp.linalg.eigh(x, "L", True),
        lambda x: xp.logical_and(x > 0, [True]),
        lambda x: x & x,
        lambda x: xp.ldexp(x, x),
        lambda x: xp.add.at(x.astype(xp.int64), xp.array([0]), 1),
        lambda x: xp.maximum.at(x.astype(xp.float16), xp.array([0]), x[0]),
    ],
)
def test_arguments_and_types_that_cupy_does_not_take_are_refused(call):
    with pytest.raises(TypeError):
        call(on_device(1.0))


def test_what_cupy_has_not_made_yet_is_refused():
    x = on_device(1.0)
    for call in (
        lambda: xp.maximum.reduce(x),
        lambda: xp.maximum.accumulate(x),
        lambda: xp.multiply.at(x, xp.array([0]), x),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_linear_algebra_fails_loudly_only_if_asked():
    singular = xp.ones((2, 2))
    assert np.isnan(xp.linalg.inv(singular).get()).all()
    with cupyx.errstate(linalg="raise"), pytest.raises(np.linalg.LinAlgError, match="devInfo"):
        xp.linalg.inv(singular)


def test_the_record_is_cupys():
    cupy = pytest.importorskip("cupy")
    found = list(record.lines())
    if f" {cupy.__version__}:" not in record.TABLE.read_text(encoding="utf-8"):
        pytest.skip("the record is of another version of CuPy")
    assert "\n".join(found) + "\n" == record.TABLE.read_text(encoding="utf-8")


def test_the_record_was_read_whole():
    assert str(FUNCTIONS["concatenate"]) == "(tup, axis=0, out=0, *, dtype=0, casting=0)"
    assert str(METHODS["reshape"]) == "(self, *shape, order=0, copy=0)"
    assert str(LINALG["svd"]) == "(a, full_matrices=0, compute_uv=0)"
    assert ("ee", "e") in UFUNCS["add"]


# --- what it costs ------------------------------------------------------------------------------


def test_launches_are_counted_and_views_are_free():
    x = on_device(1.0, 2.0)
    with counted() as cost:
        x[None].T.reshape(-1)[:1].swapaxes(0, 0)
    assert cost.launches == 0
    with counted() as cost:
        y = x + x
        y += 1
        y[0] = 2.0
        xp.exp(y, out=y)
        y.sum()
    assert (cost.launches, cost.synchronisations) == (5, 0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x.get(),
        lambda x: x.tolist(),
        lambda x: x[0].item(),
        lambda x: bool(x[0]),
        lambda x: float(x[0]),
        lambda x: int(x[0]),
        lambda x: x.nonzero(),
        lambda x: xp.nonzero(x),
        lambda x: xp.unique(x),
        lambda x: x[xp.asarray([True, False])],
        xp.asnumpy,
    ],
)
def test_waits_for_the_device_are_counted(ask):
    x = on_device(1.0, 2.0)
    with counted() as cost:
        ask(x)
    assert cost.synchronisations == 1


def test_uploads_are_counted():
    x = on_device(1.0, 2.0)
    with counted() as cost:
        xp.array([1.0])
        x[[0, 1]]
        xp.asarray(x)
    assert cost.uploads == 2
