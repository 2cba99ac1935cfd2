"""L-BFGS walks PyTorch's path."""

from itertools import pairwise

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def valley(w, v):
    """Rosenbrock's, in six dimensions and two tensors."""
    x = [w[0], w[1], w[2], v[0, 0], v[0, 1], v[0, 2]]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def path(lib, namespace, settings, steps=6, resume_at=None):
    rng = np.random.default_rng(0)
    params = [lib.tensor(rng.standard_normal(s), requires_grad=True) for s in ((3,), (1, 3))]
    optimizer = namespace.LBFGS(params, **settings)
    calls, rows = [], []

    def closure():
        optimizer.zero_grad()
        loss = valley(*params)
        loss.backward()
        calls.append(loss.item())
        return loss

    for step in range(steps):
        if step == resume_at:
            saved = optimizer.state_dict()
            optimizer = namespace.LBFGS(params, **settings)
            optimizer.load_state_dict(saved)
        loss = optimizer.step(closure)
        rows.append(np.concatenate([[loss.item()], *(p.detach().numpy().ravel() for p in params)]))
    state = optimizer.state_dict()["state"][0]
    return np.array(rows), calls, state


ROWS = [
    {"lr": 1e-3},
    {"lr": 1e-3, "max_iter": 4, "history_size": 2},
    {"line_search_fn": "strong_wolfe"},
    {"lr": 0.1, "line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 7},
    {"line_search_fn": "strong_wolfe", "max_eval": 5},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-2, "tolerance_change": 1e-3},
    {"line_search_fn": "strong_wolfe", "max_iter": 60},
    {"lr": 50.0, "line_search_fn": "strong_wolfe"},
]


@pytest.mark.parametrize("settings", ROWS, ids=str)
def test_path(settings):
    mine, my_calls, my_state = path(rg, optim, settings)
    their, their_calls, their_state = path(torch, torch.optim, settings)
    assert len(my_calls) == len(their_calls)
    np.testing.assert_allclose(mine, their, rtol=1e-6, atol=1e-9)
    for name in ("func_evals", "n_iter"):
        assert my_state[name] == their_state[name]
    assert set(their_state) - set(my_state) <= {"al"}
    assert len(my_state["old_dirs"]) == len(their_state["old_dirs"])


def test_resuming():
    settings = {"line_search_fn": "strong_wolfe", "max_iter": 4}
    wanted = path(rg, optim, settings)
    resumed = path(rg, optim, settings, resume_at=3)
    assert np.array_equal(wanted[0], resumed[0])
    assert wanted[1] == resumed[1]


def test_nothing_to_do_at_a_minimum():
    w = rg.zeros(2, requires_grad=True)
    optimizer = optim.LBFGS([w])
    calls = []

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        calls.append(1)
        return loss

    assert optimizer.step(closure).item() == 0.0
    assert calls == [1]


def test_parameters_without_gradient():
    w, unused = rg.ones(2, requires_grad=True), rg.ones(3, requires_grad=True)
    optimizer = optim.LBFGS([unused, w], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = ((w - 3) ** 4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert unused.tolist() == [1.0, 1.0, 1.0]
    assert closure().item() < 1e-6


def test_errors():
    w = rg.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="parameter groups"):
        optim.LBFGS([{"params": [w]}, {"params": [rg.ones(1, requires_grad=True)]}])
    with pytest.raises(RuntimeError, match="only 'strong_wolfe'"):
        optim.LBFGS([w], line_search_fn="backtracking")
    with pytest.raises(TypeError, match="needs a closure"):
        optim.LBFGS([w]).step()
