"""Rows of attention, embedding bags, bilinear maps and sequence losses."""

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.embedding import embedding_adjoint
from retrograd.nn import functional as F
from tests.ops.spec import Spec, constant, integers, real, value

CAUSAL = value(np.tril(np.ones((3, 3), dtype=bool)))
NOTHING_FOR_THE_FIRST = value(np.tril(np.ones((3, 3), dtype=bool), -1))


def attention(label, *inputs, smooth=True, **attributes):
    torch = "nn.functional.scaled_dot_product_attention"
    call = F.scaled_dot_product_attention
    return Spec("", call, inputs, attributes, torch=torch, label=label, smooth=smooth)


def heads(label, *shapes, **settings):
    """Multi-head attention of E = 4 with 2 heads."""

    def arguments(query, key, value, weight, bias, out, out_bias):
        return (query, key, value, 4, 2, weight, bias, None, None, False, 0.0, out, out_bias)

    def call(*tensors):
        where = tensors[0].device
        given = {k: v.to(where) if isinstance(v, rg.Tensor) else v for k, v in settings.items()}
        return F.multi_head_attention_forward(*arguments(*tensors), **given)

    def torch(torch, *tensors):
        fixed = {
            name: torch.tensor(v.numpy()) if isinstance(v, rg.Tensor) else v
            for name, v in settings.items()
        }
        function = torch.nn.functional.multi_head_attention_forward
        return [r for r in function(*arguments(*tensors), **fixed) if r is not None]

    def present(*tensors):
        return tuple(r for r in call(*tensors) if r is not None)

    inputs = [real(*shape) for shape in (*shapes, (12, 4), (12,), (4, 4), (4,))]
    return Spec("", present, tuple(inputs), torch=torch, label=f"heads-{label}")


def ctc(label, shape, targets, inputs, lengths, **attributes):
    def call(x):
        log_probs = F.log_softmax(x, -1)
        table = rg.tensor(targets, device=x.device)
        return F.ctc_loss(log_probs, table, inputs, lengths, **attributes)

    def torch(torch, x):
        log_probs = x.log_softmax(-1)
        table = torch.tensor(targets)
        return torch.nn.functional.ctc_loss(
            log_probs, table, torch.tensor(inputs), torch.tensor(lengths), **attributes
        )

    return Spec("", call, (real(*shape),), torch=torch, label=f"ctc_loss-{label}")


def bag(label, input, weight, *more, **attributes):
    torch = "nn.functional.embedding_bag"
    label = f"embedding_bag-{label}"
    return Spec("", F.embedding_bag, (input, weight, *more), attributes, torch=torch, label=label)


def row(name, op, *inputs, label="", smooth=True, **attributes):
    torch = f"nn.functional.{name}"
    label = f"{name}{label and '-'}{label}"
    call = getattr(F, name)
    return Spec(op, call, inputs, attributes, torch=torch, label=label, smooth=smooth)


# Rows whose gradient is not that of the value (padding, frequencies) are not `smooth`.
WORDS = value(np.array([1, 3, 3, 0, 2]))
STARTS = value(np.array([0, 2, 2]))

SPECS = [
    attention("plain", real(2, 3, 4), real(2, 5, 4), real(2, 5, 2)),
    attention("causal", real(3, 2), real(3, 2), real(3, 2), is_causal=True),
    attention("mask", real(2, 3, 2), real(2, 3, 2), real(2, 3, 2), CAUSAL),
    attention("empty-row", real(3, 2), real(3, 2), real(3, 2), NOTHING_FOR_THE_FIRST),
    attention("numbers", real(3, 2), real(4, 2), real(4, 2), constant(real(3, 4)), scale=0.3),
    attention("groups", real(1, 4, 3, 2), real(1, 2, 3, 2), real(1, 2, 3, 2), enable_gqa=True),
    heads("batch", (3, 2, 4), (5, 2, 4), (5, 2, 4)),
    heads("unbatched", (3, 4), (5, 4), (5, 4), need_weights=False),
    heads("each", (3, 2, 4), (3, 2, 4), (3, 2, 4), average_attn_weights=False),
    heads(
        "masks",
        (3, 2, 4),
        (3, 2, 4),
        (3, 2, 4),
        attn_mask=rg.tensor(np.triu(np.ones((3, 3)), 1) > 0),
        key_padding_mask=rg.tensor([[False, False, True], [False, False, False]]),
    ),
    ctc("plain", (5, 2, 4), [[1, 2], [3, 3]], [5, 5], [2, 2]),
    ctc("lengths", (6, 3, 4), [[1, 2, 1], [2, 0, 0], [3, 1, 0]], [6, 4, 5], [3, 1, 2]),
    ctc("joined", (5, 2, 4), [1, 2, 3], [5, 3], [2, 1], reduction="sum"),
    ctc("blank", (4, 2, 3), [[0, 1], [1, 1]], [4, 4], [2, 2], blank=2, reduction="none"),
    ctc("one", (4, 3), [1, 2], [4], [2]),
    ctc("too-long", (2, 2, 3), [[1, 1], [1, 2]], [2, 2], [2, 2], zero_infinity=True),
    row("embedding", "Embedding", integers(0, 4, 2, 3), real(4, 2)),
    row("embedding", "Embedding", WORDS, real(4, 2), label="padding", padding_idx=-1, smooth=False),
    row(
        "embedding",
        "Embedding",
        WORDS,
        real(4, 2),
        label="frequency",
        scale_grad_by_freq=True,
        smooth=False,
    ),
    Spec(
        "EmbeddingAdjoint",
        lambda g, index: embedding_adjoint(g, index, shape=(4, 2), padding_idx=3),
        (real(3, 2), value(np.array([1, 3, 1]))),
    ),
    bag("sum", WORDS, real(4, 2), STARTS, mode="sum"),
    bag("mean", WORDS, real(4, 2), STARTS),
    bag("max", WORDS, real(4, 2), STARTS, mode="max"),
    bag("rows", integers(0, 4, 2, 3), real(4, 2), mode="max"),
    bag("rows-mean", integers(0, 4, 2, 3), real(4, 2)),
    bag("padding", WORDS, real(4, 2), STARTS, mode="mean", padding_idx=3),
    bag(
        "last", WORDS, real(4, 2), value(np.array([0, 2, 5])), include_last_offset=True, mode="sum"
    ),
    row("bilinear", "", real(3, 2), real(3, 4), real(2, 2, 4), real(2)),
    row("bilinear", "", real(2, 2, 2), real(2, 2, 3), real(1, 2, 3), label="dims"),
]
