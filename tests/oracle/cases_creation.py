"""Calls that make tensors, from numbers or like others."""

CASES = """
zeros ones: 2 | 2, 3 | (2, 3) | [2, 3] | () | 0 | size=(2,) | 2, dtype=T.int8 | 2, dtype=T.bool | -1
    2.5 | x.shape | *x.shape | 2, dtype=float | 2, dtype=int | 2, requires_grad=True
    2, dtype=x.dtype, requires_grad=True
full: (2, 3), 1 | (2,), 1.5 | (2,), True | (), 2 | (2,), 300, dtype=T.uint8
    [2], 1, dtype=T.float64 | size=(2,), fill_value=3 | (2,), s | 2, 3 | (2,), 2.7, dtype=T.int32
    (2,), -1, dtype=T.uint8 | (2,), nan, dtype=T.float32
zeros_like ones_like: x | s | e | x, dtype=T.float64 | x, dtype=T.int32 | x, requires_grad=False
    z.transpose(0, 2)
full_like: x, 2 | x, 2.5 | x, True | x, 300 | x, -1 | s, 1 | x, 2, dtype=T.float64 | x, fill_value=3
    x, s
empty_like: (e) | e, dtype=T.int8
arange: 5 | 1, 5 | 1, 10, 3 | 5, 1, -1 | 2.5 | 0, 1, 0.25 | end=3 | start=1, end=4 | 1, 5, step=2
    3, dtype=T.float64 | 3., dtype=T.int32 | 5, 1 | 0 | 1, 5, 0 | True | -3 | 0, 5, dtype=T.uint8
    T.tensor(4) | 0.5, 3 | 1, 2, 0.3, dtype=T.float64 | 2**40, 2**40 + 3
linspace: 0, 1, 5 | 1, 0, 3 | 0, 10, 4, dtype=T.int64 | -1, 1, 1 | 0, 1, 0 | 0, 1, steps=3
    start=0, end=2, steps=2 | 0., 1., 7, dtype=T.float64 | 0, 1, -1 | 0, 1 | 3, 9, 5, dtype=T.uint8
    s * 0, 1, 3
logspace: 0, 2, 3 | 0, 2, 3, 2 | 0, 3, 4, base=2.0 | 0, 2, 3, dtype=T.float64 | 0, 1, 1 | 0, 1, 0
    0, 1, -1 | start=-1, end=1, steps=3
eye: 3 | 2, 3 | 3, 2 | 0 | n=2, m=2 | 2, dtype=T.int32 | -1 | 2, dtype=T.bool
scalar_tensor: 2 | 2.5 | True | 2, dtype=T.int64
tensor: 1 | 1.5 | True | [1, 2] | [1, 2.5] | [True, False] | [] | [[1], [2]] | x | [s, s]
    [1, True] | 2, dtype=T.float64 | [1.7, -1.7], dtype=T.int64 | "a" | [[1], [2, 3]]
    np.float64(1) | np.arange(3) | 1, requires_grad=True | 1., requires_grad=True
    [300], dtype=T.uint8 | [-1], dtype=T.uint8 | (1, 2), dtype=x.dtype | np.float32(2)
    [s, 2] | [[2], [s]] | [s, 2.5] | [s, f[0, 0]] | [np.float32(1), 2] | [True, np.float32(1)] | [s, True]
as_tensor: x | [1, 2] | 1.5 | np.zeros(2) | x, dtype=T.float64 | x, dtype=T.int32 | np.float32(1)
from_numpy: np.zeros(2) | np.zeros((0, 2)) | np.array(3) | [1, 2] | np.array(["a"])
    np.zeros(2, dtype=np.uint8) | np.array([True])
"""
