"""Rows of linear algebra; calls make inputs symmetric and results independent of signs."""

import numpy as np

import retrograd as rg
from tests.ops.spec import Spec, real, value


def well(*shape):
    """Random square matrices that are far from singular."""
    return lambda rng: rng.normal(size=shape) + 3 * np.eye(shape[-1])


def rank_two(rng):
    return np.diag([1.0, 2.0, 0.0])[:, [1, 0, 2]]


def rank_one(rng):
    return np.outer(rng.normal(size=3), rng.normal(size=3))


def spec(op, name, *inputs, label="", reference=None, order=2, smooth=True, **attributes):
    call = rg
    for part in name.split("."):
        call = getattr(call, part)
    return Spec(
        op,
        call,
        inputs,
        attributes,
        reference,
        name,
        order,
        smooth,
        f"{name}{label and '-'}{label}",
    )


def through(op, name, function, *inputs, label=""):
    """A row for ``function(lib, *tensors)``, the same with PyTorch in the place of retrograd."""

    def call(*tensors):
        return function(rg, *tensors)

    return Spec(op, call, inputs, torch=function, label=f"{name}{label and '-'}{label}")


def cholesky(lib, x):
    eye = lib.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return lib.linalg.cholesky(x @ x.mT + eye)


def cholesky_upper(lib, x):
    eye = lib.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return lib.linalg.cholesky(x @ x.mT + eye, upper=True)


def eigh(lib, x):
    values, vectors = lib.linalg.eigh(x + x.mT)
    return values, vectors**2


def rebuilt(lib, x):
    values, vectors = lib.linalg.eigh(x + x.mT, "U")
    return (vectors * values.unsqueeze(-2).sin()) @ vectors.mT


def svd(lib, x):
    u, s, vh = lib.linalg.svd(x, full_matrices=False)
    return u**2, s, vh**2


def svd_rebuilt(lib, x):
    u, s, vh = lib.linalg.svd(x, full_matrices=False)
    return u @ (s.unsqueeze(-1).sin() * vh)


def svd_by_its_older_name(lib, x):
    U, S, V = lib.svd(x)
    W, _, Z = lib.svd(x, some=False)
    k = S.shape[-1]
    return U @ (S.unsqueeze(-1).sin() * V.mT), W[..., :k] ** 2, Z[..., :k] ** 2


def svd_full(lib, x):
    u, s, vh = lib.linalg.svd(x)
    k = s.shape[-1]
    return (u[..., :k] ** 2) @ (s.unsqueeze(-1) * vh[..., :k, :] ** 2)


def qr(lib, x):
    q, r = lib.linalg.qr(x)
    return q, r


def from_right(lib, A, B):
    return lib.linalg.solve(A, B, left=False)


def triangular(**options):
    def function(lib, A, B):
        return lib.linalg.solve_triangular(A, B, **options)

    return function


def eigenvalues(lib, x):
    return lib.linalg.eigvalsh(x + x.mT)


def logdet(lib, x):
    return lib.logdet(x @ x.mT + lib.eye(x.shape[-1], dtype=x.dtype, device=x.device))


SPECS = [
    spec("Inv", "linalg.inv", well(3, 3), reference=np.linalg.inv),
    spec("Inv", "linalg.inv", well(2, 1, 2, 2), label="batch", reference=np.linalg.inv),
    spec("Inv", "linalg.inv", well(0, 2, 2), label="no-matrices"),
    spec("Inv", "inverse", well(2, 2)),
    spec("Pinv", "linalg.pinv", real(3, 2), reference=np.linalg.pinv),
    spec("Pinv", "linalg.pinv", real(2, 2, 3), label="wide"),
    spec("Pinv", "linalg.pinv", well(3, 3), label="square"),
    spec("Pinv", "linalg.pinv", rank_one, label="singular", smooth=False, rtol=1e-6),
    spec("Pinv", "pinverse", real(3, 2)),
    spec("Solve", "linalg.solve", well(3, 3), real(3, 2), reference=np.linalg.solve),
    spec("Solve", "linalg.solve", well(2, 2, 2), real(2, 2), label="vectors"),
    spec("Solve", "linalg.solve", well(3, 3), real(3), label="vector"),
    spec("Solve", "linalg.solve", well(2, 2), real(3, 2, 1), label="broadcast-A"),
    spec("Solve", "linalg.solve", well(3, 1, 2, 2), real(2, 2, 1), label="broadcast"),
    through("Solve", "left", from_right, well(3, 3), real(2, 3)),
    through("SolveTriangular", "upper", triangular(upper=True), well(3, 3), real(3, 2)),
    through("SolveTriangular", "lower", triangular(upper=False), well(2, 2, 2), real(2, 2, 1)),
    through("SolveTriangular", "right", triangular(upper=True, left=False), well(3, 3), real(2, 3)),
    through(
        "SolveTriangular",
        "ones",
        triangular(upper=False, unitriangular=True),
        well(3, 3),
        real(3, 2),
    ),
    through("SolveTriangular", "broadcast", triangular(upper=True), well(2, 2), real(2, 2, 1)),
    through(
        "SolveTriangular",
        "cholesky_solve",
        lambda lib, b, x: lib.cholesky_solve(b, x.tril()),
        real(3, 2),
        well(3, 3),
    ),
    through(
        "SolveTriangular",
        "cholesky_solve-upper",
        lambda lib, b, u: lib.cholesky_solve(b, u.triu(), upper=True),
        real(2, 1),
        well(2, 2),
    ),
    spec("Det", "det", well(3, 3), reference=np.linalg.det),
    spec("Det", "linalg.det", real(2, 2, 2), label="batch"),
    spec("Det", "linalg.det", real(1, 1), label="one"),
    # PyTorch gives zeros for the gradient at a singular matrix; the cofactors are the derivative.
    Spec("Det", rg.det, (rank_two,), label="singular"),
    spec("Slogdet", "linalg.slogdet", well(3, 3)),
    spec("Slogdet", "linalg.slogdet", real(2, 2, 2), label="batch"),
    through("Slogdet", "logdet", logdet, real(3, 3)),
    through("Cholesky", "lower", cholesky, real(3, 3)),
    through("Cholesky", "upper", cholesky_upper, real(2, 2, 2)),
    through("Eigh", "squared", eigh, real(3, 3)),
    through("Eigh", "rebuilt", rebuilt, real(2, 2, 2)),
    through("Eigh", "eigvalsh", eigenvalues, real(3, 3)),
    through("Svd", "square", svd, real(3, 3)),
    through("Svd", "tall", svd, real(3, 2)),
    through("Svd", "wide", svd, real(2, 2, 3)),
    through("Svd", "rebuilt", svd_rebuilt, real(3, 2)),
    through("Svd", "older name", svd_by_its_older_name, real(3, 2)),
    through("Svd", "full", svd_full, real(3, 2)),
    spec("Svd", "linalg.svdvals", real(2, 3, 2)),
    through("Qr", "square", qr, real(3, 3)),
    through("Qr", "tall", qr, real(2, 4, 2)),
    through("Qr", "wide", qr, real(2, 4)),
    spec("", "matrix_power", real(2, 2), label="zero", n=0, order=0),
    spec("", "matrix_power", real(2, 2), label="one", n=1),
    spec("", "matrix_power", real(2, 2, 2), label="five", n=5),
    spec("", "matrix_power", well(2, 2), label="negative", n=-3),
    spec("", "trace", real(2, 3)),
    spec("", "linalg.diagonal", real(2, 3, 3), offset=1),
    spec("", "linalg.vander", real(2, 3)),
    spec("", "linalg.vander", value(np.array([0.0, 2.0])), label="at-zero", N=4),
    spec("", "linalg.vector_norm", real(2, 3)),
    spec("", "linalg.vector_norm", real(2, 3), label="three", ord=3, dim=1, keepdim=True),
    spec("", "linalg.norm", real(2, 3), label="fro"),
    spec("", "linalg.norm", real(2, 3), label="matrix", ord=1),
    spec("", "linalg.norm", real(2, 3), label="vectors", ord=1, dim=0),
    *[
        spec("", "linalg.matrix_norm", real(2, 2, 3), label=str(ord), ord=ord)
        for ord in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    ],
    spec("", "linalg.matrix_norm", real(2, 3, 2), label="dims", ord=1, dim=(0, 2), keepdim=True),
]
