"""The default floating point type, and constructors that are named by types."""

import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

MAKERS = {
    "tensor": lambda lib: lib.tensor([1.5]),
    "of a float": lambda lib: lib.tensor(1.5),
    "of ints": lambda lib: lib.tensor([1]),
    "zeros": lambda lib: lib.zeros(2),
    "randn": lambda lib: lib.randn(2),
    "arange": lambda lib: lib.arange(0.0, 1.0, 0.5),
    "quotient of ints": lambda lib: lib.tensor([1]) / 2,
    "function of ints": lambda lib: lib.tensor([1]).exp(),
    "ints and a float": lambda lib: lib.tensor([1]) + 0.5,
    "layer": lambda lib: lib.nn.Linear(1, 1).weight,
    "float()": lambda lib: lib.tensor([1]).float(),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_default_type(kind, name):
    found = []
    for lib in (rg, torch):
        before = lib.get_default_dtype()
        lib.set_default_dtype(getattr(lib, kind))
        try:
            assert lib.get_default_dtype() is getattr(lib, kind)
            found.append(str(MAKERS[name](lib).dtype).partition(".")[2])
        finally:
            lib.set_default_dtype(before)
    assert found[0] == found[1]


def test_the_default_type_is_a_floating_point_type():
    for lib in (rg, torch):
        with pytest.raises(TypeError, match="floating-point"):
            lib.set_default_dtype(lib.int64)
        assert lib.get_default_dtype() is lib.float32


@pytest.mark.parametrize("kind", "Byte Char Short Int Long Half Float Double".split())
def test_constructors_named_by_types(kind):
    makers = [getattr(lib, f"{kind}Tensor") for lib in (rg, torch)]
    (ours, mine), (theirs, other) = ((make([1, 2]), make(2, 3)) for make in makers)
    assert str(ours.dtype).partition(".")[2] == str(theirs.dtype).partition(".")[2]
    assert ours.tolist() == theirs.tolist()
    assert mine.shape == other.shape
