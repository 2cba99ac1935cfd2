"""Devices in the public API: where tensors are made, how they move, what may not meet."""

import copy
import pickle

import numpy as np
import pytest

import retrograd as rg
from tests.standin.counts import counted


def on_gpu(tensor, backend):
    return type(tensor._data) is backend.array_type


def same(here, there):
    np.testing.assert_allclose(there.tolist(), here.tolist(), rtol=1e-6)


# --- making tensors there -----------------------------------------------------------------------

CREATIONS = [
    lambda **kw: rg.tensor([1.0, 2.0], **kw),
    lambda **kw: rg.as_tensor(np.ones(2), **kw),
    lambda **kw: rg.zeros(2, 3, **kw),
    lambda **kw: rg.ones(2, **kw),
    lambda **kw: rg.empty(2, **kw),
    lambda **kw: rg.full((2,), 3.0, **kw),
    lambda **kw: rg.eye(3, **kw),
    lambda **kw: rg.arange(1, 2, 0.25, **kw),
    lambda **kw: rg.linspace(0, 1, 5, **kw),
    lambda **kw: rg.logspace(0, 1, 5, **kw),
    lambda **kw: rg.zeros_like(rg.ones(2), **kw),
    lambda **kw: rg.rand(20, **kw),
    lambda **kw: rg.randn(20, **kw),
    lambda **kw: rg.randint(10, (20,), **kw),
    lambda **kw: rg.randperm(20, **kw),
    lambda **kw: rg.tril_indices(3, 3, **kw),
]


@pytest.mark.parametrize("make", CREATIONS)
def test_creation_functions_take_a_device(make, backend):
    rg.manual_seed(3)
    here = make()
    rg.manual_seed(3)
    there = make(device="cuda")
    assert on_gpu(there, backend)
    assert str(there.device) == "cuda:0"
    assert there.dtype is here.dtype
    if make is not CREATIONS[4]:
        same(here, there)


@pytest.mark.parametrize("make", CREATIONS[:10] + CREATIONS[11:])
def test_a_block_makes_new_tensors_there(make, backend):
    with rg.device("cuda") as device:
        assert device == rg.get_default_device() == rg.device("cuda")
        assert on_gpu(make(), backend)
        assert not on_gpu(make(device="cpu"), backend)
    assert not on_gpu(make(), backend)


def test_the_default_device_can_be_set(backend):
    rg.set_default_device("cuda")
    assert on_gpu(rg.zeros(2), backend)
    assert on_gpu(rg.randn(2) @ rg.ones(2), backend)
    with rg.device("cpu"):
        assert not on_gpu(rg.zeros(2), backend)
    rg.set_default_device(None)
    assert not on_gpu(rg.zeros(2), backend)


def test_new_tensors_of_a_tensor_are_where_it_is(backend):
    x = rg.ones(2, device="cuda")
    made = (
        rg.zeros_like(x), rg.full_like(x, 2.0), rg.rand_like(x), rg.randn_like(x), x.new_zeros(3),
        x.new_tensor([1.0]), x.new_full((2,), 1), x.clone(), x.detach(), x + 1, x[0], x > 0,
    )  # fmt: skip
    assert all(on_gpu(t, backend) for t in made)


# --- moving -------------------------------------------------------------------------------------


def test_moving_there_and_back(backend):
    x = rg.tensor([[1.0, 2.0], [3.0, 4.0]])
    for there in (
        x.to("cuda"), x.to(rg.device("cuda", 0)), x.to(0), x.cuda(), x.cuda(0),
        x.to(rg.ones(1, device="cuda")), x.to("cuda", rg.float32), x.to(device="cuda:0"),
    ):  # fmt: skip
        assert on_gpu(there, backend)
        assert there.is_cuda
        assert not there.is_cpu
        assert there.get_device() == 0
        assert there.to("cuda") is there.cuda() is there
        for back in (there.cpu(), there.to("cpu"), there.to(x)):
            assert back.device == rg.device("cpu")
            assert back.tolist() == x.tolist()
    assert x.cpu() is x.to("cpu") is x
    assert x.to("cuda", rg.float64).dtype is rg.float64


def test_types_by_their_older_names_have_a_place(backend):
    here, there = rg.ones(2), rg.cuda.FloatTensor([1.0, 1.0])
    assert on_gpu(there, backend)
    assert isinstance(there, rg.cuda.FloatTensor)
    assert not isinstance(there, rg.FloatTensor)
    assert not isinstance(here, rg.cuda.FloatTensor)
    assert on_gpu(here.type(rg.cuda.LongTensor), backend)
    assert on_gpu(here.type("torch.cuda.LongTensor"), backend)
    assert on_gpu(there.type(rg.float64), backend)
    assert on_gpu(there.new(2, 3), backend)
    for back in (there.type(rg.LongTensor), there.type("torch.LongTensor")):
        assert back.is_cpu
        assert back.dtype is rg.int64
    with pytest.raises(TypeError, match=r"x.cpu\(\)"):
        there.apply_(abs)


def test_gradients_come_back_to_where_the_leaf_is(backend):
    x = rg.tensor([1.0, 2.0], requires_grad=True)
    (x.to("cuda") * rg.tensor([3.0, 4.0], device="cuda")).cpu().sum().backward()
    assert x.grad.device == rg.device("cpu")
    assert x.grad.tolist() == [3.0, 4.0]
    y = rg.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    (g,) = rg.autograd.grad((y.cpu() ** 3).sum(), y, create_graph=True)
    g.sum().backward()
    assert on_gpu(y.grad, backend)
    assert y.grad.tolist() == [6.0, 12.0]


def test_values_come_to_the_host_by_asking_only(backend):
    x = rg.tensor([1.5, 2.0], device="cuda")
    assert x.tolist() == [1.5, 2.0]
    assert x[0].item() == float(x[0]) == 1.5
    assert int(rg.tensor(3, device="cuda")) == 3
    assert range(3)[rg.tensor(1, device="cuda")] == 1
    assert repr(x) == "tensor([1.5000, 2.0000], device='cuda:0')"
    assert f"{x[1]:.1f}" == "2.0"
    np.testing.assert_array_equal(x.cpu().numpy(), x.numpy(force=True))
    with pytest.raises(TypeError, match=r"can't convert cuda:0 .*use tensor.cpu\(\)"):
        x.numpy()
    with pytest.raises(TypeError, match=r"tensor.cpu\(\)"):
        np.asarray(x)


def test_copies_and_pickles_stay_there(backend):
    x = rg.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    for other in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert on_gpu(other, backend)
        assert other.requires_grad
        assert other.tolist() == [1.0, 2.0]


def test_copy_between_devices_in_place(backend):
    x, y = rg.zeros(2, device="cuda"), rg.tensor([1.0, 2.0], requires_grad=True)
    x.copy_(y)
    assert on_gpu(x, backend)
    x.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]
    z = rg.zeros(2)
    z.copy_(x.detach())
    assert z.tolist() == [1.0, 2.0]


def test_memory_is_shared_by_views_and_detached_tensors(backend):
    x = rg.zeros(2, 3, device="cuda")
    x[0] = 1.0
    x.detach()[1, 1:] = rg.tensor([2.0, 3.0], device="cuda")
    x.t()[0].add_(5)
    assert x.tolist() == [[6.0, 1.0, 1.0], [5.0, 2.0, 3.0]]


def test_writing_to_what_backward_needs_is_noticed(backend):
    x = rg.ones(3, device="cuda", requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    y[:1] += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


# --- random numbers -----------------------------------------------------------------------------


def test_one_seed_gives_the_same_numbers_on_both(backend):
    def draw(device):
        rg.manual_seed(5)
        x = rg.empty(4, 5, device=device)
        p = rg.tensor([[0.1, 0.9], [0.5, 0.5]], device=device)
        return [
            rg.rand(3, device=device), rg.randn(20, device=device), x.normal_(1, 2).clone(),
            x.uniform_(-1, 1).clone(), x.t().normal_().clone(), rg.bernoulli(p),
            rg.multinomial(p, 1), rg.normal(p, 2.0), rg.randint(9, (4,), device=device),
            rg.randperm(8, device=device), x.exponential_().clone(),
        ]  # fmt: skip

    for here, there in zip(draw("cpu"), draw("cuda"), strict=True):
        assert on_gpu(there, backend)
        same(here, there)


def test_the_seed_of_cuda_is_the_seed(backend):
    rg.cuda.manual_seed_all(11)
    there = rg.rand(3, device="cuda")
    rg.manual_seed(11)
    assert rg.rand(3).tolist() == there.tolist()


# --- mixing devices -----------------------------------------------------------------------------

MIXES = {
    "add": lambda x, y: x + y,
    "add, the other way": lambda x, y: y + x,
    "in place": lambda x, y: x.add_(y),
    "compare": lambda x, y: x < y,
    "matmul": lambda x, y: x @ y,
    "linear": lambda x, y: rg.nn.functional.linear(x, y),
    "cat": lambda x, y: rg.cat([x, y]),
    "stack": lambda x, y: rg.stack([y, x]),
    "where": lambda x, y: rg.where(x > 0, x, y),
    "set a part": lambda x, y: x.__setitem__(slice(None), y),
    "gather": lambda x, y: rg.gather(x, 0, y.long()),
    "loss": lambda x, y: rg.nn.functional.mse_loss(x, y),
    "cross entropy": lambda x, y: rg.nn.functional.cross_entropy(x, y[0].long()),
    "conv": lambda x, y: rg.nn.functional.conv1d(x[None], y[None]),
    "layer": lambda x, y: rg.nn.Linear(2, 2)(x),
    "embedding": lambda x, y: rg.nn.functional.embedding(y.long(), x),
    "clamp": lambda x, y: rg.clamp(x, min=y),
    "out": lambda x, y: rg.add(x, x, out=y),
    "grad": lambda x, y: setattr(x, "grad", y),
    "cotangent": lambda x, y: (x.requires_grad_() * 1).backward(y),
    "a NumPy array": lambda x, y: x + y.numpy(),
    "a NumPy array before": lambda x, y: y.numpy() * x,
}


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_mixing_devices_is_an_error_that_names_both(mix, backend):
    x, y = rg.ones(2, 2, device="cuda"), rg.zeros(2, 2)
    with pytest.raises(RuntimeError, match=r"cuda:0.*cpu|cpu.*cuda:0"):
        mix(x, y)


def test_a_number_of_the_cpu_may_meet_tensors_of_the_gpu(backend):
    """As in PyTorch: 0-d tensors of the CPU count as numbers, and get their gradient."""
    x = rg.tensor([1.0, 2.0], device="cuda")
    scale = rg.tensor(3.0, requires_grad=True)
    for y in (x * scale, scale * x, rg.where(x > 0, x * scale, scale)):
        assert on_gpu(y, backend)
        assert y.tolist() == [3.0, 6.0]
    (x * scale).sum().backward()
    assert scale.grad.device == rg.device("cpu")
    assert scale.grad.item() == 3.0
    assert (x * rg.tensor(2.0, dtype=rg.float64)).dtype is rg.float32
    x += rg.tensor(1.0)
    x[0] = rg.tensor(7.0)
    assert x.tolist() == [7.0, 3.0]


def test_indices_of_the_cpu_may_pick_from_the_gpu(backend):
    x = rg.tensor([1.0, 2.0, 3.0], device="cuda")
    assert on_gpu(x[rg.tensor([2, 0])], backend)
    assert x[rg.tensor([2, 0])].tolist() == x[[2, 0]].tolist() == [3.0, 1.0]
    assert x[rg.tensor([True, False, True])].tolist() == [1.0, 3.0]
    assert x[rg.tensor(1, device="cuda")].item() == 2.0
    assert x.cpu()[rg.tensor(1, device="cuda")].item() == 2.0
    with pytest.raises(RuntimeError, match=r"same device as the indexed tensor \(cpu\).*cuda:0"):
        x.cpu()[rg.tensor([1], device="cuda")]


# --- rg.cuda ------------------------------------------------------------------------------------


def test_cuda_tells_of_the_gpu(backend):
    assert rg.cuda.is_available()
    assert rg.cuda.device_count() == backend.device_count() >= 1
    assert rg.cuda.current_device() == 0
    assert isinstance(rg.cuda.get_device_name(), str)
    assert rg.cuda.get_device_name("cuda:0") == rg.cuda.get_device_name(rg.device("cuda"))
    rg.cuda.synchronize()
    rg.cuda.synchronize("cuda:0")
    with rg.cuda.device(0):
        assert rg.cuda.current_device() == 0
    rg.cuda.set_device("cuda:0")
    with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
        rg.cuda.synchronize("cpu")


def test_memory_in_use_is_counted(backend):
    before = rg.cuda.memory_allocated()
    x = rg.zeros(1 << 18, device="cuda")
    assert rg.cuda.memory_allocated() - before == 1 << 20
    assert rg.cuda.memory_reserved() >= rg.cuda.memory_allocated()
    del x
    assert rg.cuda.memory_allocated() == before
    rg.cuda.empty_cache()


def test_a_gpu_that_does_not_exist_is_an_error(backend):
    count = rg.cuda.device_count()
    for ask in (
        lambda: rg.zeros(2, device=f"cuda:{count}"),
        lambda: rg.zeros(2).cuda(count),
        lambda: rg.set_default_device(f"cuda:{count}"),
        lambda: rg.cuda.set_device(count),
    ):
        with pytest.raises(RuntimeError, match=f"cuda:{count} does not exist: .* has {count}"):
            ask()


def test_show_config_names_the_gpu(backend, capsys):
    rg.show_config()
    assert f"cuda:0: {rg.cuda.get_device_name(0)}" in capsys.readouterr().out


# --- what it costs ------------------------------------------------------------------------------


def test_no_op_waits_for_the_gpu_unasked():
    pytest.importorskip("tests.standin.backend")
    from tests.standin.backend import standin

    with standin():
        x = rg.rand(4, 5, device="cuda").requires_grad_()
        index = rg.tensor([3, 1], device="cuda")
        with counted() as cost:
            y = (x @ x.t()).relu().softmax(1)
            z = (x[:, 1:].exp() / x.sum(1, keepdim=True)).mean() + y.max() + x[index].std()
            z.backward()
            x.data.add_(x.grad, alpha=-0.1)
            x.grad.zero_()
            rg.cat([x, x]).clamp(0, 1).argmax(1)
        assert (cost.synchronisations, cost.uploads) == (0, 0)
