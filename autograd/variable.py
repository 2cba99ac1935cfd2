"""`Variable`, under PyTorch's path."""

from retrograd.autograd_core.legacy import (
    Variable,
)

__all__ = [
    "Variable",
]
