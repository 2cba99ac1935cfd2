"""What modules and containers print is what PyTorch's do."""

import pytest

import retrograd as rg
import retrograd.nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

ROWS = {
    "sequential": lambda nn, one: nn.Sequential(nn.Linear(2, 3), nn.ReLU()),
    "nested": lambda nn, one: nn.Sequential(nn.Sequential(nn.ReLU()), nn.Sequential()),
    "list": lambda nn, one: nn.ModuleList([nn.ReLU(), nn.Tanh()]),
    "repeats": lambda nn, one: nn.ModuleList(
        [nn.Linear(2, 2), *[nn.Linear(2, 3) for _ in range(3)], nn.ReLU(), nn.ReLU()]
    ),
    "repeated blocks": lambda nn, one: nn.ModuleList(
        [nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(3)]
    ),
    "empty list": lambda nn, one: nn.ModuleList(),
    "dict": lambda nn, one: nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)}),
    "parameters": lambda nn, one: nn.ParameterList([one, one]),
    "named parameters": lambda nn, one: nn.ParameterDict({"a": one}),
    "inplace": lambda nn, one: nn.Sequential(
        nn.ReLU(inplace=True), nn.Dropout(inplace=True), nn.ELU(inplace=True), nn.SiLU(inplace=True)
    ),
    "mixed list": lambda nn, one: nn.ParameterList([one, nn.Parameter(one, False), 3]),
    "mixed dict": lambda nn, one: nn.ParameterDict({"b": one, "a": one.double(), "c": "x"}),
    "product": lambda nn, one: nn.Sequential(nn.Tanh(), nn.Linear(2, 2)) * 2,
    "product from the left": lambda nn, one: 2 * nn.Sequential(nn.Tanh()),
    "sum": lambda nn, one: nn.Sequential(nn.Tanh()) + nn.Sequential(nn.ReLU()),
    "module": lambda nn, one: nn.Module(),
}


@pytest.mark.parametrize("name", ROWS)
def test_text(name):
    mine, theirs = (repr(ROWS[name](lib.nn, lib.ones(2, 3))) for lib in (rg, torch))
    assert mine == theirs.replace("torch.", "retrograd.")


@pytest.mark.parametrize("text", [str, repr, "{}".format], ids=["str", "repr", "format"])
def test_a_parameter(text):
    mine, theirs = (text(T.nn.Parameter(T.ones(2, 2))) for T in (rg, torch))
    assert mine == theirs
    assert "Uninitialized" in text(rg.nn.LazyLinear(3).weight)


@pytest.mark.parametrize("names", ["", "weight more", "weight bias"])
def test_what_loading_a_state_returns(names):
    mine, theirs = (
        T.nn.Linear(1, 1).load_state_dict(
            {name: T.zeros(1, 1) if name == "weight" else T.zeros(1) for name in names.split()},
            strict=False,
        )
        for T in (rg, torch)
    )
    assert repr(mine) == repr(theirs)
