"""Tensor: an array, whether it wants a gradient, and the node that made it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.node import Node, RemovableHandle
from retrograd.backends.device import device as Device
from retrograd.backends.device import device_of, from_host, to_host
from retrograd.backends.dtypes import dtype as DType
from retrograd.backends.dtypes import to_dtype
from retrograd.backends.registry import XP


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints.

    Examples
    --------
    >>> rg.zeros(2, 3).shape
    retrograd.Size([2, 3])
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        total = 1
        for n in self:
            total *= n
        return total

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: tuple[int, ...]) -> Size:  # type: ignore[override]
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self) -> str:
        return f"retrograd.Size({list(self)})"


class Tensor:
    """An n-dimensional array that remembers how it was computed.

    Made by `retrograd.tensor`, `zeros`, ... and by every operation; the methods are the functions of
    the package whose first argument is a tensor.

    Examples
    --------
    >>> x = rg.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # `_data` is the raw array; `_node` made it (None for a leaf); `_view` says what it is a view of.
    # `_grad` and `_hooks` are unset until used, and then read as None.
    __slots__ = ("_data", "_node", "_requires_grad", "_view", "_grad", "_hooks", "__weakref__")

    # Above NumPy's arrays, so that `ndarray * tensor` comes here.
    __array_priority__ = 1000

    # Kinds of tensors that do not exist here, which code for all kinds asks about.
    is_sparse = is_sparse_csr = is_nested = is_quantized = is_meta = is_mkldnn = False
    is_mps = is_xpu = False

    _data: Any
    _node: Node | None
    _requires_grad: bool
    _view: Any
    _grad: Tensor | None
    _hooks: Any

    if TYPE_CHECKING:
        # Attached by `methods`, like all that `__getattr__` stands for to a type checker.
        def _operator(self, *args: Any) -> Any: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _operator
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _operator
        __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _operator
        __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _operator
        __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _operator
        __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = _operator
        __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pos__ = __abs__ = _operator
        __invert__ = __getitem__ = __setitem__ = __contains__ = _operator

        def __eq__(self, other: object) -> Any: ...
        def __ne__(self, other: object) -> Any: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not Tensor:
            return object.__new__(cls)
        from retrograd.autograd_core.legacy import legacy_tensor

        return legacy_tensor(*args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name in ("_grad", "_hooks"):
            setattr(self, name, None)
            return None
        raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}")

    # --- what it is -----------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The length of each dimension."""
        return Size(self._data.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return to_dtype(self._data.dtype)

    @property
    def device(self) -> Device:
        """Where the elements live."""
        return device_of(self._data)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.size * self._data.dtype.itemsize

    @property
    def is_cpu(self) -> bool:
        """Whether the elements are in main memory."""
        return self.device.type == "cpu"

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are in a GPU's memory."""
        return self.device.type == "cuda"

    # --- gradients ------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded; may be set on leaves."""
        if self._view is not None:
            self._view.sync(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        if self._node is not None and not on:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if on and self._data.dtype.kind != "f":
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, got {self.dtype}; "
                "convert it first: x.float()"
            )
        self._requires_grad = bool(on)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got {value!r}")
            if value._data.shape != self._data.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: expected {list(self.shape)}, "
                    f"got {list(value.shape)}"
                )
            if value._data.dtype != self._data.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different type: expected {self.dtype}, "
                    f"got {value.dtype}"
                )
            if type(value._data) is not type(self._data):
                raise RuntimeError(
                    f"assigned grad has data located on a different device: expected {self.device}, "
                    f"got {value.device}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def grad_fn(self) -> Node | None:
        """The node that made it; None for a leaf."""
        if self._view is not None:
            self._view.sync(self)
        node = self._node
        if node is not None and node.op.picks:
            return node.parents[0]
        return node

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than by a recorded operation."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` it is."""
        return self._node.saved[0] if self._node is not None and self._node.op.picks else 0

    @property
    def retains_grad(self) -> bool:
        """Whether it is a non-leaf whose gradient `backward` keeps."""
        hooks = self._node.hooks if self._node is not None else None
        return any(isinstance(hook, Retain) for hook in hooks or ())

    @property
    def _version(self) -> int:
        """How many in-place writes its memory has seen."""
        write = changes.of(self._data)
        return write.count if write else 0

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` in place and return the tensor."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """A tensor on the same memory that gradients do not flow through."""
        return wrap(self._data)

    def detach_(self) -> Tensor:
        """Cut this tensor off from the graph that made it."""
        if self._view is not None:
            raise RuntimeError("can't detach views in-place: use detach() instead")
        self._node, self._requires_grad = None, False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without the graph; may be set to another tensor's memory."""
        return wrap(self._data)

    @data.setter
    def data(self, other: Tensor) -> None:
        if not isinstance(other, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(other).__name__}")
        self._data = other._data

    def retain_grad(self) -> None:
        """Make `backward` set `grad` on this non-leaf too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._node is not None and not self.retains_grad:
            hooks = self._node.hooks = self._node.hooks or []
            hooks.append(Retain(self))

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` when the gradient of this tensor is known.

        The hook may return a tensor to be used in the place of `grad`; it must not change `grad`.

        Examples
        --------
        >>> x = rg.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            hooks = self._node.hooks = self._node.hooks or []
        else:
            hooks = self._leaf_hooks()[0]
        return RemovableHandle(hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after `backward` has updated the `grad` of this leaf."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        return RemovableHandle(self._leaf_hooks()[1], hook)

    def _leaf_hooks(self) -> tuple[list[Any], list[Any]]:
        """The hooks of a leaf: those before and those after its `grad` is updated."""
        if self._hooks is None:
            self._hooks = ([], [])
        return self._hooks

    # --- to and from the host -------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The values as a NumPy array that shares memory with a tensor on the CPU.

        Parameters
        ----------
        force : bool
            Detach and copy from the GPU if need be, instead of raising.
        """
        if not force:
            if self.requires_grad:
                raise RuntimeError(
                    "can't call numpy() on Tensor that requires grad: the array would lose the "
                    "gradient. Use tensor.detach().numpy() instead."
                )
            if not self.is_cpu:
                raise TypeError(
                    f"can't convert {self.device} device type tensor to numpy: use tensor.cpu() "
                    "to copy it to host memory first"
                )
        return to_host(self._data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if copy is False:
            return np.asarray(array, dtype=dtype, copy=False)
        return np.array(array, dtype=dtype, copy=True if copy else None)

    def item(self) -> Any:
        """The value of a tensor of one element as a Python number."""
        if self._data.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._data.size} elements cannot be converted to Scalar: "
                "item() wants exactly one element; tolist() takes any number"
            )
        return to_host(self._data).item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers, or one number for a 0-d tensor."""
        return to_host(self._data).tolist()

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {self._data.size} values is ambiguous: use any() or "
                "all()"
            )
        return bool(self.item())

    def __int__(self) -> int:
        return int(self._only_element())

    def __float__(self) -> float:
        return float(self._only_element())

    def _only_element(self) -> Any:
        """What `item` gives; ValueError, as int() and float() raise in PyTorch, if it fails."""
        if self._data.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars, got one of shape "
                f"{list(self.shape)}"
            )
        return self.item()

    def __index__(self) -> int:
        if self._data.dtype.kind not in "bui" or self._data.size != 1:
            raise TypeError(
                "only integer tensors of a single element can be converted to an index, got "
                f"{self.dtype} of shape {list(self.shape)}"
            )
        return int(self.item())

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        from retrograd.autograd_core.ops.joining import unbind

        return iter(unbind(self, 0))

    __hash__ = object.__hash__

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (_rebuild, (type(self), self._state()))

    def _state(self) -> dict[str, Any]:
        """What a pickle or a copy holds: neither a gradient nor the graph, as in PyTorch."""
        return {
            "data": to_host(self._data),
            "device": str(self.device),
            "requires_grad": self.requires_grad,
            "attributes": getattr(self, "__dict__", {}),
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self._node is not None:
            raise RuntimeError(
                "only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol: use tensor.detach() or tensor.clone() in its place"
            )
        state_ = self._state()
        state_["data"] = state_["data"].copy()
        state_["attributes"] = dict(state_["attributes"])
        copy = memo[id(self)] = _rebuild(type(self), state_)
        if self._grad is not None:
            copy._grad = self._grad.__deepcopy__(memo)
        return copy


def _rebuild(kind: type[Tensor], saved: dict[str, Any]) -> Tensor:
    """A tensor from what `_state` gave."""
    tensor = blank(kind, from_host(saved["data"], Device(saved["device"])))
    tensor._requires_grad = saved["requires_grad"]
    for name, value in saved["attributes"].items():
        setattr(tensor, name, value)
    return tensor


_new = object.__new__


def blank(kind: type[Tensor], data: Any) -> Any:
    """A tensor of class `kind` around a raw array, a leaf that does not require grad."""
    tensor = _new(kind)
    tensor._data = data
    tensor._node = None
    tensor._requires_grad = False
    tensor._view = None
    return tensor


def wrap(data: Any) -> Tensor:
    """A constant Tensor around a raw array (or around what NumPy gives for a 0-d one)."""
    if isinstance(data, np.generic):
        data = np.asarray(data)
    return blank(Tensor, data)


def owned_copy(cotangent: Any) -> Tensor:
    """A cotangent, a raw array or a Tensor, as a Tensor on memory of its own."""
    if not isinstance(cotangent, Tensor):
        return wrap(cotangent.copy())
    if cotangent._node is not None:
        return cotangent
    if not cotangent._requires_grad:
        return wrap(cotangent._data.copy())
    from retrograd.autograd_core.ops.casting import clone

    return clone(cotangent)


class Retain:
    """The hook of `retain_grad`; it knows its tensor weakly, since the node must not keep it."""

    def __init__(self, tensor: Tensor):
        self._tensor = weakref.ref(tensor)

    def __call__(self, grad: Tensor) -> None:
        tensor = self._tensor()
        if tensor is not None:
            old = tensor._grad
            tensor._grad = owned_copy(grad) if old is None else old + grad


def is_array(value: Any) -> bool:
    """Whether `value` is a raw array of some backend."""
    return type(value) in XP


__all__ = ["Size", "Tensor", "blank", "is_array", "state", "wrap"]
