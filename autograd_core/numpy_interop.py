"""NumPy's functions on Tensors (they stay on the tape, or fail by name), and DLPack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from retrograd.autograd_core import creation
from retrograd.autograd_core.ops import FAMILY, find
from retrograd.autograd_core.tensor import Tensor, blank, wrap
from retrograd.backends.registry import get_backend

# NumPy's ufuncs and functions whose counterpart has the same name and means the same.
UFUNCS = """
absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or
bitwise_xor ceil copysign cos cosh deg2rad divide equal exp exp2 expm1 float_power floor gcd lcm
floor_divide fmax fmin fmod frexp greater greater_equal heaviside hypot isfinite isinf isnan ldexp
less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
logical_xor matmul maximum minimum multiply negative nextafter not_equal positive rad2deg
reciprocal remainder sign signbit sin sinh sqrt square subtract tan tanh trunc
""".split()
FUNCTIONS = """
all allclose amax amin any argmax argmin argsort argwhere atleast_1d atleast_2d atleast_3d
column_stack count_nonzero cross cumprod cumsum diag diagflat diff dot
dsplit dstack einsum empty_like fliplr flipud full_like hsplit hstack inner isclose kron mean
moveaxis nan_to_num nanmean nansum ones_like outer prod ravel rot90 round sinc squeeze
stack sum tensordot trace tril triu vdot vsplit vstack where zeros_like
""".split()
# Those that are called otherwise here.
RENAMED = {
    "abs": "absolute", "power": "pow", "mod": "remainder", "true_divide": "divide",
    "degrees": "rad2deg", "radians": "deg2rad", "invert": "bitwise_not", "fabs": "absolute",
    "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift",
    "rint": "round", "expand_dims": "unsqueeze", "array_equal": "equal", "around": "round",
    "max": "amax", "min": "amin", "array_split": "tensor_split", "split": "tensor_split",
    "vecdot": "linalg_vecdot", "permute_dims": "transpose", "concat": "concatenate",
    "cumulative_sum": "cumsum", "cumulative_prod": "cumprod",
}  # fmt: skip


def _transpose(a: Tensor, axes: Any = None) -> Tensor:
    return a.permute(tuple(range(a.ndim)[::-1]) if axes is None else axes)


def _spread(name: str) -> Callable[..., Any]:
    """NumPy's var and std divide by n unless told otherwise; PyTorch's by n - 1."""

    def call(a: Tensor, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
        return find(name)(a, axis, correction=ddof, keepdim=keepdims)

    return call


# Those whose arguments differ in more than names.
ADAPTED: dict[str, Callable[..., Any]] = {
    "broadcast_to": lambda array, shape: array.broadcast_to(shape),
    "clip": lambda a, a_min=None, a_max=None: a.clamp(a_min, a_max),
    "concatenate": lambda arrays, axis=0: find("cat")(
        arrays if axis is not None else [a.ravel() for a in arrays], axis or 0
    ),
    "diagonal": lambda a, offset=0, axis1=0, axis2=1: a.diagonal(offset, axis1, axis2),
    "flip": lambda m, axis=None: m.flip(
        tuple(range(m.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    ),
    "ndim": lambda a: a.ndim,
    "repeat": lambda a, repeats, axis=None: a.repeat_interleave(repeats, axis),
    "reshape": lambda a, shape: a.reshape(shape),
    "roll": lambda a, shift, axis=None: a.roll(shift, axis),
    "shape": lambda a: tuple(a.shape),
    "size": lambda a, axis=None: a.numel() if axis is None else a.shape[axis],
    "sort": lambda a, axis=-1: a.sort(axis)[0],
    "std": _spread("std"),
    "swapaxes": lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
    "tile": lambda A, reps: A.tile(reps),
    "transpose": _transpose,
    "var": _spread("var"),
}

_COMMON = frozenset(UFUNCS + FUNCTIONS)
_SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "arrays": "tensors"}


def _counterpart(name: str) -> Callable[..., Any] | None:
    """The function here for NumPy's function `name`, or None."""
    name = RENAMED.get(name, name)
    if name in ADAPTED:
        return ADAPTED[name]
    if name in ("equal", "array_equal"):
        return find("eq" if name == "equal" else "equal")
    if name not in _COMMON and name not in RENAMED.values():
        return None
    return find(name) if name in FAMILY else getattr(creation, name, None)


def __array_ufunc__(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``np.sin(tensor)`` and ``array * tensor``: Tensors, on the tape."""
    name = ufunc.__name__
    function = _counterpart(name) if method == "__call__" and not kwargs else None
    if name == "equal":
        function = find("eq") if not kwargs and method == "__call__" else None
    if function is not None:
        return function(*inputs)
    what = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
    return _by_numpy(what, getattr(ufunc, method), inputs, kwargs)


def __array_function__(
    self: Tensor, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """``np.sum(tensor)`` and ``np.concatenate([tensor, array])``: Tensors, on the tape."""
    name = function.__name__
    ours = _counterpart(name) if "linalg" not in function.__module__ else None
    if ours is None:
        return _by_numpy(f"np.{name}", function, args, kwargs)
    args = tuple(_to_tensors(arg) for arg in args)
    if name not in ADAPTED:
        kwargs = {_SPELLINGS.get(key, key): value for key, value in kwargs.items()}
    return ours(*args, **kwargs)


def _to_tensors(value: Any) -> Any:
    """NumPy arrays, also those in a list, as tensors."""
    if isinstance(value, np.ndarray):
        return creation.from_numpy(value)
    if isinstance(value, list) and any(isinstance(item, (Tensor, np.ndarray)) for item in value):
        return [_to_tensors(item) for item in value]
    if isinstance(value, tuple) and any(isinstance(item, (Tensor, np.ndarray)) for item in value):
        return tuple(_to_tensors(item) for item in value)
    return value


def _by_numpy(name: str, function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What NumPy itself computes from the values; TypeError if a gradient would be lost."""

    def plain(value: Any) -> Any:
        if isinstance(value, Tensor):
            if value.requires_grad:
                raise TypeError(
                    f"{name} has no counterpart that keeps the gradient of a Tensor that requires "
                    "grad: use a function of retrograd, or tensor.detach().numpy()"
                )
            return value.numpy()
        if isinstance(value, (list, tuple)):
            return type(value)(plain(item) for item in value)
        return value

    result = function(*plain(tuple(args)), **{key: plain(v) for key, v in kwargs.items()})
    if "out" in kwargs:
        return result
    if isinstance(result, tuple):
        return tuple(_as_ours(part) for part in result)
    return _as_ours(result)


def _as_ours(result: Any) -> Any:
    numeric = isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fiub"
    return wrap(result) if numeric else result


# --- DLPack -----------------------------------------------------------------------------------------


def __dlpack__(self: Tensor, **kwargs: Any) -> Any:
    """A DLPack capsule of the memory; BufferError if a gradient would be lost."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach() instead")
    return self._data.__dlpack__(**kwargs)


def __dlpack_device__(self: Tensor) -> tuple[int, int]:
    """The device as DLPack numbers it."""
    kind, number = self._data.__dlpack_device__()
    return int(kind), int(number)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor on the memory of another library's array, by the DLPack protocol.

    Examples
    --------
    >>> a = np.arange(3)
    >>> rg.from_dlpack(a)
    tensor([0, 1, 2])
    """
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.detach()
    kind = int(ext_tensor.__dlpack_device__()[0])
    backend = get_backend("cpu" if kind == 1 else "cuda")
    return blank(Tensor, backend.xp.from_dlpack(ext_tensor))
