"""The table of op specifications, and one row with its inputs drawn: what the generic tests run."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrograd.autograd_core import modes
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.device import device, from_host, to_host
from tests.ops.spec import Spec

FAMILIES = sorted(p.stem.removeprefix("specs_") for p in Path(__file__).parent.glob("specs_*.py"))


def flatten(value: Any) -> Iterator[Any]:
    """The leaves of nested tuples and lists, in order."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from flatten(part)
    else:
        yield value


def host(value: Any) -> Any:
    """A Tensor, raw array or number as a NumPy array."""
    data = value._data if isinstance(value, Tensor) else value
    return np.asarray(data) if isinstance(data, (bool, int, float)) else to_host(data)


class Case:
    """A row with its inputs: `arrays` are those of them that are arrays, lists taken apart."""

    def __init__(self, spec: Spec):
        rng = np.random.default_rng(zlib.crc32(str(spec).encode()))
        self.spec = spec
        self.attributes = spec.attributes or {}
        self.inputs = [make(rng) for make in spec.inputs]
        fixed = [getattr(make, "is_constant", False) for make in spec.inputs]
        self.arrays: list[np.ndarray] = []
        self.floats: list[int] = []
        for value, constant in zip(self.inputs, fixed, strict=True):
            for leaf in flatten(value):
                if isinstance(leaf, (np.ndarray, np.generic)):
                    if leaf.dtype.kind == "f" and not constant:
                        self.floats.append(len(self.arrays))
                    self.arrays.append(np.asarray(leaf))
        self.rng = rng

    def arguments(self, arrays: Sequence[Any]) -> list[Any]:
        """The inputs with these in the place of the arrays."""
        rest = iter(arrays)

        def put(value: Any) -> Any:
            if isinstance(value, (tuple, list)):
                return type(value)(put(part) for part in value)
            return next(rest) if isinstance(value, (np.ndarray, np.generic)) else value

        return [put(value) for value in self.inputs]

    def in_type(self, dtype: str) -> list[np.ndarray]:
        """The arrays with the floating point ones in `dtype`."""
        return [x.astype(dtype) if x.dtype.kind == "f" else x.copy() for x in self.arrays]

    def tensors(
        self, arrays: Sequence[np.ndarray], where: str, needs: Sequence[int] = ()
    ) -> list[Tensor]:
        """The arrays as Tensors on a device, those numbered in `needs` requiring grad."""
        tensors = [wrap(from_host(x, device(where))) for x in arrays]
        for k in needs:
            tensors[k].requires_grad = True
        return tensors

    def call(self, arrays: Sequence[Any]) -> list[Any]:
        """The results for Tensors (or raw arrays), tuples taken apart."""
        return list(flatten(self.spec.call(*self.arguments(arrays), **self.attributes)))

    def values(self, arrays: Sequence[np.ndarray], where: str) -> list[np.ndarray]:
        """The results as NumPy arrays, nothing recorded."""
        with modes.no_grad():
            return [host(result) for result in self.call(self.tensors(arrays, where))]

    def in_torch(self, torch: Any, arrays: Sequence[np.ndarray], needs: Sequence[int] = ()) -> Any:
        """PyTorch's results, taken apart, and its tensors of the arrays."""
        tensors = [torch.from_numpy(np.array(x)) for x in arrays]
        for k in needs:
            tensors[k].requires_grad_()
        arguments, function = self.arguments(tensors), self.spec.torch
        if isinstance(function, str):
            target = torch
            for name in function.split("."):
                target = getattr(target, name)
            attributes = {name: _for_torch(torch, v) for name, v in self.attributes.items()}
            return list(flatten(target(*arguments, **attributes))), tensors
        return list(flatten(function(torch, *arguments))), tensors


def _for_torch(torch: Any, value: Any) -> Any:
    """An attribute as PyTorch wants it: its own dtypes."""
    return getattr(torch, value.name) if type(value).__name__ == "dtype" else value
