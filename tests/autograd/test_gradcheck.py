"""gradcheck and gradgradcheck: what they accept, and how they tell one failure from another."""

import pytest

import retrograd as rg
from retrograd.autograd import Function, GradcheckError, gradcheck, gradgradcheck


def f64(*values):
    return rg.tensor(values, dtype=rg.float64, requires_grad=True)


def function(forward, backward):
    """A Function of one argument with these rules."""

    class Made(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Made.apply


def cube(factor):
    return function(lambda x: x**3, lambda g, x: g * factor * x * x)


def message(func, inputs, **options):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(func, inputs, **options)
    return str(caught.value)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_gradients_pass(fast_mode):
    x, y = f64(0.5, 2.0), f64(1.0, 3.0)
    assert gradcheck(cube(3), x, fast_mode=fast_mode)
    assert gradcheck(lambda x, y: (x * y, x / y), (x, y), fast_mode=fast_mode)
    assert gradgradcheck(lambda x, y: (x * y, x / y), (x, y), fast_mode=fast_mode)
    assert gradcheck(lambda x, n: x**n, (x, 3), fast_mode=fast_mode)


def test_closures_over_the_inputs_are_seen():
    x = f64(0.5, 2.0)
    assert gradcheck(lambda *_: (x**3).sum(), x)
    assert x.tolist() == [0.5, 2.0]


@pytest.mark.parametrize("fast_mode", [False, True])
def test_wrong_gradient_names_input_element_and_values(fast_mode):
    rule = function(lambda x: x * x, lambda g, x: g * x * rg.tensor([2.0, 2.0, 5.0]))
    text = message(lambda y, x: rule(x), (f64(1.0), f64(1.0, 2.0, 3.0)), fast_mode=fast_mode)
    assert "output 0 with respect to input 1: 1 of 9 elements differ" in text
    assert "d output[2] / d input[2]: analytic 15, numeric 6" in text


def test_constant_factor_is_said():
    assert "analytic gradient is 2 times the numeric one" in message(cube(6), f64(1.0, 2.0))


def test_detached_output_is_said():
    assert "does not require grad" in message(lambda x: (x * 2).detach(), f64(1.0))


def test_lost_gradient_is_said():
    assert "no gradient flows" in message(lambda x, y: x * y.detach(), (f64(1.0), f64(2.0)))


def test_wrong_shape_is_said(monkeypatch):
    from retrograd.autograd_core.op import Op
    from retrograd.autograd_core.ops.shape import reshape_to

    monkeypatch.setattr(Op, "registry", dict(Op.registry))

    class Bad(Op):
        def forward(xp, input):
            return input * 2.0

        def vjp_input(g):
            return reshape_to(g, (2, 1))

    text = message(Bad.function, f64(1.0, 2.0))
    assert "wrong shape: [2, 1], but the input has shape [2]" in text


def test_nan_is_a_mistake():
    text = message(function(lambda x: x * 2, lambda g, x: g * float("nan")), f64(1.0))
    assert "NaN" in text


def test_forward_that_is_not_deterministic():
    calls = []

    def drifting(x):
        calls.append(1)
        return x * (1 + 1e-3 * len(calls))

    text = message(drifting, f64(1.0))
    assert "not deterministic: output 0 differs by 0.001" in text
    assert gradcheck(cube(3), f64(1.0), nondet_tol=1e-9)


def test_backward_that_is_not_deterministic():
    calls = []

    def drifting(g, x):
        calls.append(1)
        return g * (2 + 1e-9 * len(calls))

    rule = function(lambda x: x * 2, drifting)
    assert "not reentrant" in message(rule, f64(1.0))
    assert gradcheck(rule, f64(1.0), nondet_tol=1e-6)


def test_backward_that_ignores_a_zero_cotangent():
    rule = function(lambda x: x * 2, lambda g, x: g * 0 + 2)
    # Right for the unit cotangents of a check in every element, but not linear.
    assert "not multiplied by grad_output" in message(rule, f64(1.0))
    assert gradcheck(rule, f64(1.0), check_undefined_grad=False)


def test_float32_is_warned_of():
    x = rg.tensor([100.0, 200.0], requires_grad=True)
    with pytest.warns(UserWarning, match=r"Input #0.*not double precision"):
        assert not gradcheck(cube(3), x, raise_exception=False)
    with pytest.warns(UserWarning, match="double"):
        assert "finite differences need float64" in message(cube(3), x)


def test_outputs_that_are_no_tensors():
    assert "output 1 of the function is a float" in message(lambda x: (x, 1.0), f64(1.0))


def test_inputs_that_cannot_be_checked():
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(lambda x: x, rg.ones(1))
    x = rg.ones(1, dtype=rg.float64).expand(3).requires_grad_()
    with pytest.raises(RuntimeError, match="stride 0"):
        gradcheck(lambda x: x, x)


def test_raise_exception_false_returns_false():
    assert gradcheck(cube(4), f64(1.0), raise_exception=False) is False


def test_second_derivative_that_is_wrong_is_found():
    """Right once; a constant hides what the second derivative needs."""
    rule = function(lambda x: x**3, lambda g, x: g * 3 * x.detach() ** 2)
    assert gradcheck(rule, f64(1.0, 2.0))
    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        gradgradcheck(rule, f64(1.0, 2.0))


def test_empty_inputs_and_outputs():
    assert gradcheck(lambda x, y: x[:0] * 2, (f64(1.0), f64()))
