"""A decoder: rotary positions, grouped queries, a cache of keys, nucleus sampling."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Rotary(nn.Module):
    def __init__(self, dim, length=32):
        super().__init__()
        speeds = 1.0 / (10000.0 ** (torch.arange(0, dim, 2).float() / dim))
        angles = torch.einsum("i,j->ij", torch.arange(length, dtype=speeds.dtype), speeds)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x, start):
        a, b = x.chunk(2, dim=-1)
        here = slice(start, start + x.size(-2))
        return x * self.cos[here] + torch.cat((-b, a), dim=-1) * self.sin[here]


class Attention(nn.Module):
    def __init__(self, d=16, heads=4, groups=2):
        super().__init__()
        self.heads, self.groups, self.dim = heads, groups, d // heads
        self.wq, self.wo = nn.Linear(d, d, bias=False), nn.Linear(d, d, bias=False)
        self.wkv = nn.Linear(d, 2 * groups * self.dim, bias=False)
        self.rotary = Rotary(self.dim)

    def forward(self, x, cache=None):
        b, n, d = x.shape
        q = self.wq(x).view(b, n, self.heads, -1).transpose(1, 2)
        k, v = self.wkv(x).view(b, n, 2, self.groups, -1).permute(2, 0, 3, 1, 4)
        start = cache["k"].size(2) if cache else 0
        q, k = self.rotary(q, start), self.rotary(k, start)
        if cache is not None:
            k = cache["k"] = torch.cat([cache["k"], k], 2) if cache else k
            v = cache["v"] = torch.cat([cache["v"], v], 2) if "v" in cache else v
        k, v = (t.repeat_interleave(self.heads // self.groups, dim=1) for t in (k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=n > 1)
        return self.wo(out.transpose(1, 2).reshape(b, n, d))


class Model(nn.Module):
    def __init__(self, vocab=15, d=16):
        super().__init__()
        self.embed, self.attention = nn.Embedding(vocab, d), Attention(d)
        self.norm = nn.ModuleList(nn.RMSNorm(d) for _ in range(2))
        self.head = nn.Linear(d, vocab, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids, cache=None):
        x = self.embed(ids)
        return self.head(self.norm[1](x + self.attention(self.norm[0](x), cache)))


@torch.no_grad()
def nucleus(model, ids, n, p=0.8):
    for _ in range(n):
        logits, order = torch.sort(model(ids)[:, -1] / 0.9, descending=True)
        drop = logits.softmax(-1).cumsum(-1) > p
        drop[..., 1:] = drop[..., :-1].clone()
        drop[..., 0] = False
        kept = logits.masked_fill(drop, float("-inf")).softmax(-1)
        ids = torch.cat([ids, order.gather(-1, torch.multinomial(kept, 1))], dim=1)
    return ids


def main():
    torch.manual_seed(5)
    model, ids = Model(), (torch.arange(48).view(4, 12) ** 2 + torch.randint(0, 2, (4, 12))) % 15
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95))
    losses = []
    for _ in range(6):
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, 15), ids[:, 1:].reshape(-1), ignore_index=3)
        optimizer.zero_grad()
        loss.backward()
        losses += [loss.item(), nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()]
        optimizer.step()
    with torch.inference_mode():
        cache = {}
        steps = torch.stack([model(ids[:, t : t + 1], cache)[:, -1] for t in range(12)], dim=1)
        assert torch.allclose(steps, model(ids), atol=1e-5)
    return losses + nucleus(model, ids[:1, :4], 8)[0].tolist()


if __name__ == "__main__":
    print(main())
