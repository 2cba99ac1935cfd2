"""The generator of random numbers: seeds, states, copies, and words however they are asked for."""

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrograd.backends import random
from retrograd.backends.random import Generator
from retrograd.backends.random_reserve import key_of


def seeded(seed=0):
    return Generator().manual_seed(seed)


def test_a_new_generator_has_the_seed_of_pytorch():
    assert Generator().initial_seed() == 67280421310721


@pytest.mark.parametrize("seed", [-(2**63) - 1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="-2\\*\\*63 <= seed"):
        Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [1.5, "3", True, None])
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises(RuntimeError, match="expected an int"):
        Generator().manual_seed(seed)


def test_a_generator_on_a_gpu_is_refused():
    with pytest.raises(RuntimeError, match="on the CPU only, got device 'cuda'"):
        Generator("cuda")


def test_seed_is_unforeseeable_and_can_be_repeated():
    generator = Generator()
    first, second = generator.seed(), generator.seed()
    assert first != second
    assert generator.initial_seed() == second < 2**53
    np.testing.assert_array_equal(
        random.uniform(generator, 5), random.uniform(seeded(second), 5), strict=True
    )


def test_the_default_generator():
    found = random.default_generator.get_state()
    try:
        assert random.manual_seed(12.7) is random.default_generator
        assert random.initial_seed() == 12
        assert random.seed() == random.initial_seed() != 12
    finally:
        random.default_generator.set_state(found)


def test_seeding_again_forgets_the_kept_normal_number():
    generator = seeded(3)
    random.normal(generator, 1)
    generator.manual_seed(3)
    np.testing.assert_array_equal(random.normal(generator, 3), random.normal(seeded(3), 3))


@pytest.mark.parametrize("words", [0, 1, 300, 623, 624, 625, 1248])
@pytest.mark.parametrize(
    "other",
    [
        lambda g: g.clone_state(),
        copy.deepcopy,
        lambda g: pickle.loads(pickle.dumps(g)),
        lambda g: restored(g.get_state()),
    ],
    ids=["clone_state", "deepcopy", "pickle", "set_state"],
)
def test_a_copy_goes_on_alike_and_by_itself(words, other):
    generator = seeded(5)
    generator.words(words)
    random.normal(generator, 1)  # a second one is kept
    twin = other(generator)
    assert twin.initial_seed() == 5
    expected = [random.normal(generator, 4), random.uniform(generator, 700)]
    np.testing.assert_array_equal(expected[0], random.normal(twin, 4))
    np.testing.assert_array_equal(expected[1], random.uniform(twin, 700))


def restored(state):
    generator = Generator()
    generator.set_state(state)
    return generator


def test_a_state_is_a_snapshot():
    generator = seeded(5)
    state = generator.get_state()
    before = state.copy()
    random.uniform(generator, 1000)
    np.testing.assert_array_equal(state, before)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (np.zeros(4, np.uint8), RuntimeError, "expected 5056 bytes, got 4"),
        (np.zeros(5056, np.uint8), RuntimeError, "not a state"),
        (np.zeros(5056), TypeError, "expected a uint8 array, got float64"),
    ],
)
def test_a_bad_state_is_refused_and_changes_nothing(state, error, message):
    generator = seeded(1)
    before = generator.get_state()
    with pytest.raises(error, match=message):
        generator.set_state(state)
    np.testing.assert_array_equal(generator.get_state(), before)


def test_numpy_random_is_imported_when_first_used():
    program = (
        "import sys, retrograd.backends.random as r\n"
        "r.manual_seed(3)\n"
        "assert 'numpy.random' not in sys.modules\n"
        "r.uniform(r.default_generator, 1)\n"
        "assert 'numpy.random' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 40) | st.integers(0, 700) | st.integers(0, 5000)),
        max_size=12,
    )
)
def test_words_do_not_depend_on_how_many_are_asked_at_a_time(calls):
    parts, whole = seeded(9), seeded(9)
    drawn = [np.empty(0, np.uint32)]
    for double, n in calls:
        drawn.append(as_words(parts.double_words(n)) if double else parts.words(n))
    expected = whole.words(sum(map(len, drawn)))
    np.testing.assert_array_equal(np.concatenate(drawn), expected, strict=True)
    np.testing.assert_array_equal(parts.get_state(), whole.get_state())


def as_words(pairs):
    high_and_low = np.stack([pairs >> np.uint64(32), pairs & np.uint64(2**32 - 1)], axis=1)
    return high_and_low.ravel().astype(np.uint32)


def numpy_words(state, n):
    return state.randint(0, 2**32, n, np.uint32)


def test_the_state_is_that_of_numpy_after_any_number_of_small_draws():
    generator, numpy = seeded(4), np.random.RandomState(4)
    # To the ends of the 624 words that a state makes, and beyond.
    for n in (1, 622, 1, 1, 623, 1247, 1, 1872, 600, 24, 600, 5, 1243, 1000, 1500, 3):
        np.testing.assert_array_equal(generator.words(n), numpy_words(numpy, n))
        _, key, position = numpy.get_state()[:3]
        found_key, found_position = generator._key_and_position()
        np.testing.assert_array_equal(found_key, key)
        assert found_position == position


def test_a_state_is_known_by_its_words():
    numpy = np.random.RandomState(4)
    words = numpy_words(numpy, 624)
    np.testing.assert_array_equal(key_of(words), numpy.get_state()[1], strict=True)


@pytest.mark.parametrize("draw", [lambda g, n: g.words(n), random.uniform, random.normal])
def test_changing_what_was_drawn_changes_nothing_to_come(draw):
    changed, left = seeded(2), seeded(2)
    for _ in range(200):
        numbers = draw(changed, 20)
        np.testing.assert_array_equal(numbers, draw(left, 20))
        numbers.fill(0)
        np.testing.assert_array_equal(changed.get_state(), left.get_state())


def test_threads_never_get_the_same_words():
    generator, sizes = seeded(6), [1, 7, 100, 3, 2500, 40] * 50
    with ThreadPoolExecutor(8) as pool:
        drawn = np.concatenate(list(pool.map(generator.words, sizes)))
    expected = seeded(6).words(sum(sizes))
    np.testing.assert_array_equal(np.sort(drawn), np.sort(expected))
