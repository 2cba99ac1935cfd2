"""What is built upon operations works on a GPU: derivatives of all kinds, layers, helpers."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn
from retrograd.nn import functional as F


def values(*shape):
    return rg.tensor(np.random.default_rng(2).normal(size=shape), dtype=rg.float64)


def both(function, *inputs):
    """The results of a function on the CPU and on the GPU, as lists."""
    found = []
    for device in ("cpu", "cuda"):
        rg.manual_seed(4)
        result = function(*[x.to(device) for x in inputs])
        results = result if isinstance(result, (tuple, list)) else (result,)
        assert {r.device.type for r in results} == {device}
        found.append([r.tolist() for r in results])
    return found


def agree(function, *inputs):
    here, there = both(function, *inputs)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6, atol=1e-8)


def test_derivatives_of_any_order(backend):
    def third(x):
        x = x.detach().requires_grad_()
        y = (x.exp() * x).sum()
        for _ in range(3):
            (g,) = rg.autograd.grad(y, x, create_graph=True)
            y = g.sum()
        return g

    agree(third, values(3))


def test_transforms_of_functions(backend):
    def f(x):
        return (x.sin() * x).sum()

    agree(lambda x: rg.func.grad(f)(x), values(3))
    agree(lambda x: rg.func.jacrev(lambda v: v * v.sum())(x), values(3))
    agree(lambda x: rg.autograd.functional.hessian(f, x), values(3))


def test_gradients_are_checked_there(backend):
    x = values(2, 3).cuda().requires_grad_()
    assert rg.autograd.gradcheck(lambda v: v.tanh() @ v.t(), (x,))
    assert rg.autograd.gradgradcheck(lambda v: v.tanh() @ v.t(), (x,))


def test_functions_with_rules_of_their_own(backend):
    class Cube(rg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    def gradient(x):
        x = x.detach().requires_grad_()
        Cube.apply(x).sum().backward()
        return x.grad

    agree(gradient, values(3))


def test_hooks_and_kept_gradients(backend):
    def seen(x):
        x = x.detach().requires_grad_()
        y = x * 2
        y.retain_grad()
        y.register_hook(lambda g: g * 10)
        (y * y).sum().backward()
        return x.grad, y.grad

    agree(seen, values(3))


def test_anomalies_are_found(backend):
    x = rg.tensor([0.0], device="cuda", requires_grad=True)
    with rg.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="nan"):
        (x.sqrt() * 0.0).sum().backward()


LAYERS = {
    "attention": (
        lambda: nn.Linear(4, 4),
        lambda m, x: F.scaled_dot_product_attention(m(x), x, x, is_causal=True), (3, 2, 4),
    ),
    "GRU": (lambda: nn.GRU(4, 3, num_layers=2), lambda m, x: m(x)[0], (5, 2, 4)),
    "LSTM": (lambda: nn.LSTM(4, 3, bidirectional=True), lambda m, x: m(x)[0], (5, 2, 4)),
    "transposed convolution": (
        lambda: nn.ConvTranspose2d(2, 3, 3, stride=2), lambda m, x: m(x), (2, 2, 4, 4),
    ),
    "upsampling": (lambda: nn.Upsample(scale_factor=2), lambda m, x: m(x), (1, 2, 3, 3)),
    "instance norm": (lambda: nn.InstanceNorm1d(2, affine=True), lambda m, x: m(x), (3, 2, 5)),
    "padding": (lambda: nn.ReflectionPad1d(1), lambda m, x: m(x), (1, 2, 3)),
    "PReLU": (lambda: nn.PReLU(), lambda m, x: m(x), (3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_their_gradients(name, backend):
    make, call, shape = LAYERS[name]

    def run(x):
        layer = make().double().to(x.device)
        x = x.detach().requires_grad_()
        y = call(layer, x)
        (y * y).sum().backward()
        return [y, x.grad, *[p.grad for p in layer.parameters()]]

    agree(run, values(*shape))


def test_clipping_gradients(backend):
    def clipped(x):
        x = x.detach().requires_grad_()
        (x * x).sum().backward()
        norm = nn.utils.clip_grad_norm_([x], 0.5)
        return norm, x.grad

    agree(clipped, values(4))


def test_sorting_and_counting(backend):
    agree(
        lambda x: [*x.sort(1), *x.topk(2), x.argsort(0), x.median(), x.cummax(0)[0]], values(3, 4)
    )
    agree(lambda x: [*(x > 0).unique(return_counts=True), (x > 0).nonzero()], values(3, 4))
    agree(lambda x: (x * 3).long().abs().reshape(-1).bincount(minlength=4), values(3, 4))
    agree(lambda x: [x.quantile(0.3), x.std(), *rg.var_mean(x, 1)], values(3, 4))


def test_linear_algebra(backend):
    def solved(x):
        square = x @ x.mT + rg.eye(3, dtype=x.dtype, device=x.device)
        return [
            rg.linalg.inv(square), rg.linalg.det(square), rg.linalg.cholesky(square),
            rg.linalg.eigvalsh(square), rg.linalg.svdvals(x), rg.linalg.solve(square, x),
            rg.linalg.norm(x), rg.einsum("ij,kj->ik", x, x),
        ]  # fmt: skip

    agree(solved, values(3, 4))


@pytest.mark.parametrize("name", ["inv", "cholesky", "solve"])
def test_a_matrix_that_does_not_do_is_an_error(name, backend):
    """CuPy would say nothing and give whatever came out."""
    x = rg.tensor([[1.0, 2.0], [2.0, 4.0]], device="cuda") * -1
    arguments = (x, x) if name == "solve" else (x,)
    with pytest.raises(rg.linalg.LinAlgError, match="could not be completed"):
        getattr(rg.linalg, name)(*arguments)


def test_dropout_masks_are_those_of_the_cpu(backend):
    agree(lambda x: F.dropout(x, 0.5), values(40))
    agree(lambda x: F.gumbel_softmax(x), values(40))
