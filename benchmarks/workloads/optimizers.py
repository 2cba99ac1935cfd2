"""Optimizer updates alone, and the clipping of gradients before them."""

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


def with_gradients(lib, parameters):
    for parameter in parameters:
        parameter.grad = lib.randn(*parameter.shape)
    return parameters


def updates(lib, kind, parameters):
    """The step of an optimizer whose gradients are there."""
    make = getattr(load(lib, "optim"), kind)
    return make(with_gradients(lib, parameters), **OPTIMIZERS[kind]).step


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


def small_parameters(lib):
    lib.manual_seed(0)
    return [lib.randn(10, requires_grad=True) for _ in range(100)]


@workload(kind=("SGD", "Adam"))
def small_optimizer(lib, kind):
    """A hundred parameters of ten elements."""
    return updates(lib, kind, small_parameters(lib)), 1


@workload()
def clip_grad_norm(lib):
    """A hundred gradients of ten elements, scaled to a common norm of one."""
    parameters = with_gradients(lib, small_parameters(lib))
    clip_grad_norm_ = load(lib, "nn.utils").clip_grad_norm_
    return lambda: clip_grad_norm_(parameters, 1.0), 1
