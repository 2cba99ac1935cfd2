"""Primitives of oneDNN, made once for each shape, and the memory that they work in."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Hashable, Sequence
from threading import local
from typing import Any, NamedTuple

import numpy as np

from retrograd.backends import threads
from retrograd.backends.onednn.binding import (
    ANY_FORMAT,
    ARG_DST,
    ARG_SCRATCHPAD,
    ARG_SRC,
    F32,
    Format,
    Handle,
    Library,
    Unsupported,
    check,
    dims,
    find,
)

_ALIGNMENT = 64
_MAX_PLANS = 1000


class Operand(NamedTuple):
    """An argument of a primitive: its number, the format of its array, whether it is a result."""

    argument: int
    outside: Format
    is_result: bool = False


class Step(NamedTuple):
    """The arguments of dnnl_primitive_execute."""

    primitive: int
    stream: int
    argument_count: int
    arguments: int


class _Argument(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_int), ("memory", ctypes.c_void_p)]


class Plan:
    """A primitive for C-contiguous arrays of known shapes, with the reorders that it wants.

    OneDNN computes fastest in formats of its own: blocks of channels. The operands go there and the
    results come back through the context's memory.
    """

    def __init__(
        self,
        context: Context,
        descriptor: Handle,
        operands: Sequence[Operand],
        shape: Sequence[int] = (),
    ):
        library = self._library = context.dnnl
        self.shape = tuple(shape)  # of the result, where the caller does not know it
        self._context = context
        self.nbytes = self._base = 0  # the size and the place of the memory inside
        self._kept: list[Any] = []
        self._inside: list[tuple[int, int]] = []
        self._outside: list[int] = []
        before, arguments, after = [], [], []
        for operand in operands:
            inside = library.format_of(descriptor, operand.argument)
            outside, memory = operand.outside, self._memory(operand.outside)
            self._outside.append(memory)
            if not library.same(inside, outside):
                own = self._memory(inside, own=True)
                if operand.is_result:
                    after.append(self._reorder(inside, outside, own, memory))
                else:
                    before.append(self._reorder(outside, inside, memory, own))
                memory = own
            arguments.append((operand.argument, memory))
        self._steps = [*before, self._step(descriptor, arguments), *after]

    def __call__(self, *arrays: Any) -> None:
        """Compute from and to the arrays of the operands."""
        context, set_data, execute = self._context, self._library.set_data, self._library.execute
        if self.nbytes > context.nbytes:
            context.grow(self.nbytes)
        if self._base != context.base:
            self._base = context.base
            for memory, offset in self._inside:
                set_data(memory, self._base + offset)
        for memory, array in zip(self._outside, arrays, strict=True):
            set_data(memory, _address(array))
        for step in self._steps:
            status = execute(*step)
            if status:
                check(status, "dnnl_primitive_execute")

    def _memory(self, format: Format, own: bool = False) -> int:
        """A memory object whose address is set later: that of an array, or one of our `own`."""
        library = self._library
        handle = library.create(
            "dnnl_memory_create", format, library.engine, None, destroy="dnnl_memory_destroy"
        )
        self._kept.append(handle)
        if own:
            self._inside.append((handle.value, self.nbytes))
            self.nbytes += -(-library.size(format) // _ALIGNMENT) * _ALIGNMENT
        return handle.value

    def _reorder(
        self, source: Format, target: Format, source_memory: int, target_memory: int
    ) -> Step:
        library = self._library
        engine = library.engine
        descriptor = library.create(
            "dnnl_reorder_primitive_desc_create", source, engine, target, engine,
            library.attributes, destroy="dnnl_primitive_desc_destroy",
        )  # fmt: skip
        return self._step(descriptor, [(ARG_SRC, source_memory), (ARG_DST, target_memory)])

    def _step(self, descriptor: Handle, arguments: list[tuple[int, int]]) -> Step:
        library = self._library
        scratchpad = library.format_of(descriptor, ARG_SCRATCHPAD)
        if library.size(scratchpad):
            arguments = [*arguments, (ARG_SCRATCHPAD, self._memory(scratchpad, own=True))]
        primitive = library.create(
            "dnnl_primitive_create", descriptor, destroy="dnnl_primitive_destroy"
        )
        array = (_Argument * len(arguments))(*(_Argument(*pair) for pair in arguments))
        self._kept += [primitive, array]
        stream = self._context.stream.value
        return Step(primitive.value, stream, len(arguments), ctypes.addressof(array))


_byte_of = ctypes.c_char.from_buffer


def _address(array: Any) -> int:
    """Where an array is in memory. The first way is four times as fast; read-only ones need the other."""
    try:
        return ctypes.addressof(_byte_of(array))
    except TypeError:
        return array.__array_interface__["data"][0]


_wanted_threads = 1
_forked = False


def _set_num_threads(n: int) -> None:
    global _wanted_threads
    _wanted_threads = 1 if _forked else n


def _after_fork() -> None:
    """OpenMP's threads do not live on in a child process, and it would wait for them."""
    global _forked
    _forked = True
    _set_num_threads(1)


threads.follow(_set_num_threads)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Context(local):
    """What one thread computes with: plans, a stream, and memory that they share.

    Nothing is shared between threads, so nothing has to be locked.
    """

    def __init__(self) -> None:
        library = find()
        if library is None:
            raise RuntimeError("oneDNN is not installed: pip install 'retrograd[onednn]'")
        self.dnnl: Library = library
        self.stream = library.stream()
        self.nbytes = self.base = self._threads = 0
        self._memory = np.empty(0, np.uint8)
        self._plans: dict[Hashable, Plan | None] = {}

    def plan(self, make: Callable[..., Plan], settings: tuple[Hashable, ...]) -> Plan | None:
        """What `make` gives for `settings`, made once; None where oneDNN is no help."""
        key = (make, settings)
        self.follow_threads()
        try:
            return self._plans[key]
        except KeyError:
            pass
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        found: Plan | None
        try:
            found = make(self, *settings)
        except Unsupported:
            found = None
        self._plans[key] = found
        return found

    def follow_threads(self) -> None:
        """Compute with as many threads as are wanted now."""
        count = _wanted_threads
        if count != self._threads:
            # A primitive divides its work among the threads that there are when it is made.
            self._plans.clear()
            self._threads = count
            self.dnnl.set_num_threads(count)

    def grow(self, nbytes: int) -> None:
        """Provide for plans that need `nbytes`."""
        self._memory = np.empty(0, np.uint8)  # the old goes first
        self._memory = np.empty(nbytes + _ALIGNMENT, np.uint8)
        address = self._memory.__array_interface__["data"][0]
        self.base = -(-address // _ALIGNMENT) * _ALIGNMENT
        self.nbytes = nbytes

    def plain(self, shape: Sequence[int]) -> Handle:
        """The format of a C-contiguous float32 array."""
        strides = [1]
        for size in shape[:0:-1]:
            strides.insert(0, strides[0] * size)
        return self.strided(shape, strides)

    def strided(self, shape: Sequence[int], strides: Sequence[int]) -> Handle:
        """The format of a float32 array with these strides, in elements."""
        return self._format("dnnl_memory_desc_create_with_strides", shape, dims(strides))

    def any(self, shape: Sequence[int]) -> Handle:
        """Whichever format of this shape oneDNN likes best."""
        return self._format("dnnl_memory_desc_create_with_tag", shape, ANY_FORMAT)

    def _format(self, name: str, shape: Sequence[int], layout: Any) -> Handle:
        return self.dnnl.create(
            name, len(shape), dims(shape), F32, layout, destroy="dnnl_memory_desc_destroy"
        )  # fmt: skip


context = Context()
