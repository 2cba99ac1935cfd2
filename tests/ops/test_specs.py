"""Every row of the op table is held to the same proofs.

One family: ``pytest tests/ops/test_specs.py -k matmul-``; one op: ``-k matmul-Linear``.
"""

import importlib
import warnings
from contextlib import nullcontext

import numpy as np
import pytest

from retrograd.autograd_core import engine
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops import load_all
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.device import device, from_host
from tests.ops import checks
from tests.ops.cases import FAMILIES, Case, host


def read(family):
    """The rows of a family; none if its module is broken, which a test of its own reports."""
    try:
        return importlib.import_module(f"tests.ops.specs_{family}").SPECS
    except Exception:
        return []


ROWS = [(f"{family}-{spec}", spec) for family in FAMILIES for spec in read(family)]
TYPES = ["float64", "float32"]


def rows(keep=lambda spec: True):
    """Parametrise with the rows that `keep` holds for."""
    chosen = [pytest.param(spec, id=name) for name, spec in ROWS if keep(spec)]
    return pytest.mark.parametrize("spec", chosen)


def differentiable(spec):
    return spec.order >= 1


# --- values -------------------------------------------------------------------------------------


@rows(lambda spec: spec.reference is not None)
def test_value_is_the_reference(spec, where):
    case = Case(spec)
    arrays = case.in_type("float64")
    expected = spec.reference(*case.arguments([x.copy() for x in arrays]), **case.attributes)
    expected = list(checks.flatten(expected))
    got = case.values(arrays, where)
    assert len(got) == len(expected)
    for k, (a, b) in enumerate(zip(got, expected, strict=True)):
        checks.close(a, b, f"result {k}", rtol=1e-10, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", TYPES)
@rows(lambda spec: spec.torch)
def test_value_shape_and_type_are_pytorchs(spec, dtype, where):
    torch = pytest.importorskip("torch")
    case = Case(spec)
    arrays = case.in_type(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, _ = case.in_torch(torch, arrays)
    got = case.call(case.tensors(arrays, where))
    assert len(got) == len(expected)
    for k, (a, b) in enumerate(zip(got, expected, strict=True)):
        if not isinstance(a, Tensor):
            assert a == b
            continue
        assert a.dtype.name == str(b.dtype).removeprefix("torch."), f"type of result {k}"
        checks.close(host(a), b.numpy(), f"result {k}", **checks.TOLERANCE[dtype])


@rows()
def test_float32_stays_float32(spec, where):
    case = Case(spec)
    arrays = case.in_type("float32")
    if not any(x.dtype.kind == "f" for x in arrays) or "dtype" in case.attributes:
        return
    results = [r for r in case.call(case.tensors(arrays, where)) if isinstance(r, Tensor)]
    kinds = {r.dtype.name for r in results if r.dtype.is_floating_point}
    assert kinds <= {"float32"}


# --- derivatives --------------------------------------------------------------------------------


@rows(lambda spec: differentiable(spec) and spec.smooth)
def test_gradient_is_that_of_finite_differences(spec, where):
    checks.first_order(Case(spec), where)


@rows(lambda spec: spec.order >= 2 and spec.smooth)
def test_second_gradient_is_that_of_finite_differences(spec, where):
    checks.second_order(Case(spec), where)


@pytest.mark.oracle
@rows(lambda spec: spec.torch and differentiable(spec))
def test_gradient_is_pytorchs(spec, where):
    torch = pytest.importorskip("torch")
    case = Case(spec)
    arrays = case.in_type("float64")
    seeds = checks.cotangents(case, arrays, where)
    got = checks.Gradients(case, where, seeds).plain(arrays, case.floats)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results, tensors = case.in_torch(torch, arrays, case.floats)
        pairs = [(r, torch.tensor(s)) for r, s in zip(results, seeds, strict=True) if s is not None]
        grads = torch.autograd.grad(
            [r for r, _ in pairs],
            [tensors[k] for k in case.floats],
            [s for _, s in pairs],
            allow_unused=True,
            materialize_grads=True,
        )
    for k, a, b in zip(case.floats, got, grads, strict=True):
        checks.close(a, b.numpy(), f"gradient of input {k}", rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("dtype", TYPES)
@rows(differentiable)
def test_fast_path_is_the_rule_and_fits_the_inputs(spec, dtype, where):
    """All subsets of inputs; gradients have their input's shape and type, in float32 too."""
    case = Case(spec)
    arrays = case.in_type(dtype)
    seeds = checks.cotangents(case, arrays, where)
    gradients = checks.Gradients(case, where, seeds)
    with checks.held_to_rule(Op.registry[spec.op], dtype) if spec.op else nullcontext():
        for needs in checks.subsets(case.floats):
            _, _, grads = gradients.record(arrays, needs)
            for k, gradient in zip(needs, grads, strict=True):
                if gradient is not None:
                    assert gradient.shape == arrays[k].shape
                    assert gradient.dtype.name == dtype


# --- inputs -------------------------------------------------------------------------------------


@rows()
def test_strides_do_not_matter_and_inputs_are_left_alone(spec, where):
    case = Case(spec)
    arrays = case.in_type("float64")
    expected = case.values(arrays, where)
    strange = [checks.awkward(x) for x in arrays]
    for a, b in zip(case.values(strange, where), expected, strict=True):
        checks.close(a, b, "value", rtol=1e-12, atol=1e-14)
    if differentiable(spec):
        seeds = checks.cotangents(case, arrays, where)
        gradients = checks.Gradients(case, where, seeds)
        expected = gradients.plain(arrays, case.floats)
        for a, b in zip(gradients.plain(strange, case.floats), expected, strict=True):
            checks.close(a, b, "gradient", rtol=1e-10, atol=1e-13)
    for x, original in zip(arrays, case.in_type("float64"), strict=True):
        np.testing.assert_array_equal(x, original, "an input was changed")


@rows(lambda spec: hasattr(spec.call, "op"))
def test_raw_arrays_give_the_same_as_tensors(spec, where):
    case = Case(spec)
    arrays = case.in_type("float64")
    if not arrays or (spec.call.op.floats and any(x.dtype.kind != "f" for x in arrays)):
        return
    results = case.call([from_host(x, device(where)) for x in arrays])
    assert not any(isinstance(r, Tensor) for r in results)
    for a, b in zip(results, case.values(arrays, where), strict=True):
        checks.close(host(a), b, "raw (x) and Tensor (y)", rtol=0, atol=0)


# --- the table ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_of_the_family_can_be_read(family):
    assert importlib.import_module(f"tests.ops.specs_{family}").SPECS


@rows(lambda spec: spec.op)
def test_row_runs_the_op_that_it_proves(spec):
    assert spec.op in checks.ops_that_run(Case(spec))


def our_ops():
    """All but Pick, which the engine makes for ops of several outputs; their rows prove it."""
    load_all()
    ops = {n: op for n, op in Op.registry.items() if op.__module__.startswith("retrograd.")}
    return {n for n, op in ops.items() if not op.picks}


def test_every_op_has_a_row():
    ours = our_ops()
    proved = {spec.op for _, spec in ROWS if spec.op}
    assert ours - proved == set(), "ops without a row in tests/ops/specs_*.py"
    assert proved - ours == set(), "rows for ops that do not exist"


def test_every_op_with_a_derivative_is_differentiated_in_some_row():
    ours = {n for n in our_ops() if Op.registry[n].rules}
    proved = {spec.op for _, spec in ROWS if spec.op and differentiable(spec)}
    assert ours - proved == set()


def test_names_of_rows_are_unique():
    names = [name for name, _ in ROWS]
    assert sorted(set(names)) == sorted(names), {n for n in names if names.count(n) > 1}


def test_engine_and_table_agree_on_what_is_wrapped():
    """A guard for the tests above: `host` and `wrap` are inverse on every kind of result."""
    for x in (np.float32(1.5), np.array(2), np.zeros((0, 3)), np.array([True])):
        assert host(wrap(x)).dtype == x.dtype
        np.testing.assert_array_equal(host(wrap(x)), x)
    assert engine.as_tensor(np.zeros(2)).shape == (2,)
