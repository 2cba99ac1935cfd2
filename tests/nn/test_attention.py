"""Attention and Transformer layers are PyTorch's: values, gradients, masks, text, weights."""

import copy
import pickle

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn
from retrograd.nn import functional as F
from retrograd.nn.functional import attention
from tests.nn.case import copied

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle
LIBS = (rg, torch)


def data(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pair(name, *args, **settings):
    theirs = getattr(torch.nn, name)(*args, **settings).double()
    return copied(getattr(nn, name)(*args, **settings).double(), theirs.state_dict()), theirs


def compare(modules, inputs, masks):
    """Outputs and gradients of both; masks are made of arrays."""
    found = []
    for lib, module in zip(LIBS, modules, strict=True):
        x = [lib.tensor(i, requires_grad=True) for i in inputs]
        given = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in masks.items()}
        out = module(*x, **given)
        outputs = [o for o in (out if isinstance(out, tuple) else (out,)) if o is not None]
        rng = np.random.default_rng(1)
        sum((o * lib.tensor(rng.standard_normal(tuple(o.shape)))).sum() for o in outputs).backward()
        named = [(str(k), i) for k, i in enumerate(x)] + list(module.named_parameters())
        arrays = [("output", o.detach().numpy()) for o in outputs]
        found.append(arrays + [(n, p.grad.numpy()) for n, p in named if p.grad is not None])
    assert [n for n, _ in found[0]] == [n for n, _ in found[1]]
    for (name, a), (_, b) in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10, err_msg=name)


CAUSAL = np.triu(np.ones((5, 5), bool), 1)
PADDING = np.array([[False] * 5, [False] * 3 + [True] * 2, [False] * 4 + [True]])
ATTENTION = [
    ({}, {}),
    ({"bias": False}, {"need_weights": False}),
    ({"batch_first": True}, {"average_attn_weights": False}),
    ({"add_bias_kv": True, "add_zero_attn": True}, {}),
    ({}, {"attn_mask": CAUSAL}),
    ({}, {"attn_mask": np.where(CAUSAL, -np.inf, 0.0), "is_causal": True}),
    ({}, {"attn_mask": np.where(CAUSAL, -1.0, 0.5), "need_weights": False}),
    ({"batch_first": True}, {"key_padding_mask": PADDING}),
    ({}, {"key_padding_mask": PADDING, "attn_mask": CAUSAL, "need_weights": False}),
]


@pytest.mark.parametrize(("settings", "masks"), ATTENTION)
@pytest.mark.parametrize("training", [True, False])
def test_attention(settings, masks, training):
    modules = pair("MultiheadAttention", 6, 2, **settings)
    for module in modules:
        module.train(training)
    shape = (3, 5, 6) if settings.get("batch_first") else (5, 3, 6)
    compare(modules, [data(*shape) + k for k in range(3)], masks)


@pytest.mark.parametrize("batch_first", [False, True])
def test_self_attention_projects_its_input_once(batch_first, monkeypatch):
    widths = []

    def linear(x, weight, bias):
        widths.append(weight.shape[0])
        return F.linear(x, weight, bias)

    monkeypatch.setattr(attention, "linear", linear)
    x = rg.ones(2, 3, 8)
    nn.MultiheadAttention(8, 2, batch_first=batch_first)(x, x, x)
    assert widths == [24, 8]


def test_attention_with_other_widths():
    modules = pair("MultiheadAttention", 6, 3, kdim=4, vdim=7)
    compare(modules, [data(5, 3, 6), data(2, 3, 4), data(2, 3, 7)], {})
    compare(modules, [data(5, 6), data(2, 4), data(2, 7)], {})


LAYER = [
    {},
    {"norm_first": True, "activation": "gelu"},
    {"batch_first": True, "bias": False},
    {"layer_norm_eps": 1e-2},
]


@pytest.mark.parametrize("masks", [{}, {"src_mask": CAUSAL}, {"src_key_padding_mask": PADDING}])
@pytest.mark.parametrize("settings", LAYER)
def test_encoder_layer(settings, masks):
    modules = pair("TransformerEncoderLayer", 6, 2, 8, dropout=0.0, **settings)
    compare(modules, [data(*((3, 5, 6) if settings.get("batch_first") else (5, 3, 6)))], masks)


@pytest.mark.parametrize(
    "masks", [{}, {"tgt_mask": CAUSAL}, {"memory_key_padding_mask": PADDING[:, -4:]}]
)
@pytest.mark.parametrize("settings", LAYER)
def test_decoder_layer(settings, masks):
    modules = pair("TransformerDecoderLayer", 6, 2, 8, dropout=0.0, **settings)
    shapes = [(3, 5, 6), (3, 4, 6)] if settings.get("batch_first") else [(5, 3, 6), (4, 3, 6)]
    compare(modules, [data(*s) for s in shapes], masks)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.parametrize("settings", [{}, {"norm_first": True}, {"batch_first": True}])
def test_transformer(settings):
    modules = pair("Transformer", 6, 2, 2, 2, 8, dropout=0.0, **settings)
    shapes = [(3, 4, 6), (3, 5, 6)] if settings.get("batch_first") else [(4, 3, 6), (5, 3, 6)]
    mask = np.where(CAUSAL, -np.inf, 0.0)
    assert np.array_equal(nn.Transformer.generate_square_subsequent_mask(5).numpy(), mask)
    for masks in ({}, {"tgt_mask": mask, "tgt_is_causal": True}):
        compare(modules, [data(*s) for s in shapes], masks)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.parametrize(
    ("name", "args", "settings"),
    [
        ("MultiheadAttention", (6, 2), {}),
        ("MultiheadAttention", (6, 2), {"add_bias_kv": True, "kdim": 4, "vdim": 5}),
        ("MultiheadAttention", (6, 2), {"bias": False}),
        ("TransformerEncoderLayer", (6, 2, 8), {}),
        ("TransformerDecoderLayer", (6, 2, 8), {"bias": False}),
        ("Transformer", (6, 2, 2, 2, 8), {}),
    ],
)
def test_text_weights_and_copies(name, args, settings):
    rg.manual_seed(3)
    torch.manual_seed(3)
    mine, theirs = (getattr(lib.nn, name)(*args, **settings) for lib in LIBS)
    assert repr(mine) == repr(theirs)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for key, value in mine.state_dict().items():
        np.testing.assert_allclose(value.numpy(), theirs.state_dict()[key].numpy(), rtol=1e-6)
    for other in (copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
        assert repr(other) == repr(mine)


def test_errors():
    with pytest.raises(ValueError, match="divisible"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ValueError, match="greater than 0"):
        nn.MultiheadAttention(0, 2)
    with pytest.raises(RuntimeError, match="relu/gelu"):
        nn.TransformerEncoderLayer(4, 2, activation="sin")
    model = nn.Transformer(4, 2, 1, 1, 8)
    with pytest.raises(RuntimeError, match="batch number"):
        model(rg.ones(3, 2, 4), rg.ones(3, 1, 4))
    with pytest.raises(RuntimeError, match=r"d_model \(4\), got 5 and 4"):
        model(rg.ones(3, 2, 5), rg.ones(3, 2, 4))
