"""default_collate and default_convert: every kind of sample, and structure kept."""

import collections
import types

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import default_collate, default_convert

Point = collections.namedtuple("Point", ["x", "y"])


def check(found, expected, dtype):
    assert isinstance(found, rg.Tensor)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize(
    ("batch", "dtype"),
    [
        ([1, 2], rg.int64),
        ([1.5, 2.5], rg.float64),
        ([True, False], rg.bool),
        ([np.float32(1), np.float32(2)], rg.float32),
        ([np.float64(1), np.float64(2)], rg.float64),
        ([np.int16(1), np.int16(2)], rg.int16),
        ([np.bool_(True), np.bool_(False)], rg.bool),
        ([np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)], rg.float32),
        ([np.array(1, np.uint8), np.array(2, np.uint8)], rg.uint8),
    ],
)
def test_numbers_and_arrays_become_one_tensor(batch, dtype):
    check(default_collate(batch), np.array(batch), dtype)


def test_tensors_are_stacked_and_keep_their_graph():
    a = rg.tensor([1.0, 2.0], requires_grad=True)
    batch = default_collate([a, a * 2])
    check(batch.detach(), [[1, 2], [2, 4]], rg.float32)
    batch.sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [3, 3])


def test_structure_is_kept():
    batch = default_collate([{"p": Point(1, [2.0, "a"])}, {"p": Point(3, [4.0, "b"])}])
    assert isinstance(batch["p"], Point)
    check(batch["p"].x, [1, 3], rg.int64)
    assert isinstance(batch["p"].y, list)
    check(batch["p"].y[0], [2.0, 4.0], rg.float64)
    assert list(batch["p"].y[1]) == ["a", "b"]


def test_tuples_become_lists():
    batch = default_collate([(1, b"a"), (2, b"b")])
    assert type(batch) is list
    check(batch[0], [1, 2], rg.int64)
    assert list(batch[1]) == [b"a", b"b"]


def test_mapping_types_are_kept():
    default = collections.defaultdict(int, a=1)
    batch = default_collate([default, default])
    assert type(batch) is collections.defaultdict
    assert batch.default_factory is int
    check(batch["a"], [1, 1], rg.int64)
    read_only = default_collate([types.MappingProxyType({"a": 1})])
    assert type(read_only) is types.MappingProxyType


def test_sequence_types_are_kept():
    batch = default_collate([collections.UserList([1, 2]), collections.UserList([3, 4])])
    assert type(batch) is collections.UserList
    check(batch[1], [2, 4], rg.int64)
    assert default_collate([range(2), range(2)])[1].tolist() == [1, 1]


def test_samples_are_left_unmodified():
    sample = {"a": [1, 2]}
    default_collate([sample, sample])
    default_convert(sample)
    assert sample == {"a": [1, 2]}


@pytest.mark.parametrize("batch", [[object()], [None], [{1, 2}], [np.array(["a"])]])
def test_other_types_are_refused(batch):
    with pytest.raises(TypeError, match=r"found.*collate_fn"):
        default_collate(batch)


def test_unequal_lengths_are_refused():
    with pytest.raises(RuntimeError, match=r"equal size, got sizes \[2, 1\]"):
        default_collate([[1, 2], [3]])


def test_unequal_shapes_are_refused():
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([rg.zeros(2), rg.zeros(3)])


def test_empty_batch_is_refused():
    with pytest.raises(ValueError, match="empty"):
        default_collate([])


def test_convert():
    found = default_convert({"a": np.arange(2), "p": Point(np.float32(1), "s"), "t": (1, None)})
    check(found["a"], [0, 1], rg.int64)
    assert isinstance(found["p"], Point)
    check(found["p"].x, 1, rg.float32)
    assert found["p"].y == "s"
    assert found["t"] == [1, None]
    words = np.array(["a"])
    assert default_convert(words) is words
    tensor = rg.zeros(2)
    assert default_convert(tensor) is tensor
