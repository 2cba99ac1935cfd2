"""`save` and `load`: checkpoints in PyTorch's own zip format, read without running what is in them.

A file is a zip archive with one pickle, in which tensors refer to the archive's other members, one
for each piece of memory. PyTorch reads what is written here, and the other way round.
"""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from retrograd._files import write_whole
from retrograd.autograd_core.tensor import Size, Tensor, blank
from retrograd.backends import dtypes
from retrograd.backends.base import owner
from retrograd.backends.device import address, device_of, from_host, to_device, to_host
from retrograd.backends.device import device as Device
from retrograd.backends.registry import XP
from retrograd.nn.parameter import Parameter

_STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "BFloat16Storage": "bfloat16",
}
_STORAGE_OF = {np.dtype(v): k for k, v in _STORAGES.items() if v != "bfloat16"}
FileLike = str | os.PathLike[str] | io.IOBase


class CheckpointError(RuntimeError):
    """A file is no checkpoint, is damaged, or holds what must not be read."""


# --- saving ---------------------------------------------------------------------------------------


class _Global:
    """A name in PyTorch's modules, written into the pickle without importing them."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name

    def __call__(self) -> None:
        """Callable, because pickle wants the first part of a reduction to be."""


class _Storage:
    """A flat piece of memory, written as a member of the archive."""

    def __init__(self, key: str, whole: Any):
        self.key, self.whole = key, whole
        self.flat = to_host((whole if whole.flags.c_contiguous else whole.T).reshape(-1))
        self.location = str(device_of(whole))


_REBUILD = _Global("torch._utils", "_rebuild_tensor_v2")
_REBUILD_PARAMETER = _Global("torch._utils", "_rebuild_parameter")
_SIZE = _Global("torch", "Size")
_DEVICE = _Global("torch", "device")
_STORAGE_TYPES = {name: _Global("torch", name) for name in _STORAGES}


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes tensors the way PyTorch does."""

    def __init__(self, file: Any, protocol: int):
        super().__init__(file, protocol)
        # By the id of the memory, which its storage keeps alive so that the id stays its own.
        self.storages: dict[int, _Storage] = {}

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, dtypes.dtype):
            obj = _Global("torch", obj.name)
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())  # type: ignore[attr-defined]
        else:
            super().save(obj, save_persistent_id)  # type: ignore[misc]

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, _Storage):
            return None
        kind = _STORAGE_TYPES[_STORAGE_OF[obj.flat.dtype]]
        return ("storage", kind, obj.key, obj.location, obj.flat.size)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Parameter):
            plain = blank(Tensor, obj._data)
            return (_REBUILD_PARAMETER, (plain, obj.requires_grad, collections.OrderedDict()))
        if isinstance(obj, Tensor):
            return (_REBUILD, (*self._place(obj), obj.requires_grad, collections.OrderedDict()))
        if isinstance(obj, Size):
            return (_SIZE, (tuple(obj),))
        if isinstance(obj, Device):
            return (_DEVICE, (str(obj),))
        return NotImplemented

    def _place(self, tensor: Tensor) -> tuple[_Storage, int, tuple[int, ...], tuple[int, ...]]:
        """Storage, offset, shape and strides in elements; views of one memory share a storage."""
        array = tensor._data
        whole = owner(array)
        if not _is_part(array, whole):
            array = whole = array.copy()
        if id(whole) not in self.storages:
            self.storages[id(whole)] = _Storage(str(len(self.storages)), whole)
        offset = (address(array) - address(whole)) // array.itemsize if array.size else 0
        strides = tuple(s // array.itemsize for s in array.strides)
        return self.storages[id(whole)], offset, array.shape, strides


def _is_part(array: Any, whole: Any) -> bool:
    """Whether `array` can be described by offset and strides in the flat memory of `whole`."""
    return (
        array.dtype == whole.dtype
        and array.dtype.isnative
        and (whole.flags.c_contiguous or whole.flags.f_contiguous)
        and all(s >= 0 and s % array.itemsize == 0 for s in array.strides)
    )


def save(obj: Any, f: FileLike, pickle_protocol: int = 2) -> None:
    """Write `obj`, such as a `state_dict` or a dict of them, to a file that PyTorch reads too.

    Parameters
    ----------
    obj : object
        Tensors anywhere in dicts, lists and tuples; other objects are pickled.
    f : str, path or binary file
        A path is written as a whole or not at all.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> rg.save({"w": rg.ones(2)}, file)
    >>> rg.load(io.BytesIO(file.getvalue()))
    {'w': tensor([1., 1.])}
    """
    if isinstance(f, str | os.PathLike):
        write_whole(f, lambda file: _write(obj, file, pickle_protocol))
    elif hasattr(f, "write"):
        _write(obj, f, pickle_protocol)
    else:
        raise TypeError(f"save: expected a path or a binary file, got {type(f).__name__}")


def _write(obj: Any, file: Any, protocol: int) -> None:
    body = io.BytesIO()
    pickler = _Pickler(body, protocol)
    pickler.dump(obj)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:

        def add(member: str, data: bytes | memoryview) -> None:
            # A fixed date: the same values give the same file.
            archive.writestr(zipfile.ZipInfo(f"archive/{member}"), data)

        add("data.pkl", body.getvalue())
        add("byteorder", b"little")
        for storage in pickler.storages.values():
            little = storage.flat.astype(storage.flat.dtype.newbyteorder("<"), copy=False)
            add(f"data/{storage.key}", memoryview(little.view(np.uint8)))  # type: ignore[arg-type]
        add("version", b"3\n")


# --- loading --------------------------------------------------------------------------------------


def _rebuild_tensor(
    flat: Any, offset: int, size: Any, stride: Any, requires_grad: Any, *_: Any
) -> Tensor:
    """A view of the storage, so that tensors that shared memory still do."""
    size, stride = tuple(size), tuple(stride)
    reach = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    inside = offset >= 0 and min(stride, default=0) >= 0 and reach <= flat.size
    if not (inside or 0 in size) or min(size, default=0) < 0:
        raise CheckpointError(f"a tensor of shape {size} reaches beyond its storage of {flat.size}")
    start = 0 if 0 in size else offset
    strides = [s * flat.itemsize for s in stride]
    xp = XP[type(flat)]
    tensor = blank(Tensor, xp.lib.stride_tricks.as_strided(flat[start:], size, strides))
    tensor.requires_grad = bool(requires_grad)
    return tensor


def _rebuild_parameter(data: Tensor, requires_grad: bool, *_: Any) -> Parameter:
    return Parameter(data, requires_grad)


def _rebuild_bytes(text: str, encoding: str) -> bytes:
    """How pickle's protocol 2 writes bytes."""
    return text.encode("latin1" if encoding == "latin1" else "ascii")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    ("collections", "Counter"): collections.Counter,
    ("builtins", "dict"): dict,
    ("builtins", "list"): list,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytearray,
    ("_codecs", "encode"): _rebuild_bytes,
    ("torch", "Size"): Size,
    ("torch", "device"): Device,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
} | {("torch", d.name): d for d in dtypes.ALL}


class _Unpickler(pickle._Unpickler):  # type: ignore[name-defined]
    """Reads PyTorch's pickles; only names that are known to do nothing but hold data."""

    def __init__(self, file: Any, place: Callable[[str, str, str], Any], trusted: bool):
        super().__init__(file, encoding="utf-8")
        self._place, self._trusted = place, trusted

    def find_class(self, module: str, name: str) -> Any:
        module = "builtins" if module == "__builtin__" else module
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module == "torch" and name.endswith("Storage"):
            return name
        if self._trusted:
            return super().find_class(module, name)
        raise CheckpointError(
            f"it refers to {module}.{name}, which could run code when read. If the file comes from "
            "a source you trust, pass weights_only=False"
        )

    def persistent_load(self, pid: Any) -> Any:
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise CheckpointError(f"unknown reference {pid!r}")
        _, kind, key, location, _ = pid
        return self._place(kind, key, location)

    def _build(self) -> None:
        """Set attributes of the object on the stack: only such as no other object shares."""
        target = self.stack[-2]  # type: ignore[attr-defined]
        if not self._trusted and type(target) is not collections.OrderedDict:
            raise CheckpointError(f"it changes attributes of a {type(target).__name__}")
        self.load_build()  # type: ignore[attr-defined]

    dispatch = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: _build}  # type: ignore[attr-defined, dict-item]


def load(
    f: FileLike, map_location: Any = None, pickle_module: None = None, *, weights_only: bool = True
) -> Any:
    """Read what `save`, or PyTorch's own, has written.

    Parameters
    ----------
    f : str, path or binary file
    map_location : device, str, dict or callable, optional
        Where tensors go; by default where they were saved from, which must exist. A callable gets
        ``(storage, location)`` and returns the storage to have it on the CPU.
    pickle_module
        Has to be None: reading is safe because the reader is this one.
    weights_only : bool
        Refuse anything but tensors and plain containers, so that reading cannot run code.

    Raises
    ------
    RuntimeError
        If the file is no checkpoint, is damaged, or holds refused objects; it is named.

    Notes
    -----
    bfloat16 becomes float32, which holds all its values.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> rg.save([rg.arange(3), "a"], file)
    >>> rg.load(io.BytesIO(file.getvalue()))
    [tensor([0, 1, 2]), 'a']
    """
    if pickle_module is not None:
        raise ValueError("load: other pickle modules are not supported, leave pickle_module out")
    if not isinstance(f, str | os.PathLike) and not hasattr(f, "read"):
        raise TypeError(f"load: expected a path or a binary file, got {type(f).__name__}")
    name = os.fspath(f) if isinstance(f, str | os.PathLike) else getattr(f, "name", "the file")
    try:
        with zipfile.ZipFile(f) as archive:  # type: ignore[arg-type]
            return _read(archive, map_location, trusted=not weights_only)
    except CheckpointError as error:
        raise CheckpointError(f"{name} cannot be read: {error}") from error
    except OSError:
        raise
    except Exception as error:
        # A damaged archive can fail in any way at all.
        raise CheckpointError(
            f"{name} is damaged, cut off, or no checkpoint in PyTorch's zip format: {error}. Files "
            "of PyTorch before 1.6 have to be saved anew there"
        ) from error


def _read(archive: zipfile.ZipFile, map_location: Any, trusted: bool) -> Any:
    members = set(archive.namelist())
    pickles = [n for n in members if n.count("/") == 1 and n.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise CheckpointError("the zip archive holds no data.pkl, so it is not a checkpoint")
    prefix = pickles[0].removesuffix("data.pkl")
    order = f"{prefix}byteorder"
    big = order in members and archive.read(order) == b"big"
    storages: dict[str, Any] = {}

    def place(kind: str, key: str, location: str) -> Any:
        if kind not in _STORAGES:
            raise CheckpointError(f"tensors of type torch.{kind} are not supported")
        if f"{prefix}data/{key}" not in members:
            raise CheckpointError(f"its part data/{key} is missing")
        if key not in storages:
            data = archive.read(f"{prefix}data/{key}")
            flat = _flat(data, _STORAGES[kind], ">" if big else "<")
            storages[key] = from_host(flat, _target(flat, location, map_location))
        return storages[key]

    unpickler = _Unpickler(io.BytesIO(archive.read(pickles[0])), place, trusted)
    try:
        return unpickler.load()
    except (CheckpointError, zipfile.BadZipFile):
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise CheckpointError(f"its data.pkl is damaged: {what}") from error


def _flat(data: bytes, dtype: str, order: str) -> np.ndarray:
    if dtype == "bfloat16":
        # The upper half of a float32.
        halves = np.frombuffer(data, f"{order}u2").astype(np.uint32)
        return (halves << 16).view(np.float32)
    kind = np.dtype(dtype)
    return np.frombuffer(bytearray(data), kind.newbyteorder(order)).astype(kind, copy=False)  # type: ignore[arg-type]


def _target(storage: np.ndarray, location: str, map_location: Any) -> Device:
    """The device for what was saved on `location`."""
    wanted: Any = map_location
    if callable(map_location):
        moved = map_location(storage, location)
        if moved is not None and moved is not storage:
            raise CheckpointError("map_location may return only the storage it was given, or None")
        wanted = None if moved is None else "cpu"
    elif isinstance(map_location, dict):
        wanted = map_location.get(location)
    try:
        return to_device(location if wanted is None else wanted)
    except RuntimeError as error:
        raise CheckpointError(f"{error}. For tensors here, pass map_location='cpu'") from error


__all__ = ["CheckpointError", "load", "save"]
