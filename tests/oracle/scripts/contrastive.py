"""Losses on pairs: NT-Xent with masks, a queue, supervised and hardest triplets, decorrelation."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def nt_xent(a, b, temperature=0.5):
    z = F.normalize(torch.cat([a, b]), p=2, dim=-1)
    similarity = z @ z.t() / temperature
    itself = torch.eye(len(z), dtype=torch.bool)
    similarity = similarity.masked_fill(itself, -9e15)
    partner = itself.roll(shifts=len(a), dims=0)
    ranked = torch.cat([similarity[partner][:, None], similarity.masked_fill(partner, -9e15)], -1)
    rank = ranked.argsort(dim=-1, descending=True).argmin(dim=-1)
    loss = -similarity[partner] + torch.logsumexp(similarity, dim=-1)
    return loss.mean(), (rank == 0).float().mean()


def supervised(a, b, labels, temperature=0.3):
    z, labels = F.normalize(torch.cat([a, b])), labels.repeat(2).contiguous().view(-1, 1)
    mask = torch.eq(labels, labels.T).float()
    others = torch.scatter(torch.ones_like(mask), 1, torch.arange(len(z)).view(-1, 1), 0)
    logits = torch.div(torch.matmul(z, z.T), temperature)
    logits = logits - torch.max(logits, dim=1, keepdim=True)[0].detach()
    log_prob = logits - torch.log((torch.exp(logits) * others).sum(1, keepdim=True))
    mask = mask * others
    return -((mask * log_prob).sum(1) / mask.sum(1)).mean()


def hardest_triplets(z, labels, margin=0.3):
    squares = z.pow(2).sum(1)
    apart = (squares[:, None] + squares[None, :] - 2 * z @ z.t()).clamp(min=1e-6)
    same = labels[:, None] == labels[None, :]
    near = torch.where(same, apart, torch.tensor(float("-inf"))).fill_diagonal_(0).max(1)[0]
    far = apart.masked_fill(same, float("inf")).min(dim=1).values
    return F.relu(near - far + margin).mean()


def decorrelation(a, b):
    a, b = (v.sub(v.mean(0)).div(v.std(dim=0)) for v in (a, b))
    c = a.T @ b / len(a)
    n = c.size(0)
    off = c.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()
    return torch.diagonal(c).add(-1).pow_(2).sum() + 0.01 * off.pow_(2).sum()


class Queue(nn.Module):
    def __init__(self, dim, size):
        super().__init__()
        self.register_buffer("keys", F.normalize(torch.randn(dim, size), dim=0))
        self.register_buffer("place", torch.zeros(1, dtype=torch.long))

    def forward(self, a, b):
        q, k = F.normalize(a, dim=1), F.normalize(b.detach(), dim=1)
        close = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
        distant = torch.einsum("nc,ck->nk", [q, self.keys.clone().detach()])
        at = int(self.place)
        self.keys[:, at : at + len(k)] = k.T
        self.place[0] = (at + len(k)) % self.keys.size(1)
        return F.cross_entropy(torch.cat([close, distant], 1) / 0.2, torch.zeros(len(q)).long())


def main():
    torch.manual_seed(13)
    encoder = nn.Sequential(nn.Linear(10, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 6))
    optimizer = torch.optim.SGD(encoder.parameters(), 0.05, momentum=0.9, nesterov=True)
    queue, x, labels = Queue(6, 24), torch.randn(8, 10), torch.arange(8) % 3
    history = []
    for _ in range(5):
        a, b = encoder(x + 0.1 * torch.randn_like(x)), encoder(x * (torch.rand_like(x) > 0.2))
        first, accuracy = nt_xent(a, b)
        terms = [first, supervised(a, b, labels), hardest_triplets(a, labels), queue(a, b)]
        terms.append(0.1 * decorrelation(a, b))
        optimizer.zero_grad()
        torch.stack(terms).sum().backward()
        optimizer.step()
        history += [*[term.item() for term in terms], accuracy.item()]
    return [*history, queue.place.item()]


if __name__ == "__main__":
    print(main())
