"""`save` and `load`: what goes in comes out, damage is named, and nothing is run or half-written."""

import collections
import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import retrograd as rg
from retrograd.interop import CheckpointError

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def through(obj, **options):
    """What is left of `obj` after being saved and loaded."""
    file = io.BytesIO()
    rg.save(obj, file)
    return rg.load(io.BytesIO(file.getvalue()), **options)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_every_type_and_shape(dtype, shape):
    tensor = rg.tensor(np.arange(np.prod(shape)).astype(dtype).reshape(shape))
    assert same(through(tensor), tensor)


def test_containers_and_plain_objects():
    state = {
        "list": [1, 2.5, "text", None, True, b"bytes", 1 + 2j],
        "tuple": (rg.ones(2), {"deep": [rg.zeros(1)]}),
        "set": {1, 2},
        "ordered": collections.OrderedDict(b=1, a=2),
        "shape": rg.ones(2, 3).shape,
        "dtype": rg.float64,
        "device": rg.device("cpu"),
        3: "an int key",
    }
    back = through(state)
    assert back.keys() == state.keys()
    for key in state.keys() - {"tuple"}:
        assert back[key] == state[key]
        assert type(back[key]) is type(state[key])
    assert back["tuple"][1]["deep"][0].tolist() == [0.0]


def test_parameters_stay_parameters():
    back = through([rg.nn.Parameter(rg.ones(2)), rg.nn.Parameter(rg.ones(2), requires_grad=False)])
    assert all(type(p) is rg.nn.Parameter for p in back)
    assert [p.requires_grad for p in back] == [True, False]


def test_requires_grad_is_kept():
    assert through(rg.ones(2, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T,
        lambda x: x[1:, ::2],
        lambda x: x[0],
        lambda x: x.flip(0),
        lambda x: rg.ones(1, 3).expand(4, 3),
        lambda x: rg.from_numpy(np.arange(6.0)[::-1]),
        lambda x: rg.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3))),
        lambda x: rg.from_numpy(np.frombuffer(bytearray(range(16)), ">i4").astype("<i4")),
    ],
)
def test_views(view):
    tensor = view(rg.arange(12.0).reshape(3, 4))
    assert same(through(tensor), tensor)


def test_shared_memory_is_written_once_and_stays_shared():
    x = rg.zeros(1000)
    state = {"a": x, "same": x, "view": x[10:20].reshape(2, 5), "every other": x[::2]}
    file = io.BytesIO()
    rg.save(state, file)
    assert len(file.getvalue()) < 4 * 1000 + 2000
    back = rg.load(io.BytesIO(file.getvalue()))
    assert back["a"] is back["same"]
    back["a"][12] = 5.0
    assert back["view"][0, 2] == 5
    assert back["every other"][6] == 5


def test_loaded_tensors_can_be_trained_on():
    x = through(rg.ones(3))
    x += 1
    x.requires_grad = True
    (x * x).sum().backward()
    assert x.grad.tolist() == [4, 4, 4]


def test_model_and_optimizer():
    rg.manual_seed(0)
    model = rg.nn.Sequential(rg.nn.Linear(3, 4), rg.nn.Tanh(), rg.nn.Linear(4, 1))
    optimizer = rg.optim.Adam(model.parameters(), lr=0.1)

    def step():
        optimizer.zero_grad()
        model(rg.ones(2, 3)).sum().backward()
        optimizer.step()

    step()
    saved = through({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    step()
    expected = [p.tolist() for p in model.parameters()]
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    step()
    assert [p.tolist() for p in model.parameters()] == expected


def test_the_same_values_give_the_same_file(tmp_path):
    for name in ("a.pt", "b.pt"):
        rg.save({"w": rg.arange(5)}, tmp_path / name)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_map_location():
    tensor = rg.ones(2)
    for place in ("cpu", rg.device("cpu"), {"cpu": "cpu"}, {}, lambda storage, location: storage,
                  lambda storage, location: None):  # fmt: skip
        assert same(through(tensor, map_location=place), tensor)
    with pytest.raises(CheckpointError, match="only the storage"):
        through(tensor, map_location=lambda storage, location: "cpu")
    with pytest.raises(CheckpointError, match=r"unknown device 'tpu'.*map_location='cpu'"):
        through(tensor, map_location="tpu")


# --- damage and malice ------------------------------------------------------------------------------


class Malicious:
    def __reduce__(self):
        return (os.system, ("false",))


def archive_of(pickled, members=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in members:
            archive.writestr(f"archive/{name}", data)
    file.seek(0)
    return file


def test_a_pickle_that_would_run_code_is_refused_by_name():
    with pytest.raises(CheckpointError, match=r"(posix|nt)\.system.*weights_only=False"):
        rg.load(archive_of(pickle.dumps({"x": Malicious()})))


@pytest.mark.parametrize(
    "code",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"c__builtin__\ngetattr\n.",
        b"cnumpy\nndarray\n.",
        b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n.",
        b"ctorch\nload\n.",
        # Attributes of what others share must not be changed.
        b"ctorch\nfloat32\n(N(dS'name'\nS'x'\nstb.",
        b"ctorch\nSize\n(N(dS'numel'\nS'x'\nstb.",
    ],
)
def test_other_ways_to_code_are_refused(code):
    with pytest.raises(CheckpointError, match=r"refers to|changes attributes"):
        rg.load(archive_of(code))
    assert rg.float32.name == "float32"


def test_trusted_files_may_hold_anything():
    assert through({"x": Example(3)}, weights_only=False)["x"].value == 3
    with pytest.raises(CheckpointError, match="Example"):
        through({"x": Example(3)})


class Example:
    def __init__(self, value):
        self.value = value


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.pt"
    rg.save({"w": rg.arange(100.0), "b": rg.zeros(3)}, path)
    return path


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        rg.load(tmp_path / "nothing.pt")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_named(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(CheckpointError, match=r"model\.pt"):
        rg.load(path)


def test_any_changed_byte_is_noticed_or_harmless(path):
    def values():
        return {name: tensor.tolist() for name, tensor in rg.load(path).items()}

    whole, data, messages = values(), path.read_bytes(), []
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            assert values() == whole
        except CheckpointError as error:
            messages.append(str(error))
    assert len(messages) > 50
    assert all("model.pt" in message for message in messages)


def test_values_that_are_damaged(path):
    data = path.read_bytes()
    at = data.index(np.float32(50.0).tobytes())
    path.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
    with pytest.raises(CheckpointError, match=r"model.pt.*CRC.*data/0"):
        rg.load(path)


def tensor_pickle(offset, size, stride, kind=b"FloatStorage", key=b"0"):
    numbers = b"(" + b"".join(b"I%d\n" % n for n in size) + b"t"
    strides = b"(" + b"".join(b"I%d\n" % n for n in stride) + b"t"
    storage = b"(S'storage'\nctorch\n" + kind + b"\nS'" + key + b"'\nS'cpu'\nI4\ntQ"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"I%d\n" % offset + numbers + strides
        + b"I00\nccollections\nOrderedDict\n)RtR."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(1, [4], [1]), (0, [5], [1]), (0, [2, 3], [3, 1]), (-1, [1], [1]), (3, [2], [-1]),
     (0, [-2], [1]), (0, [1 << 40], [1]), (9, [1], [1])],
)  # fmt: skip
def test_a_tensor_beyond_its_memory_is_refused(offset, size, stride):
    file = archive_of(tensor_pickle(offset, size, stride), [("data/0", bytes(16))])
    with pytest.raises(CheckpointError, match="reaches beyond its storage of 4"):
        rg.load(file)


def test_the_same_tensor_within_its_memory_is_read():
    file = archive_of(tensor_pickle(1, [3], [1]), [("data/0", np.arange(4, dtype="<f4").tobytes())])
    assert rg.load(file).tolist() == [1, 2, 3]


def test_big_endian():
    members = [("byteorder", b"big"), ("data/0", np.arange(4, dtype=">f4").tobytes())]
    assert rg.load(archive_of(tensor_pickle(0, [4], [1]), members)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (tensor_pickle(0, [1], [1], key=b"7"), "data/7 is missing"),
        (tensor_pickle(0, [1], [1], kind=b"ComplexFloatStorage"), "ComplexFloatStorage"),
        (b"(S'x'\nQ.", "unknown reference"),
        (b"\x80\x02garbage", "data.pkl is damaged"),
        (b"", "data.pkl is damaged"),
    ],
)
def test_damaged_pickles(pickled, message):
    with pytest.raises(CheckpointError, match=message):
        rg.load(archive_of(pickled, [("data/0", bytes(16))]))


def test_zip_files_that_are_no_checkpoints(tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.ones(2))
    with pytest.raises(CheckpointError, match=r"arrays.npz.*no data.pkl"):
        rg.load(tmp_path / "arrays.npz")


@pytest.mark.parametrize("what", [None, 3, ["x"]])
def test_neither_path_nor_file(what):
    with pytest.raises(TypeError, match="expected a path or a binary file"):
        rg.load(what)
    with pytest.raises(TypeError, match="expected a path or a binary file"):
        rg.save({}, what)


# --- a file is written as a whole or not at all -----------------------------------------------------


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(path, monkeypatch, call):
    before = path.read_bytes()
    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        rg.save({"w": rg.ones(7)}, path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_pickled_leaves_the_old_file(path):
    before = path.read_bytes()
    with pytest.raises((pickle.PicklingError, AttributeError)):
        rg.save({"w": lambda: None}, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
