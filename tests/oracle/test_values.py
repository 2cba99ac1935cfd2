"""The same call in retrograd and in PyTorch: values, types, shapes, errors and gradients.

The calls are the tables of ``cases_*.py``; their letters are explained in `inputs`. Each is made in
eight types and, in float64, on three layouts of memory; then as a method, in place, and with ``out=``.
"""

import importlib
import re
from pathlib import Path

import pytest

from tests.oracle import compare
from tests.oracle.differences import REASONS
from tests.oracle.inputs import LAYOUTS, TYPES
from tests.oracle.tables import rows

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

FAMILIES = sorted(p.stem.removeprefix("cases_") for p in Path(__file__).parent.glob("cases_*.py"))
TABLES = {f: [*rows(importlib.import_module(f"tests.oracle.cases_{f}").CASES)] for f in FAMILIES}
WRITES = TABLES.pop("writes")
ROWS = [row for table in TABLES.values() for row in table]
KINDS = [(dtype, "rows") for dtype in TYPES] + [("float64", layout) for layout in LAYOUTS[1:]]
FEW = [("float64", "rows"), ("int64", "rows")]
# Of equal elements any may be the one that is found, so that the indices say little where there are
# many: PyTorch does not promise which it is.
ANY_OF_EQUALS = {"kthvalue", "median", "nanmedian", "topk"}


def calls(choose=lambda name, arguments: True, table=ROWS):
    """Parametrize by the rows of a table that `choose` picks."""
    chosen = [row for row in table if choose(*row)]
    return pytest.mark.parametrize(
        ("name", "arguments"), chosen, ids=[f"{n}({a})" for n, a in chosen]
    )


def differences(find, name, arguments, kinds=KINDS, *, gradients=True):
    """What differs, by type and layout."""
    rough = re.search(r"\b[fd]\b|float64", arguments) is not None
    found = {}
    for dtype, layout in kinds:
        grad = gradients and dtype.startswith("float")
        got, expected, ours, theirs = compare.both(find, arguments, dtype, layout, grad=grad)
        if compare.is_unwritten(expected) and not isinstance(got, Exception):
            continue
        if name in ANY_OF_EQUALS and not dtype.startswith("float"):
            got, expected = (
                r if isinstance(r, Exception) else next(compare.leaves(r)) for r in (got, expected)
            )
        different = compare.unequal(got, expected, rough)
        if different is None and grad:
            different = compare.unequal_gradients(got, expected, ours, theirs, rough)
        if different:
            found[f"{dtype} {layout}"] = different
    return found


def check(label, find, name, arguments, kinds=KINDS, *, gradients=True):
    """No difference; or one, where one is meant."""
    found = differences(find, name, arguments, kinds, gradients=gradients)
    reason = REASONS.get((label, arguments))
    if reason is None:
        assert not found, "\n".join(f"{kind}: {text}" for kind, text in found.items())
    else:
        assert found, f"this does not differ: {reason}"


def without_known(name, arguments):
    """Whether nothing is known to differ when it is called as a function."""
    return (name, arguments) not in REASONS


@calls()
def test_function(name, arguments):
    check(name, lambda T: compare.lookup(T, name), name, arguments)


def is_method(name, arguments):
    """Whether PyTorch has such a method, and the call gives it the tensor first."""
    letter = re.match(r"[a-z]\b", arguments)
    return hasattr(torch.Tensor, name) and bool(letter) and without_known(name, arguments)


@calls(lambda name, arguments: name != "where" and is_method(name, arguments))
def test_method(name, arguments):
    def find(T):
        return lambda self, *args, **kwargs: getattr(self, name)(*args, **kwargs)

    check(f"Tensor.{name}", find, name, arguments, FEW)


def written(name):
    """Of a call of the method in place: the result, the tensor written to, whether they are one."""

    def call(self, *args, **kwargs):
        self = self.clone()
        result = getattr(self, name)(*args, **kwargs)
        return result, self, result is self

    return lambda T: call


@calls(lambda name, arguments: is_method(f"{name}_", arguments) and without_known(name, arguments))
def test_in_place(name, arguments):
    check(f"{name}_", written(f"{name}_"), name, arguments)


@calls(table=WRITES)
def test_write(name, arguments):
    check(name, written(name), name, arguments)


def takes_out(name, arguments):
    """Whether PyTorch's schemas of the function have an argument ``out``."""
    packet = getattr(torch.ops.aten, name.replace(".", "_"), None)
    overloads = [getattr(packet, o)._schema for o in packet.overloads()] if packet else []
    known = "requires_grad" in arguments or not without_known(name, arguments)
    return not known and any(a.name == "out" for schema in overloads for a in schema.arguments)


@calls(takes_out)
def test_out(name, arguments):
    """The result, the tensors that it was put into, and that they are the same."""

    def find(T):
        function = compare.lookup(T, name)

        def call(*args, **kwargs):
            plain = function(*args, **kwargs)
            parts = list(compare.leaves(plain))
            spare = [T.full(p.shape, 1, dtype=p.dtype) for p in parts]
            out = tuple(spare) if isinstance(plain, tuple) else spare[0]
            result = function(*args, **kwargs, out=out)
            same = [a is b for a, b in zip(compare.leaves(result), spare, strict=True)]
            return result, spare, all(same)

        return call

    check(f"{name}(out=)", find, name, arguments, FEW, gradients=False)
