"""Calls of matrix products, decompositions and what is made of them."""

CASES = """
matmul: x, x.t() | q, x | r, r | x, r | c[:, 0], x | z, z.mT | z, x.t() | x, y | s, x | z, r
    e, x.t() | x, e.t() | x, i.t() | x, f.t() | q, q | c[:, 0], z
mm: x, x.t() | q, x | x, y | x, r | e, x.t() | x, f.t() | x.t(), x | e.t(), e
mv: x, r | x, c[:, 0] | q, r[:3] | e, r | r, r
bmm: z, z.mT | z, z | x, x | z[:0], z.mT[:0] | z, z.mT.contiguous()
dot vdot inner: r, r | r, x[0] | r, c[:, 0] | r[:0], r[:0] | r, j | r, f[0]
inner: x, y | x, r | s, x | z, x | s, s | x, q
outer ger: r, r | r, x[:, 0] | x, r | s, r | r[:0], r | r, j
linalg.vecdot: x, y | x, r | x, y, dim=0 | z, z, dim=1 | x, q | r, r
linalg.multi_dot: [x, x.t()] | [x, x.t(), x] | [r, x.t(), x, r] | [x, y] | [x] | [q, q, q, x]
linalg.matmul: x, x.t() | q, x
chain_matmul: x, x.t() | q, q, x
addmm: q, x, x.t() | q, x, x.t(), beta=2 | q, x, x.t(), alpha=0.5 | s, x, x.t()
    r[:3], x, x.t(), beta=0 | w[:, :3], x, x.t(), beta=0 | q, x, y | q, x, x.t(), beta=2, alpha=3
    q, e.t(), e
addmv: c[:, 0], x, r | s, x, r, beta=2 | c[:, 0], x, r, alpha=3, beta=0.5 | r, x, r | c, x, r
addr: x, c[:, 0], r | s, c[:, 0], r, beta=2 | x, c[:, 0], r, alpha=3 | x, r, r
    x, c[:, 0], r, beta=0.5
addbmm: q[:3, :3], z, z.mT | s, z, z.mT, beta=2 | q, z, z.mT, alpha=3
baddbmm: z @ z.mT, z, z.mT | q, z, z.mT, beta=2 | s, z, z.mT, alpha=0.5 | w[:, :3], z, z.mT, beta=0
tensordot: x, y | x, x.t(), 1 | x, y, dims=0 | z, x, ([1, 2], [0, 1]) | z, z, dims=([0], [0])
    x, y, dims=([0, 1], [0, 1]) | x, y, 1 | c, x.t(), 1 | x, o, 1 | x, o, ([0], [0])
    s, s, 0 | z, x, dims=([2], [1])
einsum: "ij,kj->ik", x, y | "ij->ji", x | "ij->", x | "ii->i", q | "ii", q | "bij,bkj->bik", z, z
    "...j,j", z, r | "i,j->ij", r, r | "ij,jk,kl->il", x, x.t(), q | "ij,ij->j", x, y | "ij", x
    "ij,jk", x, y | "i->ii", r | "ij->ik", x | "...ij->...ji", z | "ij,j", (x, r)
    x, [0, 1], y, [2, 1], [0, 2] | "i j, k j -> i k", x, y | "ij,kj", x, i | "b i j -> b", z
    "ij,ij", x, y | "xij,xjk->xik", z, z.mT
cross: x[:, :3], y[:, :3] | x, y, 0 | z, z, dim=1 | z, z.flip(2) | x, y | r[:3], r[1:] | x, y, dim=1
    x[:, :3], y[:, :3], dim=-1
linalg.cross: x[:, :3], y[:, :3] | x, y, dim=0 | x, y | r[:3], x[:, :3]
cdist: x, y | z, z[:, :2] | x, y, 1 | x, y, inf | x, y, 0 | x, y, 3 | x, y, p=0.5 | x, x | x, q
    e, x | x, x, 1 | x, y, compute_mode="use_mm_for_euclid_dist" | t, t.flip(0), inf | x, x, inf
matrix_power linalg.matrix_power: q, 0 | q, 1 | q, 2 | q, 3 | q, 5 | q, -1 | q, -2 | x, 2
    z @ z.mT, 2 | q, n=4
det logdet slogdet linalg.det linalg.slogdet: q | q @ q.t() | x | z @ z.mT | q * 0 | q[:0, :0]
    q.clone().fill_(1) | s | T.eye(3, dtype=q.dtype) + 0 * q
inverse linalg.inv: q | q @ q.t() | z[:, :, :3] | x | q * 0 | q[:0, :0] | r
pinverse linalg.pinv: q | x | x.t() | z | e | q * 0
pinverse: x, 0.5
linalg.cond: q | x | z | q, 1 | q, -1 | q, "fro" | q, "nuc" | q, 2 | q, -2 | q, inf | q, -inf | x, 1 | q, 3
    q * 0, 1 | r | z @ z.mT, 1
linalg.matrix_rank: q | x | x.t() | z | e | q * 0 | r | q, 0.5 | q, tol=2. | q, rtol=0.5 | q, atol=1.
    q, atol=0.5, rtol=0.5 | q + q.t(), hermitian=True | q, rtol=r[:1].abs()
linalg.lstsq: x.t(), r | x.t(), c[:1].expand(4, 1) | x, c[:, 0] | z.mT, (z * z).mT[:, :, :1] | z, y[:2, :3]
    x.t(), x.t(), driver="gels" | x.t(), r, driver="gelsd" | x.t(), r, driver="gelss" | x, c | x, r
    x.t(), x.t(), rcond=1e-3 | x, c, driver="foo" | e, e
linalg.matrix_exp matrix_exp: q | 4 * q | z @ z.mT | q * 0 | q[:0, :0] | x | w[:, :3] | 0.01 * q | 8 * q
linalg.pinv: x, 0.5 | x, rtol=0.3 | x, atol=0.5 | q + q.t(), hermitian=True | x, rcond=0.5
linalg.solve: q, q | q, r[:3] | z[:, :, :3], z | q, x | q, r | x, x | q * 0, x
    q, q.t(), left=False | z[:, :, :3], x | q, x[:, :1]
linalg.solve_triangular: q, x, upper=True | q, x, upper=False | q, x, upper=True, unitriangular=True
    q, x.t(), upper=True, left=False | q, x | z[:, :, :3], z, upper=False | q, r, upper=True
cholesky_solve: x, T.linalg.cholesky(q @ q.t() + 3 * T.eye(3, dtype=q.dtype)) | x, q.triu(), True
    x, q.tril() | r, q
linalg.cholesky: q @ q.t() + 3 * T.eye(3, dtype=q.dtype)
    q @ q.t() + 3 * T.eye(3, dtype=q.dtype), upper=True | -q @ q.t() | x
    z @ z.mT + 3 * T.eye(3, dtype=q.dtype) | q[:0, :0]
cholesky Tensor.cholesky: q @ q.t() + 3 * T.eye(3, dtype=q.dtype) | -q @ q.t() | x
    q @ q.t() + 3 * T.eye(3, dtype=q.dtype), True | z @ z.mT + 3 * T.eye(3, dtype=q.dtype), upper=True
cholesky_inverse Tensor.cholesky_inverse: q.tril() | q.triu() + 3 * T.eye(3, dtype=q.dtype), True
    z[:, :, :3].tril() | x | r
    q[:0, :0]
qr Tensor.qr: (q) | x | x.t() | x, False | x.t(), some=False | z | e | r
svd Tensor.svd: x, True, False | x.t(), compute_uv=False | z, False, compute_uv=False | r, True, False
linalg.eigvalsh: q | q + q.t() | q, "U" | q, UPLO="L" | z[:, :, :3] | x | q[:0, :0] | q, "X" | q * 0
linalg.svdvals: x | q | z | x.t() | e | x * 0 | r
linalg.qr: (q) | x | x.t() | x, "complete" | x.t(), "complete" | x, "r" | x.t(), mode="r" | z | e
    r | x, "foo"
linalg.diagonal: x | z | z, offset=1 | z, dim1=0, dim2=1 | r
linalg.vander: r | x | r, N=2 | r, N=6 | s | j
trace: q | x | r | z | e
logdet: q @ q.t() | -q @ q.t()
"""
