"""Training steps of several kinds of networks, to be run plainly and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import retrograd as rg
from retrograd.nn import functional as F


@dataclass
class Case:
    """A function of tensors, the tensors that it changes, and arguments for each call."""

    step: Callable[..., Any]
    module: Any
    batches: list[tuple[Any, ...]]
    state: Callable[[], list[Any]] = field(default=list)


def classification(net: Any, optimizer: Any, batches: Any, scheduler: Any = None) -> Case:
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        return loss

    return Case(step, net, batches)


def batches(shape: tuple[int, ...], classes: int = 10, count: int = 10) -> list[Any]:
    return [(rg.randn(shape), rg.randint(0, classes, (shape[0],))) for _ in range(count)]


def mlp(*more: Any) -> Any:
    layers = [rg.nn.Linear(20, 32), rg.nn.ReLU(), *more, rg.nn.Linear(32, 10)]
    return rg.nn.Sequential(*layers)


def mlp_sgd() -> Case:
    net = mlp()
    optimizer = rg.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    scheduler = rg.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    return classification(net, optimizer, batches((8, 20)), scheduler)


def mlp_adam() -> Case:
    net = mlp(rg.nn.LayerNorm(32), rg.nn.GELU())
    return classification(net, rg.optim.Adam(net.parameters(), lr=0.01), batches((8, 20)))


def mlp_one_sample() -> Case:
    net = mlp(rg.nn.Tanh())
    return classification(net, rg.optim.SGD(net.parameters(), lr=0.1), batches((1, 20)))


def mlp_adamw_clipped() -> Case:
    net = mlp(rg.nn.SiLU())
    optimizer = rg.optim.AdamW(net.parameters(), lr=0.01, amsgrad=True)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y, label_smoothing=0.1)
        loss.backward()
        norm = rg.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        return {"loss": loss.detach(), "norm": norm, "name": "clipped"}

    return Case(step, net, batches((8, 20)))


def lenet() -> Case:
    net = rg.nn.Sequential(
        rg.nn.Conv2d(1, 6, 5, padding=2), rg.nn.ReLU(), rg.nn.MaxPool2d(2),
        rg.nn.Conv2d(6, 16, 5), rg.nn.ReLU(), rg.nn.MaxPool2d(2), rg.nn.Flatten(),
        rg.nn.Linear(400, 120), rg.nn.ReLU(), rg.nn.Linear(120, 10),
    )  # fmt: skip
    return classification(net, rg.optim.SGD(net.parameters(), lr=0.1), batches((4, 1, 28, 28)))


def cnn_batch_norm_dropout() -> Case:
    net = rg.nn.Sequential(
        rg.nn.Conv2d(3, 8, 3, padding=1, bias=False), rg.nn.BatchNorm2d(8), rg.nn.ReLU(),
        rg.nn.Dropout(0.3), rg.nn.Conv2d(8, 8, 3, stride=2, groups=2), rg.nn.BatchNorm2d(8),
        rg.nn.LeakyReLU(), rg.nn.AdaptiveAvgPool2d(1), rg.nn.Flatten(), rg.nn.Linear(8, 10),
        rg.nn.Dropout(0.5),
    )  # fmt: skip
    return classification(net, rg.optim.RMSprop(net.parameters()), batches((4, 3, 9, 9)))


class Recurrent(rg.nn.Module):
    def __init__(self, kind: Any):
        super().__init__()
        self.cells = kind(6, 12, num_layers=2, batch_first=True, dropout=0.2)
        self.head = rg.nn.Linear(12, 10)

    def forward(self, x: Any) -> Any:
        return self.head(self.cells(x)[0][:, -1])


def lstm() -> Case:
    net = Recurrent(rg.nn.LSTM)
    return classification(net, rg.optim.Adam(net.parameters()), batches((4, 7, 6)))


def gru() -> Case:
    net = Recurrent(rg.nn.GRU)
    return classification(net, rg.optim.Adam(net.parameters()), batches((4, 7, 6)))


class Transformer(rg.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = rg.nn.Embedding(30, 16)
        self.block = rg.nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, batch_first=True)
        self.head = rg.nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        return self.head(self.block(self.embedding(x)).mean(1))


def transformer() -> Case:
    net = Transformer()
    given = [(rg.randint(0, 30, (4, 6)), rg.randint(0, 10, (4,))) for _ in range(10)]
    return classification(net, rg.optim.Adam(net.parameters()), given)


def accumulated() -> Case:
    """Gradients add up over calls; the optimizer is outside."""
    net = mlp()

    def step(x: Any, y: Any) -> Any:
        loss = F.cross_entropy(net(x), y) / 4
        loss.backward()
        return loss

    return Case(step, net, batches((8, 20)))


def zeroed_in_place() -> Case:
    net = mlp()
    optimizer = rg.optim.SGD(net.parameters(), lr=0.1)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad(set_to_none=False)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Case(step, net, batches((8, 20)))


def hessian_vector_product() -> Case:
    w = rg.nn.Parameter(rg.randn(5))
    holder = rg.nn.ParameterList([w])

    def step(x: Any, v: Any) -> Any:
        loss = (rg.exp(w * x).sum() + (w**3).sum()) * 0.1
        (g,) = rg.autograd.grad(loss, w, create_graph=True)
        (hv,) = rg.autograd.grad((g * v).sum(), w)
        return loss.detach(), g.detach(), hv

    return Case(step, holder, [(rg.randn(5), rg.randn(5)) for _ in range(10)])


def noise_and_state() -> Case:
    """Random numbers, a buffer written in place, several results, weights updated by hand."""
    w = rg.nn.Parameter(rg.randn(3, 4))
    holder = rg.nn.ParameterList([w])
    average = rg.zeros(3)

    def step(x: Any, n: int) -> Any:
        y = (x @ w.T + rg.randn(5, 3) * 0.1).clamp(min=-1)
        y = y[:, [0, 2, 1]] * n
        loss = (y**2).mean() + w.abs().sum() * 1e-3
        w.grad = None
        loss.backward()
        with rg.no_grad():
            w.sub_(w.grad, alpha=0.1)
            average.mul_(0.9).add_(y.detach().mean(0), alpha=0.1)
        return [loss.detach(), (average, x), y.detach()]

    return Case(step, holder, [(rg.randn(5, 4), 2) for _ in range(10)], lambda: [average])


def other_types() -> Case:
    w = rg.nn.Parameter(rg.randn(4, 3, dtype=rg.float64))
    holder = rg.nn.ParameterList([w])

    def step(x: Any, mask: Any, at: Any) -> Any:
        y = rg.where(mask, x.double() @ w, 0.0)
        y = y.gather(1, at) + y.index_select(1, at[0])
        total = y.softmax(1).cumsum(0).std() + y.float().half().sum()
        w.grad = None
        total.backward()
        best = y.max(1)
        return total.detach(), best.values.detach(), best.indices, y.argsort(1)

    given = [(rg.randn(4, 6).T, rg.rand(6, 3) > 0.3, rg.randint(0, 3, (6, 2))) for _ in range(10)]
    return Case(step, holder, given)


CASES = [
    accumulated, cnn_batch_norm_dropout, gru, hessian_vector_product, lenet, lstm,
    mlp_adam, mlp_adamw_clipped, mlp_one_sample, mlp_sgd, noise_and_state, other_types,
    transformer, zeroed_in_place,
]  # fmt: skip
