"""func.functional_call: a module as a function of its parameters."""

import pytest

import retrograd as rg
from retrograd import func, nn


def net():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def test_gradient_by_a_dict_of_parameters():
    module, x = net(), rg.randn(4, 2)
    parameters = {name: p.detach() for name, p in module.named_parameters()}
    found = func.grad(lambda p: func.functional_call(module, p, (x,)).pow(2).mean())(parameters)
    module(x).pow(2).mean().backward()
    for name, parameter in module.named_parameters():
        assert rg.allclose(found[name], parameter.grad)


def test_the_module_is_as_before():
    module = net()
    before = list(module.parameters())
    with pytest.raises(RuntimeError):
        func.functional_call(module, {"0.weight": rg.ones(3, 3)}, rg.ones(1, 2))
    assert all(a is b for a, b in zip(before, module.parameters(), strict=True))


def test_buffers_and_several_dicts():
    module = nn.BatchNorm1d(2, affine=True).eval()
    new = {"running_mean": rg.full((2,), 3.0)}
    out = func.functional_call(module, ({"bias": rg.ones(2)}, new), rg.full((1, 2), 3.0))
    assert out.tolist() == [[1.0, 1.0]]
    with pytest.raises(ValueError, match="'bias' is in several"):
        func.functional_call(module, ({"bias": rg.ones(2)}, {"bias": rg.ones(2)}), rg.ones(1, 2))


@pytest.mark.parametrize(("tie", "expected"), [(True, 4.0), (False, 2.0)])
def test_tied_weights(tie, expected):
    module = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    module[0].weight.data.fill_(1.0)
    module[1].weight = module[0].weight
    state = {"0.weight": rg.tensor([[2.0]])}
    out = func.functional_call(module, state, rg.ones(1), tie_weights=tie)
    assert out.item() == expected


def test_strict_names():
    with pytest.raises(RuntimeError, match=r"missing \['0.bias'.*unexpected \['x'\]"):
        func.functional_call(net(), {"x": rg.ones(1)}, rg.ones(1, 2), strict=True)
