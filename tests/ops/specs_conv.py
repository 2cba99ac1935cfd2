"""Rows of convolution and its transpose."""

from retrograd.autograd_core.ops import conv
from tests.ops.spec import Spec, real


def row(name, shapes, label, op="Convolution", **attributes):
    return Spec(
        op,
        getattr(conv, name),
        tuple(real(*shape) for shape in shapes),
        attributes=attributes,
        torch=f"nn.functional.{name}",
        label=f"{name}-{label}",
    )


def transposed(name, shapes, label, **attributes):
    return row(name, shapes, label, op="ConvolutionInputGrad", **attributes)


SETTINGS = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}

SPECS = [
    row("conv1d", [(2, 2, 5), (3, 2, 3), (3,)], "plain"),
    row("conv1d", [(2, 5), (3, 2, 2)], "unbatched", stride=2),
    row("conv1d", [(1, 2, 5), (2, 2, 2), (2,)], "same", padding="same", dilation=3),
    row("conv2d", [(2, 2, 4, 5), (3, 2, 3, 2), (3,)], "plain"),
    row("conv2d", [(1, 4, 5, 5), (2, 2, 3, 2), (2,)], "settings", **SETTINGS),
    row("conv2d", [(1, 2, 4, 4), (4, 1, 2, 2)], "depthwise", groups=2, padding="valid"),
    row("conv2d", [(1, 1, 3, 4), (1, 1, 2, 4)], "same", padding="same"),
    row("conv2d", [(2, 3, 2, 2), (2, 3, 1, 1), (2,)], "pointwise"),
    row("conv2d", [(0, 2, 4, 4), (3, 2, 2, 2), (3,)], "no-batch"),
    row("conv2d", [(2, 3, 3), (2, 2, 2, 2), (2,)], "unbatched", padding=1, stride=2),
    row("conv3d", [(1, 2, 3, 2, 3), (2, 2, 2, 2, 2), (2,)], "plain"),
    row("conv3d", [(1, 2, 3, 3, 2), (2, 1, 2, 2, 1)], "settings", groups=2, stride=2, padding=1),
    transposed("conv_transpose1d", [(2, 2, 3), (2, 3, 2), (3,)], "plain", stride=2),
    transposed("conv_transpose1d", [(2, 3), (2, 1, 2)], "unbatched", groups=2),
    # Dilation allows an output padding that is as large as the stride.
    transposed("conv_transpose1d", [(1, 2, 3), (2, 2, 2)], "dilated", dilation=3, output_padding=2),
    transposed("conv_transpose2d", [(1, 2, 2, 3), (2, 3, 2, 2), (3,)], "plain"),
    transposed(
        "conv_transpose2d",
        [(1, 4, 3, 2), (4, 1, 3, 2), (2,)],
        "settings",
        output_padding=(1, 0),
        **SETTINGS,
    ),
    transposed("conv_transpose3d", [(1, 2, 2, 2, 2), (2, 1, 2, 2, 2), (1,)], "plain", padding=1),
    Spec(
        "ConvolutionWeightGrad",
        conv.weight_grad,
        (real(1, 2, 3, 4), real(1, 4, 5, 5)),
        attributes={"shape": (2, 2, 3, 2), **SETTINGS, "dilation": (1, 1)},
    ),
]
