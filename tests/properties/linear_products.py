"""The table of linear functions, continued: products of matrices and vectors, and solutions."""

from __future__ import annotations

import retrograd as rg
from tests.properties.draws import Draw, Shape
from tests.properties.linear import linear

# --- matrices and vectors -------------------------------------------------------------------------


def matrices(d: Draw) -> tuple[Shape, Shape]:
    """Two shapes that may be multiplied: vectors, matrices, batches that broadcast."""
    m, n, p = d.each(3, 0, 4)
    first, second = d.broadcast(2, most=2)
    left, right = (*first, m, n), (*second, n, p)
    return d.one([left, (n,)]), d.one([right, (n,)])


@linear("MatMul.input")
def matmul_first(d: Draw):
    x, y = matrices(d)
    x = (1, *x) if len(x) == 1 else x
    y = (*y, 2) if len(y) == 1 else y
    other = d.normal(*y)
    return lambda t: t @ other, x


@linear("MatMul.other")
def matmul_second(d: Draw):
    x, y = matrices(d)
    x = (1, *x) if len(x) == 1 else x
    y = (*y, 2) if len(y) == 1 else y
    other = d.normal(*x)
    return lambda t: other @ t, y


@linear()
def matmul_any(d: Draw):
    x, y = matrices(d)
    other = d.normal(*y)
    return lambda t: rg.matmul(t, other), x


@linear("Mv.input")
def mv_matrix(d: Draw):
    m, n = d.each(2, 0, 4)
    vec = d.normal(n)
    return lambda t: rg.mv(t, vec), (m, n)


@linear("Mv.vec")
def mv_vector(d: Draw):
    m, n = d.each(2, 0, 4)
    matrix = d.normal(m, n)
    return lambda t: rg.mv(matrix, t), (n,)


@linear("Dot.input")
def dot_first(d: Draw):
    other = d.normal(d.integer(0, 4))
    return lambda t: rg.dot(t, other), tuple(other.shape)


@linear("Dot.tensor")
def dot_second(d: Draw):
    other = d.normal(d.integer(0, 4))
    return lambda t: rg.dot(other, t), tuple(other.shape)


@linear("Outer.input")
def outer_first(d: Draw):
    m, n = d.each(2, 0, 4)
    other = d.normal(n)
    return lambda t: rg.outer(t, other), (m,)


@linear("Outer.vec2")
def outer_second(d: Draw):
    m, n = d.each(2, 0, 4)
    other = d.normal(m)
    return lambda t: rg.outer(other, t), (n,)


@linear("Linear.input")
def linear_input(d: Draw):
    m, n = d.each(2, 0, 4)
    weight = d.normal(m, n)
    return lambda x: rg.nn.functional.linear(x, weight), (*d.shape(0, 3), n)


@linear("Linear.weight", "Linear.bias")
def linear_weight_and_bias(d: Draw):
    m, n = d.each(2, 0, 4)
    x = d.normal(*d.shape(0, 3), n)
    return lambda w, b: rg.nn.functional.linear(x, w, b), (m, n), (m,)


def vectors_of_three(d: Draw) -> tuple[Shape, Shape, int]:
    whole = d.shape(0, 2)
    at = d.integer(0, len(whole))
    x, y = ([d.one([1, n]) for n in whole] for _ in range(2))
    x.insert(at, 3)
    y.insert(at, 3)
    return tuple(x), tuple(y), at


@linear("Cross.input")
def cross_first(d: Draw):
    x, y, dim = vectors_of_three(d)
    other = d.normal(*y)
    return lambda t: rg.linalg.cross(t, other, dim=dim), x


@linear("Cross.other")
def cross_second(d: Draw):
    x, y, dim = vectors_of_three(d)
    other = d.normal(*x)
    return lambda t: rg.linalg.cross(other, t, dim=dim), y


EQUATIONS = [
    "ij,jk->ik", "ij,kj", "bij,bjk->bik", "ij,j->", "i,j->ji", "ii,i->i", "iij,jk->k",
    "...ij,jk->...ik", "b...i,ij->j...b", "ijk,jkl->il", "abc,cd->dba",
]  # fmt: skip


@linear()
def einsum(d: Draw):
    equation = d.one(EQUATIONS)
    sizes = dict(zip("abcdijkl", d.each(8, 0, 3), strict=True))
    between = d.shape(0, 2, high=3)
    shapes = []
    for term in equation.split("->")[0].split(","):
        head, dots, tail = term.partition("...")
        middle = between if dots else ()
        shapes.append((*[sizes[k] for k in head], *middle, *[sizes[k] for k in tail]))
    k = d.integer(0, 1)
    other = d.normal(*shapes[1 - k])
    return lambda t: rg.einsum(equation, *((other, t) if k else (t, other))), shapes[k]


@linear()
def tensordot(d: Draw):
    x, y = d.shape(0, 3), d.shape(0, 3)
    count = d.integer(0, min(len(x), len(y)))
    y = (*x[len(x) - count :], *y[count:])
    other = d.normal(*y)
    return lambda t: rg.tensordot(t, other, count), x


@linear()
def kron_inner_and_trace(d: Draw):
    x, y = d.shape(1, 3), d.shape(1, 3)
    a, b = d.normal(*y), d.normal(*y[:-1], x[-1])
    n = d.integer(0, 3)
    return lambda t, s: (rg.kron(t, a), rg.inner(t, b), rg.trace(s)), x, (n, n)


@linear("Solve.B")
def solve(d: Draw):
    batch, other = d.broadcast(2, most=2)
    n, k = d.integer(1, 4), d.integer(1, 3)
    a = d.regular(*batch, n=n)
    left = d.flag()
    return lambda b: rg.linalg.solve(a, b, left=left), (*other, *((n, k) if left else (k, n)))


@linear("Solve.B")
def solve_for_a_vector(d: Draw):
    batch, n = d.shape(0, 2), d.integer(1, 4)
    a = d.regular(*batch, n=n)
    return lambda b: rg.linalg.solve(a, b), (*batch, n)


@linear("SolveTriangular.B")
def solve_triangular(d: Draw):
    batch, other = d.broadcast(2, most=2)
    n, k = d.integer(1, 4), d.integer(1, 3)
    a = d.regular(*batch, n=n)
    settings = {"upper": d.flag(), "left": d.flag(), "unitriangular": d.flag()}
    shape = (*other, *((n, k) if settings["left"] else (k, n)))
    return lambda b: rg.linalg.solve_triangular(a, b, **settings), shape


@linear()
def cholesky_solve(d: Draw):
    batch, n, k = d.shape(0, 2), d.integer(1, 4), d.integer(1, 3)
    upper = d.flag()
    a = rg.linalg.cholesky(d.definite(*batch, n=n))
    a = a.mT if upper else a
    return lambda b: rg.cholesky_solve(b, a, upper), (*batch, n, k)
