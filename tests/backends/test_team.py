"""Threads that share an operation: order, errors, settings, forks, and the results of kernels."""

import os
import threading

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn.functional as F
from retrograd.backends import onednn, openblas
from retrograd.backends.registry import get_backend
from retrograd.backends.team import TEAM, Team


@pytest.fixture
def threads():
    """Sets the number of threads, without oneDNN; the old number is put back."""
    before = rg.get_num_threads()
    with onednn.flags(enabled=False):
        yield rg.set_num_threads
    rg.set_num_threads(before)


@pytest.fixture
def team(threads):
    """One of three threads."""
    threads(3)
    team = Team()
    team.size = 3
    return team


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_order(team, size, count):
    team.size = size
    assert team.each(lambda k: k * k, range(count)) == [k * k for k in range(count)]


def test_parts_are_computed_at_the_same_time(team):
    meeting = threading.Barrier(3, timeout=30)
    idents = team.each(lambda _: (meeting.wait(), threading.get_ident())[1], range(3))
    assert len(set(idents)) == 3


def test_an_error_comes_to_the_caller_and_ends_the_rest(team):
    meeting, seen = threading.Barrier(3, timeout=30), []

    def work(part):
        seen.append(part)
        if part < 3:
            meeting.wait()
        if threading.current_thread() is not threading.main_thread():
            raise IndexError("in a helper")
        return part

    with pytest.raises(IndexError, match="in a helper"):
        team.each(work, range(100_000))
    assert len(seen) < 100_000
    assert team.each(abs, [-1, -2]) == [1, 2]


def test_whoever_computes_already_computes_alone(team):
    def work(part):
        inner = team.each(lambda k: (k, threading.get_ident()), range(4))
        assert {ident for _, ident in inner} == {threading.get_ident()}
        return [k for k, _ in inner]

    assert team.each(work, range(6)) == [[0, 1, 2, 3]] * 6


def test_numpys_settings_go_along(team):
    meeting = threading.Barrier(3, timeout=30)

    def work(_):
        meeting.wait()
        with pytest.raises(FloatingPointError):
            np.ones(2) / np.zeros(2)

    with np.errstate(divide="raise"):
        team.each(work, range(3))


@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
def test_each_thread_has_blas_for_itself(threads):
    threads(2)
    meeting = threading.Barrier(2, timeout=30)
    seen = TEAM.each(lambda _: (meeting.wait(), openblas.get_num_threads())[1], range(2))
    assert seen == [1, 1]
    assert openblas.get_num_threads() == 2


@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
def test_a_limit_set_at_blas_itself_is_kept(threads):
    """As threadpoolctl sets it."""
    threads(3)
    openblas.set_num_threads(1)
    idents = TEAM.each(lambda _: threading.get_ident(), range(100))
    assert set(idents) == {threading.get_ident()}
    assert openblas.get_num_threads() == 1


def test_the_team_follows_the_number_of_threads(threads):
    for n in (1, 2, 3):
        threads(n)
        assert TEAM.size == n
    threads(1000)
    assert TEAM.size <= 64


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_has_threads_of_its_own(threads):
    threads(2)
    assert TEAM.each(abs, [-1, -2, -3]) == [1, 2, 3]
    pid = os.fork()
    if not pid:  # the child
        met = threading.Barrier(2, timeout=30)
        os._exit(0 if TEAM.each(lambda k: (met.wait(), k)[1], [1, 2]) == [1, 2] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_callers_do_not_wait_for_each_other(threads):
    threads(2)
    x = rg.randn(300, 1000)
    expected, found = F.gelu(x), {}
    callers = [
        threading.Thread(target=lambda k=k: found.setdefault(k, F.gelu(x))) for k in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(rg.equal(found[k], expected) for k in range(4))


ELEMENTWISE = [F.gelu, F.silu, F.softplus, rg.sigmoid, rg.tanh]
ROWS = [
    lambda x: F.softmax(x, -1),
    lambda x: F.log_softmax(x, -1),
    lambda x: rg.logsumexp(x, -1, keepdim=True) * x,
]


@pytest.mark.parametrize("function", ELEMENTWISE + ROWS)
@pytest.mark.parametrize("dtype", [rg.float32, rg.float64])
@pytest.mark.parametrize("shape", [(1001, 307), (70_001, 7)])
def test_functions_do_not_depend_on_the_number_of_threads(threads, function, dtype, shape):
    rg.manual_seed(0)
    x, g = rg.randn(*shape, dtype=dtype), rg.randn(*shape, dtype=dtype)
    results = []
    for n in (1, 3):
        threads(n)
        leaf = x.clone().requires_grad_()
        out = function(leaf)
        results.append((out, *rg.autograd.grad(out, leaf, g)))
    for one, several in zip(*results):
        eps = rg.finfo(dtype).eps
        assert rg.allclose(one, several, rtol=8 * eps, atol=8 * eps * float(one.abs().max()))


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("groups", [1, 2, 16])
@pytest.mark.parametrize("samples", [1, 7])
def test_convolutions_do_not_depend_on_the_number_of_threads(
    threads, kernel, stride, groups, samples
):
    rng, kernels = np.random.default_rng(0), get_backend("cpu").kernels
    x, w = rng.standard_normal((samples, 16, 33, 29)), rng.standard_normal((32, 16 // groups, 1, 1))
    x, w = x.astype("f"), w.astype("f") * rng.standard_normal((kernel, kernel)).astype("f")
    settings = ((stride, stride), (1, (0, 2)), (1, 1), groups)
    results = []
    for n in (1, 3):
        threads(n)
        y = kernels.conv(x, w, *settings)
        dx = kernels.conv_input_grad(y, w, x.shape, *settings)
        results.append((y, dx, kernels.conv_weight_grad(y, x, w.shape, *settings)))
    for one, several in zip(*results):
        np.testing.assert_allclose(one, several, rtol=1e-5, atol=1e-6 * np.abs(one).max())


def test_a_convolution_that_winograd_would_spoil(threads):
    threads(3)
    x, w = np.ones((8, 64, 32, 32), "f"), np.ones((64, 64, 3, 3), "f")
    x[5, 0, 7, 7] = np.inf
    y = get_backend("cpu").kernels.conv(x, w, (1, 1), (1, 1), (1, 1), 1)
    assert np.isinf(y).sum() == 64 * 9
    assert not np.isnan(y).any()
