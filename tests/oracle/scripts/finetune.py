"""Fine-tuning: parts of a checkpoint, frozen layers, LoRA, distillation, pruning, attacks, WGAN-GP."""

import copy
import io
import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import Variable


class LoRA(nn.Module):
    def __init__(self, base: nn.Linear, rank=2, alpha=4):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scaling = alpha / rank
        self.a = nn.Parameter(torch.zeros(rank, base.in_features))
        self.b = nn.Parameter(base.weight.new_zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T @ self.b.T) * self.scaling


def inject(module):
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, LoRA(child))
        else:
            inject(child)


def classifier(classes):
    # No bias before the normalisation: its gradient is rounding, which Adam would blow up.
    first = nn.Linear(6, 12, bias=False)
    body = nn.Sequential(first, nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 12), nn.Tanh())
    return nn.Sequential(OrderedDict([("body", body), ("head", nn.Linear(12, classes))]))


def steps(model, optimizer, loss_of, n=4):
    losses = []
    for _ in range(n):
        loss = loss_of(model)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def transfer(x, y):
    """From ten classes in a data-parallel checkpoint to three."""
    saved = io.BytesIO()
    old = OrderedDict(("module." + k, v) for k, v in classifier(10).state_dict().items())
    torch.save({"epoch": 3, "state_dict": old}, saved)
    saved.seek(0)
    checkpoint = torch.load(saved, map_location="cpu", weights_only=True)
    model = classifier(3)
    state = {k.replace("module.", ""): v for k, v in checkpoint["state_dict"].items()}
    own = model.state_dict()
    fitting = {k: v for k, v in state.items() if k in own and v.size() == own[k].size()}
    result = model.load_state_dict(fitting, strict=False)
    assert result.missing_keys == ["head.weight", "head.bias"]
    assert not result.unexpected_keys
    for name, p in model.named_parameters():
        p.requires_grad = name.startswith("head")
    model.body.eval()
    optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05)
    before = copy.deepcopy(model.body.state_dict())
    losses = steps(model, optimizer, lambda m: F.cross_entropy(m(x), y))
    assert all(torch.equal(v, before[k]) for k, v in model.body.state_dict().items())
    for p in model.body.parameters():
        p.requires_grad_(True)
    model.train()
    optimizer.add_param_group({"params": model.body.parameters(), "lr": 1e-3})
    return model, losses + steps(model, optimizer, lambda m: F.cross_entropy(m(x), y))


def distill(teacher, x, y, temperature=2.0):
    student = copy.deepcopy(teacher).eval()
    inject(student)
    trained = [p for p in student.parameters() if p.requires_grad and p.dim() == 2]
    with torch.inference_mode():
        wanted = F.softmax(teacher.eval()(-x) / temperature, dim=1)
    wanted = wanted.clone()

    def loss_of(model):
        logits = model(x)
        soft = nn.KLDivLoss(reduction="batchmean")(F.log_softmax(logits / temperature, 1), wanted)
        return soft * temperature**2 + 0.3 * F.cross_entropy(logits, y, label_smoothing=0.1)

    losses = steps(student, torch.optim.SGD(trained, lr=0.3), loss_of, 5)
    return [*losses, sum(p.numel() for p in trained)]


def prune_and_remember(model, x, y):
    found = []
    with torch.no_grad():
        for p in (p for p in model.parameters() if p.dim() > 1):
            limit = p.abs().flatten().kthvalue(p.numel() // 2)[0]
            p *= (p.abs() > limit).float()
            found.append((p == 0).float().mean().item())
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for a, b in zip(x[:4], y[:4]):
        model.zero_grad()
        F.nll_loss(F.log_softmax(model(a.unsqueeze(0)), 1), b.unsqueeze(0)).backward()
        for n, p in model.named_parameters():
            fisher[n] += p.grad.detach() ** 2 / 4
    return [*found, sum(f.sum() for f in fisher.values()).item()]


def attack(model, x, y, eps=0.1):
    delta, losses = torch.zeros_like(x, requires_grad=True), []
    for _ in range(3):
        loss = F.cross_entropy(model(x + delta), y)
        loss.backward()
        delta.data = (delta + 0.05 * delta.grad.detach().sign()).clamp(-eps, eps)
        delta.grad.zero_()
        losses.append(loss.item())
    return losses


def penalised_critic():
    critic = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2, inplace=True), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(critic.parameters(), betas=(0.5, 0.9))

    def loss_of(critic):
        real, fake = torch.randn(16, 2), torch.rand(16, 2)
        part = torch.rand(16, 1).expand_as(real)
        mixed = Variable(part * real + (1 - part) * fake, requires_grad=True)
        out = critic(mixed)
        ones = torch.ones(out.size())
        grads = torch.autograd.grad(
            outputs=out, inputs=mixed, grad_outputs=ones, create_graph=True, retain_graph=True
        )[0]
        penalty = ((grads.norm(2, dim=1) - 1) ** 2).mean() * 10
        return critic(fake).mean() - critic(real).mean() + penalty

    return steps(critic, optimizer, loss_of)


def main():
    torch.manual_seed(5)
    x = torch.randn(32, 6)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    model, losses = transfer(x, y)
    losses += distill(model, x, y)
    losses += prune_and_remember(model.eval(), x, y)
    return losses + attack(model, x, y) + penalised_critic()


if __name__ == "__main__":
    print(main())
