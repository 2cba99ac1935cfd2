"""Networks on graphs: dense convolution, attention by heads, messages by index_add and scatter."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.parameter import Parameter


class GraphConvolution(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = Parameter(torch.FloatTensor(n_in, n_out).uniform_(-0.3, 0.3))
        self.bias = Parameter(torch.FloatTensor(n_out).uniform_(-0.3, 0.3))

    def forward(self, x, adjacency):
        return torch.mm(adjacency, torch.mm(x, self.weight)) + self.bias


class GraphAttention(nn.Module):
    def __init__(self, n_in, n_out, heads):
        super().__init__()
        self.heads, self.n_hidden = heads, n_out // heads
        self.W = Parameter(torch.empty(size=(n_in, n_out)))
        self.a = Parameter(torch.empty(size=(heads, 2 * self.n_hidden, 1)))
        nn.init.xavier_normal_(self.W)
        nn.init.xavier_normal_(self.a)

    def forward(self, x, adjacency):
        h = torch.mm(x, self.W).view(len(x), self.heads, self.n_hidden).permute(1, 0, 2)
        scores = h @ self.a[:, : self.n_hidden] + (h @ self.a[:, self.n_hidden :]).mT
        scores = F.leaky_relu(scores, 0.2).masked_fill(adjacency == 0, -9e16)
        weights = F.dropout(F.softmax(scores, dim=-1), 0.1, training=self.training)
        return (weights @ h).permute(1, 0, 2).contiguous().view(len(x), -1)


def messages(h, source, target, n):
    """Softmax over the edges that come in, and three ways of pooling what they bring."""
    score = h[source].sum(-1)
    highest = torch.full((n,), float("-inf")).scatter_reduce(0, target, score, reduce="amax")
    weight = (score - highest[target]).exp()
    total = torch.zeros(n).index_add_(0, target, weight)
    index = target.unsqueeze(1).expand(-1, h.size(1))
    summed = torch.zeros_like(h).index_add(
        0, target, h[source] * (weight / total[target]).unsqueeze(-1)
    )
    degree = torch.bincount(target, minlength=n).clamp(min=1)
    mean = torch.zeros_like(h).scatter_add(0, index, h[source]) / degree.unsqueeze(1)
    most = torch.zeros_like(h).scatter_reduce(0, index, h[source], "amax", include_self=False)
    return summed + mean + most


def main():
    torch.manual_seed(12)
    n = 24
    edges = torch.randint(0, n, (2, 60))
    edges = edges[:, edges[0] != edges[1]]
    edges = torch.unique(torch.cat([edges, edges.flip(0)], dim=1), dim=1)
    adjacency = torch.zeros(n, n)
    adjacency[edges[0], edges[1]] = 1.0
    adjacency += torch.eye(n)
    scale = torch.diag(adjacency.sum(1).pow(-0.5))
    normalized = scale @ adjacency @ scale
    x, y = torch.rand(n, 6), torch.randint(0, 3, (n,))
    layers = nn.ModuleList([GraphConvolution(6, 8), GraphAttention(8, 8, 2), nn.Linear(8, 3)])
    groups = [{"params": layer.parameters(), "lr": 0.02 / 2**i} for i, layer in enumerate(layers)]
    optimizer = torch.optim.Adam(groups, weight_decay=5e-4)
    train, test = torch.randperm(n).split([16, 8])
    history = []
    for _ in range(6):
        h = F.elu(layers[1](F.relu(layers[0](x, normalized)), adjacency))
        out = F.log_softmax(layers[2](messages(h, edges[0], edges[1], n)), dim=1)
        loss = F.nll_loss(out[train], y[train])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    pooled = torch.stack([part.mean(0) for part in out.split([10, 8, 6])])
    correct = out.max(1)[1].type_as(y)[test].eq(y[test]).sum()
    return [*history, correct.item(), *pooled.flatten().tolist(), edges.size(1)]


if __name__ == "__main__":
    print(main())
