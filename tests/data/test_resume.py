"""A loader's place in an epoch is saved and taken up: the rest is bit for bit the same."""

import copy
import pickle

import pytest

import retrograd as rg
from retrograd.backends.random import default_generator
from retrograd.data import (
    DataLoader,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

N = 23


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(N))


def make(kind, generator, **arguments):
    data, arguments = range(N), {"batch_size": 4, **arguments}
    if kind == "shuffle":
        return DataLoader(data, shuffle=True, generator=generator, **arguments)
    if kind in ("stream", "in order"):
        data = Stream() if kind == "stream" else data
        return DataLoader(data, generator=generator, **arguments)
    sampler = {
        "replacement": lambda: RandomSampler(data, True, 100, generator=generator),
        "repeated": lambda: RandomSampler(data, num_samples=60, generator=generator),
        "subset": lambda: SubsetRandomSampler(range(5, 20), generator=generator),
        "weighted": lambda: WeightedRandomSampler(range(1, N + 1), 30, generator=generator),
    }[kind]()
    return DataLoader(data, sampler=sampler, **arguments)


KINDS = ["shuffle", "stream", "in order", "replacement", "repeated", "subset", "weighted"]


def run(loader, epochs, noise):
    """Batches of some epochs, with draws by a training script in between."""
    return [
        (batch.tolist(), rg.randperm(3, generator=noise).tolist())
        for _ in range(epochs)
        for batch in loader
    ]


SERIAL = [(kind, stop, {}) for kind in KINDS for stop in (1, 3, "last")]
WITH_WORKERS = [
    (kind, stop, {"num_workers": 2})
    for kind, stop in (("shuffle", 3), ("replacement", 1), ("stream", 3))
]


@pytest.mark.parametrize(("kind", "stop", "workers"), SERIAL + WITH_WORKERS)
@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_rest_of_the_run_is_the_same(kind, stop, workers, own_generator):
    def generator():
        return rg.Generator().manual_seed(4) if own_generator else None

    rg.manual_seed(1)
    own = generator()
    loader = make(kind, own, **workers)
    run(loader, 1, own)
    batches = iter(loader)
    count = len(list(make(kind, generator()))) if stop == "last" else stop
    for _ in range(count):
        next(batches)
        rg.randperm(3, generator=own)
    saved = pickle.loads(pickle.dumps((loader.state_dict(), default_generator.get_state())))
    expected = run(batches, 1, own) + run(loader, 2, own)

    rg.manual_seed(99)
    own = rg.Generator().manual_seed(98) if own_generator else None
    loader = make(kind, own, **workers)
    loader.load_state_dict(saved[0])
    default_generator.set_state(saved[1])
    assert run(loader, 3, own) == expected


def test_loading_leaves_the_default_generator_alone():
    loader = make("shuffle", None)
    batches = iter(loader)
    next(batches)
    saved = loader.state_dict()
    rg.manual_seed(5)
    expected = rg.randperm(9).tolist()
    rg.manual_seed(5)
    loader.load_state_dict(saved)
    assert rg.randperm(9).tolist() == expected


def test_between_epochs_there_is_no_place():
    own = rg.Generator().manual_seed(4)
    loader = make("shuffle", own)
    assert loader.state_dict()["epoch"] is None
    list(loader)
    saved = copy.deepcopy(loader.state_dict())
    assert saved["epoch"] is None
    expected = run(loader, 2, own)
    other = rg.Generator()
    loader = make("shuffle", other)
    loader.load_state_dict(saved)
    assert run(loader, 2, other) == expected


def test_the_same_loader_can_go_back():
    loader = make("shuffle", None)
    batches = iter(loader)
    next(batches)
    saved = loader.state_dict()
    rest = [batch.tolist() for batch in batches]
    for _ in range(2):
        loader.load_state_dict(saved)
        assert [batch.tolist() for batch in loader] == rest
    assert [batch.tolist() for batch in loader] != rest


def test_a_resumed_epoch_can_be_saved_again():
    loader = make("shuffle", None)
    batches = iter(loader)
    next(batches)
    loader.load_state_dict(loader.state_dict())
    batches = iter(loader)
    next(batches)
    saved = loader.state_dict()
    rest = [batch.tolist() for batch in batches]
    assert len(rest) == len(loader) - 2
    loader.load_state_dict(saved)
    assert [batch.tolist() for batch in loader] == rest


@pytest.mark.parametrize("state", [{}, {"epoch": None}, {"epoch": None, "generators": []}])
def test_foreign_states_are_refused(state):
    with pytest.raises(ValueError, match=r"loader with 1 generator\(s\) of its own"):
        make("shuffle", rg.Generator()).load_state_dict(state)


def test_a_place_beyond_the_end_is_refused():
    loader = DataLoader(range(100), batch_size=10)
    batches = iter(loader)
    for _ in range(8):
        next(batches)
    with pytest.raises(
        ValueError, match="8 batches into an epoch, but this loader's epochs have 3"
    ):
        DataLoader(range(30), batch_size=10).load_state_dict(loader.state_dict())
