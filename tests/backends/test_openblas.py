"""NumPy's OpenBLAS made to take its AVX-512 kernels: each case in a process of its own.

As a CPU that OpenBLAS does not know serves one with AVX-512 on which OpenBLAS is told, when it is
loaded, to take AVX2 kernels, after which the variable that says so goes away.
"""

import os
import subprocess
import sys

import numpy as np
import pytest

from retrograd.backends import openblas

needs_avx512 = pytest.mark.skipif(
    not openblas._has_avx512()
    or openblas.core() not in ("Haswell", "Zen", "SkylakeX", "Cooperlake")
    or openblas._symbol("gotoblas_dynamic_init") is None,
    reason="needs a CPU with AVX-512 and an OpenBLAS that chooses kernels when it is loaded",
)

START = """
import os
os.environ["OPENBLAS_CORETYPE"] = "HASWELL"
import numpy as np
del os.environ["OPENBLAS_CORETYPE"]
"""

END = """
before = dict(os.environ)
import retrograd as rg
from retrograd.backends import openblas
rg.show_config()
assert dict(os.environ) == before
print(openblas.core())
"""


def run(code, **variables):
    """Its output, with `variables` in the environment."""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    environment.pop("RETROGRAD_OPENBLAS", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment | variables
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_avx512
def test_takes_avx512_kernels_and_says_so():
    output = run(START + END)
    assert output.endswith("\nSkylakeX\n")
    assert "SkylakeX kernels instead of Haswell (RETROGRAD_OPENBLAS=keep leaves them)" in output


@needs_avx512
def test_takes_them_for_the_first_product():
    first = """
import retrograd as rg
from retrograd.backends import openblas
rg.eye(2) @ rg.eye(2)
print(openblas.core())
"""
    assert run(START + first) == "SkylakeX\n"


@needs_avx512
def test_leaves_them_if_told():
    output = run(START + END, RETROGRAD_OPENBLAS="keep")
    assert output.endswith("\nHaswell\n")
    assert "Haswell kernels\n" in output


@needs_avx512
def test_leaves_what_the_user_chose():
    start = "import os\nimport numpy as np\n"
    assert run(start + END, OPENBLAS_CORETYPE="HASWELL").endswith("\nHaswell\n")


THREAD = """
from threading import Thread, Event
done, started = Event(), Event()
def work():
    started.set()
    {work}
thread = Thread(target=work)
thread.start()
started.wait()
"""


@needs_avx512
def test_leaves_them_while_another_thread_may_compute():
    busy = THREAD.format(work="while not done.is_set(): np.ones((9, 9)) @ np.ones((9, 9))")
    output = run(START + busy + END + "done.set()\n")
    assert output.endswith("\nHaswell\n")
    assert "Haswell kernels, since other threads were running at the first computation" in output


@needs_avx512
def test_a_thread_that_only_waits_does_not_matter():
    idle = THREAD.format(work="done.wait()") + "import time; time.sleep(0.1)\n"
    assert run(START + idle + END + "done.set()\n").endswith("\nSkylakeX\n")


RESULTS = """
def results():
    found = {}
    for dtype in (np.float32, np.float64):
        rng = np.random.default_rng(0)
        a = rng.standard_normal((201, 199)).astype(dtype)
        square = a[:199] + 20 * np.eye(199, dtype=dtype)
        narrow = a[:, :60]
        u, s, v = np.linalg.svd(narrow, full_matrices=False)
        found[dtype] = [
            a @ a.T, a.T @ a, a @ a[0, :199], s, (u * s) @ v - narrow,
            np.linalg.solve(square, a[0]), np.linalg.inv(square),
            np.linalg.eigvalsh(narrow.T @ narrow), np.linalg.cholesky(a.T @ a),
        ]
    return found

before, cores = results(), [openblas.core()]
interval, threads = sys.getswitchinterval(), openblas.get_num_threads()
import gc
openblas.use_avx512()
cores.append(openblas.core())
assert (interval, threads, True) == (sys.getswitchinterval(), openblas.get_num_threads(), gc.isenabled())
after = results()
print(*cores, threads)
for dtype, tolerance in ((np.float32, 2e-4), (np.float64, 1e-12)):
    for a, b in zip(before[dtype], after[dtype]):
        assert a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= tolerance * max(np.abs(a).max(), 1), np.abs(a - b).max()
"""


@needs_avx512
@pytest.mark.parametrize("threads", ["1", "2"])
def test_results_stay_right(threads):
    """Linear algebra with both kernels, in a process whose threads have worked before."""
    before = "import sys\nos.environ['RETROGRAD_OPENBLAS'] = 'keep'\n"
    load = "from retrograd.backends import openblas\ndel os.environ['RETROGRAD_OPENBLAS']\n"
    code = START + before + load + RESULTS
    variables = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    name = f"Haswell SkylakeX {min(int(threads), os.cpu_count())}"
    assert run(code, **variables).strip() == name


@pytest.mark.usefixtures("another_blas")
def test_a_blas_without_these_functions_is_left_alone(monkeypatch):
    monkeypatch.setattr(openblas, "_has_avx512", lambda: True)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    openblas.use_avx512()
    openblas.set_num_threads(2)
    assert openblas.core() == ""
    assert openblas.get_num_threads() is None
    assert openblas.describe() == ""
    with openblas.one_thread as outside:
        assert outside is None


def test_a_python_without_ctypes_is_served():
    code = """
import sys
sys.modules["ctypes"] = None
import retrograd as rg
print(rg.conv2d(rg.ones(1, 1, 2, 2), rg.ones(1, 1, 2, 2)).item(), rg.get_num_threads())
print(rg.backends.onednn.version())
"""
    assert run(code, OMP_NUM_THREADS="3").split() == ["4.0", "3", "None"]


def test_a_cpu_without_avx512_is_left_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(np._core._multiarray_umath, "__cpu_features__", {"AVX512_SKX": False})
    monkeypatch.setattr(openblas, "core", lambda: asked.append(1) or "Haswell")
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    openblas.use_avx512()
    assert not asked


def test_a_choice_that_fails_is_taken_back(monkeypatch):
    chosen = []
    monkeypatch.setattr(openblas, "_has_avx512", lambda: True)
    monkeypatch.setattr(openblas, "core", lambda: "Zen")
    monkeypatch.setattr(openblas, "_choose_again", lambda name: chosen.append(name) or True)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    monkeypatch.delenv("RETROGRAD_OPENBLAS", raising=False)
    openblas.use_avx512()
    assert chosen == ["SKYLAKEX", "Zen"]
    assert not openblas._switched_from
