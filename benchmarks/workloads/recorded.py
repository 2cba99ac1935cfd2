"""Training steps recorded by `compile`, against PyTorch's eager ones.

PyTorch's own `compile` is left out: it writes C++ and needs a compiler.
"""

from benchmarks.workloads import load, workload
from benchmarks.workloads.mlp import OPTIMIZERS, mlp


@workload(batch=(1, 8, 128), optimizer=tuple(OPTIMIZERS))
def mlp_recorded(lib, batch, optimizer):
    """784-256-128-10, the step of `mlp`."""
    return _recorded(lib, *mlp(lib, batch, optimizer))


@workload(width=(32,), depth=(8,))
def narrow_recorded(lib, width, depth):
    """A deep network of narrow layers on four samples: almost nothing but overhead."""
    nn, functional = load(lib, "nn"), load(lib, "nn.functional")
    lib.manual_seed(0)
    layers = [layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.Tanh())]
    model = nn.Sequential(*layers)
    optimizer = load(lib, "optim").SGD(model.parameters(), lr=0.01)
    x, y = lib.rand(4, width), lib.rand(4, width)

    def step():
        optimizer.zero_grad()
        functional.mse_loss(model(x), y).backward()
        optimizer.step()

    return _recorded(lib, step, 1)


def _recorded(lib, step, units):
    return lib.compile(step) if lib.__name__ == "retrograd" else step, units
