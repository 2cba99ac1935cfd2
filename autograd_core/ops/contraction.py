"""Sums of products: einsum and tensordot on top of matmul, Kronecker and cross products, chains."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import prod
from typing import Any

from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.arithmetic import mul
from retrograd.autograd_core.ops.diagonals import diagonal_of
from retrograd.autograd_core.ops.dims import one_dim
from retrograd.autograd_core.ops.matmul import dot_, matmul_
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.ops.reduction import sum_
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
    inputs, output = _read(equation, [x.ndim for x in operands])
    terms = [_without_repeats(x, labels) for x, labels in zip(operands, inputs, strict=True)]
    _check_lengths(equation, terms)
    return _contract(terms, output)


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


@functools.lru_cache(maxsize=512)
def _read_cached(equation: str, ndims: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    left, arrow, right = equation.partition("->")
    parts = left.split(",")
    if len(parts) != len(ndims):
        raise RuntimeError(
            f"einsum(): the equation {equation!r} has {len(parts)} operands, but {len(ndims)} "
            "were given"
        )
    inputs = tuple(_labels(part, ndim, k) for k, (part, ndim) in enumerate(zip(parts, ndims)))
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


def _read(equation: str, ndims: Sequence[int]) -> tuple[tuple[Labels, ...], Labels]:
    """The labels of each operand and of the result."""
    return _read_cached(equation, tuple(ndims))


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


def _without_repeats(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """An operand with each label once: diagonals taken where one is repeated."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if x.shape[first] != x.shape[second]:
                raise RuntimeError(
                    f"einsum(): the label {label!r} is repeated for dimensions of lengths "
                    f"{x.shape[first]} and {x.shape[second]}"
                )
            x = diagonal_of(x, 0, first, second)
            rest = [n for k, n in enumerate(labels) if k not in (first, second)]
            labels = (*rest, label)
    return x, labels


def _check_lengths(equation: str, terms: Sequence[tuple[Tensor, Labels]]) -> None:
    known: dict[Any, int] = {}
    for k, (x, labels) in enumerate(terms):
        for n, label in zip(x.shape, labels, strict=True):
            if known.get(label, 1) not in (1, n) and n != 1:
                raise RuntimeError(
                    f"einsum(): operands do not broadcast: {equation!r} gives the label {label!r} "
                    f"length {known[label]} and, in operand {k} of shape {list(x.shape)}, {n}"
                )
            known[label] = n if known.get(label, 1) == 1 else known[label]


# --- einsum: contracting ------------------------------------------------------------------------

Term = tuple[Tensor, Labels]


def _contract(terms: list[Term], output: Labels) -> Tensor:
    """Combine the operands in pairs, and give the result its order of dimensions."""
    lengths: dict[Any, int] = {}
    for x, labels in terms:
        for n, label in zip(x.shape, labels, strict=True):
            lengths[label] = max(n, lengths.get(label, 1)) if n else 0
    terms = [_squeezed(term, lengths) for term in terms]
    while len(terms) > 1:
        a, b = _cheapest(terms, lengths) if len(terms) > 2 else (0, 1)
        second, first = terms.pop(b), terms.pop(a)
        needed = {x for _, labels in terms for x in labels}.union(output)
        terms.insert(0, _combined(first, second, needed))
    x, labels = _summed(terms[0], set(output))
    # What only operands of length 1 had comes back as a dimension of length 1.
    shape = tuple(lengths[label] for label in output)
    present = [label for label in output if label in labels]
    x = _permuted(x, [labels.index(label) for label in present])
    missing = tuple(lengths[k] if k in labels else 1 for k in output)
    x = reshape_to(x, missing) if tuple(x.shape) != missing else x
    return x if missing == shape else expand_to(x, shape)


def _squeezed(term: Term, lengths: dict[Any, int]) -> Term:
    """A term without the dimensions of length 1 that are broadcast."""
    x, labels = term
    kept = [k for k, label in enumerate(labels) if x.shape[k] != 1 or lengths[label] == 1]
    if len(kept) == len(labels):
        return term
    return reshape_to(x, tuple(x.shape[k] for k in kept)), tuple(labels[k] for k in kept)


def _cheapest(terms: Sequence[Term], lengths: dict[Any, int]) -> tuple[int, int]:
    """The pair whose product takes the fewest multiplications, and of those the smallest result."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        both = set(terms[pair[0]][1]).union(terms[pair[1]][1])
        shared = set(terms[pair[0]][1]).intersection(terms[pair[1]][1])
        size = sum(len(x.shape) and prod(x.shape) for x, _ in (terms[pair[0]], terms[pair[1]]))
        return prod(lengths[k] for k in both), size - len(shared)

    count = len(terms)
    return min(((a, b) for a in range(count) for b in range(a + 1, count)), key=cost)


def _summed(term: Term, needed: set[Any]) -> Term:
    """A term summed over the labels that nothing needs any more."""
    x, labels = term
    over = tuple(k for k, label in enumerate(labels) if label not in needed)
    if not over:
        return term
    kept = tuple(label for label in labels if label in needed)
    return sum_(x, dim=over, keepdim=False), kept


def _combined(first: Term, second: Term, needed: set[Any]) -> Term:
    """The product of two terms, summed over what only they share: one (batched) matrix product."""
    x, a = _summed(first, needed.union(second[1]))
    y, b = _summed(second, needed.union(first[1]))
    batch = [k for k in a if k in b and k in needed]
    inner = [k for k in a if k in b and k not in needed]
    left, right = [k for k in a if k not in b], [k for k in b if k not in a]
    x = _permuted(x, [a.index(k) for k in (*batch, *left, *inner)])
    y = _permuted(y, [b.index(k) for k in (*batch, *inner, *right)])
    sizes = dict(zip((*batch, *left, *inner), x.shape)) | dict(
        zip((*batch, *inner, *right), y.shape)
    )
    labels = (*batch, *left, *right)
    shape = tuple(sizes[k] for k in labels)
    if not inner:
        # A product without a sum.
        x = reshape_to(x, tuple(sizes[k] for k in (*batch, *left)) + (1,) * len(right))
        y = reshape_to(
            y, tuple(sizes[k] for k in batch) + (1,) * len(left) + tuple(sizes[k] for k in right)
        )
        return mul(x, y), labels
    stack, rows, depth, columns = (
        prod(sizes[k] for k in group) for group in (batch, left, inner, right)
    )
    lead = (stack,) if batch else ()
    product = matmul_(reshape_to(x, (*lead, rows, depth)), reshape_to(y, (*lead, depth, columns)))
    return reshape_to(product, shape), labels


def _permuted(x: Tensor, order: Sequence[int]) -> Tensor:
    return x if list(order) == list(range(x.ndim)) else permute_to(x, tuple(order))


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
        if a.shape[d] != b.shape[e]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[d]} in dim {d} "
                f"and second has size {b.shape[e]} in dim {e}"
            )
    rows = [d for d in range(a.ndim) if d not in first]
    columns = [d for d in range(b.ndim) if d not in second]
    depth = prod(a.shape[d] for d in first)
    shape = (*(a.shape[d] for d in rows), *(b.shape[d] for d in columns))
    left = reshape_to(_permuted(a, rows + first), (prod(a.shape[d] for d in rows), depth))
    right = reshape_to(_permuted(b, second + columns), (depth, prod(b.shape[d] for d in columns)))
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
    return multi_dot(matrices, out=out)


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
