"""Rows of pooling."""

import numpy as np

from retrograd.autograd_core.ops import adaptive_pool, pool
from tests.ops.spec import Spec, real, value


def maxima(name, attributes, shape, label, op="MaxPool"):
    call = getattr(pool, name)
    return Spec(
        op,
        call,
        (real(*shape),),
        attributes=attributes,
        torch=f"nn.functional.{name}",
        label=f"{name}-{label}",
    )


def means(name, attributes, shape, label):
    return maxima(name, attributes, shape, label, op="AvgPool")


def adaptive(op, name, shape, size, **attributes):
    return Spec(
        op,
        getattr(adaptive_pool, name),
        (real(*shape),),
        attributes={"output_size": size, **attributes},
        torch=f"nn.functional.{name}",
        label=f"{name}-{size}".replace(" ", ""),
    )


def spread(g):
    """The cotangent of 2 x 2 means with padding."""
    window = pool.MeanWindow((2, 2), (2, 1), (1, 0), False, False, None)
    return pool.avg_pool_grad(g, shape=(1, 2, 4, 3), window=window)


def unpooled(torch, x):
    values, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    return torch.nn.functional.max_unpool2d(values, indices, 2)


def unpool(x):
    values, indices = pool.max_pool2d(x, 2, return_indices=True)
    return pool.max_unpool2d(values, indices, 2)


INDICES = np.array([[[0, 3, 3]]])

SPECS = [
    maxima("max_pool1d", {"kernel_size": 2}, (2, 3, 6), "plain"),
    maxima("max_pool1d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}, (2, 6), "unbatched"),
    maxima("max_pool2d", {"kernel_size": 2}, (2, 2, 4, 4), "plain"),
    maxima("max_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (1, 2, 5, 4), "padded"),
    maxima(
        "max_pool2d",
        {"kernel_size": (2, 3), "stride": (1, 2), "dilation": 2, "padding": (1, 1)},
        (1, 1, 5, 6),
        "dilated",
    ),
    maxima("max_pool2d", {"kernel_size": 3, "stride": 1}, (0, 2, 4, 4), "no-batch"),
    maxima("max_pool3d", {"kernel_size": 2, "stride": 1}, (1, 1, 3, 2, 3), "plain"),
    maxima(
        "max_pool2d",
        {"kernel_size": 2, "stride": 1, "return_indices": True},
        (2, 1, 3, 3),
        "indices",
        op="MaxPoolWithIndices",
    ),
    means("avg_pool1d", {"kernel_size": 2, "padding": 1}, (2, 3, 5), "padded"),
    means("avg_pool2d", {"kernel_size": 2}, (2, 2, 4, 4), "plain"),
    means(
        "avg_pool2d",
        {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
        (1, 2, 5, 4),
        "padding-not-counted",
    ),
    means(
        "avg_pool2d",
        {"kernel_size": 2, "stride": 2, "ceil_mode": True, "divisor_override": 3},
        (2, 3, 5),
        "divisor",
    ),
    means("avg_pool2d", {"kernel_size": 2, "ceil_mode": True, "padding": 1}, (1, 1, 4, 5), "ceil"),
    means("avg_pool3d", {"kernel_size": 2, "stride": 1}, (1, 1, 3, 2, 3), "plain"),
    Spec("AvgPoolGrad", spread, (real(1, 2, 3, 2),)),
    adaptive("AdaptiveAvgPool", "adaptive_avg_pool1d", (2, 2, 5), 3),
    adaptive("AdaptiveAvgPool", "adaptive_avg_pool2d", (1, 2, 4, 6), (2, 3)),
    adaptive("AdaptiveAvgPool", "adaptive_avg_pool2d", (2, 5, 3), (None, 2)),
    adaptive("AdaptiveAvgPool", "adaptive_avg_pool2d", (2, 3, 3, 2), 1),
    adaptive("AdaptiveAvgPool", "adaptive_avg_pool3d", (1, 1, 3, 4, 2), 2),
    Spec(
        "AdaptiveAvgPoolGrad",
        adaptive_pool.adaptive_avg_pool_grad,
        (real(1, 2, 2, 3),),
        attributes={"shape": (1, 2, 3, 3)},
    ),
    adaptive("AdaptiveMaxPool", "adaptive_max_pool1d", (2, 2, 5), 3, return_indices=True),
    adaptive("AdaptiveMaxPool", "adaptive_max_pool2d", (1, 2, 5, 6), (2, 3)),
    adaptive("AdaptiveMaxPool", "adaptive_max_pool2d", (2, 5, 3), (None, 2), return_indices=True),
    adaptive("AdaptiveMaxPool", "adaptive_max_pool3d", (1, 1, 3, 4, 2), 2),
    Spec(
        "PoolScatter",
        lambda g, indices: pool.pool_scatter(g, indices, shape=(1, 1, 2, 2)),
        (real(1, 1, 3), value(INDICES)),
    ),
    Spec("PoolGather", pool.pool_gather, (real(1, 1, 2, 2), value(INDICES))),
    Spec("MaxUnpool", unpool, (real(1, 2, 4, 4),), torch=unpooled),
    Spec(
        "",
        pool.lp_pool1d,
        (real(2, 3, 6),),
        attributes={"norm_type": 2, "kernel_size": 3, "stride": 2},
        torch="nn.functional.lp_pool1d",
        label="lp_pool1d",
    ),
    Spec(
        "",
        pool.lp_pool2d,
        (real(2, 4, 5),),
        attributes={"norm_type": 4, "kernel_size": 2, "ceil_mode": True},
        torch="nn.functional.lp_pool2d",
        label="lp_pool2d",
    ),
    Spec(
        "",
        pool.lp_pool3d,
        (real(1, 2, 2, 3, 2),),
        attributes={"norm_type": 2, "kernel_size": 2},
        torch="nn.functional.lp_pool3d",
        label="lp_pool3d",
    ),
]
