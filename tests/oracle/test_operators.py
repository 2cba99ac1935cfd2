"""Operators beside objects of other classes: who is asked, and what it is told."""

import operator

import pytest

import retrograd as rg

REFLECTED = {
    "add": "__radd__", "sub": "__rsub__", "mul": "__rmul__", "truediv": "__rtruediv__",
    "floordiv": "__rfloordiv__", "mod": "__rmod__", "pow": "__rpow__", "matmul": "__rmatmul__",
    "and_": "__rand__", "or_": "__ror__", "xor": "__rxor__",
    "lt": "__gt__", "le": "__ge__", "gt": "__lt__", "ge": "__le__",
}  # fmt: skip


@pytest.mark.parametrize("name", REFLECTED)
def test_right_operand_is_asked(name):
    """`tensor + thing` is what the thing makes of it."""

    def answer(self, other):
        return "answer", other

    thing = type("Thing", (), {REFLECTED[name]: answer})()
    tensor = rg.tensor([1, 2])
    said, other = getattr(operator, name)(tensor, thing)
    assert said == "answer"
    assert other is tensor


@pytest.mark.parametrize("name", REFLECTED)
def test_right_operand_that_knows_nothing_is_refused(name):
    with pytest.raises(TypeError, match="unsupported operand"):
        getattr(operator, name)(rg.tensor([1, 2]), object())
