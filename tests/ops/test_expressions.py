"""A line of Python does the same in retrograd and in PyTorch: values, types, shapes, errors, gradients.

The lines are in ``expressions/*.txt``; there `T` is the one library or the other, `np` NumPy.
"""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core.engine import grad

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

FOLDER = Path(__file__).with_name("expressions")
X = np.random.default_rng(0).normal(size=(3, 4))


def lines(name):
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def outcome(action, library):
    """What an action gives, or the exception that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return action(library)
        except Exception as error:
            return error


def plain(value):
    """Tensors and types of either library as NumPy arrays and names."""
    if isinstance(value, (torch.Tensor, rg.Tensor)):
        return (re.sub(r".*\.", "", str(value.dtype)), value.detach().numpy())
    if isinstance(value, (tuple, list)):
        return tuple(plain(part) for part in value)
    if isinstance(value, (torch.dtype, rg.dtype)):
        return re.sub(r".*\.", "", str(value))
    return value


def assert_same(got, expected):
    if isinstance(got, Exception) or isinstance(expected, Exception):
        # A subclass says more, such as NotImplementedError for PyTorch's RuntimeError.
        assert isinstance(expected, type(got)), f"got {got!r}, PyTorch gives {expected!r}"
    elif isinstance(got, tuple):
        assert isinstance(expected, tuple)
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b)
    elif isinstance(got, np.ndarray):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=1e-7)
    else:
        assert got == expected


@pytest.mark.parametrize("line", [*lines("creation"), *lines("shapes")])
def test_values(line):
    def run(library):
        return plain(eval(line, {"T": library, "np": np}))

    assert_same(outcome(run, rg), outcome(run, torch))


def derivatives(line, library):
    """The result, and its first and second derivative by x along fixed directions."""
    gradient = grad if library is rg else torch.autograd.grad
    x = library.from_numpy(X.copy()).requires_grad_()
    scope = {"T": library, "np": np, "x": x}
    *statements, result = [part.strip() for part in line.split(";")]
    exec("\n".join(statements), scope)
    if re.match(r"x\[0\]=|x\.add_", result):
        exec(result, scope)
    out = eval(result, scope)
    found = [plain(out), out.requires_grad]
    if out.requires_grad:
        weight = np.random.default_rng(1).normal(size=tuple(out.shape))
        weight = library.from_numpy(np.asarray(weight)).to(out.dtype)
        loss = (out * out * weight + out * weight).sum()
        (first,) = gradient(loss, x, create_graph=True)
        found.append(first.detach().numpy())
        second = None
        if first.requires_grad:
            direction = library.from_numpy(np.random.default_rng(2).normal(size=(3, 4)))
            along = (first * first * direction).sum()
            (second,) = gradient(along, x, retain_graph=True, allow_unused=True)
        found.append(np.zeros((3, 4)) if second is None else second.numpy())
        loss.backward()
        np.testing.assert_allclose(x.grad.numpy(), found[2], rtol=1e-6, atol=1e-7)
    return tuple(found)


@pytest.mark.parametrize("line", lines("gradients"))
def test_gradients(line):
    def run(library):
        return derivatives(line, library)

    assert_same(outcome(run, rg), outcome(run, torch))
