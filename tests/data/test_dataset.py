"""The data sets that are made from others, and their batches against their samples."""

import warnings

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from retrograd.data.dataset import get_batch


def numbers(n=10):
    return TensorDataset(rg.arange(n * 3).reshape(n, 3), rg.arange(n))


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


def test_tensor_dataset():
    data = numbers()
    assert len(data) == 10
    x, y = data[4]
    assert x.tolist() == [12, 13, 14]
    assert y.item() == 4
    assert data[-1][1].item() == 9
    assert data[2:4][1].tolist() == [2, 3]
    with pytest.raises(IndexError):
        data[10]


@pytest.mark.parametrize("shapes", [[], [()], [(3,), (4,)], [(3, 2), ()]])
def test_tensor_dataset_refuses_unequal_tensors(shapes):
    with pytest.raises(ValueError, match="TensorDataset"):
        TensorDataset(*(rg.zeros(shape) for shape in shapes))


def test_stack_dataset():
    pairs = StackDataset(numbers(), range(10))
    assert pairs[3][1] == 3
    assert pairs[3][0][1].item() == 3
    assert [item[1] for item in pairs.__getitems__([1, 2])] == [1, 2]
    named = StackDataset(a=range(3), b="xyz")
    assert named[1] == {"a": 1, "b": "y"}
    assert named.__getitems__([2, 0]) == [{"a": 2, "b": "z"}, {"a": 0, "b": "x"}]
    assert len(named) == 3


def test_stack_dataset_refuses_bad_parts():
    with pytest.raises(ValueError, match=r"differ in length: \[2, 3\]"):
        StackDataset(range(2), range(3))
    with pytest.raises(ValueError, match="got 0 and 0"):
        StackDataset()
    with pytest.raises(ValueError, match="got 1 and 1"):
        StackDataset(range(2), b=range(2))


class WrongCount(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index

    def __getitems__(self, indices):
        return [0]


def test_stack_dataset_checks_what_its_parts_give():
    with pytest.raises(ValueError, match="expected 2, got 1"):
        StackDataset(WrongCount()).__getitems__([0, 1])


def test_concat_dataset():
    both = numbers(3) + numbers(2)
    assert isinstance(both, ConcatDataset)
    assert len(both) == 5
    assert [both[i][1].item() for i in range(5)] == [0, 1, 2, 0, 1]
    assert both[-1][1].item() == 1
    assert both.cumulative_sizes == [3, 5]
    with pytest.raises(ValueError, match="index -6 is out of range for 5"):
        both[-6]
    with pytest.raises(IndexError, match="index 5 is out of range for 5"):
        both[5]


def test_concat_dataset_refuses_bad_parts():
    with pytest.raises(ValueError, match="at least one"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="ChainDataset"):
        ConcatDataset([Stream(2)])


def test_chain_dataset():
    both = Stream(2) + Stream(3)
    assert isinstance(both, ChainDataset)
    assert list(both) == [0, 1, 0, 1, 2]
    assert len(both) == 5
    with pytest.raises(TypeError, match="only chains IterableDatasets, got range"):
        list(ChainDataset([range(3)]))


def test_subset():
    odd = Subset(numbers(), [1, 3, 5])
    assert len(odd) == 3
    assert odd[-1][1].item() == 5
    assert odd[[0, 2]][1].tolist() == [1, 5]
    assert [y.item() for _, y in odd.__getitems__([2, 0])] == [5, 1]
    assert Subset(odd, [2, 1]).__getbatch__([0])[1].tolist() == [5]


def test_subset_with_its_own_items_must_say_so_for_batches():
    class Negated(Subset):
        def __getitem__(self, index):
            return -super().__getitem__(index)

    with pytest.raises(NotImplementedError, match="Negated overrides __getitem__"):
        Negated(range(5), [1])


class Plain(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        return index, float(index)


SLICED = [
    numbers(),
    Subset(numbers(), [7, 3, 3, 0, 9]),
    Subset(Subset(numbers(), range(9, -1, -1)), [0, 1, 2, 3, 4]),
    StackDataset(numbers(), numbers()),
    StackDataset(a=numbers(), b=Subset(numbers(20), range(10))),
    StackDataset(numbers(), range(10)),
    Plain(),
    range(10),
]


def flat(batch):
    if isinstance(batch, dict):
        return [value for key in sorted(batch) for value in flat(batch[key])]
    if isinstance(batch, (list, tuple)):
        return [value for item in batch for value in flat(item)]
    return [(batch.dtype, batch.tolist())]


@pytest.mark.parametrize("data", SLICED, ids=lambda data: type(data).__name__)
def test_batch_is_what_collating_its_samples_gives(data):
    batches = list(DataLoader(data, batch_size=3))
    plain = list(DataLoader(data, batch_size=3, collate_fn=lambda items: default_collate(items)))
    assert [type(batch) for batch in batches] == [type(batch) for batch in plain]
    assert [flat(batch) for batch in batches] == [flat(batch) for batch in plain]


def test_arrays_in_memory_have_a_fast_path():
    for data in SLICED[:5]:
        assert get_batch(data, [0, 1]) is not NotImplemented
    for data in SLICED[5:]:
        assert get_batch(data, [0, 1]) is NotImplemented


def test_overriding_getitem_alone_turns_the_fast_path_off():
    class Noisy(TensorDataset):
        def __getitem__(self, index):
            return tuple(-tensor for tensor in super().__getitem__(index))

    data = Noisy(rg.arange(4))
    assert next(iter(DataLoader(data, batch_size=4)))[0].tolist() == [0, -1, -2, -3]
    assert next(iter(DataLoader(Subset(data, [2]))))[0].tolist() == [-2]


def test_getitems_is_used():
    class Together(Dataset):
        def __len__(self):
            return 4

        def __getitems__(self, indices):
            return [i * 10 for i in indices]

    assert [b.tolist() for b in DataLoader(Together(), batch_size=3)] == [[0, 10, 20], [30]]


def test_abstract_methods_are_named():
    with pytest.raises(NotImplementedError, match="Dataset should implement __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="IterableDataset should implement __iter__"):
        iter(IterableDataset())


def test_random_split_covers_everything_once():
    parts = random_split(range(10), [3, 7])
    assert [len(part) for part in parts] == [3, 7]
    assert sorted(i for part in parts for i in part) == list(range(10))


@pytest.mark.parametrize(
    ("n", "fractions", "lengths"),
    [(10, [0.5, 0.5], [5, 5]), (10, [0.3, 0.3, 0.4], [3, 3, 4]), (11, [0.3, 0.3, 0.4], [4, 3, 4])],
)
def test_random_split_by_fractions(n, fractions, lengths):
    assert [len(part) for part in random_split(range(n), fractions)] == lengths


def test_random_split_warns_of_an_empty_part():
    with pytest.warns(UserWarning, match="index 1 is empty"):
        random_split(range(2), [0.9, 0.1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        random_split(range(2), [2, 0])


def test_random_split_refuses_wrong_lengths():
    with pytest.raises(ValueError, match=r"\[3, 8\] sum to 11, but the data set has 10"):
        random_split(range(10), [3, 8])
    with pytest.raises(ValueError, match=r"fraction 1.5 at index 0"):
        random_split(range(10), [1.5, -0.5])


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("n", "lengths"), [(10, [3, 7]), (1000, [100, 0, 900]), (1001, [0.25, 0.75]), (0, [0, 0])]
)
@pytest.mark.parametrize("own_generator", [False, True])
def test_random_split_is_pytorchs(n, lengths, own_generator):
    torch = pytest.importorskip("torch")

    def run(library, data):
        library.manual_seed(7)
        own = (library.Generator().manual_seed(3),) if own_generator else ()
        parts = data.random_split(range(n), lengths, *own)
        return [list(part.indices) for part in parts], library.randperm(5).tolist()

    assert run(rg, rg.data) == run(torch, torch.utils.data)


def test_data_sets_can_be_pickled():
    import pickle

    copy = pickle.loads(pickle.dumps(Subset(numbers(), [1, 2])))
    np.testing.assert_array_equal(copy[1][0].numpy(), [6, 7, 8])
