"""A variational autoencoder: reparametrization, a custom autograd.Function, hooks, EMA weights."""

import copy

import torch
from torch import nn
from torch.autograd import Function
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class StraightThrough(Function):
    @staticmethod
    def forward(ctx, x, threshold):
        ctx.save_for_backward(x)
        ctx.threshold = threshold
        return (x > threshold).float()

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * ((x - ctx.threshold).abs() < 1).type_as(x), None


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1),
            nn.GroupNorm(2, 4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
        )
        self.fc_mu = nn.Linear(64, 5)
        self.fc_logvar = nn.Linear(64, 5)
        self.decoder = nn.Sequential(
            nn.Linear(5, 64),
            nn.RReLU(),
            nn.Unflatten(1, (4, 4, 4)),
            nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        )

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        return self.decoder(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(recon, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (bce + kld) / len(x)


def weights_init(m):
    if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.kaiming_normal_(m.weight, nonlinearity="leaky_relu")
    elif isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        nn.init.zeros_(m.bias)


def main():
    torch.manual_seed(7)
    data = StraightThrough.apply(torch.randn(64, 1, 8, 8), 0.3)
    model = VAE().apply(weights_init)
    before = copy.deepcopy(model.state_dict())
    seen = []
    handle = model.fc_mu.register_forward_hook(lambda m, i, o: seen.append(o.norm().item()))
    gate = nn.Parameter(torch.zeros(1, 8, 8))
    optimizer = torch.optim.RMSprop([*model.parameters(), gate], lr=2e-3)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    losses = []
    for epoch in range(4):
        for batch in data.split(16):
            recon, mu, logvar = model(batch)
            recon = recon * (1 + StraightThrough.apply(gate, -0.5))
            loss = loss_function(recon, batch, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            ema.update_parameters(model)
            losses.append(loss.item())
        if epoch == 1:
            handle.remove()
    ema.eval()
    with torch.inference_mode():
        losses.append(loss_function(*ema(data)[:1], data, *ema(data)[1:]).item())
    moved = sum((v - before[k]).abs().sum().item() for k, v in model.state_dict().items())
    return losses + seen + [moved, gate.detach().sum().item()]


if __name__ == "__main__":
    print(main())
