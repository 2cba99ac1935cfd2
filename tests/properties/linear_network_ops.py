"""The table of linear functions, continued: convolution, pooling, windows, resizing, norms."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops import adaptive_pool, conv, pool
from retrograd.autograd_core.ops.embedding import EmbeddingAdjoint
from retrograd.autograd_core.ops.recurrent import gru_cell
from retrograd.autograd_core.ops.resampling import resample_adjoint
from retrograd.autograd_core.tensor import wrap
from retrograd.backends.kernels import Kernels
from retrograd.nn import functional as F
from tests.properties.draws import Draw, Shape, zeros
from tests.properties.linear import linear

# --- convolution ----------------------------------------------------------------------------------


def reach_of(kernel: Shape, dilation: Shape) -> Shape:
    """How far a window reaches."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def convolution(d: Draw) -> tuple[Any, Shape, Shape, dict[str, Any]]:
    """A convolution of 1 to 3 dimensions, the shapes of its input and weight, its settings."""
    rank = d.integer(1, 3)
    kernel, stride = d.each(rank, 1, 3), d.each(rank, 1, 3)
    dilation, padding = d.each(rank, 1, 3), d.each(rank, 0, 3)
    groups = d.integer(1, 3)
    reach = reach_of(kernel, dilation)
    if d.integer(0, 4) == 0:
        stride, padding = 1, d.one(["same", "valid"])
    least = reach if padding == "valid" else _left(reach, padding)
    size = tuple(n + d.integer(0, 4) for n in least)
    channels, outputs = groups * d.integer(1, 2), groups * d.integer(1, 2)
    batch = d.one([(), (0,), (1,), (2,)])
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    weight = (outputs, channels // groups, *kernel)
    return getattr(F, f"conv{rank}d"), (*batch, channels, *size), weight, settings


def _left(reach: Shape, padding: Any) -> Shape:
    """The least size of an input that gives one output."""
    if padding == "same":
        return (1,) * len(reach)
    return tuple(max(r - 2 * p, 1) for r, p in zip(reach, padding, strict=True))


@linear("Convolution.input")
def conv_input(d: Draw):
    function, x, w, settings = convolution(d)
    weight = d.normal(*w)
    return lambda t: function(t, weight, **settings), x


@linear("Convolution.weight", "Convolution.bias")
def conv_weight_and_bias(d: Draw):
    function, x, w, settings = convolution(d)
    input = d.normal(*x)
    return lambda t, b: function(input, t, b, **settings), w, w[:1]


def transposed(d: Draw) -> tuple[Any, Shape, Shape, dict[str, Any]]:
    """The same of a transposed convolution."""
    rank = d.integer(1, 3)
    kernel, stride, dilation = d.each(rank, 1, 3), d.each(rank, 1, 3), d.each(rank, 1, 3)
    size = d.each(rank, 1, 4)
    groups = d.integer(1, 3)
    extra = tuple(d.integer(0, max(s, k) - 1) for s, k in zip(stride, dilation, strict=True))
    whole = [
        (n - 1) * s + r for n, s, r in zip(size, stride, reach_of(kernel, dilation), strict=True)
    ]
    padding = tuple(d.integer(0, (n - 1) // 2) for n in whole)
    channels, outputs = groups * d.integer(1, 2), d.integer(1, 2)
    batch = d.one([(), (0,), (1,), (2,)])
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    function = functools.partial(
        getattr(F, f"conv_transpose{rank}d"), output_padding=extra, **settings
    )
    return function, (*batch, channels, *size), (channels, outputs, *kernel), {"groups": groups}


@linear("ConvolutionInputGrad.input")
def conv_transpose_input(d: Draw):
    function, x, w, _ = transposed(d)
    weight = d.normal(*w)
    return lambda t: function(t, weight), x


@linear("ConvolutionInputGrad.weight")
def conv_transpose_weight_and_bias(d: Draw):
    function, x, w, settings = transposed(d)
    input = d.normal(*x)
    return lambda t, b: function(input, t, b), w, (w[1] * settings["groups"],)


def weight_gradient(d: Draw) -> tuple[Any, Shape, Shape]:
    """The gradient of a convolution's weight, as a function of the cotangent and the input."""
    function, x, w, settings = convolution(d)
    x = x if len(x) == len(w) else (1, *x)
    settings["padding"] = (
        (0,) * len(w[2:]) if settings["padding"] == "valid" else settings["padding"]
    )
    if settings["padding"] == "same":
        settings["padding"] = settings["dilation"]
        settings["dilation"] = (1,) * len(w[2:])
        w = (*w[:2], *[1] * len(w[2:]))
    if settings["stride"] == 1:
        settings["stride"] = (1,) * len(w[2:])
    cotangent = function(zeros(x), zeros(w), **settings).shape
    return functools.partial(conv.weight_grad, shape=w, **settings), tuple(cotangent), x


@linear("ConvolutionWeightGrad.input")
def conv_weight_gradient_by_cotangent(d: Draw):
    function, g, x = weight_gradient(d)
    other = d.normal(*x)
    return lambda t: function(t, other), g


@linear("ConvolutionWeightGrad.other")
def conv_weight_gradient_by_input(d: Draw):
    function, g, x = weight_gradient(d)
    other = d.normal(*g)
    return lambda t: function(other, t), x


@linear()
def bilinear(d: Draw):
    batch, m, n, outputs = d.shape(0, 2), *d.each(3, 1, 3)
    a, b, w = d.normal(*batch, m), d.normal(*batch, n), d.normal(outputs, m, n)
    by_first = functools.partial(F.bilinear, input2=b, weight=w)
    if d.flag():
        return lambda t: by_first(t), (*batch, m)
    return lambda t, bias: F.bilinear(a, b, t, bias), (outputs, m, n), (outputs,)


# --- pooling --------------------------------------------------------------------------------------


def mean_pooling(d: Draw) -> tuple[int, pool.MeanWindow, Shape]:
    """The rank, windows and input shape of average pooling."""
    rank = d.integer(1, 3)
    kernel = d.each(rank, 1, 4)
    padding = tuple(d.integer(0, k // 2) for k in kernel)
    size = tuple(max(k - 2 * p, 1) + d.integer(0, 5) for k, p in zip(kernel, padding, strict=True))
    divisor = None if rank == 1 else d.one([None, None, 3])
    window = pool.MeanWindow(kernel, d.each(rank, 1, 4), padding, d.flag(), d.flag(), divisor)
    return rank, window, (d.integer(0, 2), d.integer(1, 2), *size)


@linear("AvgPool.input")
def avg_pool(d: Draw):
    rank, window, shape = mean_pooling(d)
    settings = list(window) if rank > 1 else list(window)[:-1]
    function = getattr(F, f"avg_pool{rank}d")
    return lambda x: function(x, *settings), shape[d.integer(0, 1) if shape[0] else 0 :]


@linear("AvgPoolGrad.input")
def avg_pool_gradient(d: Draw):
    _, window, shape = mean_pooling(d)
    pooled = pool.avg_pool(zeros(shape), window=window).shape
    return lambda g: pool.avg_pool_grad(g, shape=shape, window=window), tuple(pooled)


@linear("AdaptiveAvgPool.input")
def adaptive_avg_pool(d: Draw):
    rank = d.integer(1, 3)
    shape = (*d.one([(), (0,), (2,)]), 2, *d.each(rank, 1, 5))
    sizes = d.each(rank, 1, 6)
    return lambda x: getattr(F, f"adaptive_avg_pool{rank}d")(x, sizes), shape


@linear("AdaptiveAvgPoolGrad.input")
def adaptive_avg_pool_gradient(d: Draw):
    rank = d.integer(1, 3)
    head = (d.integer(0, 2), 2)
    shape = (*head, *d.each(rank, 1, 5))
    pooled = (*head, *d.each(rank, 1, 6))
    return lambda g: adaptive_pool.adaptive_avg_pool_grad(g, shape=shape), pooled


@linear("MaxUnpool.input")
def max_unpool(d: Draw):
    """Of windows that do not overlap: of values put at one place, any may win."""
    rank = d.integer(1, 3)
    kernel = d.each(rank, 1, 3)
    shape = (2, 2, *[k * d.integer(1, 3) + d.integer(0, k - 1) for k in kernel])
    values, indices = getattr(F, f"max_pool{rank}d")(d.normal(*shape), kernel, return_indices=True)
    function = getattr(F, f"max_unpool{rank}d")
    return lambda x: function(x, indices, kernel, output_size=shape), tuple(values.shape)


def pool_places(d: Draw) -> tuple[Any, Shape, Shape]:
    """Places in flattened spatial dimensions, and the shapes of the whole and of what is taken."""
    head = (d.integer(0, 2), d.integer(1, 2))
    rank = d.integer(1, 3)
    shape, taken = (*head, *d.each(rank, 1, 4)), (*head, *d.each(rank, 1, 4))
    return d.places(0, int(np.prod(shape[2:])), *taken), shape, taken


@linear("PoolScatter.input")
def pool_scatter(d: Draw):
    places, shape, taken = pool_places(d)
    return lambda x: pool.pool_scatter(x, places, shape=shape), taken


@linear("PoolGather.input")
def pool_gather(d: Draw):
    places, shape, _ = pool_places(d)
    return lambda x: pool.pool_gather(x, places), shape


# --- windows, padding, resizing -------------------------------------------------------------------


def image_windows(d: Draw) -> tuple[dict[str, Shape], Shape]:
    """The settings of `unfold` and the size of an image."""
    kernel, dilation = d.each(2, 1, 3), d.each(2, 1, 2)
    padding, stride = d.each(2, 0, 2), d.each(2, 1, 3)
    least = _left(reach_of(kernel, dilation), padding)
    size = tuple(n + d.integer(0, 3) for n in least)
    settings = {"kernel_size": kernel, "dilation": dilation, "padding": padding, "stride": stride}
    return settings, size


@linear("Unfold.input")
def unfold(d: Draw):
    settings, size = image_windows(d)
    return lambda x: F.unfold(x, **settings), (*d.one([(), (1,), (2,)]), 2, *size)


@linear("Fold.input")
def fold(d: Draw):
    settings, size = image_windows(d)
    columns = tuple(F.unfold(rg.zeros(2, 2, *size), **settings).shape)
    return lambda x: F.fold(x, size, **settings), columns[d.integer(0, 1) :]


@linear("Pad.input")
def pad_with_zeros(d: Draw):
    shape = d.shape(1, low=1)
    count = d.integer(1, len(shape))
    pads: list[int] = []
    for n in shape[::-1][:count]:
        before = d.integer(-n, 3)
        pads += [before, d.integer(max(-n - min(before, 0), -n - before), 3)]
    return lambda x: F.pad(x, pads), shape


@linear()
def pad_from_inside(d: Draw):
    rank = d.integer(1, 3)
    size = d.each(rank, 2, 5)
    pads = [d.integer(0, n - 1) for n in size[::-1] for _ in range(2)]
    mode = d.one(["reflect", "replicate", "circular"])
    return lambda x: F.pad(x, pads, mode=mode), (1, 2, *size)


@linear()
def pixels(d: Draw):
    r, channels, size = d.integer(1, 3), d.integer(1, 2), d.each(2, 1, 3)
    batch = d.shape(0, 1, high=2)
    small, large = (*batch, channels * r * r, *size), (*batch, channels, *[n * r for n in size])
    groups = d.one([1, r, channels])

    def rearranged(x, y):
        return (
            F.pixel_shuffle(x, r),
            F.pixel_unshuffle(y, r),
            F.channel_shuffle(x.reshape(-1, *small[-3:]), groups),
        )

    return rearranged, small, large


@linear("Resample.input")
def interpolate(d: Draw):
    rank = d.integer(1, 3)
    plain = ["linear", "bilinear", "trilinear"][rank - 1]
    mode = d.one(["nearest-exact", plain, "bicubic" if rank == 2 else plain])
    shape, sizes = (2, 1, *d.each(rank, 1, 5)), d.each(rank, 1, 7)
    align = None if mode == "nearest-exact" else d.flag()
    smooth = rank == 2 and not align and mode != "nearest-exact" and d.flag()
    settings = {"mode": mode, "align_corners": align, "antialias": smooth}
    return lambda x: F.interpolate(x, sizes, **settings), shape


@linear("ResampleAdjoint.input")
def resample_gradient(d: Draw):
    size, outputs = d.each(2, 1, 6)
    shape = list(d.shape(1, 3))
    dim = d.integer(0, len(shape) - 1)
    shape[dim] = outputs
    taps = Kernels(np).linear_taps(size, outputs, size / outputs, False, np.dtype(float))
    return lambda g: resample_adjoint(g, dim=dim, taps=taps), tuple(shape)


@linear()
def grid_sample(d: Draw):
    rank = d.integer(2, 3)
    batch, sizes = d.integer(1, 2), d.each(rank, 1, 4)
    grid = d.normal(batch, *d.each(rank, 1, 3), rank)
    modes = ["bilinear", "nearest", "bicubic"][: 5 - rank]
    settings = {
        "mode": d.one(modes),
        "padding_mode": d.one(["zeros", "border", "reflection"]),
        "align_corners": d.flag(),
    }
    return lambda x: F.grid_sample(x, grid, **settings), (batch, 2, *sizes)


@linear()
def affine_grid(d: Draw):
    rank, batch, align = d.integer(2, 3), d.integer(1, 2), d.flag()
    size = (batch, 1, *d.each(rank, 1, 4))
    return lambda theta: F.affine_grid(theta, size, align), (batch, rank, rank + 1)


# --- tables, norms, cells, losses -----------------------------------------------------------------


@linear("Embedding.weight")
def embedding(d: Draw):
    rows, columns = d.integer(1, 5), d.integer(0, 3)
    places = d.places(0, rows, *d.shape(0, 3))
    return lambda w: F.embedding(places, w), (rows, columns)


@linear("EmbeddingAdjoint.input")
def embedding_gradient(d: Draw):
    rows, columns = d.integer(1, 5), d.integer(0, 3)
    places = d.places(0, rows, *d.shape(0, 3))
    settings = {"shape": (rows, columns), "padding_idx": d.one([None, 0])}
    return lambda g: EmbeddingAdjoint.function(g, places, **settings), (*places.shape, columns)


@linear()
def embedding_bag(d: Draw):
    rows, columns = d.integer(1, 5), d.integer(1, 3)
    places = d.places(0, rows, *d.each(2, 1, 4))
    mode = d.one(["sum", "mean"])
    return lambda w: F.embedding_bag(places, w, mode=mode), (rows, columns)


def affine_of(name: str, make: Any) -> None:
    """A row of a normalization's weight and bias; `make` gives it, the input and their shape."""

    @linear(f"{name}.weight", f"{name}.bias", label=name)
    def weight_and_bias(d: Draw):
        channels = d.integer(2, 4)
        shape = (d.integer(2, 3), channels, *d.each(d.integer(1, 2), 2, 3))
        x, call = d.normal(*shape), make(shape)
        part = shape[1:] if name == "LayerNorm" else (channels,)
        return lambda w, b: call(x, w, b), part, part


affine_of("BatchNorm", lambda shape: lambda x, w, b: F.batch_norm(x, None, None, w, b, True))
affine_of("InstanceNorm", lambda shape: lambda x, w, b: F.instance_norm(x, None, None, w, b))
affine_of("GroupNorm", lambda shape: lambda x, w, b: F.group_norm(x, shape[1], w, b))
affine_of("LayerNorm", lambda shape: lambda x, w, b: F.layer_norm(x, shape[1:], w, b))


@linear("RmsNorm.weight")
def rms_norm_weight(d: Draw):
    shape = d.shape(1, 3, low=1)
    x, part = d.normal(*shape), shape[d.integer(0, len(shape) - 1) :]
    return lambda w: F.rms_norm(x, part, w), part


@linear("FixedNorm.input")
def batch_norm_in_evaluation(d: Draw):
    channels = d.integer(1, 3)
    mean, var = rg.zeros(channels, dtype=rg.float64), d.positive(channels)
    weight = d.one([None, d.normal(channels)])
    shape = (d.integer(0, 3), channels, *d.shape(0, 2))
    return lambda x: F.batch_norm(x, mean, var, weight), shape


@linear("FixedNorm.weight", "FixedNorm.bias")
def batch_norm_in_evaluation_weight_and_bias(d: Draw):
    channels = d.integer(1, 3)
    x = d.normal(d.integer(0, 3), channels, *d.shape(0, 2))
    mean, var = d.normal(channels), d.positive(channels)
    return lambda w, b: F.batch_norm(x, mean, var, w, b), (channels,), (channels,)


@linear("Prelu.weight")
def prelu_weight(d: Draw):
    """Of negative numbers; of positive ones the result does not depend on the weight."""
    channels = d.integer(1, 3)
    x = -d.positive(d.integer(0, 3), channels, *d.shape(0, 2))
    return lambda w: F.prelu(x, w), (d.one([1, channels]),)


@linear("GruCell.hidden")
def gru_hidden(d: Draw):
    """With nothing new to remember, the state decays."""
    batch, n = d.integer(0, 2), d.integer(1, 3)
    gates = d.normal(batch, 3 * n)
    gates._data[:, 2 * n :] = 0
    return lambda h: gru_cell(gates, gates, h), (batch, n)


@linear()
def attention_values(d: Draw):
    head, (queries, keys, width, outputs) = d.shape(0, 2, low=1), d.each(4, 1, 4)
    q, k = d.normal(*head, queries, width), d.normal(*head, keys, width)
    causal = d.flag()
    return lambda v: F.scaled_dot_product_attention(q, k, v, is_causal=causal), (
        *head,
        keys,
        outputs,
    )


@linear("ClassLikelihood.input")
def nll_loss(d: Draw):
    samples, classes = d.integer(1, 4), d.integer(1, 4)
    rest = d.shape(0, 2, low=1, high=3)
    target = d.places(0, classes, samples, *rest)
    weight = d.one([None, d.positive(classes)])
    reduction = d.one(["mean", "sum", "none"])
    ignored = -100 if reduction == "mean" else 0
    settings = {"weight": weight, "ignore_index": ignored, "reduction": reduction}
    return lambda x: F.nll_loss(x, target, **settings), (samples, classes, *rest)


@linear("BinaryCrossEntropy.target")
def binary_cross_entropy_of_targets(d: Draw):
    """But for what targets of zero give."""
    shape = d.shape(low=1)
    likely = wrap(d.rng.uniform(0.1, 0.9, shape))
    reduction = d.one(["mean", "sum", "none"])

    def loss(target):
        return F.binary_cross_entropy(likely, target, reduction=reduction)

    start = loss(zeros(shape))
    return lambda target: loss(target) - start, shape


@linear("BinaryCrossEntropyOfLogits.target")
def binary_cross_entropy_of_logits_of_targets(d: Draw):
    """But for what targets of zero give."""
    shape = d.shape(low=1)
    logits = d.normal(*shape)
    reduction = d.one(["mean", "sum", "none"])

    def loss(target):
        return F.binary_cross_entropy_with_logits(logits, target, reduction=reduction)

    start = loss(zeros(shape))
    return lambda target: loss(target) - start, shape
