"""Shape without values: broadcasting and its adjoint, reshape, permute, and what they make up."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from retrograd.autograd_core import errors
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.dims import one_dim, some_dims
from retrograd.autograd_core.ops.public import public
from retrograd.autograd_core.tensor import Size, Tensor

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "flatten", "moveaxis", "movedim", "permute", "ravel", "reshape", "squeeze",
    "swapaxes", "swapdims", "t", "transpose", "unflatten", "unsqueeze",
]  # fmt: skip


class Expand(Op, view=True):
    """Repeat along dimensions of length 1 (and new ones in front) without copying."""

    def forward(kernels, input, *, shape):
        return kernels.expand(input, shape)

    def vjp_input(g, input_shape):
        return sum_to(g, input_shape)


class SumTo(Op):
    """The adjoint of `Expand`: sum over the dimensions that broadcasting has repeated."""

    def forward(kernels, input, *, shape):
        lead = input.ndim - len(shape)
        axes = tuple(range(lead)) + tuple(
            lead + k for k, n in enumerate(shape) if n == 1 and input.shape[lead + k] != 1
        )
        if not axes:
            return input.copy().reshape(shape)
        whole = input.dtype.kind != "f"
        total = input.sum(axis=axes, dtype="int64") if whole else kernels.sum(input, axes)
        return total.reshape(shape)

    def vjp_input(g, input_shape):
        return expand_to(g, input_shape)


class Reshape(Op, view=True):
    """The same elements in the same order under another shape."""

    def forward(xp, input, *, shape):
        try:
            return input.reshape(shape)
        except ValueError:
            raise RuntimeError(_no_such_shape(shape, input.size)) from None

    def vjp_input(g, input_shape):
        return reshape_to(g, input_shape)


class Permute(Op, view=True):
    """The dimensions in another order."""

    def forward(xp, input, *, dims):
        return input.transpose(dims)

    def vjp_input(g, dims):
        return permute_to(g, tuple([dims.index(k) for k in range(len(dims))]))


# --- for vjps: complete arguments, tensors or arrays ------------------------------------------------


def expand_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` broadcast to `shape`, tensor or array."""
    return Expand.function(input, shape=tuple(shape))


def sum_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` summed down to `shape`, tensor or array."""
    return SumTo.function(input, shape=tuple(shape))


def reshape_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` under a complete `shape`, tensor or array."""
    return Reshape.function(input, shape=tuple(shape))


def permute_to(input: Any, dims: tuple[int, ...]) -> Any:
    """`input` with its dimensions in the order `dims` (not negative), tensor or array."""
    return Permute.function(input, dims=tuple(dims))


def shape_of(input: Any) -> tuple[int, ...]:
    """The shape of a tensor or array as a plain tuple."""
    return input._data.shape if isinstance(input, Tensor) else input.shape


# --- reshape and its kin ----------------------------------------------------------------------------


def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """The same elements in the same order under another shape; one length may be -1.

    A view where the layout in memory allows it, else a copy.

    Examples
    --------
    >>> rg.reshape(rg.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return Reshape.function(input, shape=_checked(shape))


def view(self: Tensor, *shape: Any, dtype: Any = None) -> Tensor:
    """The same memory under another shape, or read as another type: ``x.view(2, -1)``.

    RuntimeError where a copy would be needed; `reshape` makes one.

    Examples
    --------
    >>> rg.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if len(shape) == 1 and not isinstance(shape[0], int):
        if not isinstance(shape[0], (tuple, list)):
            return _reinterpreted(self, shape[0])
        shape = tuple(shape[0])
    elif not shape:
        return _reinterpreted(self, dtype)
    result = Reshape.function(self, shape=_checked(shape))
    if result._view is None and self._data.size:
        raise RuntimeError(
            f"view size {list(result.shape)} is not compatible with input tensor's size "
            f"{list(self.shape)} and stride {_strides(self)} (at least one dimension spans across "
            "two contiguous subspaces). Use .reshape(...) instead."
        )
    return result


def _strides(tensor: Tensor) -> list[int]:
    return [s // tensor._data.dtype.itemsize for s in tensor._data.strides]


class Reinterpret(Op, view=True):
    """The same bits read as numbers of another type."""

    def forward(xp, input, *, dtype):
        return input.view(dtype)


def _reinterpreted(tensor: Tensor, dtype: Any) -> Tensor:
    return Reinterpret.function(tensor, dtype=dtype.dtype)


def view_as(self: Tensor, other: Tensor) -> Tensor:
    """The same memory under the shape of `other`.

    Examples
    --------
    >>> rg.arange(4).view_as(rg.zeros(2, 2)).shape
    retrograd.Size([2, 2])
    """
    return view(self, other._data.shape)


def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The same elements under the shape of `other`.

    Examples
    --------
    >>> rg.arange(4).reshape_as(rg.zeros(2, 2)).shape
    retrograd.Size([2, 2])
    """
    return reshape_to(self, other._data.shape)


def _checked(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple without negative lengths but -1, which stands for what is left."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    for n in shape:
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n} in shape '{list(shape)}'")
    return shape


def _no_such_shape(shape: tuple[int, ...], size: int) -> str:
    """What to say when `size` elements cannot be put under `shape`."""
    if shape.count(-1) > 1:
        return "only one dimension can be inferred"
    if -1 in shape and size == 0 and prod(shape) == 0:
        return (
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    return f"shape '{list(shape)}' is invalid for input of size {size}"


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one; of a single one, the tensor itself.

    Examples
    --------
    >>> rg.flatten(rg.zeros(2, 3, 4), 1).shape
    retrograd.Size([2, 12])
    """
    old = shape_of(input)
    start, end = one_dim(start_dim, len(old)), one_dim(end_dim, len(old))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not old:
        return reshape_to(input, (1,))
    if start == end:
        return input
    return reshape_to(input, (*old[:start], prod(old[start : end + 1]), *old[end + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    Examples
    --------
    >>> rg.ravel(rg.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    return reshape_to(input, (prod(shape_of(input)),))


@public
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Dimension `dim` split into dimensions of `sizes`, one of which may be -1.

    Examples
    --------
    >>> rg.unflatten(rg.zeros(2, 12), 1, (3, -1)).shape
    retrograd.Size([2, 3, 4])
    """
    old = shape_of(input)
    dim = one_dim(dim, len(old))
    new = _checked(sizes)
    known = -prod(new)
    if new.count(-1) == 1 and known:
        new = tuple([old[dim] // known if n == -1 else n for n in new])
    if prod(new) != old[dim] or -1 in new:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({old[dim]}) in the input tensor"
        )
    return reshape_to(input, (*old[:dim], *new, *old[dim + 1 :]))


@public
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without the dimensions of length 1, or those of them that `dim` names.

    Examples
    --------
    >>> rg.squeeze(rg.zeros(1, 2, 1)).shape, rg.squeeze(rg.zeros(1, 2, 1), 0).shape
    (retrograd.Size([2]), retrograd.Size([2, 1]))
    """
    old = shape_of(input)
    if dim is None:
        return reshape_to(input, tuple([n for n in old if n != 1]))
    # No dimensions are all dimensions to a reduction, but none to squeeze.
    drop = () if dim in ((), []) else some_dims(dim, len(old))
    return reshape_to(input, tuple([n for k, n in enumerate(old) if n != 1 or k not in drop]))


@public
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of length 1 at place `dim`.

    Examples
    --------
    >>> rg.unsqueeze(rg.zeros(2), -1).shape
    retrograd.Size([2, 1])
    """
    old = shape_of(input)
    dim = one_dim(dim, len(old) + 1)
    return reshape_to(input, (*old[:dim], 1, *old[dim:]))


def _at_least(ndim: int, tensors: Any) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        return tuple(_at_least(ndim, (x,)) for x in tensors[0])
    if len(tensors) > 1:
        return tuple(_at_least(ndim, (x,)) for x in tensors)
    (x,) = tensors
    old = shape_of(x)
    if len(old) >= ndim:
        return x
    new = {0: (1,) * ndim, 1: (1, *old, 1)[:ndim] if ndim > 1 else old, 2: (*old, 1)}[len(old)]
    return reshape_to(x, new)


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one dimension.

    Examples
    --------
    >>> rg.atleast_1d(rg.tensor(2.0))
    tensor([2.])
    """
    return _at_least(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two dimensions; new ones come first.

    Examples
    --------
    >>> rg.atleast_2d(rg.zeros(3)).shape
    retrograd.Size([1, 3])
    """
    return _at_least(2, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three dimensions.

    Examples
    --------
    >>> rg.atleast_3d(rg.zeros(3)).shape, rg.atleast_3d(rg.zeros(2, 3)).shape
    (retrograd.Size([1, 3, 1]), retrograd.Size([2, 3, 1]))
    """
    return _at_least(3, tensors)


# --- permute and its kin ----------------------------------------------------------------------------


def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The dimensions in the order `dims`; a view.

    Examples
    --------
    >>> rg.permute(rg.zeros(2, 3, 4), (2, 0, 1)).shape
    retrograd.Size([4, 2, 3])
    """
    ndim = len(shape_of(input))
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal "
            f"to len(dims) = {len(dims)}"
        )
    order = tuple([one_dim(d, ndim) for d in dims])
    if len(set(order)) != ndim:
        raise RuntimeError(f"permute(): duplicate dims are not allowed, got {tuple(dims)}")
    return Permute.function(input, dims=order)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged; a view.

    Examples
    --------
    >>> rg.transpose(rg.zeros(2, 3), 0, 1).shape
    retrograd.Size([3, 2])
    """
    ndim = len(shape_of(input))
    a, b = one_dim(dim0, ndim), one_dim(dim1, ndim)
    order = list(range(ndim))
    if ndim:
        order[a], order[b] = b, a
    return Permute.function(input, dims=tuple(order))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Two dimensions exchanged: `transpose` by NumPy's name.

    Examples
    --------
    >>> rg.swapaxes(rg.zeros(2, 3), 0, 1).shape
    retrograd.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged: `transpose` by another name.

    Examples
    --------
    >>> rg.swapdims(rg.zeros(2, 3), 0, 1).shape
    retrograd.Size([3, 2])
    """
    return transpose(input, dim0, dim1)


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; itself with fewer dimensions.

    Examples
    --------
    >>> rg.t(rg.zeros(2, 3)).shape
    retrograd.Size([3, 2])
    """
    ndim = len(shape_of(input))
    if ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return Permute.function(input, dims=(1, 0) if ndim == 2 else tuple(range(ndim)))


@public
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """The dimensions `source` moved to the places `destination`, the others kept in order.

    Examples
    --------
    >>> rg.movedim(rg.zeros(2, 3, 4), 0, -1).shape
    retrograd.Size([3, 4, 2])
    """
    ndim = len(shape_of(input))
    source, destination = ((x,) if isinstance(x, int) else tuple(x) for x in (source, destination))
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(source)} dims) should "
            f"contain the same number of dims as destination ({list(destination)} dims)"
        )
    source, destination = ([one_dim(d, ndim) for d in dims] for dims in (source, destination))
    for name, dims in (("source", source), ("destination", destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    if not ndim:
        return Permute.function(input, dims=())
    order = [k for k in range(ndim) if k not in source]
    for place, dim in sorted(zip(destination, source, strict=True)):
        order.insert(place, dim)
    return Permute.function(input, dims=tuple(order))


moveaxis = movedim


def reversed_dims(input: Tensor) -> Tensor:
    """The dimensions in reverse order: the transpose of a matrix."""
    return Permute.function(input, dims=tuple(range(len(shape_of(input))))[::-1])


def matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    if len(shape_of(input)) == 1:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return transpose(input, -2, -1) if shape_of(input) else input


def matrix_adjoint(input: Tensor) -> Tensor:
    """The transpose of a matrix, and a 0-d tensor itself: ``x.H``."""
    ndim = len(shape_of(input))
    if ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor."
        )
    return matrix_transpose(input)


# --- broadcasting -----------------------------------------------------------------------------------


def expand(self: Tensor, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Dimensions of length 1 repeated without copying; -1 keeps a length: ``x.expand(3, -1)``.

    Examples
    --------
    >>> rg.tensor([[1.0], [2.0]]).expand(-1, 2)
    tensor([[1., 1.],
            [2., 2.]])
    """
    if size is not None:
        sizes = (size,)
    if len(sizes) == 1 and not isinstance(sizes[0], int):
        sizes = tuple(sizes[0])
    old = shape_of(self)
    lead = len(sizes) - len(old)
    if lead < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(sizes)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({len(old)})"
        )
    new = []
    for k, n in enumerate(sizes):
        have = old[k - lead] if k >= lead else None
        if n == -1 and have is not None:
            n = have
        if n < 0 or have not in (None, 1, n):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                f"non-singleton dimension {k}.  Target sizes: {list(sizes)}.  Tensor sizes: "
                f"{list(old)}"
            )
        new.append(n)
    return Expand.function(self, shape=tuple(new))


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor expanded to the shape of `other`.

    Examples
    --------
    >>> rg.zeros(1).expand_as(rg.ones(3)).shape
    retrograd.Size([3])
    """
    return expand(self, *other._data.shape)


@public
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """`input` repeated to the shape `size` without copying.

    Examples
    --------
    >>> rg.broadcast_to(rg.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, size=size)


def sum_to_size(self: Tensor, *size: Any) -> Tensor:
    """The sum down to a shape that could be broadcast to that of the tensor.

    Examples
    --------
    >>> rg.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    wanted = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    old = self._data.shape
    lead = len(old) - len(wanted)
    if lead < 0 or any(n not in (1, m) for n, m in zip(wanted, old[lead:], strict=True)):
        raise RuntimeError(f"size {list(wanted)} is not expandable to size {list(old)}.")
    return self if wanted == old else sum_to(self, wanted)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that `shapes` broadcast to.

    Examples
    --------
    >>> rg.broadcast_shapes((2, 1), (3,))
    retrograd.Size([2, 3])
    """
    shapes = tuple([(s,) if isinstance(s, int) else tuple(s) for s in shapes])
    clash = errors.broadcast_clash(list(shapes)) if shapes else None
    if clash:
        raise RuntimeError(
            f"Shape mismatch: objects cannot be broadcast to a single shape: {clash}"
        )
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    return Size([next((n for n in column if n != 1), 1) for column in zip(*padded, strict=True)])


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, each broadcast to their common shape.

    Examples
    --------
    >>> a, b = rg.broadcast_tensors(rg.zeros(2, 1), rg.zeros(3))
    >>> a.shape, b.shape
    (retrograd.Size([2, 3]), retrograd.Size([2, 3]))
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    clash = errors.broadcast_clash([shape_of(x) for x in tensors]) if tensors else None
    if clash:
        raise RuntimeError(clash)
    shape = broadcast_shapes(*[shape_of(x) for x in tensors])
    return tuple(expand_to(x, shape) for x in tensors)
