"""Sums of products: einsum and tensordot on top of matmul, Kronecker and cross products, chains."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import mul
from retrograd.autograd_core.ops.diagonals import diagonal_of
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.indexing import slice_of
from retrograd.autograd_core.ops.matmul import dot_, matmul_
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import sum, sum_
from retrograd.autograd_core.ops.shape import expand_to, permute_to, reshape_to
from retrograd.autograd_core.tensor import Tensor

__all__ = [
    "bilinear",
    "chain_matmul",
    "cross",
    "einsum",
    "inner",
    "kron",
    "multi_dot",
    "tensordot",
    "vecdot",
    "vector_cross",
]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# --- einsum: reading ----------------------------------------------------------------------------


def einsum(*args: Any) -> Tensor:
    """Sums of products written as labels of dimensions.

    ``einsum("ij,jk->ik", a, b)`` sums over each label that is not in the result. A label twice in
    one operand is its diagonal, ``...`` stands for further dimensions, which are broadcast; without
    ``->`` the labels that occur once make the result, in alphabetical order. Labels may also be
    given as lists of ints: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``. Three operands or more are
    contracted in pairs, the cheapest first.

    Raises
    ------
    RuntimeError
        If the equation does not fit the operands; it names the label and the two lengths.

    Examples
    --------
    >>> a, b = rg.ones(2, 3), rg.ones(3, 4)
    >>> rg.einsum("ij,jk->ik", a, b).shape
    retrograd.Size([2, 4])
    >>> rg.einsum("ii", rg.eye(3))
    tensor(3.)
    """
    equation, operands = _from_sublists(args) if isinstance(args[0], Tensor) else _given(args)
    plan = _plan(equation, tuple(x._data.shape for x in operands))
    terms = [_prepared(x, first) for x, first in zip(operands, plan.first, strict=True)]
    for step in plan.steps:
        second, first = terms.pop(step.b), terms.pop(step.a)
        left, right = _prepared(first, step.left), _prepared(second, step.right)
        product = (matmul_ if step.sums else mul)(left, right)
        terms.insert(0, _reshaped(product, step.shape))
    result = _prepared(terms[0], plan.last)
    if result._data.shape != plan.shape:
        return expand_to(result, plan.shape)
    return slice_of(result, ()) if any(result is x for x in operands) else result


def _given(args: tuple[Any, ...]) -> tuple[str, list[Tensor]]:
    equation, *operands = args
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = list(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    return equation.replace(" ", ""), operands


def _from_sublists(args: tuple[Any, ...]) -> tuple[str, list[Tensor]]:
    """The form (operand, labels, operand, labels, ..., [labels of the result]) as an equation."""
    operands = list(args[0 : len(args) // 2 * 2 : 2])
    sublists = list(args[1::2])
    parts = ["".join(_letter(k) for k in sublist) for sublist in sublists]
    equation = ",".join(parts)
    if len(args) % 2:
        equation += "->" + "".join(_letter(k) for k in args[-1])
    return equation, operands


def _letter(label: Any) -> str:
    if label is Ellipsis:
        return "..."
    if not 0 <= label < len(_LETTERS):
        raise ValueError(f"einsum(): labels are ints from 0 to {len(_LETTERS) - 1}, got {label}")
    return _LETTERS[label]


# A label is a letter, or a negative number for a dimension that an ellipsis stands for: -1 is the
# last of them, so that they are broadcast from the right.
Labels = tuple[Any, ...]


def _read(equation: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the result."""
    left, arrow, right = equation.partition("->")
    parts = left.split(",")
    if len(parts) != len(ndims):
        raise RuntimeError(
            f"einsum(): the equation {equation!r} has {len(parts)} operands, but {len(ndims)} "
            "were given"
        )
    inputs = [_labels(part, ndim, k) for k, (part, ndim) in enumerate(zip(parts, ndims))]
    hidden = sorted({x for labels in inputs for x in labels if isinstance(x, int)})
    letters = [x for labels in inputs for x in labels if isinstance(x, str)]
    if not arrow:
        once = sorted(x for x in set(letters) if letters.count(x) == 1)
        return inputs, (*hidden, *once)
    before, dots, after = right.partition("...")
    output = (*before, *(hidden if dots else ()), *after)
    for label in output:
        if isinstance(label, str) and label not in letters:
            raise RuntimeError(
                f"einsum(): the result has the label {label!r}, which no operand has: {equation!r}"
            )
        if output.count(label) > 1:
            raise RuntimeError(f"einsum(): the label {label!r} appears twice in the result")
    return inputs, output


def _labels(part: str, ndim: int, k: int) -> Labels:
    before, dots, after = part.partition("...")
    strange = [c for c in before + after if not c.isalpha() or not c.isascii()]
    if strange:
        raise RuntimeError(f"einsum(): {strange[0]!r} is no label; expected letters and '...'")
    hidden = ndim - len(before) - len(after)
    if hidden < 0 or (hidden and not dots):
        raise RuntimeError(
            f"einsum(): the subscripts {part!r} of operand {k} have {len(before) + len(after)} "
            f"labels, but it has {ndim} dimensions"
        )
    return (*before, *range(-hidden, 0), *after)


# --- einsum: planning ---------------------------------------------------------------------------

Shape = tuple[int, ...]


@dataclass(frozen=True)
class _Prepare:
    """What is done to one operand, in this order; None where nothing is."""

    diagonals: tuple[tuple[int, int], ...] = ()
    over: Shape | None = None
    order: Shape | None = None
    shape: Shape | None = None


@dataclass(frozen=True)
class _Step:
    """Two terms become one: by a matrix product if they share what is summed over, else plainly."""

    a: int
    b: int
    left: _Prepare
    right: _Prepare
    sums: bool
    shape: Shape


@dataclass(frozen=True)
class _Plan:
    """How a contraction is done: each operand first, then pairs, then the result."""

    first: tuple[_Prepare, ...]
    steps: tuple[_Step, ...]
    last: _Prepare
    shape: Shape


@functools.lru_cache(maxsize=1024)
def _plan(equation: str, shapes: tuple[Shape, ...]) -> _Plan:
    """The plan for operands of these shapes; RuntimeError if the equation does not fit them."""
    inputs, output = _read(equation, [len(shape) for shape in shapes])
    pairs = zip(inputs, shapes, strict=True)
    diagonals, terms = [], []
    for found, labels, shape in (_without_repeats(*pair) for pair in pairs):
        diagonals.append(found)
        terms.append((labels, shape))
    lengths = _common_lengths(equation, terms)
    first = []
    for k, (labels, shape) in enumerate(terms):
        # A dimension of length 1 beside longer ones of that label is left out: it is broadcast.
        kept = [i for i, x in enumerate(labels) if shape[i] != 1 or lengths[x] == 1]
        terms[k] = (tuple(labels[i] for i in kept), tuple(shape[i] for i in kept))
        new = None if len(kept) == len(labels) else terms[k][1]
        first.append(_Prepare(diagonals[k], shape=new))
    rest = [labels for labels, _ in terms]
    steps = []
    while len(rest) > 1:
        a, b = _cheapest(rest, lengths) if len(rest) > 2 else (0, 1)
        right, left = rest.pop(b), rest.pop(a)
        needed = {x for labels in rest for x in labels}.union(output)
        labels, step = _pair(a, b, left, right, needed, lengths)
        steps.append(step)
        rest.insert(0, labels)
    return _Plan(tuple(first), tuple(steps), *_finish(rest[0], output, lengths))


def _without_repeats(
    labels: Labels, shape: Shape
) -> tuple[tuple[tuple[int, int], ...], Labels, Shape]:
    """The pairs of dimensions to take diagonals of, so that each label is there once."""
    diagonals = []
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if shape[first] != shape[second]:
                raise RuntimeError(
                    f"einsum(): the label {label!r} is repeated for dimensions of lengths "
                    f"{shape[first]} and {shape[second]}"
                )
            diagonals.append((first, second))
            kept = [k for k in range(len(labels)) if k not in (first, second)]
            shape = (*(shape[k] for k in kept), shape[first])
            labels = (*(labels[k] for k in kept), label)
    return tuple(diagonals), labels, shape


def _common_lengths(equation: str, terms: Sequence[tuple[Labels, Shape]]) -> dict[Any, int]:
    """The length of each label, 1 only if it is 1 everywhere."""
    lengths: dict[Any, int] = {}
    for k, (labels, shape) in enumerate(terms):
        for label, n in zip(labels, shape, strict=True):
            known = lengths.get(label, 1)
            if n != known and 1 not in (n, known):
                raise RuntimeError(
                    f"einsum(): operands do not broadcast: {equation!r} gives the label {label!r} "
                    f"length {known} and, in operand {k} of shape {list(shape)}, {n}"
                )
            lengths[label] = n if known == 1 else known
    return lengths


def _cheapest(terms: Sequence[Labels], lengths: dict[Any, int]) -> tuple[int, int]:
    """The pair that takes the fewest multiplications; of those, one that shares most labels."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        first, second = set(terms[pair[0]]), set(terms[pair[1]])
        return prod(lengths[k] for k in first | second), -len(first & second)

    count = len(terms)
    return min(((a, b) for a in range(count) for b in range(a + 1, count)), key=cost)


def _pair(
    a: int, b: int, left: Labels, right: Labels, needed: set[Any], lengths: dict[Any, int]
) -> tuple[Labels, _Step]:
    """The product of two terms, summed over what nothing else needs."""
    over_left = tuple(k for k, x in enumerate(left) if x not in needed and x not in right)
    over_right = tuple(k for k, x in enumerate(right) if x not in needed and x not in left)
    left = tuple(x for k, x in enumerate(left) if k not in over_left)
    right = tuple(x for k, x in enumerate(right) if k not in over_right)
    batch = [x for x in left if x in right and x in needed]
    inner = [x for x in left if x in right and x not in needed]
    rows, columns = [x for x in left if x not in right], [x for x in right if x not in left]
    sizes = [[lengths[x] for x in group] for group in (batch, rows, inner, columns)]
    if inner:
        lead = (prod(sizes[0]),) if batch else ()
        shape_left = (*lead, prod(sizes[1]), prod(sizes[2]))
        shape_right = (*lead, prod(sizes[2]), prod(sizes[3]))
    else:
        shape_left = (*sizes[0], *sizes[1], *(1 for _ in columns))
        shape_right = (*sizes[0], *(1 for _ in rows), *sizes[3])
    order_left = tuple(left.index(x) for x in (*batch, *rows, *inner))
    order_right = tuple(right.index(x) for x in (*batch, *inner, *columns))
    step = _Step(
        a,
        b,
        _Prepare((), over_left or None, _unless_sorted(order_left), shape_left),
        _Prepare((), over_right or None, _unless_sorted(order_right), shape_right),
        bool(inner),
        (*sizes[0], *sizes[1], *sizes[3]),
    )
    return (*batch, *rows, *columns), step


def _finish(labels: Labels, output: Labels, lengths: dict[Any, int]) -> tuple[_Prepare, Shape]:
    """From the last term to the result; what is only in operands of length 1 is expanded."""
    over = tuple(k for k, x in enumerate(labels) if x not in output)
    labels = tuple(x for x in labels if x in output)
    order = tuple(labels.index(x) for x in output if x in labels)
    shape = tuple(lengths[x] if x in labels else 1 for x in output)
    last = _Prepare((), over or None, _unless_sorted(order), shape)
    return last, tuple(lengths[x] for x in output)


def _unless_sorted(order: Shape) -> Shape | None:
    return None if list(order) == sorted(order) else order


def _prepared(x: Tensor, plan: _Prepare) -> Tensor:
    """An operand as its step wants it."""
    for first, second in plan.diagonals:
        x = diagonal_of(x, 0, first, second)
    if plan.over is not None:
        x = sum_(x, dim=plan.over, keepdim=False)
    if plan.order is not None:
        x = permute_to(x, plan.order)
    return x if plan.shape is None else _reshaped(x, plan.shape)


def _reshaped(x: Tensor, shape: Shape) -> Tensor:
    return x if x._data.shape == shape else reshape_to(x, shape)


# --- the other contractions ---------------------------------------------------------------------


@public
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The product of two tensors summed over pairs of dimensions.

    Parameters
    ----------
    dims : int or pair of lists of int
        The last `dims` dimensions of `a` with the first of `b`, or those of `a` and those of `b`.

    Examples
    --------
    >>> rg.tensordot(rg.ones(2, 3, 4), rg.ones(3, 4), 2)
    tensor([12., 12.])
    """
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims >= 0 and at most the number of dimensions, got {dims}"
            )
        first, second = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        lists = [d.tolist() if isinstance(d, Tensor) else d for d in dims]
        lists = [[d] if isinstance(d, int) else list(d) for d in lists]
        first = [one_dim(d, a.ndim) for d in lists[0]]
        second = [one_dim(d, b.ndim) for d in lists[1]]
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    for d, e in zip(first, second, strict=True):
        n, m = a.shape[d], b.shape[e]
        # A length of 1 is broadcast: the sum over the other is all that is left of it.
        if n == 1:
            b = sum(b, e, keepdim=True, dtype=b.dtype)
        elif m == 1:
            a = sum(a, d, keepdim=True, dtype=a.dtype)
        elif n != m:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {n} in dim {d} and "
                f"second has size {m} in dim {e}"
            )
    rows = [d for d in range(a.ndim) if d not in first]
    columns = [d for d in range(b.ndim) if d not in second]
    depth = prod(a.shape[d] for d in first)
    shape = (*(a.shape[d] for d in rows), *(b.shape[d] for d in columns))
    left = reshape_to(permute_to(a, (*rows, *first)), (prod(a.shape[d] for d in rows), depth))
    right = reshape_to(
        permute_to(b, (*second, *columns)), (depth, prod(b.shape[d] for d in columns))
    )
    return reshape_to(matmul_(left, right), shape)


@public
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sum of products over the last dimension of both; a plain product with a 0-d tensor.

    Examples
    --------
    >>> rg.inner(rg.tensor([1.0, 2.0]), rg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if not input.ndim or not other.ndim:
        return mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    if input.ndim == 1 and other.ndim == 1:
        return dot_(input, other)
    return tensordot(input, other, ([-1], [-1]))


@public
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: `input` with each element replaced by its product with `other`.

    Examples
    --------
    >>> rg.kron(rg.tensor([1, 10]), rg.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    ndim = max(input.ndim, other.ndim)
    a = (1,) * (ndim - input.ndim) + tuple(input.shape)
    b = (1,) * (ndim - other.ndim) + tuple(other.shape)
    left = reshape_to(input, tuple(n for m in a for n in (m, 1)))
    right = reshape_to(other, tuple(n for m in b for n in (1, m)))
    return reshape_to(mul(left, right), tuple(m * n for m, n in zip(a, b, strict=True)))


class Cross(Op, broadcasts=True):
    """The cross product of vectors of three elements along a dimension counted from the end."""

    def forward(xp, input, other, *, dim):
        return xp.cross(input, other, axis=dim)

    def vjp_input(g, other, dim):
        return cross_(other, g, dim=dim)

    def vjp_other(g, input, dim):
        return cross_(g, input, dim=dim)


cross_ = Cross.function


@public
def vector_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The cross product of vectors of three elements along `dim`; the rest is broadcast.

    Examples
    --------
    >>> rg.linalg.cross(rg.tensor([1.0, 0.0, 0.0]), rg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise RuntimeError(
            "linalg.cross: inputs must have the same number of dimensions, got "
            f"{input.ndim} and {other.ndim}"
        )
    axis = one_dim(dim, input.ndim)
    if input.shape[axis] != 3 or other.shape[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[axis]} and "
            f"{other.shape[axis]}"
        )
    return cross_(input, other, dim=axis - input.ndim)


@public
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The cross product of vectors along `dim`, by default the first dimension of length 3.

    Examples
    --------
    >>> rg.cross(rg.tensor([1.0, 0.0, 0.0]), rg.tensor([0.0, 1.0, 0.0]), dim=0)
    tensor([0., 0., 1.])
    """
    if dim is None:
        if 3 not in input.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = input.shape.index(3)
    return vector_cross(input, other, dim=dim)


@public
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products of vectors along `dim`; the rest is broadcast.

    Examples
    --------
    >>> rg.linalg.vecdot(rg.ones(2, 3), rg.ones(3))
    tensor([3., 3.])
    """
    if not (x.dtype.is_floating_point and y.dtype.is_floating_point):
        raise RuntimeError(
            f"linalg.vecdot: Expected floating point tensors, got {x.dtype} and {y.dtype}"
        )
    product = mul(x, y)
    return sum_(product, dim=(one_dim(dim, product.ndim),), keepdim=False)


@public
def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of two or more matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors: a row and a column.

    Examples
    --------
    >>> rg.linalg.multi_dot([rg.ones(2, 3), rg.ones(3, 4), rg.ones(4)])
    tensor([12., 12.])
    """
    chain = list(tensors)
    if len(chain) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(chain)}")
    for k, x in enumerate(chain):
        ends = k in (0, len(chain) - 1)
        if x.ndim != 2 and not (ends and x.ndim == 1):
            raise RuntimeError(
                f"multi_dot(): tensor {k} must be {'1D or ' if ends else ''}2D but got {x.ndim}D"
            )
    row, column = chain[0].ndim == 1, chain[-1].ndim == 1
    if row:
        chain[0] = reshape_to(chain[0], (1, chain[0].shape[0]))
    if column:
        chain[-1] = reshape_to(chain[-1], (chain[-1].shape[0], 1))
    result = _product_of(chain, 0, len(chain) - 1, _best_splits([x.shape for x in chain]))
    shape = tuple(result.shape[int(row) : 2 - int(column)])
    return result if len(shape) == 2 else reshape_to(result, shape)


def _best_splits(shapes: Sequence[Sequence[int]]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain of matrices, by dynamic programming."""
    sizes = [shapes[0][0], *(shape[1] for shape in shapes)]
    cost = {(k, k): 0 for k in range(len(shapes))}
    splits = {}
    for length in range(1, len(shapes)):
        for first in range(len(shapes) - length):
            last = first + length
            options = [
                (
                    cost[first, k]
                    + cost[k + 1, last]
                    + sizes[first] * sizes[k + 1] * sizes[last + 1],
                    k,
                )
                for k in range(first, last)
            ]
            cost[first, last], splits[first, last] = min(options)
    return splits


def _product_of(
    chain: Sequence[Tensor], first: int, last: int, splits: dict[tuple[int, int], int]
) -> Tensor:
    if first == last:
        return chain[first]
    k = splits[first, last]
    left = _product_of(chain, first, k, splits)
    return matmul_(left, _product_of(chain, k + 1, last, splits))


def chain_matmul(*matrices: Any, out: Any = None) -> Tensor:
    """The product of matrices; an older form of `linalg.multi_dot`.

    Examples
    --------
    >>> rg.chain_matmul(rg.ones(2, 3), rg.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    if len(matrices) == 1:
        return matrices[0]
    product: Any = multi_dot
    return product(matrices, out=out)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Any = None) -> Tensor:
    """``input1 @ weight[k] @ input2 + bias[k]`` for each output ``k``.

    Parameters
    ----------
    input1, input2 : Tensor
        (..., in1_features) and (..., in2_features), with the same dimensions in front.
    weight : Tensor
        (out_features, in1_features, in2_features).
    bias : Tensor, optional
        (out_features).

    Examples
    --------
    >>> bilinear(rg.ones(1, 2), rg.ones(1, 3), rg.ones(4, 2, 3), rg.ones(4))
    tensor([[7., 7., 7., 7.]])
    """
    outputs, first, second = weight.shape
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear(): the inputs must have the same dimensions in front of their features, got "
            f"shapes {list(input1.shape)} and {list(input2.shape)}"
        )
    if input1.shape[-1] != first or input2.shape[-1] != second:
        raise RuntimeError(
            f"bilinear(): the inputs have {input1.shape[-1]} and {input2.shape[-1]} features, but "
            f"weight of shape {list(weight.shape)} expects {first} and {second}"
        )
    count = prod(input1.shape[:-1])
    flat = reshape_to(permute_to(weight, (1, 0, 2)), (first, outputs * second))
    half = matmul_(reshape_to(input1, (count, first)), flat)
    half = reshape_to(half, (count, outputs, second))
    out = matmul_(half, reshape_to(input2, (count, second, 1)))
    out = reshape_to(out, (*input1.shape[:-1], outputs))
    return out if bias is None else out + bias
