"""nn.functional beside PyTorch's, where no layer of the tables of layers goes: value and gradients."""

import numpy as np
import pytest

import retrograd as rg
from tests.nn.case import Case, bits, ints, offsets, positive, probabilities

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

IMAGE, VOLUME = (2, 3, 5, 6), (2, 2, 4, 3, 5)
THETA2, THETA3 = (2, 2, 3), (2, 3, 4)
GRID2, GRID3 = (2, 4, 3, 2), (2, 3, 2, 4, 3)
QKV = ((2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 6))


def lower(*shape):
    return lambda rng: np.tril(np.ones(shape, bool))


ROWS = [
    *[
        Case("affine_grid", (), (theta,), {"size": size, "align_corners": align})
        for theta, size in ((THETA2, IMAGE), (THETA3, VOLUME))
        for align in (True, False)
    ],
    *[
        Case("grid_sample", (), inputs, {"mode": mode, "padding_mode": pad, "align_corners": align})
        for inputs in ((IMAGE, GRID2), (VOLUME, GRID3))
        for mode in ("bilinear", "nearest", "bicubic")
        for pad in ("zeros", "border", "reflection")
        for align in (True, False)
        if not (mode == "bicubic" and inputs[0] is VOLUME)
    ],
    *[
        Case("interpolate", (), (shape,), {"size": size, "mode": mode})
        for shape, modes in (
            ((2, 3, 7), ("nearest", "nearest-exact", "linear", "area")),
            (IMAGE, ("nearest", "nearest-exact", "bilinear", "bicubic", "area")),
            (VOLUME, ("nearest", "nearest-exact", "trilinear", "area")),
        )
        for mode in modes
        for size in (3, 8)
    ],
    *[
        Case("interpolate", (), (IMAGE,), {"scale_factor": scale, **more})
        for scale in (0.4, 1.6, (2, 0.7))
        for more in (
            {},
            {"mode": "bilinear", "align_corners": True},
            {"mode": "bilinear", "antialias": True},
            {"mode": "bicubic", "antialias": True},
            {"mode": "bicubic", "recompute_scale_factor": True},
        )
    ],
    Case("upsample_nearest", (), (IMAGE,), {"scale_factor": 2}),
    Case("upsample_bilinear", (), (IMAGE,), {"size": (7, 4)}),
    *[
        Case("pad", (), (IMAGE,), {"pad": pad, "mode": mode})
        for mode in ("constant", "reflect", "replicate", "circular")
        for pad in ((1, 2), (2, 0, 1, 3), (0, 3, 2, 1))
        if mode == "constant" or len(pad) == 4
    ],
    Case("pad", (), (IMAGE,), {"pad": (-1, -2, 3, -1, 1, 0, 0, 2), "value": 2.5}),
    Case("pad", (), (VOLUME,), {"pad": (1, 2, 0, 1, 2, 2), "mode": "reflect"}),
    *[
        Case("normalize", (), (IMAGE,), {"p": p, "dim": d})
        for p in (1.0, 2.0, 3.5)
        for d in (1, -1)
    ],
    Case("normalize", (), ((4,),), {"dim": 0, "eps": 10.0}),
    *[Case("pdist", (), ((5, 3),), {"p": p}) for p in (0.0, 1.0, 1.5, 2.0, np.inf)],
    Case("pairwise_distance", (), ((4, 3), (3,)), {"p": 3.0}),
    Case("cosine_similarity", (), (IMAGE, (1, 3, 1, 6))),
    Case("one_hot", (), (ints(4, 2, 3),), {"num_classes": 6}),
    Case("one_hot", (), (ints(4, 5),)),
    Case("linear", (), ((3,), (3,))),
    Case("linear", (), ((2, 4, 3), (5, 3), (5,))),
    Case("bilinear", (), ((2, 3), (2, 4), (5, 3, 4), (5,))),
    Case("embedding_bag", (), (ints(6, 2, 4), (6, 3)), {"mode": "max"}),
    Case("embedding_bag", (), (ints(6, 7), (6, 3), offsets(0, 2, 2)), {"mode": "mean"}),
    *[Case("scaled_dot_product_attention", (), QKV, more) for more in ({}, {"scale": 0.3})],
    Case("scaled_dot_product_attention", (), QKV, {"is_causal": True}),
    Case("scaled_dot_product_attention", (), (*QKV, (4, 5))),
    Case("scaled_dot_product_attention", (), (*QKV, lower(4, 5))),
    Case(
        "scaled_dot_product_attention",
        (),
        ((2, 4, 3, 6), (2, 2, 5, 6), (2, 2, 5, 6)),
        {"enable_gqa": True},
    ),
    Case("layer_norm", (), (IMAGE, (6,), (6,)), {"normalized_shape": (6,)}),
    Case("rms_norm", (), (IMAGE, (5, 6)), {"normalized_shape": (5, 6)}),
    Case("group_norm", (3,), (IMAGE,), {"eps": 0.1}),
    Case("local_response_norm", (2,), (IMAGE,), {"k": 0.5}),
    *[Case(f"{n}max", (), ((2, 3),), {"dim": 0}) for n in ("soft", "log_soft")],
    Case("softmin", (), ((2, 3),), {"dim": 1}),
    Case("prelu", (), (IMAGE, (3,))),
    Case("rrelu", (), ((3, 4),), {"lower": 0.2, "upper": 0.6}),
    Case("threshold", (0.5, -3.0), ((3, 4),)),
    Case("hardtanh", (-0.3, 0.6), ((3, 4),)),
    Case("softplus", (), ((3, 4),), {"beta": 3, "threshold": 1}),
    Case("mse_loss", (), ((4, 3), (4, 3), positive(4, 3))),
    Case("binary_cross_entropy", (), (probabilities(4, 3), bits(4, 3))),
]


def call(lib, case):
    """The output, and the gradients for a fixed cotangent."""
    inputs = [lib.tensor(v) for v in case.values()]
    for t in inputs:
        if t.is_floating_point():
            t.requires_grad_()
    out = apply(getattr(lib.nn.functional, case.name), case, *inputs)
    arrays = [out.detach().numpy()]
    if out.requires_grad:
        rng = np.random.default_rng(1)
        (out * lib.tensor(rng.standard_normal(tuple(out.shape)))).sum().backward()
        arrays += [t.grad.numpy() for t in inputs if t.grad is not None]
    return arrays


def apply(function, case, input, *others):
    settings = dict(case.settings)
    if case.name == "mse_loss":
        return function(input, others[0], weight=others[1])
    if "normalized_shape" in settings:  # stands between the tensors
        return function(input, settings.pop("normalized_shape"), *others, **settings)
    return function(input, *case.args, *others, **settings)


@pytest.mark.filterwarnings("ignore:.*upsample_.* is deprecated:UserWarning")
@pytest.mark.parametrize("case", ROWS, ids=str)
def test_value_and_gradients(case):
    mine, theirs = call(rg, case), call(torch, case)
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


EDGES = np.array([0.0, 1.0, 1e-30, 1 - 1e-7, 0.5], np.float32)


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_cross_entropy_of_saturated_probabilities(target):
    """A sigmoid that rounds to 0 or 1 gives a large gradient, not NaN."""
    found = []
    for lib in (rg, torch):
        x = lib.tensor(EDGES, requires_grad=True)
        loss = lib.nn.functional.binary_cross_entropy(x, lib.full((5,), target), reduction="none")
        loss.sum().backward()
        found.append([loss.detach().numpy(), x.grad.numpy()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_cross_entropy_wants_probabilities(wrong):
    for lib in (rg, torch):
        with pytest.raises(RuntimeError, match="between 0 and 1"):
            lib.nn.functional.binary_cross_entropy(lib.tensor([0.5, wrong]), lib.ones(2))
        empty = lib.nn.functional.binary_cross_entropy(lib.ones(0), lib.ones(0), reduction="sum")
        assert empty.item() == 0.0


def test_cross_entropy_wants_a_target_of_its_type():
    for lib in (rg, torch):
        for target in (lib.tensor([0, 1]), lib.ones(2, dtype=lib.float64)):
            with pytest.raises(RuntimeError, match=r"Found dtype .* but expected"):
                lib.nn.functional.binary_cross_entropy(lib.full((2,), 0.5), target)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_ctc_gradient_of_logits(reduction):
    """Through `log_softmax`, where PyTorch's and the true gradient agree; targets of any form."""
    x = np.random.default_rng(0).standard_normal((7, 3, 5))
    for targets in ([[1, 2, 2], [3, 1, 4], [4, 4, 1]], [1, 2, 2, 3, 1, 4]):
        found = []
        for lib in (rg, torch):
            logits = lib.tensor(x, requires_grad=True)
            loss = lib.nn.functional.ctc_loss(
                logits.log_softmax(2),
                lib.tensor(targets),
                lib.tensor([7, 6, 5]),
                lib.tensor([3, 2, 1]),
                reduction=reduction,
            )
            loss.backward()
            found.append([loss.detach().numpy(), logits.grad.numpy()])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_batch_of_ignored_classes():
    """The mean over nothing is NaN, but what goes back is zero: the weights survive."""
    settings = [{}, {"label_smoothing": 0.1}, {"weight": np.array([0.5, 1.0, 2.0])}]
    settings.append({**settings[1], **settings[2]})
    for given in settings:
        found = []
        for lib in (rg, torch):
            like = {k: lib.tensor(v) if k == "weight" else v for k, v in given.items()}
            x = lib.ones(2, 3, dtype=lib.float64, requires_grad=True)
            loss = lib.nn.functional.cross_entropy(x, lib.tensor([1, 1]), ignore_index=1, **like)
            loss.backward()
            found.append((loss.item(), x.grad.abs().sum().item()))
        assert np.isnan([found[0][0], found[1][0]]).all()
        assert found[0][1] == found[1][1] == 0.0


# --- shapes that would blow a loss up ---------------------------------------------------------------

N = 4
LOSSES = (
    "mse_loss l1_loss smooth_l1_loss huber_loss kl_div poisson_nll_loss gaussian_nll_loss "
    "soft_margin_loss hinge_embedding_loss binary_cross_entropy binary_cross_entropy_with_logits "
    "multilabel_soft_margin_loss"
).split()


def loss_of(name, input, target):
    more = [rg.ones(input.shape)] if name == "gaussian_nll_loss" else []
    return getattr(rg.nn.functional, name)(input, target, *more)


@pytest.mark.parametrize("name", LOSSES)
def test_a_missing_dimension_is_an_error_with_its_fixes(name):
    row, column = rg.full((N,), 0.5), rg.full((N, 1), 0.5)
    with pytest.raises(ValueError, match=r"\[4\].*\[4, 1\].*input.unsqueeze.*target.squeeze"):
        loss_of(name, row, column)
    with pytest.raises(ValueError, match=r"\[4, 1\].*\[4\].*target.unsqueeze.*input.squeeze"):
        loss_of(name, column, row)
    loss_of(name, column, row.unsqueeze(-1))
    loss_of(name, column.squeeze(-1), row)
    with pytest.raises(ValueError, match=r"\[4, 3\].*\[2, 3\]"):
        loss_of(name, rg.ones(4, 3), rg.ones(2, 3))
    with pytest.raises(ValueError, match=r"\[1, 3\].*\[3, 1\]"):
        loss_of(name, rg.ones(1, 3), rg.ones(3, 1))


@pytest.mark.filterwarnings("ignore:Using a target size:UserWarning")  # PyTorch's
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("target", [(), (3,), (1, 3), (N, 1)], ids=str)
@pytest.mark.parametrize("name", [n for n in LOSSES if "cross_entropy" not in n])
def test_other_broadcasting_is_pytorchs(name, target):
    x = np.random.default_rng(0).random((N, 3)) + 0.1
    y = np.random.default_rng(1).random(target) + 0.1
    found = []
    for lib in (rg, torch):
        more = [lib.ones(N, 3)] if name == "gaussian_nll_loss" else []
        found.append(getattr(lib.nn.functional, name)(lib.tensor(x), lib.tensor(y), *more).item())
    np.testing.assert_allclose(*found, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("margin_ranking_loss", [(4,), (4,), (4, 1)]),
        ("margin_ranking_loss", [(4, 1), (4,), (4,)]),
        ("triplet_margin_loss", [(4,), (4, 1), (4,)]),
        ("triplet_margin_with_distance_loss", [(4, 3), (3,), (4, 3)]),
        ("cosine_embedding_loss", [(4, 3), (3,), (4,)]),
        ("cosine_embedding_loss", [(4, 3), (4, 3), ()]),
        ("cosine_embedding_loss", [(4, 3), (4, 3), (4, 1)]),
    ],
)
def test_losses_of_three_tensors_want_equal_ranks(name, shapes):
    for lib in (rg, torch):
        with pytest.raises(RuntimeError):
            getattr(lib.nn.functional, name)(*(lib.ones(s) for s in shapes))
