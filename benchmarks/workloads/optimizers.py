"""Optimizer updates alone, on the parameters of a small network."""

from benchmarks.workloads import load, workload
from benchmarks.workloads.mlp import network

OPTIMIZERS = {
    "SGD": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4},
    "Adagrad": {},
    "RMSprop": {},
    "Adadelta": {},
    "Adam": {},
    "AdamW": {},
}


@workload(kind=tuple(OPTIMIZERS))
def optimizer(lib, kind):
    """784-256-128-10: 235,146 parameters in six tensors."""
    lib.manual_seed(0)
    parameters = list(network(lib).parameters())
    updates = getattr(load(lib, "optim"), kind)(parameters, **OPTIMIZERS[kind])
    for parameter in parameters:
        parameter.grad = lib.randn(*parameter.shape)
    return updates.step, 1
