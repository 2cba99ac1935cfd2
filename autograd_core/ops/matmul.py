"""Products of matrices and vectors: matmul, its special cases, and the linear layer as one op."""

from __future__ import annotations

from math import prod
from typing import Any

from retrograd.autograd_core.calls import reflected
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import add_, scaled
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.shape import permute_to, reshape_to, shape_of, sum_to

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "dot",
    "ger",
    "linear",
    "matmul",
    "mm",
    "mv",
    "outer",
    "vdot",
]


# --- the ops ------------------------------------------------------------------------------------


class MatMul(Op, name="matmul"):
    """Matrix product of arrays of two or more dimensions; those in front are broadcast."""

    def forward(kernels, input, other):
        check_types("matmul", input, other)
        try:
            return multiply(kernels, input, other)
        except ValueError as error:
            raise RuntimeError(cannot_multiply(input.shape, other.shape)) from error

    def vjp_input(g, other, input_shape):
        return fit(matmul_(g, transposed(other)), input_shape)

    def vjp_other(g, input, other_shape):
        if len(other_shape) == 2:
            return matmul_(transposed(rows(input)), rows(g))
        return fit(matmul_(transposed(input), g), other_shape)

    def fused(kernels, g, needs, input, other):
        grad_input = grad_other = None
        if needs[0]:
            grad_input = fit(multiply(kernels, g, other.swapaxes(-1, -2)), input.shape)
        if needs[1] and other.ndim == 2:
            grad_other = kernels.product(rows(input).T, rows(g))
        elif needs[1]:
            grad_other = fit(multiply(kernels, input.swapaxes(-1, -2), g), other.shape)
        return grad_input, grad_other


class Mv(Op):
    """Product of a matrix and a vector."""

    def forward(kernels, input, vec):
        check_types("mv", input, vec)
        if input.ndim != 2 or vec.ndim != 1:
            raise RuntimeError(
                f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim} dimensions"
            )
        if input.shape[1] != vec.shape[0]:
            raise RuntimeError(
                f"size mismatch, got input ({input.shape[0]}), "
                f"mat ({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})"
            )
        return kernels.xp.matmul(input, vec)

    def vjp_input(g, vec):
        return outer_(g, vec)

    def vjp_vec(g, input):
        return mv_(transposed(input), g)


class Outer(Op, promotes=True):
    """Outer product of two vectors."""

    def forward(xp, input, vec2):
        for x, name in ((input, "self"), (vec2, "vec2")):
            if x.ndim != 1:
                raise RuntimeError(
                    f"outer: Expected 1-D argument {name}, but got {x.ndim}-D: flatten() it first"
                )
        return xp.multiply(input[:, None], vec2)

    def vjp_input(g, vec2):
        return mv_(g, vec2)

    def vjp_vec2(g, input):
        return mv_(transposed(g), input)


class Dot(Op):
    """Inner product of two vectors."""

    def forward(kernels, input, tensor):
        check_types("dot", input, tensor)
        if input.ndim != 1 or tensor.ndim != 1:
            raise RuntimeError(
                f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors: matmul() "
                "takes any number of dimensions"
            )
        if input.shape != tensor.shape:
            raise RuntimeError(
                f"inconsistent tensor size, expected tensor [{input.size}] and src [{tensor.size}] "
                f"to have the same number of elements, but got {input.size} and {tensor.size} "
                "elements respectively"
            )
        return input.dot(tensor)

    def vjp_input(g, tensor):
        return g * tensor

    def vjp_tensor(g, input):
        return g * input


class Linear(Op):
    """``input @ weight.T + bias`` for the last dimension of `input`, as one GEMM.

    `input` is (..., in_features), `weight` (out_features, in_features), `bias` (out_features) or
    None.
    """

    def forward(kernels, input, weight, bias):
        check_types("linear", input, weight)
        if not input.ndim or input.shape[-1] != weight.shape[1]:
            raise RuntimeError(wrong_features(input.shape, weight.shape))
        if bias is not None and bias.shape != weight.shape[:1]:
            raise RuntimeError(
                f"bias has shape {list(bias.shape)} but weight of shape {list(weight.shape)} "
                f"gives {weight.shape[0]} features"
            )
        out = kernels.product(rows(input), weight.T)
        if bias is not None:
            out += bias
        return out if input.ndim == 2 else out.reshape(*input.shape[:-1], weight.shape[0])

    def vjp_input(g, weight, input_shape):
        return reshape_to(matmul_(rows(g), weight), input_shape)

    def vjp_weight(g, input):
        return matmul_(transposed(rows(g)), rows(input))

    def vjp_bias(g, bias_shape):
        return sum_to(g, bias_shape)

    def fused(kernels, g, needs, input, weight):
        flat = rows(g)
        grad_input = kernels.product(flat, weight).reshape(input.shape) if needs[0] else None
        grad_weight = kernels.product(flat.T, rows(input)) if needs[1] else None
        grad_bias = kernels.sum(flat, (0,)) if needs[2] else None
        return grad_input, grad_weight, grad_bias


# --- what they share: all of it takes tensors and raw arrays ------------------------------------

matmul_ = MatMul.function
mv_ = Mv.function
outer_ = Outer.function
dot_ = Dot.function
linear_ = Linear.function


def multiply(kernels: Any, a: Any, b: Any) -> Any:
    """Matrix product of raw arrays; one GEMM for a single matrix on the right."""
    if b.ndim == 2:
        if a.ndim == 2:
            return kernels.product(a, b)
        return kernels.product(rows(a), b).reshape(*a.shape[:-1], b.shape[1])
    return kernels.xp.matmul(a, b)


def transposed(x: Any) -> Any:
    """`x` with its last two dimensions exchanged."""
    n = x.ndim
    return permute_to(x, (*range(n - 2), n - 1, n - 2))


def rows(x: Any) -> Any:
    """`x` as a matrix, all dimensions but the last in one."""
    if x.ndim == 2:
        return x
    return reshape_to(x, (prod(x.shape[:-1]), x.shape[-1]))


def fit(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed over the dimensions that were broadcast."""
    return g if g.shape == shape else sum_to(g, shape)


def check_types(name: str, a: Any, b: Any) -> None:
    """RuntimeError unless both arrays are of one type."""
    if a.dtype is not b.dtype and a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}() expected both tensors to have the same dtype, but got {a.dtype.name} and "
            f"{b.dtype.name}: convert one of them, e.g. x.to(y.dtype)"
        )


def cannot_multiply(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """What to say of two shapes whose inner lengths differ."""
    if a[-1] == b[-2]:
        return f"the dimensions in front of matrices of shapes {list(a)} and {list(b)} differ"
    return (
        f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, a))} and "
        f"{'x'.join(map(str, b))}): the last dimension of the first, {a[-1]}, must equal the "
        f"second-to-last of the second, {b[-2]}"
    )


def wrong_features(shape: tuple[int, ...], weight: tuple[int, ...]) -> str:
    """What to say of a linear layer's input with the wrong number of features."""
    flat = prod(shape[1:])
    hint = ""
    if len(shape) > 2 and flat == weight[1]:
        hint = f": flatten the input first, e.g. x.flatten(1) of shape [{shape[0]}, {flat}]"
    elif len(shape) > 1 and shape[0] == weight[1]:
        hint = ": is the input transposed?"
    return (
        f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, shape))} and "
        f"{weight[1]}x{weight[0]}): the input's last dimension is {shape[-1] if shape else 0}, "
        f"the layer expects {weight[1]} features{hint}"
    )


# --- the public functions -----------------------------------------------------------------------


@public
def matmul(input: Any, other: Any) -> Any:
    """Matrix product of two tensors, ``input @ other``.

    Two vectors give their inner product; a vector beside a matrix is a row on the left and a column
    on the right; dimensions in front of the last two are broadcast.

    Raises
    ------
    RuntimeError
        If the inner lengths or the types differ, or an argument has no dimension.

    Examples
    --------
    >>> rg.matmul(rg.tensor([[1.0, 2.0], [3.0, 4.0]]), rg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    try:
        a, b = input.ndim, other.ndim
    except AttributeError:
        return reflected(MatMul, input, other)
    if a >= 2 and b >= 2:
        return matmul_(input, other)
    if not (a and b):
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D: "
            "use * for a number"
        )
    if a == 1 and b == 1:
        return dot_(input, other)
    if a == 2 and b == 1:
        return mv_(input, other)
    if b == 1:
        if input.shape[-1] != other.shape[0]:
            raise RuntimeError(f"matmul(): {cannot_multiply(input.shape, (*other.shape, 1))}")
        return reshape_to(mv_(rows(input), other), tuple(input.shape[:-1]))
    if input.shape[0] != other.shape[-2]:
        raise RuntimeError(f"matmul(): {cannot_multiply((1, *input.shape), other.shape)}")
    if b == 2:
        return mv_(transposed(other), input)
    product = matmul_(reshape_to(input, (1, input.shape[0])), other)
    return reshape_to(product, (*other.shape[:-2], other.shape[-1]))


@public
def mm(input: Any, mat2: Any) -> Any:
    """Product of two matrices, (n, m) and (m, p) to (n, p); RuntimeError if they do not fit.

    Examples
    --------
    >>> rg.mm(rg.ones(2, 3), rg.ones(3, 2))
    tensor([[3., 3.],
            [3., 3.]])
    """
    _want_dims("mm", 2, input=input, mat2=mat2)
    return matmul_(input, mat2)


@public
def bmm(input: Any, mat2: Any) -> Any:
    """Products of two batches of matrices, (b, n, m) and (b, m, p) to (b, n, p).

    Examples
    --------
    >>> rg.bmm(rg.ones(2, 1, 3), rg.ones(2, 3, 1)).shape
    retrograd.Size([2, 1, 1])
    """
    _want_dims("bmm", 3, input=input, mat2=mat2)
    a, b = shape_of(input), shape_of(mat2)
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"bmm(): Expected size for first two dimensions of batch2 tensor to be: "
            f"[{a[0]}, {a[2]}] but got: [{b[0]}, {b[1]}]."
        )
    return matmul_(input, mat2)


@public
def mv(input: Any, vec: Any) -> Any:
    """Product of a matrix (n, m) and a vector (m) to a vector (n).

    Examples
    --------
    >>> rg.mv(rg.tensor([[1.0, 2.0], [3.0, 4.0]]), rg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return mv_(input, vec)


@public
def dot(input: Any, tensor: Any) -> Any:
    """Inner product of two vectors of the same length.

    Examples
    --------
    >>> rg.dot(rg.tensor([2.0, 3.0]), rg.tensor([2.0, 1.0]))
    tensor(7.)
    """
    return dot_(input, tensor)


@public
def vdot(input: Any, other: Any) -> Any:
    """Inner product of two vectors; the same as `dot` for real numbers.

    Examples
    --------
    >>> rg.vdot(rg.tensor([2.0, 3.0]), rg.tensor([2.0, 1.0]))
    tensor(7.)
    """
    return dot_(input, other)


@public
def outer(input: Any, vec2: Any) -> Any:
    """Outer product of two vectors: element i, j is ``input[i] * vec2[j]``.

    Examples
    --------
    >>> rg.outer(rg.tensor([1.0, 2.0]), rg.tensor([1.0, 10.0]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    return outer_(input, vec2)


ger = outer


@public
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * (mat1 @ mat2)``; `input` is broadcast, and unused for beta 0.

    Examples
    --------
    >>> rg.addmm(rg.ones(2), rg.ones(1, 3), rg.ones(3, 2), alpha=2)
    tensor([[7., 7.]])
    """
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


@public
def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * (mat @ vec)``; `input` is broadcast, and unused for beta 0.

    Examples
    --------
    >>> rg.addmv(rg.ones(2), rg.ones(2, 3), rg.ones(3))
    tensor([4., 4.])
    """
    return _plus("addmv", input, mv_(mat, vec), beta, alpha)


@public
def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * outer(vec1, vec2)``; `input` is broadcast, and unused for beta 0.

    Examples
    --------
    >>> rg.addr(rg.zeros(2, 2), rg.tensor([1.0, 2.0]), rg.tensor([1.0, 10.0]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    return _plus("addr", input, outer_(vec1, vec2), beta, alpha)


@public
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * bmm(batch1, batch2)``; `input` is unused for beta 0.

    Examples
    --------
    >>> rg.baddbmm(rg.ones(1), rg.ones(2, 1, 3), rg.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@public
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta * input + alpha * bmm(batch1, batch2).sum(0)``, as one product of matrices.

    Examples
    --------
    >>> rg.addbmm(rg.ones(1), rg.ones(2, 1, 3), rg.ones(2, 3, 1))
    tensor([[7.]])
    """
    _want_dims("addbmm", 3, batch1=batch1, batch2=batch2)
    (b, n, m), (c, k, p) = batch1.shape, batch2.shape
    if b != c or m != k:
        raise RuntimeError(
            f"addbmm(): Expected size for first two dimensions of batch2 tensor to be: "
            f"[{b}, {m}] but got: [{c}, {k}]."
        )
    left = reshape_to(permute_to(batch1, (1, 0, 2)), (n, b * m))
    return _plus("addbmm", input, matmul_(left, reshape_to(batch2, (b * m, p))), beta, alpha)


def _plus(name: str, input: Any, product: Any, beta: float, alpha: float) -> Any:
    """``beta * input + alpha * product`` in the product's shape."""
    if alpha != 1:
        product = scaled(product, product, alpha)
    if beta == 0:
        return product
    result = add_(input if beta == 1 else scaled(product, input, beta, "beta"), product)
    if result.shape != product.shape:
        raise RuntimeError(
            f"{name}(): input of shape {list(input.shape)} cannot be expanded to the shape of the "
            f"product, {list(product.shape)}"
        )
    return result


def _want_dims(name: str, ndim: int, **tensors: Any) -> None:
    """RuntimeError unless each of the tensors has `ndim` dimensions."""
    for argument, x in tensors.items():
        if x.ndim != ndim:
            raise RuntimeError(
                f"{name}(): {argument} must be a {ndim}D tensor, got {x.ndim}D of shape "
                f"{list(x.shape)}; matmul() broadcasts"
            )


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """``input @ weight.T + bias``: every row of features times the weights of each output.

    Parameters
    ----------
    input : Tensor
        (..., in_features).
    weight : Tensor
        (out_features, in_features), or (in_features) for a single output without a dimension.
    bias : Tensor, optional
        (out_features).

    Returns
    -------
    Tensor
        (..., out_features).

    Raises
    ------
    RuntimeError
        If the last dimension of `input` is not in_features.

    Examples
    --------
    >>> linear(rg.ones(1, 2), rg.tensor([[1.0, 2.0], [3.0, 4.0]]), rg.ones(2))
    tensor([[4., 8.]])
    """
    if weight.ndim != 2:
        if weight.ndim != 1:
            raise RuntimeError(f"linear(): weight must be 2D, got shape {list(weight.shape)}")
        out = matmul(input, weight)
        return out if bias is None else add_(out, bias)
    if bias is not None and bias.ndim != 1:
        return add_(linear_(input, weight, None), bias)
    return linear_(input, weight, bias)
