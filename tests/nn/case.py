"""One row of the tables of layers: how a layer is made, what it is fed, and both built."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import retrograd as rg


@dataclass
class Case:
    """A layer by name with its arguments, and its inputs: shapes, or functions of a generator."""

    name: str
    args: tuple = ()
    inputs: tuple = ((2, 3),)
    settings: dict[str, Any] = field(default_factory=dict)
    random: bool = False  # draws in training
    rtol: float = 1e-9
    only_output: bool = False

    def __str__(self):
        settings = {
            k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in self.settings.items()
        }
        parts = [*map(str, self.args), *(f"{k}={v}" for k, v in settings.items())]
        shapes = " ".join("x".join(map(str, i)) for i in self.inputs if isinstance(i, tuple))
        return f"{self.name}({','.join(parts).replace(' ', '')}) {shapes}"

    def build(self, lib):
        """The layer; arrays among the settings become tensors."""
        like = {
            k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in self.settings.items()
        }
        return getattr(lib.nn, self.name)(*self.args, **like)

    def values(self):
        """NumPy inputs: float64 for shapes, None for None."""
        rng = np.random.default_rng(0)
        return [
            rng.standard_normal(i) if isinstance(i, tuple) else i and i(rng) for i in self.inputs
        ]


def ints(high, *shape):
    return lambda rng: rng.integers(0, high, shape)


def signs(*shape):
    return lambda rng: rng.choice([-1.0, 1.0], shape)


def positive(*shape):
    return lambda rng: rng.random(shape) + 0.1


def bits(*shape):
    return lambda rng: rng.integers(0, 2, shape).astype(float)


def offsets(*starts):
    return lambda rng: np.array(starts)


def windows(*shape):
    """Where the largest of each window of two along each dimension stood, as max pooling says."""

    def make(rng):
        sizes = shape[-1:] if len(shape) == 3 else shape[-2:] if shape[0] == 2 else shape[-3:]
        places = np.indices(sizes)
        picks = rng.integers(0, 2, (*shape[: -len(sizes)], len(sizes), *sizes))
        index = 0
        for axis, size in enumerate(sizes):
            index = (
                index * 2 * size + 2 * places[axis] + picks[..., axis, *[slice(None)] * len(sizes)]
            )
        return index

    return make


def log_probabilities(*shape):
    def make(rng):
        x = rng.standard_normal(shape)
        return x - np.log(np.exp(x).sum(-1, keepdims=True))

    return make


def probabilities(*shape):
    return lambda rng: np.exp(log_probabilities(*shape)(rng))


def make(lib, case):
    """The layer of a case in double precision."""
    return case.build(lib).double()


def copied(module, state):
    """Give `module` the values of a state dict of the other library."""
    like = rg.tensor if isinstance(module, rg.nn.Module) else __import__("torch").tensor
    result = module.load_state_dict({k: like(v.detach().numpy()) for k, v in state.items()})
    assert not result.missing_keys
    return module


def tensors(lib, case):
    """Inputs as tensors; the first one and those given by a shape want gradients."""
    made = [v if v is None else lib.tensor(v) for v in case.values()]
    for k, (t, given) in enumerate(zip(made, case.inputs, strict=True)):
        if case.only_output:
            break
        if t is not None and t.is_floating_point() and (k == 0 or isinstance(given, tuple)):
            t.requires_grad_()
    return made
