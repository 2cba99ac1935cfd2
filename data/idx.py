"""Reads and writes IDX, the array format of the MNIST family of data sets.

An IDX file is two zero bytes, one byte for the element type, one for the number of dimensions,
each dimension as a big-endian unsigned 32-bit integer, then the elements in C order, big endian.
"""

import math
import struct
from os import PathLike
from pathlib import Path

import numpy as np

__all__ = ["read_idx", "write_idx"]

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(spec): code for code, spec in _DTYPES.items()}
_GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: str | PathLike[str]) -> np.ndarray:
    """Return the array stored in an IDX file, plain or gzip-compressed.

    Parameters
    ----------
    path : str or path
        The file. Compression is recognised by content, not by name.

    Returns
    -------
    np.ndarray
        C-contiguous, writable, in the machine's byte order: uint8, int8, int16, int32, float32 or
        float64.

    Raises
    ------
    ValueError
        If the file is not IDX, is cut off, is damaged, or has bytes after its data.

    Examples
    --------
    >>> import tempfile
    >>> from retrograd.data import read_idx, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(folder + "/a-idx2-ubyte.gz", np.uint8([[1, 2, 3], [4, 5, 6]]))
    ...     read_idx(folder + "/a-idx2-ubyte.gz")
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    content = _read_bytes(Path(path))
    dtype, shape, start = _parse_header(content, path)
    expected, found = math.prod(shape) * dtype.itemsize, len(content) - start
    if found != expected:
        problem = "is truncated" if found < expected else "has trailing bytes"
        raise ValueError(
            f"{path} {problem}: its header announces shape {shape} of {dtype.name}, "
            f"{expected} bytes of data, and {found} bytes follow it. Get the file again."
        )
    big_endian = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return big_endian.astype(dtype.newbyteorder("="))


def write_idx(path: str | PathLike[str], array: np.ndarray) -> None:
    """Write an array as an IDX file, gzip-compressed where the name ends in ``.gz``.

    The same array always gives the same bytes.

    Raises
    ------
    TypeError
        If IDX has no code for the array's dtype.

    Examples
    --------
    >>> from retrograd.data import write_idx
    >>> write_idx("labels-idx1", np.arange(3))
    Traceback (most recent call last):
        ...
    TypeError: labels-idx1: IDX has no element type for int64; it has uint8, int8, int16, ...
    """
    array = np.asarray(array)
    code = _CODES.get(array.dtype.newbyteorder(">"))
    if code is None:
        known = ", ".join(dtype.name for dtype in _CODES)
        raise TypeError(f"{path}: IDX has no element type for {array.dtype}; it has {known}")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    content = header + array.astype(_DTYPES[code]).tobytes()
    if str(path).endswith(".gz"):
        import gzip

        content = gzip.compress(content, mtime=0)
    Path(path).write_bytes(content)


def _read_bytes(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(_GZIP_MAGIC):
        return content
    import gzip
    import zlib

    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error, struct.error) as error:
        raise ValueError(
            f"{path} is a damaged or truncated gzip file ({error}). Get the file again."
        ) from error


def _parse_header(
    content: bytes, path: str | PathLike[str]
) -> tuple[np.dtype, tuple[int, ...], int]:
    """Element type, shape and the offset of the first element."""
    if len(content) < 4:
        raise ValueError(f"{path} is truncated: an IDX header has 4 bytes, this {len(content)}")
    zeros, code, ndim = struct.unpack_from(">HBB", content)
    if zeros != 0 or code not in _DTYPES:
        known = ", ".join(f"0000{known:02x}" for known in _DTYPES)
        raise ValueError(
            f"{path} is not an IDX file: it begins with {content[:3].hex()}, "
            f"expected one of {known}"
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(
            f"{path} is truncated: the header of its {ndim} dimensions has {start} bytes, "
            f"the file {len(content)}"
        )
    return np.dtype(_DTYPES[code]), struct.unpack_from(f">{ndim}I", content, 4), start
