"""Calls that write into a tensor: by methods without a function, by operators, by indices."""

# As `x.add_(y)`: the names are those of methods, and the first argument is copied before.
CASES = """
fill_: x, 2 | x, 2.5 | x, True | x, s | x, -1 | x, 300 | x, r | s, 1 | e, 1 | x, i[0, 0]
zero_: x | s | e
copy_: x, y | x, r | x, i | x, f | x, s | x, z | x, 2 | e, r
fill_diagonal_: x, 2 | q, 1.5 | x.t(), 1, wrap=True | z, 1 | r, 1
squeeze_: o | o, 0 | x | x, 0 | o, dim=-2
unsqueeze_: x, 0 | x, -1 | s, 0 | x, 3
transpose_ swapaxes_ swapdims_: x, 0, 1 | z, 0, -1 | x, 0, 2
t_: x | r | z
relu_: x | t | s
__iadd__ __isub__ __imul__ __itruediv__ __ifloordiv__ __imod__ __ipow__: x, y | x, 2 | x, 2.5 | x, r
    x, i | x, True | t, t | x, z | s, x
__iand__ __ior__ __ixor__: x, y | x, 3 | x, b | x, i
__setitem__: x, 0, 1 | x, 0, 2.5 | x, (0, 1), -1 | x, 0, r | x, slice(1, None), y[1:] | x, m, 0
    x, m, s | x, j, r | x, (j, j), 3 | x, (slice(None), 1), c[:, 0] | x, ..., y | x, 0, i[0]
    x, 0, f[0] | x, 3, 0 | x, 0, x[:2] | x, [0, 2], 1 | x, x > 0, x[x > 0] | s, (), 2 | x, True, 1
    x, None, y | x, 0, True | x, 0, 300 | x, m, r | x, 0, [1, 2, 3, 4] | x, 0, "a" | x, 0, None
requires_grad_: x | x, False
"""
