"""What holds of every op: finite differences, shapes, layouts. Each check raises AssertionError."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from retrograd.autograd_core import engine, modes
from retrograd.autograd_core.cotangents import Part
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.device import device, from_host
from tests.ops.cases import Case, flatten, host

EPS = 1e-6
# Directions in which a large input is differenced; small ones are differenced in every element.
DIRECTIONS = 24
TOLERANCE = {
    "float64": {"rtol": 1e-9, "atol": 1e-11},
    "float32": {"rtol": 2e-4, "atol": 2e-5},
}

Arrays = Sequence[np.ndarray]


def close(got: Any, expected: Any, what: str, **tolerance: float) -> None:
    """Same shape and nearly the same values, NaN and infinities in the same places."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    np.testing.assert_allclose(got, expected, err_msg=what, **tolerance)


def subsets(items: Sequence[int]) -> list[tuple[int, ...]]:
    """All subsets but the empty one; each alone and all together if there are more than four."""
    if len(items) > 4:
        return [*((k,) for k in items), tuple(items)]
    sizes = range(1, len(items) + 1)
    return [s for size in sizes for s in itertools.combinations(items, size)]


def directions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Unit vectors of every element, or random directions if there are many elements."""
    size = int(np.prod(shape))
    basis = np.eye(size) if size <= DIRECTIONS else rng.normal(size=(DIRECTIONS, size))
    return basis.reshape(len(basis), *shape)


def cotangents(case: Case, arrays: Arrays, where: str) -> list[np.ndarray | None]:
    """A random cotangent for each result that can have one, None for the others."""
    tensors = case.tensors(arrays, where, case.floats)
    return [
        case.rng.normal(size=r._data.shape) if isinstance(r, Tensor) and r.requires_grad else None
        for r in case.call(tensors)
    ]


class Gradients:
    """The gradients of a case's results, contracted with cotangents, for some of its inputs."""

    def __init__(self, case: Case, where: str, seeds: Sequence[np.ndarray | None]):
        self.case, self.where, self.seeds = case, where, seeds

    def record(self, arrays: Arrays, needs: Sequence[int], *, create_graph: bool = False) -> Any:
        """(inputs, cotangents by number of result, gradients) as Tensors, None where none came."""
        inputs = self.case.tensors(arrays, self.where, needs)
        results = self.case.call(inputs)
        kind = arrays[needs[0]].dtype
        given = {}
        for number, (result, seed) in enumerate(zip(results, self.seeds, strict=True)):
            if seed is not None and result.requires_grad:
                given[number] = wrap(from_host(seed.astype(kind), result.device))
                given[number].requires_grad = create_graph
        wanted = [inputs[k] for k in needs]
        assert given, (
            f"no result requires grad though input(s) {list(needs)} do; mark inputs without a "
            "derivative with constant(...)"
        )
        grads = engine.grad(
            [results[number] for number in given],
            wanted,
            list(given.values()),
            create_graph=create_graph,
            allow_unused=True,
        )
        return wanted, given, grads

    def plain(self, arrays: Arrays, needs: Sequence[int]) -> list[np.ndarray]:
        """The gradients as NumPy arrays, by a backward pass that is not recorded."""
        _, _, grads = self.record(arrays, needs)
        return [
            np.zeros(arrays[k].shape) if g is None else host(g)
            for k, g in zip(needs, grads, strict=True)
        ]


def difference(
    function: Callable[[list[np.ndarray]], np.ndarray], arrays: Arrays, k: int, basis: np.ndarray
) -> np.ndarray:
    """Central differences of `function`, vector-valued, along directions of array number `k`."""
    columns = []
    for step in basis:
        sides = []
        for sign in (EPS, -EPS):
            moved = list(arrays)
            moved[k] = arrays[k] + sign * step
            sides.append(function(moved))
        columns.append((sides[0] - sides[1]) / (2 * EPS))
    return np.array(columns)


def along(gradient: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The derivative along each direction."""
    return basis.reshape(len(basis), gradient.size) @ gradient.ravel()


def first_order(case: Case, where: str) -> None:
    """The gradient of every subset of the inputs against finite differences."""
    arrays = case.in_type("float64")
    seeds = cotangents(case, arrays, where)
    gradients = Gradients(case, where, seeds)

    def total(moved: list[np.ndarray]) -> np.ndarray:
        results = case.values(moved, where)
        parts = [np.sum(v * r) for v, r in zip(seeds, results, strict=True) if v is not None]
        return np.array(sum(parts))

    bases = {k: directions(case.rng, arrays[k].shape) for k in case.floats}
    numeric = {k: difference(total, arrays, k, bases[k]) for k in case.floats}
    for needs in subsets(case.floats):
        for k, gradient in zip(needs, gradients.plain(arrays, needs), strict=True):
            what = f"gradient of input {k}, inputs {needs} requiring grad"
            assert gradient.shape == arrays[k].shape, f"{what}: shape {gradient.shape}"
            close(along(gradient, bases[k]), numeric[k], what, rtol=1e-5, atol=1e-6)


def second_order(case: Case, where: str) -> None:
    """The gradient of the gradient, by inputs and cotangents, against differences of the first."""
    arrays = case.in_type("float64")
    seeds = cotangents(case, arrays, where)
    weights = {k: case.rng.normal(size=arrays[k].shape) for k in case.floats}
    active = [k for k, seed in enumerate(seeds) if seed is not None]

    def contracted(moved: list[np.ndarray]) -> np.ndarray:
        given = iter(moved[len(arrays) :])
        new_seeds = [None if seed is None else next(given) for seed in seeds]
        grads = Gradients(case, where, new_seeds).plain(moved[: len(arrays)], case.floats)
        pairs = zip(case.floats, grads, strict=True)
        return np.array([np.sum(weights[k] * g) for k, g in pairs])

    points = [*arrays, *(seeds[number] for number in active)]
    variables = [*case.floats, *range(len(arrays), len(points))]
    bases = {v: directions(case.rng, points[v].shape) for v in variables}
    numeric = {v: difference(contracted, points, v, bases[v]) for v in variables}
    numeric = {v: d.reshape(len(d), len(case.floats)) for v, d in numeric.items()}
    for needs in subsets(case.floats):
        columns = [case.floats.index(k) for k in needs]
        recorded = Gradients(case, where, seeds).record(arrays, needs, create_graph=True)
        analytic = _differentiate_again(recorded, [weights[k] for k in needs], where)
        names = [f"input {k}" for k in needs] + [f"cotangent {n}" for n in recorded[1]]
        numbers = [*needs, *(len(arrays) + active.index(n) for n in recorded[1])]
        for name, v, gradient in zip(names, numbers, analytic, strict=True):
            expected = numeric[v][:, columns].sum(axis=1)
            what = f"second-order gradient of {name}, inputs {needs} requiring grad"
            close(along(gradient, bases[v]), expected, what, rtol=1e-5, atol=2e-6)


def _differentiate_again(recorded: Any, weights: Arrays, where: str) -> list[np.ndarray]:
    """Gradients of the weighted first gradients by the inputs and then the cotangents."""
    inputs, given, grads = recorded
    variables = [*inputs, *given.values()]
    pairs = [(g, w) for g, w in zip(grads, weights, strict=True) if g is not None]
    pairs = [(g, w) for g, w in pairs if g.requires_grad]
    if not pairs:
        return [np.zeros(v.shape) for v in variables]
    second = engine.grad(
        [g for g, _ in pairs],
        variables,
        [wrap(from_host(w, device(where))) for _, w in pairs],
        allow_unused=True,
    )
    return [
        np.zeros(v.shape) if g is None else host(g) for v, g in zip(variables, second, strict=True)
    ]


class held_to_rule:
    """While open, each backward step of `op` by its fast path is compared with its composed rule.

    Gradients must have their input's shape and type, cotangents and saved values must be left as
    they were. `steps` counts the comparisons.
    """

    def __init__(self, op: type[Op], dtype: str):
        self.op, self.tolerance, self.steps = op, TOLERANCE[dtype], 0

    def __enter__(self) -> held_to_rule:
        self.fast = self.op.fast_pullback
        self.op.fast_pullback = staticmethod(self._both)
        return self

    def __exit__(self, *exc: object) -> None:
        self.op.fast_pullback = staticmethod(self.fast)

    def _both(self, parents: Any, g: Any, saved: Any) -> Any:
        self.steps += 1
        before = [host(x).copy() for x in _held(g, saved)]
        with modes.set_grad_enabled(False):
            composed = self.op.pullback(parents, g, saved)
        composed = [None if c is None else _copy(c) for c in composed]
        fast = self.fast(parents, g, saved)
        for x, old in zip(_held(g, saved), before, strict=True):
            np.testing.assert_array_equal(
                host(x), old, f"{self.op.name}: changed what it was given"
            )
        assert len(fast) == len(composed) == len(parents)
        for k, (parent, a, b) in enumerate(zip(parents, fast, composed, strict=True)):
            if parent is None:
                continue
            self._one(k, parent, a.whole() if type(a) is Part else a, b)
        return fast

    def _one(self, k: int, parent: Any, fast: Any, composed: Any) -> None:
        what = f"{self.op.name}, gradient of input {k}"
        assert (fast is None) == (composed is None), f"{what}: None from one path only"
        if fast is None or hasattr(fast, "parts"):
            return
        close(host(fast), host(composed), f"{what}: fast path (x) and rule (y)", **self.tolerance)
        for way, value in (("fast path", fast), ("rule", composed)):
            data = parent._data if isinstance(parent, Tensor) else None
            shape = parent.shape if data is None else data.shape
            assert value.shape == tuple(shape), f"{what}: {way} gives {value.shape}, not {shape}"
            if data is not None:
                assert value.dtype == data.dtype, f"{what}: {way} gives {value.dtype}"


def _held(g: Any, saved: Any) -> list[Any]:
    """The arrays among a cotangent and what was saved."""
    parts = list(g.parts.values()) if hasattr(g, "parts") else [g]
    return [x for x in flatten([*parts, *saved]) if hasattr(x, "dtype") and hasattr(x, "shape")]


def _copy(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") else value


def awkward(array: np.ndarray) -> np.ndarray:
    """The same values read-only, and with other strides: transposed, or every second element."""
    if array.ndim >= 2:
        result = array.T.copy().T
    elif array.ndim == 1:
        result = np.repeat(array, 2)[::2]
    else:
        result = array.copy()
    result.setflags(write=False)
    return result


class Recorder:
    """A watcher of the forward pass that notes the ops that ran."""

    def __init__(self) -> None:
        self.ops: set[str] = set()

    def check_forward(self, op: Any, result: Any, inputs: Any) -> None:
        """Called by the engine after each op."""
        self.ops.add(op.__name__)

    def check_backward(self, node: Any, results: Any) -> None:
        """Called by the engine after each backward step of a traced node."""


def ops_that_run(case: Case) -> set[str]:
    """The names of the ops that a case's call runs."""
    recorder = Recorder()
    modes.state.watcher = recorder
    try:
        case.call(case.tensors(case.in_type("float64"), "cpu"))
    finally:
        modes.state.watcher = None
    return recorder.ops
