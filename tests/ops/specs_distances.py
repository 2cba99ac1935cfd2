"""Rows of distances and similarities."""

import math

import numpy as np

from retrograd.autograd_core.ops import distances
from retrograd.nn.functional import distance
from tests.ops.spec import Spec, real, value


def row(name, inputs, label, **attributes):
    call = getattr(distances, name)
    torch = name if name == "cdist" else f"nn.functional.{name}"
    return Spec("", call, inputs, attributes, torch=torch, label=f"{name}-{label}")


def normalized(shape, label, **attributes):
    torch = "nn.functional.normalize"
    return Spec("", distance.normalize, (real(*shape),), attributes, torch=torch, label=label)


SPECS = [
    row("pairwise_distance", (real(3, 4), real(3, 4)), "plain"),
    row("pairwise_distance", (real(4), real(4)), "vectors", p=1.0, keepdim=True),
    row("pairwise_distance", (real(2, 3), real(1, 3)), "p3", p=3.0, eps=0.01),
    row("cosine_similarity", (real(3, 4), real(3, 4)), "plain"),
    row("cosine_similarity", (real(2, 3, 1), real(2, 1, 4)), "broadcast", dim=-3),
    row("cosine_similarity", (real(2, 3), real(3)), "fewer-dims", dim=1),
    row("pdist", (real(4, 3),), "plain"),
    row("pdist", (real(3, 2),), "p1", p=1.0),
    row("pdist", (real(3, 2),), "inf", p=math.inf),
    row("cdist", (real(3, 2), real(4, 2)), "plain"),
    row("cdist", (real(2, 1, 3), real(2, 2, 3)), "batch", p=3.0),
    row("cdist", (real(2, 3), real(2, 3)), "p1", p=1.0),
    row("cdist", (real(2, 3), real(2, 3)), "inf", p=math.inf),
    Spec(
        "",
        lambda a, b: distances.cdist(a, b, compute_mode="use_mm_for_euclid_dist"),
        (real(3, 2), real(2, 2)),
        torch=lambda torch, a, b: torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist"),
        label="cdist-by-product",
    ),
    Spec(
        "",
        distances.cdist,
        (real(0, 2), value(np.ones((2, 2)))),
        label="cdist-empty",
        order=0,
    ),
    normalized((3, 4), "normalize"),
    normalized((2, 3, 2), "normalize-p1", p=1.0, dim=-2),
]
