"""Every benchmark workload of a quick run takes a step in retrograd."""

import pytest

import retrograd as rg
from benchmarks.workloads import WORKLOADS


@pytest.mark.parametrize("name", [name for name, item in WORKLOADS.items() if item.quick])
def test_workload_takes_a_step(name):
    workload = WORKLOADS[name]
    step, count = workload.build(rg, **workload.arguments)
    step()
    assert count >= 1
