"""autograd.Function: saving, marking, several outputs, second derivatives, messages."""

import gc
import weakref

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd import Function, gradcheck, gradgradcheck
from retrograd.autograd.function import once_differentiable


def f64(*values):
    return rg.tensor(values, dtype=rg.float64, requires_grad=True)


class Product(Function):
    @staticmethod
    def forward(ctx, x, y, power=1):
        ctx.save_for_backward(x, y)
        ctx.power = power
        return (x * y) ** power

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        inner = g * ctx.power * (x * y) ** (ctx.power - 1)
        grad_x = inner * y if ctx.needs_input_grad[0] else None
        grad_y = inner * x if ctx.needs_input_grad[1] else None
        return grad_x, grad_y, None


class Exp(Function):
    """The new style, saving the output."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * out


class SumAndDifference(Function):
    @staticmethod
    def forward(ctx, x, y):
        return x + y, x - y, "a note"

    @staticmethod
    def backward(ctx, g_sum, g_difference, note):
        assert note is None
        return g_sum + g_difference, g_sum - g_difference


def test_first_and_second_derivatives():
    x, y = f64(1.0, 2.0), f64(0.5, -1.0)
    function = lambda x, y: Product.apply(x, y, 3)  # noqa: E731
    assert gradcheck(function, (x, y))
    assert gradgradcheck(function, (x, y))
    assert gradcheck(Exp.apply, x)
    assert gradgradcheck(Exp.apply, x)


def test_needs_input_grad_is_what_is_asked_for():
    seen = []

    class Look(Function):
        @staticmethod
        def forward(ctx, x, y, number):
            seen.append(ctx.needs_input_grad)
            return x * y

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g, g, None

    x, y = f64(1.0), f64(1.0)
    Look.apply(x, y.detach(), 3).backward()
    assert seen == [(True, False, False)] * 2
    rg.autograd.grad(Look.apply(x, y, 3), y)
    assert seen[2:] == [(True, True, False), (False, True, False)]


def test_several_outputs():
    x, y = f64(1.0, 2.0), f64(3.0, 4.0)
    total, difference, note = SumAndDifference.apply(x, y)
    assert note == "a note"
    total.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert y.grad.tolist() == [1.0, 1.0]
    assert gradcheck(lambda x, y: SumAndDifference.apply(x, y)[:2], (x, y))
    assert gradgradcheck(lambda x, y: SumAndDifference.apply(x, y)[:2], (x, y))
    assert total.grad_fn is difference.grad_fn


def test_missing_cotangents_are_zeros_or_none():
    class Two(Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, a, b):
            seen.append(b)
            return a, None

    seen = []
    x = f64(1.0)
    Two.apply(x, False)[0].backward()
    Two.apply(x, True)[0].backward()
    assert seen[0] is None
    assert seen[1].tolist() == [0.0]


def test_non_differentiable_and_integer_outputs_do_not_require_grad():
    class SortedWithIndex(Function):
        @staticmethod
        def forward(ctx, x):
            values, index = x.clone(), rg.tensor([0])
            noise = x * 0
            ctx.mark_non_differentiable(noise)
            return values, index, noise

        @staticmethod
        def backward(ctx, g, g_index, g_noise):
            return g

    values, index, noise = SortedWithIndex.apply(f64(1.0))
    assert (values.requires_grad, index.requires_grad, noise.requires_grad) == (True, False, False)


class Double(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


def test_in_place_function():
    x = f64(3.0)
    y = x * 1
    z = Double.apply(y)
    assert z is y
    assert y.tolist() == [6.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [24.0]


def test_in_place_function_on_a_view_changes_its_base():
    x = f64(1.0, 2.0)
    base = x * 1
    Double.apply(base[:1])
    (base * rg.tensor([1.0, 10.0], dtype=rg.float64)).sum().backward()
    assert base.tolist() == [2.0, 2.0]
    assert x.grad.tolist() == [2.0, 10.0]


def test_in_place_on_a_leaf_is_refused():
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        Double.apply(f64(1.0))


def test_dirty_must_be_returned():
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(RuntimeError, match="marked as dirty"):
        Bad.apply(f64(1.0) * 1)


def test_change_of_a_saved_tensor_is_noticed():
    x, y = f64(1.0), f64(2.0)
    a = x * 1
    z = Product.apply(a, y)
    a.add_(1)
    with pytest.raises(RuntimeError, match=r"saved_tensors\[0\].*add_"):
        z.backward()


def test_second_backward_is_refused_once_saved_values_are_freed():
    z = Product.apply(f64(1.0), f64(2.0))
    z.backward()
    with pytest.raises(RuntimeError, match="second time"):
        z.backward()


def test_an_input_returned_as_it_is():
    class Identity(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 5

    x = f64(1.0)
    y = Identity.apply(x)
    assert y is not x
    assert x.is_leaf
    y.backward()
    assert x.grad.tolist() == [5.0]


def test_view_returned_from_forward():
    class Row(Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(2, 1)

        @staticmethod
        def backward(ctx, g):
            return g.view(2) * 3

    x = f64(1.0, 2.0)
    Row.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_gradient_that_is_the_cotangent_itself_is_not_shared():
    class Both(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, g

    x, y = f64(1.0), f64(2.0)
    Both.apply(x, y).backward()
    x.grad.add_(1)
    assert y.grad.tolist() == [1.0]


def returning(value):
    class Returns(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            return value

    return Returns.apply(f64(1.0, 2.0), 3)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, RuntimeError, r"incorrect number of gradients \(expected 2, got 1\)"),
        (rg.ones(2), RuntimeError, r"expected 2, got 1"),
        ((rg.ones(2), None, rg.ones(1)), RuntimeError, r"expected 2, got 3"),
        ((rg.ones(3), None), RuntimeError, r"invalid gradient at index 0 - got \[3\].*\[2\]"),
        ((rg.ones(2), rg.ones(1)), RuntimeError, "different from None at position 1"),
        ((1.0, None), TypeError, "expected Tensor or None"),
    ],
)
def test_wrong_gradients_are_refused(value, error, message):
    with pytest.raises(error, match=message):
        returning(value).sum().backward()


def test_gradients_are_summed_and_converted_to_fit():
    class Loose(Function):
        @staticmethod
        def forward(ctx, x):
            return x.expand(3, 2)

        @staticmethod
        def backward(ctx, g):
            return g.float(), None, None

    x = f64(1.0, 2.0)
    Loose.apply(x).sum().backward()
    assert x.grad.dtype is rg.float64
    assert x.grad.tolist() == [3.0, 3.0]


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return g * 3 * ctx.saved_tensors[0] ** 2

    x = f64(2.0)
    (g,) = rg.autograd.grad(Once.apply(x), x, create_graph=True)
    assert g.tolist() == [12.0]
    with pytest.raises(RuntimeError, match="differentiate twice"):
        g.backward()


def test_messages_of_wrong_use():
    with pytest.raises(RuntimeError, match=r"use Exp\.apply"):
        Exp()(f64(1.0))
    with pytest.raises(NotImplementedError, match="forward"):
        type("Empty", (Function,), {}).apply(f64(1.0))

    class SavesNumber(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)

    with pytest.raises(TypeError, match="argument 0 is of type int"):
        SavesNumber.apply(f64(1.0))


def test_saved_tensors_only_in_backward():
    class Peek(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return ctx.saved_tensors[0]

    with pytest.raises(RuntimeError, match="only while backward"):
        Peek.apply(f64(1.0))


def test_nothing_is_recorded_in_forward_or_without_need():
    inner = []

    class Look(Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            inner.append(y.requires_grad)
            return y

    assert Look.apply(f64(1.0)).requires_grad
    with rg.no_grad():
        assert not Look.apply(f64(1.0)).requires_grad
    assert inner == [False, False]
    assert not Look.apply(rg.ones(1)).requires_grad


@pytest.mark.parametrize("function", [Exp.apply, lambda x: Product.apply(x, x)])
def test_no_reference_cycle(function):
    gc.disable()
    try:
        x = f64(1.0)
        y = function(x)
        y.backward()
        alive = weakref.ref(y), weakref.ref(x)
        del x, y
        assert [ref() for ref in alive] == [None, None]
    finally:
        gc.enable()


@pytest.mark.oracle
def test_trajectory_is_pytorchs():
    torch = pytest.importorskip("torch")

    def run(lib, function):
        class Cube(function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3, x * 2

            @staticmethod
            def backward(ctx, a, b):
                (x,) = ctx.saved_tensors
                return 3 * a * x * x + 2 * b

        x = lib.tensor([1.0, -2.0], dtype=lib.float64, requires_grad=True)
        first, second = Cube.apply(x)
        (g,) = lib.autograd.grad((first * second).sum(), x, create_graph=True)
        g.sum().backward()
        return np.stack([g.detach().numpy(), x.grad.numpy()])

    np.testing.assert_allclose(run(rg, Function), run(torch, torch.autograd.Function), rtol=1e-12)
