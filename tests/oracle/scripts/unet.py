"""Segmentation: a U-Net with skips, augmentation by affine grids, Dice and weighted logits losses."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class DoubleConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(cin, cout, 3, padding=1), nn.InstanceNorm2d(cout, affine=True), nn.ELU(),
            nn.Conv2d(cout, cout, 3, padding="same", groups=2), nn.GroupNorm(2, cout), nn.SiLU(),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.middle = DoubleConv(1, 4), DoubleConv(4, 8), DoubleConv(8, 8)
        self.up1 = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.merge1, self.merge2 = DoubleConv(16, 8), DoubleConv(12, 4)
        self.drop = nn.Dropout2d(0.1)
        self.head = nn.LazyConv2d(1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.drop(self.middle(F.avg_pool2d(b, 2)))
        d = self.merge1(torch.cat([self.up1(c), b], dim=1))
        d = F.interpolate(d, scale_factor=2, mode="bilinear", align_corners=True)
        return self.head(self.merge2(torch.cat([d, a], dim=1)))


def dice_loss(logits, target, smooth=1.0):
    probs = torch.sigmoid(logits).flatten(1)
    target = target.flatten(1)
    intersection = (probs * target).sum(1)
    return (1 - (2 * intersection + smooth) / (probs.sum(1) + target.sum(1) + smooth)).mean()


def augment(x, y):
    angle = (torch.rand(x.size(0)) - 0.5) * math.pi / 4
    theta = torch.zeros(x.size(0), 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(angle), -torch.sin(angle)
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(angle), torch.cos(angle)
    grid = F.affine_grid(theta, x.size(), align_corners=False)
    x = F.grid_sample(x, grid, align_corners=False)
    return x, F.grid_sample(y, grid, mode="nearest", align_corners=False)


def main():
    torch.manual_seed(21)
    yy, xx = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    centers = torch.randint(4, 12, (12, 2))
    masks = (yy - centers[:, 0, None, None]) ** 2 + (xx - centers[:, 1, None, None]) ** 2 < 12
    masks = masks.unsqueeze(1).float()
    images = masks + 0.3 * torch.randn_like(masks)
    model = UNet()
    model(images[:1])
    optimizer = torch.optim.RAdam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda e: 0.9**e)
    bce = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
    history = []
    for _ in range(3):
        for idx in torch.randperm(12).view(3, 4):
            x, y = augment(images[idx], masks[idx])
            logits = model(x)
            loss = bce(logits, y) + dice_loss(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        scheduler.step()
        model.eval()
        with torch.inference_mode():
            pred = model(images) > 0
            union = (pred | masks.bool()).sum().item()
            history += [(pred & masks.bool()).sum().item() / union, model(images).std().item()]
        model.train()
    return history


if __name__ == "__main__":
    print(main())
