"""oneDNN's shared library: finding it, its functions, its status codes as exceptions."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

# Of oneDNN's numbers (dnnl_types.h of version 3) those that are used here.
F32 = 3
ANY_FORMAT = 1
FORWARD, INFERENCE, BACKWARD = 64, 96, 128
DIRECT_CONVOLUTION = 1
USE_SCALE, USE_SHIFT = 2, 4
ELTWISE = {
    "leaky_relu": 0x20, "softplus": 0x27, "sigmoid": 0x29, "gelu_tanh": 0x2B, "silu": 0x2C,
    "gelu": 0x31, "hardswish": 0x34,
    "tanh of output": 0x101, "sigmoid of output": 0x104,
}  # fmt: skip
SOFTMAX = {"softmax": 0x30000, "log_softmax": 0x30001}
ARG_SRC, ARG_DST, ARG_WEIGHTS, ARG_SCRATCHPAD = 1, 17, 33, 80
ARG_MEAN, ARG_VARIANCE, ARG_SCALE, ARG_SHIFT = 49, 50, 51, 52
ARG_DIFF_SRC, ARG_DIFF_DST, ARG_DIFF_WEIGHTS = 129, 145, 161
ARG_DIFF_SCALE, ARG_DIFF_SHIFT = 255, 256
LEFT_TO_RIGHT, RIGHT_TO_LEFT = 1, 2
OVERWRITE_WEIGHT_GRADIENTS = 1
ARG_SRC_STATE, ARG_SRC_CELL, ARG_DST_STATE, ARG_DST_CELL = 2, 3, 18, 19
ARG_WEIGHTS_STATE, ARG_BIAS, ARG_WORKSPACE = 34, 41, 64
ARG_DIFF_SRC_STATE, ARG_DIFF_SRC_CELL, ARG_DIFF_DST_STATE, ARG_DIFF_DST_CELL = 130, 131, 146, 147
ARG_DIFF_WEIGHTS_STATE, ARG_DIFF_BIAS = 162, 169

_QUERY_IMPLEMENTATION, _QUERY_ARGUMENT_FORMAT = 8, 255
_CPU, _USER_SCRATCHPAD, _DEFAULT_STREAM = 1, 1, 1
_MAX_DIMS = 12
_STATUS = (
    "success", "out of memory", "invalid arguments", "unimplemented", "last implementation reached",
    "runtime error", "not required", "invalid graph", "invalid graph operation", "invalid shape",
    "invalid data type",
)  # fmt: skip
_UNIMPLEMENTED = 3

Dims = ctypes.c_int64 * _MAX_DIMS

_P, _OUT, _INT, _UNSIGNED = (
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_int,
    ctypes.c_uint,
)
_DIMS = ctypes.POINTER(Dims)

# The arguments of the functions that return a status.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "dnnl_engine_create": (_OUT, _INT, ctypes.c_size_t),
    "dnnl_stream_create": (_OUT, _P, _UNSIGNED),
    "dnnl_primitive_attr_create": (_OUT,),
    "dnnl_primitive_attr_set_scratchpad_mode": (_P, _INT),
    "dnnl_memory_desc_create_with_strides": (_OUT, _INT, _DIMS, _INT, _DIMS),
    "dnnl_memory_desc_create_with_tag": (_OUT, _INT, _DIMS, _INT, _INT),
    "dnnl_memory_create": (_OUT, _P, _P, _P),
    "dnnl_memory_set_data_handle": (_P, _P),
    "dnnl_primitive_create": (_OUT, _P),
    "dnnl_primitive_execute": (_P, _P, _INT, _P),
    "dnnl_primitive_desc_query": (_P, _INT, _INT, _P),
    "dnnl_reorder_primitive_desc_create": (_OUT, _P, _P, _P, _P, _P),
    "dnnl_convolution_forward_primitive_desc_create":
        (_OUT, _P, _INT, _INT, _P, _P, _P, _P, _DIMS, _DIMS, _DIMS, _DIMS, _P),
    "dnnl_convolution_backward_data_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, _DIMS, _DIMS, _DIMS, _DIMS, _P, _P),
    "dnnl_convolution_backward_weights_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, _P, _DIMS, _DIMS, _DIMS, _DIMS, _P, _P),
    "dnnl_layer_normalization_forward_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, ctypes.c_float, _UNSIGNED, _P),
    "dnnl_layer_normalization_backward_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, _P, ctypes.c_float, _UNSIGNED, _P, _P),
    "dnnl_batch_normalization_forward_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, ctypes.c_float, _UNSIGNED, _P),
    "dnnl_batch_normalization_backward_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, ctypes.c_float, _UNSIGNED, _P, _P),
    "dnnl_eltwise_forward_primitive_desc_create":
        (_OUT, _P, _INT, _INT, _P, _P, ctypes.c_float, ctypes.c_float, _P),
    "dnnl_eltwise_backward_primitive_desc_create":
        (_OUT, _P, _INT, _P, _P, _P, ctypes.c_float, ctypes.c_float, _P, _P),
    "dnnl_softmax_forward_primitive_desc_create": (_OUT, _P, _INT, _INT, _P, _P, _INT, _P),
    "dnnl_softmax_backward_primitive_desc_create": (_OUT, _P, _INT, _P, _P, _P, _INT, _P, _P),
    "dnnl_lstm_forward_primitive_desc_create": (_OUT, _P, _INT, _INT, *[_P] * 11, _UNSIGNED, _P),
    "dnnl_lstm_backward_primitive_desc_create":
        (_OUT, _P, _INT, _INT, *[_P] * 22, _UNSIGNED, _P, _P),
    "dnnl_lbr_gru_forward_primitive_desc_create":
        (_OUT, _P, _INT, _INT, *[_P] * 7, _UNSIGNED, _P),
    "dnnl_lbr_gru_backward_primitive_desc_create":
        (_OUT, _P, _INT, _INT, *[_P] * 14, _UNSIGNED, _P, _P),
    "dnnl_sgemm": (
        ctypes.c_char, ctypes.c_char, *[ctypes.c_int64] * 3, ctypes.c_float, _P, ctypes.c_int64,
        _P, ctypes.c_int64, ctypes.c_float, _P, ctypes.c_int64,
    ),
    "dnnl_memory_desc_destroy": (_P,),
    "dnnl_memory_destroy": (_P,),
    "dnnl_primitive_desc_destroy": (_P,),
    "dnnl_primitive_destroy": (_P,),
}  # fmt: skip


class Unsupported(RuntimeError):
    """OneDNN has no, or no fast, implementation of what was asked for."""


class Handle:
    """Something that oneDNN made, and that is destroyed with this.

    Functions are given the handle itself, not its value, so that it lives until they return.
    """

    __slots__ = ("_as_parameter_", "_destroy", "value")

    def __init__(self, value: int, destroy: Any = None):
        self.value = self._as_parameter_ = value
        self._destroy = destroy

    def __del__(self) -> None:
        if self._destroy is not None:
            self._destroy(self)


@contextmanager
def _short_waits() -> Iterator[None]:
    """A block in which OpenMP, if it is loaded now, learns to wait in a busy loop for 20 us only.

    That is enough within a layer. Its own default is to wait for milliseconds after every call, with
    a core that BLAS or another process could use: small layers took a hundred times as long on a
    busy machine.
    """
    if {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = "10000"
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]


# A memory descriptor: one of ours, or the address of one that belongs to a primitive descriptor.
Format = Handle | int


class Library:
    """The functions of oneDNN, an engine and the settings that all primitives share.

    `call` raises what a function returns as its status; `create` gives what it made.
    """

    def __init__(self, file: str):
        with _short_waits():
            self._calls = ctypes.CDLL(file)
        self.version = self._version()
        for name, arguments in _ARGUMENTS.items():
            function = getattr(self._calls, name)
            function.argtypes, function.restype = arguments, _INT
        self._query_md = self._calls.dnnl_primitive_desc_query_md
        self._query_md.argtypes, self._query_md.restype = (_P, _INT, _INT), _P
        self._size = self._calls.dnnl_memory_desc_get_size
        self._size.argtypes, self._size.restype = (_P,), ctypes.c_size_t
        self._equal = self._calls.dnnl_memory_desc_equal
        self._equal.argtypes, self._equal.restype = (_P, _P), _INT
        self.execute = self._calls.dnnl_primitive_execute
        self.sgemm = self._calls.dnnl_sgemm
        self.set_num_threads = self._calls.omp_set_num_threads  # for the thread that calls it
        # Calls that take less time than giving up the interpreter's lock and getting it back.
        self.set_data = ctypes.PyDLL(file).dnnl_memory_set_data_handle
        self.set_data.argtypes, self.set_data.restype = (_P, _P), _INT
        self.engine = self.create("dnnl_engine_create", _CPU, 0)
        self.attributes = self.create("dnnl_primitive_attr_create")
        self.call("dnnl_primitive_attr_set_scratchpad_mode", self.attributes, _USER_SCRATCHPAD)

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function by its name; RuntimeError if it fails."""
        check(getattr(self._calls, name)(*arguments), name)

    def create(self, name: str, *arguments: Any, destroy: str = "") -> Handle:
        """What a function makes, which `destroy` names the opposite of."""
        made = ctypes.c_void_p()
        self.call(name, ctypes.byref(made), *arguments)
        return Handle(made.value or 0, getattr(self._calls, destroy) if destroy else None)

    def stream(self) -> Handle:
        """A new queue of work, for one thread."""
        return self.create("dnnl_stream_create", self.engine, _DEFAULT_STREAM)

    def implementation(self, descriptor: Handle) -> str:
        """The name of the code that a primitive of this descriptor runs, such as "jit:avx512_core"."""
        name = ctypes.c_char_p()
        query = (descriptor, _QUERY_IMPLEMENTATION, 0, ctypes.byref(name))
        self.call("dnnl_primitive_desc_query", *query)
        return (name.value or b"").decode()

    def descriptor(self, name: str, *arguments: Any) -> Handle:
        """A primitive descriptor that `name` makes; Unsupported if there is only reference code."""
        made = self.create(name, *arguments, destroy="dnnl_primitive_desc_destroy")
        if "ref" in self.implementation(made):
            raise Unsupported("oneDNN has only its reference code for this")
        return made

    def format_of(self, descriptor: Handle, argument: int) -> int:
        """The memory descriptor that a primitive wants for one of its arguments."""
        return self._query_md(descriptor, _QUERY_ARGUMENT_FORMAT, argument)

    def size(self, format: Format) -> int:
        """Bytes of memory in this format."""
        return self._size(format)

    def same(self, a: Format, b: Format) -> bool:
        """Whether two memory descriptors say the same."""
        return bool(self._equal(a, b))

    def _version(self) -> str:
        class Version(ctypes.Structure):
            _fields_ = [(part, _INT) for part in ("major", "minor", "patch")]

        get = self._calls.dnnl_version
        get.restype = ctypes.POINTER(Version)
        found = get().contents
        if found.major != 3:
            raise OSError(f"oneDNN 3 is wanted, found {found.major}.{found.minor}.{found.patch}")
        return f"{found.major}.{found.minor}.{found.patch}"


def check(status: int, name: str) -> None:
    """Raise what a status code of oneDNN stands for."""
    if status == _UNIMPLEMENTED:
        raise Unsupported(f"{name}: not implemented in oneDNN for these arguments")
    if status:
        reason = _STATUS[status] if status < len(_STATUS) else f"status {status}"
        raise RuntimeError(f"{name}: {reason}")


def dims(values: Any) -> Any:
    """Numbers as oneDNN takes them."""
    return Dims(*values)


@cache
def find() -> Library | None:
    """OneDNN, loaded, or None where it is not installed or cannot be used."""
    for file in _files():
        try:
            return Library(file)
        except (OSError, AttributeError):
            continue
    return None


def _files() -> Iterator[str]:
    """Where the wheel `onednn-cpu-gomp` puts the library; then wherever the system looks."""
    if not sys.platform.startswith("linux"):
        return
    name = "libdnnl.so.3"
    near = [os.path.join(prefix, "lib", name) for prefix in (sys.prefix, sys.base_prefix)]
    yield from filter(os.path.exists, near)
    recorded = _recorded(name)
    if recorded:
        yield recorded
    yield name


def _recorded(name: str) -> str | None:
    """Where pip says it put the library (with --user or --target, elsewhere than above)."""
    from importlib.metadata import PackageNotFoundError, files

    try:
        found = [file for file in files("onednn-cpu-gomp") or () if file.name == name]
    except PackageNotFoundError:
        return None
    return str(found[0].locate()) if found else None
