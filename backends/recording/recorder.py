"""Recorder: runs calls of NumPy as they come and writes them down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from retrograd.backends.base import owner
from retrograd.backends.host_calls import state
from retrograd.backends.recording.array import Recorded, RecordedScalar
from retrograd.backends.recording.calls import Call, Memory, Value, leaves, replaced

# What tells of types and shapes only, so that nothing need be written down.
_OF_TYPES = {
    "broadcast_shapes", "can_cast", "isscalar", "issubdtype", "may_share_memory",
    "min_scalar_type", "ndim", "promote_types", "result_type", "shape", "shares_memory", "size",
}  # fmt: skip
# In the place of None among several results.
_NOTHING = np.empty(0)
# Arrays of the host become constants by these.
_CONVERSIONS = (np.array, np.asarray, np.ascontiguousarray, np.copy)


class Recorder:
    """The calls of one run, in order, and the memory they meet.

    Attributes
    ----------
    calls : list of Call
    outside : dict
        By id: the arrays that were there before, as the recording knows them.
    refusal : RuntimeError or None
        The first thing that could not be recorded.
    given : dict
        By id: objects that each replay gets anew, and their names.
    watch : object
        For those above: what they know of this recording.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.outside: dict[int, Recorded] = {}
        self.refusal: RuntimeError | None = None
        self.given: dict[int, str] = {}
        self.watch: Any = None
        self._owners: dict[int, Memory] = {}
        self._count = 0

    # --- on and off -------------------------------------------------------------------------------

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A block of which this recorder writes down the calls."""
        before, state.recorder = state.recorder, self
        try:
            yield
        finally:
            state.recorder = before

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A block that is run as ever."""
        state.recorder = None
        try:
            yield
        finally:
            state.recorder = self

    # --- arrays that are not computed here --------------------------------------------------------

    def array_outside(self, array: np.ndarray) -> Recorded:
        """An array that was there before: each replay reads and writes that very array."""
        found = self.outside.get(id(array))
        if found is None:
            memory = self._memory_of(array, "outside")
            found = self.outside[id(array)] = Recorded(array, self._value(array, memory))
            memory.arrays[found.slot.number] = array
        return found

    def constant(self, array: np.ndarray) -> Recorded:
        """An array made from Python's numbers during the run: a copy of it each time."""
        return self.call(np.copy, (array,), {"order": "K"})

    def load(self, function: Callable[..., Any], *args: Any) -> Recorded:
        """An array that each replay asks `function` for."""
        with self.paused():
            array = function(*args)
        value = self._value(array, self._memory_of(array, "loaded"))
        self._note(function, args, {}, (value,))
        return Recorded(array, value)

    def _memory_of(self, array: np.ndarray, origin: str) -> Memory:
        memory = self._owners.get(id(owner(array)))
        if memory is None:
            memory = self._owners[id(owner(array))] = Memory(origin)
            memory.owner = owner(array)
        return memory

    # --- calls ------------------------------------------------------------------------------------

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        writes: Recorded | None = None,
    ) -> Any:
        """Run a function on the values, write the call down, and return the result recorded.

        `writes` is the array that the function writes to, if it is not ``out``.
        """
        operands = [x for x in leaves((args, kwargs)) if isinstance(x, Recorded)]
        self._check_operands(function, args)
        out = kwargs.get("out")
        if isinstance(out, tuple) and len(out) == 1:
            kwargs["out"] = out = out[0]
        result = function(*replaced(args, _plain), **replaced(kwargs, _plain))
        written: Any = out if out is not None else writes
        if written is not None:
            self._note(function, args, kwargs, (), (written.slot.memory,))
            return out
        if result is None or getattr(function, "__name__", "") in _OF_TYPES:
            return result
        same = next((x for x in operands if x.value is result), None)
        if same is not None:
            return same
        recorded = self._recorded(function, result, operands, {})
        slots = tuple([self._slot_of(r) for r in leaves(recorded)])
        self._note(function, args, kwargs, slots, several=not isinstance(recorded, Recorded))
        return recorded

    def kernel(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Call an entry of the kernel table as a whole; some use up the memory of their arguments."""
        operands = [x for x in leaves((args, kwargs)) if isinstance(x, Recorded)]
        before, count = [x.value.tobytes() for x in operands], len(self.calls)
        result = self.call(function, args, kwargs)
        written = {x.slot.memory for x, old in zip(operands, before) if x.value.tobytes() != old}
        if len(self.calls) == count and (result is None or written):
            self._note(function, args, kwargs, (), keep=True)
        if written:
            for memory in written:
                memory.written = True
            self.calls[-1] = self.calls[-1]._replace(writes=tuple(written))
        return result

    def host_call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Run a function as ever; each replay calls it again with the same arguments."""
        name = getattr(function, "__qualname__", repr(function))
        if any(callable(x) and not isinstance(x, type) for x in leaves((args[1:], kwargs))):
            self.refuse(f"{name}() with a closure", "it would run the closure inside", "")
        if any(isinstance(x, Recorded) or hasattr(x, "requires_grad") for x in args):
            instead = "call it outside of the recorded function"
            self.refuse(f"{name}() of a tensor", "it looks at values", instead)
        with self.paused():
            result = function(*args, **kwargs)
        if isinstance(result, (int, float)):
            self.refuse(f"{name}()", "it gives a number of Python, another in each call", "")
        if not isinstance(result, np.ndarray):
            self._note(function, args, kwargs, (), keep=True)
            return result
        value = self._value(result, Memory("computed"))
        self._note(function, args, kwargs, (value,), keep=True)
        return Recorded(result, value)

    def effect(self, function: Callable[..., Any], *args: Any) -> None:
        """Write down a call that has been done already; arrays in it leave the program."""
        for x in args:
            if isinstance(x, Recorded):
                x.slot.memory.leaves = True
        self._note(function, args, {}, (), keep=True)

    def _recorded(
        self, function: Any, result: Any, operands: list[Recorded], new: dict[int, Memory]
    ) -> Any:
        """What a function gave, as arrays of this recording; `new` is the memory of other results."""
        if isinstance(result, np.ndarray):
            memory = owner(result)
            source = next((x for x in operands if owner(x.value) is memory), None)
            if source is None:
                fresh = new.setdefault(id(memory), Memory("computed"))
                return Recorded(result, self._value(result, fresh))
            base = source if source.base is None else source.base
            return Recorded(result, self._value(result, source.slot.memory), base)
        if isinstance(result, np.generic):
            return RecordedScalar(result, self._value(result, Memory("computed")))
        if isinstance(result, (tuple, list)):
            parts = [
                None if part is None else self._recorded(function, part, operands, new)
                for part in result
            ]
            return result._make(parts) if hasattr(result, "_make") else type(result)(parts)
        name = getattr(function, "__name__", repr(function))
        return self.refuse(f"{name}()", f"it gives a {type(result).__name__}", "")

    def _slot_of(self, part: Recorded | None) -> Value:
        """The value of a part of a result; one that nobody uses for None."""
        return self._value(_NOTHING, Memory("computed")) if part is None else part.slot

    def _check_operands(self, function: Any, args: Any) -> None:
        if function in _CONVERSIONS:
            return
        if any(type(x) is np.ndarray for x in leaves(args)):
            self.refuse(
                "an array from before the recording",
                "it was saved by a graph that was made outside, or never was a tensor",
                "compute the graph inside the function, and pass arrays as tensors",
            )

    def _value(self, array: Any, memory: Memory) -> Value:
        self._count += 1
        return Value(self._count, memory, array)

    def _note(
        self,
        function: Any,
        args: Any,
        kwargs: Any,
        results: tuple[Value, ...],
        writes: tuple[Memory, ...] = (),
        keep: bool = False,
        several: bool = False,
    ) -> None:
        args, kwargs = replaced(args, _slot), replaced(kwargs, _slot)
        call = Call(function, args, kwargs, results, writes, keep, several, users_line())
        for memory in writes:
            memory.written = True
        self.calls.append(call)

    # --- what cannot be recorded ------------------------------------------------------------------

    def refuse(self, what: str, why: str, instead: str) -> Any:
        """RuntimeError that names the line of the user's program."""
        advice = f" Instead: {instead}." if instead else ""
        error = RuntimeError(f"cannot record {what} ({users_line()}): {why}.{advice}")
        self.refusal = self.refusal or error
        raise error


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, Recorded) else x


def _slot(x: Any) -> Any:
    return x.slot if isinstance(x, Recorded) else x


def users_line() -> str:
    """The file and line of the program that called the library."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        # Functions that the library has written itself are of no module.
        module = frame.f_globals.get("__name__", "retrograd").partition(".")[0]
        if module not in ("retrograd", "contextlib", "functools"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return "?"
