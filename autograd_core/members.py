"""Methods of Tensor that are no functions of the package: queries, conversions, fills, copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from retrograd.autograd_core import creation
from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.engine import backward
from retrograd.autograd_core.layouts import strided
from retrograd.autograd_core.modes import state
from retrograd.autograd_core.ops.casting import convert
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.filling import Fill, fill
from retrograd.autograd_core.ops.shape import expand
from retrograd.autograd_core.printing import text
from retrograd.autograd_core.tensor import Size, Tensor
from retrograd.autograd_core.views import check_writable, write
from retrograd.backends.device import address
from retrograd.backends.device import device as Device
from retrograd.backends.dtypes import ALL, fitted, to_dtype
from retrograd.backends.dtypes import dtype as DType


def _conversion(name: str) -> Any:
    """The method that converts to one type."""
    wanted = to_dtype(name)

    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return convert(self, dtype=wanted)

    method.__doc__ = f"The tensor in the type {name}; itself if it is so already."
    return method


def target_of(
    args: tuple[Any, ...], dtype: Any = None, device: Any = None, copy: bool = False
) -> dict[str, Any]:
    """The dtype, device and copy that the arguments of `to` ask for."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, (str, int, Device)) and not isinstance(arg, bool):
            device = arg
        elif arg in (True, False):
            # The positional non_blocking and copy: to(device, dtype, non_blocking, copy).
            copy = bool(arg) if args[-1] is arg and args[-2] in (True, False) else copy
        elif arg is not None:
            dtype = to_dtype(arg)
    return {"dtype": dtype, "device": device, "copy": copy}


class Members:
    """Methods of Tensor; `methods` names them."""

    # --- gradients --------------------------------------------------------------------------------

    def backward(
        self: Tensor,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of this tensor with respect to every leaf to the leaf's `grad`.

        Parameters
        ----------
        gradient : Tensor, optional
            The cotangent of this tensor, of its shape; may be left out for one element.
        retain_graph : bool, optional
            Keep the saved values for another backward pass; by default as `create_graph`.
        create_graph : bool
            Record the backward pass too, for derivatives of higher order.
        inputs : sequence of Tensor, optional
            Only these get a gradient.

        Examples
        --------
        >>> a = rg.tensor(1.0, requires_grad=True)
        >>> b = a + a
        >>> c = b + b
        >>> c.backward()
        >>> a.grad
        tensor(4.)
        """
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    # --- what it is -------------------------------------------------------------------------------

    def size(self: Tensor, dim: int | None = None) -> Any:
        """The shape, or the length of dimension `dim`.

        Examples
        --------
        >>> rg.zeros(2, 3).size(-1)
        3
        """
        shape = self._data.shape
        return Size(shape) if dim is None else shape[_checked(dim, len(shape))]

    def stride(self: Tensor, dim: int | None = None) -> Any:
        """How many elements apart neighbours along each dimension (or along `dim`) lie in memory.

        Examples
        --------
        >>> rg.zeros(2, 3).stride()
        (3, 1)
        """
        data = self._data
        steps = tuple([s // data.dtype.itemsize for s in data.strides])
        return steps if dim is None else steps[_checked(dim, len(steps))]

    def dim(self: Tensor) -> int:
        """The number of dimensions.

        Examples
        --------
        >>> rg.zeros(2, 3).dim()
        2
        """
        return self._data.ndim

    def numel(self: Tensor) -> int:
        """The number of elements.

        Examples
        --------
        >>> rg.zeros(2, 3).numel()
        6
        """
        return self._data.size

    def element_size(self: Tensor) -> int:
        """Bytes of one element.

        Examples
        --------
        >>> rg.zeros(2).element_size()
        4
        """
        return self._data.dtype.itemsize

    def is_contiguous(self: Tensor, memory_format: Any = None) -> bool:
        """Whether the elements lie in memory in row-major order.

        Examples
        --------
        >>> rg.zeros(2, 3).t().is_contiguous()
        False
        """
        return self._data.flags.c_contiguous

    def data_ptr(self: Tensor) -> int:
        """The address of the first element.

        Examples
        --------
        >>> x = rg.zeros(2)
        >>> x.data_ptr() == x.view(2, 1).data_ptr()
        True
        """
        return address(self._data)

    def is_floating_point(self: Tensor) -> bool:
        """Whether the elements are floating point numbers.

        Examples
        --------
        >>> rg.zeros(2).is_floating_point()
        True
        """
        return self._data.dtype.kind == "f"

    def is_complex(self: Tensor) -> bool:
        """False: there are no complex tensors here.

        Examples
        --------
        >>> rg.zeros(2).is_complex()
        False
        """
        return False

    def is_signed(self: Tensor) -> bool:
        """Whether the type has negative numbers.

        Examples
        --------
        >>> rg.zeros(2).is_signed()
        True
        """
        return self._data.dtype.kind in "if"

    def is_nonzero(self: Tensor) -> bool:
        """Whether the only element is not zero.

        Examples
        --------
        >>> rg.tensor([2.0]).is_nonzero()
        True
        """
        return bool(self)

    def is_same_size(self: Tensor, other: Tensor) -> bool:
        """Whether two tensors have the same shape.

        Examples
        --------
        >>> rg.zeros(2).is_same_size(rg.ones(2))
        True
        """
        return self._data.shape == other._data.shape

    def is_pinned(self: Tensor, device: Any = None) -> bool:
        """Whether the memory is locked for copies to a GPU: False.

        Examples
        --------
        >>> rg.zeros(2).is_pinned()
        False
        """
        return False

    def get_device(self: Tensor) -> int:
        """The number of the GPU that it lives on, -1 for the CPU.

        Examples
        --------
        >>> rg.zeros(2).get_device()
        -1
        """
        return -1 if self.is_cpu else self.device.index or 0

    # --- conversions ------------------------------------------------------------------------------

    def to(
        self: Tensor,
        *args: Any,
        dtype: DType | None = None,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """The tensor in another type and/or on another device; itself if nothing changes.

        ``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other)``, whose type and device
        are taken.

        Parameters
        ----------
        copy : bool
            Make a copy even if nothing changes.

        Examples
        --------
        >>> rg.tensor([1, 2]).to(rg.float64)
        tensor([1., 2.], dtype=retrograd.float64)
        """
        return convert(self, **target_of(args, dtype, device, copy))

    def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
        """The tensor in main memory; itself if it is there.

        Examples
        --------
        >>> rg.zeros(1).cpu()
        tensor([0.])
        """
        return convert(self, device="cpu")

    def cuda(
        self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None
    ) -> Tensor:
        """The tensor on a GPU; RuntimeError if there is none that can be used.

        Examples
        --------
        >>> rg.zeros(1).cuda()  # doctest: +SKIP
        tensor([0.], device='cuda:0')
        """
        return convert(self, device="cuda" if device is None else device)

    def pin_memory(self: Tensor, device: Any = None) -> Tensor:
        """The tensor itself: copies to a GPU need no locked memory here.

        Examples
        --------
        >>> rg.zeros(1).pin_memory()
        tensor([0.])
        """
        return self

    def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The name of the tensor's type, or the tensor in another type.

        Examples
        --------
        >>> rg.zeros(1).type()
        'retrograd.FloatTensor'
        >>> rg.tensor([1.5]).type(rg.LongTensor)
        tensor([1])
        """
        if dtype is None:
            prefix = "" if self.is_cpu else "cuda."
            return f"retrograd.{prefix}{_LEGACY[self.dtype.name]}"
        place = getattr(dtype, "place", None)
        if isinstance(dtype, str):
            prefix, _, name = dtype.rpartition(".")
            if name not in _BY_LEGACY:
                raise ValueError(f"invalid type: {dtype!r}; expected one such as 'FloatTensor'")
            dtype, place = _BY_LEGACY[name], "cuda" if prefix.endswith("cuda") else "cpu"
        return convert(self, dtype=getattr(dtype, "dtype", dtype), device=place)

    def type_as(self: Tensor, other: Tensor) -> Tensor:
        """The tensor in the type of `other`.

        Examples
        --------
        >>> rg.tensor([1]).type_as(rg.ones(1))
        tensor([1.])
        """
        return convert(self, dtype=other.dtype, device=other.device)

    half, float, double = map(_conversion, ("float16", "float32", "float64"))
    char, short, int, long = map(_conversion, ("int8", "int16", "int32", "int64"))
    byte, bool = map(_conversion, ("uint8", "bool"))

    # --- copies and fills -------------------------------------------------------------------------

    def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
        """Copy the values of `src`, broadcast and converted, into this tensor.

        Examples
        --------
        >>> rg.zeros(2).copy_(rg.tensor([1, 2]))
        tensor([1., 2.])
        """
        if isinstance(src, (int, float)):
            return Members.fill_(self, src)
        if not isinstance(src, Tensor):
            raise TypeError(
                f"copy_(): argument 'other' must be Tensor, not {src.__class__.__name__}"
            )
        if src is self:
            return self
        value = convert(src, dtype=self.dtype, device=self.device)
        if value._data.shape != self._data.shape:
            value = expand(value, *self._data.shape)
        if state.grad and (self.requires_grad or value.requires_grad):
            value = Fill.function(self, value)
        return write(self, value, "copy_()")

    def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
        """Replace each element by what `callable` makes of it; slow, and only on a CPU.

        Examples
        --------
        >>> rg.tensor([1.0, 4.0]).apply_(lambda x: x + 1 if x > 2 else x)
        tensor([1., 5.])
        """
        if not self.is_cpu:
            raise TypeError("apply_ is only implemented on CPU tensors: use x.cpu()")
        if self.requires_grad:
            raise RuntimeError(
                "Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead."
            )
        values = [callable(x) for x in self.flatten().tolist()]
        return write(self, creation.tensor(values, dtype=self.dtype).view(self.shape), "apply_()")

    def fill_(self: Tensor, value: Any) -> Tensor:
        """Set every element to `value`, a number or a tensor of one element.

        Examples
        --------
        >>> rg.zeros(2).fill_(3)
        tensor([3., 3.])
        """
        if state.grad and (self.requires_grad or isinstance(value, Tensor)):
            return write(self, fill(self, value), "fill_()")
        check_writable(self, "fill_()")
        if type(value) is int:
            value = fitted(value, self._data.dtype)
        self._data[...] = getattr(value, "_data", value)
        changes.note(self._data, "fill_()")
        return self

    def zero_(self: Tensor) -> Tensor:
        """Set every element to zero.

        Examples
        --------
        >>> rg.ones(2).zero_()
        tensor([0., 0.])
        """
        return Members.fill_(self, 0)

    # --- new tensors of the same type and device --------------------------------------------------

    def new_tensor(
        self: Tensor,
        data: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """A copy of `data` as a tensor of this type, on this device.

        Examples
        --------
        >>> rg.zeros(1, dtype=rg.int8).new_tensor([1, 2])
        tensor([1, 2], dtype=retrograd.int8)
        """
        return creation.tensor(data, **_as(self, dtype, device), requires_grad=requires_grad)

    def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
        """A tensor of this type and device by the older spelling: of sizes, or with these values.

        Examples
        --------
        >>> rg.zeros(1).new(2, 3).shape
        retrograd.Size([2, 3])
        >>> rg.zeros(1).new([1, 2])
        tensor([1., 2.])
        """
        from retrograd.autograd_core.legacy import legacy_tensor

        return legacy_tensor(*args, **_as(self, self.dtype, device))

    def new_empty(
        self: Tensor,
        *sizes: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **kept: Any,
    ) -> Tensor:
        """A tensor of this type and device with whatever the memory held.

        Examples
        --------
        >>> rg.zeros(1).new_empty(2, 3).shape
        retrograd.Size([2, 3])
        """
        return creation.empty(
            *sizes, **_as(self, dtype, device), requires_grad=requires_grad, **kept
        )

    def new_zeros(
        self: Tensor,
        *sizes: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **kept: Any,
    ) -> Tensor:
        """Zeros of this type and device.

        Examples
        --------
        >>> rg.ones(1).new_zeros(2)
        tensor([0., 0.])
        """
        return creation.zeros(
            *sizes, **_as(self, dtype, device), requires_grad=requires_grad, **kept
        )

    def new_ones(
        self: Tensor,
        *sizes: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **kept: Any,
    ) -> Tensor:
        """Ones of this type and device.

        Examples
        --------
        >>> rg.zeros(1).new_ones(2)
        tensor([1., 1.])
        """
        return creation.ones(
            *sizes, **_as(self, dtype, device), requires_grad=requires_grad, **kept
        )

    def new_full(
        self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
        requires_grad: bool = False, **kept: Any,
    ) -> Tensor:  # fmt: skip
        """One value, in this type and on this device.

        Examples
        --------
        >>> rg.zeros(1).new_full((2,), 3)
        tensor([3., 3.])
        """
        options = _as(self, dtype, device)
        return creation.full(size, fill_value, **options, requires_grad=requires_grad, **kept)

    def index(self: Tensor, indices: Any) -> Tensor:
        """``self[indices]`` for one index tensor, or None for all, in each leading dimension.

        Examples
        --------
        >>> rg.arange(4).reshape(2, 2).index((None, rg.tensor([1])))
        tensor([[1],
                [3]])
        """
        return self[tuple([slice(None) if i is None else i for i in indices])]

    @property
    def layout(self: Tensor) -> Any:
        """How the elements are stored: always `strided`.

        Examples
        --------
        >>> rg.zeros(2).layout
        retrograd.strided
        """
        return strided

    def where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
        """The elements where `condition` holds, those of `other` elsewhere.

        Examples
        --------
        >>> x = rg.tensor([1.0, -2.0])
        >>> x.where(x > 0, 0.0)
        tensor([1., 0.])
        """
        return where(condition, self, other)

    # --- text -------------------------------------------------------------------------------------

    def __repr__(self: Tensor) -> str:
        return text(self)

    def __format__(self: Tensor, spec: str) -> str:
        return (
            self.item().__format__(spec) if self._data.ndim == 0 else object.__format__(self, spec)
        )


_LEGACY = {
    "float16": "HalfTensor", "float32": "FloatTensor", "float64": "DoubleTensor",
    "int8": "CharTensor", "int16": "ShortTensor", "int32": "IntTensor", "int64": "LongTensor",
    "uint8": "ByteTensor", "bool": "BoolTensor",
}  # fmt: skip
_BY_LEGACY = {_LEGACY[d.name]: d for d in ALL}


def _checked(dim: int, ndim: int) -> int:
    if not -ndim <= dim < ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], "
            f"but got {dim})"
        )
    return dim


def _as(tensor: Tensor, dtype: Any, device: Any) -> dict[str, Any]:
    """The type and device of `tensor` where none are given."""
    return {
        "dtype": tensor.dtype if dtype is None else dtype,
        "device": tensor.device if device is None else device,
    }
