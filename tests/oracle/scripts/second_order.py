"""LBFGS with a closure, a gradient penalty by double backward, and a Hessian-vector product."""

import torch
from torch import nn


def fit_with_lbfgs():
    x = torch.linspace(-2, 2, 40).unsqueeze(1)
    y = torch.sin(2 * x) + 0.05 * torch.randn_like(x)
    model = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1)).double()
    x, y = x.double(), y.double()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.8, line_search_fn="strong_wolfe")
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(x), y)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(3):
        optimizer.step(closure)
    return losses[:40]


def gradient_penalty():
    real, fake = torch.randn(16, 3), torch.randn(16, 3) + 1
    critic = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.5, 0.9))
    losses = []
    for _ in range(8):
        alpha = torch.rand(16, 1)
        mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(
            critic(mixed), mixed, grad_outputs=torch.ones(16, 1), create_graph=True
        )
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.item(), penalty.item()]
    return losses


def curvature():
    w = torch.randn(4, requires_grad=True)
    a = torch.randn(4, 4)

    def f(w):
        return torch.logsumexp(a @ w, 0) + 0.1 * (w**4).sum()

    _, product = torch.autograd.functional.hvp(f, w, torch.ones(4))
    hessian = torch.func.hessian(f)(w.detach())
    return [*product.tolist(), *hessian.flatten().tolist()]


def main():
    torch.manual_seed(2)
    return fit_with_lbfgs() + gradient_penalty() + curvature()


if __name__ == "__main__":
    print(main())
