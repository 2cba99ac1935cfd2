"""Calls of methods that are no functions, of operators and of attributes that are methods of none."""

CASES = """
Tensor.view: x, 12 | x, (4, 3) | x, -1 | x, 2, -1 | s, 1 | e, 4, 0 | x, 5 | x.t(), 12 | x[:, ::2], 6
    x[:, None], 3, 4
Tensor.view_as: x, z[0] | x, y.t() | x, r
Tensor.reshape: x, 4, 3 | x, (4, 3) | x, [12] | x, -1 | x.t(), 12 | x, shape=(2, 6)
Tensor.reshape_as: x, y.t() | x, r
Tensor.expand: r, 3, 4 | c, -1, 4 | s, 2, 2 | o, (3, 4) | x, 2, 3, 4 | x, 2, 4 | r, [2, -1]
    x, -1, 3, 4
Tensor.expand_as: r, x | c, x | x, r
Tensor.repeat: x, 2 | x, 2, 3 | x, (2, 1, 1) | r, 0 | s, 2 | x, -1 | r, [2, 2] | x, 1, 2
Tensor.permute: z, 2, 0, 1 | z, (0, 2, 1) | x, -1, 0 | x, 0
Tensor.flip: x, 0 | x, 0, 1 | x, (1,) | x, -1
Tensor.tile: x, 2 | x, 2, 1 | x, (1, 2)
Tensor.unfold: x, 1, 2, 1 | x, 0, 3, 1 | x, -1, 2, 2 | x, 1, 5, 1 | s, 0, 1, 1
    x, dimension=1, size=2, step=2
Tensor.unflatten: x, 1, (2, 2) | x, -1, (-1, 2)
Tensor.size: x | x, 0 | x, -1 | s | x, 2 | z, dim=1
Tensor.stride: x | x, 0 | x, -1 | s | x, 2 | x.t()
Tensor.dim Tensor.numel Tensor.nelement Tensor.ndimension Tensor.element_size: x | s | e
Tensor.is_contiguous: x | x.t() | s | e | x[:, 1:] | x[1:]
Tensor.is_floating_point Tensor.is_complex Tensor.is_signed Tensor.is_nonzero: x | s | s * 0
Tensor.is_same_size: x, y | x, r
Tensor.get_device: x
Tensor.item Tensor.tolist: s | s[None] | x | e
Tensor.contiguous Tensor.clone Tensor.cpu Tensor.detach: x | x.t() | s | e
Tensor.float Tensor.double Tensor.int Tensor.long Tensor.short Tensor.char Tensor.byte Tensor.bool: x
    t | s | e
Tensor.to: x, T.float32 | x, T.int8 | x, T.bool | x, "cpu" | x, y | x, f | x, "cpu", T.float64
    x, dtype=T.int64 | x, T.float32, copy=True | x, device="cpu" | x, i
Tensor.type: x, T.float32 | x, T.LongTensor | x, dtype=T.float64 | x, "torch.LongTensor" | x, "foo"
Tensor.new: x, [1, 2] | x, 0 | x, (1.5, 2.5) | x, T.Size([0]) | x, [[True]] | x, 1, [2]
Tensor.apply_: x, lambda v: 2 * v | x.t(), abs | s, lambda v: v + 1 | e, abs | x[:, ::2], lambda v: v > 0
Tensor.is_pinned: x
Tensor.type_as: x, f | x, i | x, y
Tensor.sum_to_size: x, 1, 4 | x, (3, 1) | z, 3, 4 | x, 2, 4 | x, 1 | x, (1, 1)
Tensor.new_zeros Tensor.new_ones: x, 2 | x, 2, 3 | x, (2,) | x, 2, dtype=T.int8 | x, ()
Tensor.new_full: x, (2,), 3 | x, (2,), 2.5 | x, (), True | x, [2], 3, dtype=T.float64
Tensor.new_tensor: x, [1, 2] | x, 2.5 | x, [1.5], dtype=T.float64 | x, True
Tensor.new_empty: x, 0 | x, (0, 2), dtype=T.int8
Tensor.where: x, x > 0, y | x, m, 0 | x, m, r
Tensor.argwhere Tensor.nonzero: t
# Operators, with tensors, numbers and strangers.
Tensor.__add__ Tensor.__sub__ Tensor.__mul__ Tensor.__truediv__: x, y | x, 2 | x, 2.5 | x, s | x, i
    x, True | t, t
Tensor.__floordiv__ Tensor.__mod__ Tensor.__pow__: x, y | x, 2 | x, 2.5 | x, s | x, i | x, True | t, t
Tensor.__radd__ Tensor.__rsub__ Tensor.__rmul__ Tensor.__rtruediv__ Tensor.__rfloordiv__ Tensor.__rpow__: x, 2
    x, 2.5 | t, 0
Tensor.__rmod__: x, 2 | x, 2.5
Tensor.__and__ Tensor.__or__ Tensor.__xor__: x, y | x, 3 | x, True | x, b
Tensor.__eq__ Tensor.__ne__ Tensor.__lt__ Tensor.__le__ Tensor.__gt__ Tensor.__ge__: x, y | x, 1
    x, 0.5 | t, t
Tensor.__eq__ Tensor.__ne__: x, None | x, "a" | x, [1, 2] | x, object
Tensor.__matmul__: x, y.t() | q, x | r, r | x, y
Tensor.__neg__ Tensor.__pos__ Tensor.__abs__ Tensor.__invert__: x | t | s
Tensor.__len__: x | s | e
Tensor.__bool__ Tensor.__int__ Tensor.__float__ Tensor.__index__: s | s[None] | x | e | s * 0
Tensor.__contains__: t, 1 | t, 0.5 | x, s | t, "a" | t, None
Tensor.__getitem__: x, 0 | x, -1 | x, (0, 1) | x, slice(1, None) | x, (slice(None), 1) | x, None
    x, ... | x, (..., 0) | x, m | x, j | x, (j, j) | x, [0, 2] | x, T.tensor(1) | x, (None, 0)
    x, True | x, 3 | x, (0, 0, 0) | s, () | s, 0 | x, x > 0 | x, (slice(None, None, 2), [1, 0])
    x, 1.0 | e, slice(0, 0) | x, (m[:, 0], 1)
"""
