"""Scripts that ask for mixed precision run as PyTorch runs them where it is not to be had."""

import importlib
import inspect

import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:.*(args...).*deprecated:FutureWarning"),  # PyTorch's own
]

PATHS = """
amp.autocast amp.GradScaler autocast cuda.amp.autocast cuda.amp.GradScaler amp.is_autocast_available
""".split()


def parameters(module, path):
    place, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(f"{module}.{place}".rstrip(".")), name)
    values = inspect.signature(found).parameters.values()
    return [(p.name, p.default) for p in values if p.name not in ("dtype", "device")]


@pytest.mark.parametrize("path", PATHS)
def test_arguments(path):
    assert parameters("retrograd", path) == parameters("torch", path)


def step(T, scaler, block):
    T.manual_seed(0)
    model = T.nn.Linear(3, 1)
    optimizer = T.optim.SGD(model.parameters(), lr=0.1)
    with block:
        loss = model(T.ones(2, 3)).pow(2).mean()
        narrow = T.is_autocast_enabled()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = T.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    result = scaler.step(optimizer)
    scaler.update()
    scaler.load_state_dict(scaler.state_dict())
    values = [loss.item(), norm.item(), *model.weight.flatten().tolist()]
    return values, narrow, result, scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()


MAKERS = {
    "new": lambda T: (T.amp.GradScaler("cuda", enabled=False), T.autocast("cuda", enabled=False)),
    "cpu": lambda T: (T.amp.GradScaler(enabled=False), T.amp.autocast("cpu", enabled=False)),
    "old": lambda T: (T.cuda.amp.GradScaler(enabled=False), T.cuda.amp.autocast(enabled=False)),
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_disabled(maker):
    mine, theirs = (step(T, *maker(T)) for T in (rg, torch))
    assert mine[0] == pytest.approx(theirs[0], rel=1e-6)
    assert mine[1:] == theirs[1:]


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU to do it on")
@pytest.mark.parametrize("T", [rg, torch], ids=["here", "there"])
def test_enabled_without_a_gpu_warns_and_is_disabled(T):
    with pytest.warns(UserWarning, match="Disabling|disabled"):
        scaler = T.amp.GradScaler("cuda")
    with pytest.warns(UserWarning, match="Disabling|disabled"):
        block = T.autocast("cuda", dtype=T.float16)
    assert step(T, scaler, block)[1:] == (False, None, 1.0, False, {})


@pytest.mark.parametrize("T", [rg, torch], ids=["here", "there"])
def test_a_decorator_and_an_unknown_device(T):
    @T.autocast("cpu", enabled=False)
    def double(x):
        return 2 * x

    assert double(T.ones(1)).item() == 2
    with pytest.raises(RuntimeError):
        T.autocast("abacus")


@pytest.mark.parametrize("T", [rg, torch], ids=["here", "there"])
def test_custom_functions(T):
    class Square(T.autograd.Function):
        @staticmethod
        @T.amp.custom_fwd(device_type="cuda", cast_inputs=T.float32)
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @T.amp.custom_bwd(device_type="cuda")
        def backward(ctx, grad):
            return 2 * grad * ctx.saved_tensors[0]

    x = T.ones(2, requires_grad=True)
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
