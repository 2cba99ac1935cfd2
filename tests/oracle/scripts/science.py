"""Scientific computing in float64: neural ODE, Burgers' equation with LBFGS, a flow, a Gaussian process."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import grad


class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 20), nn.Tanh(), nn.Linear(20, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.net(y**3)


def odeint(f, y0: Tensor, t: Tensor) -> Tensor:
    ys = [y0]
    for t0, t1 in zip(t[:-1], t[1:]):
        middle = ys[-1] + 0.5 * (t1 - t0) * f(t0, ys[-1])
        ys.append(ys[-1] + (t1 - t0) * f((t0 + t1) / 2, middle))
    return torch.stack(ys)


def ode():
    true_a = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
    t = torch.linspace(0.0, 1.0, 11)
    with torch.no_grad():
        true_y = odeint(lambda t, y: torch.mm(y**3, true_a), torch.tensor([[2.0, 0.0]]), t)
    func = ODEFunc()
    optimizer = torch.optim.RMSprop(func.parameters(), lr=1e-2)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = torch.mean(torch.abs(odeint(func, true_y[0], t) - true_y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class Burgers(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])
        self.speed = nn.Parameter(torch.tensor([0.0]))

    def forward(self, x, t):
        h = torch.cat([x, t], dim=1)
        for layer in self.layers[:-1]:
            h = torch.sin(layer(h))
        return self.layers[-1](h)


def burgers():
    net = Burgers([2, 12, 12, 1])
    x = (torch.rand(20, 1) * 2 - 1).requires_grad_(True)
    t = torch.rand(20, 1, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        net.parameters(),
        max_iter=6,
        history_size=50,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-9,
        tolerance_change=1.0 * torch.finfo(torch.get_default_dtype()).eps,
    )
    losses = []

    def closure():
        optimizer.zero_grad()
        u = net(x, t)
        ones = torch.ones_like(u)
        u_t = grad(u, t, grad_outputs=ones, retain_graph=True, create_graph=True)[0]
        u_x = grad(u, x, grad_outputs=ones, retain_graph=True, create_graph=True)[0]
        u_xx = grad(u_x, x, grad_outputs=torch.ones_like(u_x), create_graph=True)[0]
        residual = u_t + torch.exp(net.speed) * u * u_x - 0.01 / math.pi * u_xx
        start = net(x, torch.zeros_like(x)) + torch.sin(np.pi * x)
        loss = (residual**2).mean() + (start**2).mean()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(2):
        optimizer.step(closure)
    return [*losses, net.speed.item()]


class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.s = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 2), nn.Tanh())
        self.t = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(), nn.Linear(8, 2))

    def forward(self, x):
        kept = x * self.mask
        s, t = (f(kept) * (1 - self.mask) for f in (self.s, self.t))
        return kept + (1 - self.mask) * (x * torch.exp(s) + t), s.sum(1)


def flow():
    masks = torch.from_numpy(np.array([[0, 1], [1, 0]] * 2)).to(torch.get_default_dtype())
    layers = nn.ModuleList(Coupling(m) for m in masks)
    optimizer = torch.optim.Adam((p for p in layers.parameters() if p.requires_grad), lr=1e-2)
    data = torch.randn(32, 2) @ torch.tensor([[1.0, 0.5], [0.0, 0.3]]) + 1
    losses = []
    for _ in range(5):
        z, log_det = data, torch.zeros(32)
        for layer in layers:
            z, s = layer(z)
            log_det = log_det + s
        loss = -(-0.5 * (z**2).sum(-1) - math.log(2 * math.pi) + log_det).mean()
        optimizer.zero_grad()
        loss.backward(retain_graph=True)
        optimizer.step()
        losses.append(loss.item())
    return losses


class GaussianProcess(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_length = nn.Parameter(torch.zeros(()))
        self.log_variance = nn.Parameter(torch.zeros(1))
        self.log_noise = nn.Parameter(torch.tensor(-2.0))

    def kernel(self, a, b):
        distances = torch.cdist(a, b) ** 2
        return self.log_variance.exp() * torch.exp(-0.5 * distances / self.log_length.exp() ** 2)

    def gram(self, x):
        return self.kernel(x, x) + (self.log_noise.exp() + 1e-6) * torch.eye(len(x))

    def nll(self, x, y):
        factor = torch.linalg.cholesky(self.gram(x))
        alpha = torch.cholesky_solve(y.unsqueeze(1), factor)
        log_det = factor.diagonal().log().sum()
        return 0.5 * (y @ alpha).squeeze() + log_det + 0.5 * len(x) * np.log(2 * np.pi)


def gaussian_process():
    x = torch.linspace(0, 1, 20).unsqueeze(-1)
    y = torch.sin(6 * x).squeeze() + 0.1 * torch.randn(20)
    gp = GaussianProcess()
    optimizer = torch.optim.LBFGS(gp.parameters(), lr=0.1, max_iter=3)
    losses = []
    for _ in range(4):

        def closure():
            optimizer.zero_grad()
            loss = gp.nll(x, y)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    with torch.inference_mode():
        new = torch.rand(5, 1)
        factor = torch.linalg.cholesky(gp.gram(x))
        v = torch.linalg.solve_triangular(factor, gp.kernel(x, new), upper=False)
        mean = gp.kernel(x, new).T @ torch.linalg.solve(gp.gram(x), y)
        spread = gp.kernel(new, new).diagonal() - (v**2).sum(0)
    return [*losses, *mean.tolist(), *spread.tolist(), *np.exp([p.item() for p in gp.parameters()])]


def clusters():
    x = torch.cat([torch.randn(20, 2) + torch.tensor(c) for c in ([0.0, 3], [3.0, 0], [0.0, -3])])
    centers = x[torch.randperm(x.shape[0])[:3]].clone()
    for _ in range(10):
        nearest = torch.cdist(x, centers).argmin(dim=1)
        new = torch.stack([x[nearest == k].mean(0) for k in range(3)])
        if torch.allclose(new, centers, atol=1e-6):
            break
        centers = new
    return [*centers.flatten().tolist(), *torch.bincount(nearest, minlength=3).tolist()]


def main():
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    try:
        values = ode() + burgers() + flow() + gaussian_process() + clusters()
    finally:
        torch.set_default_dtype(torch.float32)
    return [float(value) for value in values]


if __name__ == "__main__":
    print(main())
