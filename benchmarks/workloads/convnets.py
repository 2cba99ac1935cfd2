"""Convolutional networks: a whole training step."""

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
