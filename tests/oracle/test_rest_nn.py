"""What the tables of calls do not have: activations in place, the norm of gradients, a decoder."""

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

IN_PLACE = {
    "celu_": (0.5,),  # 1 / 0.7 PyTorch rounds to float32, for float64 too
    "elu_": (0.7,),
    "hardtanh_": (-0.5, 0.6),
    "leaky_relu_": (0.2,),
    "relu_": (),
    "rrelu_": (0.2, 0.2),
    "selu_": (),
    "threshold_": (0.5, -2.0),
}
IN_ROOT = ["celu_", "relu_", "rrelu_", "selu_", "threshold_"]
PLACES = [*((name, "nn.functional") for name in IN_PLACE), *((name, "") for name in IN_ROOT)]


@pytest.mark.parametrize(("name", "space"), PLACES)
def test_activations_in_place(name, space):
    found = []
    for lib in (rg, torch):
        function = getattr(lib.nn.functional if space else lib, name)
        leaf = lib.tensor(np.linspace(-2.0, 2.0, 9), requires_grad=True)
        x = leaf * 1
        assert function(x, *IN_PLACE[name]) is x
        (x * x).sum().backward()
        found.append((x.detach().numpy(), leaf.grad.numpy()))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("kind", [1.0, 2.0, float("inf")])
def test_total_norm_and_clipping_by_it(kind):
    found = []
    for lib in (rg, torch):
        parameters = [lib.nn.Parameter(lib.zeros(shape)) for shape in ((2, 2), (3,), ())]
        for k, parameter in enumerate(parameters):
            parameter.grad = lib.full_like(parameter, k + 0.5)
        norm = lib.nn.utils.get_total_norm([p.grad for p in parameters], kind)
        lib.nn.utils.clip_grads_with_norm_(parameters, 2.0, norm)
        found.append([norm.numpy(), *(p.grad.numpy() for p in parameters)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert np.abs(found[0][1]).max() < 0.5


def test_transformer_decoder():
    found = []
    for lib in (rg, torch):
        lib.manual_seed(0)
        layer = lib.nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        decoder = lib.nn.TransformerDecoder(layer, 2, norm=lib.nn.LayerNorm(8))
        target, memory = lib.randn(2, 3, 8), lib.randn(2, 5, 8, requires_grad=True)
        mask = lib.nn.Transformer.generate_square_subsequent_mask(3)
        out = decoder(target, memory, tgt_mask=mask)
        (out * target).sum().backward()
        grads = [p.grad.numpy() for p in decoder.parameters()]
        found.append([out.detach().numpy(), memory.grad.numpy(), *grads])
        assert len({name.split(".")[1] for name, _ in decoder.named_parameters()} & {"0", "1"}) == 2
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-5)
