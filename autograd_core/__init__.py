"""The engine: Tensor, the operations, and the backward pass."""

from retrograd.autograd_core import methods  # noqa: F401 - gives Tensor its methods
from retrograd.autograd_core.creation import as_tensor, empty, from_numpy, ones, tensor, zeros
from retrograd.autograd_core.engine import backward, grad
from retrograd.autograd_core.modes import enable_grad, no_grad, set_grad_enabled
from retrograd.autograd_core.node import Node
from retrograd.autograd_core.op import Op
from retrograd.autograd_core.ops.joining import cat, stack
from retrograd.autograd_core.tensor import Size, Tensor

__all__ = [
    "Node",
    "Op",
    "Size",
    "Tensor",
    "as_tensor",
    "backward",
    "cat",
    "empty",
    "enable_grad",
    "from_numpy",
    "grad",
    "no_grad",
    "ones",
    "set_grad_enabled",
    "stack",
    "tensor",
    "zeros",
]
