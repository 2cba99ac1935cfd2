"""Recurrent layers and cells are PyTorch's: values, gradients, packed sequences, text, weights."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn
from tests.nn.case import copied

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

SETTINGS = [
    {},
    {"num_layers": 3},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "batch_first": True},
    {"bias": False},
]
LAYERS = [
    *[(name, s) for name in ("RNN", "LSTM", "GRU") for s in SETTINGS],
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True}),
]
ROWS = pytest.mark.parametrize(("name", "settings"), LAYERS, ids=str)
LIBS = (rg, torch)


def pair(name, settings, sizes=(4, 5)):
    theirs = getattr(torch.nn, name)(*sizes, **settings).double()
    return copied(getattr(nn, name)(*sizes, **settings).double(), theirs.state_dict()), theirs


def leaves(result):
    if isinstance(result, tuple):
        return [x for part in result for x in leaves(part)]
    return [] if result is None else [result]


def gradients(lib, module, inputs, outputs):
    rng = np.random.default_rng(1)
    outputs = [o for o in leaves(outputs) if o.is_floating_point()]
    sum((o * lib.tensor(rng.standard_normal(tuple(o.shape)))).sum() for o in outputs).backward()
    named = [(f"input {k}", x) for k, x in enumerate(inputs)] + list(module.named_parameters())
    arrays = [(f"output {k}", o.detach().numpy()) for k, o in enumerate(outputs)]
    return arrays + [(n, p.grad.numpy()) for n, p in named]


def assert_same(mine, theirs):
    for (name, a), (wanted_name, b) in zip(mine, theirs, strict=True):
        assert name == wanted_name
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11, err_msg=name)


def data(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def state_shapes(settings, batch):
    rows = settings.get("num_layers", 1) * (1 + settings.get("bidirectional", False))
    return [(rows, *batch, settings.get("proj_size", 0) or 5), (rows, *batch, 5)]


@pytest.mark.parametrize("batch", [(3,), ()], ids=["batch", "no batch"])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@ROWS
def test_layer(name, settings, batch, with_state):
    found = []
    shape = (3, 6) if settings.get("batch_first") else (6, 3)
    for lib, module in zip(LIBS, pair(name, settings), strict=True):
        x = lib.tensor(data(*(shape if batch else (6,)), 4), requires_grad=True)
        inputs, args = [x], (x,)
        if with_state:
            shapes = state_shapes(settings, batch)[: 1 + (name == "LSTM")]
            state = [lib.tensor(data(*s), requires_grad=True) for s in shapes]
            inputs += state
            args = (x, tuple(state) if name == "LSTM" else state[0])
        found.append(gradients(lib, module, inputs, module(*args)))
    assert_same(*found)


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@ROWS
def test_packed_sequences(name, settings, enforce_sorted, with_state):
    found = []
    lengths = [5, 3, 3, 1] if enforce_sorted else [3, 1, 5, 3]
    for lib, module in zip(LIBS, pair(name, settings), strict=True):
        x = lib.tensor(data(5, 4, 4), requires_grad=True)
        utils = lib.nn.utils.rnn
        packed = utils.pack_padded_sequence(x, lengths, enforce_sorted=enforce_sorted)
        inputs, args = [x], (packed,)
        if with_state:
            shapes = state_shapes(settings, (4,))[: 1 + (name == "LSTM")]
            state = [lib.tensor(data(*s), requires_grad=True) for s in shapes]
            inputs += state
            args = (packed, tuple(state) if name == "LSTM" else state[0])
        y, last = module(*args)
        padded, sizes = utils.pad_packed_sequence(y)
        assert sizes.tolist() == lengths
        found.append(gradients(lib, module, inputs, (padded, last)))
    assert_same(*found)


@ROWS
def test_text_weights_and_arguments(name, settings):
    rg.manual_seed(3)
    torch.manual_seed(3)
    mine, theirs = (getattr(lib.nn, name)(4, 5, **settings) for lib in LIBS)
    assert repr(mine) == repr(theirs)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for key, value in mine.state_dict().items():
        assert np.array_equal(value.numpy(), theirs.state_dict()[key].numpy())
    assert [len(w) for w in mine.all_weights] == [len(w) for w in theirs.all_weights]


CELLS = [
    ("RNNCell", {}),
    ("RNNCell", {"nonlinearity": "relu", "bias": False}),
    ("LSTMCell", {}),
    ("LSTMCell", {"bias": False}),
    ("GRUCell", {}),
    ("GRUCell", {"bias": False}),
]


@pytest.mark.parametrize("batch", [(3,), ()], ids=["batch", "no batch"])
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize(("name", "settings"), CELLS, ids=str)
def test_cell(name, settings, batch, with_state):
    found, texts = [], []
    for lib, module in zip(LIBS, pair(name, settings), strict=True):
        inputs = [lib.tensor(data(*batch, 4), requires_grad=True)]
        args = (inputs[0],)
        if with_state:
            count = 1 + (name == "LSTMCell")
            state = [lib.tensor(data(*batch, 5) + k, requires_grad=True) for k in range(count)]
            inputs += state
            args = (inputs[0], tuple(state) if name == "LSTMCell" else state[0])
        found.append(gradients(lib, module, inputs, module(*args)))
        texts.append((repr(module), list(module.state_dict())))
    assert_same(*found)
    assert texts[0] == texts[1]


def test_dropout_between_layers_is_off_in_evaluation():
    mine, theirs = pair("LSTM", {"num_layers": 2, "dropout": 0.5})
    x = data(6, 3, 4)
    y, z = mine.eval()(rg.tensor(x))[0], theirs.eval()(torch.tensor(x))[0]
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-9)
    y = mine.train()(rg.tensor(x))[0]
    assert not np.allclose(y.detach().numpy(), z.detach().numpy())


def test_second_derivative():
    layer = nn.LSTM(2, 3).double()
    x = rg.tensor(data(3, 1, 2), requires_grad=True)
    assert rg.autograd.gradgradcheck(lambda x: layer(x)[0], (x,))


ERRORS = [
    (lambda m, n: n.LSTM(4, 5)(m.ones(2, 3, 3)), RuntimeError),
    (lambda m, n: n.LSTM(4, 5)(m.ones(4)), ValueError),
    (lambda m, n: n.GRU(4, 5)(m.ones(2, 3, 4), m.ones(1, 2, 5)), RuntimeError),
    (lambda m, n: n.GRU(4, 0), ValueError),
    (lambda m, n: n.GRU(4, 5, num_layers=0), ValueError),
    (lambda m, n: n.GRU(4, 5.0), TypeError),
    (lambda m, n: n.GRU(4, 5, 2, dropout=1.5), ValueError),
    (lambda m, n: n.LSTM(4, 5, proj_size=5), ValueError),
    (lambda m, n: n.RNN(4, 5, nonlinearity="sin"), ValueError),
    (lambda m, n: n.RNNBase("SIN", 4, 5), ValueError),
    (lambda m, n: n.LSTMCell(4, 5)(m.ones(2, 3, 4)), ValueError),
]


@pytest.mark.parametrize(("call", "error"), ERRORS)
def test_errors_are_pytorchs(call, error):
    for lib in LIBS:
        with pytest.raises(error):
            call(lib, lib.nn)


def test_dropout_with_one_layer_is_a_warning():
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        nn.GRU(4, 5, dropout=0.5)


# --- sequences --------------------------------------------------------------------------------------


def sequences(lib):
    return [lib.tensor(data(n, 2), requires_grad=True) for n in (4, 2, 1)]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_padding(batch_first, side):
    found = []
    for lib in LIBS:
        parts = sequences(lib)
        y = lib.nn.utils.rnn.pad_sequence(parts, batch_first, -1.0, side)
        (y * y).sum().backward()
        found.append([y.detach().numpy(), *(p.grad.numpy() for p in parts)])
    for a, b in zip(*found, strict=True):
        assert np.array_equal(a, b)


def test_packing_and_back():
    for lib in LIBS:
        utils = lib.nn.utils.rnn
        parts = sequences(lib)
        packed = utils.pack_sequence(parts)
        assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
        for a, b in zip(utils.unpack_sequence(packed), parts, strict=True):
            assert np.array_equal(a.detach().numpy(), b.detach().numpy())
        unsorted = utils.pack_sequence(parts[::-1], enforce_sorted=False)
        assert unsorted.sorted_indices.tolist() == [2, 1, 0]
        assert np.array_equal(unsorted.data.detach().numpy(), packed.data.detach().numpy())
        padded, lengths = utils.pad_packed_sequence(unsorted, True, 7.0, total_length=6)
        assert tuple(padded.shape) == (3, 6, 2)
        assert padded[0, 1:].min().item() == 7.0
        assert lengths.tolist() == [1, 2, 4]
        with pytest.raises(ValueError, match="total_length"):
            utils.pad_packed_sequence(packed, total_length=2)
        with pytest.raises(RuntimeError):
            utils.pack_padded_sequence(lib.ones(4, 2), [1, 3])
        with pytest.raises(RuntimeError):
            utils.pack_padded_sequence(lib.ones(4, 2), [3, 0])
        with pytest.raises(RuntimeError):
            utils.pack_padded_sequence(lib.ones(4, 2), [3])


def test_packed_sequences_convert():
    packed = nn.utils.rnn.pack_sequence(sequences(rg)).float()
    assert packed.data.dtype is rg.float32
    assert packed.to(rg.float64).data.dtype is rg.float64
    assert packed.cpu() is packed
    assert not packed.is_cuda
