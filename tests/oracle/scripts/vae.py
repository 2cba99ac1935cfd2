"""A VAE in the manner of a command-line program: arguments, seeds, guards for GPUs, mixed precision."""

import argparse
import random

import numpy as np
import torch
import torch.backends.cudnn as cudnn
import torch.utils.data
from torch import nn, optim
from torch.cuda.amp import GradScaler, autocast
from torch.nn import functional as F


def arguments():
    parser = argparse.ArgumentParser(description="VAE")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--no-cuda", action="store_true", default=False)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mps", action="store_true", default=False)
    args = parser.parse_args(["--no-cuda"])
    args.cuda = not args.no_cuda and torch.cuda.is_available()
    return args


def set_seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.matmul.allow_tf32 = False
    cudnn.benchmark = False


class VAE(nn.Module):
    def __init__(self, n_pixels=64, n_hidden=40, n_latent=5):
        super(VAE, self).__init__()
        self.n_pixels = n_pixels
        self.fc1 = nn.Linear(n_pixels, n_hidden)
        self.fc21 = nn.Linear(n_hidden, n_latent)
        self.fc22 = nn.Linear(n_hidden, n_latent)
        self.fc3 = nn.Linear(n_latent, n_hidden)
        self.fc4 = nn.Linear(n_hidden, n_pixels)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return eps.mul(std).add_(mu)

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, self.n_pixels))
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    bce = F.binary_cross_entropy(recon_x, x.view(-1, 64), reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


def main():
    args = arguments()
    set_seed(args.seed)
    if args.cuda:
        name = "cuda"
    elif args.mps and torch.backends.mps.is_available():
        name = "mps"
    else:
        name = "cpu"
    device = torch.device(name)
    kwargs = {"num_workers": 1, "pin_memory": True} if args.cuda else {}
    model = VAE().to(device)
    if args.cuda and torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    scaler = GradScaler(enabled=args.cuda)
    x = torch.bernoulli(torch.rand(64, 1, 8, 8).round())
    data_set = torch.utils.data.TensorDataset(x, torch.zeros(64))
    loader = torch.utils.data.DataLoader(
        data_set, batch_size=args.batch_size, shuffle=True, **kwargs
    )
    values = []
    for epoch in range(1, args.epochs + 1):
        model.train()
        train_loss = 0
        for data, _ in loader:
            data = data.to(device, non_blocking=True)
            optimizer.zero_grad()
            with autocast(enabled=args.cuda):
                recon_batch, mu, logvar = model(data)
                loss = loss_function(recon_batch, data, mu, logvar)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            scaler.step(optimizer)
            scaler.update()
            train_loss += loss.item()
            values.append(loss.item() / len(data))
        print("====> Epoch: {} {:.4f}".format(epoch, train_loss / len(loader.dataset)))
        with torch.no_grad():
            sample = model.decode(torch.randn(4, 5).to(device)).cpu()
            values.extend(sample.view(4, 1, 8, 8).mean((1, 2, 3)).tolist())
    return values


if __name__ == "__main__":
    main()
