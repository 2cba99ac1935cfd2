"""Names, order and defaults of arguments are PyTorch's, by the schemas of its operators."""

import inspect

import pytest

import retrograd as rg
from tests.oracle import compare, signatures
from tests.oracle.test_values import ROWS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

# Functions of the tables that have schemas; creation takes sizes in ways of its own.
NAMES = sorted({name for name, _ in ROWS if signatures.schemas(torch, name)})

# What schemas have and Python's functions have not, or what says nothing about the call.
UNUSED = {"pin_memory", "layout", "generator", "cudnn_enable", "cudnn_enabled", "path"}

# Arguments that are elsewhere, by function, and why.
ELSEWHERE = {
    "linalg.det": {"A"}, "linalg.slogdet": {"A"},  # another name of input, as in torch.det
    "add": {"alpha"}, "rsub": {"alpha"}, "sub": {"alpha"}, "subtract": {"alpha"},  # by name only, in Python
    "max": {"other"}, "min": {"other"},  # in the place of dim
    "std": {"unbiased"}, "var": {"unbiased"},  # in the place of dim, if it is a bool
    "std_mean": {"unbiased"}, "var_mean": {"unbiased"},
    "scatter": {"value"},  # in the place of src
    "repeat_interleave": {"repeats"},  # alone, in the place of input
    "isin": {"element", "test_element"},  # numbers, in the place of elements and test_elements
    "split": {"input", "split_size", "split_sizes"},  # Python's function calls them as ours does
    "tensordot": {"input", "other", "dims_self", "dims_other"},
    "tensor_split": {"indices", "sections", "tensor_indices_or_sections"},
    "hsplit": {"indices", "sections"}, "vsplit": {"indices", "sections"},
    "dsplit": {"indices", "sections"},
    "result_type": {"scalar", "scalar1", "scalar2", "tensor", "other"},  # of numbers and tensors
    "sort": {"reverse"},  # of lists
    "eq": {"a", "b"}, "ne": {"a", "b"},  # of lists
}  # fmt: skip


# Defaults that a schema cannot say or that Python's function has otherwise.
OTHER_DEFAULTS = {
    ("cdist", "compute_mode"),  # a word for a number
    ("gradient", "spacing"),  # 1 stands for None
    ("norm", "p"),  # "fro" in Python
    ("roll", "dims"),  # None stands for ()
}


def parameters(function):
    return inspect.signature(function).parameters


@pytest.mark.parametrize("name", NAMES)
def test_positions_and_names(name):
    ours = parameters(compare.lookup(rg, name))
    if any(p.kind is p.VAR_POSITIONAL for p in ours.values()):
        pytest.skip("takes its arguments one by one")
    places = [n for n, p in ours.items() if p.kind is not p.KEYWORD_ONLY]
    for schema in signatures.schemas(torch, name):
        for place, (argument, _) in enumerate(signatures.positional(schema)):
            if argument not in UNUSED | ELSEWHERE.get(name, set()):
                assert places[place : place + 1] == [argument], f"{schema}: we have {places}"
        for argument, _ in signatures.named(schema):
            assert argument in ours or argument in UNUSED, f"{schema}: we have {list(ours)}"


@pytest.mark.parametrize("name", ["autograd.grad", "Tensor.backward", "testing.assert_close"])
def test_functions_of_python(name):
    ours, theirs = (parameters(compare.lookup(library, name)) for library in (rg, torch))
    assert [*ours] == [*theirs]
    for own, other in zip(ours.values(), theirs.values(), strict=True):
        assert (own.kind, own.default) == (other.kind, other.default)


def test_only_inputs_is_ignored_with_a_warning():
    for library in (rg, torch):
        x = library.ones(2, requires_grad=True)
        with pytest.warns(FutureWarning, match="only_inputs"):
            library.autograd.grad(x.sum(), x, only_inputs=False)


@pytest.mark.parametrize("name", NAMES)
def test_defaults(name):
    """A default is that of some way of calling, or None where a way does without the argument."""
    ours = parameters(compare.lookup(rg, name))
    ways = signatures.schemas(torch, name)
    taken = [dict([*signatures.positional(way), *signatures.named(way)]) for way in ways]
    for argument, parameter in ours.items():
        theirs = [way[argument] for way in taken if argument in way]
        required = all(t is signatures.REQUIRED for t in theirs)
        if required or argument in UNUSED or (name, argument) in OTHER_DEFAULTS:
            continue
        # A schema has 1 for (1, 1), and numbers for words.
        given = [t[0] if isinstance(t, tuple) and len({*t}) == 1 else t for t in theirs]
        optional = parameter.default is None and len(theirs) < len(taken)
        assert optional or parameter.default in [*theirs, *given], f"{argument}: {theirs}"
