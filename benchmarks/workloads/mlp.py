"""Small fully connected networks: a whole training step."""

from benchmarks.workloads import load, workload

OPTIMIZERS = {"SGD": {"lr": 0.01, "momentum": 0.9}, "Adam": {"lr": 0.001}}


def network(lib):
    nn = load(lib, "nn")
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def training_step(lib, model, optimizer, x, y):
    """The step that every script writes: clear, forward, backward, update."""
    cross_entropy = load(lib, "nn.functional").cross_entropy

    def step():
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


@workload(batch=(1, 8, 128), optimizer=tuple(OPTIMIZERS))
def mlp(lib, batch, optimizer):
    """784-256-128-10."""
    lib.manual_seed(0)
    model = network(lib)
    kind = getattr(load(lib, "optim"), optimizer)
    x, y = lib.rand(batch, 784), lib.randint(0, 10, (batch,))
    updates = kind(model.parameters(), **OPTIMIZERS[optimizer])
    return training_step(lib, model, updates, x, y), 1


@workload(batch=(1, 128))
def mlp_inference(lib, batch):
    """784-256-128-10, forward only, without gradients."""
    lib.manual_seed(0)
    model = network(lib).eval()
    x = lib.rand(batch, 784)

    def step():
        with lib.no_grad():
            model(x)

    return step, 1
