"""Second and third derivatives beside PyTorch's: every layer, loss and function of the tables."""

import numpy as np
import pytest

import retrograd as rg
from tests.nn.case import copied, make, tensors
from tests.nn.module_cases import CASES
from tests.oracle import test_functional_nn as functional
from tests.oracle.compare import array

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # PyTorch's deprecations
]


def derivatives(lib, outputs, leaves, order=2):
    """The gradients of that order by the leaves, along fixed cotangents; zeros where there are none."""
    rng = np.random.default_rng(3)
    for left in reversed(range(order)):
        roots = [o for o in outputs if o is not None and o.requires_grad]
        if not roots:
            return [np.zeros(tuple(x.shape)) for x in leaves]
        seeds = [lib.tensor(rng.standard_normal(tuple(o.shape))) for o in roots]
        total = sum((o * s).sum() for o, s in zip(roots, seeds, strict=True))
        outputs = lib.autograd.grad(total, leaves, create_graph=left > 0, allow_unused=True)
    return [
        np.zeros(tuple(x.shape)) if g is None else array(g)
        for g, x in zip(outputs, leaves, strict=True)
    ]


def assert_equal(mine, theirs):
    for a, b in zip(mine, theirs, strict=True):
        # Of long sums of products the largest element tells how exact they can be.
        size = max(1.0, np.abs(b[np.isfinite(b)]).max(initial=0.0))
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9 * size)


def both(find):
    """What `find` gives for both libraries; skips where PyTorch has no such derivative."""
    try:
        theirs = find(torch)
    except (RuntimeError, NotImplementedError) as error:
        pytest.skip(f"PyTorch: {str(error).splitlines()[0][:80]}")
    return find(rg), theirs


@pytest.mark.parametrize("case", [c for c in CASES if not c.random], ids=str)
def test_layer(case):
    layer = make(torch, case)
    modules = {torch: layer, rg: copied(make(rg, case), layer.state_dict())}

    def find(lib):
        inputs = tensors(lib, case)
        result = modules[lib](*inputs)
        outputs = result if isinstance(result, (tuple, list)) else [result]
        wanted = [t for t in inputs if t is not None and t.requires_grad]
        return derivatives(lib, outputs, [*wanted, *modules[lib].parameters()])

    assert_equal(*both(find))


@pytest.mark.parametrize("case", functional.ROWS, ids=str)
def test_function(case):
    def find(lib):
        inputs = [lib.tensor(v) for v in case.values()]
        leaves = [t.requires_grad_() for t in inputs if t.is_floating_point()]
        function = getattr(lib.nn.functional, case.name)
        return derivatives(lib, [functional.apply(function, case, *inputs)], leaves)

    assert_equal(*both(find))


def layer_norm(T, x, weight, bias):
    """As a function here; PyTorch's is wrong from the third derivative on, and is written out."""
    if T is rg:
        return rg.nn.functional.layer_norm(x, (4,), weight, bias)
    centered = x - x.mean(1, keepdim=True)
    return centered / ((centered**2).mean(1, keepdim=True) + 1e-5) ** 0.5 * weight + bias


THIRD = {
    "exp": lambda T, x, y, w: T.exp(x),
    "tanh": lambda T, x, y, w: T.tanh(x),
    "sigmoid": lambda T, x, y, w: T.sigmoid(x),
    "softplus": lambda T, x, y, w: T.nn.functional.softplus(x),
    "gelu": lambda T, x, y, w: T.nn.functional.gelu(x),
    "div": lambda T, x, y, w: x / (y * y + 1),
    "pow": lambda T, x, y, w: (x * x + 1) ** y,
    "prod": lambda T, x, y, w: (x * y).prod(1),
    "matmul": lambda T, x, y, w: (x @ y.T) @ x,
    "softmax": lambda T, x, y, w: T.softmax(x * y, 1),
    "logsumexp": lambda T, x, y, w: T.logsumexp(x * y, 0),
    "layer_norm": lambda T, x, y, w: layer_norm(T, x, y[0], y[1]),
    "conv2d": lambda T, x, y, w: T.tanh(T.nn.functional.conv2d(x[None, None] ** 2, w**2)),
    "norm": lambda T, x, y, w: T.linalg.vector_norm(x * y, dim=1),
    "inv": lambda T, x, y, w: T.linalg.inv(x[:3, :3] + 4 * T.eye(3, dtype=T.float64)),
    "logdet": lambda T, x, y, w: T.logdet(x @ x.T + T.eye(3, dtype=T.float64)),
    "cross_entropy": lambda T, x, y, w: T.nn.functional.cross_entropy(x * y, T.tensor([0, 3, 1])),
    "bce": lambda T, x, y, w: T.nn.functional.binary_cross_entropy_with_logits(x, y.sigmoid()),
    "where": lambda T, x, y, w: T.where(x > 0, x**3, y * x),
    "cumprod": lambda T, x, y, w: T.cumprod(x * y, 1),
}


@pytest.mark.parametrize("name", THIRD)
def test_third_order(name):
    def find(lib):
        rng = np.random.default_rng(5)
        shapes = (3, 4), (3, 4), (2, 1, 2, 2)
        leaves = [lib.tensor(rng.standard_normal(s), requires_grad=True) for s in shapes]
        return derivatives(lib, [THIRD[name](lib, *leaves)], leaves, order=3)

    mine, theirs = find(rg), find(torch)
    assert any(np.abs(d).max() > 1e-3 for d in theirs)
    assert_equal(mine, theirs)
