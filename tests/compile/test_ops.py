"""Every row of the op table replays bit by bit what it computes plainly, gradients too."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.recording.calls import leaves
from tests.ops.cases import Case
from tests.ops.test_specs import rows

# What depends on values: the size of the result, or the way it or its gradient is computed.
REFUSED = {
    "-bincount-minlength=6", "-ctc_loss-blank", "-ctc_loss-joined", "-ctc_loss-lengths",
    "-ctc_loss-one", "-ctc_loss-plain", "-ctc_loss-too-long", "-embedding_bag-last",
    "-embedding_bag-max", "-embedding_bag-mean", "-embedding_bag-padding", "-embedding_bag-sum",
    "-histc-bins=5-min=-1-max=1", "-linalg.vander", "-linalg.vander-at-zero",
    "-unique-return_inverse=True-return_counts=True", "-unique_consecutive-return_counts=True",
    "Cumprod-cumprod[0, 3]-dim=1", "Cumprod-cumprod[2, 3, 2]-dim=0", "Cumprod-cumprod[2, 5]-dim=-1",
    "Cumprod-zeros", "Det-det", "Det-linalg.det-batch", "Det-linalg.det-one", "Det-singular",
    "Drawn-", "Index-mask", "Index-masked", "IndexPut-mask",
    "IndexPut-masked", "Prod-prod[0, 3]-", "Prod-prod[2, 3, 2]-",
    "Prod-prod[2, 3, 2]-dim=-1-keepdim=True", "Prod-prod[2, 3, 2]-dim=1", "Prod-prod[]-",
    "Prod-zeros-0", "Prod-zeros-1", "Prod-zeros-2", "ScatterProduct-scatter_reduce", "Transfer-",
    "Unindex-mask",
}  # fmt: skip


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


@rows()
def test_replay_is_equal_bit_by_bit(spec):
    case, name = Case(spec), f"{spec.op}-{spec.label}"
    plain, recorded = derivatives(case), rg.compile(derivatives(case))
    for scale in (1.0, 1.0, 0.999):
        arrays = [
            (x * scale).astype(x.dtype) if k in case.floats else x
            for k, x in enumerate(case.in_type("float32"))
        ]
        expected = bits(plain(*case.tensors([x.copy() for x in arrays], "cpu")))
        inputs = case.tensors([x.copy() for x in arrays], "cpu")
        if name in REFUSED:
            with pytest.raises(RuntimeError, match=r"^cannot record"):
                recorded(*inputs)
            return
        assert bits(recorded(*inputs)) == expected
