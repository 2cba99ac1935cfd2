"""Rays: encoded positions, volume rendering by cumprod, depths resampled by searchsorted."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def render(net, origins, directions, depths):
    points = origins[..., None, :] + directions[..., None, :] * depths[..., :, None]
    waves = [f(points * 2.0**k) for k in range(3) for f in (torch.sin, torch.cos)]
    raw = net(torch.cat([points, *waves], dim=-1))
    gaps = depths[..., 1:] - depths[..., :-1]
    gaps = torch.cat([gaps, torch.Tensor([1e10]).expand(gaps[..., :1].shape)], -1)
    alpha = 1.0 - torch.exp(-F.relu(raw[..., 3]) * gaps)
    through = torch.cat([torch.ones((alpha.shape[0], 1)), 1.0 - alpha + 1e-10], -1)
    weights = alpha * torch.cumprod(through, -1)[:, :-1]
    return (weights[..., None] * torch.sigmoid(raw[..., :3])).sum(-2), weights


def resample(depths, weights, n):
    pdf = (weights + 1e-5) / (weights + 1e-5).sum(-1, keepdim=True)
    cdf = torch.cat([torch.zeros_like(pdf[..., :1]), torch.cumsum(pdf, -1)], -1)
    index = torch.searchsorted(cdf, torch.rand(len(cdf), n), right=True)
    more = torch.gather(depths, 1, index.clamp(max=depths.size(1) - 1))
    return torch.sort(torch.cat([depths, more], -1), -1)[0]


def main():
    torch.manual_seed(20)
    values = []
    net = nn.Sequential(nn.Linear(21, 16), nn.ReLU(), nn.Linear(16, 4))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    origins, directions = torch.zeros(12, 3), F.normalize(torch.randn(12, 3), dim=-1)
    target = directions.abs()
    for _ in range(4):
        depths = torch.linspace(1.0, 3.0, 8).expand(12, 8) + 0.2 * torch.rand(12, 8)
        colours, weights = render(net, origins, directions, depths)
        fine, _ = render(net, origins, directions, resample(depths, weights.detach(), 4))
        loss = F.mse_loss(colours, target) + F.mse_loss(fine, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values += [loss.item(), weights.sum(1).mean().item()]
    return values + colours.mean(0).tolist()


if __name__ == "__main__":
    print(main())
