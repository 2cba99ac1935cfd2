"""Parametrized modules: values, gradients, names of the state and errors as in PyTorch."""

import copy
import importlib
import pickle

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn
from retrograd.nn.utils import parametrizations, parametrize

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle
LIBS = (rg, torch)

LAYERS = {
    "Linear": ((4, 3), (5, 4)),
    "Conv2d": ((4, 3, 2), (2, 4, 6, 6)),
    "ConvTranspose2d": ((4, 3, 2), (2, 4, 6, 6)),
}


def tools(lib):
    """PyTorch's module of tools, or ours."""
    return importlib.import_module(f"{lib.__name__}.nn.utils.parametrize"), importlib.import_module(
        f"{lib.__name__}.nn.utils.parametrizations"
    )


def layer(lib, name="Linear"):
    lib.manual_seed(0)
    return getattr(lib.nn, name)(*LAYERS[name][0])


def steps(lib, module, name, count=3):
    """Outputs and parameters of a few steps of training, and the state after them."""
    x = lib.tensor(np.random.default_rng(0).standard_normal(LAYERS[name][1]).astype("float32"))
    optimizer = lib.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    found = []
    for _ in range(count):
        optimizer.zero_grad()
        y = module(x)
        (y * y).mean().backward()
        optimizer.step()
        found.append(y.detach().numpy())
    return found + [v.numpy() for v in module.state_dict().values()], list(module.state_dict())


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "apply",
    [
        lambda norms, m: norms.weight_norm(m),
        lambda norms, m: norms.weight_norm(m, dim=None),
        lambda norms, m: norms.weight_norm(m, "bias"),
        lambda norms, m: norms.spectral_norm(m),
        lambda norms, m: norms.spectral_norm(m, n_power_iterations=3, dim=1),
        lambda norms, m: norms.spectral_norm(norms.weight_norm(m)),
    ],
    ids=["weight", "weight-whole", "weight-bias", "spectral", "spectral-3-dim-1", "both"],
)
def test_norms(name, apply):
    found, names = [], []
    for lib in LIBS:
        results, keys = steps(lib, apply(tools(lib)[1], layer(lib, name)), name)
        found.append(results)
        names.append(keys)
    assert names[0] == names[1]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def test_evaluation_keeps_the_singular_vectors():
    module = parametrizations.spectral_norm(nn.Linear(4, 3)).eval()
    before = module.parametrizations.weight[0]._u.clone()
    assert module.weight.tolist() == module.weight.tolist()
    assert before.equal(module.parametrizations.weight[0]._u)
    assert rg.linalg.matrix_norm(module.weight, 2).item() == pytest.approx(1, abs=1e-3)


class Twice(nn.Module):
    def forward(self, x):
        return 2 * x

    def right_inverse(self, x):
        return x / 2


class Positive(nn.Module):
    def forward(self, x):
        return x.exp()


class Product(nn.Module):
    def forward(self, a, b):
        return a @ b

    def right_inverse(self, x):
        return x, rg.eye(x.shape[1])


def test_the_value_stays_where_there_is_an_inverse():
    module = nn.Linear(2, 2)
    before, parameter = module.weight.detach().clone(), module.weight
    parametrize.register_parametrization(module, "weight", Twice())
    assert module.weight.tolist() == before.tolist()
    assert module.parametrizations.weight.original is parameter
    module.weight = rg.full((2, 2), 6.0)
    assert parameter.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_several_tensors_in_the_place_of_one():
    module = nn.Linear(3, 3, bias=False)
    before = module.weight.detach().clone()
    parametrize.register_parametrization(module, "weight", Product())
    assert module.weight.tolist() == before.tolist()
    assert [n for n, _ in module.named_parameters()] == [
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    with pytest.raises(ValueError, match="in terms of a sequence"):
        parametrize.remove_parametrizations(module, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(module, "weight")
    assert type(module) is nn.Linear
    assert isinstance(module.weight, nn.Parameter)
    assert module.weight.tolist() == before.tolist()


@pytest.mark.parametrize(("leave", "expected"), [(True, 2.0), (False, 1.0)])
def test_removal(leave, expected):
    class Double(nn.Module):
        def forward(self, x):
            return 2 * x

    module = nn.BatchNorm1d(2)
    parametrize.register_parametrization(module, "weight", Double())
    parametrize.register_parametrization(module, "running_var", Double())
    for name in ("weight", "running_var"):
        assert parametrize.is_parametrized(module, name)
        parametrize.remove_parametrizations(module, name, leave_parametrized=leave)
        assert getattr(module, name).tolist() == [expected] * 2
    assert type(module) is nn.BatchNorm1d
    assert not parametrize.is_parametrized(module)
    assert sorted(dict(module.named_buffers())) == [
        "num_batches_tracked",
        "running_mean",
        "running_var",
    ]


def test_a_second_one_is_applied_to_the_first():
    module = nn.Linear(2, 2)
    module.weight.data.fill_(0.5)
    for rule in (Twice(), Positive()):
        parametrize.register_parametrization(module, "weight", rule)
    assert module.weight[0, 0].item() == pytest.approx(np.exp(0.5))
    assert len(module.parametrizations.weight) == 2


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_copies_are_apart(duplicate):
    module = parametrizations.weight_norm(nn.Linear(3, 2))
    again = duplicate(module)
    assert again.weight.tolist() == module.weight.tolist()
    parametrize.remove_parametrizations(again, "weight")
    assert parametrize.is_parametrized(module, "weight")
    assert module.weight.tolist() == again.weight.tolist()


def test_computed_once_inside_cached():
    module = parametrizations.weight_norm(nn.Linear(3, 2))
    assert module.weight is not module.weight
    with parametrize.cached():
        assert module.weight is module.weight
        (module.weight.sum() + module(rg.ones(1, 3)).sum()).backward()
    assert module.weight is not module.weight


def test_the_state_goes_both_ways():
    mine, theirs = (tools(lib)[1].weight_norm(layer(lib)) for lib in LIBS)
    mine.load_state_dict({k: rg.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()})
    np.testing.assert_allclose(mine.weight.detach().numpy(), theirs.weight.detach().numpy(), 1e-6)


class Flat(nn.Module):
    def forward(self, x):
        return x.reshape(-1)


class Wide(nn.Module):
    def forward(self, x):
        return x.double()


class Text(nn.Module):
    def forward(self, x):
        return "no tensor"


@pytest.mark.parametrize(
    ("rule", "message"),
    [(Flat(), "shape"), (Wide(), "dtype"), (Text(), "must return a tensor")],
    ids=["shape", "dtype", "type"],
)
def test_unfit_parametrizations_change_nothing(rule, message):
    module = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(module, "weight", rule)
    assert type(module) is nn.Linear
    assert sorted(dict(module.named_parameters())) == ["bias", "weight"]
    parametrize.register_parametrization(module, "weight", Twice())
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(module, "weight", rule)
    assert len(module.parametrizations.weight) == 1


def test_misuse():
    module = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="with name 'scale'"):
        parametrize.register_parametrization(module, "scale", Twice())
    with pytest.raises(ValueError, match="no parameter or buffer with name 'scale'"):
        parametrizations.spectral_norm(module, "scale")
    with pytest.raises(ValueError, match="n_power_iterations"):
        parametrizations.spectral_norm(module, n_power_iterations=0)
    with pytest.raises(IndexError, match="Dimension out of range"):
        parametrizations.spectral_norm(module, dim=2)
    with pytest.raises(ValueError, match="does not have a parametrization on weight"):
        parametrize.remove_parametrizations(module, "weight")
    parametrize.register_parametrization(module, "weight", Positive())
    with pytest.raises(RuntimeError, match="does not implement right_inverse"):
        module.weight = rg.ones(2, 2)
