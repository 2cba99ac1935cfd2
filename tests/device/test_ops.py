"""Every row of the op table does on a GPU what it does on a CPU."""

import numpy as np
import pytest

from retrograd.autograd_core import engine
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.device import from_host
from tests.ops import checks
from tests.ops.cases import Case, host
from tests.ops.test_specs import ROWS, rows

# The stand-in computes as the CPU does; a GPU adds up in another order.
CLOSE = {"float64": {"rtol": 1e-9, "atol": 1e-11}, "float32": {"rtol": 1e-4, "atol": 1e-5}}


def run(case, arrays, where):
    """The results and, where the row has them, first and second gradients, as Tensors."""
    needs = case.floats if case.spec.order else ()
    inputs = case.tensors(arrays, where, needs)
    results = [r for r in case.call(inputs) if isinstance(r, Tensor)]
    active = [r for r in results if r.requires_grad]
    if not active:
        return results, [], []
    again = case.spec.order > 1
    wanted = [inputs[k] for k in needs]
    first = _grad(active, wanted, create_graph=again)
    second = []
    if again:
        active = [g for g in first if g is not None and g.requires_grad]
        second = _grad(active, wanted) if active else []
    return results, first, second


def _grad(results, inputs, create_graph=False):
    rng = np.random.default_rng(7)
    cotangents = [
        wrap(from_host(rng.normal(size=r.shape).astype(r._data.dtype), r.device)) for r in results
    ]
    return engine.grad(results, inputs, cotangents, create_graph=create_graph, allow_unused=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@rows()
def test_values_and_gradients_are_those_of_the_cpu(spec, dtype, backend):
    case = Case(spec)
    arrays = case.in_type(dtype)
    for kind, ours, theirs in zip(
        ("value", "gradient", "second-order gradient"),
        run(case, arrays, "cuda"),
        run(case, arrays, "cpu"),
        strict=True,
    ):
        assert len(ours) == len(theirs)
        for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert (a is None) == (b is None), f"{kind} {k}"
            if a is not None:
                sent = spec.op == "Transfer" and kind == "value"
                assert sent or type(a._data) is backend.array_type, f"{kind} {k} is on {a.device}"
                assert a.dtype is b.dtype, f"{kind} {k}"
                here, bounds = host(b), CLOSE[dtype]
                if kind != "value" and dtype == "float32":
                    # A zero that terms cancel to is as exact as the terms are.
                    largest = np.abs(here[np.isfinite(here)]).max(initial=1.0)
                    bounds = {**bounds, "atol": bounds["atol"] * largest}
                checks.close(host(a), here, f"{kind} {k}", **bounds)


def test_the_table_is_the_one_that_the_cpu_is_held_to():
    assert len(ROWS) > 500
