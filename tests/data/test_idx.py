"""The IDX reader and writer: every type, both storages, and what is wrong with a bad file."""

import gzip
import struct

import numpy as np
import pytest

from retrograd.data import read_idx, write_idx

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 0, 4), (2, 3, 4, 5)])
def test_round_trip(tmp_path, dtype, suffix, shape):
    array = np.random.default_rng(0).normal(0, 50, shape).astype(dtype)
    path = tmp_path / f"array{suffix}"
    write_idx(path, array)
    found = read_idx(path)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.flags.writeable
    assert found.flags.c_contiguous


def test_layout_is_the_documented_one(tmp_path):
    path = tmp_path / "array"
    path.write_bytes(bytes([0, 0, 0x0B, 2]) + struct.pack(">2I4h", 2, 2, 1, -2, 300, 4))
    np.testing.assert_array_equal(read_idx(path), np.int16([[1, -2], [300, 4]]))
    other = tmp_path / "other"
    write_idx(other, read_idx(path))
    assert other.read_bytes() == path.read_bytes()


def test_compression_is_recognised_by_content(tmp_path):
    write_idx(tmp_path / "a.gz", np.arange(3, dtype=np.uint8))
    (tmp_path / "a.gz").rename(tmp_path / "a")
    np.testing.assert_array_equal(read_idx(str(tmp_path / "a")), [0, 1, 2])


def test_big_endian_and_non_contiguous_arrays_are_written_right(tmp_path):
    array = np.arange(12, dtype=">i4").reshape(3, 4).T
    write_idx(tmp_path / "a", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)


def test_same_array_gives_same_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_idx(tmp_path / name, np.arange(100, dtype=np.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64", "uint16"])
def test_types_that_idx_lacks_are_refused(tmp_path, dtype):
    with pytest.raises(TypeError, match=rf"no element type for {dtype}"):
        write_idx(tmp_path / "a", np.zeros(2, dtype))
    assert not (tmp_path / "a").exists()


GOOD = bytes([0, 0, 8, 2]) + struct.pack(">2I", 2, 3) + bytes(6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: an IDX header has 4 bytes, this 0"),
        (GOOD[:3], "truncated: an IDX header has 4 bytes, this 3"),
        (GOOD[:9], "header of its 2 dimensions has 12 bytes, the file 9"),
        (GOOD[:-1], r"truncated: .* shape \(2, 3\) of uint8, 6 bytes of data, and 5 bytes follow"),
        (GOOD + b"x", "trailing bytes: .* 6 bytes of data, and 7 bytes follow"),
        (b"\x01" + GOOD[1:], "not an IDX file: it begins with 010008"),
        (GOOD[:2] + b"\x07" + GOOD[3:], "not an IDX file: it begins with 000007"),
        (b"<html>not found</html>", "not an IDX file"),
    ],
)
@pytest.mark.parametrize("compress", [False, True])
def test_bad_files_are_named_and_described(tmp_path, content, message, compress):
    path = tmp_path / "train-images"
    path.write_bytes(gzip.compress(content) if compress else content)
    with pytest.raises(ValueError, match=f"train-images.*{message}"):
        read_idx(path)


@pytest.mark.parametrize("keep", [5, 15, -4, -12])
def test_truncated_gzip_is_named(tmp_path, keep):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(GOOD)[:keep])
    with pytest.raises(ValueError, match=r"labels\.gz is a damaged or truncated gzip file"):
        read_idx(path)


def test_flipped_bit_in_gzip_is_noticed(tmp_path):
    content = bytearray(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 4, 0]) + bytes(range(256)) * 4))
    content[len(content) // 2] ^= 1
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.gz"):
        read_idx(tmp_path / "a.gz")


def test_missing_file_is_an_ordinary_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")
