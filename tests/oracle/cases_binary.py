"""Calls of functions of two elements, and of arithmetic with scalars."""

CASES = """
add sub subtract mul multiply div divide true_divide: x, y | x, r | x, c | c, r | x, s | s, x | x, 2
    x, -3 | x, 2.5 | x, True | e, r | e, c
    x, i | x, u | x, b | x, f | x, h | x, d | i, x | b, x | t, t | w, w | x, z | x, q | x.t(), q
    x, y.t().clone().t()
    x, T.tensor(2.5) | x, T.tensor(2) | x, T.tensor(True) | x, np.float64(2.5)
    x, T.tensor(3, dtype=T.int64)
add sub subtract: x, y, alpha=2 | x, y, alpha=2.5 | x, 1, alpha=3 | x, y, alpha=True | x, i, alpha=2
    f, x, alpha=-1
add mul div: 2, x | 2.5, x | True, x
rsub: x, y | x, 2 | x, 2.5 | x, y, alpha=2
div divide: x, y, rounding_mode=None | x, y, rounding_mode="floor" | x, y, rounding_mode="trunc"
    x, 2, rounding_mode="floor" | x, 2.5, rounding_mode="trunc"
    x, y, rounding_mode="nearest" | t, t, rounding_mode="floor" | w, t, rounding_mode="floor"
    w, t, rounding_mode="trunc" | x, -2, rounding_mode="trunc" | x, 0
floor_divide remainder fmod: x, y | x, r | x, 2 | x, -2 | x, 2.5 | x, s | 2, x | 2.5, x | x, i
    x, f | x, b | t, t | w, x | x, w | e, r | x, True | x, 0 | x, 0. | s, s
pow: x, y | x, 2 | x, 3 | x, 0 | x, 1 | x, -1 | x, 0.5 | x, 2.5 | x, -2 | 2, x | 2.5, x | 0, x
    1, x | True, x | x, True | x, s | s, x | x, r
    t, t | w, w | w, 2 | w, 0.5 | x, i | x, f | x, b | i, x | e, r | x, T.tensor(2) | x * x + 1, y
    -2, x | 0., t | t, 0 | t, 0.5 | t, 2
float_power: x, y | x, 2 | 2, x | x * x + 1, 0.5 | x, i | x, b | s, s
maximum minimum fmax fmin: x, y | x, r | t, t | t, t.flip(0) | w, x | x, w | w, w | x, i | x, f
    x, s | s, s | e, r | x, b
atan2 arctan2 hypot copysign nextafter logaddexp logaddexp2 xlogy ldexp: x, y | x, r | t, t
    t, t.flip(0) | w, x | x, w | x, i | x, f | x, s | s, s | e, r
copysign xlogy: x, 2 | x, -2.5 | x, 0. | x, -0.0
xlogy: 2, x | 0, x | 0., t
special.xlogy special.xlog1py: x, y | t, t | 2, x | x, 2 | w, x
ldexp: x, 2 | 2, x
heaviside: x, y | t, y | x, r | s, s | e, r | x, i | w, x | x, T.tensor(0.5)
lerp: x, y, 0.3 | x, y, s | x, y, r | x, y, 0.7 | x, r, 0.5 | x, y, 2 | x, f, 0.5 | x, y, y
addcmul addcdiv: x, y, t | x, y, y | x, y, y, value=2 | x, y, y, value=0.5 | x, r, c | s, x, y
    x, i, y | x, s, s | e, r, e
# Comparisons and logic.
eq ne not_equal lt less le less_equal gt greater ge greater_equal: x, y | t, t.flip(0) | x, r | x, 1
    x, 0.5 | t, 0 | x, True | x, i | x, f | x, u | w, w | x, s | e, r | s, 1 | x, c
    x, 300 | x, -1 | x, 2**40
logical_and logical_or logical_xor: x, y | t, r | x, i | x, b | w, x | e, r | s, s | x, f
bitwise_and bitwise_or bitwise_xor: x, y | x, r | x, 3 | 3, x | x, i | x, b | x, u | x, True | s, s
    e, r | x, -1
bitwise_left_shift bitwise_right_shift: x, 2 | x, i | i, i | h, n | u, n | i, 70 | s, 1 | e, 1 | 1, j
    i, -1 | i, 1.5
gcd lcm: x, y | i, n | h, i | u, n | i, r | e, r | s, s
isclose: x, y | x, x + 1e-9 | x, y, 0.5 | x, y, 0.1, 0.2 | x, y, rtol=0.1, atol=1. | w, w
    w, w, equal_nan=True | x, r | x, x, -1. | x, i
allclose equal: x, y | x, x.clone() | w, w | x, r | s, s | e, e | x, i
allclose: w, w, equal_nan=True | x, y, 1., 1.
isin: x, y | x, r | x, 1 | 1, x | t, t, invert=True | x, y, assume_unique=True | x, e
    x, T.tensor([1, 2])
where: m, x, y | m, x, 1 | m, 1.5, x | m, x, r | m, 1, 2 | m, 1., 2 | m, x, i | m, x, f | m, x, s
    x > 0, x, y | u, x, y | m | x | s | e | m, x | True, x, y
# Bounds.
clamp clip: x, -1, 1 | x, 0 | x, max=0 | x, min=-1 | x, y | x, y, r | x, max=y | x, -0.5, 0.5
    x, 1, -1 | t, -1, 1 | t, 0, 0 | w, -1, 1 | x, s, s | x | x, None, None | x, 1, y
    t, min=t | t, t, t.flip(0) | x, i | x, T.tensor(0.5), T.tensor(0.75) | e, 0, 1 | x, nan, 1.
    x, min=300 | x, True | x, f
clamp_min clamp_max: x, 0 | x, 0.5 | x, y | t, 0 | t, t | w, 0 | x, i | x, f | s, 0 | x, s | x, nan
fill: x, 2 | x, 2.5 | x, s | x, True | x, r | x, 300 | s, 1
"""
