"""Clipping, vectors of parameters, weight and spectral norm, averages: as in PyTorch."""

import math

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn
from retrograd.optim import swa_utils
from tests.nn.case import copied

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle
LIBS = (rg, torch)


def with_gradients(lib):
    rng = np.random.default_rng(0)
    params = [lib.ones(3, 2, requires_grad=True), lib.ones(4, requires_grad=True)]
    for p in params:
        p.grad = lib.tensor(rng.standard_normal(tuple(p.shape)).astype(np.float32))
    return [*params, lib.ones(5, requires_grad=True)]


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, math.inf, -math.inf, 0.0])
@pytest.mark.parametrize("max_norm", [0.1, 100.0])
def test_clipping_by_norm(norm_type, max_norm):
    found = []
    for lib in LIBS:
        params = with_gradients(lib)
        total = lib.nn.utils.clip_grad_norm_(params, max_norm, norm_type)
        found.append([total.item(), *(p.grad.numpy() for p in params[:2])])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def many(lib, dtypes):
    """Enough small gradients to be packed, of which one is missing, and a large one."""
    rng = np.random.default_rng(0)
    params = []
    for k, shape in enumerate([(3, 2), (), (4,), (1, 5), (2, 2, 2), (60, 60)] * 2):
        values = np.asarray(rng.standard_normal(shape)) / 8
        dtype = getattr(lib, dtypes[k % len(dtypes)])
        params.append(lib.tensor(values, dtype=dtype, requires_grad=True))
        if k != 2:
            params[-1].grad = lib.tensor(values, dtype=dtype)
    return params


@pytest.mark.parametrize("dtypes", [("float32",), ("float64",), ("float32", "float64")])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, math.inf, -math.inf, 0.0])
@pytest.mark.parametrize("max_norm", [0.1, 1e4])
@pytest.mark.parametrize("foreach", [None, False])
def test_clipping_many_by_norm(norm_type, max_norm, dtypes, foreach):
    found = []
    for lib in LIBS:
        params = many(lib, dtypes)
        total = lib.nn.utils.clip_grad_norm_(params, max_norm, norm_type, foreach=foreach)
        found.append([total.numpy(), *(p.grad.numpy() for p in params if p.grad is not None)])
    for a, b in zip(*found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=2e-6)


@pytest.mark.parametrize("dtypes", [("float32",), ("float32", "float64")])
def test_clipping_many_by_value(dtypes):
    found = []
    for lib in LIBS:
        params = many(lib, dtypes)
        lib.nn.utils.clip_grad_value_(params, 0.05)
        found.append([p.grad.numpy() for p in params if p.grad is not None])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_clipping_counts_as_a_write_to_each_gradient():
    for lib in LIBS:
        params = [p for p in many(lib, ["float32"]) if p.grad is not None]
        x = [lib.ones(p.shape, requires_grad=True) for p in params]
        losses = [(p.grad * y).sum() for p, y in zip(params, x, strict=True)]
        lib.nn.utils.clip_grad_norm_(params, 0.1)
        lib.nn.utils.clip_grad_value_(params, 0.1)
        assert min(p.grad._version for p in params) >= 2
        for loss in losses:
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()


def test_a_gradient_that_serves_twice_is_clipped_twice():
    for lib in LIBS:
        params = [lib.ones(2, requires_grad=True) for _ in range(6)]
        for p in params:
            p.grad = lib.full((2,), 2.0)
        params[1].grad = params[0].grad
        lib.nn.utils.clip_grads_with_norm_(params, 1.0, lib.tensor(2.0))
        np.testing.assert_allclose(params[2].grad.numpy(), 1.0, rtol=1e-6)
        np.testing.assert_allclose(params[0].grad.numpy(), 0.5, rtol=1e-6)


def test_clipping_by_value_and_of_one_tensor():
    for lib in LIBS:
        params = with_gradients(lib)
        lib.nn.utils.clip_grad_value_(params, 0.5)
        assert max(p.grad.abs().max().item() for p in params[:2]) == 0.5
        p = params[0]
        lib.nn.utils.clip_grad_norm_(p, 0.1)
        np.testing.assert_allclose(p.grad.norm().item(), 0.1, rtol=1e-4)


def test_norms_that_cannot_be_clipped():
    for lib in LIBS:
        p = lib.ones(1, requires_grad=True)
        p.grad = lib.tensor([math.inf])
        with pytest.raises(RuntimeError, match="non-finite"):
            lib.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
        assert lib.nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
        with pytest.warns(UserWarning, match="empty generator"):
            lib.nn.utils.clip_grad_norm_((q for q in ()), 1.0)


def test_parameters_as_a_vector():
    layer = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    nn.utils.vector_to_parameters(vector.detach() * 2, layer.parameters())
    again = nn.utils.parameters_to_vector(layer.parameters())
    assert np.array_equal(again.detach().numpy(), 2 * vector.detach().numpy())
    with pytest.raises(TypeError, match="expected a Tensor"):
        nn.utils.vector_to_parameters([1.0], layer.parameters())
    with pytest.raises(ValueError, match="too short"):
        nn.utils.vector_to_parameters(rg.ones(2), layer.parameters())


def pair(name, *args):
    theirs = getattr(torch.nn, name)(*args).double()
    return copied(getattr(nn, name)(*args).double(), theirs.state_dict()), theirs


X = {"Linear": (5, 4), "Conv2d": (2, 4, 6, 6), "ConvTranspose2d": (2, 4, 6, 6)}
LAYERS = [("Linear", 4, 3), ("Conv2d", 4, 3, 2), ("ConvTranspose2d", 4, 3, 2)]


def compare(mine, theirs, steps=2):
    x = np.random.default_rng(0).standard_normal(X[type(mine).__name__])
    for _ in range(steps):
        found = []
        for lib, module in zip(LIBS, (mine, theirs), strict=True):
            module.zero_grad()
            y = module(lib.tensor(x))
            (y * y).sum().backward()
            named = sorted(module.named_parameters())
            found.append([y.detach().numpy(), *(p.grad.numpy() for _, p in named)])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)
    assert sorted(mine.state_dict()) == sorted(theirs.state_dict())


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_weight_norm(layer, dim):
    mine, theirs = pair(*layer)
    for lib, module in zip(LIBS, (mine, theirs), strict=True):
        assert lib.nn.utils.weight_norm(module, dim=dim) is module
    compare(mine, theirs)
    for lib, module in zip(LIBS, (mine, theirs), strict=True):
        lib.nn.utils.remove_weight_norm(module)
    compare(mine, theirs)


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_spectral_norm(layer, iterations):
    mine, theirs = pair(*layer)
    rg.manual_seed(0)
    torch.manual_seed(0)
    for lib, module in zip(LIBS, (mine, theirs), strict=True):
        lib.nn.utils.spectral_norm(module, n_power_iterations=iterations)
    np.testing.assert_allclose(mine.weight_u.numpy(), theirs.weight_u.numpy(), rtol=1e-9)
    compare(mine, theirs)
    mine.eval()
    theirs.eval()
    compare(mine, theirs)
    for lib, module in zip(LIBS, (mine, theirs), strict=True):
        lib.nn.utils.remove_spectral_norm(module)
    compare(mine, theirs)


@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_misuse_of_norms(name):
    add, remove = getattr(nn.utils, name), getattr(nn.utils, f"remove_{name}")
    layer = add(nn.Linear(2, 2))
    with pytest.raises(RuntimeError, match=f"Cannot register two {name} hooks"):
        add(layer)
    remove(layer)
    with pytest.raises(ValueError, match=f"{name} of 'weight' not found"):
        remove(layer)
    with pytest.raises(ValueError, match="no parameter 'scale'"):
        add(layer, "scale")
    with pytest.raises(ValueError, match="run a batch"):
        add(nn.LazyLinear(2))
    with pytest.raises(ValueError, match="n_power_iterations"):
        nn.utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)


AVERAGES = {
    "mean": lambda module: {},
    "ema": lambda module: {"avg_fn": module.get_ema_avg_fn(0.8)},
    "multi ema": lambda module: {"multi_avg_fn": module.get_ema_multi_avg_fn(0.8)},
    "multi mean": lambda module: {"multi_avg_fn": module.get_swa_multi_avg_fn()},
    "buffers": lambda module: {"use_buffers": True, "avg_fn": module.get_ema_avg_fn(0.5)},
    "mean of buffers": lambda module: {"use_buffers": True},
}


@pytest.mark.parametrize("name", AVERAGES)
def test_averaged_model(name):
    found = []
    data = np.random.default_rng(0).standard_normal((4, 6, 3)).astype(np.float32)
    torch.manual_seed(0)
    start = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2)).state_dict()
    for lib, module, kind in (
        (rg, swa_utils, nn.utils.averaging.AveragedModel),
        (torch, torch.optim.swa_utils, torch.optim.swa_utils.AveragedModel),
    ):
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(3), lib.nn.Linear(3, 2))
        model.load_state_dict({k: lib.tensor(v.numpy()) for k, v in start.items()})
        optimizer = lib.optim.SGD(model.parameters(), lr=0.05)
        averaged = kind(model, **AVERAGES[name](module))
        for x in data:
            optimizer.zero_grad()
            (model(lib.tensor(x)) ** 3).sum().backward()
            optimizer.step()
            averaged.update_parameters(model)
        found.append(averaged.state_dict())
    mine, theirs = found
    assert list(mine) == list(theirs)
    for key, value in mine.items():
        np.testing.assert_allclose(value.numpy(), theirs[key].numpy(), rtol=1e-5, atol=1e-6)


def test_update_bn():
    data = np.random.default_rng(0).standard_normal((4, 6, 3)).astype(np.float32)
    found = []
    for lib, update in (
        (rg, nn.utils.averaging.update_bn),
        (torch, torch.optim.swa_utils.update_bn),
    ):
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(3)).eval()
        update([(lib.tensor(x), None) for x in data], model)
        assert not model.training
        assert model[0].momentum == 0.1
        found.append(model.state_dict())
    for key, value in found[0].items():
        np.testing.assert_allclose(value.numpy(), found[1][key].numpy(), rtol=1e-5, atol=1e-7)
