"""Rows of comparisons, logic, bits and `where`."""

import numpy as np

import retrograd as rg
from tests.ops.spec import Spec, booleans, integers, real, value


def row(op, name, *makers, label="", order=0, reference=None, **attributes):
    reference = reference or getattr(np, name, None)
    label = name + label
    return Spec(op, getattr(rg, name), makers, attributes, reference, name, order, label=label)


def names(text):
    return [pair.split(":") for pair in text.split()]


SPECS = [
    row("Where", "where", booleans(2, 3), real(2, 3), real(2, 3), order=2),
    row("Where", "where", booleans(2, 1), real(2, 3), real(3), order=2, label="-broadcast"),
    row("Where", "where", booleans(2, 3), real(2, 3), value(0.5), order=2, label="-number"),
    row("Where", "where", booleans(2, 3), value(2.0), real(3), order=2, label="-number-first"),
    row("Where", "where", booleans(2, 3), integers(0, 5, 2, 3), integers(0, 5, 3), label="-int"),
    # Long enough for the way through the bits.
    row("Where", "where", booleans(50, 50), real(50, 50), real(50), order=2, label="-long"),
    *(
        row(op, name, integers(0, 3, 2, 4), integers(0, 3, 4))
        for op, name in names("Eq:eq Ne:ne Lt:lt Le:le Gt:gt Ge:ge")
    ),
    *(
        row(op, name, real(2, 3), value(0.2), label="-number")
        for op, name in names("Eq:eq Ne:ne Lt:lt Le:le Gt:gt Ge:ge")
    ),
    *(
        row(op, name, integers(0, 2, 2, 4), booleans(4))
        for op, name in names("LogicalAnd:logical_and LogicalOr:logical_or LogicalXor:logical_xor")
    ),
    *(
        row(op, name, integers(-9, 9, 2, 4), integers(-9, 9, 4))
        for op, name in names("BitwiseAnd:bitwise_and BitwiseOr:bitwise_or BitwiseXor:bitwise_xor")
    ),
    *(
        row(op, name, booleans(2, 4), booleans(4), label="-bools")
        for op, name in names("BitwiseAnd:bitwise_and BitwiseOr:bitwise_or BitwiseXor:bitwise_xor")
    ),
    *(
        row(op, name, integers(-9, 9, 2, 4), integers(0, 5, 4))
        for op, name in names(
            "BitwiseLeftShift:bitwise_left_shift BitwiseRightShift:bitwise_right_shift Gcd:gcd Lcm:lcm"
        )
    ),
    row("BitwiseNot", "bitwise_not", integers(-9, 9, 4)),
    row("BitwiseNot", "bitwise_not", booleans(4), label="-bools"),
    row("LogicalNot", "logical_not", integers(0, 2, 4)),
    *(
        row(op, name, value(np.array([1.0, np.nan, np.inf, -np.inf, -0.0])))
        for op, name in names(
            "Isnan:isnan Isinf:isinf Isfinite:isfinite Isposinf:isposinf Isneginf:isneginf "
            "Signbit:signbit"
        )
    ),
    *(
        row(op, name, integers(-2, 2, 4), label="-integers")
        for op, name in names("Isnan:isnan Isinf:isinf Isfinite:isfinite Signbit:signbit")
    ),
    row("Heaviside", "heaviside", value(np.array([-1.0, 0.0, 2.0])), value(np.array([0.5]))),
    row("Isclose", "isclose", value(np.array([1.0, 2.0])), value(np.array([1.0 + 1e-9, 2.1]))),
    row("Isin", "isin", integers(0, 5, 2, 4), integers(0, 5, 3)),
]
