"""Every optimizer takes the same steps on a GPU, and waits for it in none of them."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim
from tests.standin.backend import standin
from tests.standin.counts import counted

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD, momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "Adam, amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True, maximize=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1),
    "Adamax": lambda p: optim.Adamax(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),
    "RAdam": lambda p: optim.RAdam(p, lr=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.1),
    "RMSprop, centered": lambda p: optim.RMSprop(p, lr=0.1, centered=True, momentum=0.5),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.1),
    "ASGD": lambda p: optim.ASGD(p, lr=0.1),
    "Rprop": lambda p: optim.Rprop(p, lr=0.1),
    "Adafactor": lambda p: optim.Adafactor(p, lr=0.1),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.1, line_search_fn="strong_wolfe"),
}
# Methods that look at values to decide what to do next.
WAITING = {"Adafactor", "LBFGS"}


def parameters(device):
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (5,), ()]
    return [
        rg.tensor(rng.normal(size=shape), dtype=rg.float32, device=device, requires_grad=True)
        for shape in shapes
    ]


def make_step(params, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = sum(((p - 1.5) ** 2 + p.cos()).sum() for p in params)
        loss.backward()
        return loss

    return lambda: optimizer.step(closure)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_the_cpu(name, backend):
    trained = []
    for device in ("cpu", "cuda"):
        params = parameters(device)
        optimizer = OPTIMIZERS[name](params)
        step = make_step(params, optimizer)
        for _ in range(5):
            step()
        trained.append((params, optimizer))
    for here, there in zip(trained[0][0], trained[1][0], strict=True):
        assert type(there._data) is backend.array_type
        np.testing.assert_allclose(there.tolist(), here.tolist(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_moves_between_devices(name, backend):
    params = parameters("cpu")
    optimizer = OPTIMIZERS[name](params)
    step = make_step(params, optimizer)
    step()
    others = [p.detach().to("cuda").requires_grad_() for p in params]
    other = OPTIMIZERS[name](others)
    other.load_state_dict(optimizer.state_dict())
    other_step = make_step(others, other)
    for _ in range(2):
        step()
        other_step()
    for here, there in zip(params, others, strict=True):
        np.testing.assert_allclose(there.tolist(), here.tolist(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in WAITING])
def test_no_step_waits(name):
    with standin():
        params = parameters("cuda")
        optimizer = OPTIMIZERS[name](params)
        step = make_step(params, optimizer)
        step()
        with counted() as cost:
            step()
            other = OPTIMIZERS[name](params)
            other.load_state_dict(optimizer.state_dict())
            other.step()
        assert (cost.synchronisations, cost.uploads) == (0, 0)
