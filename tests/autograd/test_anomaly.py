"""detect_anomaly: NaN and infinity named where they are born; hooks on saved tensors."""

import pytest

import retrograd as rg
from retrograd.autograd import Function, detect_anomaly, set_detect_anomaly
from retrograd.autograd.graph import Node, saved_tensors_hooks


def line_of(text):
    """The line of this file that holds `text` behind a marker."""
    with open(__file__) as file:
        return next(n for n, line in enumerate(file, 1) if "# " + text in line)


def caught(function):
    with pytest.raises(RuntimeError) as info, detect_anomaly():
        function()
    return str(info.value), "\n".join(info.value.__notes__)


def test_nan_born_in_forward():
    def function():
        x = rg.tensor([1.0, -2.0, 3.0], requires_grad=True)
        y = x * 2
        return y.log()  # born here

    text, trace = caught(function)
    assert "log() returned nan values: 1 of 3" in text
    assert f'test_anomaly.py", line {line_of("born here")}, in function' in text
    assert "return y.log()" in text
    assert "Tensor of shape [3], float32, from -4 to 6" in text
    assert "in test_nan_born_in_forward" in trace


def test_nan_that_comes_from_infinity_names_it():
    def function():
        x = rg.tensor([0.0, 1.0])
        y = 1.0 / x  # infinite here
        return y * 2 - y

    text, _ = caught(function)
    assert "sub() returned nan values" in text
    assert "an infinite value came from" in text
    assert f"line {line_of('infinite here')}" in text


def test_infinity_alone_is_no_error():
    with detect_anomaly():
        mask = rg.zeros(2).masked_fill(rg.tensor([True, False]), float("-inf"))
        assert mask.exp().tolist() == [0.0, 1.0]


def test_nan_given_is_not_blamed_on_what_takes_it():
    with detect_anomaly():
        x = rg.tensor([float("nan")])
        assert (x * 2).isnan().item()
        assert (rg.ones(1) * float("nan")).isnan().item()


def test_nan_born_in_backward_names_the_forward_line():
    def function():
        x = rg.tensor([0.0, 4.0], requires_grad=True)
        y = x.sqrt()  # root here
        (y * 0).sum().backward()

    text, trace = caught(function)
    assert "Function 'SqrtBackward0' returned nan values in its 0th output" in text
    assert f"line {line_of('root here')}, in function" in text
    assert "saved out: Tensor" in text or "saved out: ndarray" in text
    assert "test_nan_born_in_backward" in trace


def test_infinite_gradient_is_named():
    def function():
        x = rg.tensor([0.0], requires_grad=True)
        z = x * 0
        y = z.sqrt()  # steep here
        y.sum().backward()

    text, _ = caught(function)
    assert "MulBackward0" in text
    assert "an infinite gradient came from SqrtBackward0" in text
    assert f"line {line_of('steep here')}" in text


def test_forward_outside_of_the_block():
    x = rg.tensor([0.0], requires_grad=True)
    y = (x.sqrt() * 0).sum()
    with detect_anomaly(), pytest.raises(RuntimeError, match="forward pass under detect_anomaly"):
        y.backward()


def test_backward_outside_of_the_block():
    x = rg.tensor([0.0], requires_grad=True)
    with detect_anomaly():
        y = (x.sqrt() * 0).sum()
    y.backward()
    assert x.grad.isnan().item()


def test_check_nan_false_only_remembers():
    x = rg.tensor([0.0], requires_grad=True)
    with detect_anomaly(check_nan=False):
        y = x.sqrt()
        assert rg.is_anomaly_enabled()
        assert not rg.is_anomaly_check_nan_enabled()
        (y * 0).sum().backward()
    assert "test_check_nan_false" in y.grad_fn.trace


def test_in_place_error_tells_where_the_op_ran():
    x = rg.ones(2, requires_grad=True)
    with detect_anomaly():
        a = x * 1
        b = a.exp()  # saved here
        b.add_(1)
        with pytest.raises(RuntimeError, match=f"line {line_of('saved here')}"):
            b.sum().backward()


def test_user_functions_are_watched():
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    text, _ = caught(lambda: Bad.apply(rg.ones(1, requires_grad=True)).backward())
    assert "BadBackward" in text


def test_blocks_nest_and_end():
    with detect_anomaly():
        with detect_anomaly(mode=False):
            assert not rg.is_anomaly_enabled()
        assert rg.is_anomaly_enabled()
    assert not rg.is_anomaly_enabled()
    set_detect_anomaly(True)
    assert rg.is_anomaly_enabled()
    set_detect_anomaly(False)
    assert not rg.is_anomaly_enabled()


def test_saved_tensors_pass_through_hooks():
    packed, unpacked = [], []

    def pack(tensor):
        packed.append(tensor.tolist())
        return tensor.tolist()

    def unpack(values):
        unpacked.append(values)
        return rg.tensor(values)

    x = rg.tensor([2.0, 3.0], requires_grad=True)
    with saved_tensors_hooks(pack, unpack):
        y = x * x
        z = y.exp()
    assert packed == [[2.0, 3.0], [2.0, 3.0], z.tolist()]
    z.sum().backward()
    assert unpacked == [z.tolist(), [2.0, 3.0], [2.0, 3.0]]
    expected = (2 * x * (x * x).exp()).tolist()
    assert x.grad.tolist() == pytest.approx(expected)
    assert isinstance(z.grad_fn, Node)


def test_second_derivative_through_hooks():
    x = rg.tensor([2.0], requires_grad=True, dtype=rg.float64)
    with saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = (x**3).exp()
    (g,) = rg.autograd.grad(y, x, create_graph=True)
    (h,) = rg.autograd.grad(g, x)
    assert g.item() == pytest.approx(12 * y.item())
    assert h.item() == pytest.approx((12 + 144) * y.item())


def test_hooks_with_a_user_function_and_anomaly_detection():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    seen = []
    x = rg.tensor([3.0], requires_grad=True)
    hooks = saved_tensors_hooks(lambda t: seen.append(t.item()) or t, lambda t: t * 10)
    with detect_anomaly(), hooks:
        Square.apply(x).backward()
    assert seen == [3.0]
    assert x.grad.tolist() == [60.0]


def test_unpack_must_give_a_tensor():
    x = rg.tensor([3.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t, lambda t: 1):
        y = x * x
    with pytest.raises(TypeError, match="unpack_hook expected to be a Tensor"):
        y.backward()
