"""Samplers: what they give, PyTorch's orders, and what they leave of the generator."""

import pytest

import retrograd as rg
from retrograd.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_sequential():
    assert list(SequentialSampler("abcd")) == [0, 1, 2, 3]
    assert len(SequentialSampler("abcd")) == 4


def test_random_is_a_permutation_and_a_new_one_each_time():
    sampler = RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert all(type(i) is int for i in first)


def test_random_with_a_generator_leaves_the_default_one_alone():
    rg.manual_seed(0)
    expected = rg.randperm(9).tolist()
    rg.manual_seed(0)
    list(RandomSampler(range(50), generator=rg.Generator().manual_seed(1)))
    list(SubsetRandomSampler(range(50), generator=rg.Generator().manual_seed(1)))
    list(WeightedRandomSampler([1.0, 2.0], 3, generator=rg.Generator().manual_seed(1)))
    assert rg.randperm(9).tolist() == expected


@pytest.mark.parametrize(("replacement", "num_samples"), [(False, 7), (False, 25), (True, 100)])
def test_number_of_samples(replacement, num_samples):
    sampler = RandomSampler(range(10), replacement, num_samples)
    found = list(sampler)
    assert len(found) == len(sampler) == num_samples
    assert set(found) <= set(range(10))
    if not replacement:
        assert sorted(found[:10]) == sorted(set(found[:10]))


def test_batches():
    assert list(BatchSampler(range(7), 3, False)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(BatchSampler(range(7), 3, True)) == [[0, 1, 2], [3, 4, 5]]
    assert list(BatchSampler(iter(range(6)), 3, False)) == [[0, 1, 2], [3, 4, 5]]
    assert len(BatchSampler(range(7), 3, False)) == 3
    assert len(BatchSampler(range(7), 3, True)) == 2
    assert list(BatchSampler([], 3, False)) == []


def test_weights():
    assert set(WeightedRandomSampler([0.0, 1.0, 0.0, 2.0], 50)) == {1, 3}
    assert sorted(WeightedRandomSampler([1.0, 5.0, 2.0], 3, replacement=False)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RandomSampler([]), ValueError, "num_samples should be a positive integer"),
        (lambda: RandomSampler([1], num_samples=0), ValueError, "got 0"),
        (lambda: RandomSampler([1], replacement=1), TypeError, "should be a bool, got 1"),
        (lambda: BatchSampler([1], 0, False), ValueError, "batch_size should be a positive"),
        (lambda: BatchSampler([1], True, False), ValueError, "got True"),
        (lambda: BatchSampler([1], 2.0, False), ValueError, r"got 2\.0"),
        (lambda: BatchSampler([1], 2, 1), ValueError, "drop_last should be a bool"),
        (lambda: WeightedRandomSampler([1.0], True), ValueError, "num_samples"),
        (lambda: WeightedRandomSampler([1.0], 1, 1), ValueError, "replacement should be a bool"),
        (
            lambda: WeightedRandomSampler([[1.0]], 1),
            ValueError,
            r"1-d sequence, got shape \(1, 1\)",
        ),
        (lambda: iter(Sampler()), NotImplementedError, "Sampler should implement __iter__"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


CASES = {
    "random": lambda data, g: data.RandomSampler(range(100), generator=g),
    "random, large": lambda data, g: data.RandomSampler(range(30_000), generator=g),
    "random, fewer": lambda data, g: data.RandomSampler(range(100), num_samples=7, generator=g),
    "random, more": lambda data, g: data.RandomSampler(range(10), num_samples=25, generator=g),
    "replacement": lambda data, g: data.RandomSampler(range(100), True, generator=g),
    "replacement, 32": lambda data, g: data.RandomSampler(range(9), True, 64, generator=g),
    "subset": lambda data, g: data.SubsetRandomSampler([5, 7, 9, 11, 2], generator=g),
    "weighted": lambda data, g: data.WeightedRandomSampler([0.1, 3, 0.5, 2], 40, generator=g),
    "weighted, one": lambda data, g: data.WeightedRandomSampler([0.1, 3, 0.5], 1, generator=g),
    "weighted, no replacement": lambda data, g: data.WeightedRandomSampler(
        [0.1, 3, 0.5, 2, 7], 4, False, generator=g
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("own_generator", [False, True])
def test_order_and_what_is_left_of_the_generator_are_pytorchs(case, own_generator):
    torch = pytest.importorskip("torch")

    def run(library, data):
        library.manual_seed(11)
        generator = library.Generator().manual_seed(5) if own_generator else None
        sampler = CASES[case](data, generator)
        passes = [list(sampler), list(data.BatchSampler(sampler, 5, True)), list(sampler)]
        own_rest = library.randperm(4, generator=generator).tolist() if own_generator else None
        return passes, own_rest, library.randperm(4).tolist()

    assert run(rg, rg.data) == run(torch, torch.utils.data)
