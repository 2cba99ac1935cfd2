"""Groups, hooks, state by name, and errors of the optimizers."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import optim

ALL = [n for n in optim.__all__ if n not in ("Optimizer", "lr_scheduler", "swa_utils")]


def weights(*shapes):
    return [rg.ones(shape, requires_grad=True) for shape in shapes]


def with_gradients(params):
    for p in params:
        p.grad = rg.ones_like(p)
    return params


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        (lambda: rg.ones(2, requires_grad=True), TypeError, "put it in a list"),
        (list, ValueError, "empty parameter list"),
        (lambda: [1.0], TypeError, "can only optimize Tensors, but got float"),
        (lambda: [rg.ones(2, requires_grad=True) * 2], ValueError, "non-leaf"),
        (lambda: [{"params": set(weights(2))}], TypeError, "list instead of a set"),
        (lambda: [{"params": weights(2)}, 3], TypeError, "must be a dict"),
        (lambda: [("a", weights(2)[0]), weights(2)[0]], ValueError, "with/without names"),
        (
            lambda: [{"params": [("a", weights(2)[0])]}, {"params": weights(2)}],
            ValueError,
            "with/without names",
        ),
    ],
)
def test_wrong_parameters(params, error, text):
    with pytest.raises(error, match=text):
        optim.SGD(params())


def test_a_parameter_in_two_groups():
    [w] = weights(2)
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": [w]}, {"params": [w]}])
    with pytest.warns(UserWarning, match="duplicate"):
        optim.SGD([w, w])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *[(name, {"lr": -1.0}) for name in ALL],
        *[(name, {"lr": rg.ones(2)}) for name in ALL],
        *[(name, {"weight_decay": -1.0}) for name in ALL if name not in ("Rprop", "LBFGS")],
        *[(n, {"betas": (1.0, 0.9)}) for n in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")],
        *[(n, {"betas": (0.9, -0.1)}) for n in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")],
        *[(n, {"eps": -1.0}) for n in ("Adam", "Adagrad", "Adadelta", "RMSprop", "RAdam")],
        ("SGD", {"momentum": -0.1}),
        ("SGD", {"nesterov": True}),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("NAdam", {"momentum_decay": -1.0}),
        ("Adagrad", {"lr_decay": -1.0}),
        ("Adagrad", {"initial_accumulator_value": -1.0}),
        ("Adadelta", {"rho": 1.5}),
        ("RMSprop", {"momentum": -1.0}),
        ("RMSprop", {"alpha": -1.0}),
        ("Rprop", {"etas": (1.1, 1.2)}),
        ("Adafactor", {"beta2_decay": 0.5}),
        ("Adafactor", {"d": 0.5}),
        ("Adafactor", {"eps": (-1.0, 1e-3)}),
        ("SGD", {"differentiable": True}),
    ],
)
def test_wrong_settings(name, settings):
    with pytest.raises(ValueError, match=r"Invalid|requires|should be|not supported|1-element"):
        getattr(optim, name)(weights(2), **settings)


def test_hooks_around_a_step():
    params = with_gradients(weights(2))
    optimizer = optim.SGD(params, lr=0.5)
    seen = []
    handles = [
        optimizer.register_step_pre_hook(lambda o, a, k: seen.append(("pre", o, a, k))),
        optimizer.register_step_post_hook(lambda o, a, k: seen.append(("post", o, a, k))),
    ]
    optimizer.step()
    assert seen == [("pre", optimizer, (optimizer,), {}), ("post", optimizer, (optimizer,), {})]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(seen) == 2


def test_a_pre_hook_may_change_the_arguments():
    optimizer = optim.SGD(with_gradients(weights(2)))
    optimizer.register_step_pre_hook(lambda o, a, k: ((o,), {"closure": lambda: 7}))
    assert optimizer.step() == 7
    optimizer.register_step_pre_hook(lambda o, a, k: 3)
    with pytest.raises(RuntimeError, match="new_args, new_kwargs"):
        optimizer.step()


def test_hooks_run_around_a_step_of_a_users_own_optimizer():
    class Own(optim.Optimizer):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data.sub_(p.grad * group["lr"])

    [w] = with_gradients(weights(2))
    optimizer = Own([w], {"lr": 0.25})
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    optimizer.step()
    assert seen == [1]
    assert w.tolist() == [0.75, 0.75]


def test_hooks_around_the_state_dict():
    optimizer = optim.SGD(weights(2), lr=0.5)
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("pre"))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "epoch": 3})
    optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append(s["epoch"]))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("first"), prepend=True)
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == ["pre", 3, "first", "loaded"]


def test_the_closure_runs_with_gradients_on():
    [w] = weights(2)
    optimizer = optim.SGD([w], lr=0.5)

    def closure():
        loss = (w * w).sum()
        loss.backward()
        return loss

    with rg.no_grad():
        assert optimizer.step(closure).item() == 2.0
    assert w.tolist() == [0.0, 0.0]


def test_zero_grad():
    w, other = with_gradients(weights(2, 3))
    other.grad, grad = None, w.grad
    optimizer = optim.SGD([w, other])
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is grad
    assert w.grad.tolist() == [0.0, 0.0]
    assert other.grad is None
    optimizer.zero_grad()
    assert w.grad is None


def test_zeroing_a_gradient_with_a_graph_is_seen_by_it():
    [w] = weights(2)
    (w**3).sum().backward(create_graph=True)
    loss = (w.grad**2).sum()
    optim.SGD([w]).zero_grad(set_to_none=False)
    assert not w.grad.requires_grad
    with pytest.raises(RuntimeError, match=r"SGD\.zero_grad"):
        loss.backward()


def test_a_step_is_seen_by_the_backward_pass():
    """The saved value has changed: a silent wrong gradient otherwise."""
    [w] = weights(2)
    loss = (w * w).sum()
    w.grad = rg.ones(2)
    optim.SGD([w], lr=0.5).step()
    with pytest.raises(RuntimeError, match=r"SGD\.step"):
        loss.backward()


def test_state_is_matched_by_name():
    a, b = with_gradients(weights(2, 3))
    first = optim.Adam([("a", a), ("b", b)])
    first.step()
    saved = first.state_dict()
    assert saved["param_groups"][0]["param_names"] == ["a", "b"]
    second = optim.Adam([("b", b), ("a", a)])
    second.load_state_dict(saved)
    assert second.state[a]["exp_avg"].shape == (2,)
    assert second.state[b]["exp_avg"].shape == (3,)
    assert second.param_groups[0]["param_names"] == ["b", "a"]
    third = optim.Adam([("x", b), ("a", a)])
    with pytest.raises(ValueError, match=r"lacks: \['b'\]"):
        third.load_state_dict(saved)


def test_state_of_another_shape_is_refused():
    a = with_gradients(weights(2, 3))
    optimizer = optim.Adam(a)
    optimizer.step()
    with pytest.raises(ValueError, match=r"'exp_avg' has shape \[2\], its parameter has \[3\]"):
        optim.Adam(a[::-1]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optim.Adam([{"params": a[:1]}, {"params": a[1:]}]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ValueError, match="2 parameters against 1"):
        optim.Adam(a[:1]).load_state_dict(optimizer.state_dict())


def test_loading_copies():
    [w] = with_gradients(weights(2))
    first, second = optim.SGD([w], momentum=0.9), optim.SGD([w])
    first.step()
    second.load_state_dict(first.state_dict())
    first.step()
    assert second.state[w]["momentum_buffer"].tolist() == [1.0, 1.0]
    assert second.param_groups[0]["momentum"] == 0.9


@pytest.mark.parametrize(
    "reload",
    [
        lambda own, saved: own.load_state_dict(saved),
        lambda own, saved: own.__setstate__({"param_groups": saved["param_groups"]}),
    ],
    ids=["load_state_dict", "pickle"],
)
def test_a_subclass_completes_what_it_loads(reload):
    class Own(optim.SGD):
        def __setstate__(self, state):
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("added_later", True)

    own = Own(with_gradients(weights(2)))
    reload(own, own.state_dict())
    assert own.param_groups[0]["added_later"]


def test_steps_of_old_checkpoints_are_numbers():
    [w] = with_gradients(weights(2))
    optimizer = optim.Adam([w])
    optimizer.step()
    saved = optimizer.state_dict()
    saved["state"][0]["step"] = 5
    optimizer.load_state_dict(saved)
    assert optimizer.state[w]["step"].dtype is rg.float32
    assert optimizer.state[w]["step"].item() == 5.0


def test_repr():
    assert repr(optim.SGD(weights(2), lr=0.5)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n"
        "    fused: None\n    lr: 0.5\n    maximize: False\n    momentum: 0\n    nesterov: False\n"
        "    weight_decay: 0\n)"
    )


def test_a_subclass_must_say_how():
    class Empty(optim.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Empty needs a method `_rule` or `step`"):
        Empty(with_gradients(weights(2)), {}).step()


@pytest.mark.parametrize("name", [n for n in ALL if n != "LBFGS"])
def test_the_gradient_is_not_changed(name):
    [w] = weights((300, 300))
    w.grad = rg.full((300, 300), 0.5)
    optimizer = getattr(optim, name)([w], lr=0.1)
    optimizer.step()
    optimizer.step()
    assert np.all(w.grad.numpy() == 0.5)
