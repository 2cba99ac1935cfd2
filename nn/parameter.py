"""Tensors that a module owns: `Parameter` is trained, `Buffer` is saved but not trained."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import empty
from retrograd.autograd_core.tensor import Tensor, blank


class Parameter(Tensor):
    """A tensor that a `Module` lists among its parameters when it is assigned as an attribute.

    Parameters
    ----------
    data : Tensor, optional
        The values; the memory is shared.
    requires_grad : bool
        Whether it is trained.

    Examples
    --------
    >>> rg.nn.Parameter(rg.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(
                f"expected a Tensor as data of {cls.__name__}, got {type(data).__name__}"
            )
        self = blank(cls, data._data)
        self.requires_grad = requires_grad
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = super().__deepcopy__(memo)
        copy.grad = None  # as in PyTorch: the copy of a model starts without gradients
        return copy

    def __repr__(self, **kwargs: Any) -> str:
        return "Parameter containing:\n" + super().__repr__(**kwargs)

    def __str__(self) -> str:
        return repr(self)


class Buffer(Tensor):
    """A tensor that a `Module` lists among its buffers when it is assigned as an attribute.

    Parameters
    ----------
    data : Tensor, optional
        The values; the memory is shared.
    persistent : bool
        Whether it is part of `state_dict`.

    Examples
    --------
    >>> module = rg.nn.Module()
    >>> module.mean = rg.nn.Buffer(rg.zeros(1))
    >>> list(module.state_dict())
    ['mean']
    """

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = empty(0)
        self = blank(cls, data._data)
        self.persistent = persistent
        return self


class UninitializedParameter(Parameter):
    """A parameter of a lazy module before the first input tells its shape.

    Examples
    --------
    >>> rg.nn.LazyLinear(3).weight
    <UninitializedParameter>
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        return super().__new__(cls, empty(0) if data is None else data, requires_grad)

    def materialize(self, shape: tuple[int, ...], device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary parameter of `shape` with values still to be set."""
        self._data = empty(*shape, device=device or self.device, dtype=dtype or self.dtype)._data
        self.__class__ = Parameter  # type: ignore[assignment]

    def __repr__(self, **kwargs: Any) -> str:
        return "<UninitializedParameter>"


class UninitializedBuffer(Buffer):
    """A buffer of a lazy module before the first input tells its shape.

    Examples
    --------
    >>> mean = rg.nn.UninitializedBuffer()
    >>> mean.materialize((3,))
    >>> mean.shape
    retrograd.Size([3])
    """

    def materialize(self, shape: tuple[int, ...], device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary buffer of `shape` with values still to be set."""
        self._data = empty(*shape, device=device or self.device, dtype=dtype or self.dtype)._data
        self.__class__ = Buffer  # type: ignore[assignment]


def is_lazy(param: Any) -> bool:
    """Whether `param` is still waiting for its shape."""
    return isinstance(param, (UninitializedParameter, UninitializedBuffer))
