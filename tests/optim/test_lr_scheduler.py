"""Fifty epochs of every scheduler are PyTorch's, chained ones and resumed ones too."""

import math
import warnings

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim
from retrograd.optim import lr_scheduler, swa_utils

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EPOCHS = 50


def metric(epoch):
    """Falls, stays, and wobbles."""
    return math.exp(-epoch / 8) + 0.3 * math.sin(epoch)


# Each row: a name, and a function of (lr_scheduler module, optimizer) that makes the scheduler.
ROWS = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
    "LambdaLR list": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 1 - 1 / (epoch + 2)),
    "StepLR": lambda s, o: s.StepLR(o, 7, gamma=0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 10, 10, 30], gamma=0.5),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR 2": lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=20),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR 2": lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=30),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR 2": lambda s, o: s.PolynomialLR(o, total_iters=40, power=2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 10),
    "CosineAnnealingLR 2": lambda s, o: s.CosineAnnealingLR(o, 50, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "CosineAnnealingWarmRestarts 2": lambda s, o: s.CosineAnnealingWarmRestarts(
        o, 5, T_mult=2, eta_min=0.01
    ),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1, step_size_up=6),
    "CyclicLR 2": lambda s, o: s.CyclicLR(
        o, [0.01, 0.02], [0.1, 0.2], step_size_up=6, step_size_down=9, mode="triangular2"
    ),
    "CyclicLR 3": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 6, mode="exp_range", gamma=0.9, base_momentum=0.7, max_momentum=0.95
    ),
    "CyclicLR 4": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 6, scale_fn=lambda x: 1 / x, scale_mode="cycle", cycle_momentum=False
    ),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=60),
    "OneCycleLR 2": lambda s, o: s.OneCycleLR(
        o,
        [0.1, 0.2],
        epochs=6,
        steps_per_epoch=10,
        pct_start=0.4,
        anneal_strategy="linear",
        base_momentum=0.7,
        max_momentum=0.9,
        div_factor=10.0,
        final_div_factor=100.0,
    ),
    "OneCycleLR 3": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=55, three_phase=True),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=2),
    "ReduceLROnPlateau 2": lambda s, o: s.ReduceLROnPlateau(
        o, "max", 0.5, 1, 0.01, "abs", cooldown=2, min_lr=[0.01, 0.02], eps=1e-4
    ),
    "ReduceLROnPlateau 3": lambda s, o: s.ReduceLROnPlateau(o, "max", 0.5, 1, min_lr=0.01),
    "ReduceLROnPlateau 4": lambda s, o: s.ReduceLROnPlateau(
        o, "min", 0.5, 1, 0.1, threshold_mode="abs"
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, factor=0.1, total_iters=5), s.ExponentialLR(o, gamma=0.9)]
    ),
    "ChainedScheduler 2": lambda s, o: s.ChainedScheduler(
        [s.CosineAnnealingLR(o, 9, eta_min=0.001), s.StepLR(o, 5), s.LinearLR(o)], optimizer=o
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, factor=0.1), s.ExponentialLR(o, gamma=0.9)], milestones=[12]
    ),
    "SequentialLR 2": lambda s, o: s.SequentialLR(
        o,
        [
            s.LinearLR(o, 0.1, total_iters=4),
            s.CosineAnnealingLR(o, 20),
            s.PolynomialLR(o, 10),
            s.MultiStepLR(o, [2, 4]),
            s.CosineAnnealingWarmRestarts(o, 3),
        ],
        milestones=[4, 24, 33, 40],
    ),
}
LIBS = [(rg, optim, lr_scheduler), (torch, torch.optim, torch.optim.lr_scheduler)]


def optimizer_of(lib, namespace, make=None, as_tensor=False):
    groups = [
        {"params": [lib.ones(2, requires_grad=True)]},
        {"params": [lib.ones(2, requires_grad=True)], "lr": 0.3},
    ]
    if as_tensor:
        for group, lr in zip(groups, (0.05, 0.3), strict=True):
            group["lr"] = lib.tensor(lr, dtype=lib.float64)
    return (make or namespace.SGD)(groups, lr=0.05)


def settings(optimizer):
    return [
        [float(g["lr"]), g.get("momentum", 0), *g.get("betas", ())] for g in optimizer.param_groups
    ]


def path(optimizer, scheduler, first=0, last=EPOCHS):
    rows = [[settings(optimizer), [float(lr) for lr in scheduler.get_last_lr()]]]
    for epoch in range(first, last):
        optimizer.step()
        if "Plateau" in type(scheduler).__name__:
            scheduler.step(metric(epoch))
        else:
            scheduler.step()
        rows.append([settings(optimizer), [float(lr) for lr in scheduler.get_last_lr()]])
    return rows


def assert_same(mine, theirs):
    for epoch, (row, wanted) in enumerate(zip(mine, theirs, strict=True)):
        for a, b in zip(row, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-17, err_msg=f"epoch {epoch}")


@pytest.mark.parametrize("optimizer_name", ["SGD", "Adam"])
@pytest.mark.parametrize("name", ROWS)
def test_path(name, optimizer_name):
    if optimizer_name == "Adam" and not name.startswith(("CyclicLR", "OneCycleLR", "StepLR")):
        pytest.skip("only the momentum differs")
    paths = []
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace, getattr(namespace, optimizer_name))
        paths.append(path(optimizer, ROWS[name](module, optimizer)))
    assert_same(*paths)


@pytest.mark.parametrize("name", ROWS)
def test_path_of_a_tensor(name):
    """A learning rate that is a tensor is changed in place."""
    paths = []
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace, as_tensor=True)
        held = optimizer.param_groups[1]["lr"]
        paths.append(path(optimizer, ROWS[name](module, optimizer)))
        assert optimizer.param_groups[1]["lr"] is held
    assert_same(*paths)


@pytest.mark.parametrize("name", ROWS)
def test_resuming(name):
    optimizer = optimizer_of(rg, optim)
    scheduler = ROWS[name](lr_scheduler, optimizer)
    wanted = path(optimizer, scheduler, last=20)
    saved = scheduler.state_dict(), optimizer.state_dict()
    wanted = path(optimizer, scheduler, first=20)
    other = optimizer_of(rg, optim)
    resumed = ROWS[name](lr_scheduler, other)
    resumed.load_state_dict(saved[0])
    other.load_state_dict(saved[1])
    assert path(other, resumed, first=20) == wanted


@pytest.mark.parametrize("name", [n for n in ROWS if "Lambda" not in n and "Multiplic" not in n])
def test_state_comes_from_pytorch(name):
    theirs = optimizer_of(torch, torch.optim)
    their = ROWS[name](torch.optim.lr_scheduler, theirs)
    path(theirs, their, last=20)
    mine = optimizer_of(rg, optim)
    my = ROWS[name](lr_scheduler, mine)
    my.load_state_dict(their.state_dict())
    for group, wanted in zip(mine.param_groups, theirs.param_groups, strict=True):
        group.update({k: v for k, v in wanted.items() if k != "params"})
    assert_same(path(mine, my, first=20), path(theirs, their, first=20))


@pytest.mark.parametrize("name", [n for n in ROWS if "Lambda" not in n and "Multiplic" not in n])
def test_state_goes_to_pytorch(name):
    mine = optimizer_of(rg, optim)
    my = ROWS[name](lr_scheduler, mine)
    path(mine, my, last=20)
    theirs = optimizer_of(torch, torch.optim)
    their = ROWS[name](torch.optim.lr_scheduler, theirs)
    their.load_state_dict(my.state_dict())
    for group, wanted in zip(theirs.param_groups, mine.param_groups, strict=True):
        group.update({k: v for k, v in wanted.items() if k != "params"})
    assert_same(path(mine, my, first=20), path(theirs, their, first=20))


@pytest.mark.parametrize(
    "name",
    ["StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR 2", "PolynomialLR 2"],
)
def test_going_to_an_epoch(name):
    ends = []
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace)
        scheduler = ROWS[name](module, optimizer)
        optimizer.step()
        rows = []
        for epoch in (5, 2, 10, 30):
            with pytest.warns(UserWarning, match="epoch parameter"):
                scheduler.step(epoch)
            rows.append([settings(optimizer)])
        ends.append(rows)
    assert_same(*ends)


def test_warm_restarts_take_fractions_of_epochs():
    ends = []
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace)
        scheduler = module.CosineAnnealingWarmRestarts(optimizer, 3, T_mult=2)
        rows = []
        for epoch in np.arange(0, 20, 0.3).tolist():
            scheduler.step(epoch)
            rows.append([settings(optimizer)])
        ends.append(rows)
    assert_same(*ends)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 10])
def test_swalr(strategy, epochs):
    paths = []
    for lib, namespace, _ in LIBS:
        optimizer = optimizer_of(lib, namespace)
        module = swa_utils if lib is rg else torch.optim.swa_utils
        scheduler = module.SWALR(optimizer, [0.01, 0.02], epochs, strategy)
        paths.append(path(optimizer, scheduler, last=20))
    assert_same(*paths)


def test_going_on_from_an_epoch():
    paths = []
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace)
        with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\]"):
            module.StepLR(optimizer, 3, last_epoch=4)
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
        makers = (module.CosineAnnealingLR, module.StepLR)
        paths += [path(optimizer, make(optimizer, 6, last_epoch=4), last=10) for make in makers]
    assert_same(paths[0], paths[2])
    assert_same(paths[1], paths[3])


def test_stepping_before_the_optimizer_is_a_warning():
    optimizer = optimizer_of(rg, optim)
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match=r"before `optimizer\.step\(\)`"):
        scheduler.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


class Falling:
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, epoch):
        return self.rate**epoch


@pytest.mark.parametrize("make", [lr_scheduler.LambdaLR, lr_scheduler.MultiplicativeLR])
def test_state_of_callable_objects_is_saved(make):
    saved = make(optimizer_of(rg, optim), [Falling(0.5), lambda e: 1.0]).state_dict()
    assert saved["lr_lambdas"] == [{"rate": 0.5}, None]
    other = make(optimizer_of(rg, optim), [Falling(0.9), lambda e: 1.0])
    other.load_state_dict(saved)
    assert other.lr_lambdas[0].rate == 0.5


def test_state_of_a_callable_scale_is_saved():
    saved = lr_scheduler.CyclicLR(
        optimizer_of(rg, optim), 0.1, 0.2, scale_fn=Falling(0.5)
    ).state_dict()
    other = lr_scheduler.CyclicLR(optimizer_of(rg, optim), 0.1, 0.2, scale_fn=Falling(0.9))
    other.load_state_dict(saved)
    assert other.scale_fn(2) == 0.25


ERRORS = [
    ("StepLR", lambda s, o: s.StepLR(3, 1), TypeError),
    ("plateau of no optimizer", lambda s, o: s.ReduceLROnPlateau(3), TypeError),
    ("cyclic of no optimizer", lambda s, o: s.CyclicLR(3, 0.1, 0.2), TypeError),
    ("factor", lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError),
    ("mode", lambda s, o: s.ReduceLROnPlateau(o, mode="low"), ValueError),
    ("threshold", lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="low"), ValueError),
    ("min_lr", lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError),
    ("lambdas", lambda s, o: s.LambdaLR(o, [lambda e: 1.0]), ValueError),
    ("no lambda", lambda s, o: s.MultiplicativeLR(o, 3), TypeError),
    ("constant", lambda s, o: s.ConstantLR(o, factor=1.5), ValueError),
    ("linear start", lambda s, o: s.LinearLR(o, start_factor=0.0), ValueError),
    ("linear end", lambda s, o: s.LinearLR(o, end_factor=1.5), ValueError),
    ("T_0", lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError),
    ("T_mult", lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 0), ValueError),
    ("eta_min", lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 1, "a"), ValueError),
    ("cyclic mode", lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="square"), ValueError),
    ("cyclic lengths", lambda s, o: s.CyclicLR(o, [0.1], 0.2), ValueError),
    ("no length", lambda s, o: s.OneCycleLR(o, 0.1), ValueError),
    ("total", lambda s, o: s.OneCycleLR(o, 0.1, total_steps=-1), ValueError),
    ("epochs", lambda s, o: s.OneCycleLR(o, 0.1, epochs=-1, steps_per_epoch=1), ValueError),
    ("pct", lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=2.0), ValueError),
    ("strategy", lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="up"), ValueError),
    ("empty chain", lambda s, o: s.ChainedScheduler([]), ValueError),
    ("chain", lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), ValueError),
    ("no schedulers", lambda s, o: s.SequentialLR(o, [3], []), TypeError),
    ("milestones", lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]), ValueError),
]


@pytest.mark.parametrize(("make", "error"), [pytest.param(*r[1:], id=r[0]) for r in ERRORS])
def test_errors_are_pytorchs(make, error):
    for lib, namespace, module in LIBS:
        optimizer = optimizer_of(lib, namespace)
        with pytest.raises(error):
            make(module, optimizer)


def test_no_momentum_to_cycle():
    optimizer = optimizer_of(rg, optim, optim.Adagrad)
    for make in (
        lambda: lr_scheduler.CyclicLR(optimizer, 0.1, 0.2),
        lambda: lr_scheduler.OneCycleLR(optimizer, 0.1, 10),
    ):
        with pytest.raises(ValueError, match="cycle_momentum=False"):
            make()


def test_schedulers_of_two_optimizers():
    a, b = (optimizer_of(rg, optim) for _ in range(2))
    parts = [lr_scheduler.StepLR(a, 1), lr_scheduler.StepLR(b, 1)]
    with pytest.raises(ValueError, match="same optimizer"):
        lr_scheduler.ChainedScheduler(parts)


def test_too_many_steps_of_one_cycle():
    optimizer = optimizer_of(rg, optim)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3)
    optimizer.step()
    for _ in range(3):
        scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 4 times"):
        scheduler.step()


def test_a_group_added_later_gets_the_smallest_learning_rate_too():
    optimizer = optimizer_of(rg, optim)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.2)
    fixed = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.2, 0.2])
    optimizer.add_param_group({"params": [rg.ones(1, requires_grad=True)], "lr": 1.0})
    for _ in range(2):
        scheduler.step(1.0)
    assert scheduler.get_last_lr() == [0.05, 0.2, 0.2]
    fixed.step(1.0)
    with pytest.raises(RuntimeError, match="extend `min_lrs`"):
        fixed.step(1.0)
