"""What the problems of this folder are drawn from: shapes and settings, and numbers to go with them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import retrograd as rg
from retrograd.autograd_core.tensor import Tensor, wrap

Shape = tuple[int, ...]

# The same problems in every run: what fails here fails everywhere.
quick = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


class Draw:
    """Shapes and settings drawn by hypothesis; numbers by a generator, as nothing shrinks in them."""

    def __init__(self, draw: Any):
        self.draw = draw
        self.rng = np.random.default_rng(draw(st.integers(0, 999)))

    # --- settings -----------------------------------------------------------------------------

    def integer(self, low: int, high: int) -> int:
        """An int in [low, high]."""
        return self.draw(st.integers(low, high))

    def each(self, count: int, low: int, high: int) -> Shape:
        """`count` ints in [low, high]."""
        return tuple(self.integer(low, high) for _ in range(count))

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def one(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return self.draw(st.sampled_from(list(options)))

    def order(self, items: Sequence[Any]) -> tuple[Any, ...]:
        """The items in another order."""
        return tuple(self.draw(st.permutations(list(items))))

    # --- shapes -------------------------------------------------------------------------------

    def shape(self, least: int = 0, most: int = 4, low: int = 0, high: int = 4) -> Shape:
        """A shape of `least` to `most` dimensions of lengths `low` to `high`."""
        return self.each(self.integer(least, most), low, high)

    def dim(self, shape: Shape) -> int:
        """A dimension of a shape, from either end."""
        return self.integer(-len(shape), len(shape) - 1)

    def dims(self, shape: Shape, least: int = 1) -> Shape:
        """Different dimensions of a shape, in any order, from either end."""
        count = self.integer(min(least, len(shape)), len(shape))
        return tuple(k - len(shape) * self.flag() for k in self.order(range(len(shape)))[:count])

    def narrowed(self, shape: Shape) -> Shape:
        """A shape that broadcasts to this one."""
        kept = tuple(1 if not self.integer(0, 2) else n for n in shape)
        return kept[self.integer(0, len(shape)) :] if self.flag() else kept

    def broadcast(self, count: int, most: int = 4) -> list[Shape]:
        """`count` shapes that go together; the first may be the widest or not."""
        whole = self.shape(0, most)
        return [self.narrowed(whole) for _ in range(count)]

    # --- numbers ------------------------------------------------------------------------------

    def array(self, shape: Shape) -> np.ndarray:
        """Quarters between -2 and 2, which float32 holds exactly."""
        return self.rng.integers(-8, 9, shape) / 4

    def normal(self, *shape: int) -> Tensor:
        return wrap(self.rng.normal(size=shape))

    def positive(self, *shape: int) -> Tensor:
        """Numbers between 0.5 and 2."""
        return wrap(self.rng.uniform(0.5, 2.0, shape))

    def apart(self, *shape: int) -> Tensor:
        """Numbers of which no two are nearer to each other than 0.1, in any order."""
        count = int(np.prod(shape))
        return wrap(((self.rng.permutation(count) - count // 2) / 10 + 0.05).reshape(shape))

    def places(self, low: int, high: int, *shape: int) -> Tensor:
        """int64 in [low, high); none where there is nothing to point at."""
        return wrap(self.rng.integers(low, max(high, low + 1), shape))

    def mask(self, *shape: int) -> Tensor:
        return wrap(self.rng.random(shape) < 0.5)

    def regular(self, *batch: int, n: int) -> Tensor:
        """Matrices far from singular."""
        return wrap(self.rng.normal(size=(*batch, n, n)) / 2 + 2 * n * np.eye(n))

    def definite(self, *batch: int, n: int) -> Tensor:
        """Positive definite matrices."""
        root = self.rng.normal(size=(*batch, n, n))
        return wrap(root @ root.swapaxes(-1, -2) + np.eye(n))


class Laws(dict[str, Any]):
    """Properties by name, put in by decorating functions of a `Draw`."""

    def __call__(self, *cases: Any) -> Any:
        """Put in a law; with `cases`, once for each, which becomes its second argument."""

        def put(law: Any) -> Any:
            if not cases:
                self[law.__name__] = law
            for case in cases:
                name = case if isinstance(case, str) else getattr(case, "__name__", str(case))
                self[f"{law.__name__}-{name}"] = functools.partial(law, case=case)
            return law

        return put

    def parametrize(self) -> Any:
        """For a test with an argument `law`."""
        return pytest.mark.parametrize("law", list(self.values()), ids=list(self))


def for_all_draws(property: Any) -> None:
    """Hold a function of a `Draw` to all that is drawn."""

    @quick
    @given(st.data())
    def holds(data: Any) -> None:
        property(Draw(data.draw))

    holds()


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples and lists, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors(part)


def assert_close(got: Any, expected: Any, rtol: float = 1e-10) -> None:
    """Same shapes, and nearly the same values relative to the largest of them."""
    got, expected = list(tensors(got)), list(tensors(expected))
    assert [tuple(x.shape) for x in got] == [tuple(x.shape) for x in expected]
    for a, b in zip(got, expected, strict=True):
        a, b = a.detach().numpy(), b.detach().numpy()
        scale = np.abs(b[np.isfinite(b)]).max(initial=1.0) if b.dtype.kind == "f" else 0
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * scale)


def assert_same(got: Any, expected: Any) -> None:
    """Same shapes, types and bits."""
    got, expected = list(tensors(got)), list(tensors(expected))
    assert [x.dtype for x in got] == [x.dtype for x in expected]
    assert_close(got, expected, rtol=0)


def zeros(shape: Shape) -> Tensor:
    return rg.zeros(shape, dtype=rg.float64)
