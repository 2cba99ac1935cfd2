"""Every op that is linear in an input is linear indeed, and its vjp is its adjoint."""

import importlib
import pkgutil

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core import modes, ops
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.tensor import Tensor, wrap
from tests.ops.checks import awkward
from tests.properties import (  # noqa: F401 - they fill the table
    linear_indexing,
    linear_network_ops,
    linear_ops,
    linear_products,
)
from tests.properties.draws import assert_close, for_all_draws, tensors
from tests.properties.linear import ROWS

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


class Problem:
    """A linear function of the table, with what is put into it."""

    def __init__(self, row, d):
        self.d = d
        self.function, *self.shapes = row.problem(self.d)
        self.strange = self.d.flag()

    def inputs(self):
        """Random tensors for the function; strided and read-only in half of the problems."""
        arrays = [np.asarray(self.d.array(shape)) for shape in self.shapes]
        return [wrap(awkward(x) if self.strange else x) for x in arrays]

    def like(self, results):
        """Random cotangents of results."""
        arrays = [np.asarray(self.d.array(tuple(r.shape)), r._data.dtype) for r in results]
        return [wrap(awkward(x) if self.strange else x) for x in arrays]

    def __call__(self, inputs):
        return list(tensors(self.function(*inputs)))


def check(row, property):
    """Hold `property` to problems of a row."""

    for_all_draws(lambda d: property(Problem(row, d)))


def inner(xs, ys):
    """The inner product of two lists of tensors, and a bound of its rounding error's size."""
    pairs = [(x.detach().numpy().ravel(), y.detach().numpy().ravel()) for x, y in zip(xs, ys)]
    total = sum(float(x @ y) for x, y in pairs)
    return total, sum(float(np.abs(x) @ np.abs(y)) for x, y in pairs)


def scaled(factor, xs):
    return [x * factor for x in xs]


def added(xs, ys):
    return [x + y for x, y in zip(xs, ys, strict=True)]


@rows
def test_sums_and_multiples_go_through(row):
    def property(a):
        x, y = a.inputs(), a.inputs()
        got = a(added(scaled(0.5, x), scaled(-3.0, y)))
        assert_close(got, added(scaled(0.5, a(x)), scaled(-3.0, a(y))))

    check(row, property)


class Inputs:
    """A watcher of the forward pass that notes which inputs of ops required grad."""

    def __init__(self):
        self.seen = set()

    def check_forward(self, op, result, inputs):
        names = op.inputs * len(inputs) if op.variadic else op.inputs
        for name, x in zip(names, inputs, strict=False):
            if isinstance(x, Tensor) and x.requires_grad:
                self.seen.add(f"{op.__name__}.{name}")

    def check_backward(self, node, results):
        pass


@rows
def test_vjp_is_the_adjoint(row):
    """``<A x, w> = <x, A' w>``, by the fast rules of `backward`."""
    watcher = Inputs()

    def property(a):
        x = a.inputs()
        for t in x:
            t.requires_grad = True
        modes.state.watcher = watcher
        try:
            y = a(x)
        finally:
            modes.state.watcher = None
        w = a.like(y)
        pulled = rg.autograd.grad(y, x, w, allow_unused=True, materialize_grads=True)
        assert [g.shape for g in pulled] == [t.shape for t in x]
        (left, size), (right, other) = inner(y, w), inner(x, pulled)
        assert abs(left - right) <= 1e-12 * max(size, other, 1.0)

    check(row, property)
    assert row.proves <= watcher.seen


@rows
def test_adjoint_of_the_adjoint_is_the_function(row):
    """The directional derivative, which goes through the vjp of the vjp, is the function itself."""

    def property(a):
        x, v = a.inputs(), a.inputs()
        value, derivative = rg.func.jvp(a.function, tuple(x), tuple(v))
        assert_close(value, a(x))
        assert_close(derivative, a(v))

    check(row, property)


# --- the table ------------------------------------------------------------------------------------

# Inputs that a vjp does not name though the op is not linear in them.
NOT_LINEAR = {
    "Ceil.input Floor.input Round.input Sign.input Trunc.input Copysign.other Nextafter.other "
    "FloorDivide.input FloorDivide.other TruncDivide.input TruncDivide.other": (
        "constant between jumps: the cotangent is zero"
    ),
    "Frac.input Fmod.input Remainder.input": "of slope 1 between jumps",
    "Drawn.input": "random numbers, whatever the input is",
    "MaxPool.input": "where the maxima are is kept; test_invariances has max pooling",
    "Pick.input": "one output of an op with several, made by the engine: Split, Unbind",
}


def linear_inputs():
    """The inputs of all ops that their own vjp names neither as such nor as the result."""
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    ours = [op for op in Op.registry.values() if op.__module__.startswith("retrograd.")]
    for op in ours:
        for name, rule in op.rules.items():
            code = rule.__code__
            if not {name, "out", *op.outputs} & set(code.co_varnames[: code.co_argcount]):
                yield f"{op.__name__}.{name}"


def test_every_linear_op_is_in_the_table():
    found = set(linear_inputs())
    excused = {name for names in NOT_LINEAR for name in names.split()}
    proved = set().union(*[row.proves for row in ROWS])
    assert found - proved - excused == set(), "linear in an input, and not in the table"
    assert excused - found == set(), "excused without need"
    assert proved & excused == set()
    assert proved - found == set(), "vjps of linear ops that save their input"


def test_names_of_rows_are_unique():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
