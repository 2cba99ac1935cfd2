"""compile: a function of tensors is recorded once and then replayed without Python for each op."""

from __future__ import annotations

import builtins
import functools
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from retrograd.autograd_core import modes
from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.errors import LinAlgError
from retrograd.autograd_core.recorded_reads import Watch, check_graph_used
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.device import get_default_device
from retrograd.backends.dtypes import get_default_dtype
from retrograd.backends.host_calls import state
from retrograd.backends.recording import Program, Recorded
from retrograd.backends.recording.calls import leaves, replaced
from retrograd.backends.registry import get_backend
from retrograd.nn.module import Module

# Recordings for arguments of one kind, and in all, before something must be wrong.
_PER_SIGNATURE, _IN_ALL = 8, 64
# In the place of what a name stands for that has not got its meaning yet.
_UNSET = object()


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = True,
    dynamic: bool | None = None,
    backend: str = "recording",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """A function that records what `model` computes, and from then on replays it.

    The first call with arguments of new shapes, strides or types runs `model` and writes down each
    call of NumPy. Later ones run that program on kept buffers: results, gradients and changed tensors
    are equal bit by bit to those of `model`. Optimizers' and schedulers' steps and random draws are
    called again as they are. Other Python code runs while recording only.

    Parameters
    ----------
    model : callable or Module
        A function, best a whole training step with its ``backward()``; or a Module, which is recorded
        where no gradient is wanted, and runs as ever where one is. Left out: a decorator.
    disable : bool
        Return `model` as it is.
    fullgraph, dynamic, backend, mode, options
        Accepted for PyTorch's sake.

    Raises
    ------
    RuntimeError
        In the first call, if what it does cannot be recorded: looking at values (``item()``, ``if
        tensor:``, masks as indices), new memory for tensors, tensors kept beyond the call.

    Examples
    --------
    >>> w = rg.ones(3, requires_grad=True)
    >>> optimizer = rg.optim.SGD([w], lr=0.1)
    >>> @rg.compile
    ... def step(x):
    ...     optimizer.zero_grad()
    ...     loss = (w * x).sum()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> [round(step(rg.ones(3)).item(), 4) for _ in range(3)]
    [3.0, 2.7, 2.4]
    """
    if model is None:
        return functools.partial(compile, disable=disable)
    if not callable(model):
        raise TypeError(f"compile() wants a function or a Module, got {type(model).__name__}")
    if disable:
        return model
    return CompiledModule(model) if isinstance(model, Module) else Compiled(model)


class Compiled:
    """A function that replays recordings of itself.

    Attributes
    ----------
    program : Program or None
        What the last call ran or recorded; ``print(step.program)`` shows it.
    """

    def __init__(self, function: Callable[..., Any]):
        functools.update_wrapper(self, function)
        self.program: Program | None = None
        self._function = function
        self._recordings: dict[Any, list[_Recording]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if state.recorder is not None or modes.state.watcher is not None:
            # Part of another recording, or `detect_anomaly` wants to see each operation.
            return self._function(*args, **kwargs)
        inputs: list[Tensor] = []
        key = (_signature((args, kwargs), inputs), _surroundings())
        known = self._recordings.setdefault(key, [])
        recording = next((r for r in known if r.fits(inputs)), None)
        if recording is not None:
            self.program = recording.program
            if not recording.free.acquire(blocking=False):
                # Its buffers are in use, by another thread or further up in this one.
                return self._function(*args, **kwargs)
            try:
                return recording.replay(inputs)
            finally:
                recording.free.release()
        known[:] = [recording for recording in known if recording.can_fit_again()]
        self._check_count(known)
        recording, result = _record(self._function, args, kwargs, inputs)
        known.append(recording)
        self.program = recording.program
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return Compiled, (self._function,)

    def __repr__(self) -> str:
        return f"<compiled {self._function!r}>"

    def _check_count(self, known: list[_Recording]) -> None:
        if len(known) >= _PER_SIGNATURE:
            raise RuntimeError(
                f"{self} was recorded {len(known)} times for arguments of the same shapes: "
                f"{known[-1].misfit()}"
            )
        if sum(map(len, self._recordings.values())) >= _IN_ALL:
            raise RuntimeError(
                f"{self} was recorded {_IN_ALL} times: its arguments differ in each call. Pad them "
                "to a few shapes, and pass numbers that change as tensors"
            )


class CompiledModule(Module):
    """A module recorded where no gradient is wanted; where one is, it runs as ever."""

    _orig_mod: Module

    def __init__(self, module: Module):
        super().__init__()
        self._orig_mod = module
        object.__setattr__(self, "_compiled", Compiled(module))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        tensors = [*self._orig_mod.parameters(), *leaves((args, kwargs))]
        if modes.state.grad and any(getattr(x, "requires_grad", False) for x in tensors):
            return self._orig_mod(*args, **kwargs)
        return self._compiled(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("_orig_mod"), name)


# --- what a recording is for ------------------------------------------------------------------------


def _surroundings() -> Any:
    """The settings that decide what is computed."""
    mode = modes.state
    return bool(mode.grad), mode.inference, get_default_dtype(), str(get_default_device())


def _signature(value: Any, inputs: list[Tensor]) -> Any:
    """What has to be equal for a recording to serve; the tensors are appended to `inputs`."""
    if isinstance(value, (tuple, list)):
        return (type(value), *[_signature(part, inputs) for part in value])
    if isinstance(value, dict):
        return (dict, *[(name, _signature(part, inputs)) for name, part in value.items()])
    if isinstance(value, Tensor):
        if modes.state.grad and value._node is not None:
            raise RuntimeError(
                f"an argument of shape {list(value.shape)} has a graph, which a recorded function "
                "cannot go back through: pass x.detach(), or compute it inside"
            )
        first = next((k for k, x in enumerate(inputs) if x is value), None)
        if first is not None:
            return first
        inputs.append(value)
        array = value._data
        return array.shape, array.strides, array.dtype, value._requires_grad, type(array)
    if hasattr(value, "__array__"):
        raise TypeError(
            f"a recorded function takes tensors, got a {type(value).__name__}: its values would be "
            "frozen; pass rg.from_numpy(array)"
        )
    if isinstance(value, float):
        # 0.0 and -0.0 are equal, and NaN is not.
        return type(value), value.hex()
    if isinstance(value, set):
        return set, frozenset(value)
    if value.__hash__ is None:
        return _Same(value)
    return type(value), value


class _Same:
    """An object that cannot be hashed, as a key: only it itself is equal."""

    def __init__(self, thing: Any):
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing


class _Recording:
    """A program, when it may run, and how its results become tensors.

    Parameters
    ----------
    watch : Watch
        What was found while recording.
    program : Program
    flags : list of (weakref.ref of a Module, bool)
        The modules that were asked whether they are in training.
    bindings : list of (str, callable, object)
        The names of outside that the function uses, how to look them up, what they stood for.
    results : nested
        The function's result, with a `_Result` for each tensor.
    """

    def __init__(
        self,
        watch: Watch,
        program: Program,
        flags: list[tuple[Any, bool]],
        bindings: list[tuple[str, Callable[[], Any], Any]],
        results: Any,
    ):
        self.program, self._flags, self._results = program, flags, results
        self._found = watch.found
        self._grads = [(watch.place(leaf), leaf, there) for leaf, there in watch.grads]
        self._bindings = bindings
        self._written = watch.written_inputs()
        self.free = threading.Lock()

    def fits(self, inputs: list[Tensor]) -> bool:
        """Whether everything the program relies on is as it was."""
        for _, look_up, thing in self._bindings:
            if look_up() is not thing:
                return False
        for leaf, array, requires_grad in self._found:
            tensor = leaf()
            if tensor is None or tensor._data is not array:
                return False
            if tensor._requires_grad is not requires_grad:
                return False
        for place, leaf, there in self._grads:
            tensor = leaf() if place is None else inputs[place]
            if tensor is None or (tensor._grad is not None) is not there:
                return False
        modules = [(module(), flag) for module, flag in self._flags]
        return all(module is not None and module.training is flag for module, flag in modules)

    def can_fit_again(self) -> bool:
        """Whether all tensors that it was made with still exist."""
        return all(leaf() is not None for leaf, _, _ in self._found)

    def misfit(self) -> str:
        """What is not as it was, for a message."""
        for name, look_up, thing in self._bindings:
            if look_up() is not thing:
                return f"{name!r} stands for something else in each call; pass it as an argument"
        for leaf, array, _ in self._found:
            tensor = leaf()
            if tensor is not None and tensor._data is not array:
                return f"a tensor of shape {list(array.shape)} has new memory in each call"
        return "a tensor, a gradient or a module's mode is not as it was"

    def replay(self, inputs: list[Tensor]) -> Any:
        """Run the program."""
        try:
            arrays = self.program.run(*inputs)
        except get_backend("cpu").xp.linalg.LinAlgError as error:
            raise LinAlgError(f"{error}, in a recorded function") from error
        finally:
            for array in self.program.written:
                changes.note(array, "a recorded function")
            for k in self._written:
                changes.note(inputs[k]._data, "a recorded function")
        return replaced(
            self._results, lambda x: x.tensor(arrays, inputs) if type(x) is _Result else x
        )


class _Result:
    """A tensor of the result: what the program gives, an argument, or one that was there before."""

    def __init__(self, kind: str, where: Any):
        self.kind, self.where = kind, where

    def tensor(self, arrays: list[Any], inputs: list[Tensor]) -> Tensor:
        """The tensor to return."""
        if self.kind == "computed":
            return wrap(arrays[self.where])
        return inputs[self.where] if self.kind == "input" else self.where


def _place(tensor: Tensor, names: dict[int, str]) -> int | None:
    """Which argument a tensor is; None if it is none."""
    name = names.get(id(tensor))
    return None if name is None else int(name[1:])


# --- recording --------------------------------------------------------------------------------------


def _record(
    function: Callable[..., Any], args: Any, kwargs: Any, inputs: list[Tensor]
) -> tuple[_Recording, Any]:
    """Run a function and write it down."""
    watch = Watch(inputs)
    flags: list[tuple[Any, bool]] = []
    values: list[Recorded] = []

    def noted(result: Any) -> Any:
        if not isinstance(result, Tensor):
            return result
        place = _place(result, watch.recorder.given)
        if place is not None:
            return _Result("input", place)
        if watch.is_before(result):
            return _Result("before", result)
        check_graph_used(result, watch.recorder)
        values.append(result._data)
        return _Result("computed", len(values) - 1)

    try:
        with watch.on(), _training_noted(flags):
            results = replaced(function(*args, **kwargs), noted)
            watch.check_nothing_kept()
    except Exception as error:
        # The library's own messages may have been put around it, or the user may have caught it.
        refusal = watch.recorder.refusal
        if refusal is None or refusal is error:
            raise
        raise refusal from None
    if watch.recorder.refusal is not None:
        raise watch.recorder.refusal
    program = Program(watch.recorder, [value.slot for value in values])
    recording = _Recording(watch, program, flags, list(_bindings(function)), results)
    arrays = [value.value for value in values]
    return recording, replaced(
        results, lambda x: x.tensor(arrays, inputs) if type(x) is _Result else x
    )


def _bindings(function: Any) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    """The names of outside that a function uses, how to look each up, and what it stands for."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        look_up = functools.partial(_contents, cell)
        yield name, look_up, look_up()
    scope = function.__globals__
    for name in sorted(_global_names(code)):
        if name in scope or not hasattr(builtins, name):
            look_up = functools.partial(scope.get, name, _UNSET)
            yield name, look_up, look_up()


def _contents(cell: Any) -> Any:
    """What a variable of an outer function stands for; `_UNSET` before it has been set."""
    try:
        return cell.cell_contents
    except ValueError:
        return _UNSET


def _global_names(code: types.CodeType) -> set[str]:
    """The global names that a function and those inside it read."""
    import dis

    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    inner = (x for x in code.co_consts if isinstance(x, types.CodeType))
    return names.union(*map(_global_names, inner))


@contextmanager
def _training_noted(flags: list[tuple[Any, bool]]) -> Iterator[None]:
    """A block in which it is noted which modules are asked whether they are in training."""

    def read(module: Module) -> bool:
        flag = vars(module)["training"]
        if state.recorder is not None:
            flags.append((weakref.ref(module), flag))
        return flag

    def write(module: Module, flag: bool) -> None:
        vars(module)["training"] = flag

    Module.training = property(read, write)  # type: ignore[assignment]
    try:
        yield
    finally:
        del Module.training
