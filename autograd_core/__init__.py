"""The engine: Tensor, the operations, and the backward pass."""

from retrograd.autograd_core import methods  # noqa: F401 - gives Tensor its methods
from retrograd.autograd_core.engine import backward, grad
from retrograd.autograd_core.modes import enable_grad, no_grad, set_grad_enabled
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.tensor import Size, Tensor

__all__ = [
    "Node",
    "Size",
    "Tensor",
    "backward",
    "enable_grad",
    "grad",
    "no_grad",
    "set_grad_enabled",
]
