"""Estimation in raw tensors: Kalman filter, mixture by EM, PCA, optimal transport."""

import math

import torch


def kalman(observed):
    move = torch.tensor([[1.0, 0.1], [0.0, 1.0]])
    see, noise = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.25]])
    x, P, likelihood = torch.zeros(2, 1), torch.eye(2), 0.0
    for z in observed.view(-1, 1, 1):
        x, P = move @ x, move @ P @ move.T + 0.01 * torch.eye(2)
        S = see @ P @ see.mT + noise
        gain = torch.linalg.solve(S, see @ P).mT
        innovation = z - see @ x
        likelihood += -0.5 * (innovation.mT @ torch.linalg.inv(S) @ innovation + torch.logdet(S))
        x, P = x + gain @ innovation, (torch.eye(2) - gain @ see) @ P
    return [*x.squeeze(1).tolist(), P.trace().item(), likelihood.item()]


def mixture(x, k=3, steps=6):
    mean, spread = x[torch.randperm(len(x))[:k]], torch.ones(k, x.size(1))
    share, history = torch.full((k,), 1 / k), []
    for _ in range(steps):
        log_prob = -0.5 * ((x[:, None] - mean) ** 2 / spread + spread.log() + math.log(2 * math.pi))
        log_prob = log_prob.sum(-1) + share.log()
        resp = torch.softmax(log_prob, dim=1)
        counts = resp.sum(0)
        mean = resp.T @ x / counts[:, None]
        spread = torch.einsum("nk,nkd->kd", resp, (x[:, None] - mean) ** 2) / counts[:, None] + 1e-3
        share = counts / counts.sum()
        history.append(log_prob.logsumexp(1).mean().item())
    return [*history, *share.sort().values.tolist()], resp.argmax(1)


def components(x):
    U, S, V = torch.svd(x - x.mean(0, keepdim=True))
    variances, _ = torch.linalg.eigh(torch.cov(x.T))
    assert torch.allclose(variances.flip(0), S**2 / (len(x) - 1), rtol=1e-5)
    L = torch.linalg.cholesky(torch.cov(x.T))
    assert torch.allclose(torch.cholesky_inverse(L), torch.linalg.inv(L @ L.mT), atol=1e-8)
    return [*S.tolist(), (U @ S.diag() @ V.t()).norm().item()]


def transport(a, b, eps=0.2):
    cost = torch.cdist(a, b)
    f, g = a.new_zeros(len(a)), b.new_zeros(len(b))
    for _ in range(15):
        f = -eps * (torch.logsumexp((g[None] - cost) / eps, 1) - math.log(len(b)))
        g = -eps * (torch.logsumexp((f[:, None] - cost) / eps, 0) - math.log(len(a)))
    plan = torch.exp((f[:, None] + g[None] - cost) / eps) / cost.numel()
    (plan.detach() * cost).sum().backward()
    return [(plan * cost).sum().item(), *a.grad.flatten().tolist()]


def main():
    torch.manual_seed(22)
    torch.set_default_dtype(torch.float64)
    try:
        values = kalman(torch.linspace(0, 1, 20) + 0.1 * torch.randn(20))
        x = torch.cat([torch.randn(25, 3) + 4 * c for c in torch.eye(3)])
        found, cluster = mixture(x)
        table = torch.zeros(3, 3, dtype=torch.long)
        where = (torch.arange(75) // 25, cluster)
        table.index_put_(where, torch.tensor(1), accumulate=True)
        values += [*found, *table.max(1).values.tolist(), *components(x)]
        values += transport(torch.rand(5, 2, requires_grad=True), torch.rand(6, 2))
        edges = x.quantile(torch.tensor([0.25, 0.5, 0.75]), dim=0)
        places = torch.bucketize(x[:, 0].contiguous(), edges[:, 0])
        values += [*torch.bincount(places, minlength=4).tolist(), *torch.histc(x, 4).tolist()]
    finally:
        torch.set_default_dtype(torch.float32)
    return [float(value) for value in values]


if __name__ == "__main__":
    print(main())
