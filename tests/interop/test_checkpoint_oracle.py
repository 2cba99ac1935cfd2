"""PyTorch reads what retrograd saves, and the other way round."""

import io

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def to_torch(obj):
    file = io.BytesIO()
    rg.save(obj, file)
    return torch.load(io.BytesIO(file.getvalue()), weights_only=True)


def from_torch(obj, **options):
    file = io.BytesIO()
    torch.save(obj, file, **options)
    return rg.load(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (4,), (2, 3)])
def test_types_and_shapes(dtype, shape):
    array = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    there = to_torch(rg.tensor(array))
    assert there.dtype == getattr(torch, dtype)
    np.testing.assert_array_equal(there.numpy(), array, strict=True)
    np.testing.assert_array_equal(from_torch(torch.tensor(array)).numpy(), array, strict=True)


def test_bfloat16_is_read_as_float32():
    values = torch.tensor([1.0, -2.5, float("inf"), 3e38], dtype=torch.bfloat16)
    back = from_torch(values)
    assert back.dtype == rg.float32
    assert back.tolist() == values.tolist()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_nested_state(protocol):
    state = {
        "epoch": 3,
        "loss": 0.25,
        "names": ["a", None, True],
        "raw": b"\x00\xff",
        "x": [torch.ones(2), (torch.zeros(1), {"y": torch.arange(3)})],
        "shape": torch.Size([2, 3]),
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        "p": torch.nn.Parameter(torch.ones(2)),
    }
    back = from_torch(state, pickle_protocol=protocol)
    assert back["raw"] == b"\x00\xff"
    assert back["names"] == ["a", None, True]
    assert back["x"][1][1]["y"].tolist() == [0, 1, 2]
    assert back["shape"] == (2, 3)
    assert back["dtype"] is rg.float16
    assert back["device"] == rg.device("cpu")
    assert type(back["p"]) is rg.nn.Parameter
    again = to_torch(back)
    assert again["shape"] == torch.Size([2, 3])
    assert again["dtype"] == torch.float16
    assert again["device"] == torch.device("cpu")
    assert type(again["p"]) is torch.nn.Parameter
    assert again["p"].requires_grad


def test_views_share_memory_on_the_other_side():
    for module, there in ((rg, to_torch), (torch, from_torch)):
        x = module.arange(12.0).reshape(3, 4)
        back = there([x, x.T, x[1:, ::2], x[2]])
        for view, original in zip(back, [x, x.T, x[1:, ::2], x[2]]):
            assert view.tolist() == original.tolist()
        back[0][2, 2] = 100.0
        assert back[1][2, 2] == back[2][1, 1] == back[3][2] == 100


def models(module):
    nn = module.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 4 * 4, 3),
    )


def trained(module):
    """A model and its optimizer after a step on fixed data."""
    module.manual_seed(0)
    model = models(module)
    optimizer = module.optim.AdamW(model.parameters(), lr=0.01)
    step(module, model, optimizer)
    return model, optimizer


def step(module, model, optimizer):
    x = module.linspace(-1, 1, 2 * 36).reshape(2, 1, 6, 6)
    optimizer.zero_grad()
    model(x).pow(2).sum().backward()
    optimizer.step()


@pytest.mark.parametrize(
    ("here", "there", "move"), [(rg, torch, to_torch), (torch, rg, from_torch)]
)
def test_training_goes_on_on_the_other_side(here, there, move):
    model, optimizer = trained(here)
    saved = move({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    other = models(there)
    other_optimizer = there.optim.AdamW(other.parameters(), lr=0.5)
    other.load_state_dict(saved["model"])
    other_optimizer.load_state_dict(saved["optimizer"])
    step(here, model, optimizer)
    step(there, other, other_optimizer)
    theirs = other.state_dict()
    assert list(theirs) == list(model.state_dict())
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(theirs[name].numpy(), value.numpy(), rtol=1e-4, atol=1e-5)


def test_a_file_by_path(tmp_path):
    rg.save({"w": rg.ones(2)}, tmp_path / "a.pt")
    assert torch.load(tmp_path / "a.pt", weights_only=True)["w"].tolist() == [1, 1]
    assert torch.load(tmp_path / "a.pt", mmap=True, weights_only=True)["w"].tolist() == [1, 1]
    torch.save({"w": torch.ones(2)}, tmp_path / "b.pt")
    assert rg.load(tmp_path / "b.pt")["w"].tolist() == [1, 1]


def test_files_of_the_old_format_are_refused_with_a_way_out():
    file = io.BytesIO()
    torch.save(torch.ones(2), file, _use_new_zipfile_serialization=False)
    with pytest.raises(rg.interop.CheckpointError, match=r"before 1\.6"):
        rg.load(io.BytesIO(file.getvalue()))


def test_a_whole_module_is_refused_by_name():
    with pytest.raises(rg.interop.CheckpointError, match=r"torch\.nn\.modules\.linear\.Linear"):
        from_torch(torch.nn.Linear(2, 2))
