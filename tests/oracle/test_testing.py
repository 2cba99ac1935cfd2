"""`testing.assert_close` accepts and refuses what PyTorch's does."""

import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PAIRS = """
T.tensor([1.0, 2.0]), T.tensor([1.0, 2.0 + 1e-6])
T.tensor([1.0, 2.0]), T.tensor([1.0, 2.0001])
T.tensor([1.0, 2.0]), T.tensor([1.0, 2.0001]), rtol=1e-3, atol=0.0
T.tensor([1.0, 2.0]), T.tensor([1.0, 2.0001]), rtol=1e-3
T.tensor([1.0]), T.tensor([1.0], dtype=T.float64)
T.tensor([1.0]), T.tensor([1.0], dtype=T.float64), check_dtype=False
T.tensor([0.0]), T.tensor([1e-6], dtype=T.float64), check_dtype=False
T.tensor([0.0], dtype=T.float64), T.tensor([1e-6], dtype=T.float64)
T.tensor([1, 2]), T.tensor([1, 2])
T.tensor([1, 2]), T.tensor([1, 3])
T.tensor([True]), T.tensor([False])
T.tensor([1.0]), T.tensor(1.0)
T.tensor(1.0), T.tensor(1.0)
T.tensor(1.0), T.tensor(2.0)
T.tensor([float("nan")]), T.tensor([float("nan")])
T.tensor([float("nan")]), T.tensor([float("nan")]), equal_nan=True
T.tensor([float("inf")]), T.tensor([float("inf")])
T.zeros(0, 2), T.zeros(0, 2)
T.zeros(2, 3).t(), T.zeros(3, 2)
T.zeros(2, 3).t(), T.zeros(3, 2), check_stride=True
[T.zeros(2), T.ones(2)], [T.zeros(2), T.ones(2)]
[T.zeros(2), T.ones(2)], [T.zeros(2), T.zeros(2)]
[T.zeros(2)], [T.zeros(2), T.ones(2)]
{"a": T.zeros(2)}, {"a": T.zeros(2)}
{"a": T.zeros(2)}, {"b": T.zeros(2)}
{"a": [T.zeros(2), 1.0]}, {"a": [T.zeros(2), 2.0]}
1.0, 1.0 + 1e-9
1, 2
1, 1.0
[1.0, 2], [1.0, 2]
T.ones(2, requires_grad=True) * 2, T.ones(2) * 2
T.zeros(2), T.ones(2), msg="apart"
"""


def outcome(T, arguments):
    """What the assertion says: nothing, or the class of the exception and a message of ours."""
    try:
        eval(f"T.testing.assert_close({arguments})", {"T": T})
    except (AssertionError, ValueError) as error:
        return type(error), str(error) == "apart"
    return None


@pytest.mark.parametrize("arguments", PAIRS.strip().splitlines())
def test_outcome(arguments):
    assert outcome(rg, arguments) == outcome(torch, arguments)


def test_message_says_what_is_apart_and_where():
    expected, actual = rg.ones(2, 3), rg.ones(2, 3)
    actual[1, 2] = 1.5
    with pytest.raises(AssertionError, match=r"1 of 6 elements.*0.5 at index \(1, 2\).*at \['a'\]"):
        rg.testing.assert_close({"a": actual}, {"a": expected})
    with pytest.raises(AssertionError, match=r"^so: Tensor-likes"):
        rg.testing.assert_close(actual, expected, msg=lambda text: f"so: {text}")
