"""Conversions: of type, of device, and copies."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.layouts import unrepeated
from retrograd.autograd_core.op import Op
from retrograd.backends.device import device_of, from_host, place, to_device, to_host
from retrograd.backends.dtypes import to_dtype
from retrograd.backends.registry import BACKENDS

__all__ = ["clone"]


class Cast(Op):
    """The values in another data type; the cotangent comes back in the input's own."""

    def forward(xp, input, *, dtype):
        return unrepeated(input, dtype) if 0 in input.strides else input.astype(dtype)

    def vjp_input(g, input_dtype):
        return cast(g, dtype=input_dtype)


class Transfer(Op):
    """The values on another device; the cotangent is sent back to the input's own."""

    def forward(xp, input, *, device, home):
        return from_host(to_host(input), device)

    def vjp_input(g, home):
        return transfer(g, device=home, home=device_of(getattr(g, "_data", g)))


class Clone(Op):
    """A copy of the values on memory of its own, in the input's order of dimensions."""

    def forward(xp, input):
        return unrepeated(input, input.dtype) if 0 in input.strides else input.copy("K")

    def vjp_input(g):
        return g


class Contiguous(Op):
    """A copy of the values in row-major order."""

    def forward(xp, input):
        return input.copy("C")

    def vjp_input(g):
        return g


cast = Cast.function
contiguous_copy = Contiguous.function


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy that gradients flow through.

    Examples
    --------
    >>> x = rg.ones(2, requires_grad=True)
    >>> rg.clone(x).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    return Clone.function(input)


def unshared(input: Any) -> Any:
    """`input`, or a copy if it is a view: for functions whose results have memory of their own."""
    return input if getattr(input, "_view", None) is None else clone(input)


def transfer(input: Any, *, device: Any, home: Any) -> Any:
    """Send a tensor or array from the device `home` to `device`."""
    if type(input) in BACKENDS:
        return from_host(to_host(input), device)
    return Transfer.function(input, device=device, home=home)


def convert(input: Any, *, dtype: Any = None, device: Any = None, copy: bool = False) -> Any:
    """`input` in the type `dtype` and on `device`, itself if it is so already and `copy` is off."""
    result = input
    if dtype is not None:
        wanted = to_dtype(dtype).dtype
        if wanted is not input._data.dtype:
            result = cast(result, dtype=wanted)
    if device is not None:
        where, home = to_device(device), input.device
        if place(where) != place(home):
            result = transfer(result, device=where, home=home)
    return clone(result) if copy and result is input else result


def contiguous(input: Any, memory_format: Any = None) -> Any:
    """`input` itself if its elements lie in row-major order, else a copy in that order."""
    return input if input._data.flags.c_contiguous else contiguous_copy(input)
