"""Networks are trained, saved and read on a GPU as on a CPU, and their training does not wait for it."""

import copy
import io

import numpy as np
import pytest

import retrograd as rg
from retrograd import models, nn, optim
from retrograd.data import DataLoader, TensorDataset
from retrograd.nn import functional as F
from tests.standin.backend import instead_of_cupy, standin
from tests.standin.counts import counted

CLASSES = 5


class Words(nn.Module):
    """Embedded words, averaged."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 6, padding_idx=0)
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, words):
        return self.head(F.gelu(self.norm(self.embed(words))).mean(1))


def convnet():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Dropout2d(0.25), nn.Conv2d(4, 6, 3, stride=2, groups=2), nn.GroupNorm(2, 6),
        nn.LeakyReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(24, CLASSES),
    )  # fmt: skip


def dense():
    return nn.Sequential(
        nn.Linear(9, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 8),
        nn.SiLU(), nn.Linear(8, CLASSES),
    )  # fmt: skip


def floats(*shape):
    return rg.tensor(np.random.default_rng(1).normal(size=shape), dtype=rg.float32)


NETWORKS = {
    "MLP": (lambda: models.MLP(9, classes=CLASSES), lambda: floats(7, 9)),
    "LeNet": (lambda: models.LeNet(1, 12, CLASSES), lambda: floats(7, 1, 12, 12)),
    "convolutions and norms": (convnet, lambda: floats(7, 2, 12, 12)),
    "dense with dropout": (dense, lambda: floats(7, 9)),
    "embedding": (Words, lambda: rg.arange(35).reshape(7, 5) % 11),
}


def prepared(name, device):
    """A network and a batch on a device; the same values for each."""
    make, batch = NETWORKS[name]
    rg.manual_seed(0)
    model, x, y = make(), batch(), rg.arange(7) % CLASSES
    model.train()
    return model.to(device), x.to(device), y.to(device)


def train(model, x, y, optimizer, steps=3, criterion=F.cross_entropy):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


def same_state(here, there, backend):
    assert list(here) == list(there)
    for name, value in here.items():
        assert type(there[name]._data) is backend.array_type, name
        np.testing.assert_allclose(
            there[name].tolist(), value.tolist(), rtol=2e-3, atol=1e-4, err_msg=name
        )


@pytest.mark.parametrize("name", NETWORKS)
def test_training_is_that_of_the_cpu(name, backend):
    results = []
    for device in ("cpu", "cuda"):
        model, x, y = prepared(name, device)
        losses = train(model, x, y, optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
        model.eval()
        results.append((model.state_dict(), [v.item() for v in losses], model(x).tolist()))
    (here, losses, outputs), (there, their_losses, their_outputs) = results
    same_state(here, there, backend)
    np.testing.assert_allclose(their_losses, losses, rtol=1e-3)
    np.testing.assert_allclose(their_outputs, outputs, rtol=1e-2, atol=1e-3)


LOSSES = {
    "mse": lambda out, y: F.mse_loss(out, F.one_hot(y, CLASSES).float()),
    "l1": lambda out, y: F.l1_loss(out, F.one_hot(y, CLASSES).float()),
    "smooth l1": lambda out, y: F.smooth_l1_loss(out, F.one_hot(y, CLASSES).float()),
    "smoothed, weighted": lambda out, y: F.cross_entropy(
        out, y, weight=rg.ones(CLASSES, device=out.device), label_smoothing=0.1, ignore_index=2
    ),
    "probabilities": lambda out, y: F.cross_entropy(out, F.one_hot(y, CLASSES).float()),
    "nll": lambda out, y: F.nll_loss(F.log_softmax(out, 1), y),
    "binary": lambda out, y: F.binary_cross_entropy_with_logits(out, F.one_hot(y, CLASSES).float()),
    "divergence": lambda out, y: F.kl_div(
        F.log_softmax(out, 1), F.softmax(out.detach() * 2, 1), reduction="batchmean"
    ),
    "hinge": lambda out, y: F.multi_margin_loss(out, y),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_those_of_the_cpu(name, backend):
    found = []
    for device in ("cpu", "cuda"):
        model, x, y = prepared("MLP", device)
        found.append(train(model, x, y, optim.Adam(model.parameters()), criterion=LOSSES[name]))
    for here, there in zip(*found, strict=True):
        assert type(there._data) is backend.array_type
        assert there.item() == pytest.approx(here.item(), rel=1e-4)


def test_a_training_step_on_one_image_and_in_double(backend):
    model, x, y = prepared("LeNet", "cuda")
    model.double()
    train(model, x[:1].double(), y[:1], optim.AdamW(model.parameters()))
    assert {p.dtype for p in model.parameters()} == {rg.float64}
    assert {str(p.device) for p in model.parameters()} == {"cuda:0"}


# --- state --------------------------------------------------------------------------------------


def test_models_move_with_their_buffers_and_gradients(backend):
    model = dense()
    model(floats(7, 9)).sum().backward()
    names = list(model.state_dict())
    there = model.to("cuda")
    assert there is model
    assert list(model.state_dict()) == names
    assert all(type(v._data) is backend.array_type for v in model.state_dict().values())
    assert all(type(p.grad._data) is backend.array_type for p in model.parameters())
    back = copy.deepcopy(model).cpu()
    assert all(v.is_cpu for v in back.state_dict().values())
    assert all(v.is_cuda for v in model.state_dict().values())
    model.cuda().load_state_dict(back.state_dict())
    assert all(v.is_cuda for v in model.state_dict().values())


def test_layers_can_be_made_there(backend):
    with rg.device("cuda"):
        rg.manual_seed(0)
        there = nn.Linear(3, 4)
    rg.manual_seed(0)
    here = nn.Linear(3, 4)
    assert there.weight.tolist() == here.weight.tolist()
    for layer in (there, nn.Linear(3, 4, device="cuda"), nn.BatchNorm1d(4, device="cuda")):
        assert all(v.is_cuda for v in layer.state_dict().values())


@pytest.mark.parametrize("map_location", ["cpu", "cuda", None])
def test_checkpoints_are_read_where_one_wants(map_location, backend):
    model, x, y = prepared("dense with dropout", "cuda")
    optimizer = optim.Adam(model.parameters())
    train(model, x, y, optimizer)
    file = io.BytesIO()
    rg.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    state = rg.load(file, map_location=map_location)
    wanted = "cpu" if map_location == "cpu" else "cuda:0"
    assert {str(v.device) for v in state["model"].values()} == {wanted}
    other, x, y = prepared("dense with dropout", "cuda")
    other.load_state_dict(state["model"])
    again = optim.Adam(other.parameters())
    again.load_state_dict(state["optimizer"])
    rg.manual_seed(9)
    train(model, x, y, optimizer)
    rg.manual_seed(9)
    train(other, x, y, again)
    same_state(model.state_dict(), other.state_dict(), backend)


def test_tensors_that_share_memory_still_do(backend):
    x = rg.arange(6, device="cuda").reshape(2, 3)
    file = io.BytesIO()
    rg.save([x, x[1], x.t()], file)
    for map_location in (None, "cpu"):
        file.seek(0)
        whole, row, turned = rg.load(file, map_location=map_location)
        row[0] = 9
        assert whole.tolist() == [[0, 1, 2], [9, 4, 5]]
        assert turned.tolist() == [[0, 9], [1, 4], [2, 5]]


def test_a_checkpoint_of_a_gpu_is_not_read_elsewhere_unasked(backend):
    file = io.BytesIO()
    rg.save(rg.ones(2, device="cuda"), file)
    with instead_of_cupy(None):
        with pytest.raises(RuntimeError, match=r"CuPy cannot be imported.*map_location='cpu'"):
            rg.load(io.BytesIO(file.getvalue()))
        assert rg.load(io.BytesIO(file.getvalue()), map_location="cpu").tolist() == [1.0, 1.0]


def test_batches_are_sent(backend):
    data = TensorDataset(floats(7, 9), rg.arange(7) % CLASSES)
    model = prepared("MLP", "cuda")[0]
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in DataLoader(data, batch_size=3, shuffle=True):
        assert x.is_cpu
        optimizer.zero_grad()
        F.cross_entropy(model(x.to("cuda")), y.to("cuda")).backward()
        optimizer.step()
    rg.set_default_device("cuda")
    assert [len(x) for x, y in DataLoader(data, batch_size=3, shuffle=True)] == [3, 3, 1]


# --- what it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_a_training_step_does_not_wait(name):
    """Nothing is asked of the GPU but the loss; what is sent there is the masks of dropout."""
    with standin():
        model, x, y = prepared(name, "cuda")
        optimizer = optim.Adam(model.parameters(), weight_decay=0.01)
        scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
        masks = sum(isinstance(m, (nn.Dropout, nn.Dropout2d)) for m in model.modules())
        train(model, x, y, optimizer)
        with counted() as cost:
            (loss,) = train(model, x, y, optimizer, steps=1)
            scheduler.step()
        assert (cost.synchronisations, cost.uploads) == (0, masks)
        with counted() as cost:
            loss.item()
        assert cost.synchronisations == 1


LAUNCHES = {"MLP": 65, "LeNet": 165}


@pytest.mark.parametrize("name", LAUNCHES)
def test_a_training_step_launches_few_kernels(name):
    """Each launch costs the host some microseconds; this keeps them from creeping up."""
    with standin():
        model, x, y = prepared(name, "cuda")
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        train(model, x, y, optimizer)
        with counted() as cost:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        assert cost.launches <= LAUNCHES[name]
