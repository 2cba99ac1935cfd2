"""The number of threads: PyTorch's functions and errors, what follows them, where defaults are from."""

import os
import subprocess
import sys
import threading

import pytest

import retrograd as rg
from retrograd.backends import openblas, threads

BAD = [0, -1, "2", 1.5, True, None, 2**40]


@pytest.fixture
def restored():
    """The number of threads is put back."""
    before = rg.get_num_threads()
    yield
    rg.set_num_threads(before)


def error_of(function, value):
    with pytest.raises((RuntimeError, ValueError)) as caught:
        function(value)
    return type(caught.value), str(caught.value)


@pytest.mark.usefixtures("restored")
def test_set_and_get():
    for n in (1, 3, 2):
        assert rg.set_num_threads(n) is None
        assert rg.get_num_threads() == n


@pytest.mark.usefixtures("restored")
@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
def test_openblas_follows():
    for n in (1, 2):
        rg.set_num_threads(n)
        assert openblas.get_num_threads() == n


@pytest.mark.usefixtures("restored")
@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
def test_blas_with_one_thread_for_a_while():
    rg.set_num_threads(3)
    entered, leave = threading.Event(), threading.Event()

    def stay():
        with openblas.one_thread:
            entered.set()
            assert leave.wait(30)

    other = threading.Thread(target=stay)
    with openblas.one_thread as outside:
        assert (outside, openblas.get_num_threads()) == (3, 1)
        other.start()
        assert entered.wait(30)
    assert openblas.get_num_threads() == 1, "the other thread is still in it"
    leave.set()
    other.join(30)
    assert openblas.get_num_threads() == 3


@pytest.mark.usefixtures("restored")
@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
def test_a_number_set_meanwhile_is_not_lost():
    rg.set_num_threads(2)
    with openblas.one_thread:
        rg.set_num_threads(3)
        assert openblas.get_num_threads() == 1
    assert openblas.get_num_threads() == 3


@pytest.mark.usefixtures("restored")
@pytest.mark.skipif(openblas.get_num_threads() is None, reason="NumPy has another BLAS")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_is_not_left_with_one_thread():
    rg.set_num_threads(2)
    with openblas.one_thread:
        pid = os.fork()
        if not pid:  # the child
            os._exit(0 if openblas.get_num_threads() == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.usefixtures("restored")
def test_whoever_follows_is_told(monkeypatch):
    told = []
    monkeypatch.setattr(threads, "_followers", [])
    rg.set_num_threads(2)
    threads.follow(told.append)
    rg.set_num_threads(1)
    assert told == [2, 1]


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("name", ["set_num_threads", "set_num_interop_threads"])
@pytest.mark.parametrize("value", BAD[:-1], ids=repr)
def test_bad_numbers(name, value):
    kind = RuntimeError
    message = (
        "a positive integer" if type(value) is int else f"an int, but got {type(value).__name__}"
    )
    before = rg.get_num_threads(), rg.get_num_interop_threads()
    assert error_of(getattr(rg, name), value) == (kind, f"{name} expects {message}")
    assert (rg.get_num_threads(), rg.get_num_interop_threads()) == before


@pytest.mark.oracle
@pytest.mark.parametrize("value", BAD, ids=repr)
def test_errors_are_pytorchs(value):
    torch = pytest.importorskip("torch")
    assert error_of(rg.set_num_threads, value) == error_of(torch.set_num_threads, value)


def test_interop_threads_are_set_once(monkeypatch):
    monkeypatch.setattr(threads, "_chosen", {})
    assert rg.get_num_interop_threads() >= 1
    rg.set_num_interop_threads(3)
    assert rg.get_num_interop_threads() == 3
    with pytest.raises(RuntimeError, match="cannot set number of interop threads"):
        rg.set_num_interop_threads(3)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OPENBLAS_NUM_THREADS": "1"}, 1),
        ({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}, 1),
        ({}, threads._cores()),
    ],
    ids=str,
)
def test_the_environment_gives_the_default(variables, expected):
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    code = "import retrograd as rg; print(rg.get_num_threads())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=environment | variables,
    )  # fmt: skip
    assert int(run.stdout) == expected


@pytest.mark.usefixtures("another_blas")
@pytest.mark.parametrize(
    ("value", "expected"), [("3", 3), ("4,2", 4), ("", None), ("many", None), ("0", None)]
)
def test_the_default_with_another_blas(monkeypatch, value, expected):
    monkeypatch.setattr(threads, "_chosen", {})
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert rg.get_num_threads() == (expected or threads._cores())
