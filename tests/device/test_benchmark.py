"""The GPU benchmark runs."""

import pytest

import retrograd as rg
from benchmarks import gpu

SMALL = ["add, 1,000 numbers", "matmul, 64 x 64", "MLP step, batch 128, Adam"]


@pytest.mark.parametrize("name", SMALL)
def test_a_case_is_timed(name, backend):
    rg.set_default_device("cuda")
    assert gpu.timed(rg, gpu.CASES[name](rg), 0.01) > 0


def test_all_cases_are_built_there(backend, monkeypatch):
    rg.set_default_device("cuda")
    monkeypatch.setattr(rg, "rand", lambda *shape, **options: rg.zeros(shape, **options))
    for build in gpu.CASES.values():
        assert callable(build(rg))
