"""New tensors: from data, filled with one value, in regular steps."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from retrograd.autograd_core.layouts import inverse, outermost_first
from retrograd.autograd_core.ops.casting import convert
from retrograd.autograd_core.tensor import Tensor, blank
from retrograd.autograd_core.views import write_out
from retrograd.backends import host
from retrograd.backends.device import device as Device
from retrograd.backends.device import from_host, place, to_device, to_host
from retrograd.backends.dtypes import (
    bool_,
    default_float,
    fitted,
    float64,
    int64,
    to_dtype,
    to_numpy,
)
from retrograd.backends.dtypes import dtype as DType
from retrograd.backends.registry import XP, get_backend

__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like",
    "linspace", "logspace", "ones", "ones_like", "scalar_tensor", "tensor", "tril_indices",
    "triu_indices", "zeros", "zeros_like",
]  # fmt: skip

Where = str | Device | int | None


# --- from data ----------------------------------------------------------------------------------


def tensor(
    data: Any,
    *,
    dtype: DType | None = None,
    device: Where = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor with a copy of `data`.

    Parameters
    ----------
    data : number, nested sequence of numbers, np.ndarray or Tensor
        Python floats get the default type, ints int64; arrays keep their type.
    dtype, device : optional
        Type and place of the result.
    requires_grad : bool
        Record what is computed from it.

    Examples
    --------
    >>> rg.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    >>> rg.tensor([1, 2]).dtype
    retrograd.int64
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use source.detach().clone() or "
            "source.detach().clone().requires_grad_(True), rather than tensor(source).",
            UserWarning,
            stacklevel=2,
        )
        copy = convert(data.detach(), dtype=dtype, device=device, copy=True)
        return copy.requires_grad_() if requires_grad else copy
    array = _read(data, dtype)
    return finished(from_host(array, to_device(device)), requires_grad)


def as_tensor(data: Any, dtype: DType | None = None, device: Where = None) -> Tensor:
    """`data` as a tensor: itself, or on the same memory, where that is possible.

    Examples
    --------
    >>> a = np.zeros(2, np.float32)
    >>> rg.as_tensor(a).fill_(1.0)
    tensor([1., 1.])
    >>> a
    array([1., 1.], dtype=float32)
    """
    if isinstance(data, Tensor):
        return convert(data, dtype=dtype, device=device)
    if type(data) in XP and not isinstance(data, (np.ndarray, np.generic)):
        return convert(blank(Tensor, data), dtype=dtype, device=device)
    array = _read(data, dtype, share=True)
    return finished(from_host(array, to_device(device)))


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor on the memory of a NumPy array.

    Examples
    --------
    >>> rg.from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return blank(Tensor, host.read(ndarray, share=True))


def scalar_tensor(
    s: float, *, dtype: DType | None = None, device: Where = None, requires_grad: bool = False
) -> Tensor:
    """A 0-d tensor of the default floating point type, or of `dtype`.

    Examples
    --------
    >>> rg.scalar_tensor(3)
    tensor(3.)
    """
    return full((), s, dtype=dtype or to_dtype(default_float()), device=device,
                requires_grad=requires_grad)  # fmt: skip


def _read(data: Any, dtype: DType | None, share: bool = False) -> np.ndarray:
    """Users' data as an array in main memory."""
    if isinstance(data, (list, tuple)) and any(
        issubclass(kind, Tensor) for kind in host.leaf_types(data)
    ):
        data = _with_numbers(data)
    return host.read(data, None if dtype is None else to_dtype(dtype).dtype, share=share)


def _with_numbers(data: Any) -> Any:
    """Nested sequences with each tensor of one element replaced by its number."""
    if isinstance(data, (list, tuple)):
        return [_with_numbers(item) for item in data]
    if not isinstance(data, Tensor):
        return data
    if data.numel() != 1:
        raise ValueError(
            "only one element tensors can be converted to Python scalars, got one of shape "
            f"{list(data.shape)}; join tensors with stack() or cat()"
        )
    return to_host(data._data).reshape(())[()]


def finished(data: Any, requires_grad: bool = False, out: Tensor | None = None) -> Tensor:
    """The tensor around a new array, put into `out` if there is one."""
    made = blank(Tensor, data)
    if requires_grad:
        made.requires_grad = True
    return made if out is None else write_out(out, made)


# --- filled -------------------------------------------------------------------------------------


def read_size(name: str, sizes: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """A shape from the arguments ``(2, 3)`` or ``((2, 3),)``, or from ``size=``."""
    if size is not None:
        sizes = tuple(size)
    elif len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    elif not sizes:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    try:
        shape = tuple(map(operator.index, sizes))
    except TypeError:
        raise TypeError(f"{name}(): argument 'size' must be a tuple of ints, got {sizes}") from None
    if shape and min(shape) < 0:
        raise RuntimeError(f"{name}: Dimension size must be non-negative, got {list(shape)}")
    return shape


def chosen_type(dtype: Any, out: Tensor | None, default: np.dtype | None = None) -> np.dtype:
    """The type asked for, else that of `out`, else the default; they must not contradict."""
    if out is None:
        return (default or default_float()) if dtype is None else to_dtype(dtype).dtype
    if dtype is not None and to_dtype(dtype) is not out.dtype:
        raise RuntimeError(f"dtype {dtype} does not match dtype of out parameter ({out.dtype})")
    return out._data.dtype


def _filled(name: str, args: tuple[Any, ...], dtype: np.dtype, device: Where) -> Any:
    """A new array on `device` by the function `name` of its array module."""
    where = to_device(device)
    backend = get_backend(where.type)
    with backend.on(where.index):
        return getattr(backend.xp, name)(*args, dtype)


def zeros(
    *sizes: Any,
    size: Sequence[int] | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Zeros of a given shape, as ``zeros(2, 3)`` or ``zeros((2, 3))``.

    Examples
    --------
    >>> rg.zeros(2)
    tensor([0., 0.])
    """
    shape = read_size("zeros", sizes, size)
    return finished(_filled("zeros", (shape,), chosen_type(dtype, out), device), requires_grad, out)


def ones(
    *sizes: Any,
    size: Sequence[int] | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Ones of a given shape.

    Examples
    --------
    >>> rg.ones(2, dtype=rg.int64)
    tensor([1, 1])
    """
    shape = read_size("ones", sizes, size)
    return finished(_filled("ones", (shape,), chosen_type(dtype, out), device), requires_grad, out)


def empty(
    *sizes: Any,
    size: Sequence[int] | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of a given shape with whatever the memory held.

    Examples
    --------
    >>> rg.empty(2, 3).shape
    retrograd.Size([2, 3])
    """
    shape = read_size("empty", sizes, size)
    return finished(_filled("empty", (shape,), chosen_type(dtype, out), device), requires_grad, out)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """One value in a given shape; its kind (bool, int, float) gives the type.

    Examples
    --------
    >>> rg.full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    value = fill_value.item() if isinstance(fill_value, (Tensor, np.generic)) else fill_value
    natural = default_float() if isinstance(value, float) else to_dtype(type(value)).dtype
    shape = read_size("full", (size,))
    kind = chosen_type(dtype, out, natural)
    value = fitted(value, kind) if type(value) is int else value
    return finished(_filled("full", (shape, value), kind, device), requires_grad, out)


def _like(name: str, input: Any, dtype: Any, device: Where, *value: Any) -> Any:
    """A new array like that of `input`, in its order of memory, by ``<name>_like``."""
    if not isinstance(input, Tensor):
        got = type(input).__name__
        raise TypeError(f"{name}_like(): argument 'input' (position 1) must be Tensor, not {got}")
    data = input._data
    kind = data.dtype if dtype is None else to_dtype(dtype).dtype
    if device is not None and place(to_device(device)) != place(input.device):
        return _filled(name, (data.shape, *value), kind, device)
    if 0 in data.strides:
        order = outermost_first(data)
        shape = tuple([data.shape[d] for d in order])
        return _filled(name, (shape, *value), kind, input.device).transpose(inverse(order))
    return getattr(XP[type(data)], f"{name}_like")(data, *value, dtype=kind)


def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros with the shape, type and device of `input`.

    Examples
    --------
    >>> rg.zeros_like(rg.ones(2))
    tensor([0., 0.])
    """
    return finished(_like("zeros", input, dtype, device), requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones with the shape, type and device of `input`.

    Examples
    --------
    >>> rg.ones_like(rg.zeros(2))
    tensor([1., 1.])
    """
    return finished(_like("ones", input, dtype, device), requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor like `input` with whatever the memory held.

    Examples
    --------
    >>> rg.empty_like(rg.zeros(2)).shape
    retrograd.Size([2])
    """
    return finished(_like("empty", input, dtype, device), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """One value in the shape, type and on the device of `input`.

    Examples
    --------
    >>> rg.full_like(rg.zeros(2), 7)
    tensor([7., 7.])
    """
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    if type(value) is int:
        value = fitted(value, to_numpy(dtype or input.dtype))
    return finished(_like("full", input, dtype, device, value), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an n x m (or n x n) matrix, zeros elsewhere.

    Examples
    --------
    >>> rg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    m = n if m is None else m
    for name, value in (("n", n), ("m", m)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {value}")
    data = _filled("zeros", ((n, m),), chosen_type(dtype, out), device)
    data.reshape(-1)[: n * m : m + 1] = 1
    return finished(data, requires_grad, out)


# --- in steps -----------------------------------------------------------------------------------


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from `start` (0) up to but without `end`, in steps of `step`.

    Integers give int64, else the default floating point type.

    Examples
    --------
    >>> rg.arange(3), rg.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    start, end, step = (
        _number(x) for x in ((0, start, step) if end is None else (start, end, step))
    )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(
            "upper bound and lower bound inconsistent with step sign: "
            f"start={start}, end={end}, step={step}"
        )
    natural = default_float() if float in map(type, (start, end, step)) else int64.dtype
    kind = chosen_type(dtype, out, natural)
    count = _whole_steps(start, end, step)
    steps = _filled(
        "arange", (0, count, 1), float64.dtype if natural.kind == "f" else natural, device
    )
    return finished((steps * step + start).astype(kind, copy=False), requires_grad, out)


def _whole_steps(start: Any, end: Any, step: Any) -> int:
    if all(isinstance(x, int) for x in (start, end, step)):
        return -(-(end - start) // step)
    count = (end - start) / step
    if not math.isfinite(count):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    return math.ceil(count)


def _number(x: Any) -> Any:
    """A Python number from one, a NumPy scalar or a tensor of one element."""
    x = x.item() if isinstance(x, (Tensor, np.generic)) else x
    return int(x) if isinstance(x, bool) else x


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included.

    Examples
    --------
    >>> rg.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    values = _spaced(start, end, steps, device)
    return finished(values.astype(chosen_type(dtype, out)), requires_grad, out)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Where = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`base` to the powers ``linspace(start, end, steps)``.

    Examples
    --------
    >>> rg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    values = base ** _spaced(start, end, steps, device)
    return finished(values.astype(chosen_type(dtype, out)), requires_grad, out)


def _spaced(start: Any, end: Any, steps: int, device: Where) -> Any:
    """Numbers at equal distances in float64, each half counted from its own end."""
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    start, end = float(start), float(end)
    ramp = _filled("arange", (0, steps, 1), float64.dtype, device)
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    values = start + step * ramp
    values[steps // 2 :] = end - step * ramp[: steps - steps // 2][::-1]
    if steps == 1:
        values[:] = start
    return values


def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType = int64,
    device: Where = None,
    layout: Any = None,
) -> Tensor:
    """Rows and columns (2, N) of the entries on and below a diagonal of a row x col matrix.

    Examples
    --------
    >>> rg.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    _refuse_negative("tril_indices", row, col)
    mask = _filled("tri", (row, col, offset), bool_.dtype, device)
    return finished(_positions(mask, dtype))


def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType = int64,
    device: Where = None,
    layout: Any = None,
) -> Tensor:
    """Rows and columns (2, N) of the entries on and above a diagonal of a row x col matrix.

    Examples
    --------
    >>> rg.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    _refuse_negative("triu_indices", row, col)
    mask = _filled("tri", (row, col, offset - 1), bool_.dtype, device)
    return finished(_positions(~mask, dtype))


def _refuse_negative(name: str, row: int, col: int) -> None:
    if row < 0 or col < 0:
        raise RuntimeError(f"{name}(): row and col must be non-negative, got {row} and {col}")


def _positions(mask: Any, dtype: Any) -> Any:
    return XP[type(mask)].stack(mask.nonzero()).astype(to_dtype(dtype).dtype)
