"""Every call of the tables with its arguments given by name, under the other names that PyTorch knows."""

import ast

import pytest

import retrograd as rg
from tests.oracle import compare, signatures
from tests.oracle.test_values import FEW, ROWS, calls, check, without_known

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

OTHER_NAMES = {"input": "x", "other": "x2", "dim": "axis", "keepdim": "keepdims"}


def respelled(name, arguments):
    """The arguments all by name, with those names changed that PyTorch lets one change; or None."""
    call = ast.parse(f"call({arguments})", mode="eval").body
    for schema in signatures.schemas(torch, name):
        names = [argument for argument, _ in signatures.positional(schema)]
        given = [(k.arg, k.value) for k in call.keywords]
        if len(call.args) > len(names) or any(isinstance(a, ast.Starred) for a in call.args):
            continue
        pairs = [*zip(names, call.args, strict=False), *given]
        text = ", ".join(f"{OTHER_NAMES.get(n, n)}={ast.unparse(v)}" for n, v in pairs)
        if is_accepted(name, text):
            return text
    return None


def is_accepted(name, arguments):
    """Whether PyTorch takes these names."""

    def find(T):
        return compare.lookup(T, name)

    return not isinstance(compare.both(find, arguments, "float64")[1], Exception)


# One call of each number of arguments says what the names are.
_SHORTEST = {(name, arguments.count(",")): (name, arguments) for name, arguments in reversed(ROWS)}
RESPELLED = [
    (name, text)
    for name, arguments in _SHORTEST.values()
    if without_known(name, arguments) and (text := respelled(name, arguments))
]


@calls(table=RESPELLED)
def test_spelling(name, arguments):
    def find(T):
        return compare.lookup(T, name)

    check(name, find, name, arguments, FEW)


def test_most_functions_are_covered():
    assert len({name for name, _ in RESPELLED}) > 250


@pytest.mark.parametrize("function", ["exp", "mul", "add", "pow", "heaviside", "sum", "flip"])
def test_wrong_names_are_refused(function):
    x = rg.ones(2)
    call = getattr(rg, function)
    second = {"exp": (), "sum": (), "flip": (0,)}.get(function, (x,))
    with pytest.raises(TypeError, match="unexpected keyword argument 'y'"):
        call(x, *second, y=1)
    with pytest.raises(TypeError, match=rf"{function}.* missing .*required"):
        call()
    with pytest.raises(TypeError, match=r"both .input. and its other name .x.|unexpected"):
        call(x, *second, x=x)
