"""Convolutional networks: a whole training step, and inference."""

from benchmarks.workloads import load, workload
from benchmarks.workloads.mlp import training_step


@workload(batch=(64,))
def lenet(lib, batch):
    """LeNet-5 with ReLU and max pooling on 28 x 28 images, SGD with momentum."""
    nn = load(lib, "nn")
    lib.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    x, y = lib.rand(batch, 1, 28, 28), lib.randint(0, 10, (batch,))
    optimizer = load(lib, "optim").SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training_step(lib, model, optimizer, x, y), 1


def vgg(nn):
    """Three pairs of 3x3 convolutions for 32 x 32 images, pooling between them."""
    layers, channels = [], 3
    for width in (64, 128, 256):
        for _ in range(2):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 256), nn.ReLU(), nn.Linear(256, 10))


def resnet20(nn):
    """ResNet-20 for 32 x 32 images (He et al. 2015), 1x1 convolutions where the width changes."""

    class Block(nn.Module):
        def __init__(self, channels, width, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.relu = nn.ReLU()
            self.shortcut = nn.Identity()
            if channels != width:
                shortcut = nn.Conv2d(channels, width, 1, stride, bias=False)
                self.shortcut = nn.Sequential(shortcut, nn.BatchNorm2d(width))

        def forward(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for width in (16, 32, 64):
        for number in range(3):
            layers.append(Block(channels, width, 2 if number == 0 and width > 16 else 1))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = {"vgg": vgg, "resnet20": resnet20}


@workload(network=("vgg", "resnet20"), batch=(16, 32), quick={"batch": (16,)})
def training(lib, network, batch):
    """A network on 32 x 32 images, SGD with momentum."""
    lib.manual_seed(0)
    model = NETWORKS[network](load(lib, "nn"))
    x, y = lib.randn(batch, 3, 32, 32), lib.randint(0, 10, (batch,))
    optimizer = load(lib, "optim").SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training_step(lib, model, optimizer, x, y), 1


@workload(network=("resnet20",), batch=(1,))
def inference(lib, network, batch):
    """A network on 32 x 32 images, forward only, without gradients."""
    lib.manual_seed(0)
    model = NETWORKS[network](load(lib, "nn")).eval()
    x = lib.randn(batch, 3, 32, 32)

    def step():
        with lib.no_grad():
            model(x)

    return step, 1
