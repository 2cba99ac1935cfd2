"""Program: a recording as a Python function on arrays that are kept from call to call.

Each value is one of three things. *Fixed*: an array that is there before the program runs: arrays of
outside, constants, kept buffers (results of functions that take ``out=``), and views of those. A
*local*: a variable of the program, for what is new in every run: results that leave the program,
what functions without ``out=`` give, NumPy's numbers, and views of those. Or *unused*.

A buffer's memory serves again once nothing needs it any more.
"""

from __future__ import annotations

import linecache
import operator
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from retrograd.backends.recording.calls import Call, Memory, Value, leaves, replaced
from retrograd.backends.recording.recorder import Recorder
from retrograd.backends.recording.text import Names, statement

# Methods that write into `out` what they would return.
_WITH_OUT = {getattr(np.ndarray, name) for name in "cumprod cumsum max min prod sum".split()}
# These want an `out` in row-major order.
_PRODUCTS = (np.dot, np.ndarray.dot)
# What `copyto` does as well.
_COPIES = (np.ndarray.copy, np.ndarray.astype, np.copy)
_UNINITIALIZED = (np.empty, np.empty_like)
_programs = count(1).__next__


class Program:
    """A recording that can be run again.

    Attributes
    ----------
    text : str
        The source of the function, one line for each call.
    run : callable
        The function; its parameters are the objects that each run gets anew.
    written : list of np.ndarray
        The arrays of outside that it writes to.
    buffer_bytes : int
        The memory of its buffers.
    """

    def __init__(self, recorder: Recorder, results: list[Value]):
        for value in results:
            value.memory.leaves = True
        self._fixed: dict[int, Any] = {}
        for recorded in recorder.outside.values():
            self._fixed[recorded.slot.number] = recorded.value
        calls = _needed(recorder.calls, results)
        self.written = [
            array.value for array in recorder.outside.values() if array.slot.memory.written
        ]
        self._names = Names(recorder.given)
        lines = self._lines(calls, results)
        self.text = "\n".join(
            [f"def replay({', '.join(recorder.given.values())}):", *(f"    {x}" for x in lines), ""]
        )
        self.run = self._compiled()

    def __str__(self) -> str:
        return self.text

    def _compiled(self) -> Callable[..., Any]:
        file = f"<recorded program {_programs()}>"
        # So that a traceback can show the line.
        linecache.cache[file] = (len(self.text), None, self.text.splitlines(True), file)
        scope: dict[str, Any] = {"__name__": "retrograd.recorded", **self._names.scope}
        exec(compile(self.text, file, "exec"), scope)
        return scope["replay"]

    def _lines(self, calls: list[Call], results: list[Value]) -> list[str]:
        """The statements, and the values that are fixed."""
        last = _last_uses(calls)
        pool, lines = _Pool(), []
        for number, call in enumerate(calls):
            line = self._line(call, pool)
            if line is not None:
                lines.append((line, call))
            for memory in last.get(number, ()):
                pool.give_back(memory)
        self.buffer_bytes = pool.bytes
        returned = ", ".join(self._name(value) for value in results)
        return [*_with_deletions(lines, self._fixed, results), f"return [{returned}]"]

    def _line(self, call: Call, pool: _Pool) -> str | None:
        """The statement for a call, None if it is done once and for all now."""
        operands = list(call.operands())
        fixed = all(value.number in self._fixed for value in operands)
        if fixed and call.results and _is_constant(call, operands):
            self._compute_now(call)
            return None
        if len(call.results) == 1 and _is_buffer(call, operands):
            (value,) = call.results
            buffer = self._fixed[value.number] = pool.take(value)
            if call.function in _UNINITIALIZED:
                return None
            return self._into(call, value, buffer)
        return statement(call, self._names, self._name)

    def _compute_now(self, call: Call) -> None:
        args = replaced(call.args, self._array)
        made = call.function(*args, **replaced(call.kwargs, self._array))
        for value, array in zip(call.results, leaves(made) if call.several else [made]):
            self._fixed[value.number] = array

    def _into(self, call: Call, value: Value, buffer: Any) -> str:
        """The statement that computes into a buffer."""
        if call.function in _COPIES:
            unsafe = {"casting": "unsafe"} if call.function is np.ndarray.astype else {}
            call = call._replace(function=np.copyto, args=(value, call.args[0]), kwargs=unsafe)
        elif call.function is operator.pow:
            call = call._replace(function=np.square, args=call.args[:1], kwargs={"out": value})
        else:
            call = call._replace(kwargs={**call.kwargs, "out": value})
        return statement(call._replace(results=()), self._names, self._name)

    def _array(self, x: Any) -> Any:
        return self._fixed[x.number] if type(x) is Value else x

    def _name(self, value: Value) -> str:
        name = f"v{value.number}"
        if value.number in self._fixed:
            self._names.scope[name] = self._fixed[value.number]
        return name


def _needed(calls: list[Call], results: list[Value]) -> list[Call]:
    """The calls whose results or writes somebody wants, in order."""
    wanted = {value.memory for value in results}
    while True:
        before = len(wanted)
        for call in reversed(calls):
            if _is_needed(call, wanted):
                wanted.update(value.memory for value in call.operands())
        if len(wanted) == before:
            return [call for call in calls if _is_needed(call, wanted)]


def _is_needed(call: Call, wanted: set[Memory]) -> bool:
    if call.keep or any(value.memory in wanted for value in call.results):
        return True
    return any(memory in wanted or memory.origin != "computed" for memory in call.writes)


def _is_constant(call: Call, operands: list[Value]) -> bool:
    """Whether a call on fixed arrays gives the same in every run: views, and unwritten constants."""
    if call.keep or any(value.memory.origin == "loaded" for value in call.results):
        return False
    memories = {value.memory for value in operands}
    if all(value.memory in memories for value in call.results):
        return True
    new = [value.memory for value in call.results]
    return not operands and not any(m.written or m.leaves for m in new)


def _is_buffer(call: Call, operands: list[Value]) -> bool:
    """Whether the result can be computed into memory that is kept."""
    (value,) = call.results
    memory, function = value.memory, call.function
    if value.scalar or memory.leaves or memory.origin != "computed" or call.keep:
        return False
    if memory in {v.memory for v in operands} or not _is_dense(value):
        return False
    if function is operator.pow:
        return call.args[1] == 2 and value.dtype.kind == "f" and type(call.args[1]) in (int, float)
    if function in _PRODUCTS:
        return value.strides == np.empty(value.shape, value.dtype).strides
    owner = getattr(function, "__self__", None)
    ufunc = isinstance(function, np.ufunc) or (
        isinstance(owner, np.ufunc) and function.__name__ in ("reduce", "accumulate")
    )
    return ufunc or function in _WITH_OUT or function in _COPIES or function in _UNINITIALIZED


def _is_dense(value: Value) -> bool:
    """Whether its elements lie side by side in some order of the dimensions."""
    expected = value.dtype.itemsize
    for stride, n in sorted(zip(value.strides, value.shape)):
        if n != 1:
            if stride != expected:
                return False
            expected *= n
    return True


def _last_uses(calls: list[Call]) -> dict[int, list[Memory]]:
    """After which call which memory is needed no more."""
    last: dict[Memory, int] = {}
    for number, call in enumerate(calls):
        for value in (*call.operands(), *call.results):
            last[value.memory] = number
    ends: dict[int, list[Memory]] = {}
    for memory, number in last.items():
        ends.setdefault(number, []).append(memory)
    return ends


def _with_deletions(
    lines: list[tuple[str, Call]], fixed: dict[int, Any], results: list[Value]
) -> list[str]:
    """The statements, with locals deleted as soon as they have been used."""
    kept = {value.number for value in results} | set(fixed)
    last: dict[int, int] = {}
    for number, (_, call) in enumerate(lines):
        for value in (*call.operands(), *call.results):
            if value.number not in kept:
                last[value.number] = number
    ends: dict[int, list[str]] = {}
    for name, number in last.items():
        ends.setdefault(number, []).append(f"v{name}")
    text = []
    for number, (line, call) in enumerate(lines):
        text.append(f"{line:<70}  # {_remark(call)}")
        if number in ends:
            text.append(f"del {', '.join(ends[number])}")
    return text


def _remark(call: Call) -> str:
    """What a line computes, and for which line of the user's program."""
    shapes = " ".join(f"{value.dtype}{list(value.shape)}" for value in call.results)
    place = call.place.rpartition("/")[2]
    return f"{shapes}  {place}".strip()


class _Pool:
    """Memory for buffers, given again to others when they are done with."""

    def __init__(self) -> None:
        self.bytes = 0
        self._free: list[np.ndarray] = []
        self._used: dict[Memory, np.ndarray] = {}

    def take(self, value: Value) -> np.ndarray:
        """An uninitialized array for `value`."""
        size = max(1, value.dtype.itemsize * int(np.prod(value.shape, dtype=np.int64)))
        fitting = [block for block in self._free if block.size >= size]
        if fitting:
            block = min(fitting, key=len)
            self._free = [b for b in self._free if b is not block]
        else:
            self.bytes += size
            block = np.empty(size, np.uint8)
        self._used[value.memory] = block
        return np.ndarray(value.shape, value.dtype, block, 0, value.strides)

    def give_back(self, memory: Memory) -> None:
        """The values of `memory` are not needed any more."""
        block = self._used.pop(memory, None)
        if block is not None:
            self._free.append(block)
