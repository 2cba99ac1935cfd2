"""Names that are left out on purpose say so, and what to use in their place."""

import pytest

import retrograd as rg
from retrograd._left_out import LEFT_OUT


@pytest.mark.parametrize("name", LEFT_OUT)
def test_the_error_gives_the_reason(name):
    assert name not in rg.__all__
    with pytest.raises(AttributeError) as caught:
        getattr(rg, name)
    assert str(caught.value) == f"module 'retrograd' has no attribute '{name}': {LEFT_OUT[name]}"


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_they_are_names_of_pytorch():
    torch = pytest.importorskip("torch")
    assert [name for name in LEFT_OUT if not hasattr(torch, name)] == []


def test_other_names_are_just_missing():
    assert not hasattr(rg, "nonsense")
    with pytest.raises(AttributeError, match=r"^module 'retrograd' has no attribute 'nonsense'$"):
        rg.nonsense  # noqa: B018
