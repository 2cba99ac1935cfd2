"""A denoising diffusion model: cosine schedule, time embeddings, EMA weights, ancestral sampling."""

import math

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def time_embedding(t, dim):
    half = dim // 2
    speeds = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
    angles = t[:, None].float() * speeds[None].to(t.device)
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


class Denoiser(nn.Module):
    def __init__(self, c=4):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(8, 12), nn.GELU(), nn.Linear(12, c))
        self.first, self.shrink = nn.Conv2d(1, c, 3, padding=1), nn.Conv2d(c, c, 4, 2, 1)
        self.grow = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c, c, 3, padding=1))
        self.norm, self.last = nn.GroupNorm(2, c), nn.Conv2d(2 * c, 1, 3, padding=1)

    def forward(self, x, t):
        h = F.silu(self.first(x)) + self.mlp(time_embedding(t, 8))[(...,) + (None,) * 2]
        return self.last(torch.cat((self.grow(F.silu(self.norm(self.shrink(h)))), h), dim=1))


class Diffusion:
    def __init__(self, steps, s=0.008):
        x = torch.linspace(0, steps, steps + 1)
        bar = torch.cos((x / steps + s) / (1 + s) * torch.pi * 0.5) ** 2
        self.steps, self.beta = steps, torch.clip(1 - bar[1:] / bar[:-1], 0.0001, 0.9999)
        self.bar = torch.cumprod(1.0 - self.beta, dim=0)
        before = F.pad(self.bar[:-1], (1, 0), value=1.0)
        self.variance = self.beta * (1.0 - before) / (1.0 - self.bar)

    @staticmethod
    def at(values, t, like):
        return values.gather(-1, t).reshape(len(t), *((1,) * (like.ndim - 1)))

    def loss(self, model, x):
        t = torch.randint(0, self.steps, (x.shape[0],)).long()
        noise = torch.randn_like(x)
        bar = self.at(self.bar, t, x)
        return F.smooth_l1_loss(noise, model(bar.sqrt() * x + (1 - bar).sqrt() * noise, t))

    @torch.no_grad()
    def sample(self, model, shape):
        x = torch.randn(shape)
        for i in reversed(range(self.steps)):
            t = torch.full((shape[0],), i, dtype=torch.long)
            beta, bar = self.at(self.beta, t, x), self.at(self.bar, t, x)
            x = torch.rsqrt(1.0 - beta) * (x - beta * model(x, t) / (1 - bar).sqrt())
            if i > 0:
                x = x + self.at(self.variance, t, x).sqrt() * torch.randn_like(x)
        return x


def main():
    torch.manual_seed(9)
    diffusion, model = Diffusion(8), Denoiser()
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8))
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    images, losses = torch.rand(12, 1, 8, 8) * 2 - 1, []
    for _ in range(6):
        loss = diffusion.loss(model, images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update_parameters(model)
        losses.append(loss.item())
    samples = diffusion.sample(ema, (3, 1, 8, 8))
    return losses + samples.mean((1, 2, 3)).tolist() + samples.std((1, 2, 3)).tolist()


if __name__ == "__main__":
    print(main())
