"""Rows of resizing and of sampling at a grid."""

from retrograd.autograd_core.ops.resampling import resample_adjoint
from retrograd.backends.kernels import Kernels
from retrograd.backends.registry import XP
from retrograd.nn.functional import resize
from tests.ops.spec import Spec, real


def row(shape, label, op="Resample", **attributes):
    torch = "nn.functional.interpolate"
    return Spec(op, resize.interpolate, (real(*shape),), attributes, torch=torch, label=label)


def spread(g):
    xp = XP[type(g._data)]
    taps = Kernels(xp).linear_taps(3, 5, 0.6, False, g._data.dtype)
    return resample_adjoint(g, dim=1, taps=taps)


SPECS = [
    row((1, 2, 3), "nearest-1d", scale_factor=2),
    row((1, 2, 3, 4), "nearest-2d", size=(5, 2)),
    row((1, 1, 2, 3, 2), "nearest-3d", scale_factor=(1.0, 2.0, 1.5)),
    row((2, 1, 5), "nearest-exact", size=3, mode="nearest-exact"),
    row((2, 1, 5), "nearest-same", "Clone", size=5),
    row((2, 2, 4), "linear", size=7, mode="linear"),
    row((2, 2, 4), "linear-aligned", size=3, mode="linear", align_corners=True),
    row((1, 2, 3, 4), "bilinear", scale_factor=1.7, mode="bilinear"),
    row(
        (1, 2, 3, 4),
        "bilinear-recomputed",
        scale_factor=1.7,
        mode="bilinear",
        recompute_scale_factor=True,
    ),
    row((1, 1, 4, 3), "bilinear-aligned", size=(1, 5), mode="bilinear", align_corners=True),
    row((1, 1, 6, 5), "bilinear-antialias", size=(3, 2), mode="bilinear", antialias=True),
    row((1, 1, 4, 3), "bicubic", size=(7, 2), mode="bicubic"),
    row((1, 1, 4, 3), "bicubic-aligned", size=(6, 5), mode="bicubic", align_corners=True),
    row((1, 1, 9, 5), "bicubic-antialias", size=(3, 7), mode="bicubic", antialias=True),
    row((1, 1, 2, 3, 2), "trilinear", scale_factor=2, mode="trilinear"),
    row((1, 2, 4, 5), "area", "AdaptiveAvgPool", size=(2, 3), mode="area"),
    Spec("ResampleAdjoint", spread, (real(2, 5),)),
]
