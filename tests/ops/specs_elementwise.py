"""Rows of the functions of one element: exponentials, angles, rounding, special functions."""

import math

import numpy as np

import retrograd as rg
from retrograd.autograd_core.ops.comparison import masked
from retrograd.autograd_core.ops.elementwise import zero
from tests.ops.spec import Spec, between, booleans, integers, positive, real, value


def unary(op, name, *domain, label="", reference=None, order=2, smooth=True, **attributes):
    """Rows of a function on an array and on a single number."""
    call = getattr(rg, name, None) or getattr(rg.special, name)
    torch = name if hasattr(rg, name) else f"special.{name}"
    make = between if domain else real
    return [
        Spec(
            op, call, (make(*domain, *shape),), attributes, reference, torch, order, smooth,
            label=f"{name}{label}-{len(shape)}d",
        )
        for shape in ((2, 3), ())
    ]  # fmt: skip


def every(function):
    """A function of Python's math module on all elements."""
    return np.vectorize(function, otypes=["float64"])


def ndtr(x):
    return 0.5 * every(math.erfc)(-x / math.sqrt(2))


SPECS = [
    *unary("Exp", "exp", reference=np.exp),
    *unary("Exp2", "exp2", reference=np.exp2),
    *unary("Expm1", "expm1", reference=np.expm1),
    *unary("Log", "log", 0.3, 3, reference=np.log),
    *unary("Log2", "log2", 0.3, 3, reference=np.log2),
    *unary("Log10", "log10", 0.3, 3, reference=np.log10),
    *unary("Log1p", "log1p", -0.7, 3, reference=np.log1p),
    *unary("Sqrt", "sqrt", 0.3, 3, reference=np.sqrt),
    *unary("Rsqrt", "rsqrt", 0.3, 3, reference=lambda x: 1 / np.sqrt(x)),
    *unary("Square", "square", reference=np.square),
    *unary("Reciprocal", "reciprocal", 0.3, 3, reference=np.reciprocal),
    *unary("Abs", "abs", reference=np.abs),
    *unary("Sign", "sign", reference=np.sign),
    *unary("Sigmoid", "sigmoid", reference=lambda x: 1 / (1 + np.exp(-x))),
    *unary("Logit", "logit", 0, 1, reference=lambda x: np.log(x / (1 - x))),
    *unary("Logit", "logit", 0.3, 0.7, label="-eps", eps=0.2),
    *unary("Sin", "sin", reference=np.sin),
    *unary("Cos", "cos", reference=np.cos),
    *unary("Tan", "tan", -1, 1, reference=np.tan),
    *unary("Asin", "asin", -1, 1, reference=np.arcsin),
    *unary("Acos", "acos", -1, 1, reference=np.arccos),
    *unary("Atan", "atan", reference=np.arctan),
    *unary("Sinh", "sinh", reference=np.sinh),
    *unary("Cosh", "cosh", reference=np.cosh),
    *unary("Tanh", "tanh", reference=np.tanh),
    *unary("Asinh", "asinh", reference=np.arcsinh),
    *unary("Acosh", "acosh", 1.1, 3, reference=np.arccosh),
    *unary("Atanh", "atanh", -0.9, 0.9, reference=np.arctanh),
    *unary("Sinc", "sinc", reference=np.sinc),
    *unary("", "deg2rad", reference=np.deg2rad),
    *unary("", "rad2deg", reference=np.rad2deg),
    *unary("Floor", "floor", 1, 2, reference=np.floor),
    *unary("Ceil", "ceil", -3, -2, reference=np.ceil),
    *unary("Trunc", "trunc", -3, -2, reference=np.trunc),
    *unary("Frac", "frac", 1, 2, reference=lambda x: x - np.trunc(x)),
    *unary("Round", "round", 1.5, 2.5, reference=np.rint),
    *unary("Round", "round", label="-decimals", decimals=2, smooth=False),
    *unary("Round", "round", label="-tens", decimals=-1, smooth=False),
    *unary("Clip", "clamp", label="-both", min=-0.5, max=1.0),
    *unary("Clip", "clamp", label="-min", min=-0.5),
    *unary("Clip", "clamp", label="-max", max=0.5),
    *unary("Clip", "clamp_min", label="", min=0.2),
    *unary("Clip", "clamp_max", label="", max=0.2),
    *unary("NanToNum", "nan_to_num"),
    *unary("Erf", "erf", reference=every(math.erf)),
    *unary("Erfc", "erfc", reference=every(math.erfc)),
    *unary("Erfcx", "erfcx", reference=lambda x: np.exp(x * x) * every(math.erfc)(x), order=1),
    *unary("Erfinv", "erfinv", -0.9, 0.9),
    *unary("Ndtr", "ndtr", reference=ndtr),
    *unary("LogNdtr", "log_ndtr", reference=lambda x: np.log(ndtr(x))),
    *unary("", "ndtri", 0.1, 0.9, order=1),
    *unary("Entr", "entr", 0.3, 3, reference=lambda x: -x * np.log(x)),
    *unary("Lgamma", "lgamma", 0.3, 9, reference=every(math.lgamma)),
    *unary("Digamma", "digamma", 0.5, 9),
    *unary("", "mvlgamma", 1.5, 5, p=3),
    Spec("Erfcx", rg.special.erfcx, (real(4),), label="any-order"),
    Spec("Zero", zero, (real(2, 3),), reference=np.zeros_like),
    Spec(
        "Masked", masked, (real(2, 3), booleans(2, 3)), reference=np.multiply, label="full",
    ),
    Spec("Masked", masked, (real(2, 3), booleans(3)), reference=np.multiply, label="row"),
    *(
        Spec("Polygamma" if n else "Digamma", rg.polygamma, (value(n), positive(3)),
             torch="polygamma", label=f"polygamma-{n}")
        for n in (0, 1, 2, 4)
    ),
    Spec("Frexp", rg.frexp, (positive(2, 3),), torch="frexp", order=1, label="frexp"),
    Spec("Exp", rg.exp, (integers(0, 1, 4),), torch="exp", order=0, label="integers"),
    Spec("Floor", rg.floor, (integers(0, 3, 4),), torch="floor", order=0, label="integers"),
    Spec("Sigmoid", rg.sigmoid, (booleans(4),), torch="sigmoid", order=0, label="bools"),
    Spec("Erf", rg.erf, (real(0, 3),), torch="erf", label="empty"),
    Spec("Exp", rg.exp, (real(0, 3),), torch="exp", label="empty"),
]  # fmt: skip
