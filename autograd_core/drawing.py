"""Tensors of random numbers: new ones, and the methods that fill a tensor in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core.creation import Where, _like, chosen_type, finished, read_size
from retrograd.autograd_core.ops.filling import drawn
from retrograd.autograd_core.tensor import Tensor
from retrograd.autograd_core.views import write, write_out
from retrograd.backends import random as draws
from retrograd.backends.device import device as Device
from retrograd.backends.device import from_host, to_device, to_host
from retrograd.backends.dtypes import dtype as DType
from retrograd.backends.dtypes import int64, to_dtype
from retrograd.backends.random import Generator

__all__ = [
    "bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm",
]  # fmt: skip

Draw = Callable[[Generator, tuple[int, ...]], Any]


def rand(
    *sizes: Any,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Uniform random numbers in [0, 1).

    Examples
    --------
    >>> generator = rg.manual_seed(0)
    >>> rg.rand(2)
    tensor([0.4963, 0.7682])
    """
    shape, kind = read_size("rand", sizes, size), chosen_type(dtype, out)
    return _new(draws.uniform(_or_default(generator), shape, kind), device, requires_grad, out)


def randn(
    *sizes: Any,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Random numbers of the standard normal distribution.

    Examples
    --------
    >>> generator = rg.manual_seed(0)
    >>> rg.randn(2)
    tensor([ 1.5410, -0.2934])
    """
    shape, kind = read_size("randn", sizes, size), chosen_type(dtype, out)
    return _new(draws.normal(_or_default(generator), shape, kind), device, requires_grad, out)


def randint(
    *args: Any,
    low: int | None = None,
    high: int | None = None,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Random integers from `low` (0) up to but without `high`, as ``randint(low, high, size)``.

    Examples
    --------
    >>> generator = rg.manual_seed(0)
    >>> rg.randint(10, (3,))
    tensor([4, 9, 3])
    """
    positional = list(args)
    if size is None:
        if not positional or not isinstance(positional[-1], (tuple, list)):
            raise TypeError("randint(): argument 'size' must be tuple of ints")
        size = positional.pop()
    if high is None:
        if not positional:
            raise TypeError('randint() missing 1 required positional arguments: "high"')
        high = positional.pop()
    low = positional.pop() if positional else low or 0
    shape, kind = read_size("randint", (size,)), chosen_type(dtype, out, int64.dtype)
    values = draws.integers(_or_default(generator), low, high, shape, kind)
    return _new(values, device, requires_grad, out)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType = int64,
    layout: Any = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The integers from 0 to ``n - 1`` in random order.

    Examples
    --------
    >>> generator = rg.manual_seed(0)
    >>> rg.randperm(4)
    tensor([0, 1, 3, 2])
    """
    values = draws.permutation(_or_default(generator), n)
    return _new(values.astype(to_dtype(dtype).dtype, copy=False), device, requires_grad, out)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Uniform random numbers in [0, 1) in the shape of `input`.

    Examples
    --------
    >>> rg.rand_like(rg.zeros(2, 3)).shape
    retrograd.Size([2, 3])
    """
    empty = finished(_like("empty", input, dtype, device))
    return uniform_(empty, generator=generator).requires_grad_(requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Standard normal random numbers in the shape of `input`.

    Examples
    --------
    >>> rg.randn_like(rg.zeros(2, 3)).shape
    retrograd.Size([2, 3])
    """
    empty = finished(_like("empty", input, dtype, device))
    return normal_(empty, generator=generator).requires_grad_(requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Random integers in [low, high), or [0, low), in the shape and type of `input`.

    Examples
    --------
    >>> rg.randint_like(rg.zeros(2), 1)
    tensor([0., 0.])
    """
    low, high = (0, low) if high is None else (low, high)
    empty = finished(_like("empty", input, dtype, device))
    return random_(empty, low, high, generator=generator).requires_grad_(requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Normal random numbers: tensors of means and deviations, or numbers and a `size`.

    Examples
    --------
    >>> rg.normal(rg.tensor([1.0, 2.0]), 0.0)
    tensor([1., 2.])
    """
    source = _or_default(generator)
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    if not tensors:
        if size is None:
            raise TypeError('normal() missing 1 required positional arguments: "size"')
        shape, kind = read_size("normal", (size,)), chosen_type(dtype, out)
        return _new(draws.normal(source, shape, kind, mean, std), device, requires_grad, out)
    if isinstance(std, Tensor) and (to_host(std._data) < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if not isinstance(std, Tensor) and std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    like = mean + std
    if not all(x.is_floating_point() for x in tensors):
        raise NotImplementedError(
            "normal(): expected floating point tensors of means and deviations"
        )
    noise = draws.normal(source, like._data.shape, like._data.dtype)
    z = from_host(noise, like.device)
    values = z * getattr(std, "_data", std) + getattr(mean, "_data", mean)
    result = drawn(like, values=values)
    return result if out is None else write_out(out, result)


def bernoulli(
    input: Tensor,
    p: float | None = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """One with probability `p`, or the probability that `input` holds in its place, else zero.

    Examples
    --------
    >>> rg.bernoulli(rg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    data = input._data
    if p is None and data.dtype.kind != "f":
        raise RuntimeError(f"bernoulli: expected floating point probabilities, got {input.dtype}")
    chance = to_host(data) if p is None else p
    values = draws.bernoulli(_or_default(generator), data.shape, chance, data.dtype)
    result = drawn(input, values=from_host(values, input.device))
    return result if out is None else write_out(out, result)


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Indices drawn in proportion to the weights in each row of `input`.

    Parameters
    ----------
    input : Tensor
        (K,) or (N, K) weights, not negative.
    num_samples : int
        How many indices per row.
    replacement : bool
        Whether an index may come more than once in a row.

    Examples
    --------
    >>> rg.multinomial(rg.tensor([0.0, 1.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    weights = to_host(input._data)
    values = draws.multinomial(_or_default(generator), weights, num_samples, replacement)
    return _new(values, input.device, False, out)


# --- methods that fill in place -------------------------------------------------------------------


def uniform_(
    self: Tensor,
    from_: float = 0.0,
    to: float = 1.0,
    *,
    generator: Generator | None = None,
    **old: Any,
) -> Tensor:
    """Fill with uniform random numbers in [from, to).

    Examples
    --------
    >>> rg.empty(2).uniform_(3, 3)
    tensor([3., 3.])
    """
    low, kind = old.pop("from", from_), self._data.dtype
    return _fill(
        self, "uniform_()", generator, lambda g, n: draws.uniform(g, n, kind, low, to), old
    )


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers.

    Examples
    --------
    >>> rg.empty(2).normal_(3.0, 0.0)
    tensor([3., 3.])
    """
    data = self._data
    draw = draws.normal if data.flags.c_contiguous else draws.normal_serial
    return _fill(self, "normal_()", generator, lambda g, n: draw(g, n, data.dtype, mean, std))


def random_(
    self: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
    **old: Any,
) -> Tensor:
    """Fill with integers in [from, to), in [0, from), or over the whole range of the type.

    Examples
    --------
    >>> rg.empty(2).random_(1)
    tensor([0., 0.])
    """
    low, kind = old.pop("from", from_), self._data.dtype
    if low is None and to is None:
        return _fill(self, "random_()", generator, lambda g, n: draws.natural_integers(g, n, kind))
    start, stop = (0, low) if to is None and "from" not in old else (low or 0, to)
    return _fill(
        self, "random_()", generator, lambda g, n: draws.integers(g, start, stop, n, kind), old
    )


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones with probability `p` (a number or a tensor), else zeros.

    Examples
    --------
    >>> rg.empty(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    shape, kind = self._data.shape, self._data.dtype
    if not isinstance(p, Tensor):
        return _fill(self, "bernoulli_()", generator, lambda g, n: draws.bernoulli(g, n, p, kind))
    values = draws.bernoulli(_or_default(generator), shape, to_host(p._data), kind)
    return write(self, drawn(self, values=from_host(values, self.device)), "bernoulli_()")


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponential random numbers of mean ``1 / lambd``.

    Examples
    --------
    >>> bool((rg.empty(2).exponential_() >= 0).all())
    True
    """
    kind = self._data.dtype
    return _fill(
        self, "exponential_()", generator, lambda g, n: draws.exponential(g, n, kind, lambd)
    )


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with random numbers of the Cauchy distribution.

    Examples
    --------
    >>> rg.empty(2).cauchy_().shape
    retrograd.Size([2])
    """
    kind = self._data.dtype
    return _fill(self, "cauchy_()", generator, lambda g, n: draws.cauchy(g, n, kind, median, sigma))


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with random numbers whose logarithm is normal.

    Examples
    --------
    >>> rg.empty(2).log_normal_().shape
    retrograd.Size([2])
    """
    kind = self._data.dtype
    return _fill(
        self, "log_normal_()", generator, lambda g, n: draws.log_normal(g, n, kind, mean, std)
    )


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of trials up to the first success of probability `p`.

    Examples
    --------
    >>> bool((rg.empty(2).geometric_(0.5) >= 1).all())
    True
    """
    kind = self._data.dtype
    return _fill(self, "geometric_()", generator, lambda g, n: draws.geometric(g, n, p, kind))


def _fill(
    tensor: Tensor, by: str, generator: Generator | None, draw: Draw, rest: Any = ()
) -> Tensor:
    """Fill `tensor` with what `draw` gives, in the order in which its elements lie in memory."""
    if rest:
        raise TypeError(f"{by[:-2]}() got an unexpected keyword argument {next(iter(rest))!r}")
    data, source = tensor._data, _or_default(generator)
    if data.flags.c_contiguous:
        values = draw(source, data.shape)
    else:
        order = sorted(range(data.ndim), key=lambda k: -data.strides[k])
        values = draw(source, tuple([data.shape[k] for k in order]))
        values = values.transpose([order.index(k) for k in range(data.ndim)])
    values = from_host(values, tensor.device)
    return write(tensor, drawn(tensor, values=values), by)


def _new(values: Any, device: Where, requires_grad: bool, out: Tensor | None) -> Tensor:
    """The tensor of values that were drawn in main memory."""
    where: Device = to_device(device)
    return finished(from_host(values, where), requires_grad, out)


def _or_default(generator: Generator | None) -> Generator:
    return draws.default_generator if generator is None else generator
