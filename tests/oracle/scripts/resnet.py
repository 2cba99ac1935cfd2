"""A residual network: mixup, label smoothing, accumulated gradients, warm restarts, workers, EMA."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self, n, transform=None):
        g = torch.Generator().manual_seed(17)
        self.data = torch.randint(0, 256, (n, 3, 8, 8), generator=g, dtype=torch.uint8)
        self.targets = [
            int(x) for x in self.data.float().mean((1, 2, 3)).sub(120).clamp(0, 14) // 5
        ]
        self.transform = transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, idx):
        image = self.data[idx].float() / 255
        if self.transform is not None:
            image = self.transform(image)
        return image, self.targets[idx]


def normalize(image):
    return (image - 0.5) / 0.25


def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1):
        super(BasicBlock, self).__init__()
        self.conv1, self.bn1 = conv3x3(in_planes, planes, stride), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv3x3(planes, planes), nn.BatchNorm2d(planes)
        self.shortcut = nn.Identity()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.stem = nn.Sequential(conv3x3(3, 4), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.layers = nn.ModuleList([BasicBlock(4, 4), BasicBlock(4, 8, stride=2)])
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x)
        return self.fc(self.pool(x).flatten(1))


@torch.no_grad()
def update_ema(ema, model, decay=0.9):
    for a, b in zip(ema.state_dict().values(), model.state_dict().values()):
        if a.dtype.is_floating_point:
            a.mul_(decay).add_(b, alpha=1 - decay)
        else:
            a.copy_(b)


def accuracy(output, target, topk=(1, 2)):
    _, pred = output.topk(max(topk), 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
    return [correct[:k].reshape(-1).float().sum(0).item() / len(target) for k in topk]


def main():
    torch.manual_seed(12)
    torch.backends.cudnn.deterministic = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    device = "cpu" if device != "cpu" else device
    loader = DataLoader(
        Pictures(60, normalize), batch_size=10, shuffle=True, num_workers=2, pin_memory=False
    )
    model = ResNet().to(device)
    ema = copy.deepcopy(model).eval()
    for p in ema.parameters():
        p.requires_grad_(False)
    decay, no_decay = [], []
    for name, param in model.named_parameters():
        (no_decay if param.ndim <= 1 or name.endswith(".bias") else decay).append(param)
    optimizer = torch.optim.SGD(
        [{"params": decay, "weight_decay": 5e-4}, {"params": no_decay}],
        lr=0.1, momentum=0.9, nesterov=True,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    log = []
    for epoch in range(3):
        model.train()
        for i, (x, y) in enumerate(loader):
            x, y = x.to(device, non_blocking=True), y.to(device)
            lam = torch.rand(()).item()
            perm = torch.randperm(x.size(0))
            out = model(lam * x + (1 - lam) * x[perm])
            loss = lam * criterion(out, y) + (1 - lam) * criterion(out, y[perm])
            (loss / 2).backward()
            if (i + 1) % 2 == 0:
                optimizer.step()
                optimizer.zero_grad()
                update_ema(ema, model)
            scheduler.step(epoch + i / len(loader))
            log.append(loss.item())
        with torch.no_grad():
            outputs = [(ema(x), y) for x, y in DataLoader(Pictures(60, normalize), 30)]
        log += accuracy(torch.cat([o for o, _ in outputs]), torch.cat([y for _, y in outputs]))
        log.append(scheduler.get_last_lr()[0])
    return log


if __name__ == "__main__":
    print(main())
