"""Twenty steps of every optimizer, with every argument, are PyTorch's."""

import copy
import itertools
import pickle

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim
from tests.optim import trajectories as t

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

# Each row: a class, and the settings that differ from its defaults.
CASES = {
    "SGD": [
        {},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1, "nesterov": True, "maximize": True},
        {"lr": 0.1, "maximize": True},
    ],
    "Adam": [
        {},
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3},
        {"lr": 0.1, "betas": (0.3, 0.0)},
        {"lr": 0.1, "amsgrad": True},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "amsgrad": True},
    ],
    "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}],
    "NAdam": [
        {},
        {"lr": 0.1, "betas": (0.8, 0.9), "momentum_decay": 0.1, "eps": 1e-4},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-4},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "Adamax": [
        {},
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    ],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    ],
    "Adadelta": [
        {},
        {"lr": 0.5, "rho": 0.7, "eps": 1e-3},
        {"weight_decay": 0.1, "maximize": True},
    ],
    "RMSprop": [
        {},
        {"lr": 0.1, "alpha": 0.7, "eps": 1e-3},
        {"lr": 0.1, "centered": True, "eps": 1e-2},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "centered": True, "eps": 1e-2, "weight_decay": 0.1},
        {"lr": 0.1, "maximize": True},
    ],
    "Rprop": [
        {},
        {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.01, 0.2)},
        {"maximize": True},
    ],
    "ASGD": [
        {},
        {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 5},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    ],
    "Adafactor": [
        {},
        {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-3, 0.1), "d": 1.5},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    ],
}
ROWS = [
    pytest.param(name, settings, id=f"{name}-{'-'.join(settings) or 'defaults'}")
    for name, rows in CASES.items()
    for settings in rows
]
RTOL = {np.float64: 1e-11, np.float32: 5e-5}


def make(name, settings, dtype):
    """Parameters and optimizer, ours and theirs."""
    a, b = t.ours(dtype), t.theirs(torch, dtype)
    return a, getattr(optim, name)(a, **settings), b, getattr(torch.optim, name)(b, **settings)


def to_torch(value):
    """Our state as PyTorch would have saved it."""
    if isinstance(value, rg.Tensor):
        return torch.tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: to_torch(v) for k, v in value.items()}
    return [to_torch(v) for v in value] if isinstance(value, list) else value


def to_ours(value):
    if isinstance(value, torch.Tensor):
        return rg.tensor(value.detach().numpy())
    if isinstance(value, dict):
        return {k: to_ours(v) for k, v in value.items()}
    return [to_ours(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_trajectory(name, settings, dtype):
    a, mine, b, their = make(name, settings, dtype)
    path = t.run(mine, a, rg.tensor)
    t.assert_same(path, t.run(their, b, torch.tensor), RTOL[dtype])


# Every combination of these, where PyTorch takes it.
ON_OFF = (False, True)
GRIDS = {
    "SGD": {
        "momentum": (0, 0.9), "dampening": (0, 0.3), "nesterov": ON_OFF, "weight_decay": (0, 0.1),
        "maximize": ON_OFF, "foreach": (None, False, True),
    },
    "Adam": {
        "amsgrad": ON_OFF, "decoupled_weight_decay": ON_OFF, "weight_decay": (0, 0.1),
        "maximize": ON_OFF, "fused": (None, False), "betas": ((0.9, 0.999), (0.0, 0.5)),
    },
    "AdamW": {"amsgrad": ON_OFF, "weight_decay": (0, 0.3), "maximize": ON_OFF},
    "NAdam": {
        "decoupled_weight_decay": ON_OFF, "weight_decay": (0, 0.1), "maximize": ON_OFF,
        "momentum_decay": (0, 0.1),
    },
    "RAdam": {"decoupled_weight_decay": ON_OFF, "weight_decay": (0, 0.1), "maximize": ON_OFF},
    "Adamax": {"weight_decay": (0, 0.1), "maximize": ON_OFF, "foreach": (None, False, True)},
    "Adagrad": {
        "lr_decay": (0, 0.1), "initial_accumulator_value": (0, 0.5), "weight_decay": (0, 0.1),
        "maximize": ON_OFF,
    },
    "Adadelta": {"rho": (0.9, 0.0, 1.0), "weight_decay": (0, 0.1), "maximize": ON_OFF},
    "RMSprop": {
        "centered": ON_OFF, "momentum": (0, 0.9), "weight_decay": (0, 0.1), "maximize": ON_OFF,
        "eps": (1e-2,),
    },
    "Rprop": {"etas": ((0.5, 1.2), (0.1, 3.0)), "maximize": ON_OFF},
    "ASGD": {"t0": (1e6, 0.0), "lambd": (0, 0.1), "weight_decay": (0, 0.1), "maximize": ON_OFF},
    "Adafactor": {"d": (1.0, 2.0), "weight_decay": (0, 0.1), "maximize": ON_OFF},
}  # fmt: skip
COMBINATIONS = [
    pytest.param(name, dict(zip(grid, values, strict=True)), id=f"{name}-{values}")
    for name, grid in GRIDS.items()
    for values in itertools.product(*grid.values())
]


@pytest.mark.parametrize(("name", "settings"), COMBINATIONS)
def test_combination_of_settings(name, settings):
    b = t.theirs(torch, np.float64)
    try:
        their = getattr(torch.optim, name)(b, lr=0.05, **settings)
    except ValueError:
        with pytest.raises(ValueError, match="Nesterov momentum requires"):
            getattr(optim, name)(t.ours(np.float64), lr=0.05, **settings)
        return
    a = t.ours(np.float64)
    mine = getattr(optim, name)(a, lr=0.05, **settings)
    t.assert_same(t.run(mine, a, rg.tensor), t.run(their, b, torch.tensor), 1e-11)
    assert_same_state(mine.state_dict(), their.state_dict())


def assert_same_state(mine, their):
    assert mine["param_groups"] == [
        {k: v for k, v in g.items() if k in mine["param_groups"][0]} for g in their["param_groups"]
    ]
    assert set(mine["param_groups"][0]) == set(their["param_groups"][0])
    assert mine["state"].keys() == their["state"].keys()
    for number, values in mine["state"].items():
        wanted = {k: v for k, v in their["state"][number].items() if v is not None}
        assert values.keys() == wanted.keys()
        for key, value in values.items():
            assert value.numpy().dtype == wanted[key].numpy().dtype, key
            assert value.shape == tuple(wanted[key].shape), key
            np.testing.assert_allclose(value.numpy(), wanted[key].numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_state_dict_is_pytorchs(name, settings):
    a, mine, b, their = make(name, settings, np.float64)
    t.run(mine, a, rg.tensor, steps=3)
    t.run(their, b, torch.tensor, steps=3)
    assert_same_state(mine.state_dict(), their.state_dict())


@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_state_moves_both_ways(name, settings):
    a, mine, b, their = make(name, settings, np.float64)
    t.run(mine, a, rg.tensor, steps=4)
    t.run(their, b, torch.tensor, steps=4)
    from_mine, from_their = to_torch(mine.state_dict()), to_ours(their.state_dict())
    c = [rg.tensor(q.detach().numpy(), requires_grad=True) for q in b]
    d = [torch.tensor(p.detach().numpy(), requires_grad=True) for p in a]
    mine_2, their_2 = getattr(optim, name)(c), getattr(torch.optim, name)(d)
    mine_2.load_state_dict(from_their)
    their_2.load_state_dict(from_mine)
    # Each goes on from what the other has saved.
    wanted = t.run(their, b, torch.tensor, steps=4, first=4)
    t.assert_same(t.run(mine_2, c, rg.tensor, steps=4, first=4), wanted, 1e-11)
    # PyTorch turns NAdam's "mu_product" from float32 to the parameter's type on loading.
    rtol = 1e-7 if name == "NAdam" else 1e-11
    wanted = t.run(mine, a, rg.tensor, steps=4, first=4)
    t.assert_same(t.run(their_2, d, torch.tensor, steps=4, first=4), wanted, rtol)


@pytest.mark.parametrize("name", CASES)
def test_groups_have_their_own_settings(name):
    a, b = t.ours(np.float64), t.theirs(torch, np.float64)

    def groups(p):
        return [{"params": p[:2]}, {"params": p[2:], "lr": 0.2, "weight_decay": 0.1}]

    if name == "Rprop":
        pytest.skip("has no weight decay")
    mine = getattr(optim, name)(groups(a), lr=0.05)
    their = getattr(torch.optim, name)(groups(b), lr=0.05)
    t.assert_same(t.run(mine, a, rg.tensor), t.run(their, b, torch.tensor), 1e-11)
    assert_same_state(mine.state_dict(), their.state_dict())


@pytest.mark.parametrize("name", CASES)
def test_learning_rate_may_be_a_tensor_and_may_change(name):
    a, mine, b, their = make(name, {}, np.float64)
    path, wanted = [], []
    for step in range(6):
        for lib, optimizer in ((rg, mine), (torch, their)):
            optimizer.param_groups[0]["lr"] = lib.tensor(0.1 / (step + 1), dtype=lib.float64)
        path += t.run(mine, a, rg.tensor, steps=1, first=step)
        wanted += t.run(their, b, torch.tensor, steps=1, first=step)
    t.assert_same(path, wanted, 1e-11)


@pytest.mark.parametrize("name", CASES)
def test_parameters_without_gradient_are_left_alone(name):
    a, mine, b, their = make(name, {"lr": 0.1}, np.float64)
    for step in range(4):
        only = {step % 2, 3}
        for p in (*a, *b):
            p.grad = None
        t.set_gradients(a, rg.tensor, step, only)
        t.set_gradients(b, torch.tensor, step, only)
        mine.step()
        their.step()
    t.assert_same([t.values(a)], [t.values(b)], 1e-11)
    assert a[2] not in mine.state


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("copier", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_goes_on_in_the_same_way(name, copier):
    a = t.ours(np.float64)
    mine = getattr(optim, name)(a, lr=0.1)
    t.run(mine, a, rg.tensor, steps=3)
    b, other = copier((a, mine))
    assert other.param_groups[0]["params"][0] is b[0]
    path = t.run(mine, a, rg.tensor, steps=3)
    t.assert_same(t.run(other, b, rg.tensor, steps=3), path, 0.0)


LAYOUTS = {
    "large": lambda x: x,
    "transposed": lambda x: np.asfortranarray(x),
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
}


@pytest.mark.parametrize("of_gradient", LAYOUTS)
@pytest.mark.parametrize("of_parameter", LAYOUTS)
@pytest.mark.parametrize("name", CASES)
def test_large_parameters_are_updated_block_by_block(name, of_parameter, of_gradient):
    """Sizes that are no multiple of a block, in any layout, give what small ones give."""
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((2, 301, 259))
    settings = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    large = rg.from_numpy(LAYOUTS[of_parameter](x.copy())).requires_grad_()
    theirs = torch.tensor(x, requires_grad=True)
    mine = getattr(optim, name)([large], lr=0.1, **settings)
    their = getattr(torch.optim, name)([theirs], lr=0.1, **settings)
    for _ in range(2):
        large.grad = rg.from_numpy(LAYOUTS[of_gradient](g))
        theirs.grad = torch.tensor(g)
        mine.step()
        their.step()
    np.testing.assert_allclose(
        large.detach().numpy(), theirs.detach().numpy(), rtol=1e-11, atol=1e-11
    )


def test_steps_from_the_engines_own_gradients():
    x = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    ends = []
    for lib, make_optimizer in ((rg, optim.Adam), (torch, torch.optim.Adam)):
        w = lib.ones(3, 1, requires_grad=True)
        optimizer = make_optimizer([w], lr=0.05)
        for _ in range(20):
            optimizer.zero_grad()
            ((lib.tensor(x) @ w - 1.0) ** 2).mean().backward()
            optimizer.step()
        ends.append(w.detach().numpy())
    np.testing.assert_allclose(*ends, rtol=1e-5)
