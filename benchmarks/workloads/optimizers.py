"""Optimizer updates alone."""

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


def updates(lib, kind, parameters):
    """The step of an optimizer whose gradients are there."""
    for parameter in parameters:
        parameter.grad = lib.randn(*parameter.shape)
    return getattr(load(lib, "optim"), kind)(parameters, **OPTIMIZERS[kind]).step


@workload(kind=tuple(OPTIMIZERS))
def optimizer(lib, kind):
    """784-256-128-10: 235,146 parameters in six tensors."""
    lib.manual_seed(0)
    return updates(lib, kind, list(network(lib).parameters())), 1


@workload(kind=tuple(OPTIMIZERS), quick={"kind": ("Adam",)})
def large_optimizer(lib, kind):
    """Ten million parameters in ten tensors."""
    lib.manual_seed(0)
    parameters = [lib.randn(1000, 1000, requires_grad=True) for _ in range(10)]
    return updates(lib, kind, parameters), 1
