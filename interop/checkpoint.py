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
from pathlib import Path
from typing import Any

import numpy as np

from retrograd.autograd_core.tensor import Size, Tensor, blank
from retrograd.backends import dtypes
from retrograd.backends.base import owner
from retrograd.backends.device import device as Device
from retrograd.backends.device import from_host, to_device, to_host
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


# --- saving -----------------------------------------------------------------------------------------


class _Global:
    """A name in PyTorch's modules, written into the pickle without importing them."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name

    def __call__(self) -> None:
        """Callable, because pickle wants the first part of a reduction to be."""


class _Storage:
    """A flat piece of memory, written as a member of the archive."""

    def __init__(self, key: str, array: np.ndarray):
        self.key, self.array = key, array


_REBUILD = _Global("torch._utils", "_rebuild_tensor_v2")
_REBUILD_PARAMETER = _Global("torch._utils", "_rebuild_parameter")
_SIZE = _Global("torch", "Size")
_DEVICE = _Global("torch", "device")
_STORAGE_TYPES = {name: _Global("torch", name) for name in _STORAGES}


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes tensors the way PyTorch does."""

    def __init__(self, file: Any, protocol: int):
        super().__init__(file, protocol)
        self.storages: dict[int, _Storage] = {}
        # Arrays seen, kept alive so that their ids stay theirs.
        self._seen: list[Any] = []

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, dtypes.dtype):
            obj = _Global("torch", obj.name)
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        else:
            super().save(obj, save_persistent_id)

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, _Storage):
            return None
        kind = _STORAGE_TYPES[_STORAGE_OF[obj.array.dtype]]
        return ("storage", kind, obj.key, "cpu", obj.array.size)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor):
            return self._reduce_tensor(obj)
        if isinstance(obj, Size):
            return (_SIZE, (tuple(obj),))
        if isinstance(obj, Device):
            return (_DEVICE, (str(obj),))
        return NotImplemented

    def _reduce_tensor(self, tensor: Tensor) -> Any:
        array = to_host(tensor._data)
        whole = owner(array)
        shared = array.flags.c_contiguous and whole.nbytes == array.nbytes
        storage = self._storage(whole if shared else None, array)
        stride = tuple(s // array.itemsize for s in np.empty(array.shape, array.dtype).strides)
        plain = (storage, 0, array.shape, stride)
        if isinstance(tensor, Parameter):
            data = blank(Tensor, array)
            return (_REBUILD_PARAMETER, (data, tensor.requires_grad, collections.OrderedDict()))
        return (_REBUILD, (*plain, tensor.requires_grad, collections.OrderedDict()))

    def _storage(self, whole: Any, array: np.ndarray) -> _Storage:
        """The storage of an array; tensors on the same memory get the same one."""
        key = id(array if whole is None else whole)
        if key not in self.storages:
            self._seen.append(array if whole is None else whole)
            flat = np.ascontiguousarray(array).reshape(-1)
            self.storages[key] = _Storage(str(len(self.storages)), flat)
        return self.storages[key]


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
    if isinstance(f, (str, os.PathLike)):
        path = Path(f)
        aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with aside.open("wb") as file:
                _write(obj, file, path.stem, pickle_protocol)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    else:
        _write(obj, f, "archive", pickle_protocol)


def _write(obj: Any, file: Any, name: str, protocol: int) -> None:
    body = io.BytesIO()
    pickler = _Pickler(body, protocol)
    pickler.dump(obj)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:

        def add(member: str, data: bytes | memoryview) -> None:
            # A fixed date: the same values give the same file.
            archive.writestr(zipfile.ZipInfo(f"{name}/{member}"), data)

        add("data.pkl", body.getvalue())
        add("byteorder", b"little")
        for storage in pickler.storages.values():
            little = storage.array.astype(storage.array.dtype.newbyteorder("<"), copy=False)
            add(f"data/{storage.key}", little.tobytes())
        add("version", b"3\n")


# --- loading ----------------------------------------------------------------------------------------


def _rebuild_tensor(
    storage: Any, offset: int, size: Any, stride: Any, requires_grad: Any, *_: Any
) -> Tensor:
    flat, where = storage
    size, stride = tuple(size), tuple(stride)
    reach = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    if 0 not in size and (offset < 0 or min(stride, default=0) < 0 or reach > flat.size):
        raise CheckpointError(f"a tensor of shape {size} reaches beyond its storage of {flat.size}")
    view = np.lib.stride_tricks.as_strided(
        flat[offset:], size, [s * flat.itemsize for s in stride]
    )
    # A view of the whole storage stays one, so that tensors that shared memory still do.
    array = view if view.flags.c_contiguous else view.copy()
    tensor = blank(Tensor, from_host(array, where))
    tensor._requires_grad = bool(requires_grad)
    return tensor


def _rebuild_parameter(data: Tensor, requires_grad: bool, *_: Any) -> Parameter:
    return Parameter(data, requires_grad)


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    ("collections", "Counter"): collections.Counter,
    ("builtins", "dict"): dict,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytearray,
    ("torch", "Size"): Size,
    ("torch", "device"): Device,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
}
for _name in (d.name for d in dtypes.ALL):
    _ALLOWED["torch", _name] = dtypes.to_dtype(_name)


class _Unpickler(pickle.Unpickler):
    """Reads PyTorch's pickles; only names that are known to do nothing but hold data."""

    def __init__(self, file: Any, read: Callable[[str, str], Any], trusted: bool):
        super().__init__(file, encoding="utf-8")
        self._read, self._trusted = read, trusted

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module == "torch" and name in _STORAGES:
            return name
        if self._trusted:
            return super().find_class(module, name)
        raise CheckpointError(
            f"the file refers to {module}.{name}, which could run code when read. If it comes from a "
            "source you trust, pass weights_only=False"
        )

    def persistent_load(self, pid: Any) -> Any:
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise CheckpointError(f"unknown reference {pid!r} in the file")
        _, kind, key, location, _ = pid
        return self._read(kind, key), location


def load(
    f: FileLike, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool = True
) -> Any:
    """Read what `save`, or PyTorch's own, has written.

    Parameters
    ----------
    f : str, path or binary file
    map_location : device, str or dict, optional
        Where tensors go; by default where they were saved from, which must exist.
    weights_only : bool
        Refuse anything but tensors and plain containers, so that reading cannot run code.

    Raises
    ------
    RuntimeError
        If the file is no checkpoint, is damaged, or holds refused objects (names what).
    """
    try:
        with zipfile.ZipFile(f) as archive:  # type: ignore[arg-type]
            return _read(archive, map_location, trusted=not weights_only)
    except zipfile.BadZipFile as error:
        raise CheckpointError(
            f"{f} is not a checkpoint in PyTorch's zip format, or was cut off: {error}. Files of "
            "PyTorch before 1.6 have to be saved anew there"
        ) from error
    except (pickle.UnpicklingError, EOFError, KeyError) as error:
        raise CheckpointError(f"{f} is damaged: {error}") from error


def _read(archive: zipfile.ZipFile, map_location: Any, trusted: bool) -> Any:
    pickles = [n for n in archive.namelist() if n.endswith("data.pkl")]
    if len(pickles) != 1:
        raise CheckpointError("the zip archive holds no data.pkl: it is not a checkpoint")
    prefix = pickles[0][: -len("data.pkl")]
    cache: dict[str, np.ndarray] = {}

    def storage(kind: str, key: str) -> np.ndarray:
        if key not in cache:
            cache[key] = _flat(archive.read(f"{prefix}data/{key}"), _STORAGES[kind])
        return cache[key]

    unpickler = _Unpickler(io.BytesIO(archive.read(pickles[0])), storage, trusted)
    place = unpickler.persistent_load

    def located(pid: Any) -> Any:
        flat, location = place(pid)
        return flat, _target(location, map_location)

    unpickler.persistent_load = located  # type: ignore[method-assign]
    return unpickler.load()


def _flat(data: bytes, dtype: str) -> np.ndarray:
    if dtype == "bfloat16":
        # The upper half of a float32.
        halves = np.frombuffer(data, "<u2").astype(np.uint32)
        return (halves << 16).view(np.float32)
    return np.frombuffer(bytearray(data), np.dtype(dtype).newbyteorder("<")).astype(dtype, copy=False)


def _target(location: str, map_location: Any) -> Device:
    if isinstance(map_location, dict):
        map_location = map_location.get(location, location)
    return to_device(location if map_location is None else map_location)


__all__ = ["CheckpointError", "load", "save"]
