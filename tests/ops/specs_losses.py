"""Rows of the losses."""

import numpy as np

from retrograd.nn import functional as F
from tests.ops.spec import Spec, between, constant, integers, positive, real, value


def row(name, inputs, label="", op="", smooth=True, order=2, **attributes):
    """A row of a loss with the same loss of PyTorch."""
    label = f"{name}{label and '-'}{label}"
    torch = f"nn.functional.{name}"
    call = getattr(F, name)
    return Spec(op, call, inputs, attributes, None, torch, order, smooth, label)


def all_reductions(name, *inputs, **attributes):
    return [row(name, inputs, r, reduction=r, **attributes) for r in ("none", "mean", "sum")]


def of_classes(name, op, shape, target, label, weight=None, **attributes):
    """A row of a loss of (N, C, ...) and classes."""
    inputs = [real(*shape), target]
    if weight is not None:
        inputs.append(constant(positive(weight)))
    return row(name, tuple(inputs), label, op, **attributes)


IGNORED = value(np.array([1, -100, 0, 2]))
IMAGE = integers(0, 3, 2, 2, 2)
SIGNS = constant(lambda rng: rng.choice([-1.0, 1.0], size=(4,)))
BELOW_ZERO = between(-3.0, -0.1, 3, 4)


def classes(name, op):
    rows = [
        of_classes(name, op, (4, 3), integers(0, 3, 4), r, reduction=r)
        for r in ("none", "mean", "sum")
    ]
    return [
        *rows,
        of_classes(name, op, (4, 3), IGNORED, "ignored"),
        of_classes(name, op, (4, 3), IGNORED, "ignored-none", reduction="none"),
        of_classes(name, op, (4, 3), IGNORED, "weighted", 3),
        of_classes(name, op, (4, 3), integers(0, 3, 4), "index", 3, ignore_index=2),
        of_classes(name, op, (3,), integers(0, 3), "one-sample"),
        of_classes(name, op, (3,), integers(0, 3), "one-sample-none", reduction="none"),
        of_classes(name, op, (2, 3, 2, 2), IMAGE, "image", 3),
        of_classes(name, op, (2, 3, 2, 2), IMAGE, "image-none", reduction="none"),
    ]


SPECS = [
    *classes("cross_entropy", "CrossEntropy"),
    *classes("nll_loss", "ClassLikelihood"),
    of_classes("cross_entropy", "", (4, 3), IGNORED, "smooth", label_smoothing=0.2),
    of_classes("cross_entropy", "", (4, 3), IGNORED, "smooth-weighted", 3, label_smoothing=0.2),
    of_classes(
        "cross_entropy",
        "",
        (2, 3, 2, 2),
        IMAGE,
        "smooth-none",
        label_smoothing=0.1,
        reduction="none",
    ),
    row("cross_entropy", (real(4, 3), between(0, 1, 4, 3)), "soft"),
    row("cross_entropy", (real(3), between(0, 1, 3)), "soft-one-sample"),
    row(
        "cross_entropy",
        (real(2, 3, 2), between(0, 1, 2, 3, 2), constant(positive(3))),
        "soft-weighted",
        label_smoothing=0.1,
    ),
    *all_reductions("mse_loss", real(3, 4), real(3, 4)),
    row("mse_loss", (real(3, 4), real(3, 4)), "one-node", "MeanSquaredError"),
    row("mse_loss", (real(3, 4), real(1, 4)), "broadcast"),
    row("mse_loss", (real(3, 4), real(3, 4)), "weighted", weight=None),
    *all_reductions("l1_loss", real(3, 4), real(3, 4)),
    *all_reductions("smooth_l1_loss", real(3, 4), real(3, 4), op="Huber", beta=0.7),
    row("smooth_l1_loss", (real(3), real(3)), "beta-0", beta=0.0),
    *all_reductions("huber_loss", real(3, 4), real(3, 4), op="Huber", delta=0.7),
    *all_reductions("kl_div", BELOW_ZERO, between(0, 1, 3, 4)),
    row("kl_div", (BELOW_ZERO, BELOW_ZERO), "log", log_target=True, reduction="batchmean"),
    *all_reductions(
        "binary_cross_entropy",
        between(0, 1, 3, 4),
        between(0, 1, 3, 4),
        op="BinaryCrossEntropy",
    ),
    row(
        "binary_cross_entropy",
        (between(0, 1, 3), between(0, 1, 3), constant(positive(3))),
        "weighted",
        "BinaryCrossEntropy",
    ),
    *all_reductions(
        "binary_cross_entropy_with_logits",
        real(3, 4),
        between(0, 1, 3, 4),
        op="BinaryCrossEntropyOfLogits",
    ),
    row(
        "binary_cross_entropy_with_logits",
        (real(3, 4), between(0, 1, 3, 4), constant(positive(4))),
        "weighted",
    ),
    Spec(
        "",
        lambda x, t, w: F.binary_cross_entropy_with_logits(x, t, pos_weight=w),
        (real(3, 4), between(0, 1, 3, 4), constant(positive(4))),
        torch=lambda torch, x, t, w: torch.nn.functional.binary_cross_entropy_with_logits(
            x, t, pos_weight=w
        ),
        label="binary_cross_entropy_with_logits-pos_weight",
    ),
    *all_reductions("poisson_nll_loss", real(3, 4), positive(3, 4), full=True),
    row("poisson_nll_loss", (positive(3), positive(3)), "rates", log_input=False),
    *all_reductions("gaussian_nll_loss", real(3, 4), real(3, 4), positive(3, 4), full=True),
    row("gaussian_nll_loss", (real(3, 4), real(3, 4), positive(3, 1)), "one-variance"),
    *all_reductions("soft_margin_loss", real(4), SIGNS),
    *all_reductions("hinge_embedding_loss", real(4), SIGNS, margin=0.7),
    *all_reductions("margin_ranking_loss", real(4), real(4), SIGNS, margin=0.3),
    *all_reductions("cosine_embedding_loss", real(4, 3), real(4, 3), SIGNS, margin=0.1),
    *all_reductions("multi_margin_loss", real(4, 3), integers(0, 3, 4)),
    row("multi_margin_loss", (real(4, 3), integers(0, 3, 4)), "p2", p=2, margin=0.8),
    *all_reductions(
        "multilabel_margin_loss", real(2, 4), value(np.array([[3, 0, -1, 1], [1, -1, 2, 0]]))
    ),
    *all_reductions("multilabel_soft_margin_loss", real(3, 4), constant(between(0, 1, 3, 4))),
    *all_reductions("triplet_margin_loss", real(3, 4), real(3, 4), real(3, 4)),
    row("triplet_margin_loss", (real(3, 4), real(3, 4), real(3, 4)), "swap", swap=True, p=3.0),
    *all_reductions("triplet_margin_with_distance_loss", real(3, 4), real(3, 4), real(3, 4)),
]
