"""In-place operations, views and x[i] = v: the same values, gradients and refusals as in PyTorch."""

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")

START = np.arange(1.0, 13.0).reshape(3, 4)


def programs():
    """Functions of (lib, x, w) that write in place; x is a leaf (3, 4), w a leaf (4,)."""

    def mul_then_use(lib, x, w):
        y = x * 1
        y.mul_(w)
        return y.sum() + (y * y).sum()

    def write_row(lib, x, w):
        y = x.clone()
        y[1] = w
        return (y * y).sum()

    def write_scalar(lib, x, w):
        y = x * 2
        y[0, 1] = 5.0
        return (y * w).sum()

    def write_mask(lib, x, w):
        y = x * 2
        y[x > 5] = 0.5
        return (y * y * w).sum()

    def write_list(lib, x, w):
        y = x * 2
        y[[0, 2]] = w
        return (y * y).sum()

    def add_to_view(lib, x, w):
        y = x * 1
        y[0].add_(w)
        return (y * y).sum()

    def view_sees_base(lib, x, w):
        y = x * 1
        v = y[:, 1]
        y.mul_(2)
        return (v * v).sum() + (y * w).sum()

    def base_sees_view_of_view(lib, x, w):
        y = x * 1
        v = y.t()[1:3]
        u = v[0]
        u.mul_(w[:3])
        return (y * y).sum() + v.sum()

    def becomes_tracked(lib, x, w):
        y = lib.zeros(3, 4, dtype=lib.float64)
        v = y[1]
        y[1] = w
        return (v * v).sum() + y.sum() + x.sum() * 0

    def fill_and_zero(lib, x, w):
        y = x * w
        y[0].zero_()
        y[1, 2:].fill_(3.0)
        return (y * x).sum()

    def in_place_operators(lib, x, w):
        y = x + 1
        y += w
        y *= 2
        y -= x
        y /= w
        return y.sum()

    def loop_of_writes(lib, x, w):
        y = lib.zeros(4, dtype=lib.float64)
        for i in range(4):
            y[i] = x[0, i] * w[i]
        return (y * y).sum()

    def exp_in_place(lib, x, w):
        y = x * 0.1
        y.exp_()
        return (y * w).sum()

    def copy_into_view(lib, x, w):
        y = x * 1
        y[:, 0].copy_(w[:3])
        return (y * y).sum()

    return [f for f in locals().values() if callable(f)]


def run(lib, program):
    x = lib.tensor(START.tolist(), dtype=lib.float64, requires_grad=True)
    w = lib.tensor([0.5, 1.5, 2.5, 3.5], dtype=lib.float64, requires_grad=True)
    result = program(lib, x, w)
    grads = lib.autograd.grad(result, [x, w], allow_unused=True)
    return result.item(), [None if g is None else np.array(g.tolist()) for g in grads]


@pytest.mark.parametrize("program", programs(), ids=lambda f: f.__name__)
def test_like_torch(program):
    value, grads = run(rg, program)
    expected, expected_grads = run(torch, program)
    assert value == pytest.approx(expected, rel=1e-12)
    for got, want in zip(grads, expected_grads, strict=True):
        if want is None:
            assert got is None or not got.any()
        else:
            np.testing.assert_allclose(got, want, rtol=1e-12)


def refused():
    """Programs that must raise RuntimeError in both libraries."""

    def leaf_in_place(lib, x, w):
        x.mul_(2)

    def view_of_leaf(lib, x, w):
        x[0] = 1.0

    def saved_input_changed(lib, x, w):
        y = x * 1
        z = y * w
        y.add_(1)
        z.sum().backward()

    def saved_output_changed(lib, x, w):
        y = x.exp()
        y.add_(1)
        y.sum().backward()

    def changed_through_a_view(lib, x, w):
        y = x * 1
        z = (y * y).sum()
        y[0, 0] = 3.0
        z.backward()

    def changed_through_detach(lib, x, w):
        y = x * 1
        z = (y * y).sum()
        y.detach().zero_()
        z.backward()

    def expanded(lib, x, w):
        w.detach().expand(3, 4).add_(1)

    return [f for f in locals().values() if callable(f)]


@pytest.mark.parametrize("program", refused(), ids=lambda f: f.__name__)
@pytest.mark.parametrize("lib", [rg, torch], ids=["retrograd", "torch"])
def test_refused(lib, program):
    x = lib.tensor(START.tolist(), requires_grad=True)
    w = lib.tensor([0.5, 1.5, 2.5, 3.5], requires_grad=True)
    with pytest.raises(RuntimeError):
        program(lib, x, w)


def test_the_message_names_both_sides():
    x = rg.ones(3, requires_grad=True)
    y = x * 1
    z = y * y
    y.mul_(2)
    with pytest.raises(RuntimeError, match=r"mul\(\) saved its 'other'.*mul_\(\) changed it"):
        z.sum().backward()


def test_leaf_may_be_written_under_no_grad():
    x = rg.ones(3, requires_grad=True)
    with rg.no_grad():
        x.mul_(3)
        x[0] = 7.0
    assert x.tolist() == [7.0, 3.0, 3.0]
    assert x.is_leaf
    assert x.requires_grad


def test_version_counts_writes():
    x = rg.zeros(3)
    view = x[1:]
    assert x._version == 0
    view.add_(1)
    x.mul_(2)
    assert x._version == view._version == 2


def test_result_type_that_does_not_fit_is_refused():
    x = rg.ones(2, dtype=rg.int64)
    with pytest.raises(RuntimeError, match="can't be cast"):
        x.add_(0.5)
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        rg.ones(2).add_(rg.ones(3, 2))


def test_one_row_of_an_expanded_tensor_may_be_written():
    x = rg.ones(3)
    x.expand(2, 3)[0].mul_(2)
    assert x.tolist() == [2.0, 2.0, 2.0]
