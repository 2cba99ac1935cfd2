"""Rows of padding, and of windows and pixels rearranged."""

import numpy as np

from retrograd.nn.functional import folding, padding
from tests.ops.spec import Spec, real


def padded(op, shape, label, **attributes):
    return Spec(
        op, padding.pad, (real(*shape),), attributes, torch="nn.functional.pad", label=label
    )


def row(op, name, shape, label, **attributes):
    call = getattr(folding, name)
    return Spec(op, call, (real(*shape),), attributes, torch=f"nn.functional.{name}", label=label)


SETTINGS = {"kernel_size": (2, 3), "dilation": (1, 2), "padding": (1, 2), "stride": (2, 1)}

SPECS = [
    padded("Pad", (2, 3), "constant-one-dim", pad=(1, 2), value=1.5),
    padded("Pad", (2, 3, 2), "constant-all-dims", pad=(1, 0, 0, 1, 2, 1)),
    padded("Pad", (2, 4), "crop", pad=(-1, 2, 1, -1), value=3),
    padded("Pad", (2, 4), "crop-only", pad=(-1, -2)),
    padded("Clone", (2, 4), "nothing", pad=(0, 0)),
    padded("Pad", (0, 2), "empty", pad=(1, 1)),
    Spec(
        "Pad",
        padding.pad,
        (real(2, 3),),
        {"pad": (1, 2)},
        reference=lambda x, pad: np.pad(x, ((0, 0), pad)),
        label="reference",
    ),
    padded("Index", (1, 2, 4), "reflect-1d", pad=(3, 2), mode="reflect"),
    padded("Index", (2, 3, 4), "reflect-2d-unbatched", pad=(1, 2, 2, 1), mode="reflect"),
    padded("Index", (1, 1, 3, 2, 3), "reflect-3d", pad=(1, 2, 0, 1, 2, 0), mode="reflect"),
    padded("Index", (1, 2, 3), "replicate-1d", pad=(4, 1), mode="replicate"),
    padded("Index", (1, 2, 3, 2), "replicate-2d", pad=(1, 2, 3, 0), mode="replicate"),
    padded("Index", (1, 2, 3), "circular-1d", pad=(3, 1), mode="circular"),
    padded("Index", (1, 2, 3, 4), "circular-crop", pad=(-1, 2, 2, -1), mode="circular"),
    row("Unfold", "unfold", (2, 2, 4, 3), "plain", kernel_size=2),
    row("Unfold", "unfold", (1, 2, 5, 6), "settings", **SETTINGS),
    row("Unfold", "unfold", (2, 3, 3), "unbatched", kernel_size=(1, 2), stride=2),
    row("Fold", "fold", (1, 8, 6), "plain", output_size=(3, 4), kernel_size=2),
    row("Fold", "fold", (2, 6, 18), "settings", output_size=(5, 6), **SETTINGS),
    row("Fold", "fold", (4, 4), "unbatched", output_size=3, kernel_size=2),
    row("", "pixel_shuffle", (2, 8, 2, 3), "pixel_shuffle", upscale_factor=2),
    row("", "pixel_shuffle", (9, 2, 1), "pixel_shuffle-unbatched", upscale_factor=3),
    row("", "pixel_unshuffle", (2, 2, 4, 6), "pixel_unshuffle", downscale_factor=2),
    row("", "channel_shuffle", (2, 6, 2, 2), "channel_shuffle", groups=3),
]
