"""The same steps with an optimizer of ours and of PyTorch's; the gradients come from NumPy."""

import numpy as np

import retrograd as rg

SHAPES = [(3, 4), (5,), (), (2, 1, 3)]


def start(dtype):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]


def gradient(value, step, number):
    """Of a bowl whose slope wobbles, so that signs change; every fifth is zero."""
    noise = np.random.default_rng([step, number]).standard_normal(value.shape)
    slope = 0.3 * value + noise * (1 + number)
    return (slope if step % 5 != 4 else 0 * slope).astype(value.dtype)


def ours(dtype):
    return [rg.tensor(v, requires_grad=True) for v in start(dtype)]


def theirs(torch, dtype):
    return [torch.tensor(v, requires_grad=True) for v in start(dtype)]


def values(params):
    return [p.detach().numpy().copy() for p in params]


def set_gradients(params, like, step, only=None):
    """Give each parameter its gradient; `like` makes a tensor of an array."""
    for number, p in enumerate(params):
        if only is None or number in only:
            p.grad = like(np.asarray(gradient(p.detach().numpy(), step, number)))


def run(optimizer, params, like, steps=20, first=0):
    """The values of all parameters after each step."""
    path = []
    for step in range(first, first + steps):
        set_gradients(params, like, step)
        optimizer.step()
        path.append(values(params))
    return path


def assert_same(path, wanted, rtol):
    for step, (row, wanted_row) in enumerate(zip(path, wanted, strict=True)):
        for a, b in zip(row, wanted_row, strict=True):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=f"after step {step}")
