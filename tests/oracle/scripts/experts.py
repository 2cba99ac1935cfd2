"""A mixture of experts: the best two for each sample, by topk, one_hot, where, gather and index_add."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Gate(nn.Module):
    """Noisy gates; `load` is how evenly they use the experts."""

    def __init__(self, d, n, k):
        super().__init__()
        self.weight, self.noise = (nn.Parameter(torch.zeros(d, n)) for _ in range(2))
        self.k = k

    def forward(self, x):
        logits = x @ self.weight
        if self.training:
            spread = F.softplus(x @ self.noise) + 1e-2
            logits = logits + torch.randn_like(logits) * spread
        share, chosen = logits.softmax(dim=1, dtype=torch.float).topk(self.k, dim=-1)
        share /= share.sum(dim=-1, keepdim=True)
        gates = torch.zeros_like(logits, requires_grad=True).scatter(1, chosen, share)
        importance = gates.sum(0)
        load = importance.var() / (importance.mean() ** 2 + 1e-10)
        return share, chosen, load


class Experts(nn.Module):
    def __init__(self, d, n=4, k=2):
        super().__init__()
        self.gate = Gate(d, n, k)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, d), nn.SiLU()) for _ in range(n))
        self.register_buffer("used", torch.zeros(n, dtype=torch.long))

    def forward(self, x):
        share, chosen, load = self.gate(x)
        out = torch.zeros_like(x)
        mask = F.one_hot(chosen, num_classes=len(self.experts)).permute(2, 1, 0)
        self.used += mask.sum((1, 2))
        for expert, taken in zip(self.experts, mask):
            rank, rows = torch.where(taken)
            if rows.shape[0] == 0:
                continue
            out.index_add_(0, rows, expert(x[None, rows].squeeze(0)) * share[rows, rank, None])
        return out, load


def sorted_by_expert(layer, x):
    """The same result with the rows of each expert next to each other."""
    share, chosen, _ = layer.gate(x)
    order = chosen.flatten().argsort(stable=True)
    rows = torch.div(order, layer.gate.k, rounding_mode="floor")
    counts = torch.bincount(chosen.flatten(), minlength=len(layer.experts)).tolist()
    parts = [f(part) for f, part in zip(layer.experts, torch.split(x[rows], counts))]
    joined = torch.cat(parts) * share.flatten()[order].unsqueeze(1)
    return torch.zeros_like(x).index_add(0, rows, joined)


def main():
    torch.manual_seed(6)
    layer, head = Experts(8), nn.Linear(8, 3)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    x, y = torch.randn(30, 8), torch.randint(0, 3, (30,))
    losses = []
    for _ in range(8):
        out, load = layer(x)
        loss = F.cross_entropy(head(x + out), y) + 0.01 * load
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.item(), load.item()]
    layer.eval()
    with torch.no_grad():
        out, _ = layer(x)
        assert torch.allclose(out, sorted_by_expert(layer, x), atol=1e-6)
    return [*losses, *layer.used.tolist(), out.norm().item()]


if __name__ == "__main__":
    print(main())
