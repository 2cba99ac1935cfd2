"""Rows of sampling at a grid."""

import itertools

from retrograd.nn.functional import grid
from tests.ops.spec import Spec, between, constant, real

PADDINGS = ("zeros", "border", "reflection")


def sample(mode, padding, align, shape=(1, 2, 3, 4), points=(1, 2, 3, 2), smooth=True):
    # The nearest pixel does not change with the point.
    grid_of = constant if mode == "nearest" else (lambda maker: maker)
    attributes = {"mode": mode, "padding_mode": padding, "align_corners": align}
    return Spec(
        "",
        grid.grid_sample,
        (real(*shape), grid_of(between(-1.4, 1.4, *points))),
        attributes,
        torch="nn.functional.grid_sample",
        label=f"{mode}-{padding}-{'aligned' if align else 'plain'}-{len(shape) - 2}d",
        smooth=smooth,
    )


def affine(shape, size, align):
    return Spec(
        "",
        grid.affine_grid,
        (real(*shape),),
        {"size": size, "align_corners": align},
        torch="nn.functional.affine_grid",
        label=f"affine-{len(size) - 2}d-{align}",
    )


SPECS = [
    *[sample(m, p, a) for m, p, a in itertools.product(("bilinear",), PADDINGS, (True, False))],
    sample("bicubic", "zeros", False),
    sample("bicubic", "reflection", True),
    sample("nearest", "border", False),
    sample("bilinear", "zeros", False, (1, 1, 2, 3, 2), (1, 1, 2, 2, 3)),
    sample("bilinear", "reflection", True, (1, 1, 2, 1, 3), (1, 1, 2, 2, 3)),
    affine((2, 2, 3), (2, 1, 2, 3), True),
    affine((1, 2, 3), (1, 1, 1, 3), False),
    affine((1, 3, 4), (1, 1, 2, 3, 2), False),
]
