"""Integers as bits, and what divides them: and, or, xor, not, shifts, gcd and lcm."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "gcd", "lcm",
]  # fmt: skip


class BitwiseNot(Op):
    """Each bit of an integer flipped; the opposite of a bool.

    Examples
    --------
    >>> rg.bitwise_not(rg.tensor([0, 5]))
    tensor([-1, -6])
    """

    def forward(xp, input):
        return ~input


class BitwiseAnd(Op, broadcasts=True):
    """The bits that two integers, or bools, have both.

    Examples
    --------
    >>> rg.bitwise_and(rg.tensor([6, 5]), 3)
    tensor([2, 1])
    """

    def forward(xp, input, other):
        return input & other


class BitwiseOr(Op, broadcasts=True):
    """The bits that either of two integers, or bools, has.

    Examples
    --------
    >>> rg.bitwise_or(rg.tensor([6, 5]), 3)
    tensor([7, 7])
    """

    def forward(xp, input, other):
        return input | other


class BitwiseXor(Op, broadcasts=True):
    """The bits in which two integers, or bools, differ.

    Examples
    --------
    >>> rg.bitwise_xor(rg.tensor([6, 5]), 3)
    tensor([5, 6])
    """

    def forward(xp, input, other):
        return input ^ other


class BitwiseLeftShift(Op, broadcasts=True):
    """The bits of an integer moved up: ``input * 2 ** other``, without those that fall off.

    A shift by more bits than there are, or by a negative number, leaves none.

    Examples
    --------
    >>> rg.tensor([1, 3]) << 2
    tensor([ 4, 12])
    """

    def forward(xp, input, other):
        _want_integers("bitwise_left_shift", input, other)
        return input << other


class BitwiseRightShift(Op, broadcasts=True):
    """The bits of an integer moved down: ``input // 2 ** other``.

    A shift by more bits than there are, or by a negative number, leaves the sign: 0 or -1.

    Examples
    --------
    >>> rg.tensor([5, -8]) >> 2
    tensor([ 1, -2])
    """

    def forward(xp, input, other):
        _want_integers("bitwise_right_shift", input, other)
        return input >> other


class Gcd(Op, broadcasts=True):
    """The greatest common divisor of two integers; that of 0 and a number is the number.

    Examples
    --------
    >>> rg.gcd(rg.tensor([4, -6, 0]), rg.tensor(6))
    tensor([2, 6, 6])
    """

    def forward(xp, input, other):
        _want_integers("gcd", input, other)
        return xp.gcd(input, other)


class Lcm(Op, broadcasts=True):
    """The least common multiple of two integers; 0 if one of them is.

    Examples
    --------
    >>> rg.lcm(rg.tensor([4, -6, 0]), rg.tensor(6))
    tensor([12,  6,  0])
    """

    def forward(xp, input, other):
        _want_integers("lcm", input, other)
        return xp.lcm(input, other)


def _want_integers(name: str, *operands: Any) -> None:
    for x in operands:
        kind = getattr(x, "dtype", type(x))
        if kind is not int and getattr(kind, "kind", "") not in ("i", "u"):
            raise RuntimeError(
                f"{name}(): expected integers, got {getattr(kind, 'name', kind.__name__)}"
            )


bitwise_not = BitwiseNot.function
bitwise_and = BitwiseAnd.function
bitwise_or = BitwiseOr.function
bitwise_xor = BitwiseXor.function
bitwise_left_shift = BitwiseLeftShift.function
bitwise_right_shift = BitwiseRightShift.function
gcd = Gcd.function
lcm = Lcm.function
