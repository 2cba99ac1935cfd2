"""Tensors are printed as PyTorch prints them."""

import numpy as np
import pytest

import retrograd as rg

INF, NAN = float("inf"), float("nan")


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


ARRAYS = [
    np.float32(3.14159), np.float32(1e-5), np.float32(NAN), np.float32([1, NAN]),
    np.float32([0, INF, 1.5]), np.float32([INF]), np.zeros(3, np.float32), np.zeros(0, np.float32),
    np.zeros((0, 3), np.float32), np.zeros(0, np.int64), np.zeros(0, bool), np.zeros((1, 0, 2)),
    np.arange(2000), np.arange(2000, dtype=np.float32), np.arange(1001), np.array(5),
    np.array([1, -200]), np.array([True, False]), np.float32([1e9, 1]), np.float32([1e9]),
    np.float32([1e-5, 1]), np.float32([100, 1e5]), np.float32([-0.0, 1]), np.float16([0, 1]),
    normal(30), normal(30).astype(np.float64), normal(2, 3, 4), normal(40, 40), normal(11, 11, 11),
    normal(2, 500), normal(500, 3), normal(6, 300), normal(1001),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{list(a.shape)}")
@pytest.mark.parametrize("kind", ["constant", "leaf", "computed"])
def test_repr_is_pytorchs(array, kind):
    torch = pytest.importorskip("torch")
    if kind != "constant" and array.dtype.kind != "f":
        return
    texts = []
    for library in (rg, torch):
        x = library.tensor(array)
        if kind != "constant":
            x.requires_grad_()
        texts.append(repr(x * 1.0 if kind == "computed" else x))
    assert texts[0] == texts[1].replace("torch.", "retrograd.")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2}, {"threshold": 5, "edgeitems": 2}, {"linewidth": 40}, {"sci_mode": True},
        {"sci_mode": False}, {"profile": "short"}, {"profile": "full"},
    ],
    ids=str,
)  # fmt: skip
def test_printoptions_are_pytorchs(options):
    torch = pytest.importorskip("torch")
    texts = []
    for library in (rg, torch):
        library.set_printoptions(**options)
        try:
            texts.append([repr(library.tensor(a)) for a in (normal(7, 9) * 100, np.arange(30))])
        finally:
            library.set_printoptions(profile="default")
    assert texts[0] == [text.replace("torch.", "retrograd.") for text in texts[1]]


def test_format_of_one_element_is_that_of_its_number():
    assert f"{rg.tensor(2.5):.3f}" == "2.500"
    assert f"{rg.tensor(7):>3}" == "  7"
    assert f"{rg.tensor([2.5])}" == "tensor([2.5000])"
    with pytest.raises(TypeError, match="format"):
        f"{rg.tensor([2.5]):.3f}"
