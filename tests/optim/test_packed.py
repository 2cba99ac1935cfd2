"""Many small parameters updated as one array: bit by bit what each would give alone."""

import copy

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim
from retrograd.backends import packing
from retrograd.optim import updates

SHAPES = [(3, 4), (5,), (), (2, 1, 3), (1,), (7,), (0,), (2, 2), (40, 60)]

# Each row: a class, and settings, between them all that rules look at.
CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "maximize": True}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3}),
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "maximize": True}),
    ("AdamW", {"weight_decay": 0.1}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("Adamax", {"maximize": True}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adadelta", {"weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("RMSprop", {}),
    ("Rprop", {}),
    ("ASGD", {"t0": 2, "lambd": 0.1}),
]
ROWS = [pytest.param(name, kw, id="-".join([name, *kw])) for name, kw in CASES]


@pytest.fixture
def packs(monkeypatch):
    """The numbers of parameters that were updated together."""
    seen = []

    def noting(rule, entries, group, run=updates._apply_packed):
        seen.append(len(entries))
        run(rule, entries, group)

    monkeypatch.setattr(updates, "_apply_packed", noting)
    return seen


def parameters(shapes=SHAPES, dtype=rg.float32):
    rng = np.random.default_rng(0)
    return [
        rg.tensor(np.asarray(rng.standard_normal(shape)), dtype=dtype, requires_grad=True)
        for shape in shapes
    ]


def set_gradients(params, seed, missing=()):
    rng = np.random.default_rng(seed)
    for k, p in enumerate(params):
        values = np.asarray(rng.standard_normal(p.shape)) * (rng.random(p.shape) > 0.2)
        p.grad = None if k in missing else rg.tensor(values, dtype=p.dtype)


def bits(params, optimizer):
    """All values, of parameters and of their state."""
    found = [p.detach().numpy().tobytes() for p in params]
    state = optimizer.state_dict()["state"]
    tensors = [(n, name, t.numpy()) for n, held in state.items() for name, t in held.items()]
    return found, [(n, name, a.dtype, a.shape, a.tobytes()) for n, name, a in tensors]


@pytest.mark.parametrize("dtype", [rg.float32, rg.float64, rg.float16])
@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_packed_is_plain(name, settings, dtype, packs):
    """With gradients that are missing in turn, so that counts of steps differ."""

    def run(foreach):
        params = parameters(dtype=dtype)
        optimizer = getattr(optim, name)(params, lr=0.1, foreach=foreach, **settings)
        path = []
        for step in range(6):
            set_gradients(params, step, missing=(step,) if step % 2 else ())
            optimizer.step()
            path.append(bits(params, optimizer))
        return path

    assert run(foreach=None) == run(foreach=False)
    assert packs[0] == len(SHAPES) - 2


@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_packed_is_plain_when_everything_changes_in_between(name, settings):
    """Groups, settings, loaded state, copies, new memory of a parameter and of its state."""

    def run(foreach):
        params = parameters()
        groups = [{"params": params[:6]}, {"params": params[6:], "lr": 0.05}]
        optimizer = getattr(optim, name)(groups, lr=0.1, foreach=foreach, **settings)

        def go(seed):
            set_gradients(params, seed)
            optimizer.step()

        go(0)
        params += parameters([(4,)] * 6)
        optimizer.add_param_group({"params": params[-6:], "lr": 0.2})
        go(1)
        saved = copy.deepcopy(optimizer.state_dict())
        optimizer.param_groups[0]["lr"] = 0.01
        go(2)
        optimizer.load_state_dict(saved)
        params[1].data = params[1].detach() * 2
        for held in optimizer.state[params[5]].values():
            held.data = held.detach().clone()
        go(3)
        params, optimizer = copy.deepcopy((params, optimizer))
        go(4)
        return bits(params, optimizer)

    assert run(foreach=None) == run(foreach=False)


def strided(p):
    return rg.from_numpy(np.repeat(p.detach().numpy(), 2, axis=-1)[..., ::2]).requires_grad_()


def transposed(p):
    return rg.from_numpy(np.asfortranarray(p.detach().numpy())).requires_grad_()


@pytest.mark.parametrize("lay_out", [strided, transposed])
def test_parameters_in_any_layout(lay_out, packs):
    def run(foreach):
        params = [lay_out(p) for p in parameters([(2, 3)] * 8)]
        optimizer = optim.Adam(params, lr=0.1, foreach=foreach)
        for step in range(3):
            set_gradients(params, step)
            optimizer.step()
        return bits(params, optimizer)

    assert run(foreach=None) == run(foreach=False)
    assert packs == [8, 8, 8]


def of_two_types(foreach):
    params = parameters([(2,)] * 4) + parameters([(2,)] * 4, rg.float64)
    return params, optim.SGD(params, lr=0.1, momentum=0.9, foreach=foreach)


def with_state_of_another_type(foreach):
    params = parameters([(2,)] * 8)
    optimizer = optim.SGD(params, lr=0.1, momentum=0.9, foreach=foreach)
    set_gradients(params, 0)
    optimizer.step()
    for p in params:
        p.data, p.grad = p.detach().double(), None
    return params, optimizer


def parts_of_one_vector(foreach):
    params = parameters([(2,)] * 8)
    rg.nn.utils.vector_to_parameters(rg.arange(16.0), params)
    return params, optim.SGD(params, lr=0.1, momentum=0.9, foreach=foreach)


def tied(foreach):
    params = parameters([(2,)] * 8)
    params[3].data = params[0].data
    return params, optim.SGD(params, lr=0.1, momentum=0.9, foreach=foreach)


def twice_in_a_group(foreach):
    params = parameters([(2,)] * 8)
    with pytest.warns(UserWarning, match="duplicate"):
        return params, optim.SGD([*params, params[0]], lr=0.1, momentum=0.9, foreach=foreach)


@pytest.mark.parametrize(
    "make",
    [of_two_types, with_state_of_another_type, parts_of_one_vector, tied, twice_in_a_group],
)
def test_what_cannot_be_packed_is_updated_one_by_one(make, packs):
    def run(foreach):
        params, optimizer = make(foreach)
        packs.clear()
        for step in range(1, 4):
            set_gradients(params, step)
            optimizer.step()
        return bits(params, optimizer)

    assert run(foreach=None) == run(foreach=False)
    assert packs == []


def test_large_ones_in_between_and_more_than_a_lot(packs):
    shapes = [(packing.SMALL,)] * 40 + [(packing.SMALL + 1,)]
    params = parameters(shapes)
    start = [p.detach().clone() for p in params]
    set_gradients(params, 0)
    optim.SGD(params, lr=0.5).step()
    for p, before in zip(params, start, strict=True):
        assert rg.equal(p, before - 0.5 * p.grad)
    assert sum(packs) == 40
    assert max(packs) * packing.SMALL == packing.LOT


def test_a_packed_step_counts_as_a_write_to_each_parameter():
    params = parameters([(2,)] * 8)
    losses = [(p * p).sum() for p in params]
    set_gradients(params, 0)
    versions = [p._version for p in params]
    optim.SGD(params, lr=0.1).step()
    assert [p._version for p in params] == [version + 1 for version in versions]
    for loss in losses:
        with pytest.raises(RuntimeError, match=r"SGD\.step"):
            loss.backward()


def test_state_of_another_shape_is_an_error():
    params = parameters([(2,)] * 8)
    optimizer = optim.SGD(params, lr=0.1, momentum=0.9)
    set_gradients(params, 0)
    optimizer.step()
    params[1].data, params[2].data = rg.zeros(3), rg.zeros(1)
    set_gradients(params, 1)
    with pytest.raises(ValueError, match="broadcast"):
        optimizer.step()
