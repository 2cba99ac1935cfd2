"""What the table cannot say of network ops: errors, running statistics, indices, random masks."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.nn import functional as F


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- shapes that do not fit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss"],
)
def test_losses_refuse_to_grow_by_broadcasting(loss):
    with pytest.raises(ValueError, match=r"\[3\].*\[3, 1\].*unsqueeze.*squeeze"):
        getattr(F, loss)(rg.zeros(3), rg.zeros(3, 1))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.conv2d(rg.ones(1, 2, 4, 4), rg.ones(1, 3, 2, 2)), RuntimeError, "3 channels"),
        (lambda: F.conv2d(rg.ones(1, 1, 2, 2), rg.ones(1, 1, 3, 3)), RuntimeError, "Kernel size"),
        (lambda: F.conv2d(rg.ones(4, 4), rg.ones(1, 1, 3, 3)), RuntimeError, "Expected 3D"),
        (
            lambda: F.conv2d(rg.ones(1, 1, 4, 4), rg.ones(1, 1, 3, 3), stride=2, padding="same"),
            RuntimeError,
            "strided",
        ),
        (
            lambda: F.conv_transpose2d(rg.ones(1, 1, 2, 2), rg.ones(1, 1, 2, 2), output_padding=1),
            RuntimeError,
            "output padding",
        ),
        (lambda: F.max_pool2d(rg.ones(1, 1, 4, 4), 2, padding=2), RuntimeError, "at most half"),
        (lambda: F.max_pool2d(rg.ones(1, 1, 1, 1), 2), RuntimeError, "too small"),
        (lambda: F.avg_pool1d(rg.ones(1, 1, 4, dtype=rg.int64), 2), RuntimeError, "int64"),
        (lambda: F.layer_norm(rg.ones(2, 3), (2,)), RuntimeError, "normalized_shape"),
        (lambda: F.group_norm(rg.ones(2, 3), 2), RuntimeError, "divisible"),
        (
            lambda: F.batch_norm(rg.ones(1, 3), None, None, training=True),
            ValueError,
            "more than 1 value per channel",
        ),
        (lambda: F.cross_entropy(rg.ones(2, 3), rg.tensor([0, 3])), IndexError, "Target 3"),
        (lambda: F.cross_entropy(rg.ones(2, 3), rg.tensor([0])), ValueError, "target of shape"),
        (lambda: F.binary_cross_entropy(rg.ones(2), rg.ones(3)), ValueError, "target size"),
        (lambda: F.pad(rg.ones(2, 3), (1,)), RuntimeError, "divisible by 2"),
        (lambda: F.pad(rg.ones(1, 3), (3, 0), mode="reflect"), RuntimeError, "at most 2"),
        (lambda: F.pad(rg.ones(1, 3), (1, 0), mode="mirror"), NotImplementedError, "mirror"),
        (lambda: F.embedding(rg.tensor([4]), rg.ones(4, 2)), IndexError, "0 to 3"),
        (lambda: F.dropout(rg.ones(2), 1.5), ValueError, "between 0 and 1"),
        (lambda: F.interpolate(rg.ones(1, 1, 2)), ValueError, "size or scale_factor"),
        (lambda: F.fold(rg.ones(1, 4, 5), 3, 2), RuntimeError, "sliding blocks"),
    ],
)
def test_errors_say_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# --- max pooling ----------------------------------------------------------------------------------


def test_max_pool_looks_for_indices_only_when_they_are_needed():
    x = rg.tensor(normal(1, 1, 4, 4))
    kernels = type(rg.backends.registry.KERNELS[np.ndarray])
    calls = []
    original = kernels.max_pool_indices

    def counted(self, *args):
        calls.append(1)
        return original(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "max_pool_indices", counted)
        F.max_pool2d(x, 2)
        assert not calls
        F.max_pool2d(x, 2, return_indices=True)
        F.max_pool2d(x.requires_grad_(), 2)
        assert len(calls) == 2
        with rg.no_grad():
            F.max_pool2d(x, 2)
        assert len(calls) == 2


def test_a_pooled_tensor_may_be_written_to_before_the_backward_pass():
    x = rg.tensor(normal(1, 1, 4, 4), requires_grad=True)
    y = F.relu(F.max_pool2d(x, 2), inplace=True)
    y.sum().backward()
    assert float(x.grad.sum()) == float((y > 0).sum())


@pytest.mark.oracle
def test_ties_and_nan_in_max_pool(torch):
    x = np.array([[[1.0, 1.0, np.nan, 2.0, 3.0, 3.0]]])
    ours, theirs = rg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    got, indices = F.max_pool1d(ours, 2, return_indices=True)
    expected, where = torch.nn.functional.max_pool1d(theirs, 2, return_indices=True)
    np.testing.assert_array_equal(got.detach().numpy(), expected.detach().numpy())
    np.testing.assert_array_equal(indices.numpy(), where.numpy())
    got.sum().backward()
    expected.sum().backward()
    np.testing.assert_array_equal(ours.grad.numpy(), theirs.grad.numpy())


# --- batch norm -----------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("batch_norm", (4, 3)),
        ("batch_norm", (600, 3)),
        ("batch_norm", (4, 3, 5)),
        ("batch_norm", (70, 3, 4, 5)),
        ("batch_norm", (0, 3)),
        ("batch_norm", (2, 3, 0)),
        ("instance_norm", (4, 3, 5)),
        ("instance_norm", (1, 3, 5)),
        ("instance_norm", (70, 3, 4, 5)),
    ],
)
def test_running_statistics_are_pytorchs(torch, name, shape):
    x = normal(*shape).astype("float32")
    mean, var = np.zeros(3, "float32"), np.ones(3, "float32")
    ours = [rg.tensor(a) for a in (mean, var)]
    theirs = [torch.tensor(a) for a in (mean, var)]
    for momentum in (0.1, 0.5):
        getattr(F, name)(rg.tensor(x), *ours, None, None, True, momentum)
        getattr(torch.nn.functional, name)(torch.tensor(x), *theirs, None, None, True, momentum)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def test_evaluation_does_not_survive_an_update_of_the_statistics():
    """The statistics that evaluation has saved may not change before its backward pass."""
    mean, var = rg.zeros(1), rg.ones(1)
    x = rg.tensor([[1.0], [2.0]], requires_grad=True)
    weight = rg.ones(1, requires_grad=True)
    y = F.batch_norm(x, mean, var, weight)
    F.batch_norm(x, mean, var, training=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_large_means_do_not_spoil_the_variance():
    x = rg.tensor(normal(64, 2, 100).astype("float32") + 1000)
    y = F.batch_norm(x, None, None, training=True).double()
    assert abs(float(y.var()) - 1) < 1e-2
    assert abs(float(y.mean())) < 1e-3


# --- random masks ---------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("dropout", (3, 5)),
        ("dropout1d", (2, 3, 4)),
        ("dropout2d", (2, 3, 4, 4)),
        ("dropout3d", (2, 3, 2, 2, 2)),
        ("alpha_dropout", (3, 5)),
        ("feature_alpha_dropout", (3, 5, 2)),
    ],
)
def test_dropout_draws_pytorchs_masks(torch, name, shape):
    x = normal(*shape).astype("float32")
    rg.manual_seed(3)
    torch.manual_seed(3)
    got = getattr(F, name)(rg.tensor(x), 0.4, True)
    expected = getattr(torch.nn.functional, name)(torch.tensor(x), 0.4, True)
    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.oracle
def test_gumbel_softmax_and_rrelu_draw_pytorchs_numbers(torch):
    x = normal(3, 4).astype("float32")
    for ours, theirs in (
        (lambda: F.gumbel_softmax(rg.tensor(x)), torch.nn.functional.gumbel_softmax),
        (
            lambda: F.gumbel_softmax(rg.tensor(x), hard=True),
            lambda t: torch.nn.functional.gumbel_softmax(t, hard=True),
        ),
    ):
        rg.manual_seed(1)
        torch.manual_seed(1)
        np.testing.assert_allclose(ours().numpy(), theirs(torch.tensor(x)).numpy(), rtol=1e-5)


# --- embedding ------------------------------------------------------------------------------------


@pytest.mark.oracle
def test_max_norm_shortens_the_rows_that_are_used(torch):
    table = normal(4, 3).astype("float32") * 3
    ours, theirs = rg.tensor(table), torch.tensor(table)
    got = F.embedding(rg.tensor([0, 2, 2]), ours, max_norm=1.0)
    expected = torch.nn.functional.embedding(torch.tensor([0, 2, 2]), theirs, max_norm=1.0)
    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-5)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)
    assert np.array_equal(ours.numpy()[1], table[1])
