"""Rows of the normalizations."""

from retrograd.autograd_core.ops import normalization
from tests.ops.spec import Spec, constant, positive, real, value


def row(op, name, inputs, label, **attributes):
    """A row of a public function, with the same function of PyTorch."""
    torch = f"nn.functional.{name}"
    call = getattr(normalization, name)
    return Spec(op, call, inputs, attributes, torch=torch, label=f"{name}-{label}")


NONE = value(None)


def batch(label, shape, weight=None, bias=None, running=(NONE, NONE), **attributes):
    parameters = [NONE if n is None else real(n) for n in (weight, bias)]
    inputs = (real(*shape), *running, *parameters)
    return row("BatchNorm", "batch_norm", inputs, label, training=True, **attributes)


def layer(label, shape, over, affine=True, op="LayerNorm", name="layer_norm", **attributes):
    weights = (real(*over),) * (2 if name == "layer_norm" else 1) if affine else ()
    return row(op, name, (real(*shape), value(over), *weights), label, **attributes)


FIXED = (constant(real(3)), constant(positive(3)))

SPECS = [
    batch("plain", (4, 3), 3, 3),
    batch("2d", (2, 3, 2, 2), 3, 3, eps=1e-3),
    batch("no-weight", (2, 3, 4)),
    batch("weight-only", (3, 2, 2), 2),
    batch("bias-only", (3, 2, 2), None, 2),
    row("FixedNorm", "batch_norm", (real(2, 3), *FIXED, real(3), real(3)), "plain"),
    row("FixedNorm", "batch_norm", (real(2, 3, 2), *FIXED), "no-weight"),
    row(
        "FixedNorm",
        "instance_norm",
        (real(2, 3, 2, 2), *FIXED, real(3), real(3)),
        "fixed",
        use_input_stats=False,
    ),
    layer("plain", (3, 4), (4,)),
    layer("two-dims", (2, 3, 2), (3, 2)),
    layer("no-weight", (2, 3), (3,), affine=False),
    layer("one-dim", (5,), (5,), eps=0.1),
    layer("empty", (0, 3), (3,)),
    row("LayerNorm", "layer_norm", (real(2, 3), value((3,)), NONE, real(3)), "bias-only"),
    row("GroupNorm", "group_norm", (real(2, 4, 3), value(2), real(4), real(4)), "plain"),
    row("GroupNorm", "group_norm", (real(2, 3, 2, 2), value(1), real(3), real(3)), "one-group"),
    row("GroupNorm", "group_norm", (real(2, 4, 2), value(4)), "as-instances"),
    # PyTorch's backward pass fails here: "tensor does not have a device".
    Spec(
        "GroupNorm", normalization.group_norm, (real(3, 6), value(2), NONE, real(6)), label="bias"
    ),
    row("InstanceNorm", "instance_norm", (real(2, 2, 3),), "plain"),
    row(
        "InstanceNorm",
        "instance_norm",
        (real(2, 3, 2, 2), NONE, NONE, real(3), real(3)),
        "affine",
    ),
    layer("plain", (3, 4), (4,), op="RmsNorm", name="rms_norm"),
    layer("eps", (2, 3, 2), (3, 2), op="RmsNorm", name="rms_norm", eps=0.1),
    layer("no-weight", (2, 3), (3,), affine=False, op="RmsNorm", name="rms_norm"),
    row("", "local_response_norm", (real(2, 4, 2),), "even", size=2, alpha=0.5),
    row("", "local_response_norm", (real(1, 5, 2, 2),), "odd", size=3, alpha=0.3, beta=0.6, k=2.0),
]
