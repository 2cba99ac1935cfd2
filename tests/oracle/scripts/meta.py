"""Functional training: MAML with functional_call, a physics-informed network, a Siamese network, CTC."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, hessian, jacrev


def maml():
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    params = dict(net.named_parameters())
    outer = torch.optim.Adagrad(net.parameters(), lr=0.05)
    losses = []

    def loss_of(params, x, y):
        return F.mse_loss(functional_call(net, params, (x,)), y)

    for _ in range(6):
        total = 0.0
        for _ in range(2):
            phase, x = torch.rand(1) * 3, torch.rand(10, 1) * 4 - 2
            y = torch.sin(x + phase)
            loss = loss_of(params, x[:5], y[:5])
            grads = torch.autograd.grad(loss, params.values(), create_graph=True)
            fast = {k: p - 0.1 * g for (k, p), g in zip(params.items(), grads)}
            total = total + loss_of(fast, x[5:], y[5:])
        outer.zero_grad()
        total.backward()
        outer.step()
        losses.append(total.item())
    return losses


def physics():
    """u'' = -u, u(0) = 0, u'(0) = 1."""
    net = nn.Sequential(
        nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 12), nn.Softplus(), nn.Linear(12, 1)
    )
    optimizer = torch.optim.Adamax(net.parameters(), lr=0.01)
    losses = []
    for _ in range(6):
        t = (torch.rand(20, 1) * 3).requires_grad_()
        u = net(t)
        du = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
        ddu = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)[0]
        zero = torch.zeros(1, 1, requires_grad=True)
        start = net(zero)
        slope = torch.autograd.grad(start, zero, create_graph=True)[0]
        loss = (ddu + u).pow(2).mean() + start.pow(2).sum() + (slope - 1).pow(2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def siamese():
    net = nn.Sequential(nn.Linear(4, 8), nn.PReLU(), nn.LayerNorm(8), nn.Linear(8, 3))
    optimizer = torch.optim.Rprop(net.parameters(), lr=0.01)
    x = torch.randn(30, 4)
    labels = (x[:, 0] > 0).int()
    losses = []
    for _ in range(5):
        a, p, n = (F.normalize(net(part), dim=1) for part in x.chunk(3))
        triplet = F.triplet_margin_loss(a, p, n, margin=0.5, swap=True)
        same = torch.where(labels[:10] == labels[10:20], 1, -1)
        cosine = nn.CosineEmbeddingLoss(margin=0.2)(a, p, same)
        similarity = torch.einsum("id,jd->ij", a, p) / 0.1
        contrastive = F.cross_entropy(similarity, torch.arange(10))
        loss = triplet + cosine + contrastive
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def speech():
    conv, head = nn.Conv1d(5, 8, 3, padding=1), nn.Linear(12, 6)
    rnn = nn.GRU(8, 6, bidirectional=True)
    optimizer = torch.optim.Adadelta([*conv.parameters(), *rnn.parameters(), *head.parameters()])
    signal, targets = torch.randn(4, 5, 24), torch.randint(1, 6, (4, 5))
    lengths, sizes = torch.tensor([12, 12, 11, 9]), torch.tensor([5, 4, 3, 3])
    losses = []
    for _ in range(4):
        features = F.max_pool1d(torch.relu(conv(signal)), 2).permute(2, 0, 1)
        log_probs = head(rnn(features)[0]).log_softmax(2)
        loss = nn.CTCLoss(zero_infinity=True)(log_probs, targets, lengths, sizes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def transforms():
    w = torch.randn(3)
    a = torch.randn(4, 3)

    def f(w):
        return F.softplus(a @ w).sum() + torch.linalg.vector_norm(w) ** 3

    values = [grad(f)(w), hessian(f)(w).flatten(), jacrev(lambda v: torch.tanh(a @ v))(w).flatten()]
    return torch.cat(values).tolist()


def main():
    torch.manual_seed(6)
    return maml() + physics() + siamese() + speech() + transforms()


if __name__ == "__main__":
    print(main())
