"""A run that is broken off, saved and resumed: checkpoint with optimizer, scheduler and generator."""

import os
import tempfile

import torch
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset


def build():
    model = nn.Sequential(
        nn.Linear(4, 16), nn.BatchNorm1d(16), nn.SELU(), nn.AlphaDropout(0.1), nn.Linear(16, 1)
    )
    optimizer = optim.NAdam(model.parameters(), lr=0.02)
    scheduler = SequentialLR(
        optimizer,
        [LinearLR(optimizer, 0.1, total_iters=3), CosineAnnealingLR(optimizer, 5)],
        milestones=[3],
    )
    return model, optimizer, scheduler


def epochs(n, loader, model, optimizer, scheduler):
    losses = []
    for _ in range(n):
        model.train()
        for x, y in loader:
            loss = nn.functional.huber_loss(model(x).squeeze(1), y, delta=0.5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        losses.append(optimizer.param_groups[0]["lr"])
    return losses


def main():
    torch.manual_seed(5)
    x = torch.randn(50, 4)
    y = x[:, 0] * x[:, 1] + torch.sin(x[:, 2]) + 0.1 * torch.randn(50)
    generator = torch.Generator()
    generator.manual_seed(11)
    loader = DataLoader(TensorDataset(x, y), 16, shuffle=True, generator=generator)
    run = build()
    losses = epochs(4, loader, *run)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        state = {name: part.state_dict() for name, part in zip(("model", "opt", "sched"), run)}
        state["rng"], state["generator"] = torch.get_rng_state(), generator.get_state()
        torch.save(state, path)
        straight_on = epochs(4, loader, *run)
        checkpoint = torch.load(path, weights_only=False)
    other = build()
    for name, part in zip(("model", "opt", "sched"), other):
        part.load_state_dict(checkpoint[name])
    torch.set_rng_state(checkpoint["rng"])
    generator.set_state(checkpoint["generator"])
    resumed = epochs(4, loader, *other)
    assert resumed == straight_on
    return losses + resumed


if __name__ == "__main__":
    print(main())
