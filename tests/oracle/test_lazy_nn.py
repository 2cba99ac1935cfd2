"""Lazy modules beside PyTorch's: text, state and weights before and after the first input."""

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")]

# A class, arguments, settings, and the shape of its first input.
ROWS = [
    ("LazyLinear", (3,), {}, (2, 5)),
    ("LazyLinear", (3,), {"bias": False}, (2, 4, 5)),
    ("LazyConv1d", (4, 2), {"stride": 2, "padding": 1}, (2, 3, 7)),
    ("LazyConv2d", (4, (2, 3)), {"dilation": 2, "padding_mode": "reflect", "padding": 1}, (2, 3, 7, 7)),
    ("LazyConv2d", (4, 2), {"groups": 2, "bias": False}, (2, 6, 5, 5)),
    ("LazyConv3d", (4, 2), {}, (2, 3, 4, 4, 4)),
    ("LazyConvTranspose1d", (4, 2), {"stride": 2, "output_padding": 1}, (2, 3, 7)),
    ("LazyConvTranspose2d", (4, 2, 1, 0, 0, 2), {}, (2, 6, 5, 5)),
    ("LazyConvTranspose3d", (4, 2), {"bias": False}, (2, 3, 4, 4, 4)),
    ("LazyBatchNorm1d", (), {}, (4, 3)),
    ("LazyBatchNorm2d", (1e-3, 0.2), {"affine": False}, (2, 3, 4, 4)),
    ("LazyBatchNorm3d", (), {"track_running_stats": False}, (2, 3, 2, 4, 4)),
    ("LazyInstanceNorm1d", (), {}, (2, 3, 4)),
    ("LazyInstanceNorm2d", (), {"track_running_stats": False}, (2, 3, 4, 4)),
    ("LazyInstanceNorm3d", (), {"bias": False}, (2, 3, 2, 4, 4)),
]  # fmt: skip
CASES = pytest.mark.parametrize(
    ("name", "args", "settings", "shape"), [pytest.param(*r, id=f"{r[0]}-{r[2]}") for r in ROWS]
)


@CASES
def test_first_input(name, args, settings, shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = []
    for lib in (rg, torch):
        lib.manual_seed(3)
        layer = getattr(lib.nn, name)(*args, **settings)
        texts, keys = [repr(layer)], list(layer.state_dict())
        out = layer(lib.tensor(x, requires_grad=True))
        # Around 1, lest a bias behind a normalization get a sum of rounding errors.
        (out + 1).square().sum().backward()
        texts.append(repr(layer))
        arrays = [out.detach().numpy()]
        arrays += [p.grad.numpy() for p in layer.parameters()]
        arrays += [v.numpy() for v in layer.state_dict().values()]
        found.append((texts, keys, list(layer.state_dict()), arrays, lib.rand(1).item()))
    mine, theirs = found
    assert mine[:3] == theirs[:3]
    assert mine[4] == theirs[4]  # the streams are where they were
    for a, b in zip(mine[3], theirs[3], strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@CASES
def test_state_goes_into_a_lazy_module(name, args, settings, shape):
    first = getattr(torch.nn, name)(*args, **settings)
    first(torch.ones(shape))
    lazy = getattr(rg.nn, name)(*args, **settings)
    lazy.load_state_dict({k: rg.tensor(v.detach().numpy()) for k, v in first.state_dict().items()})
    for key, value in lazy.state_dict().items():
        assert np.array_equal(value.numpy(), first.state_dict()[key].numpy())


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_instance_norm_of_one_sample(dims):
    """PyTorch takes the second dimension of an unbatched input for the channels, and fails."""
    layer = getattr(rg.nn, f"LazyInstanceNorm{dims}d")()
    assert layer(rg.rand(3, *[4] * dims)).shape == (3, *[4] * dims)
    assert layer.num_features == 3
