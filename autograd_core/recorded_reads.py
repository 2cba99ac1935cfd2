"""What a recording sees of tensors: their arrays and gradients, as the program will find them.

While one is made, `Tensor._data` and `Tensor._grad` are properties in the place of the slots. Reading
the array of a tensor that was there before gives it as an array of the recording, without changing
the tensor; setting a gradient is written down. Other threads see the slots as ever.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.node import FREED, Node
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.host_calls import state
from retrograd.backends.recording import Recorded, RecordedScalar, Recorder
from retrograd.backends.registry import XP, get_backend

_DATA: Any = Tensor.__dict__["_data"]
_GRAD: Any = Tensor.__dict__["_grad"]
_one_at_a_time = threading.RLock()


# --- what a program calls -------------------------------------------------------------------------


def data(tensor: Tensor) -> Any:
    """The array of a tensor."""
    return _DATA.__get__(tensor)


class Leaf(weakref.ref):
    """A tensor that was there before, known weakly: a program must not keep what others let go."""

    __slots__ = ()


def grad_data(leaf: Any) -> Any:
    """The array of the gradient of a tensor or `Leaf`."""
    tensor: Any = leaf() if type(leaf) is Leaf else leaf
    return tensor._grad._data


def set_grad(leaf: Any, array: Any) -> None:
    """Make an array the gradient of a tensor or `Leaf`."""
    tensor: Any = leaf() if type(leaf) is Leaf else leaf
    tensor._grad = wrap(array)


def drop_grad(leaf: Any) -> None:
    """Leave a tensor or `Leaf` without gradient."""
    tensor: Any = leaf() if type(leaf) is Leaf else leaf
    tensor._grad = None


# --- the watch ------------------------------------------------------------------------------------


class Watch:
    """The tensors that one recording meets.

    Attributes
    ----------
    recorder : Recorder
    found : list of (Leaf, array, bool)
        Tensors that were there before, with their arrays and whether they require grad.
    grads : list of (Leaf, bool)
        Tensors whose gradient was read, and whether there was one.
    """

    def __init__(self, inputs: list[Tensor]):
        self.recorder = Recorder()
        self.found: list[tuple[Leaf, Any, bool]] = []
        self.grads: list[tuple[Leaf, bool]] = []
        self._inputs = inputs
        self._leaves: dict[int, Leaf] = {}
        # By id; the tensor keeps the id from being given again.
        self._known: dict[int, tuple[Tensor, Recorded]] = {}
        self._known_grads: dict[int, Tensor] = {}
        self._made: list[weakref.ref[Tensor]] = []

    @contextmanager
    def on(self) -> Iterator[None]:
        """A block that is recorded."""
        with _one_at_a_time:
            self.recorder.watch = self
            _set_members(property(_read_data, _write_data), property(_read_grad, _write_grad))
            try:
                with self.recorder.at_work():
                    for k, tensor in enumerate(self._inputs):
                        self.recorder.given[id(tensor)] = f"x{k}"
                        self._known[id(tensor)] = tensor, self.recorder.load(data, tensor)
                    yield
            finally:
                _set_members(_DATA, _GRAD)
                self.recorder.watch = None
                self._leave_plain()

    def _leave_plain(self) -> None:
        """Give the tensors that were made, and live on, arrays of NumPy."""
        for tensor in self._alive():
            array = _DATA.__get__(tensor)
            if isinstance(array, Recorded):
                tensor._data = array.value
            tensor._node = tensor._view = None
        for array in self.recorder.outside.values():
            if array.slot.memory.written:
                changes.note(array.value, "a recorded function")
        for k in self.written_inputs():
            changes.note(self._inputs[k]._data, "a recorded function")

    def written_inputs(self) -> list[int]:
        """The numbers of the inputs whose memory is written to."""
        known = [self._known.get(id(tensor)) for tensor in self._inputs]
        return [k for k, found in enumerate(known) if found and found[1].slot.memory.written]

    def _alive(self) -> list[Tensor]:
        return [tensor for ref in self._made if (tensor := ref()) is not None]

    def array_of(self, tensor: Tensor, array: Any) -> Recorded:
        """The array of a tensor that was there before."""
        known = self._known.get(id(tensor))
        if known is None:
            if type(array) is not get_backend("cpu").array_type:
                self.recorder.refuse("a tensor on a GPU", "only the CPU is recorded", "")
            known = self._known[id(tensor)] = tensor, self.recorder.array_outside(array)
            self.found.append((self._leaf(tensor), array, tensor._requires_grad))
        return known[1]

    def _leaf(self, tensor: Tensor) -> Leaf:
        return self._leaves.setdefault(id(tensor), Leaf(tensor))

    def _target(self, tensor: Tensor) -> Any:
        """What a program knows a tensor by."""
        return tensor if id(tensor) in self.recorder.given else self._leaf(tensor)

    def place(self, leaf: Leaf) -> int | None:
        """Which input a tensor is, None if it is none."""
        tensor = leaf()
        return next((k for k, x in enumerate(self._inputs) if x is tensor), None)

    def is_before(self, tensor: Tensor) -> bool:
        """Whether a tensor was there before the recording."""
        return not isinstance(_slot(_DATA, tensor), Recorded)

    def read_grad(self, tensor: Tensor, grad: Tensor | None) -> None:
        """Note that the gradient of a tensor that was there before was asked for."""
        if id(tensor) in self._known_grads:
            return
        self._known_grads[id(tensor)] = tensor
        self.grads.append((self._leaf(tensor), grad is not None))
        if grad is not None:
            self._known[id(grad)] = grad, self.recorder.load(grad_data, self._target(tensor))

    def write_grad(self, tensor: Tensor, grad: Tensor | None) -> None:
        """Write down that a tensor that was there before gets another gradient."""
        self._known_grads[id(tensor)] = tensor
        if grad is None:
            self.recorder.effect(drop_grad, self._target(tensor))
        else:
            self.recorder.effect(set_grad, self._target(tensor), grad._data)

    def write_data(self, tensor: Tensor, array: Any) -> Any:
        """What to set as the array of a tensor."""
        if not isinstance(array, Recorded):
            array = self.recorder.constant(array)
        elif isinstance(array, RecordedScalar):
            array = XP[Recorded].asarray(array)
        old = _slot(_DATA, tensor)
        if old is None:
            self._made.append(weakref.ref(tensor))
        elif not isinstance(old, Recorded):
            if self.array_of(tensor, old) is not array:
                self.recorder.refuse(
                    f"new memory for a tensor of shape {list(old.shape)} that was there before",
                    "the program works on the memory it was recorded with",
                    "write into it: tensor.copy_(values)",
                )
            return old
        return array

    def check_nothing_kept(self) -> None:
        """RuntimeError if a tensor made inside lives on, but for gradients and results."""
        # Graphs of graphs may hold cycles; those of a moment ago are found at a tenth of the cost.
        for generation in (1, 2):
            if self._kept():
                gc.collect(generation)
        for tensor in self._kept():
            self.recorder.refuse(
                f"a tensor of shape {list(tensor.shape)} that is kept after the function ended",
                "a replay could not renew it",
                "return it, or write into a tensor that is there before: kept.copy_(values)",
            )

    def _kept(self) -> list[Tensor]:
        grads = {id(_slot(_GRAD, tensor)) for tensor in self._known_grads.values()}
        return [tensor for tensor in self._alive() if id(tensor) not in grads]


def check_graph_used(tensor: Tensor, recorder: Recorder) -> None:
    """RuntimeError if the graph of a result waits for a backward pass."""
    stack: list[Any] = [tensor._node]
    seen = set()
    while stack:
        node = stack.pop()
        if type(node) is not Node or node in seen:
            continue
        seen.add(node)
        stack.extend(node.parents)
        if node.op.saves_arrays and node.saved is not FREED:
            recorder.refuse(
                f"a result of shape {list(tensor.shape)} that backward() may be called on later",
                "a program keeps no graph",
                "call backward() inside the function, return result.detach(), or use no_grad()",
            )


def _set_members(of_data: Any, of_grad: Any) -> None:
    for name, member in (("_data", of_data), ("_grad", of_grad)):
        setattr(Tensor, name, member)


def _slot(slot: Any, tensor: Tensor) -> Any:
    """What is in a slot, None if nothing."""
    try:
        return slot.__get__(tensor)
    except AttributeError:
        return None


def _read_data(tensor: Tensor) -> Any:
    array, recorder = _DATA.__get__(tensor), state.recorder
    if isinstance(array, Recorded):
        return array.value if recorder is None else array
    return array if recorder is None else recorder.watch.array_of(tensor, array)


def _write_data(tensor: Tensor, array: Any) -> None:
    recorder = state.recorder
    _DATA.__set__(tensor, array if recorder is None else recorder.watch.write_data(tensor, array))


def _read_grad(tensor: Tensor) -> Any:
    grad, recorder = _slot(_GRAD, tensor), state.recorder
    if recorder is not None and recorder.watch.is_before(tensor):
        recorder.watch.read_grad(tensor, grad)
    return grad


def _write_grad(tensor: Tensor, grad: Tensor | None) -> None:
    recorder = state.recorder
    if recorder is not None and recorder.watch.is_before(tensor):
        recorder.watch.write_grad(tensor, grad)
    _GRAD.__set__(tensor, grad)
