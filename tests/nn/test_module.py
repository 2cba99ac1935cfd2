"""Module: attributes, walking, state, hooks, messages, text, copies."""

import copy
import pickle

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn, optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


def image(*shape):
    return rg.from_numpy(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


# --- attributes -------------------------------------------------------------------------------------


def test_parameters_and_modules_are_found_in_order():
    names = [name for name, _ in Net().named_parameters()]
    assert names == [
        "features.0.weight",
        "features.0.bias",
        "features.1.weight",
        "features.1.bias",
        "head.weight",
        "head.bias",
    ]
    assert [name for name, _ in Net().named_modules()] == [
        "", "features", "features.0", "features.1", "features.2", "head"
    ]  # fmt: skip
    assert [name for name, _ in Net().named_buffers()] == [
        "features.1.running_mean",
        "features.1.running_var",
        "features.1.num_batches_tracked",
    ]
    assert [name for name, _ in Net().named_children()] == ["features", "head"]


def test_an_attribute_assigned_again_keeps_its_place():
    layer = nn.Linear(2, 3)
    layer.weight = nn.Parameter(rg.zeros(3, 2))
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_shared_parameters_come_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert len(net.state_dict()) == 4


def test_assigning_before_init():
    class Wrong(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"begin Wrong.__init__ with super\(\).__init__\(\)"):
        Wrong()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("weight", rg.ones(2, 2), "nn.Parameter or None required"),
        ("running", 3.0, "nn.Tensor or None required"),
        ("child", 3.0, "nn.Module or None required"),
    ],
)
def test_registered_names_take_only_their_kind(name, value, text):
    module = nn.Linear(2, 2)
    module.register_buffer("running", rg.ones(1))
    module.child = nn.ReLU()
    with pytest.raises(TypeError, match=text):
        setattr(module, name, value)
    setattr(module, name, None)
    assert getattr(module, name) is None


def test_names_that_cannot_be_registered():
    module = nn.Module()
    for name in ("a.b", "", "forward"):
        with pytest.raises(KeyError):
            module.register_buffer(name, None)
        with pytest.raises(KeyError):
            module.register_parameter(name, None)
        with pytest.raises(KeyError):
            module.add_module(name, None)
    with pytest.raises(TypeError, match="should be a string"):
        module.register_parameter(3, None)
    with pytest.raises(TypeError, match=r"nn\.Parameter or None"):
        module.register_parameter("w", rg.ones(1))
    with pytest.raises(TypeError, match="not a Module subclass"):
        module.add_module("m", rg.ones(1))


def test_buffers():
    module = nn.Module()
    module.register_buffer("kept", rg.ones(1))
    module.register_buffer("scratch", rg.ones(1), persistent=False)
    module.also = nn.Buffer(rg.ones(1), persistent=False)
    assert [name for name, _ in module.named_buffers()] == ["kept", "scratch", "also"]
    assert list(module.state_dict()) == ["kept"]
    module.kept = rg.zeros(2)
    assert module.state_dict()["kept"].tolist() == [0.0, 0.0]
    del module.kept
    assert not module.state_dict()
    with pytest.raises(AttributeError, match="'Module' object has no attribute 'kept'"):
        _ = module.kept


def test_finding_by_path():
    net = Net()
    assert net.get_submodule("features.1") is net.features[1]
    assert net.get_parameter("head.bias") is net.head.bias
    assert net.get_buffer("features.1.running_var") is net.features[1].running_var
    with pytest.raises(AttributeError, match="has no module '7'"):
        net.get_submodule("features.7")
    with pytest.raises(AttributeError, match=r"has no parameter 'head\.scale'"):
        net.get_parameter("head.scale")


# --- state ------------------------------------------------------------------------------------------


def test_train_and_eval():
    net = Net().eval()
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train(3)


def test_conversion_keeps_parameters_and_gradients():
    net = Net()
    before = list(net.parameters())
    net(image(2, 1, 4, 4)).sum().backward()
    net.double()
    assert list(map(id, net.parameters())) == list(map(id, before))
    assert all(p.dtype is rg.float64 and p.grad.dtype is rg.float64 for p in before)
    assert net.features[1].num_batches_tracked.dtype is rg.int64
    assert net.to(rg.float32).head.weight.dtype is rg.float32
    with pytest.raises(TypeError, match="floating point"):
        net.to(rg.int64)


def test_zero_grad_and_freezing():
    net = Net()
    net(image(2, 1, 4, 4)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.head.weight.grad.abs().sum().item() == 0.0
    net.zero_grad()
    assert net.head.weight.grad is None
    net.requires_grad_(False)
    assert not net(image(2, 1, 4, 4)).requires_grad


def test_apply_goes_innermost_first():
    seen = []
    Net().apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Conv2d", "BatchNorm2d", "ReLU", "Sequential", "Linear", "Net"]


def test_loading_a_state():
    a, b = Net(), Net()
    a(image(2, 1, 4, 4))
    result = b.load_state_dict(a.state_dict())
    assert str(result) == "<All keys matched successfully>"
    for name, value in b.state_dict().items():
        assert np.array_equal(value.numpy(), a.state_dict()[name].numpy())
    a.head.weight.data.zero_()
    assert b.head.weight.abs().sum().item() > 0


def test_arrays_load_too():
    a, b = Net(), Net()
    b.load_state_dict({k: v.numpy() for k, v in a.state_dict().items()})
    assert np.array_equal(a.head.weight.detach().numpy(), b.head.weight.detach().numpy())


def test_a_wrong_state_is_reported_whole_and_changes_nothing():
    net = Net()
    before = net.head.weight.detach().clone()
    state = {k: rg.zeros_like(v) for k, v in net.state_dict().items()}
    state["head.bias"] = rg.zeros(4)
    state["tail.weight"] = rg.zeros(4)
    state["features.0.bias"] = "text"
    del state["features.1.running_mean"]
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(state)
    text = str(error.value)
    assert "Error(s) in loading state_dict for Net" in text
    assert 'Missing key(s) in state_dict: "features.1.running_mean".' in text
    assert 'Unexpected key(s) in state_dict: "tail.weight".' in text
    assert "size mismatch for head.bias: copying a param with shape [4] from checkpoint" in text
    assert (
        "'features.0.bias', expected a Tensor or array from the checkpoint but received str" in text
    )
    assert np.array_equal(net.head.weight.detach().numpy(), before.numpy())
    del state["head.bias"], state["features.0.bias"]
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["features.0.bias", "features.1.running_mean", "head.bias"]
    assert result.unexpected_keys == ["tail.weight"]
    assert net.head.weight.abs().sum().item() == 0.0


def test_taking_over_the_tensors_themselves():
    net = nn.Linear(2, 2)
    weight = rg.zeros(2, 2)
    net.load_state_dict({"weight": weight, "bias": rg.zeros(2)}, assign=True)
    weight[0, 0] = 5.0
    assert net.weight[0, 0].item() == 5.0
    assert isinstance(net.weight, nn.Parameter)


def test_extra_state():
    class Counter(nn.Module):
        count = 0

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    a, b = nn.Sequential(Counter()), nn.Sequential(Counter())
    a[0].count = 7
    assert a.state_dict() == {"0._extra_state": {"count": 7}}
    b.load_state_dict(a.state_dict())
    assert b[0].count == 7


# --- hooks ------------------------------------------------------------------------------------------


def test_forward_hooks():
    layer = nn.Linear(2, 2)
    seen = []
    handles = [
        layer.register_forward_pre_hook(lambda m, args: seen.append("pre")),
        layer.register_forward_pre_hook(lambda m, args: (args[0] * 0,), prepend=True),
        layer.register_forward_hook(lambda m, args, out: seen.append(args[0].sum().item())),
        layer.register_forward_hook(lambda m, args, out: out + 1),
        layer.register_forward_hook(lambda m, a, k, out: seen.append(k), with_kwargs=True),
    ]
    assert np.allclose(layer(rg.ones(2)).detach().numpy(), layer.bias.detach().numpy() + 1)
    assert seen == ["pre", 0.0, {}]
    for handle in handles:
        handle.remove()
    layer(rg.ones(2))
    assert len(seen) == 3


def test_a_hook_with_keyword_arguments_may_change_them():
    class Scale(nn.Module):
        def forward(self, x, *, by=1.0):
            return x * by

    layer = Scale()
    layer.register_forward_pre_hook(lambda m, a, k: (a, {"by": 3.0}), with_kwargs=True)
    assert layer(rg.ones(1), by=2.0).item() == 3.0
    layer.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="new_args, new_kwargs"):
        layer(rg.ones(1))


def test_a_hook_that_is_always_called():
    layer = nn.Linear(2, 2)
    seen = []
    layer.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    layer.register_forward_hook(lambda m, args, out: seen.append("never"))
    with pytest.raises(RuntimeError):
        layer(rg.ones(3))
    assert seen == [None]


def test_backward_hooks():
    layer = nn.Linear(2, 1, bias=False)
    nn.init.constant_(layer.weight, 3.0)
    seen = []
    layer.register_full_backward_pre_hook(lambda m, grad_output: (grad_output[0] * 2,))
    layer.register_full_backward_hook(
        lambda m, gi, go: seen.append((gi[0].tolist(), go[0].tolist()))
    )
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1,))
    x = rg.ones(2, requires_grad=True)
    layer(x).sum().backward()
    assert seen == [([6.0, 6.0], [2.0])]
    assert x.grad.tolist() == [7.0, 7.0]
    assert layer.weight.grad.tolist() == [[2.0, 2.0]]


def test_backward_hook_without_gradient_of_the_input():
    layer = nn.Linear(2, 1)
    seen = []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(rg.ones(2)).sum().backward()
    assert seen == [((None,), [1.0])]


def test_state_dict_hooks():
    net = nn.Sequential(nn.Linear(1, 1))
    seen = []
    net[0].register_state_dict_pre_hook(lambda m, prefix, keep: seen.append(prefix))
    net.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update(version=1))
    net.register_load_state_dict_pre_hook(lambda m, state, *rest: state.pop("version"))
    net.register_load_state_dict_post_hook(lambda m, keys: seen.append(keys.missing_keys))
    net.load_state_dict(net.state_dict())
    assert seen == ["0.", []]


def test_hooks_after_loading_may_forgive_keys():
    net = nn.Sequential(nn.Linear(1, 1))
    state = {**net.state_dict(), "old": rg.zeros(1)}
    with pytest.raises(RuntimeError, match=r"Unexpected.*old"):
        net.load_state_dict(state)
    net.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.remove("old"))
    assert net.load_state_dict(state).unexpected_keys == []
    del state["0.bias"]
    with pytest.raises(RuntimeError, match=r"Missing.*bias"):
        net.load_state_dict(state)


def test_assigned_parameters_stay_frozen():
    net = nn.Linear(1, 1).requires_grad_(False)
    net.load_state_dict(dict(nn.Linear(1, 1).named_parameters()), assign=True)
    assert not net.weight.requires_grad


class Renamed(nn.Linear):
    def __init__(self, with_module):
        super().__init__(1, 1)
        hook = type(self).with_module if with_module else self.without
        self._register_load_state_dict_pre_hook(hook, with_module=with_module)

    def with_module(self, state, prefix, *rest):
        self.without(state, prefix)

    def without(self, state, prefix, *rest):
        state[prefix + "weight"] = state.pop(prefix + "kernel")


@pytest.mark.parametrize("with_module", [True, False])
def test_the_older_hook_before_loading(with_module):
    net = pickle.loads(pickle.dumps(nn.Sequential(Renamed(with_module))))
    net.load_state_dict({"0.kernel": rg.ones(1, 1), "0.bias": rg.zeros(1)})
    assert net[0].weight.item() == 1.0


# --- messages ---------------------------------------------------------------------------------------


def test_an_error_names_the_module():
    with pytest.raises(RuntimeError, match=r"in module Net\.head \(Linear\)") as error:
        Net()(image(2, 1, 6, 6))
    assert "32" in str(error.value)
    assert "8" in str(error.value)
    net = Net()
    net.features[0] = nn.Identity()
    with pytest.raises(ValueError, match=r"got 3D input\)\n  in module Net\.features\.1"):
        net(rg.ones(2, 3, 4))


def test_a_module_without_forward():
    with pytest.raises(NotImplementedError, match=r'\[Module\] is missing the required "forward"'):
        nn.Module()(3)


# --- lazy modules -----------------------------------------------------------------------------------

LAZY = {
    "LazyLinear": ((3,), (2, 5)),
    "LazyConv1d": ((4, 2), (2, 3, 7)),
    "LazyConv2d": ((4, 2), (2, 3, 7, 7)),
    "LazyConv3d": ((4, 2), (2, 3, 7, 7, 7)),
    "LazyConvTranspose1d": ((4, 2), (2, 3, 7)),
    "LazyConvTranspose2d": ((4, 2), (2, 3, 7, 7)),
    "LazyConvTranspose3d": ((4, 2), (2, 3, 4, 4, 4)),
    "LazyBatchNorm1d": ((), (2, 3)),
    "LazyBatchNorm2d": ((), (2, 3, 4, 4)),
    "LazyBatchNorm3d": ((), (2, 3, 4, 4, 4)),
}


@pytest.mark.parametrize("name", LAZY)
def test_lazy_modules_become_ordinary_ones(name):
    args, shape = LAZY[name]
    lazy = getattr(nn, name)(*args)
    kind = getattr(nn, name.removeprefix("Lazy"))
    with pytest.raises(ValueError, match="run a batch through the model"):
        optim.SGD(lazy.parameters())
    x = image(*shape)
    rg.manual_seed(0)
    out = lazy(x)
    assert type(lazy) is kind
    sizes = (3,) if "BatchNorm" in name else (shape[1], *args)
    rg.manual_seed(0)
    ordinary = kind(*sizes)
    assert repr(lazy) == repr(ordinary)
    assert np.array_equal(out.detach().numpy(), ordinary(x).detach().numpy())
    optim.SGD(lazy.parameters())


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_module_may_be_loaded_into(name):
    args, shape = LAZY[name]
    x = image(*shape)
    trained = getattr(nn, name)(*args)
    wanted = trained(x)
    state = {k: v.clone() for k, v in trained.state_dict().items()}
    lazy = getattr(nn, name)(*args)
    lazy.load_state_dict(state)
    assert np.array_equal(lazy(x).detach().numpy(), wanted.detach().numpy())
    assert repr(lazy) == repr(trained)


# --- containers -------------------------------------------------------------------------------------


def test_sequential():
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    net.append(nn.Linear(2, 3)).insert(1, nn.Tanh()).extend([nn.Sigmoid()])
    names = ["Linear", "Tanh", "ReLU", "Linear", "Sigmoid"]
    assert [type(m).__name__ for m in net] == names
    assert type(net[-1]).__name__ == "Sigmoid"
    assert [type(m).__name__ for m in net[1:3]] == ["Tanh", "ReLU"]
    assert type(net.pop(1)).__name__ == "Tanh"
    del net[0]
    net[0] = nn.GELU()
    assert list(net.state_dict()) == ["1.weight", "1.bias"]
    assert [type(m).__name__ for m in net + nn.Sequential(nn.ELU())] == [
        "GELU", "Linear", "Sigmoid", "ELU"
    ]  # fmt: skip
    with pytest.raises(IndexError, match="out of range"):
        net[9]


def test_module_list():
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers += [nn.ReLU()]
    layers.insert(0, nn.Tanh())
    layers[1] = nn.GELU()
    assert [type(m).__name__ for m in layers] == ["Tanh", "GELU", "ReLU"]
    assert len(layers[1:]) == 2
    layers.pop(0)
    del layers[0]
    assert [type(m).__name__ for m in [*layers, nn.ELU()]] == ["ReLU", "ELU"]


def test_module_dict():
    parts = nn.ModuleDict({"a": nn.ReLU()})
    parts["b"] = nn.Linear(1, 1)
    parts.update([("c", nn.Tanh())])
    assert list(parts) == list(parts.keys()) == ["a", "b", "c"]
    assert "b" in parts
    assert type(parts.pop("a")).__name__ == "ReLU"
    assert [k for k, _ in parts.items()] == ["b", "c"]
    assert list(parts.state_dict()) == ["b.weight", "b.bias"]
    parts.clear()
    assert len(parts) == 0


def test_parameter_list_and_dict():
    values = nn.ParameterList([rg.ones(1), rg.ones(2)])
    values.append(rg.ones(3))
    values += [rg.ones(4)]
    assert [p.numel() for p in values] == [1, 2, 3, 4]
    assert [p.numel() for p in values[1:3]] == [2, 3]
    assert list(values.state_dict()) == ["0", "1", "2", "3"]
    named = nn.ParameterDict({"a": rg.ones(1)})
    named["b"] = rg.ones(2)
    assert list(named.state_dict()) == ["a", "b"]
    assert named.pop("a").numel() == 1
    assert named.get("a") is None
    assert all(isinstance(p, nn.Parameter) for p in [*values, *named.values()])


def test_data_parallel_runs_the_module_and_names_it():
    inner = nn.Linear(2, 3)
    net = nn.DataParallel(inner, device_ids=["cpu"])
    assert rg.equal(net(rg.ones(1, 2)), inner(rg.ones(1, 2)))
    assert list(net.state_dict()) == ["module.weight", "module.bias"]
    with pytest.raises(ValueError, match=r"one device, got \[0, 1\]"):
        nn.DataParallel(inner, device_ids=[0, 1])


# --- copies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_keep_ties_and_share_nothing(copier):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    net(rg.ones(1, 2)).sum().backward()
    other = copier(net)
    assert other[1].weight is other[0].weight
    assert other[0].weight is not net[0].weight
    assert other[0].weight.grad is None
    assert net[0].weight.grad is not None
    with rg.no_grad():
        other[0].weight.zero_()
    assert net[0].weight.abs().sum().item() > 0


def test_modules_under_pytorchs_paths():
    from retrograd.nn.modules.batchnorm import _BatchNorm
    from retrograd.nn.modules.conv import _ConvNd
    from retrograd.nn.modules.linear import Linear
    from retrograd.nn.modules.module import Module
    from retrograd.nn.parameter import Parameter

    assert issubclass(nn.BatchNorm2d, _BatchNorm)
    assert issubclass(nn.Conv2d, _ConvNd)
    assert (Linear, Module, Parameter) == (nn.Linear, nn.Module, nn.Parameter)
