"""Every method, attribute and operator that Tensor is to have is there."""

from pathlib import Path

import pytest

import retrograd as rg
from retrograd.autograd_core import members, methods
from retrograd.autograd_core.ops import FAMILY
from retrograd.autograd_core.tensor import Tensor

NAMES = Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("name", NAMES)
def test_tensor_has(name):
    assert hasattr(Tensor, name)
    # What every object has is not enough: it must be the tensor's own.
    assert getattr(Tensor, name) is not getattr(object, name, None) or name == "__hash__"


def test_no_name_is_listed_without_a_function():
    """The lists in `methods` name nothing that does not exist."""
    listed = [*methods.METHODS, *methods.WITH_INTS, *methods.IN_PLACE, *methods.RESHAPING]
    assert [name for name in listed if name not in FAMILY] == []


def test_members_are_all_listed():
    own = {n for n in vars(members.Members) if not n.startswith("_")}
    assert own | {"__repr__", "__format__"} == set(methods.MEMBERS)


def test_lists_are_sorted_and_without_repetition():
    for names in (
        methods.METHODS,
        methods.WITH_INTS,
        methods.IN_PLACE,
        methods.RESHAPING,
        methods.MEMBERS,
    ):
        assert names == sorted(set(names))


@pytest.mark.parametrize(
    "kind", ["sparse", "sparse_csr", "nested", "quantized", "meta", "mkldnn", "mps", "xpu"]
)
def test_there_are_no_tensors_of_other_kinds(kind):
    assert getattr(rg.ones(2), f"is_{kind}") is False
