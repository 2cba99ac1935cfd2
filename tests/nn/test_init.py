"""First values of weights: PyTorch's numbers for the same seed."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

ROWS = [
    ("uniform_", (3, 5), {"a": -1.0, "b": 2.0}),
    ("normal_", (7, 5), {"mean": 1.0, "std": 0.5}),
    ("normal_", (3, 2), {}),
    ("trunc_normal_", (9, 9), {}),
    ("trunc_normal_", (9, 9), {"mean": 1.0, "std": 0.5, "a": 0.0, "b": 1.5}),
    ("trunc_normal_", (9, 9), {"mean": 1.0, "std": 0.5, "a": 1.5, "b": 3.0}),
    ("constant_", (3, 2), {"val": 0.25}),
    ("ones_", (3,), {}),
    ("zeros_", (3,), {}),
    ("eye_", (3, 4), {}),
    ("dirac_", (4, 2, 3), {}),
    ("dirac_", (4, 2, 3, 3), {"groups": 2}),
    ("dirac_", (2, 4, 3, 3, 4), {}),
    ("xavier_uniform_", (4, 6), {"gain": 2.0}),
    ("xavier_uniform_", (4, 6, 3, 3), {}),
    ("xavier_normal_", (4, 6, 3), {"gain": 2.0}),
    ("kaiming_uniform_", (4, 6), {"a": 0.1}),
    ("kaiming_uniform_", (4, 6, 3), {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaiming_normal_", (4, 6, 3), {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("kaiming_normal_", (4, 6), {}),
    ("orthogonal_", (4, 6), {"gain": 2.0}),
    ("orthogonal_", (6, 4), {}),
    ("orthogonal_", (6, 2, 2), {}),
    ("sparse_", (7, 5), {"sparsity": 0.3}),
    ("sparse_", (3, 4), {"sparsity": 1.0, "std": 2.0}),
]
OLDER = (
    "uniform normal xavier_uniform xavier_normal kaiming_uniform kaiming_normal orthogonal eye"
).split()


@pytest.mark.parametrize(("name", "shape", "settings"), ROWS, ids=str)
def test_numbers(name, shape, settings):
    found = []
    for lib in (rg, torch):
        lib.manual_seed(11)
        w = lib.empty(shape, requires_grad=True)
        result = getattr(lib.nn.init, name)(w, **settings)
        assert result is w
        assert w.requires_grad
        assert w.is_leaf
        found.append(w.detach().numpy())
    # The QR decomposition of two LAPACKs differs by a few units in the last place.
    atol = 2e-6 if name == "orthogonal_" else 2e-7
    np.testing.assert_allclose(*found, rtol=2e-6, atol=atol)


@pytest.mark.parametrize("name", OLDER)
def test_names_without_the_underscore_do_the_same_with_a_warning(name):
    found = []
    for lib in (rg, torch):
        lib.manual_seed(3)
        with pytest.warns(FutureWarning, match=f"nn.init.{name}_"):
            found.append(getattr(lib.nn.init, name)(lib.empty(4, 6)).numpy())
    np.testing.assert_allclose(*found, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["uniform_", "normal_", "xavier_uniform_", "kaiming_normal_"])
def test_a_generator_of_its_own(name):
    found = []
    for lib in (rg, torch):
        generator = lib.Generator().manual_seed(5)
        w = getattr(lib.nn.init, name)(lib.empty(4, 5), generator=generator)
        found.append(w.numpy())
    np.testing.assert_allclose(*found, rtol=2e-6)


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [
        *[(n, None) for n in ("linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "leaky_relu")],
        ("leaky_relu", 0.3),
    ],
)
def test_gain(nonlinearity, param):
    wanted = torch.nn.init.calculate_gain(nonlinearity, param)
    assert nn.init.calculate_gain(nonlinearity, param) == wanted


@pytest.mark.parametrize(
    "call",
    [
        lambda lib: lib.nn.init.calculate_gain("sin"),
        lambda lib: lib.nn.init.calculate_gain("leaky_relu", "a"),
        lambda lib: lib.nn.init.eye_(lib.empty(3)),
        lambda lib: lib.nn.init.dirac_(lib.empty(3, 3)),
        lambda lib: lib.nn.init.dirac_(lib.empty(3, 3, 3), groups=2),
        lambda lib: lib.nn.init.xavier_uniform_(lib.empty(3)),
        lambda lib: lib.nn.init.kaiming_uniform_(lib.empty(3, 3), mode="fan"),
        lambda lib: lib.nn.init.orthogonal_(lib.empty(3)),
        lambda lib: lib.nn.init.sparse_(lib.empty(3, 3, 3), 0.5),
    ],
)
def test_errors_are_pytorchs(call):
    for lib in (rg, torch):
        with pytest.raises(ValueError):  # noqa: PT011
            call(lib)


def test_a_mean_far_outside_is_a_warning():
    with pytest.warns(UserWarning, match="more than 2 std"):
        w = nn.init.trunc_normal_(rg.empty(20), mean=5.0)
    assert w.min().item() >= -2
    assert w.max().item() <= 2


def test_lecun_keeps_the_variance():
    rg.manual_seed(0)
    for fill in (nn.init.lecun_normal_, nn.init.lecun_uniform_):
        w = fill(rg.empty(400, 300))
        np.testing.assert_allclose(w.var().item(), 1 / 300, rtol=0.02)
