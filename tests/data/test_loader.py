"""DataLoader in one process: batches, arguments, and PyTorch's order from the same seed."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    TensorDataset,
    WeightedRandomSampler,
)


def numbers(n=10):
    return TensorDataset(rg.arange(n * 2).reshape(n, 2).float(), rg.arange(n))


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


def lists(loader):
    return [batch.tolist() for batch in loader]


def test_batches_of_arrays():
    batches = list(DataLoader(numbers(), batch_size=4))
    assert all(type(batch) is list for batch in batches)
    assert [tuple(x.shape) for x, _ in batches] == [(4, 2), (4, 2), (2, 2)]
    assert [y.tolist() for _, y in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert batches[0][0].dtype == rg.float32
    assert batches[0][1].dtype == rg.int64


def test_lengths():
    assert len(DataLoader(range(10), batch_size=4)) == 3
    assert len(DataLoader(range(10), batch_size=4, drop_last=True)) == 2
    assert len(DataLoader(range(10), batch_size=None)) == 10
    assert len(DataLoader(Stream(10), batch_size=4)) == 3
    assert len(DataLoader(Stream(10), batch_size=4, drop_last=True)) == 2
    assert len(DataLoader(Stream(10), batch_size=None)) == 10


def test_drop_last():
    assert lists(DataLoader(range(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert lists(DataLoader(Stream(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert lists(DataLoader(Stream(4), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]


def test_streams():
    assert lists(DataLoader(Stream(5), batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    loader = DataLoader(Stream(3))
    assert lists(loader) == lists(loader) == [[0], [1], [2]]


def test_no_batching_converts_arrays_only():
    data = [(np.arange(2), "a"), (np.arange(3), "b")]
    (x, name), (longer, _) = DataLoader(data, batch_size=None)
    assert x.tolist() == [0, 1]
    assert longer.tolist() == [0, 1, 2]
    assert name == "a"


def test_collate_fn_gets_the_list_of_samples():
    assert list(DataLoader(range(4), batch_size=3, collate_fn=list)) == [[0, 1, 2], [3]]
    assert list(DataLoader(range(2), batch_size=None, collate_fn=lambda x: -x)) == [0, -1]
    second = next(iter(DataLoader(numbers(), batch_size=2, collate_fn=lambda items: items[1])))
    assert second[0].tolist() == [2, 3]


def test_samplers():
    assert lists(DataLoader(range(4), batch_size=3, sampler=[3, 1, 2, 0])) == [[3, 1, 2], [0]]
    assert lists(DataLoader(range(9), batch_sampler=[[1, 2], [8]])) == [[1, 2], [8]]
    batches = BatchSampler(SequentialSampler(range(4)), 3, drop_last=True)
    loader = DataLoader(range(4), batch_sampler=batches)
    assert lists(loader) == [[0, 1, 2]]
    assert loader.batch_size is None
    assert len(loader) == 1


def test_indices_may_be_tensors_or_arrays():
    for indices in (rg.tensor([3, 1]), np.array([3, 1])):
        batch = next(iter(DataLoader(numbers(), batch_size=2, sampler=indices)))
        assert batch[1].tolist() == [3, 1]


def test_keys_need_not_be_numbers():
    loader = DataLoader({"a": 1, "b": 2}, batch_size=2, sampler=["b", "a"])
    assert lists(loader) == [[2, 1]]


def test_epochs_are_shuffled_anew():
    loader = DataLoader(range(50), batch_size=50, shuffle=True)
    first, second = lists(loader) + lists(loader)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second


def test_own_generator_alone_is_drawn_from():
    rg.manual_seed(0)
    expected = rg.randperm(9).tolist()
    rg.manual_seed(0)
    loader = DataLoader(
        range(50), batch_size=7, shuffle=True, generator=rg.Generator().manual_seed(1)
    )
    first = lists(loader)
    assert rg.randperm(9).tolist() == expected
    loader = DataLoader(
        range(50), batch_size=7, shuffle=True, generator=rg.Generator().manual_seed(1)
    )
    assert lists(loader) == first


def test_pin_memory_is_accepted():
    assert lists(DataLoader(range(2), pin_memory=True, pin_memory_device="cuda")) == [[0], [1]]


def test_errors_of_the_data_set_come_through():
    class Broken(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            raise KeyError("no such file")

    with pytest.raises(KeyError, match="no such file"):
        next(iter(DataLoader(Broken())))


def test_an_index_out_of_range_is_an_error():
    with pytest.raises(IndexError):
        list(DataLoader(numbers(), sampler=[3, 10]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_workers": -1}, "num_workers must not be negative, got -1"),
        ({"timeout": -1}, "timeout must not be negative"),
        ({"timeout": 1}, "timeout=1 needs num_workers > 0"),
        ({"prefetch_factor": 2}, "prefetch_factor=2 needs num_workers > 0"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor must be positive"),
        ({"persistent_workers": True}, "persistent_workers=True needs num_workers > 0"),
        ({"multiprocessing_context": "spawn"}, "needs num_workers > 0"),
        ({"num_workers": 1, "multiprocessing_context": "sporn"}, "sporn"),
        ({"shuffle": True, "sampler": [0]}, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
        ({"batch_sampler": [[0]], "shuffle": True}, "batch_sampler option is mutually exclusive"),
        ({"batch_sampler": [[0]], "sampler": [0]}, "batch_sampler option is mutually exclusive"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler option is mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None makes no batches"),
        ({"batch_size": 0}, "batch_size should be a positive integer"),
    ],
)
def test_contradictory_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(range(3), **arguments)


@pytest.mark.parametrize(
    "arguments", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}]
)
def test_streams_decide_their_own_order(arguments):
    with pytest.raises(ValueError, match=f"decides its own order, got {next(iter(arguments))}="):
        DataLoader(Stream(3), **arguments)
    DataLoader(Stream(3), shuffle=False)


def test_wrong_context_type():
    with pytest.raises(TypeError, match="multiprocessing_context must be"):
        DataLoader(range(3), num_workers=1, multiprocessing_context=3)


def test_what_decides_the_order_is_fixed():
    loader = DataLoader(range(3))
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset"):
        with pytest.raises(ValueError, match=f"{name} of a DataLoader cannot be changed"):
            setattr(loader, name, None)
    loader.collate_fn = list
    assert list(loader) == [[0], [1], [2]]


class DrawsAtOnce:
    """A sampler whose ``__iter__`` draws before anything is asked of it."""

    def __init__(self, lib):
        self.lib = lib

    def __iter__(self):
        return iter(self.lib.randperm(6).tolist())


ORDERS = {
    "in order": lambda library, data, g: {"generator": g},
    "shuffled": lambda library, data, g: {"shuffle": True, "generator": g},
    "no batches": lambda library, data, g: {"shuffle": True, "batch_size": None, "generator": g},
    "drop last": lambda library, data, g: {
        "shuffle": True, "batch_size": 4, "drop_last": True, "generator": g,
    },
    "weighted": lambda library, data, g: {
        "sampler": data.WeightedRandomSampler(range(1, 24), 30, generator=g), "batch_size": 7,
    },
    "eager sampler": lambda library, data, g: {"sampler": DrawsAtOnce(library), "generator": g},
    "batch sampler": lambda library, data, g: {
        "batch_sampler": data.BatchSampler(data.RandomSampler(range(23)), 6, False),
        "generator": g,
    },
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("own_generator", [False, True])
def test_order_from_a_seed_is_pytorchs(order, own_generator):
    """Also what the training script draws itself, in the middle of an epoch and after it."""
    torch = pytest.importorskip("torch")

    def run(library, data):
        library.manual_seed(3)
        generator = library.Generator().manual_seed(9) if own_generator else None
        loader = data.DataLoader(range(23), **ORDERS[order](library, data, generator))
        return [
            (library.as_tensor(batch).tolist(), library.randperm(3).tolist())
            for _ in range(3)
            for batch in loader
        ] + [library.randperm(3, generator=generator).tolist()]

    assert run(rg, rg.data) == run(torch, torch.utils.data)


def test_weighted_sampler_in_a_loader():
    loader = DataLoader(range(3), batch_size=10, sampler=WeightedRandomSampler([0, 1, 0], 20))
    assert lists(loader) == [[1] * 10, [1] * 10]
