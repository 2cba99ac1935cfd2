"""The backward pass: values, accumulation, freeing, hooks, and what PyTorch promises about them."""

import gc
import weakref

import pytest

import retrograd as rg


def leaf(*values):
    return rg.tensor(list(values) if len(values) > 1 else values[0], requires_grad=True)


def test_one():
    a = rg.tensor(1.0, requires_grad=True)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad.item() == 4.0
    assert b.grad is None
    assert c.is_leaf is False
    assert a.is_leaf


def test_gradients_add_up_over_backward_passes():
    x = leaf(3.0)
    (x * x).backward()
    (x * x).backward()
    assert x.grad.item() == 12.0


def test_diamond():
    x = leaf(2.0)
    y = x * 3
    (y * y + y).backward()
    assert x.grad.item() == 3 * (2 * 6 + 1)


def test_leaves_do_not_share_memory_of_gradients():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).backward(rg.ones(2))
    a.grad[0] = 7.0
    assert b.grad.tolist() == [1.0, 1.0]


def test_gradient_argument_is_not_taken_over():
    x = leaf(1.0, 2.0)
    given = rg.ones(2)
    (x + 0.0).backward(given)
    x.grad += 5
    assert given.tolist() == [1.0, 1.0]


def test_a_shared_cotangent_is_not_changed_by_accumulation():
    a, b = leaf(1.0, 2.0), leaf(1.0, 2.0)
    y = (a + b) * 2
    y.backward(rg.ones(2), retain_graph=True)
    y.backward(rg.ones(2))
    assert a.grad.tolist() == [4.0, 4.0]
    assert b.grad.tolist() == [4.0, 4.0]


def test_second_backward_is_refused_and_says_why():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"second time.*retain_graph=True"):
        y.backward()


def test_second_backward_of_a_graph_that_saved_nothing():
    x = leaf(2.0)
    y = x + x
    y.backward()
    y.backward()
    assert x.grad.item() == 4.0


def test_retain_graph():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0


def test_only_inputs_get_gradients():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).backward(inputs=[x])
    assert x.grad.item() == 3.0
    assert w.grad is None


def test_backward_to_a_non_leaf_input():
    x = leaf(2.0)
    y = x * 3
    (y * y).backward(inputs=[y])
    assert y.grad.item() == 12.0
    assert x.grad is None


def test_grad_of_inputs_and_unused():
    x, y = leaf(2.0), leaf(1.0)
    z = x * x
    with pytest.raises(RuntimeError, match="allow_unused"):
        rg.autograd.grad(z, [x, y], retain_graph=True)
    gx, gy = rg.autograd.grad(z, [x, y], allow_unused=True)
    assert gx.item() == 4.0
    assert gy is None
    assert x.grad is None


def test_higher_orders():
    x = leaf(2.0)
    g = x**4
    for expected in (32.0, 48.0, 48.0, 24.0):
        (g,) = rg.autograd.grad(g, x, create_graph=True)
        assert g.item() == expected


def test_implicit_gradient_needs_one_element():
    with pytest.raises(RuntimeError, match="scalar outputs"):
        (leaf(1.0, 2.0) * 2).backward()


def test_no_gradient_to_be_had():
    with pytest.raises(RuntimeError, match="does not require grad"):
        rg.ones(1).sum().backward()


def test_wrong_shape_of_the_gradient():
    with pytest.raises(RuntimeError, match=r"shape \[3\].*shape \[2\]"):
        (leaf(1.0, 2.0) * 2).backward(rg.ones(3))


def test_detach_and_no_grad():
    x = leaf(2.0)
    assert (x.detach() * x).requires_grad
    with rg.no_grad():
        assert not (x * x).requires_grad
        with rg.enable_grad():
            assert (x * x).requires_grad
    y = x.detach() * x
    y.backward()
    assert x.grad.item() == 2.0


def test_hooks_see_and_change_gradients():
    x = leaf(1.0, 2.0)
    seen = []
    y = x * 2
    handle = y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g + 1)
    y.sum().backward()
    assert seen == [[10.0, 10.0]]
    assert x.grad.tolist() == [21.0, 21.0]
    handle.remove()


def test_hook_that_changes_the_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match="shape"):
        x.sum().backward()


def test_post_accumulate_hook():
    x = leaf(1.0, 2.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    x.sum().backward()
    assert seen == [[1.0, 1.0]]


def test_retain_grad():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 3).backward()
    assert y.grad.item() == 3.0
    assert y.retains_grad


def test_requires_grad_rules():
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(RuntimeError, match="leaf"):
        y.requires_grad = False
    with pytest.raises(RuntimeError, match="floating point"):
        rg.ones(2, dtype=rg.int64).requires_grad_()


def test_assigned_gradient_is_checked():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"expected \[2\], got \[3\]"):
        x.grad = rg.ones(3)
    x.grad = rg.ones(2)
    assert x.grad.tolist() == [1.0, 1.0]


def test_broadcast_gradients_have_the_shape_of_their_input():
    x, y = rg.ones(3, 1, requires_grad=True), rg.ones(2, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.shape == (3, 1)
    assert y.grad.tolist() == [3.0, 3.0]


def test_mixed_dtypes_give_each_input_its_own():
    x = rg.ones(2, dtype=rg.float64, requires_grad=True)
    y = rg.ones(2, requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (rg.float64, rg.float32)


@pytest.mark.parametrize("length", [100_000])
def test_long_chain(length):
    x = leaf(1.0)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0
    del y


def test_long_chain_of_views():
    x = rg.ones(2, 3, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y.t()
    y.sum().backward()
    assert x.grad.tolist() == [[1.0] * 3] * 2
    del y


def test_nothing_is_left_for_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = rg.ones(3, requires_grad=True)
        y = (x * 2).exp()
        loss = (y[0] + y.reshape(3, 1).sum()).log()
        loss.backward(create_graph=True)
        data = weakref.ref(y._data)
        node = weakref.ref(loss.grad_fn)
        x.grad = None
        del y, loss
        assert node() is None
        assert data() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_buffers_are_freed_as_it_goes():
    x = rg.ones(3, requires_grad=True)
    y = x.exp()
    z = y * y
    saved = weakref.ref(y._data)
    total = z.sum()
    del y, z
    assert saved() is not None
    total.backward()
    assert saved() is None


def test_gradient_of_all_slices_is_linear_in_size():
    x = rg.ones(1000, requires_grad=True)
    total = sum(part * k for k, part in enumerate(x))
    total.backward()
    assert x.grad.tolist() == [float(k) for k in range(1000)]


def test_nan_passes_through():
    x = leaf(float("nan"), 1.0)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_empty_tensor():
    x = rg.zeros(0, 3, requires_grad=True)
    (x * 2).sum().backward()
    assert x.grad.shape == (0, 3)


def test_set_grad_enabled_and_decorators():
    @rg.no_grad()
    def f(x):
        return x * 2

    x = leaf(1.0)
    assert not f(x).requires_grad
    with rg.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    with rg.inference_mode():
        assert not (x * 2).requires_grad
    assert rg.is_grad_enabled()


def test_grad_batched():
    x = leaf(1.0, 2.0)
    y = x * x
    (jacobian,) = rg.autograd.grad(y, x, rg.eye(2), is_grads_batched=True)
    assert jacobian.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_slices_of_a_tensor_without_dimensions():
    x = leaf(2.0)
    y = x * 1.0
    (y[None] * 3 + y[..., None] * 4 + y * 5).sum().backward()
    assert x.grad.item() == 12.0
