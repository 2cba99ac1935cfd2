"""DataLoader with worker processes: order, seeds, errors, deaths, ends. Each test starts few."""

import gc
import multiprocessing
import os
import pickle
import random
import time

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info
from retrograd.data.worker import Failure

# Python 3.12 and later warn about fork where other threads run, such as those of a BLAS.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


class Numbers(Dataset):
    """Sample i is i, after doing what `at` says for i."""

    def __init__(self, n=10, at=None):
        self.n, self.at = n, at or {}

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        action = self.at.get(index)
        if action is not None:
            action()
        return index


class Shared(IterableDataset):
    """Every worker takes each ``num_workers``-th number."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.n, info.num_workers))


class Copied(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        return iter(range(self.start, self.end))


def split_range(worker):
    dataset = get_worker_info().dataset
    half = (dataset.end - dataset.start + 1) // 2
    start = dataset.start + worker * half
    dataset.start, dataset.end = start, min(start + half, dataset.end)


def lists(loader):
    return [batch.tolist() for batch in loader]


def children():
    return {process.pid for process in multiprocessing.active_children()}


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_batches_come_in_order_and_workers_end(context):
    before = children()
    data = TensorDataset(rg.arange(20).reshape(10, 2).float(), rg.arange(10))
    loader = DataLoader(data, batch_size=3, num_workers=2, multiprocessing_context=context)
    batches = list(loader)
    assert [y.tolist() for _, y in batches] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert batches[1][0].dtype == rg.float32
    assert batches[1][0].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert children() == before


def test_slow_workers_do_not_change_the_order():
    data = Numbers(6, at={0: lambda: time.sleep(0.3)})
    assert lists(DataLoader(data, num_workers=2)) == [[0], [1], [2], [3], [4], [5]]


def test_without_order_the_first_to_arrive_comes_first():
    data = Numbers(4, at={0: lambda: time.sleep(0.5)})
    found = lists(DataLoader(data, num_workers=2, in_order=False))
    assert sorted(found) == [[0], [1], [2], [3]]
    assert found[0] != [0]


def test_large_batches_and_long_index_lists_do_not_lock_up():
    n = 120_000
    data = TensorDataset(rg.arange(4 * n))
    batches = lists_of_one(DataLoader(data, batch_size=n, num_workers=1, prefetch_factor=4))
    assert batches == [list(range(i * n, i * n + n)) for i in range(4)]


def lists_of_one(loader):
    return [batch[0].tolist() for batch in loader]


def test_stream_is_shared_by_the_workers():
    loader = DataLoader(Shared(7), batch_size=2, num_workers=2)
    assert lists(loader) == [[0, 2], [1, 3], [4, 6], [5]]


def test_stream_that_no_worker_divides_is_repeated():
    assert lists(DataLoader(Copied(3, 6), num_workers=2)) == [[3], [3], [4], [4], [5], [5]]


def test_worker_init_fn_can_divide_a_stream():
    loader = DataLoader(Copied(3, 7), num_workers=2, worker_init_fn=split_range)
    assert lists(loader) == [[3], [5], [4], [6]]


def test_unequal_streams():
    loader = DataLoader(Shared(1), batch_size=1, num_workers=2)
    assert lists(loader) == [[0]]


def test_persistent_workers_are_kept():
    before = children()
    loader = DataLoader(Pids(), num_workers=1, persistent_workers=True)
    first, second = {pid for (pid,) in lists(loader)}, {pid for (pid,) in lists(loader)}
    assert first == second == children() - before
    del loader
    gc.collect()
    assert children() == before


class Pids(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return os.getpid()


def test_persistent_workers_after_a_broken_off_epoch():
    loader = DataLoader(Copied(0, 50), num_workers=1, persistent_workers=True)
    abandoned = iter(loader)
    assert next(abandoned).tolist() == [0]
    assert lists(loader) == [[i] for i in range(50)]
    with pytest.raises(RuntimeError, match="newer epoch"):
        next(abandoned)


def test_a_dropped_iterator_ends_its_workers():
    before = children()
    batches = iter(DataLoader(Numbers(100), num_workers=1))
    next(batches)
    assert children() > before
    del batches
    gc.collect()
    assert children() == before


def draw():
    return [
        random.random(),
        float(np.random.random()),  # noqa: NPY002
        rg.rand(1).item(),
        get_worker_info().seed,
    ]


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return draw()


def test_workers_draw_different_numbers_and_the_same_from_a_seed():
    def run():
        rg.manual_seed(2)
        return list(DataLoader(Draws(), num_workers=2, collate_fn=list))

    first = run()
    columns = zip(*(items[0] for items in first[:2]))
    assert all(a != b for a, b in columns)
    assert first[1][0][3] - first[0][0][3] == 1
    assert run() == first


@pytest.mark.oracle
def test_workers_are_seeded_as_in_pytorch():
    torch = pytest.importorskip("torch")

    class TorchDraws(Draws):
        def __getitem__(self, index):
            return [
                random.random(),
                float(np.random.random()),  # noqa: NPY002
                torch.rand(1).item(),
                torch.utils.data.get_worker_info().seed,
            ]

    rg.manual_seed(2)
    found = list(DataLoader(Draws(), num_workers=2, collate_fn=list))
    torch.manual_seed(2)
    loader = torch.utils.data.DataLoader(TorchDraws(), num_workers=2, collate_fn=list)
    assert found == list(loader)


def fail(error):
    raise error


class OddError(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad pixel"), ValueError),
        (KeyError("bad pixel"), KeyError),
        (OddError("bad pixel", 2), RuntimeError),
        (StopIteration("bad pixel"), RuntimeError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_exceptions_come_with_the_workers_traceback(error, expected):
    loader = DataLoader(Numbers(4, at={1: lambda: fail(error)}), num_workers=1)
    batches = iter(loader)
    assert next(batches).tolist() == [0]
    with pytest.raises(expected) as caught:
        next(batches)
    message = str(caught.value)
    assert f"Caught {type(error).__name__} in DataLoader worker process 0.\n" in message
    assert "Original Traceback (most recent call last):\n" in message
    assert "bad pixel" in message
    assert "in fail\n" in message
    assert [batch.tolist() for batch in batches] == [[2], [3]]


def test_local_exception_types_become_runtime_errors():
    class Local(Exception):
        pass

    failure = Failure.caught(Local("here"), 3)
    with pytest.raises(RuntimeError, match="Caught Local in DataLoader worker process 3"):
        pickle.loads(pickle.dumps(failure)).reraise()


def test_exception_in_worker_init_fn():
    def init(worker):
        raise OSError(f"no disk for {worker}")

    loader = DataLoader(Numbers(4), num_workers=1, worker_init_fn=init)
    with pytest.raises(OSError, match="no disk for 0"):
        list(loader)


def test_samples_that_cannot_be_sent():
    class Unsendable(Numbers):
        def __getitem__(self, index):
            return lambda: index

    with pytest.raises(Exception, match=r"(?s)worker process 0.*[pP]ickle"):
        list(DataLoader(Unsendable(), num_workers=1, collate_fn=list))


def test_worker_that_dies():
    loader = DataLoader(Numbers(4, at={2: lambda: os._exit(7)}), num_workers=1)
    batches = iter(loader)
    with pytest.raises(RuntimeError, match=r"exited unexpectedly \(exit code 7\)"):
        list(batches)


def test_timeout():
    loader = DataLoader(Numbers(4, at={0: lambda: time.sleep(2)}), num_workers=1, timeout=0.2)
    with pytest.raises(RuntimeError, match=r"timed out after 0\.2 seconds"):
        next(iter(loader))


def test_too_many_workers_are_warned_of():
    with pytest.warns(UserWarning, match="10000 worker processes"):
        DataLoader(Numbers(), num_workers=10_000)


def test_no_worker_info_here():
    assert get_worker_info() is None
    list(DataLoader(Numbers(), num_workers=0))
    assert get_worker_info() is None


@pytest.mark.oracle
@pytest.mark.parametrize("persistent", [False, True])
def test_order_over_epochs_is_pytorchs(persistent):
    torch = pytest.importorskip("torch")

    def run(library, data):
        library.manual_seed(3)
        loader = data.DataLoader(
            Numbers(11), 3, shuffle=True, num_workers=1, persistent_workers=persistent
        )
        epochs = [[batch.tolist() for batch in loader] for _ in range(3)]
        return epochs, library.randperm(4).tolist()

    assert run(rg, rg.data) == run(torch, torch.utils.data)
