"""Every row of the op table replays bit by bit what it computes plainly, gradients too."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.recording.calls import leaves
from tests.ops.cases import Case
from tests.ops.test_specs import rows

# What depends on values: the size of the result, or the way it is computed.
REFUSED: set[str] = set()


def derivatives(case):
    """A function of tensors: the row's results, and first and second gradients where it has them."""

    def function(*given):
        needs = case.floats if case.spec.order else ()
        inputs = [x.detach().requires_grad_(k in needs) for k, x in enumerate(given)]
        results = [r for r in case.call(inputs) if isinstance(r, Tensor)]
        found, wanted = list(results), [inputs[k] for k in needs]
        for order in range(case.spec.order):
            active = [r for r in results if r is not None and r.requires_grad]
            if not active:
                break
            results = gradients(active, wanted, create_graph=order + 1 < case.spec.order)
            found += results
        return [r if r is None else r.detach() for r in found]

    return function


def gradients(results, inputs, create_graph):
    rng = np.random.default_rng(7)
    cotangents = [wrap(rng.normal(size=r.shape).astype(r.dtype.dtype)) for r in results]
    return list(
        rg.autograd.grad(results, inputs, cotangents, create_graph=create_graph, allow_unused=True)
    )


def bits(results):
    return [
        (r.shape, r.dtype, r.numpy().tobytes()) if isinstance(r, Tensor) else r
        for r in leaves(results)
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@rows()
def test_replay_is_equal_bit_by_bit(spec, dtype):
    case = Case(spec)
    plain, recorded = derivatives(case), rg.compile(derivatives(case))
    for scale in (1.0, 1.0, 0.999):
        arrays = [
            (x * scale).astype(x.dtype) if k in case.floats else x
            for k, x in enumerate(case.in_type(dtype))
        ]
        expected = bits(plain(*case.tensors([x.copy() for x in arrays], "cpu")))
        try:
            got = bits(recorded(*case.tensors([x.copy() for x in arrays], "cpu")))
        except RuntimeError as error:
            assert spec.op in REFUSED, f"{error}"
            return
        assert got == expected
    assert spec.op not in REFUSED
