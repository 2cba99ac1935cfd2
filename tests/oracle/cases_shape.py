"""Calls of functions that rearrange, join, split and select."""

CASES = """
reshape: x, (4, 3) | x, (-1,) | x, (2, -1) | x, [12] | s, (1,) | s, (-1,) | e, (4, 0) | e, (-1, 4)
    e, (-1, 0) | x, (5,) | x, (-1, -1) | x, (3, 4) | x.t(), (12,) | x, shape=(6, 2) | x, () | s, ()
flatten: x | z | z, 1 | z, 0, 1 | z, start_dim=-2 | z, 0, -2 | s | e | z, 2, 1 | z, 5
ravel: x | s | e | x.t()
unflatten: x, 1, (2, 2) | x, -1, (2, -1) | x, 1, (3, 2) | x, dim=0, sizes=(1, 3) | e, 0, (0, 2)
    x, 5, (2, 2)
squeeze: x | o | o, 0 | o, -2 | o, 1 | o, (0, 1) | s | s, 0 | c | c, dim=1 | e | x, 5
    x[None, :, None], (0, 2)
unsqueeze: x, 0 | x, -1 | x, 2 | x, dim=1 | s, 0 | s, -1 | x, 3 | x, -4 | e, 0
transpose swapaxes swapdims: x, 0, 1 | z, 0, -1 | z, -2, -1 | s, 0, 0 | s, 0, -1 | e, 0, 1 | x, 0, 5
transpose: x, dim0=0, dim1=1
swapaxes: z, axis0=0, axis1=2
t: x | r | s | z | e
permute: x, (1, 0) | z, (2, 0, 1) | z, (-1, 0, 1) | z, dims=(1, 2, 0) | x, (0,) | x, (0, 0) | s, ()
    z, [0, 2, 1]
movedim moveaxis: z, 0, 2 | z, (0, 1), (1, 2) | z, -1, 0 | z, source=0, destination=-1
    z, (0, 0), (1, 2) | x, 0, 5 | z, (0, 1), (2,)
flip: x, (0,) | x, (0, 1) | x, dims=(-1,) | x, [1] | x, 0 | x, (0, 0) | s, () | e, (0,) | x, (5,)
    z, (0, -1)
fliplr: x | z | r | e
flipud: x | r | s | e
roll: x, 1 | x, 1, 0 | x, -1, 1 | x, (1, 2), (0, 1) | x, shifts=5, dims=-1 | x, (1, 2)
    x, 1, (0, 1) | s, 1 | e, 1, 0 | x, 13
rot90: x | x, 2 | x, 3 | x, -1 | x, 1, (1, 0) | z, 1, (1, 2) | z, k=1, dims=(0, -1) | r
    x, 1, (0, 0)
tile: x, (2,) | x, (2, 3) | x, (2, 1, 1) | s, (2,) | x, () | e, (2, 2) | x, (0,) | x, dims=(1, 2)
repeat_interleave: x, 2 | x, 2, 0 | x, 3, -1 | x, T.tensor([1, 0, 2]), 0 | x, repeats=2, dim=1
    s, 3 | x, T.tensor([1, 2]), 0 | T.tensor([1, 0, 2]) | x, T.tensor([2]), 1 | x, 0 | x, -1
    x, T.tensor([1, 0, 2]), dim=0, output_size=3 | x, 2, 5
broadcast_to: r, (3, 4) | c, (3, 4) | s, (2, 2) | x, (2, 3, 4) | x, (-1, 4) | x, (4, 4)
    o, size=(3, 4) | e, (2, 0, 4)
broadcast_tensors: x, r | x, c, s | x | x, q | e, r
broadcast_shapes: (3, 1), (4,) | (2,), (3,) | (), (3,) | 4, (1,) | (0, 1), (4,)
atleast_1d atleast_2d atleast_3d: x | s | r | z | s, r | e | (s, r)
cat concat concatenate: (x, y) | (x, y), 1 | [x, y], -1 | (x, o) | (x, c), 1 | (x, e) | (e, e)
    (x, i) | (x, f) | (x, b) | (x, h, u) | (x, r) | (x, T.tensor([])) | (x,), dim=0 | (s, s) | ()
    (x, y), 5 | (x, x[:, :0]), 1
stack: (x, y) | (x, y), 1 | [x, y], -1 | (s, s) | (x, i) | (x, r) | () | (x, y), dim=2 | (x, y), 5
    (e, e)
hstack vstack dstack column_stack row_stack: (x, y) | (r, r) | (s, s) | (z, z) | (x, i) | [x, c]
    [x, o] | (e, e) | ()
block_diag: x | x, c | x, r | s, x | x, i | e, x | z
cartesian_prod: r | r, r | r, x[:, 0] | r, r, r | x | r, i[0]
combinations: r | r, 1 | r, 3 | r, 2, True | r, with_replacement=True | x | r, 0 | r, r=5
meshgrid: r, r | r, x[0], indexing="ij" | r, x[:, 0], indexing="xy" | r | s, r | x, r
    r, x[0], indexing="foo" | r, i[0] | (r, r)
kron: x, q | r, x | s, x | x, i | r, r | z, x | e, x
chunk: x, 2 | x, 2, 1 | x, 5 | x, chunks=3, dim=-1 | x, 0 | e, 2 | s, 1 | x, 2, 5
split: x, 2 | x, 1, 1 | x, [1, 2] | x, [1, 3], -1 | x, [1, 1] | x, 0 | x, -1 | e, 2 | x, [4, 0], 1
    s, 1 | x, (1, 2) | x, 5
split_with_sizes: x, [1, 2] | x, [1, 3], 1 | x, split_sizes=(2, 2), dim=-1 | x, [1, 1]
tensor_split: x, 2 | x, 2, 1 | x, (1, 3), 1 | x, [1], dim=-1 | x, 5 | x, T.tensor([1, 2]) | x, 0
    x, (1, 5) | s, 1 | x, T.tensor(2) | x, sections=2
hsplit: x, 2 | x, [1, 3] | r, 2 | x, 3 | s, 1 | z, 3
vsplit: x, 3 | x, [1] | r, 2 | x, 2
dsplit: z, 2 | z, [1, 2] | x, 2 | z, 3
unbind: x | x, 1 | z, -1 | r | s | e | x, dim=0 | x, 5
narrow: x, 0, 1, 2 | x, 1, -3, 2 | x, -1, 0, 4 | x, 0, 2, 2 | x, dim=0, start=0, length=0
    x, 0, T.tensor(1), 2 | s, 0, 0, 1 | x, 0, 0, -1
select: x, 0, 1 | x, -1, -1 | x, dim=1, index=2 | x, 0, 3 | s, 0, 0 | x, 5, 0
diagonal: x | x, 1 | x, -1 | z, 0, 1, 2 | z, offset=1, dim1=0, dim2=-1 | x, 5 | r | x, -3
    z, 0, 1, 1 | e
diag: x | r | x, 1 | r, -1 | r, diagonal=2 | s | z | e | x, 9
diag_embed: r | x | r, 1 | x, -1, 0, 2 | x, offset=1, dim1=0, dim2=1 | s | x, 0, 0, 0
diagflat: r | x | s | r, 1 | x, offset=-2 | e
tril triu: x | x, 1 | x, -1 | z | z, diagonal=1 | r | e | x, 9 | w | q
diagonal_scatter: x, r[:3] | q, r[:3] | q, r[:2], 1 | z, x[:2, :2], 0, 1, 2 | x, r | q, i[0, :3]
select_scatter: x, r, 0, 1 | x, c[:, 0], 1, -1 | x, x[0], 0, 5 | x, src=r, dim=0, index=0
    x, q[0], 0, 0
slice_scatter: x, y[:2], 0, 1 | x, y[:, :2], 1, 0, None, 2 | x, y, 0 | x, y | x, y[:1], 0, 1, 9
    x, src=y[:2], dim=0, start=0, end=2, step=1
gather: x, 0, n | x, 1, n | x, -1, n[:2, :2] | x, dim=0, index=n[:1] | s, 0, T.tensor([0]) | x, 0, h
    x, 0, n + 5 | x, 0, j | s, 0, T.tensor(0) | e, 0, n[:0] | x, 0, n, sparse_grad=False
    r, 0, T.tensor(1) | x, 0, T.tensor(1)
take: x, j | x, n | x, T.tensor(-1) | x, T.tensor([12]) | x, index=n | x, h | e, n[:0] | x.t(), j
take_along_dim: x, n, 1 | x, n[:1], 0 | x, j | x, n[:, :1], dim=1 | x, h.abs(), 1 | x, j, 0
index_select: x, 0, j | x, 1, j | x, -1, T.tensor(0) | x, dim=0, index=T.tensor([2, -1]) | x, 0, n
    s, 0, T.tensor([0]) | e, 1, j | x, 0, h[0].abs() | x, 0, T.tensor([], dtype=T.int64)
masked_select: x, m | x, m[0] | x, m[:, :1] | x, x > 0 | s, T.tensor(True) | x, i | o, m | e, m[:0]
masked_fill: x, m, 2 | x, m, 2.5 | x, m[0], s | x, m, True | x, m, r | x, m, 300
    s, T.tensor(True), 1 | o, m, 3 | x, mask=m, value=-1 | x, m, -inf | x, u, 1 | e, m[:0], 1
masked_scatter: x, m, y | x, m, r | x, m[0], y | x, T.ones(3, 4, dtype=T.bool), r | o, m, y
    x, m, i | x, i, y
scatter: x, 0, n, y | x, 1, n[:, :2], y | x, 0, n, 2 | x, 0, n[:1], 2.5 | x, 0, n, y, reduce="add"
    x, 0, n, y, reduce="multiply" | x, dim=0, index=n, src=y | x, 0, n, value=1 | x, 0, n, i
    x, 0, n + 5, y | s, 0, T.tensor(0), s | x, 0, n[:, :0], y | x, 0, n, 2, reduce="add"
scatter_add: x, 0, n, y | x, 1, n[:, :2], y | x, dim=0, index=n[:1], src=y | x, 0, n, i | x, 0, n, r
    s, 0, T.tensor(0), s | x, 1, T.tensor([[0, 0, 0]]), y | r, 0, T.tensor(1), s | x, 0, T.tensor(1), s
scatter_reduce: x, 0, n, y, "sum" | x, 0, n, y, "prod" | x, 0, n, y, "mean" | x, 0, n, y, "amax"
    x, 0, n, y, "amin" | t, 0, n, t, "amax" | t, 0, n, t, "amin", include_self=False
    x, 1, n, y, reduce="sum", include_self=False | t, 0, n, t, "prod"
    t, 0, n, t, "prod", include_self=False | x, 0, n, y, "mean", include_self=False
    x, 0, n, y, "foo" | x, 0, n, i, "sum"
index_add: x, 0, j[:3], y | x, 1, j, y | x, 0, j, q | x, -1, j, y, alpha=2
    x, dim=0, index=T.tensor([0, 0]), source=y[:2] | x, 0, j[:3], i | s, 0, T.tensor([0]), s
    x, 1, j, y, alpha=2.5 | x, 0, T.tensor([0]), r | x, 0, T.tensor([0]), s
index_copy: x, 0, T.tensor([2, 0]), y[:2] | x, 1, T.tensor([3, 1]), y[:, :2]
    x, 0, T.tensor(1), y[:1] | x, dim=0, index=T.tensor([0, 1, 2]), source=y | x, 0, j, y
    x, 0, T.tensor([0]), i[:1] | s, 0, T.tensor([0]), s
index_fill: x, 0, j, 2 | x, 1, T.tensor([0, 3]), 2.5 | x, 0, T.tensor(1), s | x, -1, j, True
    x, 0, j, 300 | x, 0, j, r | s, 0, T.tensor([0]), 1 | x, dim=0, index=j, value=1
    x, 0, T.tensor([5]), 1
index_put: x, (j,), r | x, (j, j), r | x, (T.tensor([0, 0]), T.tensor([1, 1])), r[:2], True
    x, (m,), s | x, (T.tensor(1),), r | x, (j,), i[0] | x, indices=(j,), values=s, accumulate=True
    x, [None, j], y
index_reduce: x, 0, j[:3], y, "prod" | x, 0, j[:3], y, "mean" | x, 0, j[:3], y, "amax"
    x, 0, j[:3], y, "amin", include_self=False | t, 1, j, t, "amax" | t, 1, j, t, "prod"
    x, dim=1, index=j, source=y, reduce="mean", include_self=False | x, 0, j[:3], y, "sum"
put: x, j, r | x, n, y | x, T.tensor([0, 0]), r[:2], True | x, T.tensor(-1), s | x, j, i[0]
    x, T.tensor([12]), s[None] | x, index=j, source=r, accumulate=False
nonzero: t | t, as_tuple=True | s | e | x | T.tensor(0) | m
argwhere: t | s | e | m
sort: x | x, 0 | x, -1, True | t | t, 0, True | x, dim=1, descending=True | t, stable=True
    t, stable=True, dim=0, descending=True | s | e | w | w, 1 | s, 0 | x, 5
argsort: x | x, 0 | x, -1, True | x, dim=0, descending=True | x, dim=0, stable=True | t, stable=True
    s | e | w, stable=True | t, dim=0, descending=True, stable=True
msort: x | r | w | e | s
topk: x, 2 | x, 2, 0 | x, 3, -1, False | x, k=1, dim=1, largest=True, sorted=True | s, 1 | x, 0
    x, 5 | e, 0 | w, 2 | x, 2, sorted=False, dim=1
unique: t | t, False | t, return_inverse=True | t, return_counts=True | t, True, True, True
    t, dim=0 | t, dim=1, return_inverse=True, return_counts=True | s | e | x | w | m
unique_consecutive: t | t, return_inverse=True | t, return_counts=True | t, True, True, 0 | t, dim=1
    s | e | j
searchsorted: T.sort(r)[0], x | T.sort(x)[0], y | T.sort(r)[0], x, right=True | T.sort(r)[0], s
    T.sort(r)[0], x, out_int32=True | T.sort(r)[0], 0.5 | T.sort(x)[0], r
    T.sort(r)[0], x, side="right" | T.sort(r)[0], x, side="left", right=True
    r, x, sorter=T.argsort(r) | T.sort(r)[0], i | T.sort(r)[0], w
bucketize: x, T.sort(r)[0] | x, T.sort(r)[0], right=True | s, T.sort(r)[0] | 0.5, T.sort(r)[0]
    x, boundaries=T.sort(r)[0], out_int32=True | x, x | i, T.sort(r)[0]
tril_indices triu_indices: 3, 4 | 3, 4, 1 | 3, 4, -1 | 0, 3 | row=2, col=2, offset=0
    3, 3, dtype=T.int32 | -1, 2 | 3, 4, 9
unravel_index: j, (2, 2) | T.tensor(5), (2, 3) | n, (4,) | T.tensor([4]), (2, 2)
    T.tensor([-1]), (2, 2) | j, 4 | x, (3, 4)
is_floating_point is_complex is_tensor: x | s
is_nonzero: s | x | e | s * 0
is_same_size: x, y | x, r
numel: x | s | e
result_type: x, i | x, f | x, 1 | x, 1.5 | x, s | s, i | 1, x | x, True | s, 1.5 | 1, 2.5
    T.tensor(1), x
promote_types: x.dtype, T.int64 | x.dtype, T.float32 | x.dtype, T.bool | x.dtype, T.uint8
    x.dtype, T.int8 | x.dtype, T.float16
can_cast: x.dtype, T.int64 | x.dtype, T.float32 | x.dtype, T.bool | x.dtype, T.uint8
    x.dtype, T.float64
"""
