"""Rows of the functions of two and three elements."""

import math

import numpy as np

import retrograd as rg
from tests.ops.spec import Spec, between, integers, positive, real, value

SHAPES = {
    "-same": ((2, 3), (2, 3)),
    "-row": ((2, 3), (3,)),
    "-both": ((2, 1), (1, 3)),
    "-number": ((), (2, 2)),
    "-empty": ((0, 3), (1, 3)),
}


def binary(op, name, reference=None, make=real, torch=None, order=2, smooth=True):
    """Rows of a broadcasting function, on several pairs of shapes."""
    call = getattr(rg, name, None) or getattr(rg.special, name)
    torch = torch or (name if hasattr(rg, name) else f"special.{name}")
    return [
        Spec(op, call, (make(*a), make(*b)), None, reference, torch, order, smooth, name + label)
        for label, (a, b) in SHAPES.items()
    ]


def scalar(op, name, number, make=real, label=""):
    """Rows of a function of an array and a Python number, both ways round."""
    call = getattr(rg, name)
    names = f"{name}-{label or number}"
    yield Spec(op, call, (make(2, 3), value(number)), None, None, name, label=f"{names}-right")
    yield Spec(op, call, (value(abs(number)), make(2, 3)), None, None, name, label=f"{names}-left")


def three(op, name, *makers, label="", **attributes):
    """A row of a function of several arrays."""
    return Spec(op, getattr(rg, name), makers, attributes, None, name, label=f"{name}{label}")


def log_beta(x, y):
    lgamma = np.vectorize(math.lgamma, otypes=[float])
    return lgamma(x) + lgamma(y) - lgamma(x + y)


SPECS = [
    *binary("Add", "add", np.add),
    *binary("Sub", "sub", np.subtract),
    *binary("Mul", "mul", np.multiply),
    *binary("Div", "true_divide", np.divide),
    *binary("Pow", "pow", np.power, positive),
    *binary("Maximum", "maximum", np.maximum),
    *binary("Minimum", "minimum", np.minimum),
    *binary("Fmax", "fmax", np.fmax),
    *binary("Fmin", "fmin", np.fmin),
    *binary("Remainder", "remainder", np.remainder, positive),
    *binary("Fmod", "fmod", np.fmod, positive),
    *binary("Copysign", "copysign", np.copysign),
    *binary("Hypot", "hypot", np.hypot),
    *binary("Atan2", "atan2", np.arctan2),
    *binary("Logaddexp", "logaddexp", np.logaddexp),
    *binary("Logaddexp2", "logaddexp2", np.logaddexp2),
    *binary("Nextafter", "nextafter", np.nextafter, smooth=False, order=1),
    *binary("Xlogy", "xlogy", lambda x, y: x * np.log(y), positive),
    *binary("Xlog1py", "xlog1py", lambda x, y: x * np.log1p(y), positive),
    *(
        Spec("Betaln", rg.special.betaln, (positive(*a), positive(*b)), None, log_beta, label=label)
        for label, (a, b) in SHAPES.items()
    ),
    *scalar("Add", "add", 2.5),
    *scalar("Mul", "mul", -2),
    *scalar("Pow", "pow", 2.5, positive),
    *(
        Spec("Pow", rg.pow, (real(2, 3), value(p)), None, np.power, "pow", label=f"power-{p}")
        for p in (0, 1, 2, 3, 4, 5, -1, -2, -3, 2.0, 3.0)
    ),
    *(
        Spec("Pow", rg.pow, (positive(4), value(p)), None, np.power, "pow", label=f"root-{p}")
        for p in (0.5, -0.5, 1.5)
    ),
    Spec("Neg", rg.neg, (real(2, 3),), None, np.negative, "neg"),
    Spec("FloorDivide", rg.floor_divide, (positive(3), positive(3)), None, np.floor_divide),
    Spec(
        "FloorDivide", rg.div, (positive(3), positive(3)), {"rounding_mode": "floor"}, None, "div",
        label="div",
    ),
    Spec(
        "TruncDivide", rg.div, (real(3), positive(3)), {"rounding_mode": "trunc"}, None, "div",
        label="floats",
    ),
    *(
        Spec(
            op, rg.div, (integers(-9, 9, 6), integers(1, 4, 6)), {"rounding_mode": mode}, None,
            "div", 0, label=f"integers-{mode}",
        )
        for op, mode in (("TruncDivide", "trunc"), ("FloorDivide", "floor"), ("Div", None))
    ),
    three("Add", "add", real(2, 3), real(3), label="-alpha", alpha=0.5),
    three("Sub", "sub", real(2, 3), real(3), label="-alpha", alpha=-2),
    three("Sub", "rsub", real(2, 3), real(3), alpha=3),
    three("Lerp", "lerp", real(2, 3), real(2, 3), between(0, 1, 3)),
    three("Lerp", "lerp", real(2, 3), real(3), value(0.25), label="-number"),
    three("Lerp", "lerp", real(2, 3), real(3), value(1.5), label="-beyond"),
    three("", "addcmul", real(2, 3), real(3), real(2, 1), value=0.5),
    three("", "addcdiv", real(2, 3), real(3), positive(2, 1), value=0.5),
    three("Clamp", "clamp", real(2, 3), between(-1, 0, 3), between(0, 1, 2, 1), label="-arrays"),
    three("Clamp", "clamp", real(2, 3), between(-1, 0, 3), label="-min-array"),
    Spec(
        "Clamp", lambda x, y: rg.clamp(x, max=y), (real(2, 3), between(0, 1, 3)), None, None,
        lambda torch, x, y: torch.clamp(x, max=y), label="clamp-max-array",
    ),
    # PyTorch's own gradient is 0 where the exponent is a negative integer.
    Spec("", rg.ldexp, (real(2, 3), integers(-2, 3, 3)), None, np.ldexp),
    Spec(
        "Mul", rg.mul, (integers(-5, 5, 3), integers(-5, 5, 3)), None, np.multiply, "mul", 0,
        label="integers",
    ),
    Spec("Pow", rg.pow, (integers(0, 5, 3), value(3)), None, np.power, "pow", 0, label="integers"),
]  # fmt: skip
