"""The checks of the op table find what they are for: ops with deliberately wrong rules."""

import numpy as np
import pytest

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import mul
from retrograd.autograd_core.ops.shape import reshape_to
from tests.ops import checks
from tests.ops.cases import Case
from tests.ops.spec import Spec, constant, many, real


@pytest.fixture(autouse=True)
def registry():
    """Ops made by a test leave the registry with it."""
    before = dict(Op.registry)
    yield
    Op.registry.clear()
    Op.registry.update(before)


def case(op, *inputs):
    return Case(Spec(op.__name__, op.function, inputs))


def cube(rule):
    """An op that computes the cube and has `rule` as its vjp."""

    class Cube(Op):
        def forward(xp, input):
            return input**3

        vjp_input = rule

    return case(Cube, real(2, 3))


def right(g, input):
    return mul(g, mul(mul(input, input), 3.0))


def test_right_rule_passes():
    checks.first_order(cube(right), "cpu")
    checks.second_order(cube(right), "cpu")


def wrong_factor(g, input):
    return mul(g, mul(mul(input, input), 3.001))


def wrong_power(g, input):
    return mul(g, input)


def forgets_cotangent(g, input):
    return mul(mul(input, input), 3.0)


@pytest.mark.parametrize("rule", [wrong_factor, wrong_power, forgets_cotangent])
def test_wrong_gradient_is_found(rule):
    with pytest.raises(AssertionError, match="gradient of input 0"):
        checks.first_order(cube(rule), "cpu")


def test_gradient_wrong_in_one_element_is_found():
    class Bad(Op):
        def forward(xp, input):
            return input * 2.0

        def vjp_input(g):
            return mul(g, np.array([2.0, 2.0, 2.01]))

    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 3"):
        checks.first_order(case(Bad, real(3)), "cpu")


def test_wrong_shape_is_found():
    class Bad(Op):
        def forward(xp, input):
            return input * 2.0

        def vjp_input(g):
            return reshape_to(mul(g, 2.0), (6,))

    with pytest.raises(AssertionError, match="shape"):
        checks.first_order(case(Bad, real(2, 3)), "cpu")
    with pytest.raises(AssertionError, match="not"), checks.held_to_rule(Bad, "float64"):
        checks.first_order(case(Bad, real(2, 3)), "cpu")


def test_second_derivative_that_a_constant_hides_is_found():
    """A rule that is right, but through which the second derivative does not flow."""

    class Bad(Op, keeps=("twice",)):
        def forward(xp, input):
            return input**3, 3.0 * input**2

        def vjp_input(g, twice):
            return mul(g, twice)

    checks.first_order(case(Bad, real(3)), "cpu")
    with pytest.raises(AssertionError, match="second-order gradient of input 0"):
        checks.second_order(case(Bad, real(3)), "cpu")


def test_rule_wrong_only_for_some_subset_is_found():
    class Bad(Op):
        def forward(xp, input, other):
            return input * other

        def vjp_input(g, other):
            return mul(g, other)

        def vjp_other(g, input):
            return mul(g, input)

        def fused(xp, g, needs, input, other):
            factor = 1.0 if all(needs) else 2.0
            return g * other * factor, g * input

    checked = case(Bad, real(3), real(3))
    with pytest.raises(AssertionError, match=r"inputs \(0,\) requiring grad"):
        checks.first_order(checked, "cpu")


def test_fast_path_that_differs_from_the_rule_is_found():
    class Bad(Op):
        def forward(xp, input):
            return input * input

        def vjp_input(g, input):
            return mul(g, mul(input, 2.0))

        def fused(xp, g, needs, input):
            return (g * input * 2.0000001,)

    with (
        pytest.raises(AssertionError, match="fast path"),
        checks.held_to_rule(Bad, "float64"),
    ):
        checks.first_order(case(Bad, real(3)), "cpu")


def test_fast_path_that_overwrites_its_cotangent_is_found():
    class Bad(Op):
        def forward(xp, input):
            return input * 2.0

        def vjp_input(g):
            return mul(g, 2.0)

        def fused(xp, g, needs):
            g *= 2.0
            return (g,)

    with (
        pytest.raises(AssertionError, match="changed what it was given"),
        checks.held_to_rule(Bad, "float64"),
    ):
        checks.first_order(case(Bad, real(3)), "cpu")


def test_gradient_of_the_wrong_type_is_found():
    class Bad(Op):
        def forward(xp, input):
            return input * 2.0

        def vjp_input(g):
            return mul(g, 2.0).astype("float64")

    checked = case(Bad, real(3))
    arrays = checked.in_type("float32")
    seeds = checks.cotangents(checked, arrays, "cpu")
    gradients = checks.Gradients(checked, "cpu", seeds)
    with pytest.raises(AssertionError, match="float64"), checks.held_to_rule(Bad, "float32"):
        gradients.plain(arrays, [0])


def test_missing_rule_is_found_unless_declared():
    class Half(Op):
        def forward(xp, input, other):
            return input * other

        def vjp_input(g, other):
            return mul(g, other)

    with pytest.raises(AssertionError, match="constant"):
        checks.first_order(case(Half, real(3), real(3)), "cpu")
    checks.first_order(case(Half, real(3), constant(real(3))), "cpu")


def test_lists_of_inputs_are_taken_apart():
    class Total(Op):
        def forward(xp, *tensors):
            return tensors[0] + tensors[1]

        def vjp_tensors(g, tensors):
            return tuple(g for _ in tensors)

    spec = Spec("Total", lambda tensors: Total.function(*tensors), (many(real(2), real(2)),))
    checks.first_order(Case(spec), "cpu")
    assert checks.ops_that_run(Case(spec)) == {"Total"}


def test_awkward_arrays_are_awkward():
    for shape in [(), (3,), (2, 3), (2, 3, 4)]:
        array = np.random.default_rng(0).normal(size=shape)
        strange = checks.awkward(array)
        np.testing.assert_array_equal(strange, array)
        assert not strange.flags.writeable
        assert array.ndim == 0 or not strange.flags.c_contiguous


def test_subsets_are_all_or_alone_and_together():
    assert checks.subsets([0, 2]) == [(0,), (2,), (0, 2)]
    assert checks.subsets(range(5)) == [(0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4)]
